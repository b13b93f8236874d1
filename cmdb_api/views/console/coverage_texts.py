"""Why a host did not report, and what mends that, in words; and the commands in a hint."""

import re

from flask import request
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from cmdb_api.models import coverage as models
from cmdb_api.services import reasons
from cmdb_api.views.console import formats
from cmdb_api.views.console.messages import say

# {reason: (its name, what it means, what mends it)}
REASONS = {
    reasons.NEVER_SEEN: (
        _l("Never reported"),
        _l("It is expected, and no report of it ever came."),
        _l("Install the collectors on it, then let it report."),
    ),
    reasons.SILENT: (
        _l("Silent"),
        _l("It reported before, and not within its window."),
        _l("Ask it what waits to be sent, and why."),
    ),
    reasons.NOTHING: (
        _l("Reports nothing"),
        _l("Reports come, but nothing is collected in them."),
        _l("Ask it which collectors can run, and why the others can't."),
    ),
    reasons.FAILING: (
        _l("Collector fails"),
        _l("A collector stops with an error; what it brought before is kept."),
        _l("Try it on the host; the error stands on the asset's page."),
    ),
    reasons.DISABLED: (
        _l("Collector turned off"),
        _l("The configuration of the host turns the collector off."),
        _l("Set it to true below cmdb:collectors in the minion's configuration or pillar."),
    ),
    reasons.UNAVAILABLE: (
        _l("Collector can't run"),
        _l("The host lacks a tool, a device or a right that the collector needs."),
        _l("Give it what it lacks, or leave it: not every host has such hardware."),
    ),
    reasons.NO_COLLECTOR: (
        _l("Collector missing"),
        _l("No report of it ever had this kind."),
        _l("Bring the newest modules to it, then ask which can run."),
    ),
    reasons.REFUSED: (
        _l("Report refused"),
        _l("Reports come in its name, and are not taken: mostly a wrong key."),
        _l("Refresh its pillar, so that it gets its key; or give it the key by hand."),
    ),
    reasons.NOT_REGISTERED: (
        _l("Not registered"),
        _l("It reports, and nobody registered it; its reports are refused."),
        _l("Register it, if it is one of yours."),
    ),
    reasons.CLOCK_WRONG: (
        _l("Clock wrong"),
        _l("Its clock is off by more than a day, so certificates are not valid for it."),
        _l("Set its clock, and keep it set by NTP."),
    ),
    reasons.PENDING: (
        _l("Key not accepted"),
        _l("Its minion waits for the master to accept its key."),
        _l("Compare its fingerprint, then accept the key on the master."),
    ),
    reasons.DENIED: (
        _l("Key denied"),
        _l("Another key holds this name on the master."),
        _l("If the host is new, delete the old key and accept the new one."),
    ),
    reasons.REJECTED: (
        _l("Key rejected"),
        _l("Somebody rejected the key of its minion."),
        _l("If that was not meant, accept the key after all."),
    ),
    reasons.DOWN: (
        _l("Minion down"),
        _l("Its key is accepted, and the minion does not answer the master."),
        _l("Start the minion on the host, then ping it from the master."),
    ),
    reasons.NOT_SYNCED: (
        _l("Modules not synced"),
        _l("The minion does not have the collectors yet."),
        _l("Bring the modules to it from the master."),
    ),
    reasons.UNREACHABLE: (
        _l("Not reachable by SSH"),
        _l("The roster names it, and no connection could be made."),
        _l("Try the way to it: address, port, key, firewall."),
    ),
    reasons.NOT_COLLECTED: (
        _l("Collection failed"),
        _l("The master asked it to collect, and that failed."),
        _l("Try it by hand, and read what it says."),
    ),
}
SOURCE_KINDS = {models.SALT: _l("Salt master"), models.ROSTER: _l("roster")}
# {state of a key: in words}
KEYS = {
    models.ACCEPTED: _l("accepted"),
    models.PENDING: _l("pending"),
    models.DENIED: _l("denied"),
    models.REJECTED: _l("rejected"),
    models.LISTED: _l("listed"),
}
# Programs that a hint tells to run, after a colon, up to what is said next.
_COMMAND = re.compile(
    r"(?:^|: )((?:salt|salt-key|salt-ssh|salt-call|systemctl|cmdb|python3) .+?)"
    r"(?=; |, then |$)"
)
# What stands for our own address in a hint.
_OURS = "--url URL"
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,12}Z)")


def name(reason):
    """Return what a reason is called."""
    return str(REASONS[reason][0]) if reason in REASONS else str(reason)


def commands(hint):
    """Return the commands in a hint of ``services.reasons``, ready to be pasted."""
    found = _COMMAND.findall(hint or "")
    if not request:
        return found
    own = f"--url {request.url_root.rstrip('/')}"
    return [command.replace(_OURS, own) for command in found]


def mends(item):
    """Return what mends a host, in words; the hint as it is where it tells of another way."""
    told = REASONS.get(item["reason"])
    if told is None or not commands(item["hint"]):
        return item["hint"]
    return str(told[2])


def timed(text):
    """Return a text of a service with its times in the viewer's zone."""
    pieces = _TIME.split(say(text))
    return Markup().join(
        formats.moment(each) if number % 2 else escape(each) for number, each in enumerate(pieces)
    )
