"""Files that are there whole or not at all, also after a power cut."""

import contextlib
import json
import os
import threading


def read(path):
    """Return what ``write`` wrote of a mapping; empty where it is lost or unreadable."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write(path, content):
    """Write JSON, readable by its owner alone; returns once it is on the disk."""
    put(path, dumps(content))
    sync(os.path.dirname(path))


def dumps(content):
    """Return JSON as bytes, in one line without blanks."""
    return json.dumps(content, separators=(",", ":")).encode("ascii")


def put(path, content):
    """Write bytes; the name lasts through a power cut once ``sync`` was called for its folder."""
    own = f"{os.getpid()}.{threading.get_ident()}"
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{own}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            while content:
                content = content[os.write(handle, content) :]
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def sync(folder):
    """Make the names in a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
