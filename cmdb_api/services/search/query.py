"""Searches of assets in Lucene's syntax: a text becomes a condition on ``Asset``.

``rack:A12 AND NOT tag:lab AND disk.model:*PM883*``. A field is one that people declare, a moment
(``changed``, ``reported``), or ``kind.field`` of a component; a word without a field is looked for
in names, addresses, serial and inventory numbers.
"""

from luqum import tree
from luqum.exceptions import ParseError
from luqum.thread import parse as _parse
from sqlalchemy import and_, not_, or_, true

from cmdb_api.errors import Invalid
from cmdb_api.services.search import fields as search_fields
from cmdb_api.services.search.fields import Wanted

LONGEST, MOST_TERMS, DEEPEST = 1000, 30, 20
_AND = (tree.AndOperation, tree.UnknownOperation)
_GROUPS = (tree.Group, tree.FieldGroup, tree.Plus)
_NOT = (tree.Not, tree.Prohibit)


def condition(session, text):
    """Return the condition that an asset is found by a search; raises Invalid, which says where."""
    if not text.strip():
        return true()
    if len(text) > LONGEST:
        raise Invalid.of("query", f"longer than {LONGEST} characters")
    try:
        root = _parse(text)
    except ParseError as error:
        raise Invalid.of("query", _syntax(error)) from None
    except ArithmeticError:
        raise Invalid.of("query", "write ~ with a number behind it, or in quotes") from None
    return _Compiler(session).of(root, None, 0)


def _syntax(error):
    hint = 'write a value that has : or spaces in quotes, like address:"fe80::1"'
    return f"{str(error).rstrip('!. ')}; {hint}, and close each ( and quote"


class _Compiler:
    """Turns a tree into a condition; counts its terms."""

    def __init__(self, session):
        self.session, self.terms = session, 0
        # The field that was come to last.
        self.place = None

    def of(self, node, field, depth):
        """Return the condition of a node that stands within a field, or in none."""
        if depth > DEEPEST:
            raise Invalid.of("query", f"nested deeper than {DEEPEST}")
        if isinstance(node, (*_AND, tree.OrOperation)):
            parts = [self.of(child, field, depth + 1) for child in node.children]
            return or_(*parts) if isinstance(node, tree.OrOperation) else and_(*parts)
        if isinstance(node, _NOT):
            return not_(self.of(node.children[0], field, depth + 1))
        if isinstance(node, _GROUPS):
            return self.of(node.children[0], field, depth + 1)
        if isinstance(node, tree.SearchField):
            if field:
                raise _at(node, f"{node.name} stands within {field}; write {field}.{node.name}:…")
            self.place = node
            return self.of(node.expr, node.name, depth + 1)
        return self._term(node, field)

    def _term(self, node, field):
        self.terms += 1
        if self.terms > MOST_TERMS:
            raise Invalid.of("query", f"more than {MOST_TERMS} terms")
        wanted = _wanted(node)
        try:
            return search_fields.matches(self.session, field, wanted)
        except ValueError as error:
            raise _at(self.place if field else node, str(error)) from None


def _wanted(node):
    """Return what a leaf asks for."""
    if isinstance(node, tree.From):
        return Wanted(">=" if node.include else ">", _text(node.a))
    if isinstance(node, tree.To):
        return Wanted("<=" if node.include else "<", _text(node.a))
    if isinstance(node, (tree.Word, tree.Phrase)):
        return Wanted("=", _text(node), exact=isinstance(node, tree.Phrase))
    told = {tree.Range: "write a:>=1 AND a:<=2", tree.Fuzzy: "use * and ?"}
    what = f"{type(node).__name__.lower()} is not known here"
    raise _at(node, f"{what}; {told.get(type(node), 'write words, * and ?, and <, <=, >, >=')}")


def _text(node):
    return node.value[1:-1] if isinstance(node, tree.Phrase) else node.value


def _at(node, message):
    """Return the error at a node's place in the text, counted from 1."""
    place = "" if node.pos is None else f"at character {node.pos + 1}: "
    return Invalid.of("query", f"{place}{message}")
