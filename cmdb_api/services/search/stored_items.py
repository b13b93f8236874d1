"""The stored components of many assets at once: {asset id: {kind: {place: item}}}."""

from collections import defaultdict

from sqlalchemy import Integer, func, select, true, type_coerce
from sqlalchemy.dialects import postgresql

from cmdb_api.models import BulkItem, BulkList, Component, Section
from cmdb_api.services.dialects import among, dialect

# Kinds that a host has one component of.
ONE = frozenset(("board", "cloud", "host"))
# Ids in one query, so that a chunk of the fleet's packages is not read at once.
IDS = 20_000
COMPONENT, SECTION = Component.__table__.c, Section.__table__.c
ITEM, LIST = BulkItem.__table__.c, BulkList.__table__.c


def of(session, ids, kinds):
    """Return the items of these kinds; a kind that never came with items is not in it."""
    found = {number: {} for number in ids}
    query = select(SECTION.asset_id, SECTION.kind, SECTION.bulk_list_id).where(
        *_chosen(session, SECTION, ids, kinds), SECTION.digest.is_not(None)
    )
    listed = defaultdict(list)
    for number, kind, list_id in session.execute(query):
        found[number][kind] = {}
        if list_id is not None:
            listed[list_id].append((number, kind))
    _add_rows(session, found, ids, kinds)
    _add_lists(session, found, listed)
    return found


def lists_with(session, kind, ids, items):
    """Yield (asset id, item id) of those of these bulk items that assets have."""
    query = select(SECTION.asset_id, SECTION.bulk_list_id).where(
        *_chosen(session, SECTION, ids, [kind]), SECTION.bulk_list_id.is_not(None)
    )
    owners = defaultdict(list)
    for number, list_id in session.execute(query):
        owners[list_id].append(number)
    for list_id, item in members(session, items, list(owners)) if items else ():
        yield from ((number, item) for number in owners[list_id])


def _chosen(session, columns, ids, kinds):
    return among(session, columns.asset_id, ids), among(session, columns.kind, sorted(kinds))


def _add_rows(session, found, ids, kinds):
    """Put components together from what they share and what is their own."""
    names = ("asset_id", "kind", "place", "serial", "shared_id", "own")
    query = select(*(COMPONENT[name] for name in names))
    query = query.where(*_chosen(session, COMPONENT, ids, kinds)).order_by(COMPONENT.place)
    rows = session.execute(query).all()
    columns = [ITEM[name] for name in ("id", "place_field", "serial_field", "data")]
    shared = _by_id(session, columns, {row.shared_id for row in rows})
    for number, kind, place, serial, shared_id, own in rows:
        _, place_field, serial_field, data = shared[shared_id]
        named = {place_field: place, serial_field: serial}
        item = data | {name: value for name, value in named.items() if name} | (own or {})
        found[number].setdefault(kind, {})[place] = item


def _add_lists(session, found, listed):
    lists = _by_id(session, [LIST.id, LIST.ids], listed)
    numbers = {number for _, ids in lists.values() for number in ids}
    items = _by_id(session, [ITEM.id, ITEM.place, ITEM.data], numbers)
    for list_id, owners in listed.items():
        rows = [items[number] for number in lists[list_id][1]]
        each = {place: data for _, place, data in rows}
        for number, kind in owners:
            found[number][kind] = each


def _by_id(session, columns, ids):
    """Return {id: row}; the first column is the id."""
    ids, found = sorted(ids), {}
    for start in range(0, len(ids), IDS):
        some = among(session, columns[0], ids[start : start + IDS])
        found |= {row[0]: row for row in session.execute(select(*columns).where(some))}
    return found


def members(session, items, lists=None):
    """Return rows (list id, item id) of these bulk items in these lists, or in all."""
    if dialect(session) == "postgresql":
        whole = type_coerce(LIST.ids, postgresql.ARRAY(Integer))
        each = func.unnest(whole).table_valued("value").render_derived()
        has = whole.overlap(items)
    else:
        each, has = func.json_each(LIST.ids).table_valued("value"), true()
    query = select(LIST.id, each.c.value).join_from(BulkList, each, true())
    query = query.where(has, each.c.value.in_(items))
    return session.execute(query if lists is None else query.where(among(session, LIST.id, lists)))
