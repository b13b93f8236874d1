"""What differs: an asset between two moments, or two assets at one moment."""

from cmdb_api.errors import NotFound
from cmdb_api.models.types import now
from cmdb_api.services import assets, diff, identifiers, kinds, past
from cmdb_api.services.diff import same


def between(session, asset, start, end=None, kind=()):
    """
    Return the net differences of an Asset between two moments: what came back is none.

    Fields that came into a kind meanwhile are named, and make no difference of a component.
    """
    kinds.check(session, *kind)
    end = end or now()
    past.check_order(start, end)
    old, new = past.states_at(session, [(asset, start, "from"), (asset, end, "to")], kind)
    both = sorted(old.kinds.keys() & new.kinds.keys())
    found = {name: _differences(old, new, name) for name in both}
    return {
        "hostname": asset.hostname,
        "from": start,
        "to": end,
        "declared": _declared(session, (asset, start, old), (asset, end, new)),
        "kinds": {name: told for name, told in found.items() if any(told.values())},
        "same": [name for name, told in found.items() if not any(told.values())],
        "unknown_from": sorted(new.kinds.keys() - old.kinds.keys()),
        "unknown_to": sorted(old.kinds.keys() - new.kinds.keys()),
    }


def _differences(old, new, kind):
    """Return what differs in one kind."""
    before, after = old.kinds[kind], new.kinds[kind]
    if old.keys[kind] != new.keys[kind]:
        places = diff.rekey(before, after, old.keys[kind], new.keys[kind])
        before = {places[place]: item for place, item in before.items()}
    fresh = old.unseen.get(kind, set()) - new.unseen.get(kind, set())
    rows = diff.diff(before, after, serial=new.serials.get(kind), ignore=fresh)
    return {
        "items": [one._asdict() | {"changes": diff.side_by_side(*one[1:])} for one in rows],
        "new_fields": sorted(fresh),
    }


def _declared(session, *both):
    was, now_ = past.declared_at(session, both)
    return [
        {"field": name, "old": past.plain(was[name]), "new": past.plain(now_[name])}
        for name in past.FIELDS
        if was[name] != now_[name]
    ]


def two(session, left, right, at=None, kind=(), ignore_identifiers=True, everything=False):
    """
    Return what differs between two assets, now or then.

    Components are paired by place, what is left of those with a name by that. Identifiers, which
    differ between any two machines, are marked, or left out with ``ignore_identifiers``. With
    ``everything`` what is the same is told too.
    """
    kinds.check(session, *kind)
    when = at or now()
    sides = [_find(session, *one) for one in (("left", left), ("right", right))]
    states = past.states_at(session, [(asset, when, "at") for asset in sides], kind)
    one, other = (state.kinds for state in states)
    asked = [(asset, when, state) for asset, state in zip(sides, states, strict=True)]
    pair = _Pair(*states, ignore_identifiers, everything)
    found = {name: pair.of(name) for name in sorted(one.keys() & other.keys())}
    return {
        "left": sides[0].hostname,
        "right": sides[1].hostname,
        "at": when,
        "declared": pair.fields(assets.KIND, *past.declared_at(session, asked)),
        "kinds": found,
        "only_left": sorted(one.keys() - other.keys()),
        "only_right": sorted(other.keys() - one.keys()),
    }


def _find(session, field, hostname):
    try:
        return assets.find(session, hostname)
    except NotFound as error:
        raise NotFound.of(field, error.message) from error


class _Pair:
    """Two states, compared."""

    def __init__(self, left, right, ignore, everything):
        self.left, self.right, self.ignore, self.everything = left, right, ignore, everything

    def of(self, kind):
        """Return what differs in one kind."""
        one, other = self.left.kinds[kind], self.right.kinds[kind]
        places = self._places(kind, one, other)
        taken = set(places.values())
        rows = [
            {"place": place, "right_place": places[place], "fields": fields}
            for place in sorted(places)
            if (fields := self.fields(kind, one[place], other[places[place]]))
        ]
        return {
            "same_count": len(places) - sum(map(_differs, rows)),
            "differing": rows,
            "only_left": _listed(one, one.keys() - places.keys()),
            "only_right": _listed(other, other.keys() - taken),
        }

    def _places(self, kind, one, other):
        """Return {place: place of its like on the right}."""
        keys = self.left.keys[kind], self.right.keys[kind]
        if keys[0] != keys[1]:
            places = diff.rekey(one, other, *keys)
            return {left: right for left, right in places.items() if right in other}
        places = {place: place for place in one.keys() & other.keys()}
        if "name" in (keys[0] or ()):
            places |= diff.pairs(_rest(one, places), _rest(other, places), ["name"])
        return places

    def fields(self, kind, one, other):
        """Return the fields that differ, side by side."""
        serial = self.left.serials.get(kind)
        rows = []
        for name in sorted(one.keys() | other.keys()):
            equal = same(one.get(name), other.get(name))
            if equal and not self.everything:
                continue
            marked = name == "hostname" or identifiers.is_identifier(kind, name, serial)
            if marked and self.ignore:
                continue
            values = {"left": past.plain(one.get(name)), "right": past.plain(other.get(name))}
            rows.append({"field": name, **values, "identifier": marked, "same": equal})
        return rows


def _differs(row):
    return not all(field["same"] for field in row["fields"])


def _rest(state, places):
    return {place: item for place, item in state.items() if place not in places}


def _listed(state, places):
    return [{"place": place, "fields": state[place]} for place in sorted(places)]
