"""What a report gives cause for concern about: failing collectors, values not taken, clock, state.

Only what a report says anything about is touched: a kind that it does not have stays as it was.
"""

import re

from sqlalchemy import select

from cmdb_api.models import Asset
from cmdb_api.models.asset import ONLINE, RETIRED
from cmdb_api.models.finding import CLOCK, COLLECTOR, QUARANTINE, STATE
from cmdb_api.services import drift, findings, locking, times
from cmdb_api.services.canonical import dumps
from cmdb_api.services.findings import Cause
from cmdb_api.services.storage import SECTION

MOST_NOTES = 100
MAX_TRACEBACK = 4096


def of_report(session, record, *, skew_seconds, first=False):
    """
    Return {name: Cause, None for one that is gone} once a report's rows are written.

    ``first``: no report of this asset was looked at so before.
    """
    found = plain(record, skew_seconds=skew_seconds)
    if found[STATE] and _is_from_before(session, record):
        del found[STATE]
    kinds = unclear(record) | (set(record.stored) if first else set())
    found |= _quarantine(session, record, kinds)
    if record.noted or first:
        at = times.from_ms(record.at)
        found |= drift.causes(session, record.asset, None if first else set(record.noted), at)
    return found


def plain(record, *, skew_seconds):
    """Return the same of what a report shows by itself, without a look at the database."""
    found = {STATE: _state(record.asset)}
    for kind, told in record.outcomes.items():
        found[f"{COLLECTOR}:{kind}"] = _collector(record, kind, told)
    if record.when.is_newest:
        found[CLOCK] = _clock(record, skew_seconds)
    return found


def unclear(record):
    """Return the kinds of which it takes a look at the database: what was not taken is new."""
    before, after = record.asset.quarantine or {}, record.quarantine
    kinds = {
        kind
        for kind in before.keys() | after.keys()
        if _form(before.get(kind)) != _form(after.get(kind))
    }
    return kinds | set(record.noted)


def of_edit(session, asset):
    """Close what a person's edit of an asset's state ends; the asset's lock is held."""
    if asset.state not in (ONLINE, RETIRED):
        return
    session.flush()
    store(session, locking.get(session, asset.id), {STATE: None})


def store(session, locked, causes, notes=None):
    """Raise and close findings of an asset that is locked, and store its causes."""
    known = noted(findings.reconcile(session, locked, causes), notes or {})
    if known != locked.causes:
        same = locking.STATUS.c.asset_id == locked.asset_id
        session.execute(locking.STATUS.update().where(same).values(causes=known))
    return known


def noted(causes, notes):
    """Return an asset's causes with these notes in them; None takes one away."""
    return {name: text for name, text in (causes | notes).items() if text is not None}


def _state(asset):
    if asset.state in (ONLINE, RETIRED):
        return None
    text = f"{asset.hostname} is {asset.state}, and reports"
    return _cause(asset, STATE, text, {"state": asset.state}, asset.state)


def _is_from_before(session, record):
    """Tell whether a report was collected before its asset came into its state."""
    query = select(Asset.state_at).where(Asset.id == record.asset.asset_id)
    state_at = session.scalar(query)
    return state_at is not None and times.from_ms(record.at) < state_at


def _collector(record, kind, told):
    stored = record.stored.get(kind)
    has_items = kind in record.noted or (stored is not None and stored.digest is not None)
    if told.status != "error" and not (told.status == "unavailable" and has_items):
        return None
    what = "fails" if told.status == "error" else "is unavailable, and was not"
    evidence = {"status": told.status, "reason": told.reason}
    if told.traceback:
        evidence["traceback"] = told.traceback[-MAX_TRACEBACK:]
    text = f"{kind} {what} on {record.asset.hostname}: {told.reason}"
    # Numbers in it are of this run: seconds, process ids.
    form = re.sub("[0-9]+", "0", told.reason or "")
    return _cause(
        record.asset, f"{COLLECTOR}:{kind}", text, evidence, f"{told.status} {form}", subject=kind
    )


def _clock(record, skew_seconds):
    skew = times.to_ms(record.envelope.collected_at) - record.when.by_age
    if abs(skew) <= skew_seconds * 1000:
        return None
    way = "ahead" if skew > 0 else "behind"
    text = f"the clock of {record.asset.hostname} is {times.spoken(skew)} {way}"
    return _cause(record.asset, CLOCK, text, {"clock_skew_ms": skew}, way)


def _quarantine(session, record, kinds):
    """Return the causes in the values of these kinds that were not taken, volatile ones too."""
    notes = dict(record.noted)
    if missing := kinds - notes.keys():
        c = SECTION.c
        rows = select(c.kind, c.quarantine).where(
            c.asset_id == record.asset.asset_id, c.kind.in_(sorted(missing))
        )
        notes |= dict(map(tuple, session.execute(rows)))
    return {
        f"{QUARANTINE}:{kind}": _not_taken(
            record.asset, kind, notes.get(kind) or [], record.quarantine.get(kind) or []
        )
        for kind in sorted(kinds)
    }


def _not_taken(asset, kind, stable, volatile):
    """Return the cause in the values of a kind that were not taken."""
    notes = [*stable, *volatile]
    if not notes:
        return None
    one = next((note for note in notes if note["field"]), notes[0])
    count = f"{len(notes)} values" if len(notes) > 1 else "a value"
    text = f"{count} of {kind} on {asset.hostname} not taken: {one['field']} {one['why']}"
    evidence = {"count": len(notes), "values": notes[:MOST_NOTES]}
    # Volatile ones differ from report to report.
    form = dumps([_form(stable), [note["raw"] for note in stable], _form(volatile)])
    return _cause(asset, f"{QUARANTINE}:{kind}", text, evidence, form, subject=kind)


def _form(notes):
    return sorted((note["place"], note["field"], note["why"]) for note in notes or ())


def _cause(asset, name, message, evidence, cause, *, subject=None):
    return Cause(
        fingerprint=findings.fingerprint(asset.asset_id, name),
        kind=name.partition(":")[0],
        hostname=asset.hostname,
        message=message,
        evidence=evidence,
        cause=cause,
        asset_id=asset.asset_id,
        subject=subject,
    )
