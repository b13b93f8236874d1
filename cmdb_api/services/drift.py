"""What is declared of an asset beside what is observed, and the findings where these differ.

A fact that was not observed differs from nothing. A kind whose collector fails keeps its last
components, and they count on: so drift stays as it was.
"""

from sqlalchemy import select, update

from cmdb_api.models import Asset, Section
from cmdb_api.models.finding import DRIFT
from cmdb_api.models.types import now
from cmdb_api.services import fact_values, facts, findings, locking, storage, times
from cmdb_api.services.canonical import dumps
from cmdb_api.services.findings import Cause
from cmdb_api.services.locking import STATUS
from cmdb_api.services.quarantine import KINDS

_PREFIX = f"{DRIFT}:"


def check(session, expected):
    """Return what is expected as ``fact_values.check`` does; kinds that a host reported count."""
    names = expected if isinstance(expected, dict) else ()
    strange = {facts.counted(name) for name in names} - KINDS.keys() - {None}
    query = select(Section.kind).where(locking.among(session, Section.__table__.c.kind, [*strange]))
    return fact_values.check(expected, set(session.scalars(query)) if strange else ())


def compare(expected, items):
    """
    Return [{name, declared, observed, differs, unit}] of what is expected, by name.

    ``items`` is {kind: {place: item}}. Facts that are known no more are left out.
    """
    told = []
    for name, declared in sorted((expected or {}).items()):
        if (fact := facts.stored(name)) is None:
            continue
        observed, rough = facts.observe(fact, items), facts.is_rough(fact, items)
        told.append(
            {
                "name": name,
                "declared": declared,
                "observed": observed,
                "differs": fact_values.differs(fact, declared, observed, rough=rough),
                "unit": fact.unit,
                "kind": fact.kind,
            }
        )
    return told


def of_asset(session, asset_id, expected):
    """Return what ``compare`` does of an asset's stored components."""
    return compare(expected, _stored(session, asset_id, expected)) if expected else []


def causes(session, locked, kinds=None, since=None):
    """
    Return {"drift:memory.total_bytes": Cause, or None where there is no drift} of a locked asset.

    ``kinds`` limits it to what is read from these; ``since`` is when they were collected.
    """
    expected = _expected(session, locked.asset_id)
    found = {
        name: None
        for name in locked.causes
        if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) not in expected
    }
    wanted = {
        name: value
        for name, value in expected.items()
        if (fact := facts.stored(name)) and (kinds is None or fact.kind in kinds)
    }
    for one in of_asset(session, locked.asset_id, wanted):
        cause = _cause(locked, one, since or now()) if one["differs"] else None
        found[_PREFIX + one["name"]] = cause
    return found


def settle(session, asset_id):
    """Raise and close the findings of drift of an asset that is locked, after an edit."""
    session.flush()
    locked = locking.get(session, asset_id)
    known = findings.reconcile(session, locked, causes(session, locked))
    if known != locked.causes:
        same = STATUS.c.asset_id == asset_id
        session.execute(update(STATUS).where(same).values(causes=known))


def _expected(session, asset_id):
    return session.scalar(select(Asset.expected).where(Asset.id == asset_id)) or {}


def _stored(session, asset_id, expected):
    """Return {kind: {place: item}} of the kinds that are needed; where all is to count, a range."""
    named = [fact for fact in map(facts.stored, expected) if fact]
    needed = {fact.kind for fact in named if fact.read is not len}
    counted = {fact.kind for fact in named} - needed
    sections = {
        kind: row
        for kind, row in storage.sections(session, asset_id).items()
        if row.digest is not None and kind in needed | counted
    }
    items, _ = storage.items(session, asset_id, [sections[k] for k in sections if k in needed])
    return items | {k: range(row.item_count) for k, row in sections.items() if k in counted}


def _cause(locked, one, since):
    fact = facts.stored(one["name"])
    declared, observed = fact_values.spoken(fact, one["declared"], one["observed"])
    return Cause(
        fingerprint=findings.fingerprint(locked.asset_id, _PREFIX + one["name"]),
        kind=DRIFT,
        hostname=locked.hostname,
        message=f"{one['name']} is {observed}, {declared} is declared",
        evidence={
            "declared": one["declared"],
            "observed": one["observed"],
            "unit": one["unit"],
            "kinds": [one["kind"]],
            "since": times.text(since),
        },
        cause=dumps([declared, observed]),
        asset_id=locked.asset_id,
        subject=one["name"],
    )
