"""Times as people and programs write them: ISO 8601, or so long ago."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"([0-9]{1,18})([smhdw])")
# No host is older; a longer one could leave the calendar.
LONGEST = timedelta(days=100 * 365)


def duration(text):
    """Return "30m" or "7d" as a timedelta; raises ValueError with an example, or the limits."""
    match = _DURATION.fullmatch(text)
    if match and len(match[1]) > 6:
        return _bounded(timedelta.max)
    if not match:
        raise ValueError("a duration is wanted: a number and s, m, h, d or w, like 30m or 7d")
    return _bounded(timedelta(**{_UNITS[match[2]]: int(match[1])}))


def _bounded(length):
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"a duration like 30m or 7d is more than 0 and at most {LONGEST.days}d")
    return length


def moment(text, now):
    """Return the time that an ISO 8601 text or a duration ago names; without a zone it is UTC."""
    if _DURATION.fullmatch(text):
        return now - duration(text)
    try:
        # Python 3.10 does not know the Z.
        found = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(
            "a time is wanted: ISO 8601 like 2026-11-22T08:00:00Z, or so long ago like 24h or 7d"
        ) from None


def to_come(text, now):
    """Return the time that an ISO 8601 text names, or a duration from now; raises ValueError."""
    if _DURATION.fullmatch(text):
        return now + duration(text)
    try:
        found = moment(text, now)
    except ValueError:
        raise ValueError(
            "a time is wanted: ISO 8601 like 2026-11-22T08:00:00Z, or so long from now like 7d"
        ) from None
    if found <= now:
        raise ValueError(f"{text} is over; a time to come is wanted")
    return found


def spoken(milliseconds):
    """Return a length of time as people say it, in its two largest units: "1 d 2 h"."""
    left, said = abs(milliseconds) // 1000, []
    for unit, seconds in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        number, left = divmod(left, seconds)
        if number:
            said.append(f"{number} {unit}")
        elif said:
            break
    return " ".join(said[:2]) or "0 s"


def to_ms(when):
    """Return the whole milliseconds from 1970 to a time."""
    return (when - _EPOCH) // timedelta(milliseconds=1)


def from_ms(milliseconds):
    """Return the time so many milliseconds after 1970; None for None."""
    if milliseconds is None:
        return None
    return _EPOCH + timedelta(milliseconds=milliseconds)


def text(when):
    """Return a time as it is shown: UTC, to the millisecond; None for None."""
    if when is None:
        return None
    return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
