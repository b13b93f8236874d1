"""Values fit to be stored, and a note of each one that is not.

Below the envelope nothing is refused whole: what can't be stored is set aside with its raw text, so
that a person can see it, and the rest of its item is stored.
"""

import json
import re
from pathlib import Path

from cmdb_api.services.canonical import dumps

MAX_NOTES = 200
MAX_RAW = 1024
MAX_TEXT = 64 * 1024
MAX_NAME = 128
MAX_LIST = 10_000
INT64 = range(-(2**63), 2**63)
# Field names that end so are numbers in every kind, those of users' own plugins too.
UNITS = (
    *("_bytes", "_count", "_ms", "_seconds", "_percent"),
    *("_mts", "_mbps", "_hz", "_rpm", "_celsius"),
)

_NAMES = {bool: "bool", int: "int", str: "str", list: "list"}
_UNFIT = re.compile("[\0\ud800-\udfff]")
_KINDS_FILE = Path(__file__).parent.parent / "schemas" / "kinds.json"
# {kind: {field: "str" | "int" | "bool" | "list"}} of the collectors that come with the project.
KINDS = json.loads(_KINDS_FILE.read_text("utf-8")) if _KINDS_FILE.exists() else {}


class Unfit(Exception):
    """This value can't be stored; the text says why."""


class Types(dict):
    """{field: the type it must have, None for any}; fields that are not known are added."""

    def __missing__(self, name):
        if len(name) > MAX_NAME or _UNFIT.search(name):
            raise Unfit("a field of this name can't be stored")
        self[name] = "int" if name.endswith(UNITS) else None
        return self[name]


def types_of(kind):
    """Return the types of a kind's fields."""
    return Types(KINDS.get(kind, {}))


class Quarantine:
    """The notes on one section's values; a bounded number of them."""

    def __init__(self):
        self.notes, self.more = [], 0

    def note(self, place, field, value, why):
        """Set a value aside."""
        if len(self.notes) >= MAX_NOTES:
            self.more += 1
            return
        raw = dumps(value)
        if len(raw) > MAX_RAW:
            raw = f"{raw[:MAX_RAW]}… ({len(raw)} characters)"
        names = {"place": tidy(place), "field": tidy(field)[:MAX_NAME]}
        self.notes.append(names | {"raw": raw, "why": why})

    def rows(self):
        """Return the notes as they are stored; None where there is none."""
        if self.more:
            why = f"and {self.more} more"
            return [*self.notes, {"place": "", "field": "", "raw": "", "why": why}]
        return self.notes or None


def clean(item, types):
    """
    Return an item's storable fields without None ones, and [(field, value, why)] for what is odd.

    A text that had to be mended is both: stored, mended, and told of.
    """
    fit, odd = {}, []
    for name, value in item.items():
        if value is None:
            continue
        try:
            fit[name] = mended = _value(value, types[name])
        except Unfit as why:
            odd.append((name, value, str(why)))
            continue
        if mended is not value and mended != value:
            odd.append((name, value, "characters that can't be stored were replaced"))
    return fit, odd


def tidy(text, limit=None):
    """Return text that every database stores: NUL and lone surrogates become U+FFFD."""
    if _UNFIT.search(text):
        text = _UNFIT.sub("\ufffd", text)
    return text if limit is None else text[:limit]


def _value(value, wanted):
    got = _NAMES.get(type(value))
    if got is None:
        raise Unfit(f"{_spoken(value)} is not stored; a field is text, int, bool or list of text")
    if wanted is not None and wanted != got:
        raise Unfit(f"{got} where {wanted} is wanted")
    if got == "int" and value not in INT64:
        raise Unfit("a whole number past 64 bits")
    if got == "str":
        return _text(value)
    return _texts(value) if got == "list" else value


def _text(value):
    if len(value) > MAX_TEXT:
        raise Unfit(f"text longer than {MAX_TEXT} characters")
    return value if value.isascii() and "\0" not in value else tidy(value)


def _texts(values):
    if len(values) > MAX_LIST:
        raise Unfit(f"a list of more than {MAX_LIST} values")
    if not all(isinstance(value, str) for value in values):
        raise Unfit("a list of something else than text")
    return [_text(value) for value in values]


def _spoken(value):
    return {float: "a number with a fraction", dict: "an object"}.get(type(value), "it")
