"""What the list of missing hosts is searched for and ordered by."""

from sqlalchemy import column, table

from cmdb_api.models.types import BigId, UTCDateTime
from cmdb_api.services.reasons import REASONS
from cmdb_api.services.search.columns import MOMENT
from cmdb_api.services.search.rows import Field, Rows

_FIELDS = {
    "name": {"named": True, "always": True, "description": "as it is looked up"},
    "hostname": {"named": True, "description": "the host"},
    "reason": {"choices": tuple(REASONS), "description": "why it is missing"},
    "since": {"type": MOMENT, "description": "since when that is so"},
    "via": {"description": "what brought its last report"},
    "reported_at": {"type": MOMENT, "description": "when it reported last"},
    "registered_at": {"type": MOMENT, "description": "when it was registered"},
}


def of(c):
    """Return the Rows of a table of missing hosts with these columns: see ``overdue.query``."""
    fields = {name: Field(c[name], **told) for name, told in _FIELDS.items() if name in c}
    return Rows("coverage", fields, order=("name",), asset=c.asset_id)


# Of no hosts: what can be asked for is the same.
ROWS = of(
    table(
        "missing",
        *(column(name) for name in ("name", "hostname", "reason", "via")),
        *(column(name, UTCDateTime) for name in ("since", "reported_at", "registered_at")),
        column("asset_id", BigId),
    ).c
)
