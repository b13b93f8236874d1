"""The components of one asset for a page: how each kind stands and, of some kinds, its items.

Two queries for however many kinds, three with bulk ones; ``inventory`` has all, for programs.
"""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from cmdb_api.models import AssetStatus, Component, Section
from cmdb_api.services import storage, times
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search.at_hand import natural
from cmdb_api.services.sections import age

# What is read of an asset's status beside its headline.
STATUS = (
    *(AssetStatus.volatile, AssetStatus.ages, AssetStatus.via, AssetStatus.version),
    AssetStatus.quarantine.label("not_taken"),
    AssetStatus.problems.label("report_problems"),
)
_OF_KIND = ("kind", "status", "reason", "traceback", "problems", "item_count", "digest")


@dataclass(frozen=True)
class Item:
    """One component: its fields, and beside them those that change by themselves."""

    place: str
    fields: dict
    volatile: dict = field(default_factory=dict)
    since: datetime | None = None

    def get(self, name, default=None):
        """Return a value of either sort."""
        value = self.volatile.get(name, self.fields.get(name))
        return default if value is None else value

    __getitem__ = get

    def values(self):
        """Return the values of both sorts."""
        return (*self.fields.values(), *self.volatile.values())


@dataclass(frozen=True)
class Kind:
    """How a kind stands on an asset, and its items where they were asked for."""

    kind: str
    status: str
    reason: str | None
    traceback: str | None
    problems: list
    item_count: int
    # Whether it ever came with items.
    known: bool
    is_bulk: bool
    outcome_at: datetime | None
    items_at: datetime | None
    # [{"place", "field", "raw", "why"}]
    not_taken: list
    items: list = field(default_factory=list)

    def used(self):
        """Return the names of all fields that any item has, ours in their collector's order."""
        found = {name for item in self.items for name in (*item.fields, *item.volatile)}
        ours = [name for name in KINDS.get(self.kind, ()) if name in found]
        return [*ours, *sorted(found.difference(ours))]


def of(session, asset, kinds=None, *, but=(), bulk=False):
    """
    Return {kind: Kind} of an asset, whose headline was read with ``STATUS``.

    Items are read of ``kinds``, of all where these are not given; of bulk ones only with ``bulk``.
    """
    rows = _sections(session, asset["id"])
    found = {row.kind: _kind(row, asset) for row in rows}
    wanted = [k for k in found if k not in but and (kinds is None or k in kinds)]
    plain = [k for k in wanted if not found[k].is_bulk and found[k].item_count]
    items = [(row.kind, row.place, row.data, row.since) for row in _rows(session, asset, plain)]
    for kind in (k for k in wanted if bulk and found[k].is_bulk):
        items += _bulk(session, asset["id"], kind)
    volatile = asset["volatile"] or {}
    for kind, place, data, since in items:
        found[kind].items.append(Item(place, data, volatile.get(kind, {}).get(place, {}), since))
    for each in found.values():
        each.items.sort(key=lambda item: natural(item.place))
    return found


def _sections(session, asset_id):
    columns = (getattr(Section, name) for name in (*_OF_KIND, "quarantine", "bulk_list_id"))
    query = select(*columns).where(Section.asset_id == asset_id)
    return session.execute(query.order_by(Section.kind)).all()


def _kind(row, asset):
    known = age(asset["ages"] or {}, row.kind)
    return Kind(
        **{name: getattr(row, name) for name in ("kind", "status", "reason", "traceback")},
        problems=row.problems or [],
        item_count=row.item_count,
        known=row.digest is not None,
        is_bulk=row.bulk_list_id is not None,
        outcome_at=times.from_ms(known.outcome_at),
        items_at=times.from_ms(known.items_at),
        not_taken=[*(row.quarantine or ()), *(asset["not_taken"] or {}).get(row.kind, ())],
    )


def _rows(session, asset, kinds):
    if not kinds:
        return []
    columns = Component.kind, Component.place, Component.data, Component.since
    same = Component.asset_id == asset["id"], Component.kind.in_(kinds)
    return session.execute(select(*columns).where(*same))


def _bulk(session, asset_id, kind):
    same = Section.asset_id == asset_id, Section.kind == kind
    numbers = session.scalar(select(Section.bulk_ids).where(*same))
    rows = storage.bulk_items(session, numbers or [])
    return [(kind, place, data, None) for _, place, data in rows]
