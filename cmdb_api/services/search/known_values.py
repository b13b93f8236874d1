"""The values that a field has in the fleet, with the number of assets that have each.

Only assets that a search finds by itself count: none retired, in review or ignored. All is read
through the assets, so whoever sees some of them learns of their values alone.
"""

from collections import Counter

from sqlalchemy import and_, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import JSONB

from cmdb_api.models import Asset, AssetFacts, BulkItem, Component, Section
from cmdb_api.services import facts, listing, patterns
from cmdb_api.services.dialects import among, dialect
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.resources import RESOURCES
from cmdb_api.services.search import limits, stored_items, summaries
from cmdb_api.services.search.column_values import PACKAGE

MOST = 20
# Items of a bulk kind that are looked for, at most.
ITEMS = 500
_PLAIN = ("hostname", "state", "standing", "inventory_number")
_FLAGS = ("false", "true")
_REFERENCES = {r.field: r for r in RESOURCES} | {r.name: r for r in RESOURCES}
SECTION, COMPONENT = Section.__table__.c, Component.__table__.c


def of(session, field, prefix=""):
    """Return [(value, how many assets)] that begin so in any case, the most frequent first."""
    limits.start(session)
    kind, _, name = field.partition(".")
    if field in _PLAIN:
        return _counted(session, getattr(Asset, field), select(Asset.id), prefix)
    if field in _REFERENCES:
        return _referred(session, _REFERENCES[field], prefix)
    if fact := facts.FACTS.get(field):
        return _of_fact(session, fact, prefix)
    if not name or field.endswith(".count"):
        return []
    if kind == PACKAGE:
        return _in_lists(
            session, kind, prefix, "version", BulkItem.data["name"].as_string() == name
        )
    type_ = KINDS.get(kind, {}).get(name, "str")
    if type_ == "bool":
        return _flags(prefix)
    found = _of_components(session, kind, name, prefix) if type_ in ("str", "int") else []
    return found or _in_lists(session, kind, prefix, name)


def packages(session, prefix=""):
    """Return [(name, how many assets)] of packages whose names begin so."""
    return _in_lists(session, PACKAGE, prefix, "name")


def _counted(session, value, rows, prefix):
    """Return the values of an expression over rows of ``Asset``, and how many assets have each."""
    count = func.count(Asset.id.distinct()).label("count")
    rows = rows.with_only_columns(value.label("value"), count, maintain_column_froms=True)
    rows = rows.where(*listing.conditions(session, {}), value.is_not(None), _begins(value, prefix))
    rows = rows.group_by(value).order_by(count.desc(), value).limit(MOST)
    return [(str(told), number) for told, number in session.execute(rows) if told != ""]


def _begins(value, prefix):
    lower = patterns.lowered(value, prefix)
    return lower.like(f"{patterns.escaped(prefix)}%", escape="!")


def _referred(session, resource, prefix):
    model, rows = resource.model, select(Asset.id)
    if resource.link is not None:
        rows = rows.join(resource.link, resource.link.c.asset_id == Asset.id)
    rows = rows.join(model, model.id == resource.of_asset)
    return _counted(session, model.name, rows, prefix)


def _of_fact(session, fact, prefix):
    if fact.type == facts.FLAG:
        return _flags(prefix)
    kept = and_(AssetFacts.asset_id == Asset.id, AssetFacts.version == summaries.VERSION)
    rows = select(Asset.id).join(AssetFacts, kept)
    if fact.type != facts.LIST:
        return _counted(session, AssetFacts.facts[fact.name].as_string(), rows, prefix)
    if dialect(session) == "postgresql":
        whole = func.coalesce(
            AssetFacts.facts.op("->", return_type=JSONB())(fact.name), literal([], JSONB)
        )
        each = func.jsonb_array_elements_text(whole).table_valued("value").render_derived()
    else:
        path = literal(f'$."{fact.name}"')
        each = func.json_each(AssetFacts.facts, path).table_valued("value")
    return _counted(session, each.c.value, rows.join(each, true()), prefix)


def _of_components(session, kind, name, prefix):
    """Return the values of a field of components that are stored as rows."""
    told = select(BulkItem.id).where(BulkItem.kind == kind, BulkItem.place == "")
    of_kind, shared = COMPONENT.kind == kind, COMPONENT.shared_id == BulkItem.id
    rows = [
        select(COMPONENT.asset_id, value.label("value")).where(of_kind, value.is_not(None), *more)
        for value, *more in (
            (COMPONENT.own[name].as_string(),),
            (BulkItem.data[name].as_string(), shared, BulkItem.id.in_(told)),
            (COMPONENT.place, shared, BulkItem.place_field == name),
            (COMPONENT.serial, shared, BulkItem.serial_field == name),
        )
    ]
    each = union_all(*rows).subquery()
    rows = select(Asset.id).join(each, each.c.asset_id == Asset.id)
    return _counted(session, each.c.value, rows, prefix)


def _in_lists(session, kind, prefix, field, *more):
    """Return the values of a field of what is kept as lists for the fleet."""
    value = BulkItem.data[field].as_string()
    query = select(BulkItem.id, value).where(
        *(BulkItem.kind == kind, BulkItem.place != "", value.is_not(None), *more),
        _begins(value, prefix),
    )
    items = dict(map(tuple, session.execute(query.order_by(value).limit(ITEMS))))
    lists = {}
    for list_id, item in stored_items.members(session, list(items)) if items else ():
        lists.setdefault(list_id, set()).add(items[item])
    sizes = select(SECTION.bulk_list_id, func.count()).join(Asset, Asset.id == SECTION.asset_id)
    sizes = sizes.where(
        *listing.conditions(session, {}),
        SECTION.kind == kind,
        among(session, SECTION.bulk_list_id, list(lists)),
    )
    counts = Counter()
    for list_id, size in session.execute(sizes.group_by(SECTION.bulk_list_id)):
        counts.update(dict.fromkeys(lists[list_id], size))
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST]


def _flags(prefix):
    return [(flag, None) for flag in _FLAGS if flag.startswith(prefix.lower())]
