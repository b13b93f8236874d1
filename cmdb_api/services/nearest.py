"""Names that may have been meant where one is not known."""

import difflib

SHOWN = 3
# Names that are compared, at most: comparing takes time.
COMPARED = 2000


def of(text, names):
    """Return the nearest of these names, at most three."""
    spelled = {}
    for name in names:
        spelled.setdefault(name.lower(), name)
    found = difflib.get_close_matches(text.lower(), list(spelled)[:COMPARED], n=SHOWN)
    return [spelled[key] for key in found]


def hint(text, names):
    """Return the end of a message that names the nearest; empty where none is near."""
    near = of(text, names)
    return f"; did you mean {' or '.join(near)}?" if near else ""
