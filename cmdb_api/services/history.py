"""The state of an asset at any past moment, rebuilt from the state now and the changes since."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import case, select

from cmdb_api.models import Change
from cmdb_api.models.change import BASELINE, REKEYED, RESET
from cmdb_api.services import storage

# Nothing was known before.
EVER = datetime.min.replace(tzinfo=UTC)
# Of marks only what they undo is read.
_LATER = (
    *(Change.kind, Change.place, Change.action, Change.before, Change.at),
    case((Change.action == BASELINE, Change.fields)).label("fields"),
    case((Change.action == REKEYED, Change.after)).label("after"),
)


class Past(NamedTuple):
    """The items by kind and place, the kinds that were not known yet, and how kinds stood."""

    kinds: dict
    unknown: list
    # {kind: the fields that name a place in it}
    keys: dict
    # {kind: the field of its serial number}, as it is now
    serials: dict
    # {kind: fields that came into it later}
    unseen: dict
    # The earliest time at which anything of the asset was reported.
    first_at: datetime | None


def state_at(session, asset_id, when, kinds=()):
    """Return what was recorded of an asset's components at a moment; of these kinds, or of all."""
    return states_at(session, asset_id, [when], kinds)[0]


def states_at(session, asset_id, moments, kinds=()):
    """Return the same at several moments: what is stored is read once."""
    stored = storage.sections(session, asset_id)
    if kinds:
        stored = {kind: row for kind, row in stored.items() if kind in kinds}
    filled = [row for row in stored.values() if row.digest]
    items = storage.items(session, asset_id, filled)[0]
    later = _later(session, asset_id, min(moments), kinds).all()
    return [_rebuilt(stored, items, later, when) for when in moments]


def _rebuilt(stored, items, later, when):
    rebuilt = Rebuilt(stored, {kind: dict(of_kind) for kind, of_kind in items.items()})
    for change in later:
        if change.at > when:
            rebuilt.undo(change)
    return rebuilt.past(when)


def _later(session, asset_id, when, kinds):
    """Return the changes that reports made since a moment, the newest first."""
    query = select(*_LATER).where(
        Change.asset_id == asset_id, Change.at > when, Change.actor.is_(None)
    )
    if kinds:
        query = query.where(Change.kind.in_(kinds))
    return session.execute(query.order_by(Change.seq.desc()))


class Rebuilt:
    """The state of an asset, on its way back."""

    def __init__(self, stored, items):
        self.items = defaultdict(dict, items)
        self.keys = {kind: row.key for kind, row in stored.items()}
        self.serials = {kind: row.serial for kind, row in stored.items()}
        self.unseen = defaultdict(set)
        # {kind: since when it was known}: to its reset, where it had one.
        self.first = {kind: row.first_at or EVER for kind, row in stored.items() if row.digest}
        self.firsts = [row.first_at for row in stored.values() if row.first_at]

    def undo(self, change):
        """Go back over one change."""
        kind = change.kind
        if change.action == BASELINE:
            self.unseen[kind].update(change.fields or ())
        elif change.action == RESET:
            self._reset(kind, change.before)
        elif change.action == REKEYED:
            old = {new: old for old, new in change.after["places"].items()}
            self.items[kind] = {old.get(at, at): item for at, item in self.items[kind].items()}
            self.keys[kind] = change.before["key"]
        elif change.before is None:
            self.items[kind].pop(change.place, None)
        else:
            self.items[kind][change.place] = change.before

    def _reset(self, kind, before):
        """Go back to the machine before."""
        self.items[kind], self.unseen[kind] = dict(before["items"]), set()
        self.keys[kind] = before.get("key") or self.keys.get(kind)
        first = before.get("first_at")
        self.first[kind] = datetime.fromisoformat(first) if first else EVER
        if first:
            self.firsts.append(self.first[kind])

    def past(self, when):
        """Return the Past of this moment, to which it was brought back."""
        known = {kind for kind, first in self.first.items() if first <= when}
        unknown = {*self.items, *self.first} - known
        kinds = {kind: without(self.items[kind], self.unseen[kind]) for kind in sorted(known)}
        first = min(self.firsts, default=None)
        return Past(kinds, sorted(unknown), self.keys, self.serials, dict(self.unseen), first)


def without(state, fields):
    """Return a state less the fields that came later."""
    if not fields:
        return state
    return {
        place: {name: value for name, value in item.items() if name not in fields}
        for place, item in state.items()
    }
