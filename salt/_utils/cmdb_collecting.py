"""One run of collecting: whom to ask, what came, what became of it, and the report on all that.

How hosts are asked is the runner's; here is what is the same for minions and for salt-ssh.
"""

import collections
import logging
import sys
import time

import cmdb_asking as asking
import cmdb_client as client
import cmdb_fleet as fleet
import cmdb_handover as handover_
import cmdb_master as master
import cmdb_master_user as master_user

log = logging.getLogger(__name__)

PROGRESS_SECONDS = 1


class Run:
    """Collects from hosts of one source: ``salt`` with lists of keys, or ``roster`` with hosts."""

    def __init__(self, opts, kind, name, **lists):
        self.settings = master.settings(opts)
        self.keys = master.Keys(self.settings, opts)
        spool = master.open_spool(self.settings, opts)
        self.handover = handover_.Handover(spool, self.settings, self.keys)
        self.source = fleet.Source(opts, name)
        self.kind, self.lists = kind, lists
        # {why: how many hosts are missing for it that can't be asked from here}
        self.out_of_reach = collections.Counter()

    def missing(self, hosts, window, kinds):
        """Return those of ``hosts`` that the API misses; raises ClientError."""
        try:
            # A host that the API has never heard of is one that it misses.
            self.source.push(self.settings, self.kind, **self.lists)
            reasons = fleet.reasons(self.settings, window, kinds)
        except client.Invalid:
            raise
        except client.ClientError as error:
            hint = "only_missing=False collects without asking who is missing"
            raise client.ClientError(f"{error}; {hint}") from error
        known = {host.lower() for host in self._known()}
        self.out_of_reach.update(why for host, why in reasons.items() if host not in known)
        return [host for host in hosts if host.lower() in reasons]

    def _known(self):
        return self.lists["hosts" if self.kind == "roster" else "accepted"]

    def through(self, events, total, timeout):
        """Deliver what comes of ``total`` hosts; return what became of each."""
        progress, outcomes, stopped = _Progress(total), self.handover.outcomes, None
        silent = f"nothing came within {timeout} s; salt-run manage.down lists who is not connected"
        try:
            for host, data in events:
                if host is None:
                    self.handover.tick()
                elif data is None:
                    outcomes[host] = {"result": "silent", "error": silent}
                elif asking.is_report(data.get("return")):
                    self.handover.take(host, data["return"])
                else:
                    outcomes[host] = asking.failure(data.get("return"))
                progress.show(outcomes)
        except master.MasterError as error:
            stopped = str(error)
        finally:
            self.handover.finish()
        progress.show(outcomes, last=True)
        return self._told(outcomes, stopped)

    def _told(self, outcomes, stopped):
        counts = collections.Counter(each["result"] for each in outcomes.values())
        told = {"counts": dict(counts), "hosts": dict(sorted(outcomes.items()))}
        if self.out_of_reach:
            told["not_asked"] = self._not_asked()
        self._note(outcomes)
        if error := stopped or self.handover.error or self._push():
            told["error"] = error
        if counts["failed"] or stopped:
            told["retcode"] = 1
        return told

    def _not_asked(self):
        count, reasons = sum(self.out_of_reach.values()), sorted(self.out_of_reach.items())
        where = "not in the roster" if self.kind == "roster" else "no accepted key here"
        told = ", ".join(f"{why} {number}" for why, number in reasons)
        hosts = "1 missing host" if count == 1 else f"{count} missing hosts"
        return f"{hosts} can't be asked, {where}: {told}; salt-run cmdb.missing names them"

    def _note(self, outcomes):
        """Keep why hosts are missing, for whoever tells the API next."""
        for host, outcome in outcomes.items():
            self.source.note(host, outcome)
        try:
            self.source.save()
        except OSError as error:
            log.warning("why hosts are missing can't be kept: %s", error)

    def _push(self):
        """Tell the API why hosts are missing; returns what went wrong."""
        try:
            self.source.push(self.settings, self.kind, **self.lists)
        except (client.ClientError, master.MasterError, OSError) as error:
            log.warning("coverage is not told to the API: %s", error)
            return f"the API was not told why hosts are missing: {error}"
        return None


def by_ssh(keys, host, report):
    """
    Return the report that came over an ssh connection to ``host``, signed: that is its proof.

    What can't be that host's report is returned as a text that says why.
    """
    if not asking.is_report(report):
        return report
    if str(report.get("id")).lower() != host.lower():
        return f"it is about {report.get('id')}, and came from {host}"
    try:
        return keys.sign({**report, "via": "ssh"})
    except (AttributeError, TypeError, ValueError) as error:
        return f"it is no report: {error!r}"


def deliver(opts, report, host=None):
    """Deliver one report that came from ``host`` over ssh, or that is signed; return the result."""
    with master_user.become(opts):
        settings = master.settings(opts)
        keys = master.Keys(settings, opts)
        if host is not None:
            report = by_ssh(keys, host, report)
        if not asking.is_report(report):
            return asking.failure(report)
        spool = master.open_spool(settings, opts)
        handover = handover_.Handover(spool, settings, keys)
        handover.take(report["id"], report)
        handover.finish()
        told = {"report_id": report["report_id"], **handover.outcomes[report["id"]]}
        if handover.error:
            told["error"] = handover.error
        return {**told, "spooled_count": spool.counts()["spooled_count"]}


def kinds(given):
    """Return the kinds that were asked for, as ``disk,nic`` or a list; none: all."""
    if isinstance(given, str):
        given = given.split(",")
    return [str(kind).strip() for kind in given or ()]


def check(only_missing=True, **numbers):
    """Raise where a number that was given is none above 0, or ``only_missing`` no boolean."""
    if not isinstance(only_missing, bool):
        raise master.MasterError(f"only_missing must be True or False, not {only_missing!r}")
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise master.MasterError(f"{name} must be a whole number above 0, not {value!r}")


class _Progress:
    """A line on standard error, at most one a second: standard output is for the result."""

    def __init__(self, total):
        self.total, self.next_at, self.line = total, 0, None

    def show(self, outcomes, last=False):
        if not last and time.monotonic() < self.next_at:
            return
        self.next_at = time.monotonic() + PROGRESS_SECONDS
        counts = collections.Counter(each["result"] for each in outcomes.values())
        told = ", ".join(f"{count} {result}" for result, count in sorted(counts.items()))
        line = f"{len(outcomes)} of {self.total} hosts" + (f": {told}" if told else "")
        if line != self.line:
            print(line, file=sys.stderr, flush=True)
        self.line = line
