"""One report into the record: what it says is compared with what is known, and the changes kept.

Nothing is committed here, and nothing needs to be undone: whoever calls commits, or rolls back.
"""

from typing import NamedTuple

from sqlalchemy import update

from cmdb_api.services import locking, sections, signatures, storage, times
from cmdb_api.services.locking import STATUS
from cmdb_api.services.record import Record
from cmdb_api.services.sections import WANTED

# Results that have written, so that they are to be committed.
WRITTEN = ("recorded", "unchanged")
REMEMBERED = 32
MAX_LINES = 100


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
    at = received_ms - min(envelope.age_ms, settings["MAX_REPORT_AGE_SECONDS"] * 1000)
    asset = _locked_asset(session, envelope, settings)
    if envelope.report_id in asset.recent:
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
        "volatile": record.volatile,
        "recent": [*asset.recent, envelope.report_id][-REMEMBERED:],
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
            "problems": [*envelope.problems, *record.lines][:MAX_LINES] or None,
        }
    session.execute(update(STATUS).where(STATUS.c.asset_id == asset.asset_id).values(values))
