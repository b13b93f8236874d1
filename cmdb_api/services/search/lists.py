"""The lists that can be searched, by name: what each knows, and who may see it."""

from cmdb_api.services import (
    bulk_runs,
    changes,
    edits,
    grouping,
    master,
    missing_rows,
    package_rows,
    part_rows,
    worklist,
)
from cmdb_api.services.access import accounts, audit_log, issuing
from cmdb_api.services.events import subscriptions
from cmdb_api.services.exchange import mappings, runs
from cmdb_api.services.resources import RESOURCES
from cmdb_api.services.search import columns, query, sorting

ASSETS = "assets"
_FOR_ADMINS = (audit_log.ROWS, accounts.ROWS, issuing.ROWS, subscriptions.ROWS)
_ROWS = (
    *(changes.ROWS, missing_rows.ROWS, worklist.ROWS, part_rows.ROWS, package_rows.ROWS),
    *(runs.ROWS, mappings.ROWS, edits.ROWS, bulk_runs.ROWS, *_FOR_ADMINS),
    *(master.rows_of(resource) for resource in RESOURCES),
)
# {name: Rows} of all lists but that of assets.
ROWS = {rows.name: rows for rows in _ROWS}
NAMES = (ASSETS, *ROWS)
# Lists that admins alone see.
FOR_ADMINS = tuple(rows.name for rows in _FOR_ADMINS)
# What the address of changes says where they are listed one by one.
EACH = "each"


def check(session, name, part, value, filters):
    """Raise Invalid where a part of what is asked of a list (query, sort, columns) is none."""
    if name == ASSETS:
        checks = {"query": query.condition, "sort": sorting.Order, "columns": columns.choose}
        checks[part](session, value)
    elif part == "query":
        ROWS[name].condition(session, value)
    elif part == "sort":
        _sorted(name, value, filters)


def _sorted(name, value, filters):
    if name == changes.ROWS.name and EACH not in (filters or {}).get("view", ()):
        grouping.check_sort(value)
    else:
        ROWS[name].sorted(value)
