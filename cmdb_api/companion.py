"""The worker beside the server: a child process that is started again where it ends."""

import contextlib
import logging
import os
import subprocess
import sys
import time

log = logging.getLogger(__name__)

# How long it is waited for when it was told to stop, seconds.
GRACE = 6
# One that ended is started again after so long; longer each time where it ends at once, seconds.
FIRST_REST, LONGEST_REST = 1, 60


class Companion:
    """Keeps ``cmdb worker`` running."""

    def __init__(self):
        self.process, self.started_at, self.rest, self.next_at = None, 0.0, FIRST_REST, 0.0

    def look(self):
        """Start it where it does not run; to be called again and again."""
        if self.process is not None:
            if self.process.poll() is None:
                return
            self._ended()
        if time.monotonic() >= self.next_at:
            self._start()

    def stop(self):
        """Tell it to stop, and wait until it did."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            self.process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def _start(self):
        command = [sys.executable, "-m", "cmdb_api", "worker", "--parent", str(os.getpid())]
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL)

    def _ended(self):
        self.process, now = None, time.monotonic()
        is_sudden = now - self.started_at < LONGEST_REST
        self.rest = min(2 * self.rest, LONGEST_REST) if is_sudden else FIRST_REST
        self.next_at = now + self.rest
        log.error("the worker ended; it is started again in %d s", self.rest)
