"""Conditions on the observed facts of an asset."""

from sqlalchemy import JSON, BigInteger, Integer, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from cmdb_api.errors import Busy
from cmdb_api.models import Asset, AssetFacts, Section
from cmdb_api.services import facts
from cmdb_api.services.dialects import dialect
from cmdb_api.services.search import filling, summaries, values, versions
from cmdb_api.services.search.values import Json

SECTION, FACTS = Section.__table__.c, AssetFacts.__table__.c
# Assets whose facts are made for one search, where they are not kept yet.
AT_ONCE = 200
# Different values of one fact that are compared as versions.
MOST_TEXTS = 5000
_TYPES = {facts.NUMBER: "int", facts.TEXT: "str", facts.FLAG: "bool", facts.LIST: "list"}
RETRY = {"Retry-After": "60"}
# Facts that go by the value of another one too: "Debian GNU/Linux" is called Debian.
ALSO = {"os.name": "os.id"}


def counts(kind, all_wanted):
    """Return the condition on how many components of a kind there are."""
    found = [values.ordered(SECTION.item_count, wanted, values.number) for wanted in all_wanted]
    own = SECTION.kind == kind, SECTION.digest.is_not(None)
    return Asset.id.in_(select(SECTION.asset_id).where(*own, *found))


def has(session, fact, all_wanted, more):
    """
    Return the condition that a fact of an asset is as wanted.

    ``more`` is {asset id: facts} of those whose facts are not kept yet; see ``unkept``.
    """
    if fact.type == facts.TEXT and any(wanted.sign != "=" for wanted in all_wanted):
        return _ordered(session, fact, all_wanted, more)
    if fact.name in ALSO and all(wanted.pattern is None for wanted in all_wanted):
        other = facts.FACTS[ALSO[fact.name]]
        return or_(*(_said(session, each, all_wanted, more) for each in (fact, other)))
    return _said(session, fact, all_wanted, more)


def faulty(session, all_wanted, more):
    """Return the condition that something of an asset's hardware fails, and is told as wanted."""
    if all(wanted.is_any for wanted in all_wanted):
        known = select(FACTS.asset_id).where(FACTS.fault_count > 0)
        others = [i for i, told in more.items() if any(told.get(name) for name in facts.FAULTS)]
        return Asset.id.in_(known) | Asset.id.in_(others)
    each = [facts.FACTS[name] for name in facts.FAULTS]
    return or_(*(_said(session, fact, all_wanted, more) for fact in each))


def _said(session, fact, all_wanted, more):
    """Return the condition that a fact's value is as wanted."""
    test = Json(session, fact.name, _TYPES[fact.type], all_wanted)
    own = FACTS.version == summaries.VERSION, test.of(AssetFacts.facts)
    found = [Asset.id.in_(select(FACTS.asset_id).where(*own))]
    if more:
        found.append(Asset.id.in_(_among(session, more, test)))
    return or_(*found)


def _ordered(session, fact, all_wanted, more):
    """Return the condition on text that is less or more, as versions are."""
    said = AssetFacts.facts[fact.name].as_string()
    kept = FACTS.version == summaries.VERSION
    known = session.scalars(select(said).where(kept).distinct().limit(MOST_TEXTS + 1)).all()
    if len(known) > MOST_TEXTS:
        raise ValueError(f"{fact.name} has too many values to be compared; use : with *")
    fitting = [text for text in known if _is_as(text, all_wanted)]
    others = [number for number, told in more.items() if _is_as(told.get(fact.name), all_wanted)]
    rows = select(FACTS.asset_id).where(kept, said.in_(fitting))
    return Asset.id.in_(rows) | Asset.id.in_(others)


def _is_as(text, all_wanted):
    return bool(text) and all(
        wanted.is_any or versions.meets_text(text, wanted.sign, wanted.text)
        for wanted in all_wanted
    )


def unkept(session):
    """
    Return {asset id: facts} of the assets whose facts are not kept yet; after an upgrade.

    Raises Busy where these are many: an answer without them would be wrong.
    """
    ids = _unkept_ids(session)
    return filling.observed(session, ids) if ids else {}


def check(session):
    """Raise Busy where the facts of many assets are not kept yet."""
    _unkept_ids(session)


def _unkept_ids(session):
    ids = filling.missing(session, AT_ONCE + 1)
    if len(ids) > AT_ONCE:
        raise Busy(
            "facts are being made anew after an upgrade; try again in a minute. 'cmdb worker' "
            "makes them, which 'cmdb serve' starts: look at its log where this stays so",
            headers=RETRY,
        )
    return ids


def _among(session, more, test):
    """Return a query of the assets of {asset id: facts}, which travel as JSON."""
    rows = [{"id": number, "facts": told} for number, told in more.items()]
    if dialect(session) == "postgresql":
        each = func.jsonb_array_elements(literal(rows, JSONB)).column_valued("each")
        each = select(
            cast(each.op("->>")("id"), BigInteger).label("id"),
            each.op("->", return_type=JSONB())("facts").label("facts"),
        ).subquery()
    else:
        rows = func.json_each(literal(rows, JSON())).table_valued("value")
        parts = [func.json_extract(rows.c.value, path) for path in ("$.id", "$.facts")]
        each = select(
            cast(parts[0], Integer).label("id"), func.json(parts[1], type_=JSON()).label("facts")
        ).subquery()
    return select(each.c.id).where(test.of(each.c.facts))
