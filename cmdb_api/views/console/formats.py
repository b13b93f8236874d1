"""How values are shown: times in the viewer's zone, sizes for people, and the exact value on hover.

Each function gives text that is safe in a page: what came from hosts and people is escaped.
"""

from datetime import UTC, date, datetime, timedelta

from flask_babel import format_date as babel_date
from flask_babel import format_decimal, format_timedelta, get_timezone
from flask_babel import gettext as _
from markupsafe import Markup, escape

from cmdb_api.models.types import now
from cmdb_api.views.console import value_words

_NOW = timedelta(minutes=1)
NONE = Markup('<span class="none">—</span>')
_DECIMAL = (("PB", 10**15), ("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3))
_BINARY = (("PiB", 2**50), ("TiB", 2**40), ("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10))
# Kinds whose bytes are powers of two.
BINARY_KINDS = ("board", "memory", "filesystem", "lvm", "cpu", "gpu")


def moment(value):
    """Return an aware time (or its ISO text) in the viewer's zone, with UTC on hover."""
    at = _aware(value)
    if at is None:
        return NONE
    return _time(at, _utc(at), _local(at)[:16])


def ago(value):
    """Return how long ago a time was, with the exact one on hover."""
    at = _aware(value)
    if at is None:
        return NONE
    passed = at - now()
    shown = _("just now")
    if abs(passed) >= _NOW:
        shown = format_timedelta(passed, granularity="minute", add_direction=True, threshold=1.2)
    return _time(at, f"{_local(at)} {get_timezone()} · {_utc(at)}", shown)


def span(seconds):
    """Return a length of time in words."""
    if seconds is None:
        return NONE
    words = format_timedelta(int(seconds), granularity="second", threshold=1.2)
    return _hover(f"{seconds} s", words)


def day(value):
    """Return a day."""
    found = date.fromisoformat(value) if isinstance(value, str) else value
    return escape(babel_date(found, "yyyy-MM-dd", rebase=False)) if found else NONE


def number(value):
    """Return a number with its thousands apart."""
    return NONE if value is None else escape(format_decimal(value))


def size(value, *, binary=False):
    """Return bytes for people, with the exact number on hover."""
    if value is None:
        return NONE
    for unit, many in _BINARY if binary else _DECIMAL:
        if abs(value) >= many:
            shown = format_decimal(round(value / many, 1))
            return _hover(f"{format_decimal(value)} B", f"{shown} {unit}")
    return escape(f"{value} B")


def text(value):
    """Return any value as text; a list with commas, nothing as a dash."""
    if value is None or value == "" or value == []:
        return NONE
    if isinstance(value, bool):
        return escape(_("yes") if value else _("no"))
    if isinstance(value, (list, tuple)):
        return Markup(", ").join(text(each) for each in value)
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int):
        return number(value)
    return escape(_cut(str(value)))


def field(value, name, kind=None):
    """Return the value of a field, whose name ends with its unit: ``size_bytes``."""
    if isinstance(value, str):
        return _worded(value, name, kind)
    if isinstance(value, (list, tuple)) and value and name in value_words.FIELDS:
        return Markup(", ").join(_worded(str(each), name, kind) for each in value)
    if isinstance(value, bool) or not isinstance(value, int):
        return text(value)
    for ending, show in _UNITS:
        if name.endswith(ending):
            return show(value, kind)
    # Not a quantity: 4 094 is no VLAN.
    return escape(value)


def _worded(value, name, kind):
    """Return a text of a field: a time, or a word that the page's language has another one for."""
    if name.endswith("_at") and value[10:11] == "T":
        return moment(value)
    words = value_words.spoken(value, name, kind)
    return text(value) if words is None else _hover(value, words)


def plain(value):
    """Return any value as bare text, for a title, or where a file is written."""
    return (value if isinstance(value, Markup) else text(value)).striptags()


def _aware(value):
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _hover(exact, shown):
    return Markup(f'<span title="{escape(exact)}">{escape(shown)}</span>')


def _time(at, exact, shown):
    # A page has hundreds of these: not Markup.format, which takes ten times as long.
    return Markup(f'<time datetime="{_iso(at)}" title="{escape(exact)}">{escape(shown)}</time>')


def _local(at):
    """Return a time in the viewer's zone, to the second."""
    return at.astimezone(get_timezone()).isoformat(" ", "seconds")[:19]


def _iso(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _utc(at):
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _cut(value, most=4000):
    return value if len(value) <= most else f"{value[:most]}… ({len(value)})"


def _with(unit):
    return lambda value, _kind: escape(f"{format_decimal(value)} {unit}")


def _hertz(value, _kind):
    shown = f"{format_decimal(round(value / 10**9, 2))} GHz" if value >= 10**9 else None
    shown = shown or f"{format_decimal(round(value / 10**6, 1))} MHz"
    return _hover(f"{format_decimal(value)} Hz", shown)


def _bits(value, _kind):
    for unit, many in (("Gbit/s", 10**9), ("Mbit/s", 10**6)):
        if value >= many:
            return escape(f"{format_decimal(round(value / many, 1))} {unit}")
    return escape(f"{value} bit/s")


_UNITS = (
    ("_bytes", lambda value, kind: size(value, binary=kind in BINARY_KINDS)),
    ("_hz", _hertz),
    ("_bps", _bits),
    ("_mbps", lambda value, kind: _bits(value * 10**6, kind)),
    ("_mts", _with("MT/s")),
    ("_celsius", _with("°C")),
    ("_watts", _with("W")),
    ("_rpm", _with("/min")),
    ("_volts", _with("V")),
    ("_millivolts", _with("mV")),
    ("_seconds", lambda value, _kind: span(value)),
    ("_hours", _with("h")),
    ("_ms", _with("ms")),
    ("_percent", _with("%")),
    ("_count", lambda value, _kind: number(value)),
)

FILTERS = {
    **{"moment": moment, "ago": ago, "span": span, "day": day, "number": number},
    **{"size": size, "shown": text, "field": field, "plain": plain},
}
