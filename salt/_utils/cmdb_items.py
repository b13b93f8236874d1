"""What a collector returned, made fit for a report: clean values, one item a place."""

import re

import cmdb_canonical as canonical
import cmdb_source as source

# Where an object lies in memory is another place each time, and would make each report new.
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")
INT_MIN, INT_MAX = -(2**63), 2**63 - 1


def clean(items, key, volatile):
    """
    Return (stable items in canonical order, {place: volatile values}).

    A value of a type that a report can't hold is left out and noted as a problem. Raises
    CollectorError where items are not dicts, lack their key, or two have the same place.
    """
    if not isinstance(items, (list, tuple)):
        raise source.CollectorError(f"collect() returned {type(items).__name__}, not a list")
    stable, changing = {}, {}
    for number, item in enumerate(items, 1):
        kept, moving = _split(number, item, volatile)
        if kept.keys().isdisjoint(key):
            raise source.CollectorError(f"item {number} has no {' and no '.join(key)}: {kept}")
        name = canonical.key_text(kept, key)
        if name in stable:
            place = canonical.place(kept, key)
            raise source.CollectorError(f"two items at one place: {' + '.join(key)} is {place}")
        stable[name] = kept
        if moving:
            changing[canonical.place(kept, key)] = moving
    # No two have one name, so that this is the canonical order.
    return [stable[name] for name in sorted(stable)], changing


def _split(number, item, volatile):
    """Return an item's stable and its volatile values, those that are None left out."""
    if not isinstance(item, dict):
        raise source.CollectorError(f"item {number} is {type(item).__name__}, not a dict")
    kept, moving = {}, {}
    for name, value in item.items():
        value = text(value) if type(value) is str else _value(name, value, number)
        if value is not None:
            (moving if name in volatile else kept)[str(name)] = value
    return kept, moving


def _value(name, value, number):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int) and INT_MIN <= value <= INT_MAX:
        return int(value)
    if isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(v, str) for v in value):
        return sorted(filter(None, map(text, value)))
    said = stable(repr(value))[:100]
    source.problem(f"item {number}: {name} left out, not a reportable value: {said}")
    return None


def text(value):
    """Return a text stripped, NUL and lone surrogates as U+FFFD; None where nothing is left."""
    if value.isascii() and "\0" not in value:
        return value.strip() or None
    value = value.replace("\0", "\ufffd").strip()
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") or None


def stable(said):
    """Return a text about a failure without what differs from one run to the next."""
    return text(_ADDRESS.sub("", said)) or ""
