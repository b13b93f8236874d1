"""What columns have: the values of many assets, each sort of column in a query or two."""

import re
from collections import defaultdict

from sqlalchemy import select

from cmdb_api.models import (
    Asset,
    AssetFacts,
    AssetStatus,
    BulkItem,
    Change,
    ComponentAddress,
    Section,
)
from cmdb_api.models.change import MARKS
from cmdb_api.services import declared, etags, facts, names
from cmdb_api.services.dialects import among
from cmdb_api.services.search import stored_items
from cmdb_api.services.search.summaries import VERSION

PACKAGE, EXPECTED = "package", "expected."
# Columns that are another one's value.
SAME = {"serial": "board.serial"}
_ASSET = ("hostname", "standing", "created_at", "registered_at", "state_at")
_STATUS = ("reported_at", "via")
# What sockets listen on that listen on all: no address of the asset's own.
_ANY = ("0.0.0.0", "::")
_MAC = re.compile("[0-9a-f]{2}(:[0-9a-f]{2})+")
SECTION = Section.__table__.c


def read(session, ids, wanted):
    """Return {asset id: {column: value}} of the assets that are there; None is left out."""
    found = {number: {} for number in ids}
    alive = {row.id: row for row in session.execute(_assets(session, ids))}
    for number, row in alive.items():
        found[number] |= row._asdict() | {"etag": etags.of(row)}
    for sort, reader in _READERS.items():
        if some := [name for name in wanted if _sort(name) == sort]:
            for number, name, value in reader(session, list(alive), some):
                found[number][name] = value
    return {number: found[number] for number in ids if number in alive}


def _sort(name):
    """Return what reads a column."""
    if name in ("aliases", "changed_at", "address", "faults"):
        return name
    if name in declared.FIELDS or name.startswith(EXPECTED):
        return "declared"
    if name in _STATUS:
        return "status"
    if SAME.get(name, name) in facts.FACTS:
        return "fact"
    if name.startswith(f"{PACKAGE}.") and name != f"{PACKAGE}.count":
        return PACKAGE
    return "count" if name.endswith(".count") else "component" if "." in name else None


def _assets(session, ids):
    columns = [getattr(Asset, name) for name in ("id", "version", *_ASSET)]
    return select(*columns).where(among(session, Asset.__table__.c.id, ids))


def _declared(session, ids, wanted):
    for number, row in declared.read_many(session, ids).items():
        for name in wanted:
            fact = name.removeprefix(EXPECTED)
            yield number, name, row[name] if fact == name else (row["expected"] or {}).get(fact)


def _aliases(session, ids, wanted):
    found = names.aliases(session, ids)
    return ((number, "aliases", found.get(number, [])) for number in ids)


def _status(session, ids, wanted):
    columns = [getattr(AssetStatus, name) for name in wanted]
    query = select(AssetStatus.asset_id, *columns)
    query = query.where(among(session, AssetStatus.__table__.c.asset_id, ids))
    for number, *values in session.execute(query):
        yield from ((number, name, value) for name, value in zip(wanted, values, strict=True))


def _changed(session, ids, wanted):
    query = select(Asset.id, newest_change()).where(among(session, Asset.__table__.c.id, ids))
    return ((number, "changed_at", at) for number, at in session.execute(query))


def newest_change():
    """Return the expression for when an asset changed last; marks are no changes."""
    same = Change.asset_id == Asset.id, Change.action.not_in(MARKS)
    newest = select(Change.at).where(*same).order_by(Change.seq.desc()).limit(1)
    return newest.correlate(Asset).scalar_subquery()


def _addresses(session, ids, wanted):
    """Yield the IP addresses of each asset, but for that of its management controller."""
    c = ComponentAddress.__table__.c
    found = defaultdict(set)
    query = select(c.asset_id, c.address).where(among(session, c.asset_id, ids), c.kind != "bmc")
    query = query.distinct()
    for number, address in session.execute(query):
        if not _MAC.fullmatch(address) and address not in _ANY:
            found[number].add(address)
    return ((number, "address", sorted(found[number])) for number in ids)


def _facts(session, ids, wanted):
    """Yield observed facts; of an asset for which none are kept, from its components."""
    c = AssetFacts.__table__.c
    query = select(c.asset_id, c.facts).where(among(session, c.asset_id, ids))
    rows = session.execute(query.where(c.version == VERSION))
    kept, of_facts = dict(map(tuple, rows)), {name: SAME.get(name, name) for name in wanted}
    for number, known in kept.items():
        yield from ((number, name, known.get(fact)) for name, fact in of_facts.items())
    if missing := [number for number in ids if number not in kept]:
        vocabulary = {name: facts.FACTS[fact] for name, fact in of_facts.items()}
        items = stored_items.of(session, missing, {fact.kind for fact in vocabulary.values()})
        for number, kinds in items.items():
            for name, fact in vocabulary.items():
                yield number, name, facts.observe(fact, kinds)


def _faults(session, ids, wanted):
    """Yield all that fails of each asset, with its kind."""
    found = defaultdict(list)
    for number, fact, told in _facts(session, ids, facts.FAULTS):
        kind = facts.FACTS[fact].kind
        found[number] += [f"{kind} {each}" for each in told or ()]
    return ((number, "faults", told) for number, told in found.items())


def _counts(session, ids, wanted):
    kinds = {name.removesuffix(".count"): name for name in wanted}
    query = select(SECTION.asset_id, SECTION.kind, SECTION.item_count).where(
        among(session, SECTION.asset_id, ids),
        among(session, SECTION.kind, list(kinds)),
        SECTION.digest.is_not(None),
    )
    return ((number, kinds[kind], count) for number, kind, count in session.execute(query))


def _packages(session, ids, wanted):
    """Yield the version of a package on each host; several are joined."""
    plain = {name.partition(".")[2]: name for name in wanted}
    name = BulkItem.data["name"].as_string()
    query = select(BulkItem.id, name, BulkItem.data["version"].as_string())
    query = query.where(BulkItem.kind == PACKAGE, name.in_(list(plain)))
    rows = {item: told for item, *told in session.execute(query) if told[1]}
    found = defaultdict(set)
    for number, item in stored_items.lists_with(session, PACKAGE, ids, list(rows)):
        name, version = rows[item]
        found[number, plain[name]].add(version)
    return ((number, name, ", ".join(sorted(some))) for (number, name), some in found.items())


def _components(session, ids, wanted):
    """Yield what the components of a kind say: each value once, in the order of their places."""
    parted = [(name, *name.split(".")) for name in wanted]
    found = stored_items.of(session, ids, {kind for _, kind, _ in parted})
    for number, kinds in found.items():
        for name, kind, field in parted:
            items = kinds.get(kind, {}).values()
            yield number, name, _one(kind, [item[field] for item in items if field in item])


def _one(kind, values):
    if kind in stored_items.ONE:
        return values[0] if values else None
    several = (each for value in values for each in (value if isinstance(value, list) else [value]))
    return list(dict.fromkeys(map(_text, several)))


def _text(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


_READERS = {
    "declared": _declared,
    "status": _status,
    "aliases": _aliases,
    "changed_at": _changed,
    "address": _addresses,
    "fact": _facts,
    "faults": _faults,
    "count": _counts,
    PACKAGE: _packages,
    "component": _components,
}
