"""Which assets carry which identifiers: the rows of identity_evidence."""

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import bindparam, delete, func, select, update

from cmdb_api.models import Asset, IdentityEvidence
from cmdb_api.models.identity import TYPES
from cmdb_api.services import dialects, evidence, locking

EVIDENCE = IdentityEvidence.__table__
COMMON_COUNT = 5
# Identifiers that are kept of those that an asset's reports carry no more.
MAX_ENDED = 500
_KEY = ("asset_id", "type", "value")
_COLUMNS = [EVIDENCE.c[name] for name in _KEY]
_HAS_ENDED = EVIDENCE.c.until.is_not(None)


class Carried(NamedTuple):
    """What an asset's reports carry, and since when; and what they carried before."""

    # {(type, value): since}
    now: dict
    # {(type, value): until}
    before: dict

    @property
    def evidence(self):
        """Return what is carried now as {type: {values}}."""
        return grouped(self.now)

    @property
    def first_at(self):
        """Return since when the oldest of what is carried now is."""
        return min(self.now.values(), default=None)


NOTHING = Carried({}, {})


def grouped(pairs):
    """Return (type, value) pairs as {type: {values}}."""
    found = defaultdict(set)
    for kind, value in pairs:
        found[kind].add(value)
    return dict(found)


def pairs_of(found):
    """Return {type: {values}} as a set of pairs."""
    return {(kind, value) for kind, values in found.items() for value in values}


def of_assets(session, ids):
    """Return {asset id: Carried}."""
    found = {asset_id: Carried({}, {}) for asset_id in ids}
    query = select(EVIDENCE).where(locking.among(session, EVIDENCE.c.asset_id, sorted(ids)))
    for row in session.execute(query):
        own = found[row.asset_id]
        if row.until is None:
            own.now[row.type, row.value] = row.since
        else:
            own.before[row.type, row.value] = row.until
    return found


def hold(session, pairs):
    """Let nobody else judge these identifiers until the transaction ends."""
    for kind, value in sorted(p for p in pairs if not evidence.is_placeholder(*p)):
        locking.hold(session, f"{kind}={value}")


def write(session, asset_id, carried, found, at):
    """
    Store that an asset's reports carry this from now on; return the pairs that came or went.

    A sort of identifier that was not found says nothing: what was known of it stays.
    """
    new = pairs_of(found)
    gone = {pair for pair in carried.now if pair[0] in found} - new
    came = new - carried.now.keys()
    end(session, asset_id, gone, at)
    if came:
        rows = [
            {"asset_id": asset_id, "type": kind, "value": value, "since": at, "until": None}
            for kind, value in sorted(came)
        ]
        statement = dialects.insert(session, EVIDENCE)
        again = {name: statement.excluded[name] for name in ("since", "until")}
        session.execute(statement.on_conflict_do_update(index_elements=_KEY, set_=again), rows)
    return came | gone


def end(session, asset_id, pairs, at):
    """Store that an asset's reports carry these no more."""
    for kind, value in sorted(pairs):
        c = EVIDENCE.c
        same = c.asset_id == asset_id, c.type == kind, c.value == value
        session.execute(update(EVIDENCE).where(*same).values(until=at))
    if pairs:
        ended = select(*_COLUMNS).where(EVIDENCE.c.asset_id == asset_id, _HAS_ENDED)
        newest = ended.order_by(EVIDENCE.c.until.desc(), *_COLUMNS)
        _remove(session, newest.offset(MAX_ENDED))


def count_ended(session, before):
    """Return how many identifiers ``forget`` would remove."""
    return session.scalar(select(func.count()).where(EVIDENCE.c.until < before))


def forget(session, before, most):
    """Remove some identifiers that ended before a time; return how many."""
    locking.begin(session)
    ended = select(*_COLUMNS).where(EVIDENCE.c.until < before).limit(most)
    # A report may bring one back this moment.
    return _remove(session, ended.with_for_update(skip_locked=True))


def _remove(session, query):
    """Remove the identifiers that a query gives; return how many."""
    rows = [tuple(row) for row in session.execute(query)]
    if rows:
        same = [column == bindparam(f"of_{column.name}") for column in _COLUMNS]
        given = [{f"of_{name}": v for name, v in zip(_KEY, row, strict=True)} for row in rows]
        session.connection().execute(delete(EVIDENCE).where(*same), given)
    return len(rows)


