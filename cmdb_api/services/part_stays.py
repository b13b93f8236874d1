"""The stays of serial numbers, read from components and placements, and whose part each is of."""

from collections import defaultdict

from sqlalchemy import and_, func, select, tuple_

from cmdb_api.models import Asset, AssetStatus, Change, Component, Placement, Section
from cmdb_api.models.asset import IGNORED, OFFLINE, RETIRED
from cmdb_api.models.change import REPLACED
from cmdb_api.services import makers, part_items, stays, times
from cmdb_api.services.locking import among
from cmdb_api.services.sections import age

# Rows told of one serial number, of those now and of those before.
MAX_STAYS = 200
_HOST = (Asset.id, Asset.hostname, Asset.state, Asset.state_at, Asset.standing)


def read(session, serials, asset_id=None):
    """Return {serial number: its stays}; of too many a host's own, and the newest."""
    found = defaultdict(list)
    for number, stay in (*_present(session, serials, asset_id), *_past(session, serials, asset_id)):
        found[number].append(stay)
    return found


def _of_each(session, model, newest, serials, asset_id):
    """Return the condition for a model's rows of serial numbers, so many of each at most."""
    c, key = model.__table__.c, model.__table__.primary_key.columns
    order = c.asset_id != asset_id, newest.desc().nulls_last(), c.asset_id
    number = func.row_number().over(partition_by=c.serial, order_by=order[asset_id is None :])
    is_one = among(session, c.serial, serials)
    rows = select(*key, number.label("number")).where(is_one).subquery().c
    near = select(*(rows[column.name] for column in key)).where(rows.number <= MAX_STAYS)
    return and_(is_one, tuple_(*key).in_(near))


def _present(session, serials, asset_id):
    columns = (Component.serial, Component.kind, Component.place, Component.since, Component.data)
    query = (
        select(*columns, AssetStatus.ages, AssetStatus.reported_at, *_HOST)
        .join_from(Component, Asset, Component.asset_id == Asset.id)
        .join(AssetStatus, AssetStatus.asset_id == Asset.id)
        .where(_of_each(session, Component, Component.since, serials, asset_id))
        .order_by(Component.asset_id)
    )
    for row in session.execute(query):
        # Rows that are older than these rules.
        if part_items.as_looked_up(row.serial) is None or part_items.is_made_up(row.kind, row.data):
            continue
        seen_at = times.from_ms(age(row.ages, row.kind).items_at) or row.reported_at or row.since
        yield (
            row.serial,
            stays.Stay(
                _host(row),
                row.kind,
                row.place,
                row.since,
                seen_at or stays.EVER,
                vendor=part_items.vendor_of(row.data),
                model=part_items.model_of(row.data),
                is_cable=part_items.is_cable(row.data),
            ),
        )


def _past(session, serials, asset_id):
    p = Placement
    of_change = and_(Change.asset_id == p.asset_id, Change.seq == p.seq)
    query = (
        select(p.serial, p.kind, p.place, p.since, p.until, p.seq, p.vendor, p.model, *_HOST)
        .add_columns(Change.at, Change.action, Change.after, Section.serial.label("field"))
        .join_from(p, Asset, p.asset_id == Asset.id)
        .join(Change, of_change, isouter=True)
        .join(Section, and_(Section.asset_id == p.asset_id, Section.kind == p.kind), isouter=True)
        .where(_of_each(session, p, p.until, serials, asset_id))
        .order_by(p.until.desc())
    )
    for row in session.execute(query):
        by = None
        if row.action == REPLACED:
            by = part_items.serial_of(row.kind, row.after, row.field)
        # Changes are kept for so long; where it is gone, what is known is when it was seen last.
        gone_at = max(row.at or row.until, row.until)
        known = (row.seq, row.vendor, row.model, by)
        host = _host(row)
        yield (
            row.serial,
            stays.Stay(host, row.kind, row.place, row.since, row.until, gone_at, *known),
        )


def _host(row):
    is_here = row.state != RETIRED and row.standing != IGNORED
    retired_at = row.state_at if row.state == RETIRED else None
    return stays.Host(row.id, row.hostname, is_here, row.state == OFFLINE, retired_at)


def by_part(found):
    """
    Return a serial number's stays, one list a part: two makers may use the same one.

    Several kinds of one host tell of one part, though they name another vendor. Who names none is
    with what is in the same host, then with the same model, else with the first.
    """
    groups = []
    for stay in sorted(found, key=_named_first):
        if fitting := [group for group in groups if _belongs(stay, group)] or _near(stay, groups):
            # Those of one maker that another of its names has brought together.
            fitting[0].extend([stay, *(other for more in fitting[1:] for other in more)])
            groups = [group for group in groups if all(group is not more for more in fitting[1:])]
        else:
            groups.append([stay])
    return groups


def maker(stay):
    """Return who made the part of a stay, in one spelling; None where it is not known."""
    return makers.maker(stay.vendor, stay.model)


def _named_first(stay):
    since = stay.since or stays.EVER
    return maker(stay) is None, since, stay.host.id, stay.kind, stay.place


def _belongs(stay, group):
    if (name := maker(stay)) is None:
        return False
    own = {other.kind for other in group if other.host.id == stay.host.id}
    return name in {maker(other) for other in group} or (bool(own) and stay.kind not in own)


def _near(stay, groups):
    """Return a group, in a list, for a stay whose vendor is not known; none for one that is."""
    if maker(stay) is not None:
        return []
    for trait in (lambda one: one.host.id, lambda one: one.model):
        near = [group for group in groups if trait(stay) in {trait(other) for other in group}]
        if near:
            return near[:1]
    return groups[:1]
