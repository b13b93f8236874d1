"""Packages from rpm's own database where it is SQLite: a file is read, nothing is run.

``read`` gives the lines that ``rpm -qa`` prints in ``cmdb_package``'s format; the blob of a package
is its header: an index of (tag, type, offset, count), then the values.
"""

import contextlib
import errno
import os
import struct

TAGS = {1000: "name", 1003: "epoch", 1001: "version", 1002: "release", 1022: "arch"}
_INT32, _STRING, _I18N = 4, 6, 9
_ENTRY = struct.Struct(">iIiI")
# Far more than any package has.
MAX_ENTRIES = 65536


def read(path):
    """
    Return the lines of the database at ``path``.

    Raises ImportError where this Python has no sqlite3, OSError where the file can't be read as
    it is: broken, of another kind, or somebody is writing to it.
    """
    import sqlite3
    from urllib.parse import quote

    _settled(path)
    try:
        # Nothing is locked, and no journal made beside it.
        database = sqlite3.connect(f"file:{quote(path)}?mode=ro&immutable=1", uri=True)
        with contextlib.closing(database):
            lines = [line(blob) for (blob,) in database.execute("SELECT blob FROM Packages")]
    except (sqlite3.Error, ValueError) as error:
        raise OSError(errno.EIO, f"{path}: {error}") from error
    _settled(path)
    if not lines:
        raise OSError(errno.ENODATA, "no package in it", path)
    return "".join(lines)


def line(blob):
    """Return a package's line from its header; raises ValueError where that is none."""
    told = header(blob)
    if not told.get("name") or not told.get("version"):
        raise ValueError("a header without name or version")
    words = (str(told.get(name, "(none)")) for name in TAGS.values())
    return "\t".join(" ".join(word.split()) for word in words) + "\n"


def header(blob):
    """Return {name: text or number} of the tags that are wanted."""
    if not isinstance(blob, bytes) or len(blob) < 8:
        raise ValueError("a header that is cut short")
    count, size = struct.unpack_from(">II", blob)
    start = 8 + count * _ENTRY.size
    if count > MAX_ENTRIES or start + size > len(blob):
        raise ValueError("a header that is cut short")
    values, told = blob[start : start + size], {}
    for tag, kind, offset, _ in _ENTRY.iter_unpack(blob[8:start]):
        if tag not in TAGS or not 0 <= offset < size:
            continue
        if kind in (_STRING, _I18N):
            told[TAGS[tag]] = values[offset:].partition(b"\0")[0].decode("utf-8", "replace")
        elif kind == _INT32 and offset + 4 <= size:
            told[TAGS[tag]] = int.from_bytes(values[offset : offset + 4], "big")
    return told


def _settled(path):
    """Raise OSError where what was written last is not in the file itself yet."""
    try:
        size = os.stat(path + "-wal").st_size
    except FileNotFoundError:
        return
    if size:
        raise OSError(errno.EBUSY, "it is being written to", path)
