"""What is told of a change: one flat document, the same for webhooks, streams and Salt's bus."""

import json

from cmdb_api.models.change import ADDED, CHANGED, MARKS, REMOVED, REPLACED
from cmdb_api.services import times

TYPE, TEST = "cmdb.change", "cmdb.test"
# Told when a host's first report comes; no change is recorded then, but its baselines.
REPORTED = "reported"
ACTIONS = (ADDED, REMOVED, CHANGED, REPLACED, REPORTED)
# JSON of what an event may be; an item that is larger is told by its differing fields, if at all.
LONGEST_BYTES = 64 * 1024
_AS_THEY_ARE = ("kind", "place", "action", "fields", "before", "after", "actor", "report_id", "seq")


def is_told(change):
    """Tell whether a change, as a row, is one that others are told of: marks are not."""
    return change["action"] not in MARKS


def fits(wanted, change):
    """Tell whether a change, or an event, is of the kinds and actions of a subscription."""
    kinds, actions = wanted.kinds, wanted.actions
    return (not kinds or change["kind"] in kinds) and (not actions or change["action"] in actions)


def of(change, recorded_at):
    """Return the event that tells of a change."""
    event = {
        "type": TYPE,
        "at": times.text(change["at"]),
        "recorded_at": times.text(recorded_at),
        "host": change["hostname"],
        **{name: change.get(name) for name in _AS_THEY_ARE},
    }
    return event if _fits(event) else _cut(event)


def identified(number, created_at, event):
    """Return an event with its id, the same whenever and to whomever it is told."""
    return {"id": f"evt_{number}_{times.to_ms(created_at):x}", **event}


def number_of(event_id):
    """Return the outbox's number in an event's id; raises ValueError."""
    prefix, number, made = event_id.split("_")
    int(made, 16)
    if prefix != "evt" or not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise ValueError(event_id)
    return int(number)


def _cut(event):
    """Return an event whose item is too large with the differing fields only, or with nothing."""
    event = event | {"is_cut": True}
    for name in ("before", "after"):
        item = event[name] or {}
        event[name] = {field: item[field] for field in event["fields"] if field in item} or None
    return event if _fits(event) else event | {"before": None, "after": None}


def _fits(event):
    return len(json.dumps(event)) <= LONGEST_BYTES
