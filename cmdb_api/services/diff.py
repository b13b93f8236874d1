"""What changed between two states of a kind. No database, no Flask: plain data in and out.

A state is {place: item}; an item holds no None.
"""

from collections import Counter
from typing import NamedTuple

from cmdb_api.services.canonical import dumps, place


class Change(NamedTuple):
    """One difference; ``before`` is None for an addition, ``after`` for a removal."""

    place: str
    action: str
    fields: list
    before: dict | None
    after: dict | None


def diff(before, after, *, serial=None, ignore=frozenset()):
    """
    Yield the changes that turn ``before`` into ``after``, in order of place.

    ``serial`` is the field that tells a part from its successor at the same place. Fields in
    ``ignore`` alone make no change of a component that was there before.
    """
    for name in sorted(before.keys() | after.keys()):
        was, now = before.get(name), after.get(name)
        if was is None:
            yield Change(name, "added", sorted(now), None, now)
        elif now is None:
            yield Change(name, "removed", sorted(was), was, None)
        elif fields := differing(was, now, ignore):
            swapped = serial in fields and serial in was and serial in now
            yield Change(name, "replaced" if swapped else "changed", fields, was, now)


def differing(was, now, ignore=frozenset()):
    """Return the sorted names of the fields that differ."""
    return sorted(f for f in (was.keys() | now.keys()) - ignore if not same(was.get(f), now.get(f)))


def same(one, other):
    """Return whether two values are the same; unlike Python, True is not 1."""
    return type(one) is type(other) and one == other


def side_by_side(action, fields, before, after):
    """Return the fields that differ with both values; none of what came or went as a whole."""
    if action not in ("changed", "replaced"):
        return []
    return [{"field": f, "old": before.get(f), "new": after.get(f)} for f in fields]


def fields_of(state):
    """Return the names of all fields in a state."""
    return set().union(*state.values())


def rekey(before, after, old_key, new_key):
    """
    Return {old place: place} that carries all of ``before`` over to a new key.

    An item is found again in ``after`` by the new key, where it holds what that needs, else by the
    old one. What is not found again is gone; its place is never that of an item that was found.
    """
    places = pairs(before, after, new_key)
    found = set(places.values())
    left = {name: item for name, item in before.items() if name not in places}
    free = {name: item for name, item in after.items() if name not in found}
    places |= pairs(left, free, old_key)
    used = set(places.values())
    for name, item in before.items():
        if name not in places:
            places[name] = _own(name, place(item, new_key), after, used)
            used.add(places[name])
    return places


def pairs(before, after, key):
    """Return {place before: place after} of the items that a key pairs, one with one."""
    old, new = _unique(before, key), _unique(after, key)
    return {name: new[values] for values, name in old.items() if values in new}


def _unique(state, key):
    """Return {values of the key: place} where exactly one item has these values."""
    values = {name: place(item, key) for name, item in state.items() if any(f in item for f in key)}
    count = Counter(values.values())
    return {text: name for name, text in values.items() if count[text] == 1}


def _own(name, by_new_key, after, used):
    if by_new_key not in after and by_new_key not in used:
        return by_new_key
    while name in used:
        name = dumps([name])
    return name
