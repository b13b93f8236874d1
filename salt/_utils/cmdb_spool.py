"""Reports that wait for delivery: a folder of files, bounded, and shared by processes.

``<time>-<report id>.json`` waits, ``rejected/`` holds what the API refused, ``corrupt/`` what can't
be read, ``state.json`` what the API has acknowledged and how delivery went.
"""

import contextlib
import fcntl
import logging
import os
import time
from typing import NamedTuple

import cmdb_durable as durable
import cmdb_waiting as waiting_

log = logging.getLogger(__name__)

CORRUPT_KEPT = 20
# A file that is still being written is younger than this, seconds.
HALF_WRITTEN = 3600


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

    def put_all(self, reports, kept=lambda report: None, due_ns=0):
        """
        Keep reports; returns once all are on the disk. Before ``due_ns`` they are not sent.

        ``kept(report)`` is called for each that is, also where the disk then has no room for more.
        """
        written = []
        try:
            for report in reports:
                name = f"{max(time.time_ns(), due_ns):020d}-{report['report_id']}.json"
                durable.put(os.path.join(self.folder, name), waiting_.content(report))
                written.append(report)
        finally:
            if written:
                durable.sync(self.folder)
            for report in written:
                kept(report)

    def names(self):
        """Return the paths of the reports that wait to be sent now, oldest first."""
        now = f"{time.time_ns():020d}~"
        return [path for path in self.every() if os.path.basename(path) < now]

    def seconds_until_due(self, longest):
        """Return how long it takes until one more is to be sent; at most ``longest``."""
        later = [int(os.path.basename(path)[:20]) - time.time_ns() for path in self.every()]
        return min([longest, *(each / 1e9 for each in later if each > 0)])

    def every(self):
        """Return the paths of all waiting reports, also of those that are not yet due."""
        found = [name for name in os.listdir(self.folder) if _is_report(name)]
        return [os.path.join(self.folder, name) for name in sorted(found)]

    def load(self, path):
        """Return a waiting report; None where it is gone, is set aside as broken, or unreadable."""
        self.unreadable.pop(path, None)
        try:
            with open(path, "rb") as file:
                return waiting_.Waiting(path, file.read())
        except FileNotFoundError:
            return None
        except OSError as error:
            # The disk may give it back another time.
            self.unreadable[path] = error.strerror or str(error)
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            self.set_aside_broken(path, error)
            return None

    def set_aside_broken(self, path, error):
        """Keep a file that is no whole report out of the way."""
        log.error("%s is no whole report (%s); set aside in corrupt/", path, error)
        with contextlib.suppress(FileNotFoundError):
            self._set_aside("corrupt", path, CORRUPT_KEPT)

    def settle(self, waiting):
        """Forget a report that the API has settled."""
        with contextlib.suppress(FileNotFoundError):
            os.unlink(waiting.path)

    def reject(self, waiting, error):
        """Set aside a report that the API refused, with what it said."""
        with contextlib.suppress(FileNotFoundError):
            try:
                report = waiting.report
            except (ValueError, TypeError, AttributeError):
                # Its items are broken; the rest is worth a look all the same.
                report = waiting.head
            told = {"error": error, "clock": waiting.clock, "report": report}
            durable.write(waiting.path, told)
            self._set_aside("rejected", waiting.path, self.max_rejected)

    def set_apart(self, report, error):
        """Keep what was refused before it came into the spool, with the reason."""
        name = f"{time.time_ns():020d}.json"
        os.makedirs(os.path.join(self.folder, "rejected"), mode=0o700, exist_ok=True)
        path = os.path.join(self.folder, "rejected", name)
        durable.write(path, {"error": error, "clock": waiting_.clock(), "report": report})
        self._prune("rejected", self.max_rejected)

    def make_room(self):
        """
        Drop superseded reports while a bound is passed; returns how many were dropped.

        A report is superseded when newer ones hold every kind of it. The newest section of each
        kind of each asset, and the newest one with items, stay even where the bounds are passed.
        """
        self._sweep()
        paths = self.every()
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
            # Copies of what the runner is delivering.
            "later_count": len(self.every()) - len(paths),
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
        return durable.read(os.path.join(self.folder, "state.json"))

    def remember(self, state):
        """Write what is to be remembered."""
        durable.write(os.path.join(self.folder, "state.json"), state)

    def _set_aside(self, folder, path, most):
        os.makedirs(os.path.join(self.folder, folder), mode=0o700, exist_ok=True)
        os.replace(path, os.path.join(self.folder, folder, os.path.basename(path)))
        self._prune(folder, most)

    def _prune(self, folder, most):
        for old in self.aside(folder)[:-most]:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(old)


def _held(waiting):
    report = waiting.head
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
