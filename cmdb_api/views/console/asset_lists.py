"""The list of an asset's components of one kind: searched, and in the order of any field."""

from cmdb_api.schemas.page import RowsQuery
from cmdb_api.services.inspection import Kind
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import at_hand
from cmdb_api.views.console import components, tables
from cmdb_api.views.console.tables import Column

LIMIT = 100
# What the lists are called begins so, and ends in the kind.
OF_KIND = "components-"


def read(asset, kind, items):
    """Return the Listing of these items that the address asks for, and what fetches its pages."""

    def fetch(**asked):
        return at_hand.page(items, known, **{"limit": LIMIT} | asked)

    names = _fields(kind, items)
    known = at_hand.rows_of(f"{OF_KIND}{kind}", names, items, order="place")
    usual = [name for name in components.COLUMNS.get(kind, ()) if name in names] or names
    columns = [_column(name, kind, name in usual) for name in _ordered(usual, names)]
    name = f"{asset['hostname']}-{kind}"
    more = {"rows": known, "key": "place", "saves": False}
    return tables.read(name, columns, RowsQuery(), fetch, **more), fetch


def rows(kind):
    """Return what components of a kind are asked for, wherever they are."""
    return at_hand.rows(f"{OF_KIND}{kind}", KINDS.get(kind, {}), order="place")


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
        asked=lambda item: item.get(name),
        show=lambda item: components.cell(item, name, kind),
        type="number" if name.endswith(("_bytes", "_count", "_percent")) else "text",
        sort=name,
        usual=usual,
    )
