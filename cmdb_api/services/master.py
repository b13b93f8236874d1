"""Master data: listed, added, edited and removed by people, each edit kept under their name."""

from functools import cache

from sqlalchemy import func, select

from cmdb_api.errors import Conflict, Invalid, NotFound
from cmdb_api.models.types import now
from cmdb_api.services import (
    edits,
    etags,
    locking,
    moving,
    named,
    patterns,
    places,
    racks,
    unique,
    uses,
)
from cmdb_api.services.places import BETWEEN, Spot
from cmdb_api.services.resources import BY_NAME, DATA_CENTRES, RACKS, RESOURCES, ROOMS
from cmdb_api.services.search import rows
from cmdb_api.services.search.columns import MOMENT, NUMBER, TEXT
from cmdb_api.services.search.rows import Field, Rows

PLACES = (DATA_CENTRES, ROOMS, RACKS)
# Of all sorts; those that only some have come beside them.
_NUMBERS = ("height_u",)


def page(
    session,
    resource,
    *,
    name=None,
    unused=False,
    limit,
    cursor=None,
    sort=None,
    query=None,
    **parents,
):
    """
    Return one page by name; ``parents`` narrow it to what belongs to them, by name.

    ``unused`` leaves what no asset names.
    """
    model = resource.model
    wanted = [patterns.like(named.lowered(resource), name)] if name else []
    if unused:
        wanted.append(~select(resource.of_asset).where(resource.of_asset == model.id).exists())
    for parent, given in parents.items():
        wanted.append(_of_parent(session, resource, BY_NAME[parent], given))
    known = rows_of(resource)
    if query:
        wanted.append(known.condition(session, query))
    every, order = _query(resource).where(*wanted), {"cursor": cursor, "sort": sort}
    found, following = rows.page(session, known, every, limit=limit, **order)
    items = [_told(resource, row) for row in found]
    counted = every.with_only_columns(func.count(), maintain_column_froms=True)
    return {"items": items, "next_cursor": following, "total": session.scalar(counted)}


@cache
def rows_of(resource):
    """Return what one sort is searched for and ordered by."""
    model = resource.model
    known = {
        "name": Field(model.name, named=True, unique=True, description="its name"),
        "description": Field(
            model.description, named=True, unique=True, description="as people wrote it"
        ),
    }
    for parent in resource.parents:
        told = f"the {BY_NAME[parent].noun} that it belongs to"
        known[parent] = Field(BY_NAME[parent].model.name, named=True, description=told)
    for plain in resource.plain:
        type_ = NUMBER if plain in _NUMBERS else TEXT
        known[plain] = Field(getattr(model, plain), type_, named=type_ == TEXT)
    return Rows(
        resource.path,
        known
        | {
            "asset_count": Field(_count(resource), NUMBER, description="assets that name it"),
            "created_at": Field(model.created_at, MOMENT, description="when it was added"),
            "updated_at": Field(model.updated_at, MOMENT, description="when it was changed"),
            "id": Field(model.id, NUMBER, always=True, description="its number"),
        },
        order=("name", "id"),
    )


def counts(session):
    """Return {path: how many there are} of all sorts."""
    asked = [select(func.count()).select_from(r.model).scalar_subquery() for r in RESOURCES]
    found = session.execute(select(*asked)).one()
    return {r.path: count for r, count in zip(RESOURCES, found, strict=True)}


def one(session, resource, number):
    """Return one of a sort; raises NotFound."""
    row = None
    if number < 2**63:
        query = _query(resource).where(resource.model.id == number)
        row = session.execute(query.execution_options(populate_existing=True)).one_or_none()
    if row is None:
        raise NotFound(f"there is no {resource.noun} with id {number}")
    return _told(resource, row)


def some(session, resource, numbers):
    """Return those of a sort that are there of these, by name, each with ``uses``: what uses it."""
    wanted = locking.among(session, resource.model.__table__.c.id, list(numbers))
    query = _query(resource).where(wanted).order_by(resource.model.name_key)
    found, using = session.execute(query).all(), uses.counts(session, resource, list(numbers))
    return [_told(resource, row) | {"uses": using.get(row[0].id, [])} for row in found]


def parents_of(session, resource, number):
    """Return {parent: its id, or None} of one of a sort."""
    columns = [getattr(resource.model, f"{name}_id").label(name) for name in resource.parents]
    found = columns and session.execute(select(*columns).where(resource.model.id == number)).first()
    return dict(found._mapping) if found else {}


def add(session, resource, given, *, actor):
    """Add one; return its id. Raises Conflict where the name is taken."""
    locking.begin(session)
    row = resource.model()
    _write(session, resource, row, given)
    session.add(row)
    _flush(session, resource, row)
    after = _item(session, resource, row)
    edits.note(session, resource.path, row.id, actor=actor, before=None, after=after)
    return row.id


