"""The lists that hosts' packages are kept in: what is in them, and how many hosts have each."""

from sqlalchemy import Integer, Text, cast, func, select, true, type_coerce
from sqlalchemy.dialects import postgresql

from cmdb_api.models import BulkItem, BulkList, Section
from cmdb_api.services.dialects import among, dialect

KIND = "package"
ITEM, LIST, SECTION = BulkItem.__table__.c, BulkList.__table__.c, Section.__table__.c
NAME = BulkItem.data["name"].as_string()


def holding(session, numbers):
    """Return {list: ids of these items in it} of the lists that hold any."""
    item, rows = _held(session, numbers)
    # A row a list, not one an item: of many hosts these are many.
    listed = func.aggregate_strings(cast(item, Text), ",")
    found = session.execute(rows.with_only_columns(LIST.id, listed).group_by(LIST.id))
    return {number: {*map(int, text.split(","))} for number, text in found}


def _held(session, numbers):
    """Return the column of an item's id, and the query for these items and the lists with them."""
    if dialect(session) == "postgresql":
        whole = type_coerce(LIST.ids, postgresql.ARRAY(Integer))
        holds = whole.contains(postgresql.array([ITEM.id]))
        query = select(LIST.id).join_from(BulkItem, BulkList, holds)
        return ITEM.id, query.where(among(session, ITEM.id, numbers))
    each = func.json_each(LIST.ids).table_valued("value")
    query = select(LIST.id).join_from(BulkList, each, true())
    return each.c.value, query.where(among(session, each.c.value, numbers))


def sizes(session, lists):
    """Return {list: how many hosts have it}; without those that none has."""
    c = SECTION
    query = select(c.bulk_list_id, func.count()).where(
        c.kind == KIND, among(session, c.bulk_list_id, lists)
    )
    return dict(map(tuple, session.execute(query.group_by(c.bulk_list_id))))
