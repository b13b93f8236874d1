"""Where a part was and is: the stays that reports noted, kind by kind, made one place at a time.

Several kinds tell of one part (a disk is of kind disk, raid_disk and smart), each when its
collector ran. On one host they are one position: the most physical place, and the others beside it.
"""

from datetime import UTC, datetime
from typing import NamedTuple

# From the bay to the bus; kinds that are not named come last.
_PHYSICAL = (
    *("raid_disk", "psu", "memory", "gpu", "raid_controller", "sfp", "board", "disk", "smart"),
    "fru",
)
# Of these kinds one part may have several places at once: namespaces, paths, chips, records.
_SEVERAL = ("disk", "smart", "gpu", "fru")
EVER, _OPEN = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


class Host(NamedTuple):
    """An asset that a part is or was in; ``is_here``: what it has now counts as being there."""

    id: int
    hostname: str
    is_here: bool = True
    is_off: bool = False
    # When it was retired.
    retired_at: datetime | None = None


class Stay(NamedTuple):
    """A part at a place of a kind, from the report that brought it to the last one that had it."""

    host: Host
    kind: str
    place: str
    # None: from before stays were noted.
    since: datetime | None
    seen_at: datetime
    # When a report first missed it; None: none has.
    gone_at: datetime | None = None
    # Of those that ended in one moment on a host, which came first.
    seq: int = 0
    vendor: str | None = None
    model: str | None = None
    # The serial number of what took its place.
    by: str | None = None
    is_cable: bool = False


class Position(NamedTuple):
    """A part in one place of one host, whatever kinds tell of it."""

    host: Host
    kind: str
    place: str
    since: datetime | None
    seen_at: datetime
    gone_at: datetime | None
    # It is there as far as is known.
    is_now: bool
    # [(kind, place)]: what other kinds call this place.
    also: tuple = ()
    by: str | None = None
    # Two places of one kind at once, where that can't be.
    is_twice: bool = False

    @property
    def start(self):
        """Return when it began, in a form that can be compared."""
        return self.since or EVER

    @property
    def end(self):
        """Return when it was known to be over."""
        return _OPEN if self.is_now else self.gone_at or self.seen_at


def positions(stays):
    """Return a part's positions in all hosts, in their order."""
    hosts = {}
    for stay in stays:
        hosts.setdefault(stay.host.id, []).append(stay)
    found = [position for own in hosts.values() for position in _of_host(own)]
    found = [p._replace(is_now=False) if p.is_now and _is_outdated(p, found) else p for p in found]
    # Those of a host that are of one moment stay in their order.
    return sorted(found, key=lambda p: (p.start, p.gone_at or _OPEN, p.host.hostname))


def overlap(one, other):
    """Return from when to when (None: still) two positions were seen at once; None for never."""
    since = max(one.start, other.start)
    if one.is_now and other.is_now:
        return since, None
    until = min(position.seen_at for position in (one, other) if not position.is_now)
    return (since, until) if one.start < other.seen_at and other.start < one.seen_at else None


def rank(kind):
    """Return how close to the metal the places of a kind are, the closest first."""
    return (_PHYSICAL.index(kind) if kind in _PHYSICAL else len(_PHYSICAL)), kind


def _is_outdated(position, others):
    """Tell whether a part was seen elsewhere since its host spoke, which is off; or was there."""
    return any(
        o.host.id != position.host.id
        and o.start > position.seen_at
        and (position.host.is_off or not o.is_now)
        for o in others
    )


def _of_host(stays):
    visits, end = [], None
    for stay in sorted(map(_refuted, stays, [stays] * len(stays)), key=_order):
        if visits and _start(stay) <= end:
            visits[-1].append(stay)
        else:
            visits.append([stay])
            end = EVER
        end = max(end, _end(stay))
    return [position for visit in visits for position in _of_visit(visit)]


def _refuted(stay, stays):
    """End a stay when another kind, asked since it was seen last, found the part gone."""
    others = [other for other in stays if other.kind != stay.kind]
    found = [other.gone_at for other in others if other.gone_at and not _has(others, other)]
    missed = [gone_at for gone_at in found if gone_at > stay.seen_at]
    return stay._replace(gone_at=min([*missed, _end(stay)])) if missed else stay


def _has(stays, ended):
    """Tell whether a kind had the part in another place when one of its stays ended."""
    same = (stay for stay in stays if stay.kind == ended.kind)
    return any(_start(stay) <= ended.gone_at < _end(stay) for stay in same)


def _of_visit(visit):
    """Yield the positions of an unbroken time in one host."""
    groups = _groups(visit)
    for number, group in enumerate(groups):
        since = min((visit if number == 0 else group), key=_start).since
        yield _position(visit, group, visit if group is groups[-1] else group, since)


def _groups(visit):
    """Return the stays of the most physical kind, a list a position; then of whatever outlasts."""
    lead = min((stay.kind for stay in visit), key=rank)
    groups = []
    for stay in (stay for stay in visit if stay.kind == lead):
        if groups and _continues(groups[-1], stay):
            groups[-1].append(stay)
        else:
            groups.append([stay])
    end = max(_end(stay) for group in groups for stay in group)
    if rest := [stay for stay in visit if stay.kind != lead and _end(stay) > end]:
        first, *more = _groups(rest)
        groups[-1].extend(first)
        groups.extend(more)
    return groups


def _continues(group, stay):
    """Tell whether a stay of the same kind is no move: the same place, or one more at once."""
    same = stay.place == group[-1].place
    return same or any(_start(stay) < _end(other) for other in group)


def _position(visit, group, rows, since):
    """Return the position of a group of stays; ``rows`` are those that tell when it ended."""
    is_open = any(stay.gone_at is None for stay in rows)
    there = [stay for stay in rows if stay.gone_at is None] if is_open else group
    # Of two places at once the one where it was first: the other is one more.
    head = min(there, key=lambda s: (rank(s.kind), _open_first(s), _start(s), s.place))
    start, end = since or EVER, max(map(_end, rows))
    beside = [s for s in visit if s in group or (_start(s) < end and _end(s) > start)]
    also = dict.fromkeys((stay.kind, stay.place) for stay in beside)
    return Position(
        host=head.host,
        kind=head.kind,
        place=head.place,
        since=since,
        seen_at=max(stay.seen_at for stay in rows),
        gone_at=None if is_open else end,
        is_now=is_open and head.host.is_here,
        also=tuple(pair for pair in also if pair != (head.kind, head.place)),
        by=max(group, key=_end).by,
        is_twice=_is_twice(group),
    )


def _is_twice(group):
    """Tell whether a part was seen in two places of one kind at once, where that can't be."""
    sole = [stay for stay in group if stay.kind not in _SEVERAL and not stay.is_cable]
    return any(
        a.kind == b.kind and a.place != b.place and _start(b) < _end(a) and _start(a) < _end(b)
        for number, a in enumerate(sole)
        for b in sole[:number]
    )


def _order(stay):
    return _start(stay), _end(stay), stay.seq, rank(stay.kind), stay.place


def _open_first(stay):
    """Return what sorts stays by when they ended, the last first."""
    return _OPEN - _end(stay)


def _start(stay):
    return stay.since or EVER


def _end(stay):
    return stay.gone_at or _OPEN