def edit(session, resource, number, given, *, actor, if_match=None):
    """Change one; what is not given stays, what stands in it moves along with it."""
    locking.begin(session)
    with moving.along(session, resource, number, given, actor=actor):
        row = _locked(session, resource, number)
        before = _item(session, resource, row)
        etags.check(if_match, row, lambda: before)
        height = row.height_u if resource is RACKS else None
        _write(session, resource, row, given)
        _flush(session, resource, row)
        if resource is RACKS and row.height_u < height:
            uses.check_height(session, row)
        after = _item(session, resource, row)
        if before != after:
            row.version += 1
            row.updated_at = now()
            edits.note(session, resource.path, row.id, actor=actor, before=before, after=after)


def remove(session, resource, number, *, actor, if_match=None):
    """Remove one that nothing uses; raises InUse with what does."""
    locking.begin(session)
    row = _locked(session, resource, number)
    before = _item(session, resource, row)
    etags.check(if_match, row, lambda: before)
    uses.check(session, resource, row)
    edits.note(session, resource.path, row.id, actor=actor, before=before, after=None)
    session.delete(row)
    session.flush()


def elevation(session, number):
    """Return a rack's units from the top with what stands in each; raises NotFound."""
    return racks.elevation(session, one(session, RACKS, number))


def _count(resource):
    """Return how many assets name a row, as an expression."""
    model = resource.model
    counted = select(func.count()).where(resource.of_asset == model.id)
    return counted.correlate(model).scalar_subquery()


def _query(resource):
    """Return the query for rows with the names of their parents, and how many assets use each."""
    model, count = resource.model, _count(resource)
    names = [BY_NAME[parent].model.name.label(parent) for parent in resource.parents]
    query = select(model, count.label("asset_count"), *names)
    for parent in resource.parents:
        other = BY_NAME[parent].model
        query = query.join(other, other.id == getattr(model, f"{parent}_id"), isouter=True)
    return query


def _told(resource, found):
    row = found[0]
    names = ("id", "name", "description", *resource.plain, "created_at", "updated_at")
    parents = {parent: getattr(found, parent) for parent in resource.parents}
    told = {name: getattr(row, name) for name in names} | parents
    return told | {"asset_count": found.asset_count, "etag": etags.of(row)}


def _item(session, resource, row):
    """Return what people decide of a row, as its changes keep it."""
    item = {name: getattr(row, name) for name in ("name", "description", *resource.plain)}
    for parent in resource.parents:
        model, number = BY_NAME[parent].model, getattr(row, f"{parent}_id")
        item[parent] = number and session.scalar(select(model.name).where(model.id == number))
    return {name: value for name, value in item.items() if value is not None}


def _of_parent(session, resource, parent, name):
    """Return the condition that a row belongs to what has this name."""
    column = getattr(resource.model, f"{parent.name}_id")
    if parent not in PLACES:
        return column == named.find(session, parent, name, field=parent.name)
    found = places.candidates(session, parent, name)
    if not found:
        raise named.unknown(session, parent, name)
    return column.in_([getattr(place.spot, f"{parent.name}_id") for place in found])


def _locked(session, resource, number):
    """Return a row that nobody else edits, removes or comes to use until the end."""
    row = None
    if number < 2**63:
        query = select(resource.model).where(resource.model.id == number).with_for_update()
        row = session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        raise NotFound(f"there is no {resource.noun} with id {number}")
    return row


def _write(session, resource, row, given):
    """Set the fields of a row; its key follows."""
    with session.no_autoflush:
        for name in ("name", "description", *resource.plain):
            if name in given:
                setattr(row, name, given[name])
        _belong(session, resource, row, given)
    if resource in PLACES and BETWEEN in row.name:
        raise Invalid.of("name", f"{row.name!r} has {BETWEEN!r} in it, which parts names of places")
    ids = (getattr(row, f"{name}_id") for name in resource.within)
    row.name_key = ":".join([*("" if n is None else str(n) for n in ids), row.name.lower()])


def _belong(session, resource, row, given):
    """Let a row belong to the parents that are given."""
    if not given.keys() & {*resource.parents}:
        if resource.within and row.data_centre_id is None:
            raise Invalid.of("data_centre", f"a {resource.noun} needs one")
        return
    if resource in PLACES:
        was = Spot(row.data_centre_id, getattr(row, "room_id", None))
        told = {name: given[name] for name in resource.parents if name in given}
        spot, _ = places.keep(session, places.spot_of(session, was, told))
        if spot.data_centre_id is None:
            raise Invalid.of("data_centre", f"a {resource.noun} needs one")
        row.data_centre_id = spot.data_centre_id
        if resource is RACKS:
            row.room_id = spot.room_id
        return
    for parent in resource.parents:
        name = given[parent]
        found = named.find(session, BY_NAME[parent], name, keep=True) if name else None
        setattr(row, f"{parent}_id", found)


def _flush(session, resource, row):
    """Write a row; raises Conflict where another one has its name."""
    where = " and ".join(name.replace("_", " ") for name in resource.within)
    there = f"in the same {where} " if where else ""
    article = "an" if resource.noun[0] in "aeiou" else "a"
    taken = Conflict.of("name", f"{article} {resource.noun} {there}is named {row.name} already")
    unique.flush(session, row, taken)
