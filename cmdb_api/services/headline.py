"""What every page of an asset begins with: its name, how it stands, where, and what is open."""

from sqlalchemy import func, or_, select

from cmdb_api.models import Asset, AssetAlias, AssetStatus, DataCentre, Finding, Rack, Room
from cmdb_api.models.finding import MUTED, OPEN
from cmdb_api.models.types import now
from cmdb_api.services import assets, names

COLUMNS = (
    *(Asset.id, Asset.hostname, Asset.state, Asset.state_at, Asset.standing, Asset.registered_at),
    *(Asset.data_centre_id, Asset.room_id, Asset.rack_id, Asset.position_u, Asset.height_u),
    *(AssetStatus.reported_at, AssetStatus.clock_skew_ms),
    *(DataCentre.name.label("data_centre"), Room.name.label("room"), Rack.name.label("rack")),
    Rack.height_u.label("rack_height_u"),
)

# The other names of an asset, a line each.
ALIASES = (
    select(func.aggregate_strings(AssetAlias.alias, "\n"))
    .where(AssetAlias.asset_id == Asset.id)
    .correlate(Asset)
    .scalar_subquery()
    .label("aliases")
)


def of(session, hostname, *more):
    """
    Return {field: value} of the asset of this name, in one query where the name is its hostname.

    ``open_findings`` counts those that are about it; ``more`` are further columns. Raises NotFound
    with the nearest names.
    """
    row = _read(session, more, Asset.hostname_key == names.key(hostname))
    if row is None:
        row = _read(session, more, Asset.id == assets.find(session, hostname).id)
    return dict(row._mapping)


def _read(session, more, which):
    query = (
        select(*COLUMNS, *more, _findings().label("open_findings"))
        .join(AssetStatus, AssetStatus.asset_id == Asset.id, isouter=True)
        .join(DataCentre, DataCentre.id == Asset.data_centre_id, isouter=True)
        .join(Room, Room.id == Asset.room_id, isouter=True)
        .join(Rack, Rack.id == Asset.rack_id, isouter=True)
    )
    return session.execute(query.where(which)).one_or_none()


def _findings():
    """Return how many findings are open, as an expression; one that was muted until now is."""
    over = (Finding.status == MUTED) & (Finding.muted_until <= now())
    mine = or_(Finding.asset_id == Asset.id, Finding.other_id == Asset.id)
    count = select(func.count(Finding.id)).where(mine, or_(Finding.status == OPEN, over))
    return count.correlate(Asset).scalar_subquery()
