"""Searches of assets in Lucene's syntax: a text becomes a condition on ``Asset``.

``rack:A12 AND NOT tag:lab AND disk:(model:*PM883* AND size_bytes:>1T)``. A field is one that people
declare, a moment (``changed``, ``reported``), a fact (``memory.total_bytes``), ``package.NAME``, or
``KIND.FIELD`` of a component; a word without a field is looked for in what names an asset.
"""

from sqlalchemy import true

from cmdb_api.services.search import grammar, limits
from cmdb_api.services.search.fields import Fields
from cmdb_api.services.search.grammar import Joined, OfOne

# Terms that look through what the whole fleet reported.
MOST_REPORTED = 15


def condition(session, text):
    """Return the condition that an asset is found by a search; raises Invalid, which says where."""
    return made(session, text, Fields(session))


def made(session, text, fields):
    """Return the condition that a search stands for; ``fields`` are those that it knows."""
    if not text.strip():
        return true()
    root = grammar.read(text)
    limits.start(session)
    return root.made(_Maker(fields))


def mentions(text):
    """Return the names of the fields that a search asks for; raises Invalid."""
    found, left = set(), [grammar.read(text)] if text.strip() else []
    while left:
        node = left.pop()
        if isinstance(node, Joined):
            left += node.parts
        else:
            found.add(node.kind if isinstance(node, OfOne) else node.field)
    return found - {None}


class _Maker:
    """Makes conditions of terms; counts those that cost the most."""

    def __init__(self, fields):
        self.fields, self.reported = fields, 0

    def __call__(self, term):
        return self._of_one(term) if isinstance(term, OfOne) else self._term(term)

    def _term(self, term):
        if term.field is None or "." in term.field:
            self._count(term)
        return _told(term, lambda: self.fields.matches(term.field, term.all_wanted))

    def _of_one(self, group):
        self._count(group)

        def asked(test):
            return group.asked.made(lambda term: _told(term, lambda: self._test(test, term)))

        negates = grammar.negates(group.asked)
        return _told(group, lambda: self.fields.of_one(group.kind, asked, negates=negates))

    def _test(self, test, term):
        if isinstance(term, OfOne):
            raise ValueError(f"{term.kind}:(…) stands within another one; write it beside that")
        if term.field is None:
            raise ValueError("write the field before it, like name:…, as the others in these ( )")
        return test(term.field, term.all_wanted)

    def _count(self, term):
        self.reported += 1
        if self.reported > MOST_REPORTED:
            told = "terms on what was reported, or without a field"
            raise grammar.wrong(term.position, f"more than {MOST_REPORTED} {told}; ask for fewer")


def _told(term, make):
    """Return what is made of a term; what is wrong with it is told with its place."""
    try:
        return make()
    except ValueError as error:
        raise grammar.wrong(term.position, str(error)) from None
