"""The hosts of a package as a list: searched and ordered by the version that each has, too."""

from dataclasses import replace
from functools import cmp_to_key

from sqlalchemy import case

from cmdb_api.models import Asset, BulkItem
from cmdb_api.services.search import bulk, versions
from cmdb_api.services.search.columns import NUMBER
from cmdb_api.services.search.rows import Field, Rows

ROWS = Rows(
    "packages",
    {
        "hostname": Field(
            Asset.hostname_key, named=True, always=True, description="the host that has it"
        ),
        "version": Field(
            BulkItem.data["version"].as_string(),
            # No text: versions are less and more than others. ``of`` knows how.
            NUMBER,
            has=lambda _session, _wanted: BulkItem.id.is_not(None),
            description="as its package manager orders it; one beside a newer one counts too",
        ),
        "arch": Field(BulkItem.data["arch"].as_string(), description="architecture"),
        "id": Field(BulkItem.id, NUMBER, unique=True, description="one for each version"),
    },
    order=("hostname", "id"),
    asset=Asset.id,
)


def of(items):
    """Return the Rows of a package of which these items are known, {id: item}."""

    def has(_session, wanted):
        return BulkItem.id.in_(
            [number for number, item in items.items() if bulk.is_of(item, wanted)]
        )

    ranks = {number: rank for rank, numbers in enumerate(_ordered(items)) for number in numbers}
    # Its versions are few, and no database knows their order.
    order = case(ranks, value=BulkItem.id, else_=len(ranks)) if ranks else BulkItem.id
    version = ROWS.fields["version"]._replace(value=order, type=NUMBER, has=has, always=True)
    return replace(ROWS, fields=ROWS.fields | {"version": version})


def _ordered(items):
    """Return the ids of items that are of one version, the oldest version first."""
    found = {}
    for number, item in items.items():
        rpm = versions.is_rpm(item.get("arch"), item["version"])
        found.setdefault((rpm, item["version"]), []).append(number)
    return [found[each] for each in sorted(sorted(found), key=cmp_to_key(_compare))]


def _compare(one, other):
    if one[0] != other[0]:
        return one[0] - other[0]
    return versions.compare(one[1], other[1], rpm=one[0])
