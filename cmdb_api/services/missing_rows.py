"""What the list of missing hosts is searched for and ordered by."""

from sqlalchemy import column, table

from cmdb_api.models.types import BigId, UTCDateTime
from cmdb_api.services.reasons import REASONS
from cmdb_api.services.search.columns import MOMENT
from cmdb_api.services.search.rows import Field, Rows


def of(c):
    """Return the Rows of a table of missing hosts with these columns: see ``overdue.query``."""
    return Rows(
        "coverage",
        {
            "name": Field(c.name, named=True, always=True, description="as it is looked up"),
            "hostname": Field(c.hostname, named=True, description="the host"),
            "reason": Field(c.reason, choices=tuple(REASONS), description="why it is missing"),
            "since": Field(c.since, MOMENT, description="since when that is so"),
            "via": Field(c.via, description="what brought its last report"),
            "reported_at": Field(c.reported_at, MOMENT, description="when it reported last"),
            "registered_at": Field(c.registered_at, MOMENT, description="when it was registered"),
        },
        order=("name",),
        asset=c.asset_id,
    )


# Of no hosts: what can be asked for is the same.
ROWS = of(
    table(
        "missing",
        *(column(name) for name in ("name", "hostname", "reason", "via")),
        *(column(name, UTCDateTime) for name in ("since", "reported_at", "registered_at")),
        column("asset_id", BigId),
    ).c
)
