"""An asset as it was at a past moment: what was declared of it, and what it was made of.

What is not recorded as a change is no part of it: volatile and quarantined values. How collectors
fared is not either; what is known of that is told, see ``_not_ok``.
"""

from datetime import date

from sqlalchemy import func, select

from cmdb_api.errors import Invalid
from cmdb_api.models import AssetStatus, Change, Finding, Section
from cmdb_api.models.asset import ONLINE, REGISTERED
from cmdb_api.models.finding import CLOSED, COLLECTOR
from cmdb_api.models.types import now
from cmdb_api.services import (
    assets,
    declared,
    history,
    kinds,
    renames,
    retention,
    sections,
    times,
)
from cmdb_api.services.resources import MANY

LISTS = {resource.field for resource in MANY} | {"aliases"}
DAYS = ("purchased_on", "warranty_until")
# What a change of an asset keeps of it.
FIELDS = ("hostname", "aliases", "standing", *declared.FIELDS)


def of(session, hostname, when, kind=()):
    """Return an asset as it was; ``kind`` limits which are told of. Raises Invalid, NotFound."""
    kinds.check(session, *kind)
    asset = assets.find(session, hostname)
    state = state_at(session, asset, when, "at", kind)
    failing = _failing(session, asset.id, kind)
    registered = asset.registered_at
    return {
        "at": when,
        **declared_at(session, asset, when),
        "created_at": asset.created_at,
        "registered_at": registered if registered and registered <= when else None,
        "components": {kind: list(_told(state, kind)) for kind in state.kinds},
        "unknown": sorted({*state.unknown, *failing} - state.kinds.keys()),
        "not_ok": _not_ok(session, asset.id, when, state.kinds, failing),
    }


def state_at(session, asset, when, field, kind=()):
    """Return an asset's History.Past; raises Invalid where this time is not one that is known."""
    return states_at(session, asset, {field: when}, kind)[0]


def states_at(session, asset, moments, kind=()):
    """Return the same of several moments, {field that names it: time}, the earliest first."""
    for field, when in moments.items():
        check_not_ahead(when, field)
    states = history.states_at(session, asset.id, list(moments.values()), kind)
    # Last: had changes been removed meanwhile, it would tell by now.
    field, earliest = next(iter(moments.items()))
    retention.check(session, earliest, field)
    for (field, when), state in zip(moments.items(), states, strict=True):
        _check_known(session, asset, state, when, field)
    return states


def _check_known(session, asset, state, when, field):
    first = min(at for at in (state.first_at, asset.created_at) if at)
    if when < first and when < (first := _first_change(session, asset.id, first)):
        since = times.text(first)
        raise Invalid.of(field, f"{asset.hostname} was not known then; it is since {since}")


def _first_change(session, asset_id, first):
    """Return when an asset's first change was, the first ever where older ones were pruned."""
    oldest = func.min(Change.at), func.min(Change.seq), func.count()
    at, seq, count = session.execute(select(*oldest).where(Change.asset_id == asset_id)).one()
    made = session.scalar(select(AssetStatus.change_count).where(AssetStatus.asset_id == asset_id))
    if retention.horizon(session) and (seq != 1 if count else made):
        return history.EVER
    return min(first, at or first)


def check_not_ahead(when, field):
    """Raise Invalid for a time that is yet to come."""
    if when > (moment := now()):
        raise Invalid.of(field, f"{times.text(when)} is yet to come; it is {times.text(moment)}")


def check_order(start, end):
    """Raise Invalid where a time is not before another."""
    if start > end:
        text = f"{times.text(start)} is later than to, {times.text(end)}"
        raise Invalid.of("from", text)


def plain(value):
    """Return a declared value as JSON has it."""
    return value.isoformat() if isinstance(value, date) else value


def declared_at(session, asset, when):
    """Return {field: value} of what was declared of an asset; master data by its name then."""
    # With a place it is an edit of another asset, which was merged into this one.
    edited = Change.kind == assets.KIND, Change.place == "", Change.actor.is_not(None)
    edited += (Change.at > when,)
    columns = Change.before, Change.hostname, Change.at
    query = select(*columns).where(Change.asset_id == asset.id, *edited)
    edit = session.execute(query.order_by(Change.seq).limit(1)).one_or_none()
    if edit is None:
        item = assets.items(session, [asset])[asset.id]
    else:
        item = edit.before or {"hostname": edit.hostname}
    item = renames.undone(session, item, when, edit and edit.at)
    item = {"state": ONLINE, "standing": _standing(asset, when)} | item
    return {name: _value(name, item.get(name)) for name in FIELDS}


def _standing(asset, when):
    """Return the standing of an asset that its changes don't tell of."""
    registered = asset.registered_at is not None and asset.registered_at <= when
    return REGISTERED if registered else "accepted"


def _value(name, value):
    if name in LISTS:
        return value or []
    return date.fromisoformat(value) if value and name in DAYS else value


def _told(state, kind):
    """Yield the components of a kind in their order."""
    serial = state.serials.get(kind)
    for place, item in sorted(state.kinds[kind].items()):
        yield {"place": place, "serial": item.get(serial), "fields": item}


def _failing(session, asset_id, kinds):
    """Return {kind: row} of an asset's kinds whose newest outcome is not ok."""
    query = select(Section.kind, Section.status, Section.reason).where(
        Section.asset_id == asset_id, Section.status != "ok"
    )
    if kinds:
        query = query.where(Section.kind.in_(kinds))
    return {row.kind: row for row in session.execute(query)}


def _not_ok(session, asset_id, when, known, failing):
    """
    Return the kinds of which it is known that their collector brought nothing at a moment.

    That is one that has brought nothing from before then until now, and one of which a finding
    tells. How it fared between older reports that brought items is not recorded.
    """
    status = session.get(AssetStatus, asset_id)
    found = {}
    for kind, outcome, reason in failing.values():
        items_at = times.from_ms(sections.age(status.ages, kind).items_at)
        if kind in known and items_at and items_at < when:
            found[kind] = {"since": items_at, "why": f"{outcome}: {reason}" if reason else outcome}
    query = select(Finding.subject, Finding.opened_at, Finding.message).where(
        *(Finding.asset_id == asset_id, Finding.kind == COLLECTOR, Finding.opened_at <= when),
        (Finding.status != CLOSED) | (Finding.closed_at > when),
    )
    for kind, since, why in session.execute(query):
        if kind in known:
            found.setdefault(kind, {"since": since, "why": why})
    return [{"kind": kind} | told for kind, told in sorted(found.items())]
