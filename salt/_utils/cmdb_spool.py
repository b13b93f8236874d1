"""Reports that wait for delivery: a folder of files, bounded, and shared by processes.

``<time>-<report id>.json`` waits, ``rejected/`` holds what the API refused, ``corrupt/`` what can't
be read, ``state.json`` what the API has acknowledged and how delivery went.
"""

import contextlib
import fcntl
import json
import logging
import os
import threading
import time
from typing import NamedTuple

log = logging.getLogger(__name__)

BOOT_ID = "/proc/sys/kernel/random/boot_id"
CORRUPT_KEPT = 20
# A file that is still being written is younger than this, seconds.
HALF_WRITTEN = 3600


class Waiting:
    """One report in the spool."""

    def __init__(self, path, content):
        self.path = path
        self.report = content["report"]
        self.clock = content["clock"]
        self.size = os.path.getsize(path)

    @property
    def age_ms(self):
        """How long ago it was collected. A clock that is set meanwhile does not count."""
        now = clock()
        if now["boot_id"] and now["boot_id"] == self.clock["boot_id"]:
            return max(0, now["boot_ms"] - self.clock["boot_ms"])
        return max(0, now["wall_ms"] - self.clock["wall_ms"])


class Held(NamedTuple):
    """What a waiting report holds: the number by which its host counts, and its kinds."""

    number: int
    id: str
    outcomes: frozenset
    items: frozenset
    size: int


