"""The search language and the order of rows that are at hand, as the components of one asset.

A row gives its value of a field by ``get``, and all by ``values``: text, a number, a flag, or a
list of texts. No database.
"""

import re

from sqlalchemy import not_, or_

from cmdb_api.errors import Invalid
from cmdb_api.services import nearest, pages, patterns
from cmdb_api.services.search import grammar, ordering, values
from cmdb_api.services.search.columns import FLAG, LIST, NUMBER, TEXT
from cmdb_api.services.search.grammar import Joined, OfOne
from cmdb_api.services.search.rows import Field, Rows

_DIGITS = re.compile("([0-9]{1,18})")
_TYPES = {"int": NUMBER, "bool": FLAG, "list": LIST, "str": TEXT}


def rows(name, types, *, order):
    """Return the Rows of a list that is at hand; ``types`` is {field: int, bool, list or str}."""
    fields = {field: Field(None, _TYPES[type_], named=True) for field, type_ in types.items()}
    return Rows(name, fields, order=(order,))


def rows_of(name, names, items, *, order):
    """Return the Rows of these items, whose fields are of the types that their values have."""
    fields = {}
    for field in names:
        found = [value for value in (item.get(field) for item in items) if value is not None]
        fields[field] = Field(None, _type_of(found), named=True, unique=_is_unique(found))
    return Rows(name, fields, order=(order,))


def _type_of(found):
    types = set(map(type, found))
    for known, type_ in (({bool}, FLAG), ({int, float}, NUMBER), ({list}, LIST)):
        if types and types <= known:
            return type_
    return TEXT


def _is_unique(found):
    texts = set(map(str, found))
    return len(found) > 1 and len(texts) == len(found)


def page(items, listed, *, query=None, sort=None, limit, cursor=None):
    """Return one page of the rows that a search finds, in an order. Raises Invalid."""
    start = max(0, pages.read(cursor, int)[0]) if cursor else 0
    found = list(filter(matching(query, listed), items)) if query else list(items)
    found = ordered(found, sort, listed)
    end = start + limit
    following = pages.cursor(end) if end < len(found) else None
    return {"items": found[start:end], "next_cursor": following, "total": len(found)}


def ordered(items, sort, listed):
    """Return rows in the order of fields, as people order names; what has no value comes last."""
    for part in reversed(ordering.parted(sort)):
        name, down = part.removeprefix("-"), part.startswith("-")
        if name not in listed.sorting:
            hint = nearest.hint(name, listed.sorting)
            hint = hint or f"; it can be {', '.join(listed.sorting)}"
            raise Invalid.of("sort", f"there is nothing {name} to order by{hint}")
        known = [item for item in items if _is_there(item.get(name))]
        none = [item for item in items if not _is_there(item.get(name))]
        # One step a key, the last one first: each leaves ties as they are.
        items = sorted(known, key=lambda item: natural(item.get(name)), reverse=down) + none
    return items


def natural(value):
    """Return what orders values as people do: "P0 A2" before "P0 A10"."""
    if _is_number(value):
        return [(value, "")]
    parts = _DIGITS.split(", ".join(_texts(value)))
    return [(int(part), "") if part.isdecimal() else (-1, part.lower()) for part in parts]


def matching(text, listed):
    """Return what tells whether a row is found by a search; raises Invalid with the place."""
    return _made(grammar.read(text), listed) if text.strip() else lambda row: True


def _made(node, listed):
    if isinstance(node, Joined):
        parts = [_made(part, listed) for part in node.parts]
        if node.join is not_:
            return lambda row: not parts[0](row)
        join = any if node.join is or_ else all
        return lambda row: join(part(row) for part in parts)
    try:
        return _term(node, listed)
    except ValueError as error:
        raise grammar.wrong(node.position, str(error)) from None


def _term(node, listed):
    name = node.kind if isinstance(node, OfOne) else node.field
    if name is None:
        return _anywhere(node.all_wanted)
    if name == "_exists_":
        name = node.all_wanted[0].text
    elif not isinstance(node, OfOne) and name in listed.fields:
        tests = [_test(name, listed.fields[name].type, wanted) for wanted in node.all_wanted]
        return lambda row: all(test(row.get(name)) for test in tests)
    if name not in listed.fields or isinstance(node, OfOne):
        known = nearest.hint(name, listed.fields) or f"; it can be {', '.join(listed.fields)}"
        raise ValueError(f"there is no field {name}{known}")
    return lambda row: _is_there(row.get(name))


def _anywhere(all_wanted):
    """Return the test of a word without a field: a part of any text."""
    found = [
        wanted
        if wanted.pattern and "%" in wanted.pattern
        else wanted._replace(pattern=f"%{wanted.pattern or patterns.escaped(wanted.text)}%")
        for wanted in all_wanted
    ]
    return lambda row: all(
        any(wanted.fits(text) for value in row.values() for text in _texts(value))
        for wanted in found
    )


def _test(name, type_, wanted):
    """Return the test of one value; raises ValueError for one that the field can't have."""
    if not wanted.text or "\0" in wanted.text:
        raise ValueError("a value is wanted")
    if wanted.is_any:
        return _is_there
    if type_ == FLAG:
        flag = values.flag(name, wanted)
        return lambda value: bool(value) is flag
    if type_ == NUMBER:
        number, compare = values.number(wanted.text), values.COMPARE[wanted.sign]
        return lambda value: _is_number(value) and compare(value, number)
    values.check_text(name, wanted)
    return lambda value: any(map(wanted.fits, _texts(value)))


def _is_there(value):
    return value is not None and value != []


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def _texts(value):
    if isinstance(value, list):
        return map(str, value)
    return () if value is None else (str(value),)
