"""The observed facts of each asset, kept as one row so that searches find by them.

A report writes those of the kinds that it changed, in its own transaction. A row of an older
vocabulary is made anew by ``filling``, of the stored components.
"""

import hashlib

from sqlalchemy import delete, select

from cmdb_api.models import AssetFacts
from cmdb_api.services import facts
from cmdb_api.services.canonical import dumps
from cmdb_api.services.locking import insert

# To be raised where a fact is read otherwise than before.
_READING = 1
FACTS = AssetFacts.__table__
# Kinds that facts are read from.
KINDS = frozenset(fact.kind for fact in facts.FACTS.values())


def _version():
    """Return a number of 31 bits that stands for the vocabulary."""
    told = [_READING, *sorted([f.name, f.type, f.kind] for f in facts.FACTS.values())]
    return int(hashlib.sha256(dumps(told).encode()).hexdigest()[:8], 16) >> 1


VERSION = _version()


def of(items):
    """Return the facts that {kind: {place: item}} tells, without those that it does not."""
    told = {name: facts.observe(fact, items) for name, fact in facts.FACTS.items()}
    return {name: value for name, value in told.items() if value is not None}


def keep(session, asset_id, changed, stored):
    """
    Keep what a report changed; where nothing did, nothing is written.

    ``changed`` is {kind: {place: item}} as it is now, ``stored`` {kind: section} as it was before.
    """
    others = {kind for kind, row in stored.items() if row.digest} - changed.keys()
    if not changed or (others and not changed.keys() & KINDS):
        return
    known = session.execute(
        select(FACTS.c.facts, FACTS.c.version).where(FACTS.c.asset_id == asset_id)
    ).one_or_none()
    is_known = known is not None and known.version == VERSION
    if not is_known and others & KINDS:
        # What the others tell is not known: all of it is to be made anew.
        write(session, {asset_id: {}}, version=0)
        return
    before = known.facts if is_known else {}
    kept = {name: v for name, v in before.items() if facts.FACTS[name].kind not in changed}
    now = kept | of(changed)
    if not is_known or now != before:
        write(session, {asset_id: now})


def write(session, found, *, version=VERSION):
    """Write {asset id: facts} of assets that are locked."""
    statement = insert(session, FACTS)
    new = {name: statement.excluded[name] for name in ("facts", "version", "fault_count")}
    statement = statement.on_conflict_do_update(index_elements=["asset_id"], set_=new)
    rows = [
        {"asset_id": i, "facts": told, "version": version, "fault_count": _faults(told)}
        for i, told in found.items()
    ]
    session.execute(statement, rows)


def _faults(told):
    return sum(len(told.get(name, ())) for name in facts.FAULTS)


def forget(session, asset_id):
    """Take away the facts of an asset whose components are others now."""
    session.execute(delete(FACTS).where(FACTS.c.asset_id == asset_id))
