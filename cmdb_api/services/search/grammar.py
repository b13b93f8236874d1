"""Reads a search in Lucene's syntax into terms, joined by and, or, not. No database.

Errors say at which character of the text they are, counted from 1.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as _parse
from sqlalchemy import and_, not_, or_

from cmdb_api.errors import Invalid
from cmdb_api.services.search import slips, wanted
from cmdb_api.services.search.spelling import hidden, shown

LONGEST, MOST_TERMS, DEEPEST = 1000, 30, 20
_AND = (tree.AndOperation, tree.UnknownOperation)
_GROUPS = (tree.Group, tree.FieldGroup, tree.Plus)
_NOT = (tree.Not, tree.Prohibit)
_INSTEAD = {
    tree.Fuzzy: "~ is not known here; use * and ?, or quotes where it is part of a value",
    tree.Proximity: "~ is not known here; use * between the words, or take it away",
    tree.Boost: "^ is not known here: nothing is ranked; take it away",
    tree.Regex: "/…/ is not known here; use * and ?, or quotes where it is a path",
}


class Term(NamedTuple):
    """What is wanted of one value of a field; of a range both ends. None: of any that names."""

    field: str | None
    all_wanted: list
    position: int

    def made(self, make):
        """Return what ``make`` makes of it."""
        return make(self)


class OfOne(NamedTuple):
    """What is asked of one component of a kind: the fields of its terms are those of the kind."""

    kind: str
    asked: object
    position: int

    def made(self, make):
        return make(self)


class Joined(NamedTuple):
    """Several together; ``join`` is one of SQLAlchemy's and_, or_, not_."""

    join: Callable
    parts: list

    def made(self, make):
        return self.join(*(part.made(make) for part in self.parts))


def read(text):
    """Return a search as Joined, Term and OfOne; raises Invalid."""
    if len(text) > LONGEST:
        raise Invalid.of("query", f"longer than {LONGEST} characters")
    try:
        root = _parse(hidden(text))
    except ParseError as error:
        raise _syntax(text, str(error)) from None
    except ArithmeticError:
        raise Invalid.of("query", "write ~ with a number behind it, or in quotes") from None
    return _Reader().of(root, None, 0)


def negates(node):
    """Tell whether something below a node is not to be so."""
    parts = node.parts if isinstance(node, Joined) else ()
    return bool(parts) and (node.join is not_ or any(map(negates, parts)))


def wrong(position, message):
    """Return the error at a place in the text."""
    place = "" if position is None else f"at character {position + 1}: "
    details = None if position is None else {"position": position + 1}
    return Invalid.of("query", f"{place}{message}", details=details)


def _syntax(text, said):
    """Return the error for what the parser said."""
    where = re.search("at position ([0-9]+)", said)
    if not where:
        what = "a ( or a [ is not closed, or nothing follows a :, AND, OR, NOT, < or >"
        return wrong(len(text), f"the search ends too early: {what}")
    place = int(where[1])
    if text[place] == '"':
        return wrong(place, 'this quote is not closed; write \\" for one in a value')
    what = re.match(r"\w{1,20}|.", text[place:], re.DOTALL)[0]
    hint = "write a value that has spaces, brackets or quotes in it in quotes, and close each ("
    return wrong(place, f"{what} is not expected here; {hint}")


class _Reader:
    """Turns luqum's tree into ours; counts its terms."""

    def __init__(self):
        self.terms = 0

    def of(self, node, field, depth):
        """Return what a node that stands within a SearchField, or in none, asks for."""
        if depth > DEEPEST:
            raise Invalid.of("query", f"nested deeper than {DEEPEST}")
        if isinstance(node, tree.SearchField):
            return self._named(node, field, depth)
        if isinstance(node, _GROUPS):
            return self.of(node.children[0], field, depth + 1)
        join = not_ if isinstance(node, _NOT) else and_ if isinstance(node, _AND) else None
        if join or isinstance(node, tree.OrOperation):
            parts = [self.of(child, field, depth + 1) for child in node.children]
            return Joined(join or or_, parts)
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise Invalid.of("query", f"more than {MOST_TERMS} terms")
        return _term(node, field)

    def _named(self, node, field, depth):
        if field is not None:
            inner, outer = _name(node), _name(field)
            raise wrong(node.pos, f"{inner} stands within {outer}; write {outer}.{inner}:…")
        if isinstance(node.expr, tree.FieldGroup) and _has_fields(node.expr):
            return OfOne(_name(node), self.of(node.expr, None, depth + 1), node.pos)
        return self.of(node.expr, node, depth + 1)


def _term(node, field):
    position = (node if field is None else field).pos
    try:
        return Term(field and _name(field), _wanted(node, field), position)
    except ValueError as error:
        raise wrong(node.pos, str(error)) from None


def _wanted(node, field):
    """Return all that a leaf wants of one value."""
    if isinstance(node, tree.Range):
        return _range(node)
    if field is None and isinstance(node, (tree.From, tree.To)):
        slips.check(str(node), is_free=True)
    if isinstance(node, tree.From):
        return [_value(node.a, ">=" if node.include else ">")]
    if isinstance(node, tree.To):
        return [_value(node.a, "<=" if node.include else "<")]
    if not isinstance(node, (tree.Word, tree.Phrase)):
        raise ValueError(_INSTEAD.get(type(node), "a value is wanted"))
    found = _value(node, "=")
    if isinstance(node, tree.Word):
        slips.check(found.text, is_free=field is None)
    return [found]


def _range(node):
    low = _value(node.low, ">=" if node.include_low else ">")
    high = _value(node.high, "<=" if node.include_high else "<")
    # An open end.
    found = [end for end in (low, high) if end.text != "*"]
    return found or [_value(tree.Word("*"), "=")]


def _value(node, sign):
    if isinstance(node, tree.Phrase):
        return wanted.quoted(shown(node.value[1:-1]), sign)
    if isinstance(node, tree.Prohibit):
        return wanted.plain(f"-{shown(str(node.children[0]))}", sign)
    return wanted.plain(shown(node.value), sign)


def _name(node):
    return re.sub(r"\\(.)", r"\1", shown(node.name))


def _has_fields(node):
    return isinstance(node, tree.SearchField) or any(map(_has_fields, node.children))
