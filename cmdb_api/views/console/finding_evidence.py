"""What shows a finding, laid out to be read: facts, and two machines side by side."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from cmdb_api.models import finding as models
from cmdb_api.models.identity import BOARD_SERIAL, MAC, MACHINE_ID, SYSTEM_UUID, TYPES
from cmdb_api.views.console import finding_texts, formats, labels

IDENTIFIERS = {
    MACHINE_ID: _l("Machine ID"),
    SYSTEM_UUID: _l("System UUID"),
    BOARD_SERIAL: _l("Serial number of the board"),
    MAC: _l("MAC addresses"),
}
# What a report calls them, and its names.
_IN_REPORTS = {
    "hostname": _l("Calls itself"),
    "fqdn": _l("Full name"),
    "machine_id": IDENTIFIERS[MACHINE_ID],
    "system_uuid": IDENTIFIERS[SYSTEM_UUID],
    "board_serial": IDENTIFIERS[BOARD_SERIAL],
    "macs": IDENTIFIERS[MAC],
}
SAME, DIFFERS = "same", "differs"


def of(finding):
    """
    Return {"facts": [(name, value)], "hosts": [(name, hostnames)], "compared", "values", "log"}.

    ``compared`` has the heads of two sides and rows of (name, one, other, SAME or DIFFERS or None).
    """
    evidence = finding["evidence"] or {}
    tell = _BY_KIND.get(finding["kind"], _other)
    return {"facts": [], "hosts": [], "compared": None, "values": [], "log": None} | tell(
        finding, evidence
    )


def _identity(finding, evidence):
    sides = _two_assets if "shared" in evidence and "known" not in evidence else _two_machines
    names = [n for n in evidence.get("also_known_as") or () if n]
    hosts = [(_("The other is known as"), names)] if names else []
    return {"compared": sides(finding, evidence), "hosts": hosts}


def _two_assets(finding, evidence):
    other = finding["other"] or evidence.get("other")
    at, rows = evidence.get("reported_at") or {}, []
    for kind in TYPES:
        if both := (evidence.get("shared") or {}).get(kind):
            rows.append((str(IDENTIFIERS[kind]), both, both, SAME))
        elif two := (evidence.get("differs") or {}).get(kind):
            rows.append((str(IDENTIFIERS[kind]), two.get("old"), two.get("new"), DIFFERS))
    reported = [formats.moment(at.get(name)) for name in (other, finding["hostname"])]
    rows.append((_("Last report"), *reported, None))
    return {"left": other, "right": finding["hostname"], "are_hosts": True, "rows": rows}


def _two_machines(finding, evidence):
    known, new = evidence.get("known") or {}, evidence.get("new") or {}
    one, other = known.get("identifiers") or {}, new.get("identifiers") or {}
    rows = [
        (str(IDENTIFIERS[kind]), one.get(kind), other.get(kind), _standing(one, other, kind))
        for kind in TYPES
        if kind in one or kind in other
    ]
    reported = [formats.moment(side.get("reported_at")) for side in (known, new)]
    rows.append((_("Last report"), *reported, None))
    heads = {"left": _("As it was known"), "right": _("As it reported then")}
    if finding["subject"] in ("conflict", "replaced"):
        heads = {"left": _("The known machine"), "right": _("The other machine")}
    return heads | {"are_hosts": False, "rows": rows}


def _standing(one, other, kind):
    """Return how an identifier of two sides stands; None where one side does not tell it."""
    if not one.get(kind) or not other.get(kind):
        return None
    return SAME if set(one[kind]) & set(other[kind]) else DIFFERS


def _drift(finding, evidence):
    two = {side: finding_texts.value(finding, side) for side in ("declared", "observed")}
    since = formats.moment(evidence.get("since"))
    return {
        "facts": [
            (_("Declared"), two["declared"]),
            (_("Observed"), two["observed"]),
            (_("Observed since"), since),
        ]
    }


def _collector(finding, evidence):
    return {
        "facts": [(_("What it says"), evidence.get("reason"))],
        "log": evidence.get("traceback"),
    }


def _quarantine(finding, evidence):
    return {"values": evidence.get("values") or []}


def _unknown_host(finding, evidence):
    facts = [(_("Last report"), formats.moment(evidence.get("reported_at")))]
    facts += _reported(evidence)
    if addresses := evidence.get("addresses"):
        facts.append((_("Addresses"), addresses))
    carried = [each["hostname"] for each in evidence.get("carried_by") or ()]
    hosts = [(_("Has the identifiers of"), carried), (_("May be"), evidence.get("alike") or [])]
    return {"facts": facts, "hosts": [pair for pair in hosts if pair[1]]}


def _retired(finding, evidence):
    facts = [
        (_("Retired since"), formats.moment(evidence.get("retired_at"))),
        (_("Last report"), formats.moment(evidence.get("reported_at"))),
    ]
    return {"facts": facts + _reported(evidence)}


def _reported(evidence):
    """Return the facts of who reported, and by which way."""
    identity = evidence.get("identity") or {}
    found = [(str(name), identity[key]) for key, name in _IN_REPORTS.items() if identity.get(key)]
    return [(_("Reported by"), evidence.get("via")), *found] if evidence.get("via") else found


def _state(finding, evidence):
    return {"facts": [(_("State"), labels.state(evidence.get("state") or ""))]}


def _clock(finding, evidence):
    return {"facts": []}


def _other(finding, evidence):
    return {"facts": [(labels.field(name), str(value)) for name, value in evidence.items()]}


_BY_KIND = {
    models.IDENTITY: _identity,
    models.DRIFT: _drift,
    models.COLLECTOR: _collector,
    models.QUARANTINE: _quarantine,
    models.UNKNOWN_HOST: _unknown_host,
    models.RETIRED: _retired,
    models.STATE: _state,
    models.CLOCK: _clock,
}
