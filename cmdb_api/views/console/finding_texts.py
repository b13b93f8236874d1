"""What findings say, and what can be decided about them, in words."""

import re
from datetime import timedelta

from flask_babel import format_timedelta, ngettext
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from cmdb_api.models import finding as models
from cmdb_api.services import worklist
from cmdb_api.views.console import formats, labels

KINDS = {
    models.UNKNOWN_HOST: _l("Unknown host"),
    models.IDENTITY: _l("Identity"),
    models.QUARANTINE: _l("Values not taken"),
    models.DRIFT: _l("Drift"),
    models.COLLECTOR: _l("Collector"),
    models.CLOCK: _l("Clock"),
    models.RETIRED: _l("Retired, and reports"),
    models.STATE: _l("Off, and reports"),
}
STATUSES = {
    models.OPEN: _l("Open"),
    models.MUTED: _l("Muted"),
    models.DECIDED: _l("Decided"),
    models.CLOSED: _l("Closed"),
    worklist.ANY: _l("All"),
}
# {kind, or kind and subject or status: the sentence}
SENTENCES = {
    "unknown_host": _l("%(host)s reports, and nobody registered it."),
    "identity": _l("%(host)s may be another machine."),
    "identity.rename": _l("It seems that %(other)s was renamed to %(host)s."),
    "identity.clone": _l("%(host)s and %(other)s both report, and have the same identity."),
    "identity.reused": _l("It seems that %(host)s runs on the machine of %(other)s now."),
    "identity.board_swap": _l("It seems that the board of %(host)s was replaced."),
    "identity.reinstall": _l("It seems that %(host)s was installed anew."),
    "identity.conflict": _l("Two machines report as %(host)s; the second is refused."),
    "identity.replaced": _l("Another machine has taken over the name %(host)s."),
    "drift": _l("%(fact)s of %(host)s is %(observed)s; declared is %(declared)s."),
    "collector": _l("%(kind)s: the collector has trouble on %(host)s."),
    "collector.error": _l("%(kind)s: the collector fails on %(host)s."),
    "collector.unavailable": _l("%(kind)s: the collector can't run any more on %(host)s."),
    "clock": _l("The clock of %(host)s is wrong."),
    "clock.ahead": _l("The clock of %(host)s is %(skew)s ahead."),
    "clock.behind": _l("The clock of %(host)s is %(skew)s behind."),
    "retired": _l("%(host)s is retired, and still reports; its reports are refused."),
    "state": _l("%(host)s reports, and its state is “%(state)s”."),
}
# {decision, or kind and decision: what its button says}
DECISIONS = {
    "register": _l("Register"),
    "alias": _l("It is another name of that asset"),
    "set_online": _l("Set online"),
    "bring_back": _l("Bring back"),
    "accept_observed": _l("Accept what is observed"),
    "confirm": _l("It was so"),
    "clone": _l("They are two machines"),
    "rename": _l("It was renamed"),
    "merge": _l("Merge both into that one"),
    "replace": _l("The other machine is right"),
    "ignore": _l("Leave it"),
    "unknown_host.ignore": _l("Ignore this host"),
    "drift.ignore": _l("Keep what is declared"),
    "mute": _l("Mute"),
    "unmute": _l("Unmute"),
    "reopen": _l("Open again"),
}
# {decision, or kind and decision: what it does}
DOES = {
    "register": _l("It becomes a registered asset, and keeps what it reported."),
    "alias": _l(
        "Its name becomes another name of the asset that you give, and what it reported goes "
        "there. A host whose key was revoked reports once it has its new key."
    ),
    "set_online": _l("The state of the asset becomes online."),
    "bring_back": _l(
        "The asset comes back as planned. Its key is another one: it reports once it has that."
    ),
    "accept_observed": _l("What is observed is declared from now on, under your name."),
    "confirm": _l("Nothing changes: the record stays as it is."),
    "clone": _l("Nothing changes, and this pair is not asked about again."),
    "rename": _l(
        "The old record goes on under the new name, and the old name becomes an alias. A host "
        "whose key was revoked reports once it has its new key."
    ),
    "merge": _l(
        "The record of the other is merged into the one that you choose, and its name becomes an "
        "alias. A host whose key was revoked reports once it has its new key."
    ),
    "replace": _l(
        "The next report of the other machine is taken, and the record begins anew with it; what "
        "was known stays in the history."
    ),
    "ignore": _l("It stays as it is. It opens again when its cause changes, or comes back."),
    "unknown_host.ignore": _l("Its reports are refused until somebody registers it."),
    "drift.ignore": _l("The declared value stays. It opens again when another one is observed."),
    "mute": _l("It stays out of sight until then."),
    "unmute": _l("It is shown among the open ones again."),
    "reopen": _l("It is shown among the open ones again; nothing is undone."),
}
# Not to be undone by another decision: asked about once more.
ASKED = ("rename", "merge", "alias", "replace", "bring_back")
# {how long: in words}; none is for ever.
UNTIL = {
    "1d": _l("for a day"),
    "7d": _l("for a week"),
    "30d": _l("for 30 days"),
    "90d": _l("for 90 days"),
    "": _l("for ever"),
}
_NAME = Markup("<bdi>{}</bdi>")
# The unit behind the name of a fact, which its value says too.
_UNIT = re.compile(r"\s*[(\uff08][^()\uff08\uff09]*[)\uff09]$")


