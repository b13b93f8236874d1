"""Searches that people keep under a name: their own ones, and those that others share.

Who may see only some business units sees their own ones alone: what others wrote may name assets.
"""

from sqlalchemy import false, func, select

from cmdb_api.errors import Conflict, Forbidden, Invalid, NotFound
from cmdb_api.models import SavedQuery
from cmdb_api.models.types import now
from cmdb_api.services import etags, locking, nearest, patterns, unique
from cmdb_api.services.search import lists, rows
from cmdb_api.services.search.columns import FLAG, MOMENT, NUMBER
from cmdb_api.services.search.lists import ASSETS
from cmdb_api.services.search.rows import Field, Rows

# Searches that one owner keeps at most.
MOST = 500
LONGEST_KEY = 600
PARTS = ("query", "sort", "columns")
PLAIN = ("name", "description", "shared", "query", "sort", "filters")
# Stands in no name.
_BETWEEN = "\t"
ROWS = Rows(
    "saved-views",
    {
        "name": Field(SavedQuery.name, named=True, unique=True, description="its name"),
        "description": Field(
            SavedQuery.description, named=True, unique=True, description="what it is for"
        ),
        "list": Field(SavedQuery.list, choices=lists.NAMES, description="of which list"),
        "query": Field(SavedQuery.query, named=True, unique=True, description="what it searches"),
        "shared": Field(SavedQuery.shared, FLAG, description="whether others see it too"),
        "owner": Field(SavedQuery.owner, description="who made it"),
        "created_at": Field(SavedQuery.created_at, MOMENT, description="when it was made"),
        "updated_at": Field(SavedQuery.updated_at, MOMENT, description="when it was changed"),
        "id": Field(SavedQuery.id, NUMBER, always=True, description="its number"),
    },
    order=("name", "id"),
)


def filled(session, reader, wanted):
    """
    Return what is asked for, filled from the saved search that ``wanted["saved"]`` names, if any.

    What is given beside it wins. Raises NotFound, or Invalid for one that fits no more.
    """
    wanted = dict(wanted)
    if not (name := wanted.pop("saved", None)):
        return wanted
    row = find(session, reader, name)
    told = {part: value for part, value in _parts(row).items() if not wanted.get(part)}
    if faults := _faults(session, row, told):
        said = "; ".join(_spoken(faults))
        raise Invalid.of("saved", f"{row.name} does not fit any more: {said}")
    return wanted | told


def find(session, reader, name):
    """Return the search of assets of this name: the reader's own, else one that is shared."""
    keys = [key(reader.key, name, shared) for shared in (False, True)]
    seen = _seen(reader), SavedQuery.name_key.in_(keys)
    known = {row.name_key: row for row in session.scalars(select(SavedQuery).where(*seen))}
    if found := known.get(keys[0]) or known.get(keys[1]):
        return found
    names = select(SavedQuery.name).where(_seen(reader), SavedQuery.list == ASSETS)
    names = session.scalars(names.limit(nearest.COMPARED))
    hint = nearest.hint(name, names) or "; GET /api/v1/saved-queries lists them"
    raise NotFound.of("saved", f"there is no saved search {name}{hint}")


def page(session, reader, *, name=None, owner=None, shared=None, **more):
    """Return one page by name; those of another owner that are not shared are for admins."""
    if owner and owner != reader.name and not reader.admin:
        raise Forbidden("what others keep for themselves is shown to admins alone")
    wanted = [SavedQuery.owner == owner] if owner else []
    if not (owner and reader.admin):
        wanted.append(_seen(reader))
    if name:
        wanted.append(patterns.like(patterns.lowered(SavedQuery.name, name), name))
    if of := more.pop("list", None):
        wanted.append(SavedQuery.list == of)
    if shared is not None:
        wanted.append(SavedQuery.shared == shared)
    if query := more.pop("query", None):
        wanted.append(ROWS.condition(session, query))
    count = session.scalar(select(func.count()).select_from(SavedQuery).where(*wanted))
    found, following = rows.page(session, ROWS, select(SavedQuery).where(*wanted), **more)
    items = [_told(row[0]) for row in found]
    return {"items": items, "next_cursor": following, "total": count}


def offered(session, reader, most, name=ASSETS):
    """Return the first searches of a list, by their names, that a reader may see."""
    wanted = _seen(reader), SavedQuery.list == name
    found = select(SavedQuery).where(*wanted).order_by(SavedQuery.name, SavedQuery.id)
    return [_told(row) for row in session.scalars(found.limit(most))]


