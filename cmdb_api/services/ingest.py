"""One report into the record: what it says is compared with what is known, and the changes kept.

Nothing is committed here, and nothing needs to be undone: whoever calls commits, or rolls back.
"""

import hashlib
from typing import NamedTuple

from sqlalchemy import update

from cmdb_api.services import locking, sections, signatures, storage, times
from cmdb_api.services.locking import STATUS
from cmdb_api.services.record import Record
from cmdb_api.services.sections import WANTED

# Results that have written, so that they are to be committed.
WRITTEN = ("recorded", "unchanged")
# A number that is a later time than this, milliseconds from now, is that of a wrong clock.
FAR_AHEAD_MS = 24 * 3600 * 1000
REMEMBERED = 128


class Result(NamedTuple):
    """What became of a report."""

    result: str
    changes: int = 0
    wanted: list | None = None
    problems: dict | None = None


def ingest(session, envelope, received_at, settings):
    """
    Record one report and return its Result; only results in WRITTEN have written.

    Raises CMDBError where the report is refused.
    """
    received_ms = times.to_ms(received_at)
    asset = _locked_asset(session, envelope, settings)
    at = _reckoned(envelope, asset, received_ms, settings["MAX_REPORT_AGE_SECONDS"] * 1000)
    if _mark(envelope) in asset.recent:
        return Result("duplicate")
    stored = storage.sections(session, asset.asset_id)
    news = {
        kind: sections.news(section, stored.get(kind), at, asset.ages.get(kind))
        for kind, section in envelope.sections.items()
    }
    if wanted := sorted(kind for kind, new in news.items() if new.items == WANTED):
        return Result("incomplete", wanted=wanted)
    if news and not any(new.outcome or new.items for new in news.values()):
        return Result("older")
    record = Record(session, asset, envelope, at, stored)
    record.take(news, settings["MAX_SECTION_ITEMS"])
    _finish(session, record, envelope, received_ms)
    result = "recorded" if record.writes else "unchanged"
    return Result(result, record.changes, problems=record.problems)


def _reckoned(envelope, asset, received_ms, oldest_ms):
    """
    Return when a report was collected, by our clock.

    Its age is not signed; its number is. One whose number is not higher than all before was
    collected before the newest report, whatever age it is sent with.
    """
    at = received_ms - min(envelope.age_ms, oldest_ms)
    number = _number(envelope, received_ms)
    if None in (number, asset.seq, asset.reported_at) or number > asset.seq:
        return at
    return min(at, times.to_ms(asset.reported_at) - 1)


def _number(envelope, received_ms):
    """
    Return a report's number, None where it does not count.

    Hosts count by their clock. One that is far ahead must not outdo what comes once it is right.
    """
    ahead = envelope.seq is not None and envelope.seq > received_ms + FAR_AHEAD_MS
    return None if ahead else envelope.seq


def _mark(envelope):
    """Return what a report is remembered by: short, for the row is written each time."""
    return hashlib.sha256(envelope.report_id.encode()).hexdigest()[:8]


def _locked_asset(session, envelope, settings):
    """Return the locked row of the asset that a report is rightly signed for; a new one is made."""
    locking.begin(session)
    asset = locking.find(session, envelope.id)
    secrets = settings["MASTER_SECRET"], settings["MASTER_SECRET_PREVIOUS"]
    signatures.check(envelope, asset.key_generation if asset else 1, secrets)
    return asset or locking.add(session, envelope.id)


def _finish(session, record, envelope, received_ms):
    """Write what was gathered, and the asset's status."""
    record.writes.flush(session)
    asset, at = record.asset, times.from_ms(record.at)
    values = {
        "ages": record.ages,
        "items_at": times.from_ms(max((a[1] for a in record.ages.values() if a[1]), default=None)),
        "volatile": record.volatile,
        "quarantine": record.quarantine or None,
        "recent": [*asset.recent, _mark(envelope)][-REMEMBERED:],
        "seq": max(
            (n for n in (asset.seq, _number(envelope, received_ms)) if n is not None),
            default=None,
        ),
        "change_count": record.seq,
    }
    if asset.reported_at is None or at >= asset.reported_at:
        values |= {
            "reported_at": at,
            "received_at": times.from_ms(received_ms),
            "report_id": envelope.report_id,
            "via": envelope.via,
            "version": envelope.version,
            "clock_skew_ms": times.to_ms(envelope.collected_at) - record.at,
            "identity": envelope.identity,
            "problems": envelope.problems or None,
        }
    session.execute(update(STATUS).where(STATUS.c.asset_id == asset.asset_id).values(values))
