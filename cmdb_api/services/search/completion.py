"""What may stand next in a search: names of fields, and the values that a field has."""

import re
from typing import NamedTuple

from cmdb_api.errors import Invalid
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import column_values, columns, known_values, sorting, titles
from cmdb_api.services.search import fields as search_fields
from cmdb_api.services.search import rows as search_rows

MOST = 20
_PACKAGE = f"{column_values.PACKAGE}."
_OPENERS, _CLOSERS = "([{", ")]}"
# A value that needs no quotes, whatever the grammar.
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.]*(?:-[A-Za-z0-9_.]+)*")
_JOINING = ("and", "or", "not", "to")


class Spot(NamedTuple):
    """Where in a search something is being written."""

    # The field whose value it is; None where it is a name of a field, or a word.
    field: str | None
    # What is written of it so far, and where that begins.
    prefix: str
    start: int
    # The kind in whose ( ) it stands.
    kind: str | None = None


def fields(session, prefix="", *, limited=False):
    """
    Return all names that begin so: what searches, columns and orders know.

    ``limited`` leaves out what only hosts of this fleet reported.
    """
    found = {field.name: field for field in search_fields.known(session, limited=limited)}
    told = {name: field._asdict() | {"search": True} for name, field in found.items()}
    for name in columns.names():
        if name not in told:
            column = columns.find(session, name)
            more = {"type": column.type, "unit": column.unit, "description": column.title}
            is_known = name in search_fields.REFERENCES
            told[name] = {"name": name, **more, "kind": None, "search": is_known}
    ordering = set(sorting.names())
    return [
        told[name] | {"column": is_column(name), "sort": name in ordering, "title": _title(name)}
        for name in sorted(told)
        if name.startswith(prefix.lower())
    ]


def is_column(name):
    """Tell whether a name that is known is a column too."""
    return name not in search_fields.NAMED and not name.startswith(_PACKAGE)


def _title(name):
    return titles.title(columns.ALSO.get(name, name))


def complete(session, text, position=None, *, limited=False, rows=None):
    """
    Return what may stand at a place of a search, and which of its characters it stands for.

    ``rows`` is the list that is searched, where it is another than that of assets.
    """
    position = len(text) if position is None else position
    if not 0 <= position <= len(text):
        raise Invalid.of("position", f"the search has {len(text)} characters")
    spot = at(text[:position])
    if spot.field is None:
        items = [] if rows is None else list(_own(rows, spot))
        if rows is None or rows.asset is not None:
            taken = {item["value"] for item in items}
            names = _names(session, spot, limited)
            items += [item for item in names if item["value"] not in taken]
        items = items[:MOST]
    else:
        found = _values(session, spot, rows, limited)
        items = [_value(value, count) for value, count in found]
    return {"field": spot.field, "start": spot.start, "end": position, "items": items}


def values(session, field, prefix=""):
    """Return the values of a field that begin so."""
    found = known_values.of(session, columns_name(field), prefix)
    return {
        "field": field,
        "start": 0,
        "end": len(prefix),
        "items": [_value(value, count) for value, count in found],
    }


def columns_name(field):
    """Return the name under which a field's values are known."""
    name = columns.ALSO.get(field, field)
    if name.startswith(_PACKAGE):
        return name.replace('"', "")
    return column_values.SAME.get(name, name)


def at(text):
    """Return the spot at the end of a text."""
    start, opened, quoted = 0, [], False
    for number, letter in enumerate(text):
        if letter == '"' and (number == 0 or text[number - 1] != "\\"):
            quoted = not quoted
        elif quoted:
            continue
        elif letter in _OPENERS:
            opened.append(_field(text[start:number]))
            start = number + 1
        elif letter in _CLOSERS:
            del opened[-1:]
            start = number + 1
        elif letter.isspace():
            start = number + 1
    return _spot(text[start:], start, next((name for name in reversed(opened) if name), None))


def _field(word):
    """Return the field that a ( or [ follows; None where there is none."""
    name = word.lstrip("-+!")
    return name[:-1] if name.endswith(":") else None


def _spot(word, start, outer):
    bare = word.lstrip("-+!")
    start += len(word) - len(bare)
    name, colon, value = _parted(bare)
    kind = outer if outer in KINDS else None
    if not colon and outer and not kind:
        name, value = outer, bare
    elif not colon:
        return Spot(None, bare, start, kind)
    else:
        start += len(name) + 1
        name = f"{kind}.{name}" if kind else name
    plain = value.lstrip("<>=")
    start += len(value) - len(plain)
    return Spot(name, plain.lstrip('"'), start)


def _parted(word):
    """Return what stands before and behind the colon that ends a field's name."""
    found = re.match(r'((?:[^":]|"[^"]*")*)(:)(.*)', word, re.DOTALL)
    return found.groups() if found else (word, "", "")


def _values(session, spot, rows, limited):
    """Return [(value, how many have it)] of what may stand at a spot."""
    if rows is not None and not rows.is_of_asset(spot.field):
        # Of rows that are about no asset it is the list that leaves out those of others.
        counted = rows.asset is not None or not limited
        return search_rows.values_of(session, rows, spot.field, spot.prefix, counted=counted)
    return known_values.of(session, columns_name(spot.field), spot.prefix)


def _own(rows, spot):
    """Yield the fields of a list itself that may stand at a spot."""
    if spot.kind is None:
        for name, field in rows.fields.items():
            if name.startswith(spot.prefix.lower()):
                yield _item(name, f"{name}:", None, field.description)


def _names(session, spot, limited):
    """Yield the names of fields that may stand at a spot."""
    prefix = spot.prefix.lower()
    if prefix.startswith(_PACKAGE) and not spot.kind:
        for name, count in known_values.packages(session, prefix[len(_PACKAGE) :].strip('"')):
            plain = name if _PLAIN.fullmatch(name) else f'"{name}"'
            yield _item(f"{_PACKAGE}{name}", f"{_PACKAGE}{plain}:", count, "its version")
    before = f"{spot.kind}." if spot.kind else ""
    known = search_fields.known(session, limited=limited)
    # Those that have no dot come first: they are what people mean the most.
    for field in sorted(known, key=lambda field: (field.name.count("."), field.name)):
        if field.name.startswith(before + prefix) and (not before or field.kind == spot.kind):
            name = field.name.removeprefix(before)
            yield _item(name, f"{name}:", None, field.description)


def as_written(value):
    """Return a value as a search has it: in quotes where it would not stand for itself."""
    if _PLAIN.fullmatch(value) and value.lower() not in _JOINING:
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _value(value, count):
    return _item(value, as_written(value), count)


def _item(value, insert, count, description=None):
    return {"value": value, "insert": insert, "asset_count": count, "description": description}
