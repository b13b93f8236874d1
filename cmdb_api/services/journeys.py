"""What became of a part, told in sentences: first seen, moved, removed, back, in two hosts."""

from datetime import timedelta

from cmdb_api.services import times
from cmdb_api.services.stays import EVER, overlap, rank

IN_TWO_HOSTS, IN_TWO_PLACES, COMMON = "in_two_hosts", "in_two_places", "common"
FIRST_SEEN, MOVED, REMOVED = "first_seen", "moved", "removed"
BACK, REPLACED, RETIRED = "back", "replaced", "retired"
EVENTS = (FIRST_SEEN, MOVED, REMOVED, BACK, REPLACED, RETIRED, IN_TWO_HOSTS)
# What is away for less than this was on its way, where it turns up in another place.
_ON_ITS_WAY = timedelta(days=1)


def flags(positions, *, is_cable=False):
    """Return what is odd about where a part was and is; both ends of a cable are no oddity."""
    two = not is_cable and any(_together(p, positions[:n]) for n, p in enumerate(positions))
    twice = any(position.is_twice for position in positions)
    return [IN_TWO_HOSTS] * two + [IN_TWO_PLACES] * twice


def journey(positions, *, is_cable=False):
    """Return the events of a part that had these positions, in their order."""
    events, carried_on = [], set()
    for number, position in enumerate(positions):
        earlier = positions[:number]
        before = max(reversed(earlier), key=lambda p: p.seen_at, default=None)
        if before is None:
            events.append(_event(position.since, FIRST_SEEN, None, position, _first(position)))
        elif both := _together(position, earlier):
            other, span = both
            text = _both_ends(other, position) if is_cable else _at_once(other, position, span)
            events.append(_event(_shown(span[0]), IN_TWO_HOSTS, other, position, text))
        else:
            events.extend(_arrival(before, position, carried_on))
    for position in positions:
        if not position.is_now and position not in carried_on:
            events.extend(_end(position, is_last=position is positions[-1]))
    return sorted(events, key=lambda event: event["at"] or EVER)


def where(position):
    """Return a position as people say it: "web01 3"."""
    return f"{position.host.hostname} {position.place}"


def _arrival(before, position, carried_on):
    """Yield the event of a part that turns up after it was in another position."""
    away = position.start - before.end
    moved = not _is_same(before, position)
    way = f"moved from {where(before)} to {where(position)}"
    if moved and away < _ON_ITS_WAY:
        carried_on.add(before)
        yield _event(position.since, MOVED, before, position, way)
        return
    if not moved and away <= timedelta(0):
        # It never left.
        carried_on.add(before)
        return
    text = f"back after {_spoken(away)}"
    text += f", {way}" if moved else f" in {where(position)}"
    yield _event(position.since, BACK, before, position, text, away=away)


def _end(position, is_last):
    if position.gone_at:
        if position.by:
            text = f"replaced in {where(position)} by {position.by}"
            yield _event(position.gone_at, REPLACED, position, None, text, by=position.by)
        else:
            text = f"removed from {where(position)}"
            yield _event(position.gone_at, REMOVED, position, None, text)
    elif is_last and position.host.retired_at:
        text = f"{position.host.hostname} was retired with it"
        yield _event(position.host.retired_at, RETIRED, position, None, text)


def _together(position, earlier):
    """Return an earlier position in another host, and from when to when it was seen in both."""
    for other in earlier:
        if other.host.id != position.host.id and (span := overlap(other, position)):
            return other, span
    return None


def _at_once(one, other, span):
    if span[1] is None:
        seen = " and ".join(f"{where(p)} (seen {times.text(p.seen_at)})" for p in (one, other))
        return f"in two hosts at once: {seen}"
    seen = " and ".join(f"{where(p)} (seen {_during(p.start, p.seen_at)})" for p in (one, other))
    return f"in two hosts at once {_during(*span)}: {seen}"


def _during(since, until):
    """Return in words from when to when something was seen."""
    if since == until:
        return f"at {times.text(until)}"
    if since == EVER:
        return f"until {times.text(until)}"
    return f"from {times.text(since)} to {times.text(until)}"


def _both_ends(one, other):
    return f"the ends of a cable: {where(one)} and {where(other)}"


def _first(position):
    if position.since is None:
        return f"in {where(position)} since before this was noted"
    return f"first seen in {where(position)}"


def _is_same(one, other):
    """Tell whether two positions are one place: by the most physical kind that tells of both."""
    if one.host.id != other.host.id:
        return False
    if one.kind == other.kind and one.end >= other.start:
        # Straight on: what stands beside does not tell.
        return one.place == other.place
    known, new = ({*p.also, (p.kind, p.place)} for p in (one, other))
    shared = {kind for kind, _ in known} & {kind for kind, _ in new}
    lead = min(shared, key=rank, default=None)
    return lead is None or any(kind == lead for kind, _ in known & new)


def _spoken(length):
    if length.days:
        return f"{length.days} day{'s' * (length.days > 1)}"
    return times.spoken(length // timedelta(milliseconds=1))


def _shown(when):
    return None if when == EVER else when


def _event(at, event, before, after, text, **more):
    """Return an event; ``more`` is what the text tells beside: ``away``, ``by``."""
    told = {"at": at, "event": event, "from": _place(before), "to": _place(after), "text": text}
    return told | more


def _place(position):
    if position is None:
        return None
    return {"hostname": position.host.hostname, "kind": position.kind, "place": position.place}
