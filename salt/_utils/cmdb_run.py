"""Run collectors: each one alone with its failure, bounded in time, its result as a section."""

import contextvars
import threading
import time
import traceback
from typing import Any, Callable, NamedTuple, Optional

import cmdb_canonical as canonical
import cmdb_items as items
import cmdb_source as source

MAX_TRACEBACK_CHARS = 8000
# A command is killed at the limit and says which it was; only then is its collector given up.
GRACE_SECONDS = 1.0


class Collector(NamedTuple):
    """One collector as found: what it says about itself and what the settings say about it."""

    kind: str
    collect: Optional[Callable[[], list[dict]]]
    key: tuple = ()
    serial: Optional[str] = None
    volatile: frozenset = frozenset()
    slow: bool = False
    bulk: bool = False
    enabled: bool = True
    limit_seconds: float = source.LIMIT_SECONDS
    options: Any = None
    origin: str = ""
    # Why it can't be run at all: (error, traceback).
    fault: Optional[tuple] = None


def sections(collectors):
    """Return {kind: section}. Slow collectors run side by side, the others one after another."""
    done = {}

    def run(collector):
        done[collector.kind] = section(collector)

    threads = [
        # The context carries the door and Salt's loader into the thread.
        threading.Thread(target=contextvars.copy_context().run, args=(run, each), daemon=True)
        for each in collectors
        if each.slow
    ]
    for thread in threads:
        thread.start()
    for collector in collectors:
        if not collector.slow:
            run(collector)
    for thread in threads:
        thread.join()
    return {kind: done[kind] for kind in sorted(done)}


def section(collector):
    """Return what one collector says; whatever it raises is an outcome, never an exception."""
    if not collector.enabled:
        return {"status": "disabled"}
    if collector.fault:
        return {"status": "error", "error": collector.fault[0], "traceback": collector.fault[1]}
    task = source.Task(collector.options, collector.limit_seconds)
    started = time.perf_counter()
    try:
        outcome = source.abandonable(
            lambda: _ok(collector, task),
            limit_seconds=collector.limit_seconds,
            grace_seconds=GRACE_SECONDS,
            what=f"cmdb_{collector.kind}",
        )
    except Exception as error:
        outcome = _failed(error)
        if task.problems:
            outcome["problems"] = task.lines()
    outcome["took_ms"] = round((time.perf_counter() - started) * 1000)
    return outcome


def _ok(collector, task):
    source.begin(task)
    if not collector.key:
        raise source.CollectorError(f"{collector.origin or collector.kind} has no KEY")
    stable, volatile = items.clean(collector.collect(), collector.key, collector.volatile)
    found = {
        "status": "ok",
        "digest": canonical.digest_of(stable),
        "key": list(collector.key),
        "items": stable,
    }
    if collector.serial:
        found["serial"] = collector.serial
    if collector.bulk:
        found["bulk"] = True
    if volatile:
        found["volatile"] = volatile
    if task.problems:
        found["problems"] = task.lines()
    return found


def _failed(error):
    if getattr(error, "outcome", "error") == "unavailable":
        return {"status": "unavailable", "reason": items.text(str(error)) or "no reason given"}
    said = f"{type(error).__name__}: {error}"
    lines = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return {
        "status": "error",
        "error": items.stable(said)[:MAX_TRACEBACK_CHARS],
        "traceback": items.stable(lines)[-MAX_TRACEBACK_CHARS:],
    }
