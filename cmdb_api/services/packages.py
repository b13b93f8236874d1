"""A package on all hosts: its versions, on how many hosts each is, and which hosts these are."""

from collections import Counter

from sqlalchemy import func, select

from cmdb_api.errors import NotFound
from cmdb_api.models import Asset, BulkItem, Section
from cmdb_api.services import nearest, package_rows, package_versions, patterns
from cmdb_api.services.access import visibility
from cmdb_api.services.dialects import among, paired
from cmdb_api.services.package_lists import ITEM, KIND, holding, sizes
from cmdb_api.services.search import rows

# Letters that a name must share with another to be thought of.
_ALIKE = 3


def page(session, *, name, version=None, query=None, sort=None, limit, cursor=None):
    """
    Return the versions of a package, most hosts first, and one page of hosts by name.

    ``version`` limits the hosts to those that have this one, also beside a newer one, or one as it
    asks for (``<3.0.13``); ``query`` to those that it finds. Raises NotFound where no host has it.
    """
    items = _items(session, name)
    known = package_rows.of(items)
    # What is wrong with them is told of any package.
    order = known.sorted(sort)
    asked = package_versions.condition(session, known, version)
    narrowed = [known.condition(session, query)] if query else []
    narrowed += [] if asked is None else [asked]
    lists = holding(session, list(items)) if items else {}
    hosts = sizes(session, list(lists)) if lists else {}
    counts = Counter()
    for number, size in hosts.items():
        counts.update(dict.fromkeys(lists[number], size))
    if not counts:
        raise NotFound(f"no host has a package {name}{nearest.hint(name, _alike(session, name))}")
    wanted = package_versions.those(items, counts, version if asked is None else None)
    if not wanted:
        raise _no_version(name, version, [items[number]["version"] for number in counts])
    held = {number: lists[number] & wanted for number in hosts if lists[number] & wanted}
    every, total = _hosts(session, held), sum(hosts[number] for number in held)
    if narrowed:
        every = every.where(*narrowed)
        total = _total(session, every)
    elif order.keys[0].name == "hostname":
        # One more tells of a next page, and the cursor's own may be told already.
        every = every.where(Asset.id.in_(_first(session, held, order, limit + 2, cursor)))
    found, following = rows.page(session, known, every, sort=sort, limit=limit, cursor=cursor)
    return {
        "name": name,
        "total": total,
        "versions": _versions(items, counts),
        "items": [items[row.id] | {"hostname": row.hostname} for row in found],
        "next_cursor": following,
    }


def _no_version(name, version, others):
    known = dict.fromkeys(others)
    hint = nearest.hint(version, known) or f"; there is {', '.join(list(known)[:3])}"
    return NotFound(f"no host has {name} in version {version}{hint}")


def _items(session, name):
    """Return {id: item} of all that the fleet has, or had, of a package."""
    query = select(ITEM.id, ITEM.data).where(
        ITEM.kind == KIND, BulkItem.data["name"].as_string() == name
    )
    return {number: data for number, data in session.execute(query) if data.get("version")}


def _hosts(session, held):
    """Return the query for the hosts that have one of these lists, with each of its items."""
    c = Section.__table__.c
    pairs = paired(session, [(number, item) for number, some in held.items() for item in some])
    return (
        select(Asset.hostname, ITEM.id)
        .join(Section, (c.asset_id == Asset.id) & (c.kind == KIND))
        .join(pairs.one.table, pairs.one == c.bulk_list_id)
        .join(BulkItem, ITEM.id == pairs.other)
    )


def _first(session, held, order, count, cursor):
    """Return the query for the first hosts of a page by name: no page shows more of them."""
    c, key = Section.__table__.c, order.keys[0]
    query = select(Asset.id).join(Section, (c.asset_id == Asset.id) & (c.kind == KIND))
    query = query.where(among(session, c.bulk_list_id, list(held)))
    if cursor:
        query = query.where(key.edge(order.read(cursor)[-len(order.keys)]))
    return query.order_by(key.ordered).limit(count)


def _total(session, every):
    """Return how many hosts a query finds: one may have a package twice."""
    return session.scalar(every.with_only_columns(func.count(Asset.id.distinct())))


def _versions(items, counts):
    hosts = Counter()
    for number, count in counts.items():
        hosts[items[number]["version"], items[number].get("arch")] += count
    return [
        {"version": version, "arch": arch, "host_count": count}
        for (version, arch), count in sorted(
            hosts.items(), key=lambda pair: (-pair[1], pair[0][0], pair[0][1] or "")
        )
    ]


def _alike(session, name):
    """Return names of packages that begin as this one does."""
    known = BulkItem.data["name"].as_string()
    begins = known.like(f"{patterns.escaped(name[:_ALIKE])}%", escape="!")
    some = ITEM.kind == KIND, begins
    if visibility.units(session) is None:
        query = select(known).where(*some).distinct().limit(nearest.COMPARED)
        return session.scalars(query).all()
    # Those that only hosts have which are not to be seen are left out.
    items = dict(map(tuple, session.execute(select(ITEM.id, known).where(*some))))
    lists = holding(session, list(items)) if items else {}
    return {items[number] for each in sizes(session, list(lists)) for number in lists[each]}
