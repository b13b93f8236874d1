"""What a collector returned, made fit for a report: clean values, one item a place."""

import cmdb_canonical as canonical
import cmdb_source as source

INT_MIN, INT_MAX = -(2**63), 2**63 - 1


def clean(items, key, volatile):
    """
    Return (stable items in canonical order, {place: volatile values}).

    A value of a type that a report can't hold is left out and noted as a problem. Raises
    CollectorError where items are not dicts, lack their key, or two have the same place.
    """
    if not isinstance(items, (list, tuple)):
        raise source.CollectorError(f"collect() returned {type(items).__name__}, not a list")
    stable, changing = [], {}
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise source.CollectorError(f"item {number} is {type(item).__name__}, not a dict")
        item = {str(name): _value(name, value, number) for name, value in item.items()}
        kept = {n: v for n, v in item.items() if v is not None and n not in volatile}
        if all(kept.get(field) is None for field in key):
            raise source.CollectorError(f"item {number} has no {' and no '.join(key)}: {kept}")
        stable.append(kept)
        moving = {n: v for n, v in item.items() if v is not None and n in volatile}
        if moving:
            changing[canonical.place(kept, key)] = moving
    _one_each(stable, key)
    return canonical.ordered(stable, key), changing


def _one_each(items, key):
    places = set()
    for item in items:
        place = canonical.place(item, key)
        if place in places:
            raise source.CollectorError(f"two items at one place: {' + '.join(key)} is {place}")
        places.add(place)


def _value(name, value, number):
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int) and INT_MIN <= value <= INT_MAX:
        return int(value)
    if isinstance(value, (list, tuple, set, frozenset)) and all(isinstance(v, str) for v in value):
        return sorted(filter(None, map(text, value)))
    source.problem(f"item {number}: {name} left out, not a reportable value: {value!r:.100}")
    return None


def text(value):
    """Return a text stripped, NUL and lone surrogates as U+FFFD; None where nothing is left."""
    value = value.replace("\0", "\ufffd").strip()
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace") or None
