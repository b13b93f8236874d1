"""An asset as it was at a past moment: what was declared of it, and what it was made of.

What is not recorded as a change is no part of it: volatile and quarantined values. How collectors
fared is not either; what is known of that is told, see ``_not_ok``.
"""

from datetime import date

from sqlalchemy import func, select

from cmdb_api.errors import Invalid
from cmdb_api.models import AssetStatus, Change, Finding
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


def of(session, asset, when, kind=()):
    """Return an Asset as it was; ``kind`` limits which are told of. Raises Invalid, NotFound."""
    kinds.check(session, *kind)
    (state,) = states_at(session, [(asset, when, "at")], kind)
    (told,) = declared_at(session, [(asset, when, state)])
    registered = asset.registered_at
    return {
        "at": when,
        **told,
        "created_at": asset.created_at,
        "registered_at": registered if registered and registered <= when else None,
        "components": {kind: list(_told(state, kind)) for kind in state.kinds},
        "unknown": sorted({*state.unknown, *state.failing} - state.kinds.keys()),
        "not_ok": _not_ok(session, asset.id, when, state),
    }


def states_at(session, asked, kind=()):
    """
    Return the History.Past of each (asset, moment, field that names the moment).

    Raises Invalid where a time is not one that is known.
    """
    for _, when, field in asked:
        check_not_ahead(when, field)
    states = history.states_at(session, [(asset.id, when) for asset, when, _ in asked], kind)
    # Last: had changes been removed meanwhile, it would tell by now.
    _, earliest, field = min(asked, key=lambda one: one[1])
    retention.check(session, earliest, field)
    for (asset, when, field), state in zip(asked, states, strict=True):
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


def declared_at(session, asked):
    """
    Return {field: value} of what was declared of each (asset, moment, its Past then).

    Master data has the name that it had.
    """
    unedited = {asset.id: asset for asset, _, state in asked if state.edit is None}
    known = assets.items(session, list(unedited.values())) if unedited else {}
    renamed = renames.since(session, min(when for _, when, _ in asked))
    return [
        _declared(asset, when, _item(asset, state.edit, known), state.edit, renamed)
        for asset, when, state in asked
    ]


def _item(asset, edit, known):
    """Return what was declared before the first edit since; what is known now without one."""
    return known[asset.id] if edit is None else edit.before or {"hostname": edit.hostname}


def _declared(asset, when, item, edit, renamed):
    item = renames.undone(renamed, item, when, edit and edit.at)
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


def _not_ok(session, asset_id, when, state):
    """
    Return the kinds of which it is known that their collector brought nothing at a moment.

    That is one that has brought nothing from before then until now, and one of which a finding
    tells. How it fared between older reports that brought items is not recorded.
    """
    status = session.get(AssetStatus, asset_id)
    known, found = state.kinds, {}
    for kind, row in state.failing.items():
        items_at = times.from_ms(sections.age(status.ages, kind).items_at)
        if kind in known and items_at and items_at < when:
            why = f"{row.status}: {row.reason}" if row.reason else row.status
            found[kind] = {"since": items_at, "why": why}
    query = select(Finding.subject, Finding.opened_at, Finding.message).where(
        *(Finding.asset_id == asset_id, Finding.kind == COLLECTOR, Finding.opened_at <= when),
        (Finding.status != CLOSED) | (Finding.closed_at > when),
    )
    for kind, since, why in session.execute(query):
        if kind in known:
            found.setdefault(kind, {"since": since, "why": why})
    return [{"kind": kind} | told for kind, told in sorted(found.items())]
