"""What people declare of assets, by name: read from the rows, and written to them.

A field is text, a number, a date, or a list of names; None or an empty list where nothing is
declared. ``expected`` is {fact: value}.
"""

from sqlalchemy import delete, select, union_all
from sqlalchemy import literal_column as literal

from cmdb_api.errors import Invalid
from cmdb_api.models import Asset, AssetAlias
from cmdb_api.services import drift, edits, lifecycle, locking, named, places
from cmdb_api.services.access import limits, visibility
from cmdb_api.services.resources import MANY, SINGLE, TAGS

DAYS = ("purchased_on", "warranty_until")
PLAIN = (*DAYS, "inventory_number", "comment")
# Those that name one of something else, less those that tell where an asset stands.
REFERENCES = tuple(r for r in SINGLE if r.field not in places.FIELDS)
FIELDS = (
    *("state", *places.FIELDS, *(resource.field for resource in REFERENCES)),
    *(resource.field for resource in MANY),
    *(*PLAIN, "expected"),
)


def read(session, asset):
    """Return {field: value} of all that is declared of an asset."""
    return read_many(session, [asset.id])[asset.id]


def read_many(session, ids, *, aliases=False):
    """
    Return {asset id: {field: value}}, in two queries for however many.

    ``aliases``: those of an asset that has any are among them.
    """
    own = [getattr(Asset, name) for name in ("state", "position_u", "height_u", *PLAIN, "expected")]
    # Not joined: so many joins take longer to plan than to do.
    names = [_name(resource).label(resource.field) for resource in SINGLE]
    query = select(Asset.id, *own, *names).where(locking.among(session, Asset.__table__.c.id, ids))
    found = {}
    for row in session.execute(query).mappings():
        found[row["id"]] = {field: row.get(field, []) for field in FIELDS}
    for asset_id, field, name in session.execute(_lists(session, ids, aliases)):
        found[asset_id][field] = [*found[asset_id].get(field, ()), name]
    return found


def write(session, asset, given, *, actor):
    """
    Declare these fields of an asset; what is not given stays. The asset's lock is held.

    Raises Invalid with all that is wrong, or Conflict.
    """
    faults = {}
    for step in _steps(session, asset, given, actor):
        try:
            step()
        except Invalid as error:
            if not error.fields or error.details:
                raise
            faults |= error.fields
    if faults:
        told = (f"{name}: {' '.join(texts)}" for name, texts in sorted(faults.items()))
        raise Invalid("; ".join(told), fields=faults)
    limits.check(session, asset)


def _steps(session, asset, given, actor):
    """Yield what is to be done for the fields that are given."""
    if given.keys() & {*places.FIELDS}:
        yield lambda: places.write(session, asset, given)
    for resource in REFERENCES:
        if resource.field in given:
            yield lambda resource=resource: _refer(session, asset, resource, given[resource.field])
    for resource in MANY:
        if resource.field in given:
            names = given[resource.field] or []
            yield lambda resource=resource, names=names: _link(
                session, asset, resource, names, actor
            )
    yield lambda: _put(asset, given)
    if "expected" in given:
        yield lambda: _expect(session, asset, given["expected"])
    if "state" in given:
        yield lambda: lifecycle.move(asset, given["state"])


def _put(asset, given):
    check_days(asset, given)
    for name in PLAIN:
        if name in given:
            setattr(asset, name, given[name])


def check_days(asset, given):
    """Raise Invalid where a warranty is to end before the purchase; ``asset`` None: a new one."""
    known = {name: getattr(asset, name, None) for name in DAYS}
    # What was wrong already, and stays, hinders no other edit.
    new = [name for name in DAYS if name in given and given[name] != known[name]]
    bought, ends = (given.get(name, known[name]) for name in DAYS)
    if new and bought and ends and ends < bought:
        told = f"the warranty would end on {ends}, before the purchase on {bought}"
        raise Invalid.of(new[-1], told)


def _refer(session, asset, resource, name):
    found = named.find(session, resource, name, keep=True) if name else None
    setattr(asset, f"{resource.field}_id", found)


def _link(session, asset, resource, names, actor):
    """Let an asset name these and no others; tags are made where they are new."""
    if resource is TAGS:
        _make_tags(session, names, actor)
    ids = set(named.find_all(session, resource, names, keep=True))
    link, other = resource.link, resource.of_asset
    before = set(session.scalars(select(other).where(link.c.asset_id == asset.id)))
    gone = locking.among(session, other, sorted(before - ids))
    session.execute(delete(link).where(link.c.asset_id == asset.id, gone))
    if new := sorted(ids - before):
        rows = [{"asset_id": asset.id, other.name: number} for number in new]
        session.execute(link.insert(), rows)


def _make_tags(session, names, actor):
    table = TAGS.model.__table__
    spelled = {}
    for name in names:
        spelled.setdefault(name.lower(), name)
    for key, name in sorted(spelled.items()):
        if session.scalar(select(table.c.id).where(table.c.name_key == key)):
            continue
        row = locking.insert(session, table).values(name=name, name_key=key)
        made = session.scalar(row.on_conflict_do_nothing().returning(table.c.id))
        if made:
            edits.note(session, TAGS.path, made, actor=actor, before=None, after={"name": name})
        elif session.scalar(select(table.c.id).where(table.c.name_key == key)) is None:
            raise visibility.taken(f"the tag {name}")


def _expect(session, asset, given):
    """Merge what is expected fact by fact; None takes one away, or all."""
    known = asset.expected or {}
    merged = {} if given is None else known | drift.check(session, given)
    asset.expected = {name: value for name, value in merged.items() if value is not None} or None


def _name(resource):
    """Return the expression for the name of what an asset names."""
    model = resource.model
    name = select(model.name).where(model.id == resource.of_asset).correlate(Asset)
    return name.scalar_subquery()


def _lists(session, ids, aliases):
    """Return the query for (asset id, field, name) of all that assets name several of."""
    parts = []
    for resource in MANY:
        link, model = resource.link, resource.model
        field = literal(f"'{resource.field}'").label("field")
        part = select(link.c.asset_id, field, model.name, model.name_key)
        part = part.join_from(link, model, model.id == resource.of_asset)
        parts.append(part.where(locking.among(session, link.c.asset_id, ids)))
    if aliases:
        c = AssetAlias.__table__.c
        part = select(c.asset_id, literal("'aliases'"), c.alias, c.alias_key)
        parts.append(part.where(locking.among(session, c.asset_id, ids)))
    rows = union_all(*parts).subquery()
    return select(rows.c.asset_id, rows.c.field, rows.c.name).order_by(rows.c.name_key)
