"""The packages of the fleet by name: on how many hosts each is, and in how many versions."""

from collections import defaultdict

from sqlalchemy import func, select

from cmdb_api.errors import Invalid
from cmdb_api.models import BulkItem
from cmdb_api.services import pages, patterns
from cmdb_api.services.dialects import among
from cmdb_api.services.package_lists import ITEM, KIND, NAME, SECTION, holding, sizes

_VERSION = func.coalesce(BulkItem.data["version"].as_string(), "")
SORTS = ("name", "-name")
# Names that are looked at where those before were of no host: so many times as many.
_MORE = 10


def page(session, *, name=None, sort=None, limit, cursor=None):
    """
    Return a page of the packages that hosts have, by name.

    ``name`` is one, or a pattern with * and ?, in any case. Raises Invalid.
    """
    if sort and sort not in SORTS:
        fault = f"there is nothing {sort} to order by; it can be {' or '.join(SORTS)}"
        raise Invalid.of("sort", fault)
    down = sort == "-name"
    after, found, count = pages.read(cursor, str)[0] if cursor else None, [], limit + 1
    while len(found) <= limit:
        names = _names(session, name, after, down, count)
        found += _counted(session, names) if names else []
        if len(names) < count:
            break
        # Of what is kept some is on no host any more, or on none that is to be seen.
        after, count = names[-1], count * _MORE
    items, following = pages.cut(found[: limit + 1], limit, lambda row: (row["name"],))
    return {"items": items, "next_cursor": following}


def assets(session, names):
    """Return the ids of the assets that have any of these packages."""
    query = select(ITEM.id).where(ITEM.kind == KIND, among(session, NAME, names))
    lists = holding(session, session.scalars(query).all())
    has = among(session, SECTION.bulk_list_id, list(lists))
    return set(session.scalars(select(SECTION.asset_id).where(SECTION.kind == KIND, has)))


def _names(session, pattern, after, down, count):
    """Return names in their order, of packages that some host has or had."""
    known = NAME
    query = select(known).where(ITEM.kind == KIND, known.is_not(None)).distinct()
    if pattern:
        plain = patterns.escaped(pattern).replace("*", "%").replace("?", "_")
        query = query.where(patterns.lowered(known, pattern).like(plain, escape="!"))
    if after is not None:
        query = query.where(known < after if down else known > after)
    return session.scalars(query.order_by(known.desc() if down else known).limit(count)).all()


def _counted(session, names):
    """Return what is told of these packages, without those that no host has."""
    query = select(ITEM.id, NAME, _VERSION).where(ITEM.kind == KIND, among(session, NAME, names))
    items = {number: (name, version) for number, name, version in session.execute(query)}
    lists = holding(session, list(items)) if items else {}
    hosts, versions = defaultdict(int), defaultdict(set)
    for number, size in (sizes(session, list(lists)) if lists else {}).items():
        held = [items[item] for item in lists[number]]
        for name in {name for name, _version in held}:
            hosts[name] += size
        for name, version in held:
            versions[name].add(version)
    return [
        {"name": name, "host_count": hosts[name], "version_count": len(versions[name])}
        for name in names
        if name in hosts
    ]
