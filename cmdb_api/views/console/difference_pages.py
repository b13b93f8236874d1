"""Differences a page at a time: of each kind the first, of a kind alone all; and all as a file."""

from typing import NamedTuple

from flask import request
from flask_babel import gettext as _

from cmdb_api.services.assets import KIND as ASSET
from cmdb_api.views.console import difference_rows, labels, tables
from cmdb_api.views.console.listings import Column, Listing, address

# Components of a kind that are shown beside other kinds, and those of a kind alone on a page.
FEW, MANY = 50, 200


class Page(NamedTuple):
    """What is shown of a kind; ``first`` and ``last`` count its components from 1."""

    rows: list
    first: int
    last: int
    count: int
    # Where the kind is shown alone, and its pages before and after this one; None: nowhere.
    alone: str | None
    before: str | None
    after: str | None


class Differences:
    """What differs, of ``only`` these kinds where any are named, between two ``sides``."""

    def __init__(self, *, name, sides, declared, entries, only):
        self.entries, self.only = entries, list(only)
        # What people declare is no kind of component.
        self.declared = [] if only else declared
        self.listing = Listing(_plain(name), _columns(*sides), [], {})

    def page(self, kind):
        """Return the Page of a kind."""
        entries, is_alone = self.entries[kind], self.only == [kind]
        size, count = (MANY if is_alone else FEW), len(entries)
        start = _start(count) if is_alone else 0
        end = min(start + size, count)
        return Page(
            difference_rows.of_entries(entries[start:end]),
            *(start + 1, end, count),
            alone=None if is_alone or end == count else _address(kind=kind),
            before=_address(kind=kind, start=max(start - size, 0) or None) if start else None,
            after=_address(kind=kind, start=end) if is_alone and end < count else None,
        )

    @property
    def jumps(self):
        """Return [(kind, how many of it differ)] of all that is shown, the declared first."""
        found = [(ASSET, sum(not row.same for row in self.declared))] if self.declared else []
        return found + [(kind, _differing(each)) for kind, each in self.entries.items() if each]

    def file(self, **asked):
        """Answer with all of it as a file; None where the address asks for the page."""
        if not tables.wanted_file():
            return None
        self.listing.asked = asked
        rows = [*self._rows()]
        return tables.as_file(self.listing, lambda **_asked: {"items": rows})

    def _rows(self):
        for row in self.declared:
            yield from _filed(ASSET, row)
        for kind, entries in self.entries.items():
            for row in difference_rows.of_entries(entries):
                yield from _filed(kind, row)

    @property
    def all_kinds(self):
        """Return the address of this page with all kinds."""
        return _address(kind=None)


def _differing(entries):
    """Return how many components differ; where all is asked for, there are others too."""
    return sum(not all(field.get("same") for field in _fields_of(one)) for _make, one in entries)


def _fields_of(component):
    """Return what was compared of a component; of one on one side only, what differs for sure."""
    fields = component.get("fields")
    return fields if isinstance(fields, list) else [{}]


def _address(**changes):
    return address({"start": None} | changes)


def _start(count):
    """Return how many components come before the page that is asked for; never past the last."""
    given = request.args.get("start", "")
    start = int(given) if given.isdecimal() and len(given) < 10 else 0
    return min(start, max(count - 1, 0) // MANY * MANY)


def _plain(name):
    return "".join(c if c.isalnum() or c in ".-" else "_" for c in name)


def _columns(left, right):
    return [
        Column("kind", _("Kind")),
        Column("place", _("Place")),
        Column("what", _("What differs")),
        Column("field", _("Field")),
        Column("field_name", _("Name of the field")),
        Column("left", left),
        Column("right", right),
    ]


def _filed(kind, row):
    """Yield the rows of a file that a row of a page makes: one for each field."""
    told = {"kind": labels.kind(kind), "place": row.place, "what": _what(row)}
    if row.field is not None:
        yield told | _field(row.field, row.label, row.old, row.new)
        return
    old, new = row.old or {}, row.new or {}
    for name in sorted(old.keys() | new.keys()):
        yield told | _field(name, labels.field(name), old.get(name), new.get(name))


def _field(name, label, left, right):
    return {"field": label, "field_name": name, "left": left, "right": right}


def _what(row):
    if row.action == "only_left":
        return _("only on the left")
    if row.action == "only_right":
        return _("only on the right")
    if row.action:
        return labels.action(row.action)
    return _("the same") if row.same else _("differs")
