"""The columns of tables of assets: those that people declare, and those that reports told.

``hostname``, ``rack``, ``expected.disk.count``, ``memory.total_bytes``, ``disk.count``,
``changed_at``; ``KIND.FIELD`` has what all components of a kind say, each once, and
``package.NAME`` a package's version.
"""

import re
from typing import NamedTuple

from sqlalchemy import exists, select

from cmdb_api.errors import Invalid
from cmdb_api.models import Section
from cmdb_api.services import facts, nearest
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import column_values, titles, vocabulary
from cmdb_api.services.search.stored_items import ONE
from cmdb_api.services.search.titles import TITLES, TITLES_ZH

TEXT, NUMBER, FLAG, LIST = facts.TEXT, facts.NUMBER, facts.FLAG, facts.LIST
DAY, MOMENT = "day", "moment"
TYPES = (TEXT, NUMBER, FLAG, LIST, DAY, MOMENT)
MOST = 100
# Unknown ones that one error tells of, at most.
TOLD = 5

# What an asset has one of, whatever it reported.
OWN = {
    "hostname": TEXT,
    "aliases": LIST,
    "etag": TEXT,
    "state": TEXT,
    "standing": TEXT,
    **dict.fromkeys(("asset_type", "data_centre", "room", "rack"), TEXT),
    **dict.fromkeys(("position_u", "height_u"), NUMBER),
    **dict.fromkeys(("environment", "business_unit", "supplier"), TEXT),
    **dict.fromkeys(("services", "contacts", "tags"), LIST),
    **dict.fromkeys(("purchased_on", "warranty_until"), DAY),
    **dict.fromkeys(("inventory_number", "comment"), TEXT),
    **dict.fromkeys(("created_at", "registered_at", "state_at"), MOMENT),
    **dict.fromkeys(("reported_at", "changed_at"), MOMENT),
    "via": TEXT,
    "address": LIST,
    "serial": TEXT,
    "faults": LIST,
}
# Names that searches have for some of them.
ALSO = {
    **{"name": "hostname", "tag": "tags", "service": "services", "contact": "contacts"},
    **{"reported": "reported_at", "changed": "changed_at", vocabulary.FAULT: "faults"},
}
UNITS = {"position_u": "U", "height_u": "U"}
DEFAULT = (
    *("hostname", "state", "environment", "business_unit", "data_centre", "rack", "position_u"),
    *("os.name", "board.model", "serial", "address", "tags", "reported_at"),
)
_TYPE = {"str": TEXT, "int": NUMBER, "bool": FLAG, "list": LIST}
_FIELD = re.compile(r"([a-z][a-z0-9_]{0,63})\.([A-Za-z0-9_]{1,128})")
_PACKAGE, _EXPECTED = column_values.PACKAGE, column_values.EXPECTED

__all__ = ["TITLES", "TITLES_ZH", "Column", "choose", "names", "values"]


class Column(NamedTuple):
    """One column: the name that it is asked for by, its heading, and what its values are."""

    name: str
    title: str
    type: str
    unit: str | None = None


def choose(session, names=None):
    """Return the columns of these names, each once; without names the usual ones."""
    wanted = dict.fromkeys(ALSO.get(name, name) for name in names or DEFAULT)
    if len(wanted) > MOST:
        raise Invalid.of("columns", f"more than {MOST} columns")
    found, faults = [], []
    for name in wanted:
        try:
            found.append(find(session, name))
        except Invalid as error:
            faults += error.fields["columns"]
            if len(faults) == TOLD:
                break
    if faults:
        raise Invalid.of("columns", "; ".join(faults))
    return found


def find(session, name):
    """Return the column of a name; raises Invalid with the nearest."""
    name = ALSO.get(name, name)
    if (known := _type(session, name)) is None:
        raise Invalid.of("columns", f"there is no column {name}{_hint(name)}")
    type_, unit = known
    return Column(name, titles.title(name), type_, unit)


def names():
    """Return the names of all columns that are known beforehand."""
    own = (f"{kind}.{field}" for kind in KINDS if kind != _PACKAGE for field in KINDS[kind])
    told = [fact.name for fact in facts.every()]
    return sorted({*OWN, *told, *(_EXPECTED + name for name in told), *own})


def values(session, ids, columns):
    """
    Return {asset id: [value, ...]} of these assets, in a few queries; at most 1000 ids.

    A value is None, bool, int, str, date, an aware datetime, or a list of str. An asset that was
    removed meanwhile is not in it.
    """
    known = column_values.read(session, list(ids), [column.name for column in columns])
    return {number: [row.get(column.name) for column in columns] for number, row in known.items()}


def _type(session, name):
    """Return the type and unit of a column; None where there is none of this name."""
    if name in OWN:
        return OWN[name], UNITS.get(name)
    if name.startswith(_EXPECTED):
        fact = _fact(session, name.removeprefix(_EXPECTED))
        return fact and (fact.type, fact.unit)
    if fact := _fact(session, name):
        return fact.type, fact.unit
    kind, dot, field = name.partition(".")
    if kind == _PACKAGE:
        is_name = dot and field and field.isprintable() and field not in KINDS[_PACKAGE]
        return (TEXT, None) if is_name else None
    if not _FIELD.fullmatch(name):
        return None
    if kind in KINDS:
        type_ = _TYPE.get(KINDS[kind].get(field))
        return type_ and (type_ if kind in ONE else LIST, _unit(name, type_))
    return (LIST, _unit(name, NUMBER)) if _reported(session, kind) else None


def _unit(name, type_):
    """Return the unit that ends the name of a number."""
    return vocabulary.unit(vocabulary.Field(name, type_))


def _fact(session, name):
    kind = facts.counted(name)
    strange = kind and kind not in KINDS and _reported(session, kind)
    return facts.find(name, [kind] if strange else ())


def _reported(session, kind):
    """Tell whether any host ever reported a kind."""
    return bool(session.scalar(select(exists().where(Section.kind == kind))))


def _hint(name):
    if name == "expected":
        return "; write expected.FACT, like expected.memory.total_bytes"
    if name.partition(".")[0] == _PACKAGE:
        return "; write package.NAME, like package.openssl"
    return nearest.hint(name, names()) or "; GET /api/v1/search/fields lists them"
