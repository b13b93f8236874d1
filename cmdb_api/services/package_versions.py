"""What is asked of the version of a package: one, or any that is as a search has it.

``3.0.13``, ``<3.0.13``, ``>=3 AND <3.1``, ``[3.0 TO 3.1]``, ``3.0.*``.
"""

import re

from cmdb_api.errors import Invalid
from cmdb_api.services.search import bulk, grammar, wanted
from cmdb_api.services.search.grammar import Joined, Term

FIELD = "version"
# No version has one of these in it.
_SEARCHED = re.compile(r"[<>*?\[\]{}()\s]")
_TAKEN = "write a version, or what searches take: <3.0.13, >=3 AND <3.1, [3.0 TO 3.1], 3.0.*"
_PLACE = re.compile(r"^at character \d+: ")


def condition(session, known, version):
    """
    Return the condition that a text about versions stands for, of these Rows of a package.

    None where the text is a version itself. Raises Invalid.
    """
    if not version or not _SEARCHED.search(version):
        return None
    try:
        text = f"{FIELD}:({version})"
        fits = _is_of_versions(grammar.read(text))
    except Invalid:
        fits = False
    if not fits:
        raise Invalid.of(FIELD, _TAKEN)
    try:
        return known.condition(session, text)
    except Invalid as error:
        raise Invalid.of(FIELD, _PLACE.sub("", error.fields["query"][0])) from None


def _is_of_versions(node):
    if isinstance(node, Joined):
        return all(map(_is_of_versions, node.parts))
    return isinstance(node, Term) and node.field == FIELD


def those(items, numbers, version):
    """
    Return those of these items that are in a version, also beside a newer one; None for any.

    Where none is in exactly this, what it does not name is not compared, as searches have it.
    """
    if version is None:
        return set(numbers)
    exact = {number for number in numbers if _is(items[number], version)}
    one = wanted.quoted(version)
    return exact or {number for number in numbers if bulk.is_of(items[number], one)}


def _is(item, version):
    return version == item["version"] or version in item.get("older_versions", ())
