"""Run collectors: each one alone with its failure, bounded in time, its result as a section."""

import contextlib
import functools
import gc
import time
import traceback
from typing import Any, Callable, NamedTuple, Optional

import cmdb_canonical as canonical
import cmdb_crew as crew
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
    """Return {kind: section}. Collectors that wait do so side by side, the rest run in line."""
    tasks = {}
    works = [
        crew.Work(
            each.kind,
            functools.partial(_attempt, each, tasks),
            limit_seconds=each.limit_seconds + GRACE_SECONDS,
            slow=each.slow,
        )
        for each in collectors
        if each.enabled and not each.fault
    ]
    with source.sharing(), _old_left_alone():
        done = crew.Crew(works, lambda work: _given_up(work, tasks)).run()
    return {
        each.kind: done.get(each.kind) or _not_run(each)
        for each in sorted(collectors, key=lambda each: each.kind)
    }


@contextlib.contextmanager
def _old_left_alone():
    """
    Keep the garbage collector off what was there before.

    In a job, a fork of the minion, it would copy all of Salt's memory by looking at it, which takes
    as long as all collectors.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def section(collector):
    """Return what one collector says; whatever it raises is an outcome, never an exception."""
    return sections([collector])[collector.kind]


def _not_run(collector):
    if not collector.enabled:
        return {"status": "disabled"}
    return {"status": "error", "error": collector.fault[0], "traceback": collector.fault[1]}


def _attempt(collector, tasks, work):
    task = source.Task(collector.options, collector.limit_seconds, pause=work.pause)
    tasks[collector.kind] = task
    try:
        outcome = _ok(collector, task)
    except Exception as error:
        outcome = _failed(error)
    except BaseException as error:
        # sys.exit() of a collector ends the collector, not the minion's job.
        outcome = _failed(source.ended(f"cmdb_{collector.kind}", error))
    return _closed(outcome, work, task)


def _given_up(work, tasks):
    task = tasks[work.name]
    outcome = _failed(source.too_long(f"cmdb_{work.name}", task.limit_seconds))
    return _closed(outcome, work, task)


def _closed(outcome, work, task):
    if task.problems:
        outcome["problems"] = task.lines()
    outcome["took_ms"] = round((time.monotonic() - work.started) * 1000)
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
