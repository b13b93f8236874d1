"""Mappings that are kept under a name: which column of a sheet is which field."""

from sqlalchemy import select

from cmdb_api.errors import Conflict, Invalid, NotFound
from cmdb_api.models import ImportMapping
from cmdb_api.models.types import now
from cmdb_api.services import etags, locking, nearest, patterns, unique
from cmdb_api.services.exchange import headings
from cmdb_api.services.quarantine import tidy
from cmdb_api.services.search import columns as known_columns
from cmdb_api.services.search import rows
from cmdb_api.services.search.columns import MOMENT
from cmdb_api.services.search.rows import Field, Rows

ROWS = Rows(
    "mappings",
    {
        "name": Field(ImportMapping.name_key, named=True, always=True, description="its name"),
        "description": Field(
            ImportMapping.description, named=True, unique=True, description="what it is for"
        ),
        "created_at": Field(ImportMapping.created_at, MOMENT, description="when it was kept"),
        "updated_at": Field(ImportMapping.updated_at, MOMENT, description="when it was changed"),
    },
    order=("name",),
)


def page(session, *, name=None, **asked):
    """Return one page of them by name; ``asked``: limit, cursor, ``query``, ``sort``."""
    wanted = [patterns.like(ImportMapping.name_key, name)] if name else []
    every = select(ImportMapping).where(*wanted)
    found, following = rows.page(session, ROWS, every, **asked)
    return {"items": [_told(row[0]) for row in found], "next_cursor": following}


def one(session, number):
    """Return one as it is told; raises NotFound."""
    return _told(_find(session, number))


def kept(session):
    """Return [(name, {heading: field})] of all."""
    query = select(ImportMapping.name, ImportMapping.columns).order_by(ImportMapping.id)
    return [tuple(row) for row in session.execute(query)]


def named(session, name):
    """Return {heading: field} of the one that has this name; raises Invalid with the nearest."""
    query = select(ImportMapping.columns).where(ImportMapping.name_key == name.lower())
    found = session.scalar(query)
    if found is None:
        names = session.scalars(select(ImportMapping.name).order_by(ImportMapping.id))
        hint = nearest.hint(name, names) or "; GET /api/v1/import-mappings lists them"
        raise Invalid.of("mapping", f"there is no mapping {name}{hint}")
    return found


def add(session, given):
    """Keep a new one; return its id. Raises Conflict where the name is taken."""
    row = ImportMapping()
    _write(session, row, given)
    session.add(row)
    _flush(session, row)
    return row.id


def edit(session, number, given, *, if_match=None):
    """Change one; what is not given stays."""
    row = _find(session, number, lock=True)
    etags.check(if_match, row, lambda: _told(row))
    before = row.name, row.description, row.columns
    _write(session, row, given)
    if before != (row.name, row.description, row.columns):
        row.version += 1
        row.updated_at = now()
    _flush(session, row)


def remove(session, number, *, if_match=None):
    """Remove one; raises NotFound."""
    row = _find(session, number, lock=True)
    etags.check(if_match, row, lambda: _told(row))
    session.delete(row)
    session.flush()


def keep(session, name, columns):
    """Keep how columns were taken under a name, instead of what it had."""
    query = select(ImportMapping.id).where(ImportMapping.name_key == name.lower())
    fields = {tidy(column.heading): column.field for column in columns}
    given = {"name": name, "columns": fields}
    number = session.scalar(query)
    if number is None:
        add(session, given)
    else:
        edit(session, number, given)


def checked(session, columns):
    """Return {heading: field} with fields by their names; raises Invalid where one is none."""
    found = {}
    for heading, text in columns.items():
        name = headings.named(text) if text else None
        if text and (name is None or not headings.is_field(name)):
            field = headings.declarable(name) if name else None
            hint = f"; import it as {field}" if field else headings.hint(text)
            raise Invalid.of("columns", f"{heading}: {text} is no field that people declare{hint}")
        if name and name.startswith(headings.EXPECTED):
            known_columns.find(session, name)
        found[tidy(heading)] = name
    fields = [name for name in found.values() if name]
    if twice := sorted({name for name in fields if fields.count(name) > 1}):
        raise Invalid.of("columns", f"two columns are {twice[0]}; leave one of them out: null")
    return found


def _find(session, number, *, lock=False):
    if lock:
        locking.begin(session)
    query = select(ImportMapping).where(ImportMapping.id == number)
    query = query.with_for_update() if lock else query
    fresh = query.execution_options(populate_existing=True)
    row = session.scalar(fresh) if number < 2**63 else None
    if row is None:
        raise NotFound(f"there is no import mapping with id {number}")
    return row


def _write(session, row, given):
    locking.begin(session)
    if "columns" in given:
        row.columns = checked(session, given["columns"])
    if "name" in given:
        row.name, row.name_key = given["name"], given["name"].lower()
    if "description" in given:
        row.description = given["description"]


def _flush(session, row):
    taken = Conflict.of("name", f"an import mapping is named {row.name} already")
    unique.flush(session, row, taken)


def _told(row):
    names = ("id", "name", "description", "columns", "created_at", "updated_at")
    return {name: getattr(row, name) for name in names} | {"etag": etags.of(row)}
