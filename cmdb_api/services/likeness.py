"""The number that the same change has on every asset: what the fleet's changes are grouped by.

The same place of the same kind, the same fields, the same old and new values; but for identifiers,
which differ from host to host. No database.
"""

from hashlib import blake2b

from cmdb_api.models.change import ADDED, BASELINE, MARKS
from cmdb_api.services import identifiers
from cmdb_api.services.canonical import dumps

# The kind of what people declare: each is registered with other values.
_ASSET = "asset"


def of(kind, action, *, place, fields, before, after, first=False, serial=None):
    """
    Return a change's number; None of a mark, but for a baseline that is not its kind's ``first``.

    ``serial`` is the field that holds a serial number in this kind.
    """
    if action in MARKS:
        return None if first or action != BASELINE else _number(kind, action, fields)
    if kind == _ASSET and action == ADDED:
        return _number(kind, action)
    return _number(kind, place, action, fields, *_values(kind, fields, before, after, serial))


def _values(kind, fields, before, after, serial):
    """Yield the old and the new values of the fields that differ, less identifiers."""
    told = [field for field in fields if not identifiers.is_identifier(kind, field, serial)]
    for item in (before or {}, after or {}):
        yield {field: item.get(field) for field in told}


def _number(*what):
    digest = blake2b(dumps(what).encode(), digest_size=8).digest()
    # 63 bits: what a signed column holds.
    return int.from_bytes(digest) >> 1
