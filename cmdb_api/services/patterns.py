"""Filters by a part of a name in any case, or by a pattern with * and ?."""

from functools import reduce

from sqlalchemy import func

_ESCAPE = "!"


def like(column, text):
    """Return the condition that a column in lower case holds a text, or is like a pattern."""
    plain = escaped(text)
    wild = plain.replace("*", "%").replace("?", "_")
    return column.like(wild if wild != plain else f"%{plain}%", escape=_ESCAPE)


def lowered(column, text):
    """Return a column in lower case for a search for a text: SQL's own lower may be ASCII's."""
    letters = sorted({letter for letter in text.lower() if not letter.isascii()})
    pairs = [(letter.upper(), letter) for letter in letters if letter.upper() != letter]
    return reduce(lambda found, pair: func.replace(found, *pair), pairs, func.lower(column))


def ends(column, text):
    """Return the condition that a column in lower case ends with a text."""
    return column.like(f"%{escaped(text)}", escape=_ESCAPE)


def escaped(text):
    """Return a text in lower case whose every character stands for itself."""
    return "".join(_ESCAPE + c if c in f"%_{_ESCAPE}" else c for c in text.lower())
