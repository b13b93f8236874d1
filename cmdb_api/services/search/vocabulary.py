"""All names that a search knows, with type and meaning: for completion, and for hints."""

from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.models import BulkItem, Section
from cmdb_api.services import facts, kinds
from cmdb_api.services.quarantine import KINDS, UNITS
from cmdb_api.services.resources import MANY, RESOURCES
from cmdb_api.services.search import wanted

TEXT, NUMBER, FLAG, LIST = facts.TEXT, facts.NUMBER, facts.FLAG, facts.LIST
DAY, MOMENT = "day", "moment"
# What fails of an asset's hardware: the facts of ``facts.FAULTS`` together.
FAULT = "fault"
TEXTS = ("state", "standing", "inventory_number", "comment")
DAYS = ("purchased_on", "warranty_until")
NUMBERS = ("position_u", "height_u")
_TYPES = {"str": TEXT, "int": NUMBER, "bool": FLAG, "list": LIST}
_SUFFIXES = ("_bytes", "_ms", "_seconds", "_percent", "_mts", "_mbps", "_hz", "_rpm", "_celsius")


class Field(NamedTuple):
    """One name; ``kind`` is that of the components that tell it."""

    name: str
    type: str
    unit: str | None = None
    description: str = ""
    kind: str | None = None


_DECLARED = (
    Field("hostname", TEXT, None, "its name, or another name of it"),
    Field("state", TEXT, None, "planned, racked, online, offline or retired"),
    Field("standing", TEXT, None, "registered, accepted, review or ignored"),
    Field("inventory_number", TEXT, None, "the number on the sticker"),
    Field("comment", TEXT, None, "as people wrote it"),
    Field("purchased_on", DAY, None, "the day of the purchase"),
    Field("warranty_until", DAY, None, "the last day of the warranty"),
    Field("position_u", NUMBER, "U", "the lowest unit of the rack that it takes"),
    Field("height_u", NUMBER, "U", "how many units it takes"),
    Field("changed", MOMENT, None, "a change that was recorded"),
    Field("reported", MOMENT, None, "the newest report"),
    Field("address", LIST, None, "MAC and IP addresses, or a network"),
    Field("serial", LIST, None, "serial numbers of its parts"),
    Field(FAULT, LIST, None, "hardware that fails: RAID, disks, power supplies"),
    *(
        Field(r.name, LIST if r in MANY else TEXT, None, f"the name of its {r.noun}")
        for r in RESOURCES
    ),
)
_FIELDS = tuple(
    Field(f"{kind}.{name}", _TYPES[type_], None, f"of any component of kind {kind}", kind)
    for kind, known in sorted(KINDS.items())
    for name, type_ in known.items()
    if f"{kind}.{name}" not in facts.FACTS
)


def known(session=None, *, limited=False):
    """
    Return all fields by name; with a session also those that only hosts of this fleet reported.

    ``limited`` leaves these out, for those who may not see all of the fleet.
    """
    told = {} if session is None or limited else _reported(session)
    of_facts = (Field(f.name, f.type, f.unit, f.description, f.kind) for f in facts.every(told))
    own = (
        Field(f"{kind}.{name}", type_, None, f"of any component of kind {kind}", kind)
        for kind, names in told.items()
        for name, type_ in names.items()
    )
    found = [*_DECLARED, *of_facts, *_FIELDS, *own]
    return sorted(field._replace(unit=field.unit or unit(field)) for field in found)


def names():
    """Return the names that are known whatever was reported."""
    return [field.name for field in known()]


def unit(field):
    """Return the unit that ends a number's name."""
    if field.type != NUMBER:
        return None
    return next((end[1:] for end in _SUFFIXES if field.name.endswith(end)), None)


def package(name):
    """Return what is wanted of a package's name in ``package.NAME``, in quotes or with a *."""
    if len(name) > 1 and name.startswith('"') and name.endswith('"'):
        return wanted.quoted(name[1:-1])
    return wanted.plain(name)


def _reported(session):
    """Return {kind: {field: type}} of the kinds that are none of ours."""
    strange = kinds.strange(session)
    if not strange:
        return {}
    columns = Section.kind, Section.fields_id
    pairs = session.execute(select(*columns).where(Section.kind.in_(sorted(strange))).distinct())
    pairs = [(kind, number) for kind, number in pairs if number is not None]
    numbers = {number for _, number in pairs}
    rows = session.execute(select(BulkItem.id, BulkItem.data).where(BulkItem.id.in_(numbers)))
    lists, found = dict(map(tuple, rows)), {}
    for kind, number in pairs:
        types = {name: NUMBER if name.endswith(UNITS) else TEXT for name in lists[number]}
        found[kind] = found.get(kind, {}) | types
    return found
