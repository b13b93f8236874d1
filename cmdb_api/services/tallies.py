"""What the overview counts, each in one query: assets, what they are, changes a day, racks."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import case, extract, func, select

from cmdb_api.models import Asset, AssetFacts, Change, Rack
from cmdb_api.models.asset import ACCEPTED, REGISTERED, RETIRED, STATES
from cmdb_api.models.types import now
from cmdb_api.services import dialects
from cmdb_api.services.dialects import dialect

# Assets that count: neither waiting for a decision nor ignored.
COUNTS = Asset.standing.in_((REGISTERED, ACCEPTED))
WARRANTY = timedelta(days=90)
_ENDS, _ENDED = 1, 2
HARDWARE = ("board.vendor", "board.model", "os.name", "os.version")


def assets(session):
    """
    Return how many assets there are, by what people declare.

    ``states`` {state: number}; of those that are not retired: ``purchased`` {year or None: number}
    ``warranty`` of how many the warranty ends in the next 90 days, ``ended`` of how many it has,
    and ``faulty`` of how many some hardware fails; and ``made`` {(year, month): number} of all, by
    when they came into the CMDB, UTC.
    """
    today = now().date()
    ended = Asset.warranty_until < today
    ends = Asset.warranty_until.between(today, today + WARRANTY)
    parts = (
        Asset.state,
        extract("year", Asset.purchased_on),
        extract("year", _utc(session)),
        extract("month", _utc(session)),
        case((ends, _ENDS), (ended, _ENDED), else_=0),
    )
    names = ("state", "bought", "year", "month", "ends")
    columns = [part.label(name) for part, name in zip(parts, names, strict=True)]
    inner = select(*columns).where(COUNTS).subquery()
    query = select(*inner.c, func.count(), _faulty()).group_by(*inner.c)
    states, bought, made, warranty = Counter(), Counter(), Counter(), Counter()
    rows = session.execute(query).all()
    for state, year_bought, year, month, ends, count, _ in rows:
        states[state] += count
        made[int(year), int(month)] += count
        if state != RETIRED:
            bought[None if year_bought is None else int(year_bought)] += count
            warranty[ends] += count
    known = {state: states[state] for state in STATES}
    faulty = rows[0][-1] if rows else 0
    told = {"warranty": warranty[_ENDS], "ended": warranty[_ENDED], "faulty": faulty}
    return {"states": known, "purchased": bought, "made": made} | told


def _faulty():
    """Return the expression for how many assets have hardware that fails; an index tells it."""
    facts = AssetFacts
    query = select(func.count()).join_from(facts, Asset, Asset.id == facts.asset_id)
    return query.where(facts.fault_count > 0, COUNTS, Asset.state != RETIRED).scalar_subquery()


def hardware(session):
    """Return {fact of HARDWARE: {value or None: number}} of assets that are not retired."""
    values = [AssetFacts.facts[name].as_string().label(f"v{n}") for n, name in enumerate(HARDWARE)]
    of_live = COUNTS, Asset.state != RETIRED
    inner = select(*values).join_from(Asset, AssetFacts, isouter=True).where(*of_live).subquery()
    query = select(*inner.c, func.count()).group_by(*inner.c)
    found = {name: Counter() for name in HARDWARE} | {"os": Counter()}
    for *row, count in session.execute(query):
        told = dict(zip(HARDWARE, row, strict=True))
        for name, value in told.items():
            found[name][value] += count
        found["os"][told["os.name"], told["os.version"]] += count
    return found


def changes_in(session, spans):
    """Return, for each span (from, until), how many changes hosts reported and people made."""
    span = dialects.spans(session, spans)
    inside = select(func.count()).where(Change.at >= span.start, Change.at < span.ends)
    inside = inside.select_from(Change).correlate(span.number.table)
    # Each is read from an index alone.
    edited = inside.where(Change.actor.is_not(None)).scalar_subquery()
    query = select(span.number, inside.scalar_subquery(), edited)
    found = {number: (every - edited, edited) for number, every, edited in session.execute(query)}
    return [found[number] for number in sorted(found)]


def racks(session, most):
    """Return the fullest racks as {id, name, height_u, used_u}, and the sums of all, in one."""
    taken = case((Asset.position_u.is_(None), 0), else_=func.coalesce(Asset.height_u, 1))
    used = func.coalesce(func.sum(taken), 0)
    query = (
        select(Rack.id, Rack.name, Rack.height_u, used.label("used_u"))
        .join_from(Rack, Asset, Asset.rack_id == Rack.id, isouter=True)
        .group_by(Rack.id, Rack.name, Rack.height_u)
    )
    rows = [row._asdict() | {"used_u": int(row.used_u)} for row in session.execute(query)]
    rows.sort(key=lambda row: (-row["used_u"] / row["height_u"], row["name"]))
    return {
        "racks": rows[:most],
        "count": len(rows),
        "height_u": sum(row["height_u"] for row in rows),
        "used_u": sum(row["used_u"] for row in rows),
    }


def _utc(session):
    """Return when an asset came, as the database reckons dates in UTC."""
    if dialect(session) == "postgresql":
        return func.timezone("UTC", Asset.created_at)
    return Asset.created_at
