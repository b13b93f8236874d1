"""What changes to and fro: four changes or more of one place in a window whose values return.

The same change twice at one place means that its values came back in between, as each change begins
where the one before ended. Only serial numbers, addresses and their like are no part of a change's
likeness: where they may be what differs the states themselves are compared.
"""

from typing import NamedTuple

from sqlalchemy import Text, and_, case, cast, func, not_, or_, select

from cmdb_api.models import Change
from cmdb_api.models.change import CHANGED

CHANGE = Change.__table__
LEAST = 4


def by_asset(wanted, *columns):
    """Return the query for the changes of each asset that are alike in these columns, counted."""
    c = CHANGE.c
    return (
        select(
            *(c.asset_id, *columns, func.count().label("times"), func.max(c.seq).label("seq")),
            *(func.min(c.at).label("first_at"), func.max(c.at).label("last_at")),
        )
        .where(*wanted)
        .group_by(c.asset_id, *columns)
    )


def repeated(each):
    """Return the query for the like changes that an asset had several times, and where."""
    c, last = CHANGE.c, each.c
    same = and_(c.asset_id == last.asset_id, c.seq == last.seq)
    query = select(*last, c.kind, c.place, c.action).join_from(each, CHANGE, same)
    return query.where(last.times > 1)


def of(some, wanted):
    """Return the query for what flaps, a row a place; ``some`` is ``repeated`` as a CTE."""
    c = some.c
    places = (
        select(
            *(c.asset_id, c.kind, c.place, func.min(c.likeness).label("likeness")),
            *(func.sum(c.times).label("times"), func.max(c.seq).label("seq")),
            *(func.min(c.first_at).label("first_at"), func.max(c.last_at).label("last_at")),
            func.count().label("sorts"),
            func.count(case((c.action != CHANGED, 1))).label("others"),
        )
        .group_by(c.asset_id, c.kind, c.place)
        .having(func.sum(c.times) >= LEAST)
        .subquery()
    )
    to_and_fro = and_(places.c.sorts > 1, places.c.others == 0)
    returns = 2 * _states(places.c, wanted) <= places.c.times
    return select(places).where(or_(to_and_fro, returns))


def alike(some, flaps):
    """Return the query for the like changes that flap."""
    same = [some.c[name] == flaps.c[name] for name in ("asset_id", "kind", "place")]
    columns = some.c.asset_id, some.c.likeness, flaps.c.seq.label("last"), flaps.c.times
    return select(*columns).join_from(some, flaps, and_(*same))


def _states(c, wanted):
    """Return the expression for how many states a place was in, in the window."""
    own = CHANGE.c
    state = func.coalesce(cast(own.after, Text), "")
    same = own.asset_id == c.asset_id, own.kind == c.kind, own.place == c.place
    query = select(func.count(state.distinct())).where(*wanted, *same)
    return query.correlate(c.asset_id.table).scalar_subquery()


class Folded(NamedTuple):
    """What flaps on an asset: {number of its latest change: (times, numbers of the others)}."""

    found: dict

    def condition(self):
        """Return the condition that a change is not one that another stands for."""
        hidden = [number for _, numbers in self.found.values() for number in numbers]
        return [not_(CHANGE.c.seq.in_(hidden))] if hidden else []

    def told(self, change):
        """Return what is told of a change that stands for several; None of others."""
        if change.seq not in self.found:
            return None
        return told(change, self.found[change.seq][0])


NONE = Folded({})


def on_asset(session, wanted):
    """Return what flaps among the changes of one asset that fit these conditions."""
    c = CHANGE.c
    each = by_asset([*wanted, c.likeness.is_not(None)], c.likeness).cte("each")
    some = repeated(each).cte("some")
    hidden = alike(some, of(some, wanted).cte("flaps")).subquery()
    rows = select(c.seq, hidden.c.last, hidden.c.times)
    rows = rows.join_from(CHANGE, hidden, c.likeness == hidden.c.likeness)
    found = {}
    for number, last, times in session.execute(rows.where(*wanted)):
        numbers = found.setdefault(last, (int(times), []))[1]
        if number != last:
            numbers.append(number)
    return Folded(found)


def told(change, times):
    """Return how often a place flapped, and between which states: those of one of its changes."""
    return {
        "times": times,
        "between": [
            item and {name: item.get(name) for name in change.fields}
            for item in (change.before, change.after)
        ],
    }
