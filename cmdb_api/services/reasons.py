"""Why a host is missing from the record, and what to do about each. Plain data, no database."""

import shlex

NEVER_SEEN, SILENT, NOTHING = "never_seen", "silent", "nothing_collected"
REFUSED, CLOCK_WRONG, DOWN = "report_refused", "clock_wrong", "minion_down"
FAILING, DISABLED, UNAVAILABLE = (
    *("collector_failing", "collector_disabled"),
    "collector_unavailable",
)
NOT_SYNCED, UNREACHABLE, NOT_COLLECTED = "modules_not_synced", "unreachable", "collection_failed"
PENDING, DENIED, REJECTED = "key_pending", "key_denied", "key_rejected"
NO_COLLECTOR, NOT_REGISTERED = "collector_missing", "not_registered"
# Why a host is missing whose key is in this state, by the words of models.coverage.
OF_KEY = {"pending": PENDING, "denied": DENIED, "rejected": REJECTED}
# Why a host that reported lacks a kind, by the status of its section.
OF_STATUS = {"error": FAILING, "disabled": DISABLED, "unavailable": UNAVAILABLE}

# {reason: what to do}, a line each.
HINTS = {
    NEVER_SEEN: "install it: salt {host} state.apply cmdb; then: salt {host} cmdb.report",
    SILENT: "ask it what waits and why: salt {host} cmdb.status; then: salt {host} cmdb.report",
    NOTHING: "ask it which collectors can run: salt {host} cmdb.plugins",
    FAILING: "try it: salt {host} cmdb.collect; the traceback is at /api/v1/assets/{path}",
    DISABLED: "set it to true below cmdb:collectors in the minion's configuration or pillar",
    UNAVAILABLE: "give it what it lacks, or leave it; why, each: salt {host} cmdb.plugins",
    NO_COLLECTOR: "no report of it ever had this kind: salt {host} saltutil.sync_all; which can "
    "run, and why not: salt {host} cmdb.plugins",
    REFUSED: "where its key is wrong: salt {host} saltutil.refresh_pillar; or give it the key that "
    "'cmdb key {host}' prints on the API's host",
    NOT_REGISTERED: "on the API's host: cmdb asset register {host}; or POST /api/v1/assets",
    CLOCK_WRONG: "set its clock and keep it set by NTP: salt {host} status.time",
    PENDING: "compare its fingerprint, then on the master: salt-key -a {host}",
    DENIED: "another key holds this name; if the host is new: salt-key -d {host}, then salt-key -a",
    REJECTED: "if that was not meant: salt-key --include-rejected -a {host}",
    DOWN: "start it on the host: systemctl start salt-minion; then: salt {host} test.ping",
    NOT_SYNCED: "on the master: salt {host} saltutil.sync_all",
    UNREACHABLE: "try the way to it: salt-ssh {host} test.ping",
    NOT_COLLECTED: "try it: salt {host} cmdb.collect",
}
# The same for a host without a Salt master, which the agent collects.
OF_AGENT = {
    SILENT: "on the host, ask what waits and why: python3 -m cmdb_agent status",
    NOTHING: "on the host, ask which collectors can run: salt-call --local cmdb.plugins",
    FAILING: "on the host, try it: salt-call --local cmdb.collect; the traceback is at "
    "/api/v1/assets/{path}",
    DISABLED: "set it to true below cmdb:collectors in the host's minion configuration",
    UNAVAILABLE: "give it what it lacks, or leave it; why, each: salt-call --local cmdb.plugins",
    NO_COLLECTOR: "no report of it ever had this kind: update the agent; on the host, which can "
    "run, and why not: salt-call --local cmdb.plugins",
    REFUSED: "where its key is wrong, 'cmdb key {host}' on the API's host prints the right one",
    CLOCK_WRONG: "on the host, set its clock and keep it set by NTP",
}
# The same for a host that never reported, and that no master and no roster names.
OF_STRANGER = {
    NEVER_SEEN: "no Salt master or roster names it; if it has a minion, on the master: salt-key -a "
    "{host}; else on the host: python3 -m cmdb_agent install --url URL --key-file -; it asks for "
    "the key that this prints on the API's host: cmdb key {host}",
}
REASONS = tuple(HINTS)
# {reason: what Salt is to run on all such hosts}; the others are mended one by one, or elsewhere.
FUNCTIONS = {
    NEVER_SEEN: "state.apply cmdb",
    NO_COLLECTOR: "saltutil.sync_all",
    NOT_SYNCED: "saltutil.sync_all",
    REFUSED: "saltutil.refresh_pillar",
    CLOCK_WRONG: "status.time",
    **dict.fromkeys((SILENT, NOTHING, FAILING, UNAVAILABLE, NOT_COLLECTED), "cmdb.report"),
}
# Over ssh everything is brought along, and the master signs: to collect is all that can be done.
OVER_SSH = (NEVER_SEEN, SILENT, NOTHING, FAILING, UNAVAILABLE, NOT_COLLECTED, UNREACHABLE)
# What a master may say of why it could not collect a host; anything else is NOT_COLLECTED.
FAILURES = (NOT_SYNCED, UNREACHABLE, FAILING, DOWN, NOT_COLLECTED)


def hint(reason, hostname, special=None):
    """
    Return the line that says what to do; safe to be pasted, whatever the name.

    ``special`` is one of the tables above that goes before the common one.
    """
    line = {**HINTS, **(special or {})}[reason]
    return line.format(host=shlex.quote(hostname), path=shlex.quote(hostname))


def function(reason, tool, kind=None):
    """Return what ``salt`` or ``salt-ssh`` is to run on such hosts; None where nothing mends it."""
    found = FUNCTIONS.get(reason)
    if tool != "salt":
        found = "cmdb.report" if reason in OVER_SSH else None
    return f"{found} {kind}" if kind and found == "cmdb.report" else found
