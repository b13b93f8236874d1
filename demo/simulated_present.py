"""The simulated fleet while the demo is up: hosts go on reporting, and now and then one changes.

A report that brings no news travels without items, and costs the API a row of a status table.
"""

import heapq
import logging
import threading
import time

from simulated import RETRY, TAKEN
from simulated_hosts import INTERVAL_MS

log = logging.getLogger(__name__)

TICK_SECONDS = 5
# Small requests, so that nobody who works in the console waits for one.
AT_ONCE = 25
AGAIN_MS, LIMIT_SECONDS = 30_000, 60
# One of so many reports tells of a change.
CHANGE_EACH = 20


class Present(threading.Thread):
    """Reports for the hosts that report at all, each at its turn, until ``end``."""

    def __init__(self, loader, tellers):
        super().__init__(name="simulated fleet", daemon=True)
        self.loader, self.count, self.ended = loader, 0, threading.Event()
        # (when, number of the host, its Teller), the next one first.
        self.turns = [
            (teller.now_ms - teller.host.turn_ms + INTERVAL_MS, teller.host.number, teller)
            for teller in tellers
            if not (teller.host.quiet or teller.host.retired)
        ]
        heapq.heapify(self.turns)

    def run(self):
        while not self.ended.wait(TICK_SECONDS):
            try:
                self.turn(int(time.time() * 1000))
            # Whatever it is: it is in the log, and the demo and its output go on.
            except Exception as error:
                log.warning("the API did not take reports: %s", error, exc_info=True)

    def end(self):
        """Send no more; a request on its way ends with the API."""
        self.ended.set()

    def turn(self, now_ms):
        """Send the reports that are due, at most some at once, the longest waiting first."""
        due, after = self._due(now_ms), {}
        reports = [self._report(teller, now_ms) for _, _, teller in due]
        try:
            told = self.loader.post(reports, LIMIT_SECONDS) if reports else []
            for (at, number, teller), (result, report) in zip(due, told, strict=True):
                after[number] = _next(at, now_ms) if _settled(teller, result, report) else None
        finally:
            for _, number, teller in due:
                at = after.get(number) or now_ms + AGAIN_MS
                heapq.heappush(self.turns, (at, number, teller))

    def _due(self, now_ms):
        found = []
        while self.turns and self.turns[0][0] <= now_ms and len(found) < AT_ONCE:
            found.append(heapq.heappop(self.turns))
        return found

    def _report(self, teller, now_ms):
        self.count += 1
        if self.count % CHANGE_EACH == 0:
            teller.happen(self.count // CHANGE_EACH)
        return teller.at(now_ms)


def _settled(teller, result, report):
    """Tell whether a report is done with; else the next one follows soon."""
    if result in TAKEN:
        teller.took(report)
        return True
    log.info("%s: %s", report["id"], result)
    if result == "incomplete":
        # The API lacks items that it had; it gets all.
        teller.known.clear()
    return result not in (RETRY, "incomplete")


def _next(at, now_ms):
    """Return when a host's turn is again; those that it missed are not made up for."""
    return at + INTERVAL_MS * (1 + max(now_ms - at, 0) // INTERVAL_MS)
