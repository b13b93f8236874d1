"""The parts that are in hosts now, as a list that is searched and ordered."""

from dataclasses import replace

from sqlalchemy import literal_column, or_, select

from cmdb_api.models import BulkItem, Component
from cmdb_api.services import makers, part_items
from cmdb_api.services.access import visibility
from cmdb_api.services.dialects import among
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import rows, values
from cmdb_api.services.search.columns import MOMENT
from cmdb_api.services.search.rows import Field, Rows

# Kinds of our own collectors whose items may be parts.
OF_PARTS = tuple(sorted(kind for kind, fields in KINDS.items() if "serial" in fields))


def _shared(*names):
    """Return what makes the condition on a field that all parts of a model have in common."""

    def has(_session, wanted):
        told = (values.text(BulkItem.data[name].as_string(), wanted) for name in names)
        found = select(BulkItem.id).where(BulkItem.place == "", or_(*told))
        return Component.shared_id.in_(found)

    return has


def _of_kind(_session, wanted):
    """Return the condition on a kind: one that the database knows how many rows fit."""
    if wanted.pattern is None and not wanted.is_any:
        return Component.kind == wanted.text.lower()
    return values.text(Component.kind, wanted)


ROWS = Rows(
    "parts",
    {
        "serial": Field(
            Component.serial,
            named=True,
            always=True,
            bytewise=True,
            description="as it is on the label",
        ),
        "vendor": Field(
            Component.shared_id,
            named=True,
            sorts=False,
            unique=True,
            has=_shared("vendor", "manufacturer"),
            description="who made it",
        ),
        "model": Field(
            Component.shared_id,
            named=True,
            sorts=False,
            unique=True,
            has=_shared("model", "product", "part_number"),
            description="what it is",
        ),
        "kind": Field(
            Component.kind,
            sorts=False,
            offered=OF_PARTS,
            has=_of_kind,
            description="of component",
        ),
        "place": Field(Component.place, sorts=False, unique=True, description="where it sits"),
        "since": Field(Component.since, MOMENT, sorts=False, description="since when it is there"),
    },
    order=("serial",),
    asset=Component.asset_id,
)


# The same, in an order that no index is read in: where few are found, all would be read one by one.
_SOUGHT = replace(
    ROWS,
    fields=ROWS.fields
    | {"serial": ROWS.fields["serial"]._replace(value=Component.serial + literal_column("''"))},
)


def page(session, *, query=None, sort=None, limit, cursor=None, **narrowed):
    """
    Return a page of the serial numbers that are in hosts now, and the cursor of the next.

    ``narrowed`` are the names that ``_conditions`` knows. Raises Invalid.
    """
    wanted = [*_conditions(session, **narrowed)]
    every = select(Component.serial).where(Component.serial.is_not(None), *wanted).distinct()
    is_all = not query and not wanted and visibility.units(session) is None
    asked = {"query": query, "sort": sort, "limit": limit, "cursor": cursor}
    found, following = rows.page(session, ROWS if is_all else _SOUGHT, every, **asked)
    return [row.serial for row in found], following


def _conditions(
    session, *, prefix=None, exact=None, asset_id=None, kind=(), vendor=None, model=None
):
    if asset_id:
        yield Component.asset_id == asset_id
    if kind:
        yield Component.kind.in_(kind)
    if exact:
        yield Component.serial == exact
    elif prefix:
        yield Component.serial.startswith(prefix, autoescape=True)
    if vendor or model:
        yield among(session, Component.shared_id, _models(session, vendor, model))


def _models(session, vendor, model):
    """Return the ids of what models have in common that are of a vendor, and called so."""
    query = select(BulkItem.id, BulkItem.data).where(BulkItem.place == "", BulkItem.kind != "")
    return [
        number
        for number, data in session.execute(query)
        if is_called(model, [part_items.model_of(data)])
        and is_of(vendor, [(part_items.vendor_of(data), part_items.model_of(data))])
    ]


def is_of(vendor, named):
    """Tell whether one of (vendor, model) is of this vendor, however that is spelled."""
    if not vendor:
        return True
    plain = vendor.strip().upper()
    asked = makers.maker(vendor) or plain
    return any(asked == makers.maker(*each) or plain == (each[0] or "").upper() for each in named)


def is_called(model, named):
    """Tell whether one of these models has this in its name."""
    return not model or any(model.strip().lower() in (each or "").lower() for each in named)