def counts(session, pairs):
    """Return {(type, value): how many assets carry it} of those that can name a machine."""
    some = {pair for pair in pairs if not evidence.is_placeholder(*pair)}
    if not some:
        return {}
    c = EVIDENCE.c
    query = select(c.type, c.value, func.count()).where(
        locking.among(session, c.value, sorted({value for _, value in some})), c.until.is_(None)
    )
    rows = session.execute(query.group_by(c.type, c.value))
    return {(kind, value): n for kind, value, n in rows if (kind, value) in some}


def frequent(counted, common):
    """Return those that so many assets carry that they name none."""
    return {pair for pair, number in counted.items() if number >= common}


def holders(session, pairs, *, apart_from=None):
    """Return {asset id: {(type, value)}} of the assets that carry any of these."""
    if not pairs:
        return {}
    c, found = EVIDENCE.c, defaultdict(set)
    values = locking.among(session, c.value, sorted({value for _, value in pairs}))
    query = select(c.asset_id, c.type, c.value).where(values, c.until.is_(None))
    for asset_id, kind, value in session.execute(query):
        if (kind, value) in pairs and asset_id != apart_from:
            found[asset_id].add((kind, value))
    return dict(found)


def of_identity(session, identity, *, common=COMMON_COUNT, apart_from=None):
    """Return [{hostname, shared}] of the assets whose identity speaks for the same machine."""
    mine = evidence.read(identity)
    counted = counts(session, pairs_of(mine))
    often = frequent(counted, common)
    mine = evidence.weighty(mine, often)
    ids = holders(session, pairs_of(mine), apart_from=apart_from)
    known = of_assets(session, ids)
    alike = {
        asset_id: evidence.listed(comparison.same)
        for asset_id, carried in known.items()
        if evidence.is_shared(
            comparison := evidence.compare(mine, evidence.weighty(carried.evidence, often))
        )
    }
    names = select(Asset.id, Asset.hostname).where(
        locking.among(session, Asset.__table__.c.id, sorted(alike))
    )
    found = session.execute(names.order_by(Asset.hostname_key))
    return [{"hostname": name, "shared": alike[asset_id]} for asset_id, name in found]


def told(session, asset_id, *, common=COMMON_COUNT, shown=20):
    """Return the identifiers of an asset as they are shown, with who else carries each."""
    carried = of_assets(session, [asset_id])[asset_id]
    counted = counts(session, carried.now)
    few = {pair for pair, number in counted.items() if number > 1}
    others, c = _others(session, asset_id, few, shown), EVIDENCE.c
    rows = session.execute(select(EVIDENCE).where(c.asset_id == asset_id)).all()
    order = {kind: number for number, kind in enumerate(TYPES)}
    return [
        {
            "type": row.type,
            "value": row.value,
            "since": row.since,
            "until": row.until,
            "weight": _weight(row.type, row.value, counted, common),
            "also_on": others[row.type, row.value] if row.until is None else [],
            "also_on_count": max(counted.get((row.type, row.value), 1) - 1, 0),
        }
        for row in sorted(rows, key=lambda row: (row.until is not None, order[row.type], row.value))
    ]


def _others(session, asset_id, pairs, shown):
    """Return {(type, value): the first names of those who carry it too}."""
    found, c = defaultdict(list), EVIDENCE.c
    if not pairs:
        return found
    place = func.row_number().over(partition_by=(c.type, c.value), order_by=Asset.hostname_key)
    values = locking.among(session, c.value, sorted({value for _, value in pairs}))
    carried = select(c.type, c.value, Asset.hostname, place.label("place"))
    carried = carried.join_from(EVIDENCE, Asset, c.asset_id == Asset.id)
    carried = carried.where(values, c.until.is_(None), c.asset_id != asset_id).subquery()
    query = select(carried).where(carried.c.place <= shown).order_by(carried.c.place)
    for row in session.execute(query):
        if (row.type, row.value) in pairs:
            found[row.type, row.value].append(row.hostname)
    return found


def _weight(kind, value, counted, common):
    if evidence.is_placeholder(kind, value):
        return "placeholder"
    return "frequent" if counted.get((kind, value), 0) >= common else "strong"
