"""Puts changes beside their record, in the same transaction, for whoever is to be told of them.

Only while an enabled subscription wants such a change: one small query where there is none.
"""

from sqlalchemy import select

from cmdb_api.models import Outbox, Subscription
from cmdb_api.models.types import now
from cmdb_api.services.events import events

OUTBOX, SUBSCRIPTION = Outbox.__table__, Subscription.__table__
# The kind of what people change of an asset itself.
ASSET = "asset"
_FILTERS = select(SUBSCRIPTION.c.kinds, SUBSCRIPTION.c.actions).where(SUBSCRIPTION.c.enabled)


def note(session, changes):
    """Keep those of an asset's changes, rows as they are recorded, that somebody wants."""
    told = [change for change in changes if events.is_told(change)]
    filters = session.execute(_FILTERS).all() if told else ()
    wanted = [change for change in told if any(events.fits(one, change) for one in filters)]
    if wanted:
        moment = now()
        rows = [_row(change, moment) for change in wanted]
        session.execute(OUTBOX.insert(), rows)


def first_report(session, asset, report_id, at):
    """Tell that a host's first report came; the asset is locked."""
    after = {"hostname": asset.hostname, "state": asset.state, "standing": asset.standing}
    more = {"report_id": report_id, "fields": sorted(after), "before": None, "after": after}
    note(session, [of_asset(asset.asset_id, asset.hostname, at, events.REPORTED) | more])


def of_asset(asset_id, hostname, at, action):
    """Return the beginning of a row that tells of an asset itself."""
    own = {"asset_id": asset_id, "hostname": hostname, "at": at, "action": action}
    return own | {"kind": ASSET, "place": ""}


def _row(change, moment):
    event = events.of(change, moment)
    return {"asset_id": change["asset_id"], "created_at": moment, "event": event}
