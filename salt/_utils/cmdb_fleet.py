"""What a master or a roster knows of its hosts, for the API; and whom the API misses."""

import logging
import os
import urllib.parse

import cmdb_asking as asking
import cmdb_client as client
import cmdb_durable as durable
import cmdb_master as master

log = logging.getLogger(__name__)

PATH = "/api/v1/coverage"
PAGE_HOSTS = 500
# What the API calls each of them, where it is not the same word.
REASONS = {
    **dict.fromkeys(("unreachable", "denied", "host_key", "no_python"), "unreachable"),
    "job_failed": "collection_failed",
}


class Source:
    """A master's keys or a roster: who is up, and why a host could not be collected."""

    def __init__(self, opts, name):
        self.name, self.path = name, master.folder(opts, "coverage", f"{name}.json")
        kept = durable.read(self.path)
        # None until somebody has asked all of them.
        self.up = kept.get("up")
        self.failures = kept.get("failures", {})

    def note(self, host, outcome):
        """Keep how it went with a host."""
        silent = outcome["result"] == "silent"
        if self.up is not None:
            self.up = sorted({*self.up, host} - ({host} if silent else set()))
        if silent:
            self.failures[host] = {"reason": "minion_down", "detail": outcome["error"]}
        elif outcome.get("reason") == asking.BAD_ARGUMENTS:
            self._answered(host)
        elif outcome["result"] == "failed" and outcome["reason"] not in ("refused", "disk"):
            reason = REASONS.get(outcome["reason"], outcome["reason"])
            self.failures[host] = {"reason": reason, "detail": outcome["error"]}
        else:
            self.failures.pop(host, None)

    def note_up(self, hosts):
        """Keep who of all answered now."""
        self.up = sorted(hosts)
        for host in hosts:
            self._answered(host)

    def _answered(self, host):
        if self.failures.get(host, {}).get("reason") == "minion_down":
            del self.failures[host]

    def save(self):
        """Keep it for the next run."""
        os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        durable.write(self.path, {"up": self.up, "failures": self.failures})

    def push(self, settings, kind, **lists):
        """Tell the API; raises ClientError where it can't hear it."""
        known = set(lists["hosts"] if kind == "roster" else lists["accepted"])
        self.failures = {host: why for host, why in self.failures.items() if host in known}
        content = {"kind": kind, **lists, "failures": self.failures}
        if kind == "salt":
            content["up"] = None if self.up is None else sorted(known.intersection(self.up))
        self.save()
        name = urllib.parse.quote(self.name, safe="")
        told = client.put(settings, f"{PATH}/sources/{name}", content) or {}
        for line in told.get("ignored", ()):
            log.warning("coverage: %s", line)


def pages(settings, window, kind=None):
    """
    Yield the pages of the hosts that the API misses; with ``kind`` of those that lack it.

    ``window`` is how old a report may be; None: what the API's settings say of each kind.
    """
    query = {"limit": PAGE_HOSTS, **_asked(window=window, kind=kind)}
    while True:
        page = client.get(settings, f"{PATH}/missing?{urllib.parse.urlencode(query)}")
        if not isinstance(page, dict) or not {"items", "next_cursor"} <= page.keys():
            raise client.ClientError(f"{settings['url']}{PATH}/missing answered no page of hosts")
        yield page
        query["cursor"] = page["next_cursor"]
        if not query["cursor"]:
            return


def missing(settings, window, kind=None):
    """Return {host: why it is missing, and what to do}."""
    names = ("hostname", "known_as")
    return {
        item["hostname"]: {n: v for n, v in item.items() if n not in names and v is not None}
        for page in pages(settings, window, kind)
        for item in page["items"]
    }


def reasons(settings, window, kinds=()):
    """
    Return {name in lower case: why} of what the API misses, or what lacks one of ``kinds``.

    Names are those that masters and rosters use, which may be other ones than the API's.
    """
    return {
        name.lower(): item["reason"]
        for kind in kinds or (None,)
        for page in pages(settings, window, kind)
        for item in page["items"]
        for name in item.get("known_as") or [item["hostname"]]
    }


def target(settings, window, kind=None):
    """Return the hosts that the API misses and Salt can reach, as ``salt -L`` takes them."""
    found = pages(settings, window, kind)
    return ",".join(filter(None, (page.get("salt_target") for page in found)))


def summary(settings, window):
    """Return the API's counts of what is missing and why."""
    query = urllib.parse.urlencode(_asked(window=window))
    return client.get(settings, f"{PATH}?{query}")


def _asked(**query):
    return {name: value for name, value in query.items() if value}
