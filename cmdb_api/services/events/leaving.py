"""Tells that an asset is removed, while it is still there."""

from cmdb_api.models.change import REMOVED
from cmdb_api.models.types import now
from cmdb_api.services.access import visibility
from cmdb_api.services.events import fanout, outbox


def removed(session, asset, before, *, actor):
    """
    Tell that an asset is removed, in a moment: it is still there, and locked.

    All that is told of it is handed out now, as long as searches find it.
    """
    more = {"actor": actor, "fields": sorted(before), "before": before, "after": None}
    outbox.note(session, [outbox.of_asset(asset.id, asset.hostname, now(), REMOVED) | more])
    with visibility.unscoped(session):
        fanout.hand_out(session, asset_id=asset.id)
