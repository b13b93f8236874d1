"""What a section says that is news, and its items made fit to be stored. No database."""

from typing import NamedTuple

from cmdb_api.errors import Invalid
from cmdb_api.services import canonical, quarantine
from cmdb_api.services.quarantine import tidy

MAX_PLACE_BYTES = 1024
MAX_LINES = 200
MAX_LINE = 1024
MAX_TRACEBACK = 16 * 1024

SAME, DIFFER, WANTED = "same", "differ", "wanted"


class NotTaken(Exception):
    """A section that contradicts itself: it counts as failed, its components stay."""


class News(NamedTuple):
    """Whether a section's outcome is the newest, and how its items stand to the stored ones."""

    outcome: bool
    # SAME, DIFFER, WANTED; None where newer items are stored, or it brings none.
    items: str | None


class Outcome(NamedTuple):
    """How a collector fared."""

    status: str
    reason: str | None
    traceback: str | None
    problems: list | None


def news(section, stored, at, ages):
    """Return the News in a section of this moment; ``ages`` is [newest outcome, newest items]."""
    outcome_at, items_at = ages or (None, None)
    newest = outcome_at is None or at >= outcome_at
    if section["status"] != "ok" or (items_at is not None and at < items_at):
        return News(newest, None)
    if _same_items(section, stored):
        return News(newest, SAME)
    return News(newest, WANTED if section.get("items") is None else DIFFER)


def _same_items(section, stored):
    if stored is None or stored.digest != section["digest"]:
        return False
    if section.get("items") is None:
        return True
    as_before = stored.key == section["key"] and stored.serial == section.get("serial")
    return as_before and (stored.is_bulk or not section.get("bulk"))


def outcome(section):
    """Return a section's Outcome, cleaned and bounded."""
    status = section["status"]
    reason = section.get("error" if status == "error" else "reason") if status != "ok" else None
    traceback = section.get("traceback") if status == "error" else None
    lines = [line for line in section.get("problems") or () if isinstance(line, str)]
    return Outcome(
        status,
        None if reason is None else tidy(reason, MAX_LINE),
        # The end of a traceback tells what happened.
        None if traceback is None else tidy(traceback)[-MAX_TRACEBACK:],
        [tidy(line, MAX_LINE) for line in lines[:MAX_LINES]] or None,
    )


def read_items(kind, section, limit):
    """
    Return a section's items by place, and [(place, field, value, why)] for what is odd in them.

    Raises NotTaken where an item has no place of its own, Invalid where the digest is not theirs.
    """
    items, key = section["items"], section["key"]
    if len(items) > limit:
        raise NotTaken(f"{len(items)} items; at most {limit} are taken")
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            raise NotTaken(f"item {number} is not an object")
    _check_digest(kind, section)
    state, odd = {}, []
    types = quarantine.types_of(kind)
    for number, item in enumerate(items):
        fit, faults = quarantine.clean(item, types)
        place = _place(number, fit, faults, key)
        if place in state:
            raise NotTaken(f"two items at the same place: {', '.join(key)} = {place[:200]}")
        state[place] = fit
        odd.extend((place, *fault) for fault in faults)
    return state, odd


def _check_digest(kind, section):
    if canonical.digest(section["items"], section["key"]) != section["digest"]:
        fault = "is not the digest of these items"
        name = f"sections.{kind}.digest"
        raise Invalid(f"{name} {fault}", fields={name: [fault]})


def _place(number, fit, faults, key):
    for field, _, why in faults:
        if field in key and field not in fit:
            raise NotTaken(f"item {number} has no place: {field}: {why}")
    place = canonical.place(fit, key)
    if len(place.encode()) > MAX_PLACE_BYTES:
        raise NotTaken(f"item {number} has no place: {', '.join(key)} is too long")
    return place


def read_volatile(kind, section):
    """Return a section's volatile values by place, and [(place, field, value, why)] of odd ones."""
    values, odd = {}, []
    types = quarantine.types_of(kind)
    for name, item in (section.get("volatile") or {}).items():
        place = tidy(name, MAX_PLACE_BYTES)
        if not isinstance(item, dict):
            odd.append((place, "", item, "volatile: the values of an item are an object"))
            continue
        fit, faults = quarantine.clean(item, types)
        odd.extend((place, field, value, f"volatile: {why}") for field, value, why in faults)
        if fit:
            values[place] = fit
    return values, odd
