"""From Salt's bus to the spool: each report is checked; what is its host's own word is kept.

The bus itself does not prove who speaks, and whoever has a minion can put anything there.
"""

import collections
import logging
import re
import threading
import time

import cmdb_canonical as canonical
import cmdb_send as send

log = logging.getLogger(__name__)

# How many reports of a host are remembered, so that one that comes twice is spooled once.
REMEMBERED = 16
# As docs/report.schema.json has it. It becomes a part of a file's name.
REPORT_ID = re.compile(r"[0-9A-Za-z._-]{8,64}")
# The same trouble with one host is told in the log so often, seconds.
TOLD_EVERY = 3600
# Anyone can put any name on the bus: past so many in that time they count as one.
MOST_TOLD = 1000
OTHERS = "others"
MOST_NAME, MOST_FAULT = 255, 500
# How many reports are held in memory while the disk takes none, and how often it is tried.
MOST_HELD, RETRY_SECONDS = 500, 1


class Intake:
    """Checks what came over the bus; what is its host's own word goes to the spool."""

    def __init__(self, spool, keys, trust_bus, refusals):
        self.spool, self.keys, self.trust_bus, self.refusals = spool, keys, trust_bus, refusals
        self.seen = collections.defaultdict(lambda: collections.deque(maxlen=REMEMBERED))
        self.told = {}

    def take(self, pairs):
        """
        Spool the reports of [(minion id, report)] that are right; returns how many.

        Raises OSError where the disk does.
        """
        good = self.check(pairs)
        self.keep(good)
        return len(good)

    def check(self, pairs):
        """Return the reports of [(minion id, report)] that are their host's own word."""
        good = []
        for minion_id, report in pairs:
            minion_id = _plain(minion_id, MOST_NAME)
            try:
                good += self._checked(minion_id, report)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                self._refuse(minion_id, report, f"it is no report: {error!r}")
        return good

    def keep(self, reports, due_ns=0):
        """
        Spool reports that were checked; before ``due_ns`` they are not sent.

        Raises OSError where the disk does; the same may then be kept again: those that found room
        are not written twice, else they would take it from the rest for ever.
        """
        new = [report for report in reports if not self._is_known(report)]
        self.spool.put_all(new, self._remember, due_ns)

    def _is_known(self, report):
        return _mark(report) in self.seen[report["id"].lower()]

    def _remember(self, report):
        self.seen[report["id"].lower()].append(_mark(report))

    def _checked(self, minion_id, report):
        if not isinstance(report, dict) or "sections" not in report:
            self._refuse(minion_id, report, f"it could not collect: {report!s:.{MOST_FAULT}}")
            return []
        if report["id"].lower() != minion_id.lower():
            self._refuse(minion_id, report, f"it is about {report['id']}")
            return []
        if not REPORT_ID.fullmatch(number := report["report_id"]):
            self._refuse(minion_id, report, f"it is no report: its report_id is {number!a:.100}")
            return []
        if self.trust_bus and not report.get("sig"):
            report = self.keys.sign(report)
        fault = self.keys.fault(report) or _wrong_items(report)
        if fault:
            self._refuse(minion_id, report, fault)
            return []
        if self._is_known(report):
            log.debug("the report %s of %s came again", report["report_id"], minion_id)
            return []
        return [report]

    def _refuse(self, minion_id, report, fault):
        """Count it; once in a while say so in the log and keep it for a look."""
        fault, now = _plain(fault, MOST_FAULT), time.monotonic()
        if minion_id not in self.told and len(self.told) >= MOST_TOLD:
            self.told = {n: t for n, t in self.told.items() if now - t[1] < TOLD_EVERY}
            if len(self.told) >= MOST_TOLD:
                minion_id = OTHERS
        self.refusals.note(minion_id, fault)
        count, told_at = self.told.get(minion_id, (0, None))
        if told_at is not None and now - told_at < TOLD_EVERY:
            self.told[minion_id] = count + 1, told_at
            return
        more = f" ({count} more since the last line)" if count else ""
        log.error("a report from %s is not taken: %s%s", minion_id, fault, more)
        self.told[minion_id] = 0, now
        try:
            self.spool.set_apart(report, {"message": fault, "from": minion_id})
        except (OSError, TypeError, ValueError) as error:
            log.warning("it can't be kept for a look: %s", error)


class Hands:
    """What was taken from the bus; on its way to the disk, which may be full for a while."""

    def __init__(self, intake):
        self.intake = intake
        # [(when it is due, the report)]
        self.reports = []
        self.trouble, self.tried_at = None, 0.0

    def take(self, triples):
        """
        Take [(minion id, report, when it is due)]; returns whether anything new is on the disk.

        What the disk does not take now is kept in memory, the newest of it, and tried again.
        """
        for minion_id, report, due_ns in triples:
            self.reports += [(due_ns, each) for each in self.intake.check([(minion_id, report)])]
        if not self.reports or (self.trouble and time.monotonic() < self.tried_at + RETRY_SECONDS):
            return False
        self.tried_at = time.monotonic()
        try:
            for due_ns in sorted({due for due, _ in self.reports}):
                self.intake.keep([each for due, each in self.reports if due == due_ns], due_ns)
        except OSError as error:
            self._wait(error)
            return False
        self.reports, self.trouble = [], None
        return True

    def _wait(self, error):
        if str(error) != self.trouble:
            self.trouble = str(error)
            log.error("%d reports can't be spooled yet: %s", len(self.reports), error)
        if (dropped := len(self.reports) - MOST_HELD) > 0:
            del self.reports[:dropped]
            self.intake.refusals.note_dropped(dropped)
            log.error("%d reports were dropped, the oldest: %s", dropped, error)


class Refusals:
    """What was not taken since it was last written into the spool's state."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count, self.faults = 0, {}
        self.dropped_count = 0

    def note_dropped(self, count):
        """Count reports that neither disk nor memory had room for."""
        with self.lock:
            self.dropped_count += count

    def note(self, minion_id, fault):
        """Count one, and keep why."""
        with self.lock:
            self.count += 1
            # The newest last, whoever had one before.
            self.faults.pop(minion_id, None)
            if len(self.faults) <= MOST_TOLD:
                self.faults[minion_id] = fault

    def into(self, state):
        """Add them to the state; return {minion id: why} of them."""
        with self.lock:
            faults, self.faults = self.faults, {}
            state["not_taken_count"] = state.get("not_taken_count", 0) + self.count
            state["dropped_count"] = state.get("dropped_count", 0) + self.dropped_count
            self.count = self.dropped_count = 0
        if faults:
            minion_id, fault = list(faults.items())[-1]
            send.note_error(state, f"a report from {minion_id} is not taken: {fault}")
        return faults


def _plain(text, most):
    """Return the start of what a minion says, with nothing that breaks a line of the log."""
    return "".join(letter if letter.isprintable() else " " for letter in text[:most])


def _mark(report):
    return report["report_id"], report["sig"]


def _wrong_items(report):
    """Return which section has no items, or not those signed for; None where all are right."""
    for kind, section in report["sections"].items():
        items = section.get("items")
        if items is None and section.get("status") == "ok":
            # The API would want them at each delivery, and nobody has them.
            return f"the items of {kind} are missing; over the bus reports travel whole"
        if items is None or section["digest"] == canonical.digest_of(items):
            continue
        if section["digest"] != canonical.digest(items, section["key"]):
            return f"the items of {kind} are not those that it was signed for"
    return None