def sentence(finding):
    """Return what is thought to have happened, in a sentence; its texts of hosts are escaped."""
    evidence = finding.get("evidence") or {}
    skew = evidence.get("clock_skew_ms")
    values = {
        "host": _NAME.format(finding["hostname"]),
        "other": _NAME.format(finding["other"] or evidence.get("other") or "?"),
        "fact": _NAME.format(_UNIT.sub("", labels.column(finding["subject"] or ""))),
        "kind": _NAME.format(labels.kind(finding["subject"] or "")),
        "observed": value(finding, "observed"),
        "declared": value(finding, "declared"),
        "skew": _length(skew),
        "state": labels.state(evidence.get("state") or ""),
    }
    if finding["kind"] == models.QUARANTINE:
        return _filled(_not_taken(evidence.get("count") or 1), values)
    text = SENTENCES.get(_form(finding, evidence, skew))
    return _filled(text, values) if text else escape(finding["message"])


def plain(finding):
    """Return the sentence as text."""
    return sentence(finding).striptags()


def value(finding, side):
    """Return the declared or observed value of a drift, with its unit."""
    name, found = finding["subject"] or "", (finding.get("evidence") or {}).get(side)
    return formats.field(found, name, name.partition(".")[0])


def decision(name, kind=None):
    """Return what a decision is called, about a finding of a kind."""
    return str(DECISIONS.get(f"{kind}.{name}") or DECISIONS.get(name) or name)


def decided(finding):
    """Return what was decided last about a finding; None where nothing was."""
    return finding["decision"] and decision(finding["decision"], finding["kind"])


def does(each, kind):
    """Return what a possible decision does."""
    name = each["decision"]
    return str(DOES.get(f"{kind}.{name}") or DOES.get(name) or each["does"])


def guess(finding):
    """Return the one asset that an unknown host may be; empty where there is none, or several."""
    evidence = finding.get("evidence") or {}
    carried = [each["hostname"] for each in evidence.get("carried_by") or ()]
    names = {*carried, *(evidence.get("alike") or ())}
    return names.pop() if len(names) == 1 else ""


def _form(finding, evidence, skew):
    """Return which sentence tells of a finding."""
    kind = finding["kind"]
    more = {
        models.IDENTITY: finding["subject"],
        models.COLLECTOR: evidence.get("status"),
        models.CLOCK: None if skew is None else "ahead" if skew > 0 else "behind",
    }
    form = f"{kind}.{more.get(kind)}"
    return form if form in SENTENCES else kind


def _not_taken(count):
    return ngettext(
        "%(kind)s: %(num)s value of %(host)s was not taken.",
        "%(kind)s: %(num)s values of %(host)s were not taken.",
        count,
        kind="%(kind)s",
        host="%(host)s",
    )


def _length(milliseconds):
    length = timedelta(milliseconds=abs(milliseconds or 0))
    return format_timedelta(length, granularity="second", threshold=1.2)


def _filled(text, values):
    """Return one of our texts with its values in it."""
    return escape(str(text)) % values
