"""Pages of long lists. A cursor names the last row seen: rows that come meanwhile move nothing."""

import base64
import binascii
import json

from cmdb_api.errors import Invalid


def cursor(*values):
    """Return the opaque text that stands for the sort values of a page's last row."""
    text = json.dumps(values, ensure_ascii=False)
    return base64.urlsafe_b64encode(text.encode("utf-8", "surrogatepass")).decode().rstrip("=")


def read(text, *kinds):
    """Return the values in a cursor; each is made by its kind. Raises Invalid."""
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        return [_made(kind, value) for kind, value in zip(kinds, values, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        fault = "not a cursor; take next_cursor of the page before"
        raise Invalid(f"cursor: {fault}", fields={"cursor": [fault]}) from None


def _made(kind, value):
    made = kind(value)
    # What no database takes: NUL, half a surrogate pair (encode raises), more than 64 bits.
    if isinstance(made, str) and b"\0" in made.encode():
        raise ValueError(value)
    if isinstance(made, int) and abs(made) >= 2**63:
        raise ValueError(value)
    return made


def cut(rows, limit, mark):
    """Return a page of rows, one more than ``limit`` of which were asked for, and its cursor."""
    more = len(rows) > limit
    rows = rows[:limit]
    return rows, cursor(*mark(rows[-1])) if more else None
