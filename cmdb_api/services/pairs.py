"""Two assets that carry the same identifiers: renamed, cloned, or hardware that is used again.

Which it is shows when the older one reports again, or does not: it is judged once more then. Of two
assets there is one finding.
"""

from itertools import combinations
from typing import NamedTuple

from sqlalchemy import select, update

from cmdb_api.models.asset import RETIRED
from cmdb_api.models.finding import CLOSED, IDENTITY
from cmdb_api.models.identity import MACHINE_ID
from cmdb_api.services import carriers, evidence, findings, locking, times
from cmdb_api.services.canonical import dumps
from cmdb_api.services.findings import FINDING, Cause
from cmdb_api.services.locking import ASSET, STATUS

RENAME, CLONE, REUSED = "rename", "clone", "reused"
SUBJECTS = (RENAME, CLONE, REUSED)
# In an asset's causes, with the id of another: to be judged again when it reports.
PENDING = "pair:"


class Side(NamedTuple):
    """One of two assets."""

    id: int
    hostname: str
    state: str
    reported_at: object
    carried: carriers.Carried


def fingerprint(one, other):
    """Return the fingerprint of the finding about two assets."""
    return findings.fingerprint(min(one, other), f"{IDENTITY}:{max(one, other)}")


def pending(causes):
    """Return the ids of the assets that one is to be judged with again."""
    return [int(name.removeprefix(PENDING)) for name in causes if name.startswith(PENDING)]


def judge(session, locked, at, touched, common):
    """
    Judge an asset that is locked with all that carry the same; return news of its causes.

    ``touched`` are the (type, value) pairs that it began or ceased to carry, and ``at`` is when it
    reported last.
    """
    own = carriers.of_assets(session, [locked.asset_id])[locked.asset_id]
    counted = carriers.counts(session, {*own.now, *touched})
    often = carriers.frequent(counted, common)
    some = {pair for pair in own.now if pair in counted} - often
    ids = {*carriers.holders(session, some), *_partners(session, locked.asset_id)}
    ids |= {*pending(locked.causes)}
    both = {frozenset((locked.asset_id, other)) for other in ids - {locked.asset_id}}
    # As they begin to carry weight or cease to, it matters to others too.
    edge = {pair for pair in touched if counted.get(pair) in (common - 1, common)}
    both |= {frozenset(pair) for pair in combinations(carriers.holders(session, edge), 2)}
    sides = _sides(session, {number for pair in both for number in pair}, {locked.asset_id: at})
    return _settle(session, locked, both, sides, common)


def _settle(session, locked, both, sides, common):
    often = _often(session, sides, common)
    news = {f"{PENDING}{number}": None for number in pending(locked.causes)}
    for pair in sorted(both, key=lambda pair: fingerprint(*pair)):
        one, other = (sides.get(number) for number in sorted(pair))
        cause = one and other and _cause(one, other, often)
        if not cause:
            findings.close(session, fingerprint(*pair))
            continue
        findings.raise_(session, cause)
        if cause.subject != CLONE and not _note(session, locked, cause.other_id, cause.asset_id):
            (far,) = pair - {locked.asset_id} if locked.asset_id in pair else (None,)
            news |= {f"{PENDING}{far}": "1"} if far else {}
    return news


def _note(session, locked, older, newer):
    """Let the older one's next report judge again; tell whether that could be noted."""
    if older == locked.asset_id:
        return False
    free = select(STATUS.c.causes).where(STATUS.c.asset_id == older)
    row = session.execute(free.with_for_update(skip_locked=True)).one_or_none()
    if row is None:
        return False
    name = f"{PENDING}{newer}"
    if name not in row.causes:
        new = update(STATUS).where(STATUS.c.asset_id == older)
        session.execute(new.values(causes=row.causes | {name: "1"}))
    return True


def _cause(one, other, often):
    """Return the Cause that two assets are, None where they share nothing of weight."""
    comparison = evidence.compare(*(_weighty(side, often) for side in (one, other)))
    if not evidence.is_shared(comparison):
        return None
    shared = carriers.pairs_of(comparison.same)
    older, newer = sorted((one, other), key=lambda side: (_since(side, shared), side.id))
    comparison = evidence.compare(_weighty(older, often), _weighty(newer, often))
    subject = _subject(older, newer, shared)
    return Cause(
        fingerprint=fingerprint(one.id, other.id),
        kind=IDENTITY,
        hostname=newer.hostname,
        message=_message(subject, older, newer, comparison),
        evidence=evidence.plain(comparison)
        | {
            "other": older.hostname,
            "since": times.text(_since(newer, shared)),
            "reported_at": {side.hostname: times.text(side.reported_at) for side in (newer, older)},
        },
        cause=cause_text(subject, comparison.same),
        asset_id=newer.id,
        other_id=older.id,
        subject=subject,
    )


def cause_text(subject, shared):
    """Return what makes a pair's cause what it is; cards alone count where nothing else is."""
    shared = evidence.listed(shared)
    strong = {kind: values for kind, values in shared.items() if kind != "mac"}
    return f"{subject} {dumps(strong or shared)}"


def _subject(older, newer, shared):
    since = _since(newer, shared)
    if older.reported_at is None or older.reported_at >= since:
        return CLONE
    before = [*newer.carried.before.values(), *newer.carried.now.values()]
    return REUSED if min(before) < since else RENAME


def _message(subject, older, newer, comparison):
    anew = MACHINE_ID in comparison.differs
    one, other = newer.hostname, older.hostname
    retired = " (which is retired)" if older.state == RETIRED else ""
    silent = f"{other}{retired} has not reported since {times.text(older.reported_at)}"
    if subject == RENAME:
        what = "was reinstalled and renamed" if anew else "was renamed"
        return f"{one} has the identity of {other}: it seems that {other} {what}; {silent}"
    if subject == REUSED:
        return f"{one} has the identity of {other} now: it seems to run on its machine; {silent}"
    if MACHINE_ID in comparison.same and len(comparison.same) == 1:
        return f"{one} and {other} have the same machine-id: one image was used for both"
    what = "one is a copy of the other, or one machine reports under two names"
    if anew:
        what = "two systems on one machine, or a copy that was given a machine-id of its own"
    return f"{one} and {other} both report, and have the same identity: {what}"


def _since(side, shared):
    return min(side.carried.now[pair] for pair in shared)


def _weighty(side, often):
    return evidence.weighty(side.carried.evidence, often)


def _often(session, sides, common):
    carried = {pair for side in sides.values() for pair in side.carried.now}
    return carriers.frequent(carriers.counts(session, carried), common)


def _partners(session, asset_id):
    """Return the ids of those that an asset is in a finding with, as one of two."""
    c = FINDING.c
    query = select(c.asset_id, c.other_id).where(
        c.kind == IDENTITY,
        c.subject.in_(SUBJECTS),
        c.status != CLOSED,
        (c.asset_id == asset_id) | (c.other_id == asset_id),
    )
    return {number for row in session.execute(query) for number in row if number} - {asset_id}


def _sides(session, ids, reported):
    """Return {id: Side}; ``reported`` knows better when some of them reported last."""
    known = carriers.of_assets(session, ids)
    query = select(ASSET.c.id, ASSET.c.hostname, ASSET.c.state, STATUS.c.reported_at)
    query = query.join_from(ASSET, STATUS, STATUS.c.asset_id == ASSET.c.id)
    found = session.execute(query.where(locking.among(session, ASSET.c.id, sorted(ids))))
    return {
        row.id: Side(
            row.id,
            row.hostname,
            row.state,
            reported.get(row.id, row.reported_at),
            known[row.id],
        )
        for row in found
    }
