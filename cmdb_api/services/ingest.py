"""One report into the record: what it says is compared with what is known, and the changes kept.

Nothing is committed here, and nothing needs to be undone: whoever calls commits, or rolls back.
"""

from sqlalchemy import update

from cmdb_api.services import (
    admission,
    concerns,
    findings,
    identity,
    locking,
    standing,
    storage,
    times,
)
from cmdb_api.services.events import outbox
from cmdb_api.services.locking import STATUS
from cmdb_api.services.record import Record
from cmdb_api.services.search import summaries
from cmdb_api.services.standing import Result

# Results that have written, so that they are to be committed.
WRITTEN = ("recorded", "unchanged")


def ingest(session, envelope, received_at, settings):
    """
    Record one report and return its Result; only results in WRITTEN have written.

    Raises CMDBError where the report is refused.
    """
    received_ms = times.to_ms(received_at)
    locking.begin(session)
    asset = admission.admit(session, envelope, received_at, settings)
    if standing.is_duplicate(envelope, asset):
        return Result("duplicate")
    moment = standing.when(envelope, asset, received_ms, settings)
    judged = identity.judge(session, asset, envelope, moment, received_at, settings)
    if judged.is_late:
        return Result("older")
    if judged.reset_at:
        moment = moment._replace(at=times.to_ms(judged.reset_at), is_newest=True)
    asset = judged.asset
    stored = storage.sections(session, asset.asset_id)
    settled, news = standing.judge(envelope, asset, stored, moment)
    if settled:
        return settled
    record = Record(session, asset, envelope, moment, stored, settings["MAX_SECTION_ITEMS"])
    record.take(news)
    if asset.reported_at is None and not judged.reset_at:
        outbox.first_report(session, asset, envelope.report_id, times.from_ms(moment.at))
    record.writes.flush(session)
    summaries.keep(session, asset.asset_id, record.stored_anew, stored)
    values = standing.status_of(record, envelope, received_ms)
    values |= _causes(session, record, judged, settings)
    session.execute(update(STATUS).where(STATUS.c.asset_id == asset.asset_id).values(values))
    result = "recorded" if record.writes or judged.reset_at else "unchanged"
    return Result(result, record.changes, problems=record.problems)


def _causes(session, record, judged, settings):
    """Raise and close the findings that a report is cause for; return the columns that tell."""
    asset, skew = record.asset, settings["CLOCK_SKEW_SECONDS"]
    first = identity.EVIDENCE not in asset.causes
    found = judged.causes | concerns.of_report(session, record, skew_seconds=skew, first=first)
    known = findings.reconcile(session, asset, found)
    known = concerns.noted(known, judged.notes)
    return {"causes": known} if known != asset.causes else {}
