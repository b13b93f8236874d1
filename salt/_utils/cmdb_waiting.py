"""One report as it waits in a spool, and its file.

The file has two lines: the report without its items, and these by kind. Most reports have not
changed and go without their items, which are then never parsed.
"""

import json
import time

import cmdb_canonical as canonical
import cmdb_durable as durable

BOOT_ID = "/proc/sys/kernel/random/boot_id"


class Waiting:
    """One report in the spool: ``head`` is all of it but the items of its sections."""

    def __init__(self, path, content):
        """Read a file's content; raises ValueError, KeyError or TypeError where it is broken."""
        first, _, self._rest = content.partition(b"\n")
        told = json.loads(first)
        self.path, self.size = path, len(content)
        self.head, self.clock = told["report"], told["clock"]
        if told.get("items_below") and not content.endswith(b"\n"):
            raise ValueError("the file is cut off")
        if not isinstance(self.head["sections"], dict):
            raise ValueError("sections is no mapping")
        int(self.clock["wall_ms"]), int(self.clock["boot_ms"])
        self.head["report_id"], self.head["id"], self.clock["boot_id"]
        self._report = None

    @property
    def report(self):
        """The whole report; raises ValueError where its items are broken."""
        if self._report is None:
            items = json.loads(self._rest) if self._rest.strip() else {}
            sections = {
                kind: {**section, **items[kind]} if items.get(kind) else section
                for kind, section in self.head["sections"].items()
            }
            self._report = {**self.head, "sections": sections}
        return self._report

    @property
    def age_ms(self):
        """How long ago it was collected. A clock that is set meanwhile does not count."""
        now = clock()
        if now["boot_id"] and now["boot_id"] == self.clock["boot_id"]:
            return max(0, now["boot_ms"] - self.clock["boot_ms"])
        return max(0, now["wall_ms"] - self.clock["wall_ms"])


def content(report):
    """Return the content of a new report's file, from this moment on."""
    sections, items = {}, {}
    for kind, section in report["sections"].items():
        apart = canonical.WITH_ITEMS if isinstance(section, dict) and "digest" in section else ()
        items[kind] = {name: section[name] for name in apart if name in section}
        sections[kind] = _without(section, apart) if apart else section
    head = {**report, "sections": sections}
    first = durable.dumps({"clock": clock(), "items_below": True, "report": head})
    return b"\n".join([first, durable.dumps(items), b""])


def _without(section, names):
    return {name: value for name, value in section.items() if name not in names}


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
