"""The fleet's changes, like ones together: the same change on 40 hosts is one line.

So is what changes to and fro on a host: flapping. Both are found by the changes' likeness, in one
query over a bounded window.
"""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
    union_all,
)

from cmdb_api.errors import Invalid
from cmdb_api.models import Asset, Change
from cmdb_api.models.change import MARKS
from cmdb_api.models.types import now
from cmdb_api.services import changes, dialects, flapping, identifiers, pages, retention
from cmdb_api.services.search import ordering
from cmdb_api.services.search.columns import MOMENT, NUMBER, TEXT
from cmdb_api.services.search.ordering import Key, Order

CHANGE = Change.__table__
LONGEST, SLACK = timedelta(days=31), timedelta(minutes=1)
USUAL = timedelta(days=1)
# Hosts that are named in a line.
HOSTS = 20
FLAPPED = "flapped"
_OF_MARKS = (CHANGE.c.kind, CHANGE.c.action)
EARLIEST = datetime.min.replace(tzinfo=UTC)
# What a line is ordered by where another happened last at the same time: likeness tells of what
# kind and action it is, but for marks, which have none.
TIES = ("kind", "action", "likeness")
# What a line is called: the same, of one window.
_NAME = re.compile(r"([a-z0-9_]*):([a-z]*):(-?\d{1,19})")
# What lines can be ordered by beside that.
SORTS = {"last_at": MOMENT, "first_at": MOMENT, "host_count": NUMBER, "change_count": NUMBER}


def page(session, **asked):
    """Return one page of lines, as ``lines``, with how long changes are kept."""
    return lines(session, **asked) | {"pruned_before": retention.horizon(session)}


def lines(session, *, since=None, until=None, limit, cursor=None, sort=None, **filters):
    """Return lines, the latest first; the window of a cursor stays that of the first page."""
    parts = check_sort(sort)
    after = cursor and _order(None, parts).read(cursor, *[changes.moment] * 2)
    since, until = after[:2] if after else window(since, until)
    wanted = list(changes.conditions(session, since=since, until=until, **filters))
    rows = _lines(session, wanted).subquery()
    order = _order(rows.c, parts)
    query = select(rows, *order.columns).order_by(*order.clauses).limit(limit + 1)
    if after:
        query = query.where(order.beyond(after))
    bounds = [when.isoformat() for when in (since, until)]
    found, following = pages.cut(
        session.execute(query).all(), limit, lambda row: (*bounds, *order.cursor(row))
    )
    return {
        "since": since,
        "until": until,
        "items": list(_told(session, found, wanted)),
        "next_cursor": following,
    }


def window(since, until):
    """Return the bounds of what is asked for; raises Invalid where that is too much, or nothing."""
    until = until or now()
    # Nothing is as old as that there is no time before it.
    since = since or max(until, EARLIEST + USUAL) - USUAL
    if since >= until:
        raise Invalid.of("since", "it is not before until")
    # Until now is later than the now that 31 days were reckoned from.
    if until - since > LONGEST + SLACK:
        text = f"more than {LONGEST.days} days before until; ask for less at a time"
        raise Invalid.of("since", text)
    return since, until


def of(session, names, *, since=None, until=None, **filters):
    """Return the ids of the assets that lines of a window are about; ``names`` as they are told."""
    since, until = window(since, until)
    wanted = list(changes.conditions(session, since=since, until=until, **filters))
    keys = [match.groups() for name in names if (match := _NAME.fullmatch(name))]

    def alike(rows, action):
        given = [int(key[2]) for key in keys if key[:2] == ("", action)]
        fits = [number for number in given if -(2**63) <= number < 2**63]
        return dialects.among(session, rows.c.likeness, fits)

    (each, *_, seen), (flaps, *_), (marked, *_) = _parts(wanted)
    of_kind = tuple_(marked.c.kind, marked.c.action).in_([key[:2] for key in keys])
    queries = (
        select(each.c.asset_id).where(seen, alike(each, "")),
        select(flaps.c.asset_id).where(alike(flaps, FLAPPED)),
        select(marked.c.asset_id).where(of_kind),
    )
    return set(session.scalars(union(*queries)))


def _lines(session, wanted):
    """Return the query for all lines: of like changes, of places that flap alike, and of marks."""
    return union_all(*(_line(session, rows, *key).where(s) for rows, key, s in _parts(wanted)))


