"""The state of assets at any past moment, rebuilt from the state now and the changes since."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import and_, case, or_, select

from cmdb_api.models import Change
from cmdb_api.models.change import BASELINE, REKEYED, RESET
from cmdb_api.services import contents
from cmdb_api.services.dialects import among
from cmdb_api.services.events.outbox import ASSET

# Nothing was known before.
EVER = datetime.min.replace(tzinfo=UTC)
# With a place it is an edit of another asset, which was merged into this one.
_IS_EDIT = and_(Change.kind == ASSET, Change.place == "", Change.actor.is_not(None))
# Of marks only what they undo is read.
_LATER = (
    *(Change.asset_id, Change.hostname, Change.kind, Change.place, Change.action, Change.before),
    *(Change.at, _IS_EDIT.label("is_edit")),
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
    # {kind: its section} of those whose newest outcome is not ok, as it is now
    failing: dict
    # The first edit by people since then; None where there was none.
    edit: object


def state_at(session, asset_id, when):
    """Return what was recorded of an asset's components at a moment."""
    return states_at(session, [(asset_id, when)])[0]


def states_at(session, asked, kinds=()):
    """
    Return the same of each (asset, moment), of these kinds or of all.

    It is read in a few queries for however many.
    """
    ids = {asset_id for asset_id, _ in asked}
    stored = contents.of(session, ids, kinds)
    later = _later(session, ids, min(when for _, when in asked), kinds)
    return [_rebuilt(stored[asset_id], later[asset_id], when) for asset_id, when in asked]


def _rebuilt(content, later, when):
    items = {kind: dict(of_kind) for kind, of_kind in content.items.items()}
    rebuilt, edit = Rebuilt(content.sections, items), None
    for change in later:
        if change.at > when and change.is_edit:
            edit = change
        elif change.at > when:
            rebuilt.undo(change)
    return rebuilt.past(when, edit)


def _later(session, asset_ids, when, kinds):
    """Return {asset: the changes since a moment that reports and edits made, the newest first}."""
    reported = Change.actor.is_(None)
    if kinds:
        reported &= Change.kind.in_(kinds)
    query = select(*_LATER).where(
        among(session, Change.__table__.c.asset_id, sorted(asset_ids)),
        *(Change.at > when, or_(reported, _IS_EDIT)),
    )
    found = defaultdict(list)
    for change in session.execute(query.order_by(Change.seq.desc())):
        found[change.asset_id].append(change)
    return found


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
        self.failing = {kind: row for kind, row in stored.items() if row.status != "ok"}

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

    def past(self, when, edit):
        """Return the Past of this moment, to which it was brought back; ``edit`` came after it."""
        known = {kind for kind, first in self.first.items() if first <= when}
        unknown = {*self.items, *self.first} - known
        kinds = {kind: without(self.items[kind], self.unseen[kind]) for kind in sorted(known)}
        first = min(self.firsts, default=None)
        how = self.keys, self.serials, dict(self.unseen)
        return Past(kinds, sorted(unknown), *how, first, self.failing, edit)


def without(state, fields):
    """Return a state less the fields that came later."""
    if not fields:
        return state
    return {
        place: {name: value for name, value in item.items() if name not in fields}
        for place, item in state.items()
    }
