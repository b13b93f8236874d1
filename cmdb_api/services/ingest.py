"""One report into the record: what it says is compared with what is known, and the changes kept.

Nothing is committed here, and nothing needs to be undone: whoever calls commits, or rolls back.
"""

from sqlalchemy import update

from cmdb_api.services import locking, signatures, standing, storage, times
from cmdb_api.services.locking import STATUS
from cmdb_api.services.record import Record
from cmdb_api.services.standing import Result

# Results that have written, so that they are to be committed.
WRITTEN = ("recorded", "unchanged")


def ingest(session, envelope, received_at, settings):
    """
    Record one report and return its Result; only results in WRITTEN have written.

    Raises CMDBError where the report is refused.
    """
    received_ms = times.to_ms(received_at)
    asset = _locked_asset(session, envelope, settings)
    if standing.is_duplicate(envelope, asset):
        return Result("duplicate")
    moment = standing.when(envelope, asset, received_ms, settings)
    stored = storage.sections(session, asset.asset_id)
    settled, news = standing.judge(envelope, asset, stored, moment)
    if settled:
        return settled
    record = Record(session, asset, envelope, moment, stored, settings["MAX_SECTION_ITEMS"])
    record.take(news)
    record.writes.flush(session)
    values = standing.status_of(record, envelope, received_ms)
    session.execute(update(STATUS).where(STATUS.c.asset_id == asset.asset_id).values(values))
    result = "recorded" if record.writes else "unchanged"
    return Result(result, record.changes, problems=record.problems)


def _locked_asset(session, envelope, settings):
    """Return the locked row of the asset that a report is rightly signed for; a new one is made."""
    locking.begin(session)
    asset = locking.find(session, envelope.id)
    signatures.check(envelope, asset.key_generation if asset else 1, signatures.secrets(settings))
    return asset or locking.add(session, envelope.id)
