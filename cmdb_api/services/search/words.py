"""What a word without a field is looked for in: names, addresses, numbers, models."""

import re

from sqlalchemy import or_, select

from cmdb_api.models import Asset, AssetAlias, BulkItem, Component
from cmdb_api.services import addresses, part_items
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import bytewise, networks, values

ITEM, COMPONENT = BulkItem.__table__.c, Component.__table__.c
_FIELDS = ("model", "product", "part_number")
# What may be the first part of a serial number: shorter ones, and those without a digit, mean more.
_SERIAL_START = re.compile(r"(?=.*[0-9]).{4,}", re.DOTALL)
# {field: kinds of hardware whose components are called by it}.
_MODELS = {field: [kind for kind in KINDS if field in KINDS[kind]] for field in _FIELDS}


def named(wanted, around="{}"):
    """Return the condition that a name of an asset is as wanted."""
    alias = select(AssetAlias.asset_id).where(values.text(AssetAlias.alias_key, wanted, around))
    return values.text(Asset.hostname_key, wanted, around) | Asset.id.in_(alias)


def serial(wanted):
    """Return the condition that a component of an asset has a serial number."""
    if wanted.is_any:
        found = COMPONENT.serial.is_not(None)
    elif wanted.pattern is None:
        found = COMPONENT.serial == (part_items.as_looked_up(wanted.text) or "")
    else:
        # They are kept in upper case, and have an index for patterns.
        found = COMPONENT.serial.like(wanted.pattern.upper(), escape="!")
    return Asset.id.in_(select(COMPONENT.asset_id).where(found))


def _serial(wanted):
    """Return the condition that a component has a serial number, or one that begins so."""
    if wanted.pattern is not None or not _SERIAL_START.fullmatch(wanted.text):
        return serial(wanted)
    found = bytewise.begins(COMPONENT.serial, wanted.text.strip().upper())
    return Asset.id.in_(select(COMPONENT.asset_id).where(found))


def anywhere(session, wanted):
    """Return the condition that an asset has a word in what names it."""
    around = "{}" if wanted.pattern is not None and set("%") & set(wanted.pattern) else "%{}%"
    found = [
        named(wanted, around),
        values.text(Asset.inventory_number, wanted, around),
        _serial(wanted),
        Asset.id.in_(select(COMPONENT.asset_id).where(COMPONENT.shared_id.in_(_models(wanted)))),
    ]
    if _is_address(wanted.text):
        found.append(networks.has(session, wanted))
    if wanted.pattern is None and (starts := addresses.beginnings(wanted.text)):
        found.append(networks.begins(starts))
    return or_(*found)


def _models(wanted):
    """Return a query of the models that hold a word."""
    is_model = (
        ITEM.kind.in_(kinds) & values.text(BulkItem.data[field].as_string(), wanted, "%{}%")
        for field, kinds in _MODELS.items()
    )
    return select(ITEM.id).where(ITEM.place == "", or_(*is_model))


def _is_address(text):
    """Tell whether a word may be an address, or a network."""
    try:
        return bool(networks.network(text))
    except ValueError:
        return "/" not in text and not set(text.lower()) - set("0123456789abcdef:.-*?")
