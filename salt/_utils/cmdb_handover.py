"""Hand collected reports over: check, spool, send; and know of each host what became of its own.

The spool is the master's, shared with the engine. Reports are written and sent while it is held,
so that the answers come to us. What can't be sent now stays for the engine or the next run.
"""

import logging
import os
import time

import cmdb_durable as durable
import cmdb_intake as intake_
import cmdb_post as post
import cmdb_send as send

log = logging.getLogger(__name__)

# Reports are handed over when so many are in hand, or the first has waited so long, seconds.
GROUP_REPORTS = 50
GROUP_SECONDS = 1
LOCK_SECONDS = 60
# After a failure the API is left alone at least so long; the end of a run tries once more.
PAUSE_SECONDS = 30
BUSY = "another process is delivering; it or the next run takes the reports along"


class Handover:
    """Takes reports of hosts; ``outcomes`` is {host: what became of its report}."""

    def __init__(self, spool, settings, keys):
        self.spool, self.settings = spool, settings
        self.state, self.outcomes, self.error = {}, {}, None
        self.path = os.path.join(spool.folder, "acknowledged.json")
        self.acknowledged = durable.read(self.path)
        self.refusals = intake_.Refusals()
        self.intake = intake_.Intake(spool, keys, settings["trust_bus"], self.refusals)
        self.pairs, self.since = [], None
        # {report id: host} of what was spooled and not answered for.
        self.open = {}
        self.pause_until, self.retry_after = 0, 0

    def take(self, host, report):
        """Keep a report of a host until a group is together."""
        if not self.pairs:
            self.since = time.monotonic()
        self.pairs.append((host, report))
        if len(self.pairs) >= GROUP_REPORTS:
            self.hand()

    def tick(self):
        """Hand over what has waited long enough."""
        if self.pairs and time.monotonic() - self.since > GROUP_SECONDS:
            self.hand()

    def hand(self):
        """Spool what is in hand, and send where the API is not known to be away."""
        pairs, self.pairs = self.pairs, []
        if pairs:
            try:
                with self.spool.locked(LOCK_SECONDS) as held:
                    self._begin()
                    self._spool(pairs)
                    self._send(held)
            except OSError as error:
                self._not_on_disk(pairs, error)

    def finish(self):
        """Try once more what still waits; see what another process has sent of ours."""
        self.hand()
        try:
            if self.open and self.retry_after <= PAUSE_SECONDS:
                self.pause_until = 0
                with self.spool.locked(LOCK_SECONDS) as held:
                    self._begin()
                    self._send(held)
            if self.open:
                self._look_again()
            durable.write(self.path, self.acknowledged)
        except OSError as error:
            log.warning("the spool %s: %s", self.spool.folder, error)

    def _begin(self):
        """See the state as another process may have left it."""
        self.state.clear()
        self.state.update(self.spool.state())

    def _spool(self, pairs):
        self.intake.take(pairs)
        faults = self.refusals.into(self.state)
        for host, report in pairs:
            if fault := faults.get(host):
                reason = "unsigned" if "sign" in fault else "no_report"
                self.outcomes[host] = {"result": "failed", "reason": reason, "error": fault}
            else:
                self.outcomes[host] = {"result": "spooled"}
                self.open[report["report_id"]] = host

    def _not_on_disk(self, pairs, error):
        self.error = f"the spool {self.spool.folder}: {error}"
        log.error("%s", self.error)
        failed = {"result": "failed", "reason": "disk", "error": self.error}
        for host, _ in pairs:
            if host not in self.outcomes:
                self.outcomes[host] = failed

    def _send(self, held):
        if not held:
            self.error = BUSY
            return
        if time.monotonic() < self.pause_until:
            return
        try:
            if not self.settings["url"]:
                raise post.DeliveryError("cmdb:url is not set in the master's configuration")
            sender = self._sender()
            sender.send_all()
            self.error = sender.trouble()
        except post.DeliveryError as error:
            self.error, self.retry_after = str(error), error.retry_after
            self.pause_until = time.monotonic() + max(error.retry_after, PAUSE_SECONDS)
        if self.error:
            send.note_error(self.state, self.error)
            log.warning("reports wait in %s: %s", self.spool.folder, self.error)
        self._save()

    def _sender(self):
        dropped = self.spool.make_room()
        self.state["superseded_count"] = self.state.get("superseded_count", 0) + dropped
        return send.Sender(
            self.spool,
            self.settings,
            self.state,
            self.acknowledged,
            save=self._save,
            told=self._told,
            batch_reports=self.settings["batch_reports"],
        )

    def _save(self):
        self.spool.remember(self.state)

    def _told(self, report, answer):
        """Hear what the API says of a report; those of the engine are none of ours."""
        host = self.open.get(report["report_id"])
        if host is None or answer["result"] in ("incomplete", "retry"):
            return
        del self.open[report["report_id"]]
        if answer["result"] == "refused":
            refused = {"result": "failed", "reason": "refused", "error": send.why(answer)}
            self.outcomes[host] = refused
        else:
            self.outcomes[host] = send.said(answer)

    def _look_again(self):
        """What is no more in the spool, another process has delivered or seen refused."""
        waiting = {_number(path) for path in self.spool.names()}
        refused = {_number(path): path for path in self.spool.aside("rejected")}
        for number, host in self.open.items():
            if number in refused:
                error = send.why(durable.read(refused[number]))
                self.outcomes[host] = {"result": "failed", "reason": "refused", "error": error}
            elif number not in waiting:
                self.outcomes[host] = {"result": "delivered"}


def _number(path):
    """Return the report id that is in a file's name."""
    return os.path.basename(path)[: -len(".json")].partition("-")[2]
