"""Racks as they are drawn: units from the top, blocks of assets to scale, colours and their legend.

Colours never stand alone: each has a letter, which blocks show too, and words in the legend.
"""

from collections import Counter
from typing import NamedTuple

from flask import request
from flask_babel import gettext as _

from cmdb_api.models.asset import RETIRED, STATES
from cmdb_api.services import racks
from cmdb_api.views.console import labels

STATE, UNIT = "state", "unit"
# As many colours as app.css has.
TONES = 8
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Tone(NamedTuple):
    """What a colour says: its letter, its words, of how many assets, and its class."""

    letter: str
    words: str
    count: int
    css: str


class Line(NamedTuple):
    """A unit of a rack: a block begins here and takes ``span`` units, or it is free (``span`` 0).

    ``covered``: a block from above is here too.
    """

    unit: int
    row: object = None
    span: int = 0
    covered: bool = False


def colour():
    """Return what the page is asked to colour assets by."""
    return UNIT if request.args.get("colour") == UNIT else STATE


def lines(height, rows):
    """Return a Line for each unit of a rack, from the top."""
    holders = {unit: row for row in rows if row.position_u for unit in racks.units(row)}
    found, above = [], None
    for unit in range(height, 0, -1):
        row = holders.get(unit)
        if row is None or row is above:
            found.append(Line(unit, row, covered=row is not None))
        else:
            span = next(n for n in range(1, unit + 1) if holders.get(unit - n) is not row)
            found.append(Line(unit, row, span))
        above = row
    return found


def blocks(height, rows):
    """Return (row, units above it, units it takes) of what stands in a rack."""
    return [(each.row, height - each.unit, each.span) for each in lines(height, rows) if each.span]


def largest_gap(height, rows):
    """Return how many units are free beside each other, at most."""
    longest = now = 0
    for line in lines(height, rows):
        now = 0 if line.row else now + 1
        longest = max(longest, now)
    return longest


def tones(rows, by):
    """Return {value: Tone} for what these assets have, as the legend shows it."""
    counts = Counter(value(row, by) for row in rows)
    known = [name for name in counts if name]
    order = sorted(known, key=STATES.index if by == STATE else lambda n: (-counts[n], n))
    found = {}
    for place, name in enumerate(order):
        # A state has the same letter and colour on every page.
        number = STATES.index(name) if by == STATE else place
        letter = LETTERS[number] if number < len(LETTERS) else f"{number + 1}"
        words = labels.state(name) if by == STATE else name
        # What is gone is grey.
        tone = "none" if by == STATE and name == RETIRED else number % TONES
        found[name] = Tone(letter, words, counts[name], f"tone-{tone}")
    if counts[None]:
        found[None] = Tone("-", _("No business unit"), counts[None], "tone-none")
    if counts[""]:
        found[""] = Tone("?", _("Assets you may not see"), counts[""], "tone-none")
    return found


def value(row, by):
    """Return what an asset is coloured by; "" where it is not to be seen."""
    if row.hostname is None:
        return ""
    return row.state if by == STATE else row.business_unit
