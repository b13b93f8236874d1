"""The state of an asset at any past moment, rebuilt from the state now and the changes since."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.models.change import BASELINE, REKEYED
from cmdb_api.services import storage

CHANGE = storage.CHANGE.c


class Past(NamedTuple):
    """The items by kind and place, and the kinds that had not been reported yet."""

    kinds: dict
    unknown: list


def state_at(session, asset_id, when):
    """Return what was recorded of an asset's components at a moment."""
    stored = [row for row in storage.sections(session, asset_id).values() if row.digest]
    kinds, _ = storage.items(session, asset_id, stored)
    reported = CHANGE.asset_id == asset_id, CHANGE.actor.is_(None)
    later = session.execute(
        select(CHANGE.kind, CHANGE.place, CHANGE.action, CHANGE.fields, CHANGE.before, CHANGE.after)
        .where(*reported, CHANGE.at > when)
        .order_by(CHANGE.seq.desc())
    )
    unseen = defaultdict(set)
    for change in later:
        if change.action == BASELINE:
            unseen[change.kind].update(change.fields)
        else:
            kinds[change.kind] = _undone(kinds[change.kind], change)
    known = set(
        session.scalars(
            select(CHANGE.kind)
            .where(*reported, CHANGE.at <= when, CHANGE.action == BASELINE)
            .distinct()
        )
    )
    return Past(
        {kind: _without(state, unseen[kind]) for kind, state in kinds.items() if kind in known},
        sorted(kinds.keys() - known),
    )


def _undone(state, change):
    """Return a state as it was before one change."""
    if change.action == REKEYED:
        old = {new: old for old, new in change.after["places"].items()}
        return {old.get(place, place): item for place, item in state.items()}
    others = {place: item for place, item in state.items() if place != change.place}
    return others if change.before is None else others | {change.place: change.before}


def _without(state, fields):
    return {
        place: {name: value for name, value in item.items() if name not in fields}
        for place, item in state.items()
    }
