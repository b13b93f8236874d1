"""Parts that leave their places: what is noted of a stay that is over.

A stay lasts from the report that brought a serial number to a place to the last one that had it
there. It ends when a report of the same kind does not, whatever else the item says.
"""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, select

from cmdb_api.models import Component, Placement
from cmdb_api.models.change import REKEYED
from cmdb_api.services import part_items
from cmdb_api.services.locking import insert

COMPONENT, PLACEMENT = Component.__table__, Placement.__table__


class Visit(NamedTuple):
    """The report that brings a kind's items: when, when the one before came, the change count."""

    at: datetime
    seen_at: datetime | None
    seq: int


def leaving(kind, before, after, changes, visit, *, serial, was_serial):
    """
    Return rows of the stays that end as a kind's items change, and {new place: old place}.

    ``changes`` are those that were recorded of it; ``serial`` is the field of the serial number,
    ``was_serial`` what it was before. What only is named anew stays where it is.
    """
    renamed, ended = _renamed(changes), []
    numbers = {row["place"]: row["seq"] for row in changes}
    kept = {}
    for place, item in before.items():
        number, new = part_items.serial_of(kind, item, was_serial), renamed.get(place, place)
        if number is None:
            continue
        if number == part_items.serial_of(kind, after.get(new, {}), serial):
            kept |= {new: place} if new != place else {}
            continue
        row = {"kind": kind, "place": place, "serial": number}
        row |= {"vendor": part_items.vendor_of(item), "model": part_items.model_of(item)}
        row |= {"until": visit.seen_at or visit.at, "seq": numbers.get(new, visit.seq)}
        ended.append(row)
    return ended, kept


def _renamed(changes):
    """Return {old place: place} of the items whose places are named by another key now."""
    named = {}
    for row in changes:
        named |= row["after"]["places"] if row["action"] == REKEYED else {}
    return named


def write(session, asset_id, ended, renamed, components):
    """
    Store the stays that ended, while their components are as they were.

    Rows of ``components`` to be written whose place is but named anew, {(kind, new place): old
    place}, get the time since when they are there.
    """
    if not ended and not renamed:
        return
    c = COMPONENT.c
    kinds = sorted({row["kind"] for row in ended} | {kind for kind, _ in renamed})
    rows = select(c.kind, c.place, c.since).where(c.asset_id == asset_id, c.kind.in_(kinds))
    since = {(row.kind, row.place): row.since for row in session.execute(rows)}
    for row in components:
        name = row["kind"], row["place"]
        if name in renamed:
            row["since"] = since.get((row["kind"], renamed[name]))
    if ended:
        session.execute(
            insert(session, PLACEMENT).on_conflict_do_nothing(),
            [
                row | {"asset_id": asset_id, "since": since.get((row["kind"], row["place"]))}
                for row in ended
            ],
        )


def stay(new):
    """Return the column that says since when a part is at its place: kept as long as it stays."""
    c = COMPONENT.c
    return {"since": case((c.serial.is_not_distinct_from(new.serial), c.since), else_=new.since)}
