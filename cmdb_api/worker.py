"""What is done beside requests: events handed out and delivered, facts filled, what is old removed.

Several may run at once, on several machines. One that is killed leaves nothing half done: an event
whose delivery was not noted is delivered again, with the same id.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError

from cmdb_api.errors import Busy
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.services.events import deliveries, fanout, keeping
from cmdb_api.services.events.sending import Sender
from cmdb_api.services.search import filling

log = logging.getLogger(__name__)

# Between two looks at what there is to do, seconds.
PAUSE = 1
# The same where the database does not answer.
LONG_PAUSE = 10
# Webhooks that are delivered for at once.
MOST_SENDERS = 32
# How long senders that are told to stop are waited for, seconds.
GRACE = 3
FILLED_TOGETHER = 100
# A step that always finds more lets the others have their turn after so long, seconds.
SLICE = 5


class Step(NamedTuple):
    """Something to be done again and again: ``run(session, moment, settings)`` gives how much."""

    name: str
    run: Callable
    every_seconds: int = 0


STEPS = (
    Step("hand out events", lambda session, moment, settings: fanout.hand_out(session)),
    Step(
        "fill facts", lambda session, moment, settings: filling.fill(session, FILLED_TOGETHER), 30
    ),
    Step(
        "give up events",
        lambda session, moment, settings: keeping.give_up(
            session, moment, settings["WEBHOOK_GIVE_UP_HOURS"]
        ),
        60,
    ),
    Step(
        "expire events",
        lambda session, moment, settings: keeping.expire(
            session, moment, settings["EVENTS_KEEP_DAYS"]
        ),
        60,
    ),
    Step(
        "trim the log of deliveries",
        lambda session, moment, settings: keeping.trim_log(
            session, moment, settings["EVENTS_KEEP_DAYS"]
        ),
        60,
    ),
    Step("sweep events", lambda session, moment, settings: keeping.sweep(session), 600),
)


class Worker:
    """Does the steps, and delivers for each webhook in a thread of its own."""

    def __init__(self, app, *, clock=now):
        self.app, self.clock = app, clock
        self.name = f"{socket.gethostname()[:32]}:{os.getpid()}:{secrets.token_hex(4)}"
        self.stopped = threading.Event()
        self.done_at = {}
        # {id of a webhook: (thread, Sender)}
        self.senders = {}

    def run(self):
        """Work until told to stop."""
        log.info("worker %s begins", self.name)
        while not self.stopped.is_set():
            is_well = self._steps() and self._start_senders()
            self.stopped.wait(PAUSE if is_well else LONG_PAUSE)
        self._end_senders()
        log.info("worker %s ends", self.name)

    def stop(self, *_):
        """End ``run`` soon."""
        self.stopped.set()

    def once(self):
        """Do each step as far as it goes, and deliver what is due, one webhook after another."""
        self.done_at = {}
        self._steps()
        with self.app.app_context():
            found = deliveries.ready(db.session, self.clock())
            db.session.commit()
            for number in found:
                self._sender().run(number)

    def _steps(self):
        """Do what is due of the steps; return whether all went well."""
        return all([self._step(step) for step in STEPS if self._is_due(step)])

    def _is_due(self, step):
        last = self.done_at.get(step.name)
        return last is None or time.monotonic() - last >= step.every_seconds

    def _step(self, step):
        end = time.monotonic() + SLICE
        self.done_at[step.name] = time.monotonic()
        with self.app.app_context():
            try:
                while not self.stopped.is_set() and time.monotonic() < end:
                    count = step.run(db.session, self.clock(), self.app.config)
                    db.session.commit()
                    if not count:
                        return True
            except (SQLAlchemyError, Busy) as error:
                log.error("%s: %s", step.name, error)
                return False
            except Exception:
                # One step's fault is no reason to leave the others undone.
                log.exception("%s", step.name)
                return False
        # There is more: it goes on in the next round.
        del self.done_at[step.name]
        return True

    def _start_senders(self):
        """Deliver for those webhooks that nobody delivers for; return whether that went well."""
        self.senders = {n: pair for n, pair in self.senders.items() if pair[0].is_alive()}
        try:
            with self.app.app_context():
                found = deliveries.ready(db.session, self.clock())
        except SQLAlchemyError as error:
            log.error("deliver events: %s", error)
            return False
        for number in found:
            if number not in self.senders and len(self.senders) < MOST_SENDERS:
                sender = self._sender()
                # Not waited for at the end: a receiver may let it wait for long.
                thread = threading.Thread(target=self._send, args=(sender, number), daemon=True)
                self.senders[number] = thread, sender
                thread.start()
        return True

    def _sender(self):
        return Sender(db.session, self.app.config, worker=self.name, clock=self.clock)

    def _send(self, sender, number):
        with self.app.app_context():
            try:
                sender.run(number)
            except SQLAlchemyError as error:
                log.error("deliver events: %s", error)
            except Exception:
                log.exception("deliver events")

    def _end_senders(self):
        end = time.monotonic() + GRACE
        for _, sender in self.senders.values():
            sender.stop()
        for thread, _ in self.senders.values():
            thread.join(max(end - time.monotonic(), 0))