class Spool:
    """A folder of waiting reports. Its methods raise OSError where the disk does."""

    def __init__(self, folder, max_reports, max_bytes, max_rejected):
        self.folder = folder
        self.max_reports, self.max_bytes, self.max_rejected = max_reports, max_bytes, max_rejected
        # {path: why} of waiting reports that the disk does not give back.
        self.unreadable = {}
        # {path: what it holds}, filled where room is short.
        self.held = {}
        os.makedirs(folder, mode=0o700, exist_ok=True)

    @contextlib.contextmanager
    def locked(self, wait_seconds):
        """Hold the spool for one process; yields False where another one keeps it that long."""
        with open(os.path.join(self.folder, "lock"), "a") as file:
            os.chmod(file.fileno(), 0o600)
            deadline = time.monotonic() + wait_seconds
            held = _try_lock(file)
            while not held and time.monotonic() < deadline:
                time.sleep(0.05)
                held = _try_lock(file)
            yield held

    def put(self, report):
        """Keep a report; returns once it is on the disk."""
        self.put_all([report])

    def put_all(self, reports):
        """Keep reports; returns once all are on the disk."""
        for report in reports:
            content = {"clock": clock(), "report": report}
            name = f"{time.time_ns():020d}-{report['report_id']}.json"
            _write(os.path.join(self.folder, name), content)
        _sync(self.folder)

    def names(self):
        """Return the paths of the waiting reports, oldest first."""
        found = [name for name in os.listdir(self.folder) if _is_report(name)]
        return [os.path.join(self.folder, name) for name in sorted(found)]

    def load(self, path):
        """Return a waiting report; None where it is gone, is set aside as broken, or unreadable."""
        self.unreadable.pop(path, None)
        try:
            with open(path, encoding="utf-8") as file:
                content = json.load(file)
            waiting = Waiting(path, content)
            if not isinstance(waiting.report["sections"], dict):
                raise ValueError("sections is no mapping")
            int(waiting.clock["wall_ms"]), int(waiting.clock["boot_ms"])
            waiting.report["report_id"], waiting.report["id"], waiting.clock["boot_id"]
            return waiting
        except FileNotFoundError:
            return None
        except OSError as error:
            # The disk may give it back another time.
            self.unreadable[path] = error.strerror or str(error)
            return None
        except (ValueError, KeyError, TypeError) as error:
            log.error("%s is no whole report (%s); set aside in corrupt/", path, error)
            self._set_aside("corrupt", path, CORRUPT_KEPT)
            return None

    def settle(self, waiting):
        """Forget a report that the API has settled."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(waiting.path)

    def reject(self, waiting, error):
        """Set aside a report that the API refused, with what it said."""
        with contextlib.suppress(FileNotFoundError):
            write(waiting.path, {"error": error, "clock": waiting.clock, "report": waiting.report})
            self._set_aside("rejected", waiting.path, self.max_rejected)

    def set_apart(self, report, error):
        """Keep what was refused before it came into the spool, with the reason."""
        name = f"{time.time_ns():020d}.json"
        os.makedirs(os.path.join(self.folder, "rejected"), mode=0o700, exist_ok=True)
        path = os.path.join(self.folder, "rejected", name)
        write(path, {"error": error, "clock": clock(), "report": report})
        self._prune("rejected", self.max_rejected)

    def make_room(self):
        """
        Drop superseded reports while a bound is passed; returns how many were dropped.

        A report is superseded when newer ones hold every kind of it. The newest section of each
        kind of each asset, and the newest one with items, stay even where the bounds are passed.
        """
        self._sweep()
        paths = self.names()
        total = sum(_size(path) for path in paths)
        if len(paths) <= self.max_reports and total <= self.max_bytes:
            return 0
        count, dropped = len(paths), 0
        for path, size in self._superseded(paths):
            if count <= self.max_reports and total <= self.max_bytes:
                break
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            count, total, dropped = count - 1, total - size, dropped + 1
        return dropped

    def _superseded(self, paths):
        """Return [(path, bytes)] of the reports that newer ones supersede, oldest first."""
        self.held = {path: held for path in paths if (held := self._look(path))}
        newer, found = {}, []
        for path, held in sorted(self.held.items(), key=_order, reverse=True):
            outcomes, items = newer.get(held.id, (frozenset(), frozenset()))
            if held.outcomes <= outcomes and held.items <= items:
                found.append((path, held.size))
            newer[held.id] = outcomes | held.outcomes, items | held.items
        return reversed(found)

    def _look(self, path):
        """Return what a waiting report holds; it is read once as long as this object lives."""
        if path in self.held:
            return self.held[path]
        waiting = self.load(path)
        return waiting and _held(waiting)

    def _sweep(self):
        """Remove what a process that was killed left half-written."""
        for name in os.listdir(self.folder):
            path = os.path.join(self.folder, name)
            with contextlib.suppress(FileNotFoundError):
                if name.startswith(".") and time.time() - os.path.getmtime(path) > HALF_WRITTEN:
                    os.unlink(path)

    def counts(self):
        """Return what waits and what was set aside, in numbers."""
        paths = self.names()
        return {
            "spooled_count": len(paths),
            "spooled_bytes": sum(_size(path) for path in paths),
            "rejected_count": len(self.aside("rejected")),
            "corrupt_count": len(self.aside("corrupt")),
        }

    def aside(self, folder):
        """Return the paths of what was set aside, oldest first."""
        folder = os.path.join(self.folder, folder)
        try:
            return [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
        except FileNotFoundError:
            return []

    def state(self):
        """Return what is remembered between deliveries; empty where it is lost or unreadable."""
        return read(os.path.join(self.folder, "state.json"))

    def remember(self, state):
        """Write what is to be remembered."""
        write(os.path.join(self.folder, "state.json"), state)

    def _set_aside(self, folder, path, most):
        os.makedirs(os.path.join(self.folder, folder), mode=0o700, exist_ok=True)
        os.replace(path, os.path.join(self.folder, folder, os.path.basename(path)))
        self._prune(folder, most)

    def _prune(self, folder, most):
        for old in self.aside(folder)[:-most]:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(old)


def clock():
    """Return this moment by the wall clock and by the time since boot, which nobody sets."""
    try:
        with open(BOOT_ID, encoding="ascii") as file:
            boot_id = file.read().strip()
    except OSError:
        boot_id = None
    since_boot = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return {
        "boot_id": boot_id,
        "boot_ms": time.clock_gettime_ns(since_boot) // 1_000_000,
        "wall_ms": time.time_ns() // 1_000_000,
    }


def read(path):
    """Return what ``write`` wrote of a mapping; empty where it is lost or unreadable."""
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write(path, content):
    """Write JSON so that the file is there whole or not at all, also after a power cut."""
    _write(path, content)
    _sync(os.path.dirname(path))


def _write(path, content):
    own = f"{os.getpid()}.{threading.get_ident()}"
    temporary = os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{own}")
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, separators=(",", ":"))
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _sync(folder):
    """Make the names in a folder last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _held(waiting):
    report = waiting.report
    number = report.get("seq")
    if not isinstance(number, int):
        number = waiting.clock["wall_ms"]
    sections = report["sections"].items()
    items = frozenset(kind for kind, each in sections if each.get("status") == "ok")
    return Held(number, report["id"], frozenset(report["sections"]), items, waiting.size)


def _order(entry):
    # A host's own number comes before the moment of arrival: an old report may come late.
    path, held = entry
    return held.number, path


def _is_report(name):
    return name.endswith(".json") and name[:1].isdigit()


def _size(path):
    try:
        return os.path.getsize(path)
    except FileNotFoundError:
        return 0


def _try_lock(file):
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
