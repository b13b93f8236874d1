"""Empties an asset's record for another machine that bears its name from now on.

What was known of the machine before it stays in the history, as a reset mark for each kind.
"""

from cmdb_api.models.change import RESET
from cmdb_api.models.finding import COLLECTOR, DRIFT, IDENTITY, QUARANTINE
from cmdb_api.services import locking, sections, storage, times
from cmdb_api.services.evidence import BOARD_SWAP, REINSTALL
from cmdb_api.services.locking import STATUS
from cmdb_api.services.placements import Visit
from cmdb_api.services.search import summaries
from cmdb_api.services.sections import Outcome

_OF_THE_MACHINE = (f"{IDENTITY}:{BOARD_SWAP}", f"{IDENTITY}:{REINSTALL}")
_OF_KINDS = tuple(f"{kind}:" for kind in (COLLECTOR, DRIFT, QUARANTINE))


def is_over(name):
    """Tell whether a cause, by its name, is one of the machine that is gone."""
    return name in _OF_THE_MACHINE or name.startswith(_OF_KINDS)


def reset(session, asset, at):
    """Empty the record of an asset that is locked as of ``at``; return what is known of it then."""
    writes, seq = storage.Writes(asset.asset_id), asset.change_count
    stored = storage.sections(session, asset.asset_id)
    filled = [row for row in stored.values() if row.digest]
    before, _ = storage.items(session, asset.asset_id, filled)
    for kind, row in sorted(stored.items()):
        if row.digest:
            seq += 1
            _empty(writes, asset, row, before[kind], at, seq)
        writes.content(kind, _not_yet(at), **_NOTHING)
    writes.flush(session)
    summaries.forget(session, asset.asset_id)
    values = {"change_count": seq, "seq": None, "ages": {}, "items_at": None, "reported_at": None}
    values |= {"volatile": {}, "quarantine": None}
    session.execute(STATUS.update().where(STATUS.c.asset_id == asset.asset_id).values(values))
    return locking.get(session, asset.asset_id)


def _empty(writes, asset, row, items, at, seq):
    """Take away the items of a kind; the mark keeps them."""
    first_at = times.text(row.first_at)
    writes.change(
        seq=seq,
        at=at,
        hostname=asset.hostname,
        report_id=None,
        kind=row.kind,
        place="",
        action=RESET,
        fields=[],
        before={"items": items, "key": row.key, "serial": row.serial, "first_at": first_at},
        after=None,
        likeness=None,
        item_count=len(items),
    )
    if not row.is_bulk:
        seen_at = times.from_ms(sections.age(asset.ages, row.kind).items_at)
        visit = Visit(at, seen_at, seq)
        writes.components(row.kind, items, {}, None, visit, was_serial=row.serial)


_NOTHING = {
    **dict.fromkeys(("digest", "key", "serial", "first_at", "bulk_ids", "quarantine")),
    **{"fields": [], "item_count": 0},
}


def _not_yet(at):
    reason = f"not yet reported by the machine that bears this name since {times.text(at)}"
    return Outcome("unavailable", reason, None, None)
