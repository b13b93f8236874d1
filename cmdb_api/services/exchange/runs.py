"""Imports that were made, and dry runs of some: what became of each, and the rows that failed."""

from datetime import timedelta
from itertools import islice

from sqlalchemy import delete, select

from cmdb_api.errors import NotFound
from cmdb_api.models import ImportFailures, ImportRun
from cmdb_api.models.types import now
from cmdb_api.services import pages
from cmdb_api.services.quarantine import tidy
from cmdb_api.services.search import at_hand
from cmdb_api.services.search import rows as search_rows
from cmdb_api.services.search.columns import FLAG, MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

# Cells for which rows failed, on a page.
PAGE = 100
COUNTS = ("rows", "created", "changed", "unchanged", "failed")
_COUNTED = {
    name: Field(ImportRun.result["counts"][name].as_integer(), NUMBER, description="how many rows")
    for name in COUNTS
}
ROWS = Rows(
    "imports",
    {
        "id": Field(ImportRun.id, NUMBER, always=True, description="the number of the import"),
        "at": Field(ImportRun.at, MOMENT, always=True, description="when it was done"),
        "actor": Field(ImportRun.actor, named=True, counted=True, description="who did it"),
        "file_name": Field(ImportRun.file_name, named=True, description="of the file"),
        "dry_run": Field(ImportRun.dry_run, FLAG, description="whether it was only tried"),
        **_COUNTED,
    },
    order=("-id",),
)
CELLS = at_hand.rows(
    "import-cells",
    dict.fromkeys(("cell", "reason", "value", "heading", "field"), "str")
    | {"row": "int", "nearest": "list"},
    order="row",
)


def add(session, *, actor, owner, file_name, dry_run, result, failed, keep_days, cells=()):
    """
    Keep a run, and forget those that are older than so many days; return its id.

    ``failed`` is the file of the rows that failed, and its type; None where there is none;
    ``cells`` are all for which rows failed.
    """
    oldest = now() - timedelta(days=keep_days)
    session.execute(delete(ImportRun).where(ImportRun.at < oldest))
    name = file_name and tidy(file_name)
    row = ImportRun(actor=actor, owner_key=owner, file_name=name, dry_run=dry_run)
    row.result = clean(result)
    row.failed, row.failed_type = failed or (None, None)
    session.add(row)
    session.flush()
    _keep_cells(session, row.id, cells)
    return row.id


def _keep_cells(session, number, cells):
    cells = iter(cells)
    rows = []
    while some := list(islice(cells, PAGE)):
        rows.append({"run_id": number, "page": len(rows), "cells": clean(some)})
    if rows:
        session.execute(ImportFailures.__table__.insert(), rows)


def clean(told):
    """Return what is told with text that every database takes."""
    if isinstance(told, dict):
        return {clean(name): clean(value) for name, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [clean(each) for each in told]
    return tidy(told) if isinstance(told, str) else told


def page(session, *, owner=None, **asked):
    """Return one page of the runs, newest first; ``owner``: the key of whose alone."""
    wanted = [ImportRun.owner_key == owner] if owner else []
    found, following = search_rows.page(session, ROWS, select(*_COLUMNS).where(*wanted), **asked)
    return {"items": [_told(row, short=True) for row in found], "next_cursor": following}


def one(session, number, *, owner=None):
    """Return what became of one; raises NotFound."""
    return _told(_find(session, _COLUMNS, number, owner))


def failed(session, number, *, owner=None):
    """Return the file of the rows that failed in one, and its type; raises NotFound."""
    row = _find(session, (ImportRun.failed, ImportRun.failed_type), number, owner)
    if row.failed is None:
        raise NotFound(f"no row failed in import {number}")
    return tuple(row)


def cells(session, number, *, owner=None, query=None, sort=None, limit=PAGE, cursor=None):
    """
    Return a page of the cells for which rows failed, of all of them or those that a search finds.

    Raises NotFound, and Invalid. In the order of the file a page has its length.
    """
    _find(session, (ImportRun.id,), number, owner)
    if query or sort:
        asked = {"query": query, "sort": sort, "limit": limit, "cursor": cursor}
        return at_hand.page(_every_cell(session, number), CELLS, **asked)
    first, table = (pages.read(cursor, int)[0] if cursor else 0), ImportFailures.__table__.c
    query = select(table.page, table.cells).where(table.run_id == number, table.page >= first)
    rows = session.execute(query.order_by(table.page).limit(2)).all()
    items = rows[0].cells if rows else []
    return {"items": items, "next_cursor": pages.cursor(rows[1].page) if rows[1:] else None}


def _every_cell(session, number):
    table = ImportFailures.__table__.c
    query = select(table.cells).where(table.run_id == number).order_by(table.page)
    return [cell for some in session.scalars(query) for cell in some]


_NAMES = ("id", "at", "actor", "file_name", "dry_run", "result")
_COLUMNS = [getattr(ImportRun, name) for name in _NAMES]
_COLUMNS += [ImportRun.failed_type]
_LONG = ("preview", "failures", "columns", "made")


def _find(session, columns, number, owner):
    wanted = [ImportRun.id == number, *([ImportRun.owner_key == owner] if owner else [])]
    query = select(*columns).where(*wanted)
    row = session.execute(query).one_or_none() if number < 2**63 else None
    if row is None:
        raise NotFound(f"there is no import {number}")
    return row


def _told(row, *, short=False):
    told = {name: getattr(row, name) for name in _NAMES if name != "result"} | row.result
    told["has_failed_rows"] = row.failed_type is not None
    return {name: value for name, value in told.items() if not (short and name in _LONG)}
