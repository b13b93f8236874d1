"""Imports that were made, and dry runs of some: what became of each, and the rows that failed."""

from datetime import timedelta

from sqlalchemy import delete, select

from cmdb_api.errors import NotFound
from cmdb_api.models import ImportRun
from cmdb_api.models.types import now
from cmdb_api.services import pages
from cmdb_api.services.quarantine import tidy


def add(session, *, actor, owner, file_name, dry_run, result, failed, keep_days):
    """
    Keep a run, and forget those that are older than so many days; return its id.

    ``failed`` is the file of the rows that failed, and its type; None where there is none.
    """
    oldest = now() - timedelta(days=keep_days)
    session.execute(delete(ImportRun).where(ImportRun.at < oldest))
    name = file_name and tidy(file_name)
    row = ImportRun(actor=actor, owner_key=owner, file_name=name, dry_run=dry_run)
    row.result = clean(result)
    row.failed, row.failed_type = failed or (None, None)
    session.add(row)
    session.flush()
    return row.id


def clean(told):
    """Return what is told with text that every database takes."""
    if isinstance(told, dict):
        return {clean(name): clean(value) for name, value in told.items()}
    if isinstance(told, (list, tuple)):
        return [clean(each) for each in told]
    return tidy(told) if isinstance(told, str) else told


def page(session, *, owner=None, limit, cursor=None):
    """Return one page of the runs, newest first; ``owner``: the key of whose alone."""
    wanted = [ImportRun.owner_key == owner] if owner else []
    if cursor:
        wanted.append(ImportRun.id < pages.read(cursor, int)[0])
    query = select(*_COLUMNS).where(*wanted).order_by(ImportRun.id.desc()).limit(limit + 1)
    rows, following = pages.cut(session.execute(query).all(), limit, lambda row: (row.id,))
    return {"items": [_told(row, short=True) for row in rows], "next_cursor": following}


def one(session, number, *, owner=None):
    """Return what became of one; raises NotFound."""
    return _told(_find(session, _COLUMNS, number, owner))


def failed(session, number, *, owner=None):
    """Return the file of the rows that failed in one, and its type; raises NotFound."""
    row = _find(session, (ImportRun.failed, ImportRun.failed_type), number, owner)
    if row.failed is None:
        raise NotFound(f"no row failed in import {number}")
    return tuple(row)


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
