"""What one term of a search asks of one value, and the text in which it was written. No database.

``*`` stands for any text and ``?`` for any character; a backslash before them, or quotes around the
value, let them stand for themselves.
"""

import re
from fnmatch import translate
from typing import NamedTuple

from cmdb_api.services import patterns

MOST_STARS = 5
_PIECE = re.compile(r"\\(.)|(\*+)|(\?)|(.)", re.DOTALL)


class Wanted(NamedTuple):
    """A comparison and a text."""

    sign: str
    text: str
    # In lower case for LIKE; None where each character stands for itself.
    pattern: str | None = None

    @property
    def is_any(self):
        """Tell whether any value will do."""
        return self.pattern == "%" and self.sign == "="

    def fits(self, text):
        """Tell whether a text is as the pattern, or is the text, in any case."""
        if self.pattern is None:
            return text.lower() == self.text.lower()
        return re.match(_regex(self.pattern), text.lower()) is not None


def quoted(text, sign="="):
    """Return what stood in quotes: \\" is a quote and \\\\ a backslash."""
    return Wanted(sign, re.sub(r'\\(["\\])', r"\1", text))


def plain(text, sign="="):
    """Return what stood without quotes; raises ValueError for too many *."""
    pattern, said, stars, wild = "", "", 0, False
    for escaped, many, one, other in _PIECE.findall(text):
        # A backslash before a letter is one of a path.
        letter = f"\\{escaped}" if escaped.isalnum() else escaped or other
        pattern += "%" if many else "_" if one else patterns.escaped(letter)
        said += "*" if many else one or letter
        stars, wild = stars + bool(many), wild or bool(many or one)
    if stars > MOST_STARS:
        raise ValueError(f"more than {MOST_STARS} * in one value")
    return Wanted(sign, said, pattern if wild else None)


def _regex(pattern):
    """Return a pattern of LIKE as a regular expression that never tries twice."""
    glob, escaped = "", False
    for letter in pattern:
        if escaped or letter not in "!%_":
            glob += f"[{letter}]" if letter in "*?[" else letter
            escaped = False
        elif letter == "!":
            escaped = True
        else:
            glob += "*" if letter == "%" else "?"
    return translate(glob)
