"""Edits that rest on what was read: an ETag names the version that an edit is meant for."""

import re

from cmdb_api.errors import PreconditionFailed

_TAG = re.compile(r'(?:W/)?(?:"([^"]*)"|([^\s,"]+))')


def of(row):
    """Return the ETag of a row that counts its edits."""
    return f'"{row.id}-{row.version}"'


def check(if_match, row, tell):
    """
    Raise PreconditionFailed where an If-Match header names another version than the row's.

    None, and ``*``, are taken. ``tell()`` gives what the row is now.
    """
    if if_match is None or if_match.strip() == "*":
        return
    current = of(row)
    if current.strip('"') in {quoted or bare for quoted, bare in _TAG.findall(if_match)}:
        return
    raise PreconditionFailed(
        f"it was edited meanwhile: If-Match is {if_match}, its ETag is {current} now; look at "
        "what it is now, then send your edit with that",
        headers={"ETag": current},
        details={"current": tell()},
    )
