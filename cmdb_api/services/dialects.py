"""What differs between the databases that this runs on."""

from datetime import UTC
from functools import reduce

from sqlalchemy import JSON, Integer, Text, any_, cast, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from cmdb_api.models.types import UTCDateTime

# Characters of a text that lists numbers.
LINE = 1000


def dialect(session):
    """Return the name of the session's database."""
    return session.get_bind().dialect.name


def insert(session, table):
    """Return an INSERT of this session's database, one that knows ON CONFLICT."""
    return {"postgresql": postgresql, "sqlite": sqlite}[dialect(session)].insert(table)


def among(session, column, values):
    """Return the condition that a column is one of many values, which travel as one parameter."""
    if dialect(session) == "postgresql":
        return column == any_(literal(values, postgresql.ARRAY(column.type)))
    each = func.json_each(literal(values, JSON())).table_valued("value")
    return column.in_(select(each.c.value))


def numbers(session, *columns):
    """
    Return the aggregate that lists rows' whole numbers as text, in their order where it can.

    ``read_numbers`` reads it: only as many as fit in a line.
    """
    parts = [cast(column, Text) for column in columns]
    text = reduce(lambda one, other: one + ":" + other, parts)
    listed = func.aggregate_strings(text, ",")
    if dialect(session) == "postgresql":
        listed = listed.aggregate_order_by(*columns)
    return func.substr(listed, 1, LINE)


def read_numbers(text, most):
    """Return the first rows in a text of ``numbers``, at most so many, as tuples."""
    rows = text.split(",")
    # The last one may be cut.
    whole = rows[:-1] if len(text) == LINE else rows
    return [tuple(map(int, row.split(":"))) for row in whole[:most]]


def as_lists(session, *columns):
    """Return the aggregate that makes one JSON list of rows: of each the values of its columns."""
    if dialect(session) == "postgresql":
        return func.json_agg(func.json_build_array(*columns), type_=JSON)
    return func.json_group_array(func.json_array(*columns), type_=JSON)


def listed(session, names):
    """Return a table of these texts, with the column ``name``."""
    if dialect(session) == "postgresql":
        each = func.unnest(literal(names, postgresql.ARRAY(Text))).column_valued("name")
        return select(each).subquery()
    rows = func.json_each(literal(names, JSON())).table_valued("value")
    return select(rows.c.value.label("name")).subquery()


def spans(session, pairs):
    """Return a table of these pairs of moments: ``number``, counted from 1, ``start``, ``ends``."""
    if dialect(session) == "postgresql":
        each = [
            literal([*side], postgresql.ARRAY(UTCDateTime)) for side in zip(*pairs, strict=True)
        ]
        rows = func.unnest(*each).table_valued("start", "ends", with_ordinality="number")
        return rows.render_derived().c
    told = [[at.astimezone(UTC).replace(tzinfo=None) for at in pair] for pair in pairs]
    texts = [[at.isoformat(" ", "microseconds") for at in pair] for pair in told]
    rows = func.json_each(literal(texts, JSON())).table_valued("key", "value")
    sides = [func.json_extract(rows.c.value, f"$[{n}]", type_=UTCDateTime) for n in (0, 1)]
    named = [side.label(name) for side, name in zip(sides, ("start", "ends"), strict=True)]
    return select((cast(rows.c.key, Integer) + 1).label("number"), *named).subquery().c


def paired(session, pairs):
    """Return a table of these pairs of whole numbers, with the columns ``one`` and ``other``."""
    if dialect(session) == "postgresql":
        sides = zip(*pairs, strict=True) if pairs else ((), ())
        each = [literal(list(side), postgresql.ARRAY(Integer)) for side in sides]
        return func.unnest(*each).table_valued("one", "other").render_derived().c
    rows = func.json_each(literal([list(pair) for pair in pairs], JSON())).table_valued("value")
    sides = [cast(func.json_extract(rows.c.value, f"$[{n}]"), Integer) for n in (0, 1)]
    return select(sides[0].label("one"), sides[1].label("other")).subquery().c