def _parts(wanted):
    """Return (rows, each of an asset, the columns of TIES, which rows) of each sort of lines."""
    c = CHANGE.c
    each = flapping.by_asset([*wanted, c.likeness.is_not(None)], c.likeness).cte("each")
    some = flapping.repeated(each).cte("some")
    flaps = flapping.of(some, wanted).cte("flaps")
    hidden = flapping.alike(some, flaps).subquery()
    key = tuple_(each.c.asset_id, each.c.likeness)
    seen = or_(each.c.times == 1, key.not_in(select(hidden.c.asset_id, hidden.c.likeness)))
    marks = [*wanted, c.likeness.is_(None), c.action.in_(MARKS)]
    marked = flapping.by_asset(marks, c.kind, c.action).cte("marked")
    return (
        (each, ("", "", each.c.likeness), seen),
        (flaps, ("", FLAPPED, flaps.c.likeness), true()),
        (marked, (marked.c.kind, marked.c.action, 0), true()),
    )


def _line(session, rows, *key):
    """Return the query for lines of rows that have the same key, the columns of TIES."""
    columns = [part if hasattr(part, "name") else literal(part) for part in key]
    named = [column.label(name) for column, name in zip(columns, TIES, strict=True)]
    given = [part for part in key if hasattr(part, "name")]
    return select(*named, *_sums(session, rows.c)).group_by(*given)


def _sums(session, c):
    return (
        func.count().label("host_count"),
        func.sum(c.times).label("change_count"),
        func.min(c.first_at).label("first_at"),
        func.max(c.last_at).label("last_at"),
        dialects.numbers(session, c.asset_id, c.seq).label("hosts"),
    )


def check_sort(sort):
    """Return the names that lines are ordered by; raises Invalid where they can't be."""
    parts = ordering.parted(sort)
    for part in parts:
        if part.removeprefix("-") not in SORTS:
            known = ", ".join(SORTS)
            raise Invalid.of("sort", f"like changes are ordered by {known}, not by {part}")
    return parts


def _order(c, parts):
    """Return the Order of lines, of these columns; to read a cursor it needs none."""
    keys = {}
    for part in (*parts, "-last_at"):
        name = part.removeprefix("-")
        # A sum is no whole number to every database.
        value = c and cast(c[name], BigInteger) if SORTS[name] == NUMBER else c and c[name]
        keys.setdefault(name, Key(name, SORTS[name], value, part.startswith("-"), True))
    types = {"likeness": NUMBER}
    ties = [Key(name, types.get(name, TEXT), c and c[name], False, True) for name in TIES]
    return Order([*keys.values(), *ties], ordering.marked(parts))


def _told(session, rows, wanted):
    """Yield lines as they are told: each with the latest change of its first host for all."""
    hosts = [dialects.read_numbers(row.hosts, HOSTS) for row in rows]
    names = _names(session, {number for line in hosts for number, _ in line})
    examples = _examples(session, [line[0] for line in hosts])
    by_people = any(change.actor for change in examples.values())
    actors = _actors(session, rows, wanted) if by_people else {}
    for row, line in zip(rows, hosts, strict=True):
        if (change := examples.get(line[0])) is None:
            # Removed since.
            continue
        told, is_mark = changes.told(change), change.action in MARKS
        flapped = row.action == FLAPPED
        yield {
            "line": f"{row.kind}:{row.action}:{row.likeness}",
            **{name: told[name] for name in ("kind", "place", "action", "fields", "changes")},
            "before": None if is_mark else identifiers.without(change.kind, change.before),
            "after": None if is_mark else identifiers.without(change.kind, change.after),
            "flapped": flapping.told(change, int(row.change_count)) if flapped else None,
            **{name: getattr(row, name) for name in ("host_count", "first_at", "last_at")},
            "change_count": int(row.change_count),
            "actor_count": actors.get(_key_of(row), 0),
            "item_count": told["item_count"],
            "hosts": sorted({names[number] for number, _ in line if number in names}),
            "example": {name: told[name] for name in ("hostname", "seq", "report_id", "actor")},
        }


def _actors(session, rows, wanted):
    """Return {key of a line: how many people made its changes}; those of hosts are not there."""
    c = CHANGE.c
    told = [row.likeness for row in rows if row.likeness]
    alike = or_(c.likeness.is_(None), dialects.among(session, c.likeness, told))
    named = (c.likeness, *(case((c.likeness.is_(None), part), else_="") for part in _OF_MARKS))
    edited = select(*named, c.actor).where(*wanted, c.actor.is_not(None), alike).distinct()
    return Counter(
        (likeness or 0, kind, action) for likeness, kind, action, _ in session.execute(edited)
    )


def _key_of(row):
    return (row.likeness, row.kind, "" if row.action == FLAPPED else row.action)


def _names(session, ids):
    wanted = dialects.among(session, Asset.__table__.c.id, sorted(ids))
    return dict(map(tuple, session.execute(select(Asset.id, Asset.hostname).where(wanted))))


def _examples(session, keys):
    """Return {(asset id, seq): change}."""
    query = select(Change).where(tuple_(Change.asset_id, Change.seq).in_(keys))
    return {(change.asset_id, change.seq): change for change in session.scalars(query)}
