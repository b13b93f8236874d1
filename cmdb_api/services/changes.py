"""The recorded changes, newest first."""

from datetime import datetime, timedelta

from sqlalchemy import Text, cast, func, select

from cmdb_api.errors import Invalid, NotFound
from cmdb_api.models import Change
from cmdb_api.models.change import ACTIONS, RESET
from cmdb_api.models.types import now
from cmdb_api.services import assets, diff, flapping, kinds, retention, times
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import rows, values
from cmdb_api.services.search.columns import MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

PEOPLE, HOSTS = "people", "hosts"
ORIGINS = (PEOPLE, HOSTS)
# Changes of one report that are listed beside one of them.
MOST_OTHERS = 100
# How far back what flaps is folded where nobody says since when.
FOLDED = timedelta(days=31)


def _has_field(_session, wanted):
    """Return the condition that one of the fields that differ is as wanted."""
    values.check_text("field", wanted)
    return values.text(cast(Change.fields, Text), wanted, '%"{}"%')


# There are too many to be ordered by more than the time.
ROWS = Rows(
    "changes",
    {
        "at": Field(Change.at, MOMENT, always=True, description="when it was collected, or made"),
        "hostname": Field(Change.hostname, named=True, sorts=False, description="as it was called"),
        "kind": Field(
            Change.kind,
            named=True,
            sorts=False,
            offered=(assets.KIND, *sorted(KINDS)),
            description="the kind of component; asset: what people declare",
        ),
        "place": Field(
            Change.place, named=True, unique=True, sorts=False, description="which of the kind"
        ),
        "action": Field(Change.action, choices=ACTIONS, sorts=False, description="what happened"),
        "field": Field(
            Change.fields, sorts=False, has=_has_field, unique=True, description="what differs"
        ),
        "actor": Field(Change.actor, named=True, sorts=False, description="the person"),
        "report_id": Field(
            Change.report_id, unique=True, sorts=False, description="the report it came with"
        ),
        "asset_id": Field(
            Change.asset_id, NUMBER, always=True, sorts=False, description="of the asset"
        ),
        "seq": Field(
            Change.seq, NUMBER, always=True, sorts=False, description="counts up within an asset"
        ),
    },
    order=("-at", "asset_id", "-seq"),
    asset=Change.asset_id,
)


def page(session, *, fold=False, limit, cursor=None, sort=None, **filters):
    """
    Return one page; ``asset`` is a hostname, ``since`` is part of the time and ``until`` not.

    With ``fold`` what flaps is told of once, by its latest change.
    """
    wanted = conditions(session, **filters)
    folded = _folded(session, wanted, filters) if fold else flapping.NONE
    query, order = select(Change).where(*wanted, *folded.condition()), {"sort": sort}
    found, following = rows.page(session, ROWS, query, limit=limit, cursor=cursor, **order)
    items = [told(row[0]) | {"flapped": folded.told(row[0])} for row in found]
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
    session,
    *,
    asset=None,
    kind=(),
    action=(),
    actor=None,
    origin=None,
    since=None,
    until=None,
    query=None,
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
    if query:
        found.append(ROWS.condition(session, query))
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
