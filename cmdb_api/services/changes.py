"""The recorded changes, newest first."""

from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from cmdb_api.errors import Invalid, NotFound
from cmdb_api.models import Change
from cmdb_api.models.change import RESET
from cmdb_api.models.types import now
from cmdb_api.services import assets, diff, flapping, kinds, pages, retention, times

PEOPLE, HOSTS = "people", "hosts"
ORIGINS = (PEOPLE, HOSTS)
# Changes of one report that are listed beside one of them.
MOST_OTHERS = 100
# How far back what flaps is folded where nobody says since when.
FOLDED = timedelta(days=31)


def page(session, *, fold=False, limit, cursor=None, **filters):
    """
    Return one page; ``asset`` is a hostname, ``since`` is part of the time and ``until`` not.

    With ``fold`` what flaps is told of once, by its latest change.
    """
    wanted = conditions(session, **filters)
    folded = _folded(session, wanted, filters) if fold else flapping.NONE
    query = select(Change).where(*wanted, *folded.condition())
    if cursor:
        query = query.where(_after(*pages.read(cursor, moment, int, int)))
    query = query.order_by(Change.at.desc(), Change.asset_id, Change.seq.desc())
    found = session.scalars(query.limit(limit + 1)).all()
    rows, following = pages.cut(
        found, limit, lambda row: (row.at.isoformat(), row.asset_id, row.seq)
    )
    items = [told(row) | {"flapped": folded.told(row)} for row in rows]
    horizon = retention.horizon(session)
    return {"items": items, "pruned_before": horizon, "next_cursor": following}


def newest(session, asset_id, limit):
    """Return the newest changes of an asset, so many at most."""
    order = Change.at.desc(), Change.seq.desc()
    query = select(Change).where(Change.asset_id == asset_id).order_by(*order).limit(limit)
    return [told(row) for row in session.scalars(query)]


def _folded(session, wanted, filters):
    """Return what flaps on an asset; where no time is given, in the days before the latest."""
    if not filters.get("since"):
        since = (filters.get("until") or now()) - FOLDED
        wanted = [*wanted, Change.at >= since]
    return flapping.on_asset(session, wanted)


def one(session, hostname, seq):
    """Return one change with the others of its report; raises NotFound."""
    asset = assets.find(session, hostname)
    change = session.get(Change, (asset.id, seq)) if seq < 2**63 else None
    if change is None:
        raise NotFound(f"{asset.hostname} has no change {seq}{_kept(session, asset.id)}")
    others, count = [], 0
    if change.report_id:
        same = Change.asset_id == asset.id, Change.report_id == change.report_id, Change.seq != seq
        query = select(Change).where(*same).order_by(Change.seq).limit(MOST_OTHERS)
        others = [told(row) for row in session.scalars(query)]
        count = session.scalar(select(func.count()).select_from(Change).where(*same))
    return told(change, whole=True) | {"others": others, "others_count": count}


def _kept(session, asset_id):
    """Tell which changes of an asset there are."""
    numbers = func.min(Change.seq), func.max(Change.seq)
    first, last = session.execute(select(*numbers).where(Change.asset_id == asset_id)).one()
    before = retention.horizon(session)
    since = f"; history is kept since {times.text(before)}" if before else ""
    return (f"; it has {first} to {last}" if first else "; it has none") + since


def conditions(
    session, *, asset=None, kind=(), action=(), actor=None, origin=None, since=None, until=None
):
    """Return the conditions for what is asked for; raises NotFound, or Invalid."""
    if since and until and since >= until:
        raise Invalid.of("since", "it is not before until")
    kinds.check(session, *kind, also=(assets.KIND,))
    found = []
    if asset:
        found.append(Change.asset_id == assets.find(session, asset).id)
    if kind:
        found.append(Change.kind.in_(kind))
    if action:
        found.append(Change.action.in_(action))
    if actor:
        found.append(Change.actor == actor)
    if origin:
        found.append(_of_people() if origin == PEOPLE else ~_of_people())
    if since:
        found.append(Change.at >= since)
    if until:
        found.append(Change.at < until)
    return found


def _of_people():
    """Return the condition for what people did: reports of a merged asset have an actor too."""
    return Change.actor.is_not(None) & (Change.kind == assets.KIND)


def moment(text):
    """Return the time in a cursor."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(text)
    return found


def _after(at, asset_id, seq):
    """Return the condition for rows that come after this one."""
    older_of_asset = and_(Change.asset_id == asset_id, Change.seq < seq)
    # The first part alone lets the index on the time be used.
    return and_(
        Change.at <= at,
        or_(Change.at < at, Change.asset_id > asset_id, older_of_asset),
    )


def told(change, *, whole=False):
    """
    Return a change with its differing fields side by side.

    All that a kind had before a reset is told only of a ``whole`` one.
    """
    found = {column.key: getattr(change, column.key) for column in Change.__table__.columns}
    if change.action == RESET and not whole:
        found["before"] = {name: v for name, v in change.before.items() if name != "items"}
    found["changes"] = diff.side_by_side(
        change.action, change.fields, change.before or {}, change.after or {}
    )
    return found
