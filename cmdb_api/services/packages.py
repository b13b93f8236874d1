"""A package on all hosts: its versions, on how many hosts each is, and which hosts these are."""

from collections import Counter, defaultdict

from sqlalchemy import Integer, func, select, type_coerce
from sqlalchemy.dialects import postgresql

from cmdb_api.errors import NotFound
from cmdb_api.models import Asset, BulkItem, BulkList, Section
from cmdb_api.services import nearest, pages, patterns
from cmdb_api.services.access import visibility
from cmdb_api.services.dialects import among, dialect
from cmdb_api.services.search.rows import Field, Rows

KIND = "package"
ITEM = BulkItem.__table__.c
# Letters that a name must share with another to be thought of.
_ALIKE = 3
ROWS = Rows(
    "packages",
    {
        "hostname": Field(
            Asset.hostname_key, named=True, always=True, description="the host that has it"
        )
    },
    order=("hostname",),
    asset=Asset.id,
)


def page(session, *, name, version=None, query=None, sort=None, limit, cursor=None):
    """
    Return the versions of a package, most hosts first, and one page of hosts by name.

    ``version`` limits the hosts to those that have this one, also beside a newer one; ``query`` to
    those that it finds. Raises NotFound where no host has it.
    """
    order = ROWS.sorted(sort)
    narrowed = ROWS.condition(session, query) if query else None
    items = _items(session, name)
    lists = _lists(session, list(items)) if items else {}
    sizes = _sizes(session, list(lists)) if lists else {}
    counts = Counter()
    for number, size in sizes.items():
        counts.update(dict.fromkeys(lists[number], size))
    if not counts:
        raise NotFound(f"no host has a package {name}{nearest.hint(name, _alike(session, name))}")
    wanted = {number for number in counts if version is None or _is(items[number], version)}
    if not wanted:
        known = dict.fromkeys(items[number]["version"] for number in counts)
        hint = nearest.hint(version, known) or f"; there is {', '.join(list(known)[:3])}"
        raise NotFound(f"no host has {name} in version {version}{hint}")
    held = {number: sorted(wanted & lists[number]) for number in sizes if wanted & lists[number]}
    down = order.keys[0].down
    rows, following = pages.cut(
        _hosts(session, held, narrowed, down, limit + 1, cursor),
        limit,
        lambda row: (row[0].lower(), row[1]),
    )
    return {
        "name": name,
        "total": _total(session, held, sizes, narrowed),
        "versions": _versions(items, counts),
        "items": [items[number] | {"hostname": hostname} for hostname, number in rows],
        "next_cursor": following,
    }


def _items(session, name):
    """Return {id: item} of all that the fleet has, or had, of a package."""
    query = select(ITEM.id, ITEM.data).where(
        ITEM.kind == KIND, BulkItem.data["name"].as_string() == name
    )
    return {number: data for number, data in session.execute(query) if data.get("version")}


def _lists(session, numbers):
    """Return {list: ids of these items in it} of the lists that hold any."""
    query = (
        select(BulkList.id, ITEM.id)
        .join(BulkList, _holds(session, BulkList.ids, BulkItem.id))
        .where(among(session, ITEM.id, numbers))
    )
    found = defaultdict(set)
    for number, item in session.execute(query):
        found[number].add(item)
    return found


def _holds(session, ids, number):
    """Return the condition that a list of ids holds a number."""
    if dialect(session) == "postgresql":
        whole = type_coerce(ids, postgresql.ARRAY(Integer))
        return whole.contains(postgresql.array([number]))
    each = func.json_each(ids).table_valued("value")
    return select(each.c.value).where(each.c.value == number).exists()


def _sizes(session, lists):
    """Return {list: how many hosts have it}; without those that none has."""
    c = Section.__table__.c
    query = select(c.bulk_list_id, func.count()).where(
        c.kind == KIND, among(session, c.bulk_list_id, lists)
    )
    return dict(map(tuple, session.execute(query.group_by(c.bulk_list_id))))


def _total(session, held, sizes, narrowed):
    """Return how many hosts have one of these lists."""
    if narrowed is None:
        return sum(sizes[number] for number in held)
    c = Section.__table__.c
    hosts = select(func.count()).select_from(Asset).join(Section, c.asset_id == Asset.id)
    some = among(session, c.bulk_list_id, list(held))
    return session.scalar(hosts.where(c.kind == KIND, some, narrowed))


def _hosts(session, held, narrowed, down, limit, cursor):
    """Return (hostname, item) of hosts by name that have one of these lists, so many at most."""
    c = Section.__table__.c
    query = (
        select(Asset.hostname, Asset.hostname_key, c.bulk_list_id)
        .join(Section, (c.asset_id == Asset.id) & (c.kind == KIND))
        .where(among(session, c.bulk_list_id, list(held)))
    )
    if narrowed is not None:
        query = query.where(narrowed)
    key_ = Asset.hostname_key
    name, last = pages.read(cursor, str, int) if cursor else (None, -1)
    if name is not None:
        query = query.where(key_ <= name if down else key_ >= name)
    query = query.order_by(key_.desc() if down else key_)
    rows = [
        (hostname, number)
        for hostname, key, found in session.execute(query.limit(limit + 1))
        for number in held[found]
        # The database may order names otherwise than Python does.
        if key != name or number > last
    ]
    return rows[:limit]


def _is(item, version):
    return version == item["version"] or version in item.get("older_versions", ())


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
    lists = _lists(session, list(items)) if items else {}
    return {items[number] for each in _sizes(session, list(lists)) for number in lists[each]}
