"""Items that are kept once for the fleet, and the assets that have them."""

from sqlalchemy import Integer, case, exists, func, literal, select, type_coerce
from sqlalchemy.dialects import postgresql

from cmdb_api.models import Asset, BulkItem, BulkList, Section
from cmdb_api.services.dialects import among, dialect
from cmdb_api.services.search import versions

PACKAGE = "package"
# Items that one term may find.
MOST = 5000
ITEM, LIST, SECTION = BulkItem.__table__.c, BulkList.__table__.c, Section.__table__.c


def shapes(session, kind):
    """Return whether the fleet has components of a kind as rows, and as items of lists."""
    of_kind = exists().where(ITEM.kind == kind)
    found = session.execute(
        select(
            case((of_kind.where(ITEM.place == ""), 1), else_=0),
            case((of_kind.where(ITEM.place > ""), 1), else_=0),
        )
    ).one()
    return bool(found[0]), bool(found[1])


def of_kind(session, kind, condition):
    """Return the condition that an asset has an item of a bulk kind that is so."""
    numbers = session.scalars(_items(kind, condition)).all()
    return _having(session, _counted(kind, numbers))


def packages(session, found, all_wanted):
    """
    Return the condition that an asset has a package in a version that is as wanted.

    ``found`` is the condition on the package. What is installed beside the newest counts too.
    """
    if all(wanted.is_any for wanted in all_wanted):
        return of_kind(session, PACKAGE, found)
    rows = session.execute(_items(PACKAGE, found, BulkItem.data)).all()
    found = _counted(PACKAGE, rows)
    return _having(session, [number for number, item in found if is_of(item, *all_wanted)])


def is_of(item, *all_wanted):
    """Tell whether a package is in a version as wanted, or has such a one beside a newer one."""
    return any(_is(version, item.get("arch"), all_wanted) for version in _versions(item))


def _versions(item):
    return filter(None, (item.get("version"), *(item.get("older_versions") or ())))


def _is(version, arch, all_wanted):
    rpm = versions.is_rpm(arch, version)
    for wanted in all_wanted:
        if wanted.pattern is not None:
            # An epoch is seldom thought of.
            fits = wanted.fits(version) or wanted.fits(version.partition(":")[2])
        else:
            fits = versions.meets(version, wanted.sign, wanted.text, rpm=rpm)
        if not fits:
            return False
    return True


def _items(kind, condition, *more):
    """Return a query of a kind's items that are so, of one more than there may be."""
    query = select(ITEM.id, *more).where(ITEM.kind == kind, ITEM.place > "", condition)
    return query.limit(MOST + 1)


def _counted(kind, rows):
    if len(rows) > MOST:
        raise ValueError(f"more than {MOST} different items of kind {kind} are so; ask for fewer")
    return rows


def _having(session, numbers):
    """Return the condition that an asset has one of these items."""
    if dialect(session) == "postgresql":
        whole = type_coerce(LIST.ids, postgresql.ARRAY(Integer))
        holds = whole.overlap(literal(numbers, postgresql.ARRAY(Integer)))
    else:
        each = func.json_each(LIST.ids).table_valued("value")
        holds = select(each.c.value).where(among(session, each.c.value, numbers)).exists()
    lists = select(LIST.id).where(holds)
    rows = select(SECTION.asset_id).where(SECTION.bulk_list_id.in_(lists))
    return Asset.id.in_(rows)
