"""From a stream of the API onto the master's event bus: each change as an event that reactors see.

An event is fired first, then the API is told that the master has it: so none is lost where the
master, or the API, ends in between, and one may come twice, with the same ``id``.
"""

import logging
import random
import re
import threading
import urllib.parse

import cmdb_client as client
import cmdb_master as master

log = logging.getLogger(__name__)

# Events that are taken at once.
TOGETHER = 100
# How long to wait where no event was there, seconds.
PAUSE_SECONDS = 3
# The same where the API, or the bus, is away: longer each time.
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 5, 300


class Stream:
    """
    Takes what the stream ``cmdb:events`` has.

    ``open_bus()`` is a context that gives ``fire(event, tag)``, which tells whether it went out.
    """

    def __init__(self, settings, open_bus):
        self.settings, self.open_bus = settings, open_bus
        self.path = f"/api/v1/subscriptions/{urllib.parse.quote(settings['events'], safe='')}"
        self.stopped = threading.Event()

    def run(self):
        """Take events until told to stop; never raises."""
        wait, said = 0, None
        log.info("firing the events of the stream %s", self.settings["events"])
        while not self.stopped.is_set():
            try:
                count = self.take()
                wait, said = 0, None
                pause = 0 if count == TOGETHER else PAUSE_SECONDS
            except Exception as error:
                wait = min(max(2 * wait, FIRST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
                pause = wait * random.uniform(1, 1.5)
                if str(error) != said:
                    said = str(error)
                    _tell(error)
            self.stopped.wait(pause)

    def take(self):
        """Fire the oldest events and say that the master has them; return how many."""
        told = client.get(self.settings, f"{self.path}/events?limit={TOGETHER}")
        if not told["items"]:
            return 0
        ids = []
        # Opened anew each time: a bus that broke once would stay broken.
        with self.open_bus() as fire:
            for event in told["items"]:
                ids.append(event["id"])
                if not fire(event, tag(event)):
                    raise client.ClientError("the master's event bus takes no event")
        client.post(self.settings, f"{self.path}/ack", {"ids": ids})
        return len(ids)


def tag(event):
    """Return the tag of an event: cmdb/change/HOST/KIND, each part without a slash or a space."""
    names = [str(event["type"]).partition(".")[2], event.get("host"), event.get("kind")]
    return "/".join(["cmdb", *(_part(name) for name in names)])


def _part(name):
    return re.sub(r"[^A-Za-z0-9._-]", "_", str(name or "")) or "_"


def _tell(error):
    known = (client.ClientError, master.MasterError, OSError)
    if isinstance(error, known):
        log.warning("events of the CMDB: %s", error)
    else:
        log.error("events of the CMDB", exc_info=error)