def one(session, reader, number):
    """Return one with what of it fits no more; raises NotFound."""
    row = _row(session, reader, number)
    return _told(row) | {"problems": _spoken(_faults(session, row, _parts(row)))}


def add(session, reader, given):
    """Keep a search; return its id. Raises Invalid where it is none, Conflict for a taken name."""
    locking.begin(session)
    same = SavedQuery.owner_key == reader.key
    if session.scalar(select(func.count()).select_from(SavedQuery).where(same)) >= MOST:
        raise Conflict(f"{reader.name} has {MOST} saved searches: remove one first")
    row = SavedQuery(owner=reader.name, owner_key=reader.key, query="", shared=False)
    row.list = given.get("list") or ASSETS
    if row.list in lists.FOR_ADMINS and not reader.admin:
        raise Forbidden(f"the list {row.list} is for admins alone")
    _write(session, row, given)
    session.add(row)
    _flush(session, row)
    return row.id


def edit(session, reader, number, given, *, if_match=None):
    """Change one; what is not given stays. Its owner and admins may."""
    locking.begin(session)
    row = _row(session, reader, number, write=True)
    etags.check(if_match, row, lambda: _told(row))
    before = _told(row)
    _write(session, row, given)
    if _told(row) != before:
        row.version += 1
        row.updated_at = now()
        _flush(session, row)


def remove(session, reader, number, *, if_match=None):
    """Remove one. Its owner and admins may."""
    locking.begin(session)
    row = _row(session, reader, number, write=True)
    etags.check(if_match, row, lambda: _told(row))
    session.delete(row)


def _seen(reader):
    """Return the condition for what a reader may see."""
    own = SavedQuery.owner_key == reader.key
    seen = own | (false() if reader.limited else SavedQuery.shared)
    return seen if reader.admin else seen & SavedQuery.list.not_in(lists.FOR_ADMINS)


def _row(session, reader, number, *, write=False):
    query = select(SavedQuery).where(SavedQuery.id == number)
    if not reader.admin:
        query = query.where(_seen(reader))
    query = query.with_for_update() if write else query
    again = query.execution_options(populate_existing=True)
    row = session.scalar(again) if number < 2**63 else None
    if row is None:
        raise NotFound(f"there is no saved search with id {number}")
    if write and not (reader.admin or reader.owns(row)):
        raise Forbidden(f"{row.name} is of {row.owner}: they and admins may change it")
    return row


def _write(session, row, given):
    """Set the fields of a row; raises Invalid with all that is wrong."""
    for name in PLAIN:
        if name in given:
            setattr(row, name, given[name])
    if "columns" in given:
        row.columns = ",".join(given["columns"] or ()) or None
    row.query = row.query or ""
    row.name_key = key(row.owner_key, row.name, row.shared, row.list)
    if len(row.name_key) > LONGEST_KEY:
        raise Invalid.of("name", "too long")
    faults = _faults(session, row, {part: v for part, v in _parts(row).items() if part in given})
    if faults:
        raise Invalid("; ".join(_spoken(faults)), fields={k: [v] for k, v in faults.items()})


def _parts(row):
    named = row.columns.split(",") if row.columns else []
    return {"query": row.query, "sort": row.sort, "columns": named}


def _faults(session, row, parts):
    """Return {part: what is wrong with it} of those that can't be asked."""
    found = {}
    for part, value in parts.items():
        try:
            if value:
                lists.check(session, row.list, part, value, row.filters)
        except Invalid as error:
            found[part] = " ".join(error.fields.get(part) or [error.message])
    return found


def _spoken(faults):
    return [f"{part}: {text}" for part, text in faults.items()]


def key(owner, name, shared, of=ASSETS):
    """Return what is unique of a search of a list: its name among an owner's, or those shared."""
    before = "" if of == ASSETS else f"{of}{_BETWEEN}{_BETWEEN}"
    return f"{before}{'' if shared else owner}{_BETWEEN}{name}".lower()


def _told(row):
    names = ("id", "list", "owner", "created_at", "updated_at", *PLAIN)
    told = {name: getattr(row, name) for name in names} | {"etag": etags.of(row)}
    return told | {"columns": _parts(row)["columns"]}


def _flush(session, row):
    whose = "shared" if row.shared else f"of {row.owner}"
    taken = Conflict.of("name", f"a saved search {whose} is named {row.name} already")
    unique.flush(session, row, taken)
