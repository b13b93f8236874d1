"""Faults of hardware, which ``services.facts`` tells as "KIND PLACE (SERIAL): FAULT", in words."""

from markupsafe import Markup, escape

from cmdb_api.views.console import labels, value_words
from cmdb_api.views.console.change_words import ONE
from cmdb_api.views.console.messages import say

FIELD, BATTERY = "faults", "battery "


def shown(faults):
    """Return faults in a line, safe as they are: places and serial numbers are the hosts'."""
    return Markup(", ").join(escape(spoken(each)) for each in faults)


def spoken(text):
    """Return a fault in the words of the page: "Power supply PSU2 (EXAMPLE-P2): Critical"."""
    where, colon, fault = text.rpartition(": ")
    kind, _blank, place = where.partition(" ")
    if kind in ONE and place:
        where = f"{ONE[kind]} {place}"
    return f"{where}{colon}{_said(fault)}"


def _said(fault):
    if fault.startswith(BATTERY):
        state = fault.removeprefix(BATTERY)
        known = value_words.spoken(state, "battery_state")
        return f"{labels.field('battery_state')} {known}" if known else fault
    return value_words.spoken(fault, "state") or say(fault)
