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


class Age(NamedTuple):
    """
    When a kind's newest outcome and its newest items were collected, milliseconds since 1970.

    And the highest numbers of the reports that they came with: what is sent again is known by
    them, and what is newer.
    """

    outcome_at: int | None = None
    items_at: int | None = None
    outcome_seq: int | None = None
    items_seq: int | None = None
    # When the newest report without a number was collected; None once both came with one.
    unnumbered_at: int | None = None

    def moments_before(self, number):
        """Return when that was collected which came with lower numbers."""
        known = (self.outcome_at, self.outcome_seq), (self.items_at, self.items_seq)
        unnumbered = self.unnumbered_at or 0
        return [at for at, seq in known if seq is not None and seq < number and at > unnumbered]


class Outcome(NamedTuple):
    """How a collector fared."""

    status: str
    reason: str | None
    traceback: str | None
    problems: list | None


FINE = Outcome("ok", None, None, None)


def news(section, stored, at, number, age):
    """Return the News in a section of this moment and number; ``age`` is what is known so far."""
    newest = _later(at, number, age.outcome_at, age.outcome_seq)
    if section["status"] != "ok" or not _later(at, number, age.items_at, age.items_seq):
        return News(newest, None)
    if _same_items(section, stored):
        return News(newest, SAME)
    return News(newest, WANTED if section.get("items") is None else DIFFER)


def _later(at, number, known_at, known_number):
    """Tell whether a report is not older than what is known; a number that came before is."""
    if None not in (number, known_number) and number <= known_number:
        return False
    return known_at is None or at >= known_at


def _same_items(section, stored):
    if stored is None or stored.digest != section["digest"]:
        return False
    if section.get("items") is None:
        return True
    as_before = stored.key == section["key"] and stored.serial == section.get("serial")
    return as_before and (stored.is_bulk or not section.get("bulk"))


def age(ages, kind):
    """Return a kind's Age out of those that are stored."""
    return Age(*ages.get(kind, ()))


def aged(known, at, number, *, outcome, items):
    """Return an Age once there are a newer outcome, or newer items, or both; as it is stored."""
    outcome_at, items_at, outcome_seq, items_seq, unnumbered_at = known
    if number is None:
        unnumbered_at = at if unnumbered_at is None else max(at, unnumbered_at)
    elif outcome and items:
        unnumbered_at = None
    if outcome:
        outcome_at, outcome_seq = at, outcome_seq if number is None else number
    if items:
        items_at, items_seq = at, items_seq if number is None else number
    age = outcome_at, items_at, outcome_seq, items_seq
    return age if unnumbered_at is None else (*age, unnumbered_at)


def outcome(section):
    """Return a section's Outcome, cleaned and bounded."""
    status = section["status"]
    reason = section.get("error" if status == "error" else "reason") if status != "ok" else None
    traceback = section.get("traceback") if status == "error" else None
    lines = [line for line in section.get("problems") or () if isinstance(line, str)]
    if status == "ok" and not lines:
        return FINE
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
