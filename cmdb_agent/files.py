"""Files that are there whole or not at all, and are written only where they differ."""

import contextlib
import os
import shutil
from pathlib import Path

from cmdb_agent.errors import AgentError

HERE = Path(__file__).resolve().parent
# What a host needs to collect and deliver.
FOLDERS = ("_modules", "_utils")


def put(path, content, mode=0o644):
    """Write a file with this mode where it is not so already; returns whether it was written."""
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == content:
            changed = path.stat().st_mode & 0o777 != mode
            path.chmod(mode)
            return changed
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # Never readable by others, not even for a moment.
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(mode)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return True


def remove(path):
    """Remove a file or a folder with all in it; returns whether there was one."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        try:
            path.unlink()
        except FileNotFoundError:
            return False
    return True


def remove_empty(path, *, up_to):
    """Remove a folder and those above it as long as they are empty."""
    while path != up_to and up_to in path.parents:
        try:
            path.rmdir()
        except OSError:
            return
        path = path.parent


def collectors():
    """Return the folder with our Salt modules: of the installed distribution, or of a clone."""
    for name in ("salt_cmdb", "salt"):
        folder = HERE.parent / name
        if (folder / "_modules/cmdb.py").is_file():
            return folder
    raise AgentError(f"no collectors beside {HERE}; run it from a clone or a pip installation")


def copy_collectors(library):
    """Make the library's files those of this program; returns how many were changed."""
    source = collectors()
    wanted = {path.relative_to(source) for name in FOLDERS for path in (source / name).glob("*.py")}
    there = {
        path.relative_to(library) for name in FOLDERS for path in (library / name).glob("*.py")
    }
    changed = sum(put(library / path, (source / path).read_bytes()) for path in sorted(wanted))
    for path in there - wanted:
        remove(library / path)
    return changed + len(there - wanted)
