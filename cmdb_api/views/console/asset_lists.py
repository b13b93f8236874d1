"""The list of an asset's components of one kind: found by any text, in the order of any field."""

from cmdb_api.errors import Invalid
from cmdb_api.schemas.item import ItemQuery
from cmdb_api.services import pages
from cmdb_api.services.inspection import Kind, natural
from cmdb_api.services.quarantine import KINDS
from cmdb_api.views.console import components, formats, tables
from cmdb_api.views.console.tables import Column

LIMIT = 100


def read(asset, kind, items):
    """Return the Listing of these items that the address asks for, and what fetches its pages."""

    def fetch(**asked):
        return page(items, names, **asked)

    names = _fields(kind, items)
    usual = [name for name in components.COLUMNS.get(kind, ()) if name in names] or names
    columns = [_column(name, kind, name in usual) for name in _ordered(usual, names)]
    name = f"{asset['hostname']}-{kind}"
    return tables.read(name, columns, ItemQuery(), fetch), fetch


def page(items, names, *, q=None, sort=None, limit=LIMIT, cursor=None, **_):
    """Return one page of those that have the text in any field."""
    (start,) = pages.read(cursor, int) if cursor else (0,)
    found = [item for item in items if _has(item, q.lower())] if q else list(items)
    if sort:
        found = _sorted(found, sort, names)
    start = max(0, start)
    shown = found[start : start + limit]
    more = start + limit < len(found)
    following = pages.cursor(start + limit) if more else None
    return {"items": shown, "next_cursor": following, "total": len(found)}


def _fields(kind, items):
    """Return the names of the fields that items have; of none, those that they would have."""
    bare = dict.fromkeys(("status", "reason", "traceback", "outcome_at", "items_at"))
    more = {"problems": [], "not_taken": [], "item_count": 0, "known": True, "is_bulk": False}
    used = Kind(kind=kind, **bare, **more, items=items).used()
    return used or list(components.COLUMNS.get(kind) or KINDS.get(kind) or ("place",))


def _ordered(usual, names):
    return [*usual, *(name for name in names if name not in usual)]


def _column(name, kind, usual):
    return Column(
        name,
        components.heading(name),
        value=lambda item: item.get(name),
        show=lambda item: components.cell(item, name, kind),
        type="number" if name.endswith(("_bytes", "_count", "_percent")) else "text",
        sort=name,
        usual=usual,
    )


def _has(item, text):
    values = (*item.fields.values(), *item.volatile.values())
    return any(text in _text(value) for value in values)


def _text(value):
    if isinstance(value, list):
        return "\n".join(map(str, value)).lower()
    return str(value).lower()


def _sorted(items, sort, names):
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name not in names:
        raise Invalid.of("sort", "there is no such column")
    known = [item for item in items if item.get(name) is not None]
    # What has no value comes last, either way.
    none = [item for item in items if item.get(name) is None]
    return [*sorted(known, key=lambda item: _order(item.get(name)), reverse=down), *none]


def _order(value):
    return natural(formats.plain(value) if isinstance(value, list) else value)
