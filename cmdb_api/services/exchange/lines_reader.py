"""The rows of a file of JSON lines: each an object, whose members are the cells.

What is declared, expected, or in chosen columns may stand in objects of these names, as exports
have it.
"""

import json

from cmdb_api.errors import CMDBError, Malformed, TooLarge
from cmdb_api.services import documents
from cmdb_api.services.exchange.tables import Fault, Row, bounded

GROUPS, EXPECTED = ("declared", "columns"), "expected"
# What is about the line itself.
APART = ("schema",)


def read(data, limits):
    """Return {column: name} of all members, and a function that yields the rows anew."""
    try:
        lines = data.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed(f"JSON lines are UTF-8, and this file is not: {error}"[:500]) from error
    names = {}
    for row in bounded(_objects(lines), limits):
        for name in row.cells:
            names.setdefault(name, len(names) + 1)
        if len(names) > limits.columns:
            raise TooLarge(f"more than {limits.columns} members: {row.number} is the first line")

    def rows():
        for row in _objects(lines):
            yield Row(row.number, {names[name]: value for name, value in row.cells.items()})

    return {column: name for name, column in names.items()}, rows


def _objects(lines):
    for number, line in enumerate(lines, 1):
        if line.strip():
            cells = {name: value for name, value in _cells(_parsed(line, number)) if value != []}
            yield Row(number, {k: v for k, v in cells.items() if v is not None and v != ""})


def _parsed(line, number):
    try:
        found, repeated = documents.parse(line.encode("utf-8", "surrogatepass"))
    except CMDBError as error:
        raise Malformed(f"line {number}: {error.message}") from error
    if not isinstance(found, dict) or repeated:
        raise Malformed(f"line {number}: {'; '.join(repeated) or 'an object is wanted'}")
    return found


def _cells(given):
    for name, value in given.items():
        if name in GROUPS and isinstance(value, dict):
            yield from _cells(value)
        elif name == EXPECTED and isinstance(value, dict):
            yield from ((f"{EXPECTED}.{fact}", _value(each)) for fact, each in value.items())
        elif name not in APART:
            yield name, _value(value)


def _value(value):
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return value
    if isinstance(value, (dict, list)):
        return Fault(json.dumps(value, ensure_ascii=False)[:200], "neither text, number nor list")
    return value
