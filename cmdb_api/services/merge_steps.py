"""The steps from the last state of one asset to the first of another that is merged into it."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select

from cmdb_api.models import Change
from cmdb_api.models.change import BASELINE, REKEYED, RESET
from cmdb_api.services import diff, history, likeness, storage, times
from cmdb_api.services.storage import CHANGE

_CHANGE = (
    *(Change.seq, Change.at, Change.kind, Change.place, Change.action),
    *(Change.report_id, Change.before, Change.after, Change.fields.label("fields")),
)


class Step(NamedTuple):
    """The step of one kind from the last state of one asset to the first of another."""

    kind: str
    # The rows of the kind's sections, and the mark that tells of the other's first state.
    mine: Any
    theirs: Any
    mark: Any
    # {place: item}
    before: dict
    after: dict
    # When the other's first state was reported.
    at: datetime
    # Whether it is told as changes; else the kind begins anew.
    is_plain: bool


def reported():
    """Return the condition that a change is one of a report."""
    return CHANGE.c.actor.is_(None)


def of(session, into, other):
    """Yield the steps of the kinds that both have."""
    mine = storage.sections(session, into.asset_id)
    theirs = storage.sections(session, other.asset_id)
    kinds = sorted(k for k in mine.keys() & theirs.keys() if mine[k].digest and theirs[k].digest)
    before, _ = storage.items(session, into.asset_id, [mine[kind] for kind in kinds])
    now, _ = storage.items(session, other.asset_id, [theirs[kind] for kind in kinds])
    rebuilt, c = history.Rebuilt(theirs, now), CHANGE.c
    for kind in kinds:
        query = select(*_CHANGE).where(c.asset_id == other.asset_id, c.kind == kind, reported())
        mark, rest = _first(session.execute(query.order_by(c.seq)).all(), theirs[kind].first_at)
        for change in reversed(rest):
            rebuilt.undo(change)
        after = history.without(rebuilt.items[kind], rebuilt.unseen[kind])
        is_plain = _is_plain(mine[kind], theirs[kind], mark, rest)
        known = [row.at for row in [mark, *rest][:2] if row]
        known += [theirs[kind].first_at] if theirs[kind].first_at else []
        at = min(known, default=other.reported_at)
        yield Step(kind, mine[kind], theirs[kind], mark, before[kind], after, at, is_plain)


def _first(rows, first_at):
    """Return the mark of a kind's first state, None where it had no items; and what followed."""
    if rows and rows[0].action == BASELINE and (first_at is None or rows[0].at <= first_at):
        return rows[0], rows[1:]
    return None, rows


def _is_plain(mine, theirs, mark, rest):
    """Tell whether what the other's changes tell is right after those of the first too."""
    if mark is None and theirs.first_at is None:
        return False
    if any(change.action in (REKEYED, RESET) for change in rest):
        return False
    later = {name for change in rest if change.action == BASELINE for name in change.fields}
    same = mine.key == theirs.key and mine.serial == theirs.serial
    return same and mine.is_bulk == theirs.is_bulk and not later & set(mine.fields or ())


def changes(step):
    """Yield the changes that are the step."""
    row = {"kind": step.kind, "place": "", "item_count": None, "before": None, "after": None}
    row |= {"at": step.at, "report_id": step.mark and step.mark.report_id}
    if not step.is_plain:
        mine = step.mine
        before = {"items": step.before, "key": mine.key, "serial": mine.serial}
        before["first_at"] = times.text(mine.first_at)
        more = {"before": before, "fields": [], "item_count": len(step.before)}
        yield row | more | {"action": RESET, "likeness": None}
        return
    unseen = diff.fields_of(step.after) - set(step.mine.fields or ())
    told = []
    if unseen:
        more = {"fields": sorted(unseen), "item_count": len(step.after)}
        told.append(row | more | {"action": BASELINE})
    serial = step.mine.serial
    for change in diff.diff(step.before, step.after, serial=serial, ignore=unseen):
        told.append(row | change._asdict())
    for one in told:
        names = ("kind", "action", "place", "fields", "before", "after")
        what = {name: one[name] for name in names}
        yield one | {"likeness": likeness.of(**what, first=False, serial=serial)}
