"""From the master's spool to the API: sends in batches, and waits longer where the API is away."""

import logging
import os
import random
import threading
import time

import cmdb_durable as durable
import cmdb_post as post
import cmdb_send as send

log = logging.getLogger(__name__)

# With up to half of it on top, a report passes within a minute once the API is back.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1, 40
# What the API has is only a saving: written so seldom, seconds, and lost without harm.
ACKNOWLEDGED_EVERY = 60
# One that is not settled is tried again with the rest after so long, seconds.
LEFT_SECONDS = 60
LOCK_SECONDS = 60


class Delivery:
    """Sends what waits in the spool until it is told to stop."""

    def __init__(self, spool, settings, refusals):
        self.spool, self.settings, self.refusals = spool, settings, refusals
        self.state = {}
        self.path = os.path.join(spool.folder, "acknowledged.json")
        self.acknowledged = durable.read(self.path)
        self.written_at = time.monotonic()
        self.woken = threading.Event()
        self.stopped = threading.Event()

    def wake(self):
        """Say that reports came."""
        self.woken.set()

    def stop(self):
        """End ``run`` after the batch under way."""
        self.stopped.set()
        self.woken.set()

    def run(self):
        """Send whenever something waits; never raises."""
        wait = 0.0
        while not self.stopped.is_set():
            failed = self.deliver()
            if failed is None:
                wait = 0.0
                self.woken.wait(self._until_due())
                # More may follow at once, and is cheaper in one batch.
                self.stopped.wait(self.settings["batch_seconds"])
            else:
                wait = min(max(2 * wait, FIRST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
                # Where many masters wait for one API they must not come back at the same moment.
                pause = max(wait, failed) * random.uniform(1, 1.5)
                log.warning("the CMDB: %s; next try in %.0f s", self.state.get("last_error"), pause)
                self.stopped.wait(pause)
            self.woken.clear()
        self._write_acknowledged()

    def _until_due(self):
        try:
            return self.spool.seconds_until_due(LEFT_SECONDS)
        except (OSError, ValueError):
            return LEFT_SECONDS

    def deliver(self):
        """Send all that waits; None where that went well, else how long the API asks to wait, s."""
        try:
            with self.spool.locked(LOCK_SECONDS) as held:
                if held:
                    return self._deliver()
            send.note_error(self.state, "another process, the runner, is delivering")
        except (OSError, ValueError) as error:
            send.note_error(self.state, f"spool {self.spool.folder}: {error}")
        except Exception as error:
            log.exception("delivery to the CMDB")
            send.note_error(self.state, f"{type(error).__name__}: {error}")
        return 0

    def _deliver(self):
        self.woken.clear()
        # The runner writes it as well.
        self.state = self.spool.state()
        if self.refusals.into(self.state):
            self._save()
        dropped = self.spool.make_room()
        if dropped:
            log.warning("the spool is full: %d superseded reports were dropped", dropped)
            self.state["superseded_count"] = self.state.get("superseded_count", 0) + dropped
            self._save()
        sender = send.Sender(
            self.spool,
            self.settings,
            self.state,
            self.acknowledged,
            save=self._save,
            told=_tell,
            batch_reports=self.settings["batch_reports"],
        )
        try:
            sender.send_all()
        except post.DeliveryError as error:
            send.note_error(self.state, str(error))
            self._save()
            return min(error.retry_after, send.MAX_RETRY_AFTER_SECONDS)
        if said := sender.trouble():
            log.error("%s", said)
            send.note_error(self.state, said)
            self._save()
        if sender.asked_again:
            said = f"the API could not record {len(sender.asked_again)} reports yet"
            send.note_error(self.state, said)
            self._save()
            # Where others pass, it is not the API that needs the rest.
            return None if sender.settled_count else 0
        return None

    def _save(self):
        self.spool.remember(self.state)
        if time.monotonic() - self.written_at > ACKNOWLEDGED_EVERY:
            self._write_acknowledged()

    def _write_acknowledged(self):
        self.written_at = time.monotonic()
        try:
            durable.write(self.path, self.acknowledged)
        except OSError as error:
            log.warning("%s can't be written: %s", self.path, error)


def _tell(report, answer):
    log.debug("the report %s of %s: %s", report["report_id"], report["id"], answer["result"])
