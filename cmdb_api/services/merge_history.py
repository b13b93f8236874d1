"""Moves the components and changes of an asset to another that goes on in its place.

Where the other's reports all came after the last one of the first, its changes follow: the step
between the two is recorded as if one asset had reported both. So every past state is still exact.
Where they did not, the first's components stay, and what changed on the other is kept as text only:
its changes say from whom they are, and no past state is made from them.
"""

from sqlalchemy import delete, func, literal, select, update

from cmdb_api.services import kept, merge_steps, placements, sections, storage, times
from cmdb_api.services.assets import KIND
from cmdb_api.services.placements import PLACEMENT, Visit
from cmdb_api.services.storage import ADDRESS, CHANGE, COMPONENT, SECTION


def move(session, into, other, hostname):
    """
    Move the history of an asset of this name; ``into`` and ``other`` are status rows.

    Return whether its reports are the newer ones, and the number of the last change then.
    """
    follows = other.reported_at is not None and _is_after(session, into, other)
    offset = into.change_count
    if follows:
        offset += _join(session, into, other, hostname)
    else:
        _disown(session, other)
    _declarations(session, other)
    _renumber(session, CHANGE, into, other, offset)
    _renumber(session, PLACEMENT, into, other, offset)
    return follows, offset + other.change_count + 1


def _is_after(session, into, other):
    """Tell whether all that an asset's reports brought came after the last report of another."""
    if into.reported_at is None:
        return True
    first = select(func.min(CHANGE.c.at)).where(
        CHANGE.c.asset_id == other.asset_id, merge_steps.reported()
    )
    kept_at = select(func.min(SECTION.c.first_at)).where(SECTION.c.asset_id == other.asset_id)
    known = [at for at in (session.scalar(first), session.scalar(kept_at)) if at]
    return min(known, default=other.reported_at) > into.reported_at


def _renumber(session, table, into, other, offset):
    own = table.c.asset_id == other.asset_id
    values = {"asset_id": into.asset_id, "seq": table.c.seq + offset}
    session.execute(update(table).where(own).values(values))


def _declarations(session, other):
    """Tell the edits of the other apart: what was declared of the first is not rebuilt of them."""
    own = CHANGE.c.asset_id == other.asset_id, CHANGE.c.kind == KIND, CHANGE.c.place == ""
    session.execute(update(CHANGE).where(*own).values(place=CHANGE.c.hostname))


def _disown(session, other):
    """Keep the other's changes, but let no past state be made of them."""
    stored = [s for s in storage.sections(session, other.asset_id).values() if s.digest]
    for kind, items in storage.items(session, other.asset_id, stored)[0].items():
        serial = next(s.serial for s in stored if s.kind == kind)
        seen_at = times.from_ms(sections.age(other.ages, kind).items_at)
        visit = Visit(seen_at or other.reported_at, seen_at, other.change_count + 1)
        fields = {"serial": None, "was_serial": serial}
        ended, _ = placements.leaving(kind, items, {}, [], visit, **fields)
        placements.write(session, other.asset_id, ended, {}, [])
    own = CHANGE.c.asset_id == other.asset_id, merge_steps.reported()
    said = func.substr(
        literal("a report, from ") + CHANGE.c.hostname, 1, CHANGE.c.actor.type.length
    )
    session.execute(update(CHANGE).where(*own).values(actor=said))


def _join(session, into, other, hostname):
    """Let the other's components be those of the first; return how many changes that took."""
    writes, seq = storage.Writes(into.asset_id), into.change_count
    steps = list(merge_steps.of(session, into, other))
    for step in steps:
        rows = [row | {"hostname": hostname} for row in merge_steps.changes(step)]
        for number, row in enumerate(rows, seq + 1):
            writes.change(**row, seq=number)
        seq += len(rows)
        _leave(session, into, step, writes.rows["change"], seq)
    writes.flush(session)
    _stay(session, into, other, steps)
    _take(session, into, other, steps)
    return seq - into.change_count


def _leave(session, into, step, told, seq):
    """End the stays of the parts that are not there any more."""
    seen_at = times.from_ms(sections.age(into.ages, step.kind).items_at)
    visit = Visit(step.at, seen_at, seq)
    told = [row for row in told if row["kind"] == step.kind]
    fields = {"serial": step.theirs.serial, "was_serial": step.mine.serial}
    after = step.after if step.is_plain else {}
    ended, _ = placements.leaving(step.kind, step.before, after, told, visit, **fields)
    placements.write(session, into.asset_id, ended, {}, [])


def _stay(session, into, other, steps):
    """Let parts that are where they were be there since they came; before rows are moved."""
    plain = {step.kind: step.at for step in steps if step.is_plain}
    c = COMPONENT.c
    mine = select(c.kind, c.place, c.serial, c.since).where(
        c.asset_id == into.asset_id, c.kind.in_(sorted(plain)), c.serial.is_not(None)
    )
    for kind, place, serial, since in session.execute(mine).all():
        for table in (COMPONENT, PLACEMENT):
            t = table.c
            same = t.asset_id == other.asset_id, t.kind == kind, t.place == place
            new = update(table).where(*same, t.serial == serial, t.since == plain[kind])
            session.execute(new.values(since=since))


def _take(session, into, other, steps):
    """Put the other's components in the place of those of the first."""
    mine = storage.sections(session, into.asset_id)
    theirs = storage.sections(session, other.asset_id)
    filled = [kind for kind, row in theirs.items() if row.digest]
    whole = [kind for kind in theirs if kind in filled or kind not in mine]
    lists = session.scalars(
        select(SECTION.c.bulk_list_id).where(*_of(SECTION, into, whole), SECTION.c.bulk_list_id > 0)
    ).all()
    for kind in theirs.keys() - set(whole):
        # Its collector brought no items there: those of the first stay.
        told = {name: getattr(theirs[kind], name) for name in storage.OUTCOME}
        session.execute(update(SECTION).where(*_of(SECTION, into, [kind])).values(told))
    for table, kinds in ((ADDRESS, filled), (COMPONENT, filled), (SECTION, whole)):
        session.execute(delete(table).where(*_of(table, into, kinds)))
        new = update(table).where(*_of(table, other, kinds))
        session.execute(new.values(asset_id=into.asset_id))
    for step in steps:
        if step.is_plain:
            _go_on(session, into, other, step)
    kept.let_go(session, lists)


def _of(table, status, kinds):
    return table.c.asset_id == status.asset_id, table.c.kind.in_(kinds)


def _go_on(session, into, other, step):
    """Let a kind be known since the first asset had it; its first state is none any more."""
    fields = kept.fields(sorted({*(step.mine.fields or ()), *(step.theirs.fields or ())}))
    known = kept.ids(session, [fields])
    values = {"fields_id": known[fields.kind, fields.hash], "first_at": step.mine.first_at}
    session.execute(update(SECTION).where(*_of(SECTION, into, [step.kind])).values(values))
    if step.mark:
        mark = CHANGE.c.asset_id == other.asset_id, CHANGE.c.seq == step.mark.seq
        session.execute(delete(CHANGE).where(*mark))
