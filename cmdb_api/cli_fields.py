"""Fields of an asset on the command line: read from text, checked, shown."""

import difflib
import json

from marshmallow import ValidationError, fields

from cmdb_api.cli_base import printable
from cmdb_api.errors import Invalid
from cmdb_api.schemas.asset import EditSchema
from cmdb_api.schemas.values import Names
from cmdb_api.services import facts
from cmdb_api.views.errors import invalid

EXPECTED = "expected"
# Fields of lists, by the option that names one of them.
ONE_OF = {"service": "services", "contact": "contacts", "tag": "tags"}


def parted(text):
    """Return what stands on both sides of the first =."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise Invalid(f"{text} is not FIELD=VALUE, like rack=A12")
    return name.strip(), value.strip()


def field(name):
    """Return the name of a field, spelled with - or _; raises Invalid with the nearest."""
    known = EditSchema().fields
    name = name.replace("-", "_")
    name = ONE_OF.get(name, name)
    if name in known:
        return name
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
    raise Invalid(f"an asset has no field {name}; {hint}")


def given(pairs):
    """Return the fields that (name, text) pairs give; expected.FACT is one of ``expected``."""
    found = {}
    for name, value in pairs:
        if name.startswith(f"{EXPECTED}."):
            fact, wanted = expected(name.removeprefix(f"{EXPECTED}."), value)
            found[EXPECTED] = (found.get(EXPECTED) or {}) | {fact: wanted}
        elif name == EXPECTED and not value:
            found[EXPECTED] = None
        else:
            found[field(name)] = value
    return found


def expected(fact, value):
    """Return a fact and what is expected of it: a number or a list as in JSON, else text."""
    known = facts.find(fact)
    if not value or (known and known.type == facts.TEXT):
        return fact, value or None
    try:
        return fact, json.loads(value)
    except ValueError:
        return fact, value


def typed(given):
    """Return values that came as text as JSON has them."""
    known, found = EditSchema().fields, {}
    for name, value in given.items():
        if isinstance(known.get(name), Names):
            value = value.split(",") if isinstance(value, str) else list(value)
            value = [each.strip() for each in value if each.strip()]
        elif isinstance(known.get(name), fields.Integer) and value.lstrip("-").isdecimal():
            value = int(value)
        found[name] = value
    return found


def loaded(schema, given):
    try:
        return schema.load(given)
    except ValidationError as error:
        raise invalid(error.messages, error, schema) from error


def shown(value):
    """Return a value as text for a terminal."""
    if isinstance(value, dict):
        value = [f"{name}={each}" for name, each in value.items()]
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    return printable(str("" if value is None else value))
