"""The log of deliveries: each post to a webhook of late, and what came of it."""

from sqlalchemy import insert, select

from cmdb_api.models import Asset, DeliveryTry
from cmdb_api.services.events import events, outbox, outcomes, subscriptions
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import rows as search_rows
from cmdb_api.services.search.columns import MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

# The kinds that events tell of, but for those of collectors that others write.
KIND_NAMES = (outbox.ASSET, *sorted(KINDS))
# What the action of a test is called.
TEST = "test"
ACTIONS = (*events.ACTIONS, TEST)
ERROR_LENGTH = 500

TRY, _NOW = DeliveryTry.__table__, Asset.__table__.alias()
ROWS = Rows(
    "delivery-log",
    {
        "id": Field(TRY.c.id, NUMBER, always=True, description="the number of the try"),
        "at": Field(TRY.c.at, MOMENT, always=True, description="when it ended"),
        "event": Field(
            TRY.c.event_id, named=True, unique=True, description="its id, as the receiver has it"
        ),
        "hostname": Field(TRY.c.hostname, named=True, description="the host that it tells of"),
        "kind": Field(
            TRY.c.kind,
            offered=KIND_NAMES,
            description="the kind of component; asset: what people declare",
        ),
        "place": Field(TRY.c.place, unique=True, description="which of the kind"),
        "action": Field(TRY.c.action, choices=ACTIONS, description="what happened"),
        "outcome": Field(TRY.c.outcome, choices=outcomes.OUTCOMES, description="what came of it"),
        "status_code": Field(TRY.c.status_code, NUMBER, description="of the answer, if one came"),
        "error": Field(TRY.c.error, named=True, unique=True, description="what was wrong"),
        "attempt": Field(TRY.c.attempt, NUMBER, description="which try of the event it was"),
        "duration_ms": Field(
            TRY.c.duration_ms, NUMBER, always=True, description="how long it took, ms"
        ),
    },
    order=("-id",),
    asset=TRY.c.asset_id,
)
_TOLD = [column for column in TRY.c if column.name not in ("subscription_id", "asset_id")]


def of(one, answer, outcome, moment):
    """Return the row that tells of a try of an event, a ``deliveries.Due``."""
    event = one.event
    return {
        **{"outbox_id": one.outbox_id, "asset_id": one.asset_id, "attempt": one.attempts + 1},
        **{"event_id": event["id"], "hostname": event["host"], "action": event["action"]},
        **{"kind": event["kind"], "place": event["place"]},
        **_came(answer, outcome, moment),
    }


def of_test(event, answer, moment):
    """Return the row that tells of a test event."""
    nothing = dict.fromkeys(("outbox_id", "asset_id", "hostname", "kind", "place"))
    outcome = outcomes.TAKEN if answer.is_taken else outcomes.REST
    told = {"event_id": event["id"], "action": TEST, "attempt": 1}
    return nothing | told | _came(answer, outcome, moment)


def _came(answer, outcome, moment):
    told = {"at": moment, "duration_ms": answer.took_ms, "outcome": outcome}
    fault = answer.fault
    return told | {"status_code": answer.status, "error": fault and fault[:ERROR_LENGTH]}


def add(session, number, made):
    """Keep what came of tries of a webhook, which is there and locked."""
    if made:
        session.execute(insert(TRY), [{"subscription_id": number} | each for each in made])


def page(session, number, *, outcome=None, **asked):
    """Return one page of the log of a webhook, the newest first; raises NotFound, Invalid."""
    subscriptions.get(session, number)
    query = select(*_TOLD, _NOW.c.hostname.label("asset"))
    query = query.join_from(TRY, _NOW, _NOW.c.id == TRY.c.asset_id, isouter=True)
    query = query.where(TRY.c.subscription_id == number)
    if outcome:
        query = query.where(TRY.c.outcome == outcome)
    found, following = search_rows.page(session, ROWS, query, **asked)
    return {"items": [_told(row) for row in found], "next_cursor": following}


def _told(row):
    told = {column.name: getattr(row, column.name) for column in _TOLD if column.name != "event_id"}
    return told | {"event": row.event_id, "asset": row.asset}
