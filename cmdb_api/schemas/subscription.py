"""Subscriptions to changes: webhooks, streams, and what waits for them."""

from datetime import timedelta

from marshmallow import Schema, fields, validate

from cmdb_api.models.event import DEAD, PENDING, TYPES
from cmdb_api.schemas.page import PageSchema, RowsQuery
from cmdb_api.schemas.values import Duration, Flag, Kind, Label, Moment, Text
from cmdb_api.services.events import events, outcomes, tries
from cmdb_api.services.events.reach import LONGEST

MOST_KINDS, MOST_IDS = 100, 1000
_NAME = "letters, digits, dot, dash and _, at most 64; unique in any case"
_ID = "evt_4711_19a8c1d2e3f"


class _Given(Schema):
    """What people decide of a subscription."""

    url = Label(
        longest=LONGEST,
        metadata={
            "description": "of a webhook: where events are posted to; a public address, or one of "
            "WEBHOOK_ALLOWED_NETWORKS",
            "example": "https://hooks.example.com/cmdb",
        },
    )
    query = Label(
        longest=1000,
        metadata={
            "description": "a search: only of assets that it finds when the event is handed out",
            "example": "environment:production",
        },
    )
    kinds = fields.List(
        Kind(),
        allow_none=True,
        validate=validate.Length(max=MOST_KINDS),
        metadata={"description": "asset: what people change; null: all", "example": ["disk"]},
    )
    actions = fields.List(
        fields.String(validate=validate.OneOf(events.ACTIONS)),
        allow_none=True,
        validate=validate.Length(max=len(events.ACTIONS)),
        metadata={"description": "null: all", "example": ["removed", "replaced"]},
    )
    enabled = Flag(
        metadata={"description": "while false, nothing is delivered and nothing new is kept"},
    )


def _name(**more):
    return Text(
        longest=64,
        validate=validate.Regexp("[A-Za-z0-9._-]+$", error=f"A name is {_NAME}."),
        metadata={"description": _NAME, "example": "tickets"},
        **more,
    )


class NewSubscriptionSchema(_Given):
    """A subscription to be made."""

    name = _name(required=True)
    type = fields.String(
        required=True,
        validate=validate.OneOf(TYPES),
        metadata={"description": "a webhook is posted to; a stream's reader takes the events"},
    )


class SubscriptionEditSchema(_Given):
    """What is to be changed of a subscription."""

    name = _name()


class SubscriptionSchema(_Given):
    """A subscription, and how it fares."""

    id = fields.Integer()
    name = fields.String(metadata={"example": "tickets"})
    type = fields.String(metadata={"enum": list(TYPES)})
    etag = fields.String(metadata={"description": "for If-Match", "example": '"3-1"'})
    version = fields.Integer()
    created_at = Moment()
    updated_at = Moment()
    created_by = fields.String(allow_none=True)
    old_secret_until = Moment(metadata={"description": "until then the old secret signs too"})
    pending_count = fields.Integer(metadata={"description": "events that wait"})
    dead_count = fields.Integer(metadata={"description": "events that were given up"})
    expired_count = fields.Integer(
        metadata={"description": "events that nobody took for EVENTS_KEEP_DAYS, and were dropped"}
    )
    oldest_pending_at = Moment()
    oldest_pending_seconds = fields.Integer(
        allow_none=True, metadata={"description": "how long the oldest waits"}
    )
    failures = fields.Integer(metadata={"description": "in a row"})
    failing_since = Moment(metadata={"description": "null: it takes events"})
    next_at = Moment(metadata={"description": "when it is tried again"})
    last_error = fields.String(allow_none=True)
    delivered_at = Moment()
    delivered_count = fields.Integer()


class MadeSubscriptionSchema(SubscriptionSchema):
    """A new subscription, with the secret of a webhook."""

    secret = fields.String(
        allow_none=True,
        metadata={
            "description": "of a webhook: what its receiver checks signatures with; shown once",
            "example": "whsec_RVhBTVBMRSBFWEFNUExFIEVYQU1QTEUgRVhBTVA=",
        },
    )


class SubscriptionPageSchema(PageSchema):
    """A page of subscriptions, by name."""

    items = fields.List(fields.Nested(SubscriptionSchema))
    total = fields.Integer(metadata={"description": "on all pages"})


class SecretRotationSchema(Schema):
    """How a secret is changed."""

    keep_old_for = Duration(
        load_default=lambda: timedelta(hours=24),
        allow_none=True,
        metadata={
            "description": "so long events are signed with the old secret too: 24h if not given; "
            "null: it is worth nothing at once, as where it leaked",
            "example": "24h",
        },
    )


class WebhookSecretSchema(Schema):
    """A new secret."""

    secret = MadeSubscriptionSchema._declared_fields["secret"]
    old_secret_until = Moment()


class WebhookTestSchema(Schema):
    """What came of a test event."""

    is_taken = fields.Boolean(metadata={"description": "the receiver answered 2xx"})
    status = fields.Integer(allow_none=True, metadata={"example": 204})
    took_ms = fields.Integer(metadata={"example": 35})
    error = fields.String(allow_none=True, metadata={"description": "why there was no answer"})
    answer = fields.String(metadata={"description": "the start of the answer's body"})
    event = fields.Dict(metadata={"description": "what was posted"})


class ToldChangeSchema(Schema):
    """A change as it is told of: see docs/events.md."""

    id = fields.String(metadata={"description": "the same each time", "example": _ID})
    type = fields.String(metadata={"example": events.TYPE})
    at = fields.String(metadata={"example": "2026-11-22T08:00:00.000Z"})
    recorded_at = fields.String(metadata={"example": "2026-11-22T08:00:01.204Z"})
    host = fields.String(metadata={"example": "web01"})
    kind = fields.String(metadata={"example": "disk"})
    place = fields.String(metadata={"example": "0:1:3"})
    action = fields.String(metadata={"enum": list(events.ACTIONS)})
    fields_ = fields.List(fields.String(), attribute="fields", data_key="fields")
    before = fields.Dict(allow_none=True, metadata={"description": "the whole component"})
    after = fields.Dict(allow_none=True)
    actor = fields.String(allow_none=True)
    report_id = fields.String(allow_none=True)
    seq = fields.Integer(
        allow_none=True, metadata={"description": "/changes/HOST/SEQ tells more; null: no change"}
    )
    is_cut = fields.Boolean(
        metadata={"description": "there where the component is too large to be told whole"}
    )


class DeliveryQuery(RowsQuery):
    """Which deliveries."""

    status = fields.String(validate=validate.OneOf((PENDING, DEAD)))


class DeliverySchema(Schema):
    """An event that waits for a subscription, or was given up."""

    id = fields.Integer()
    status = fields.String(metadata={"enum": [PENDING, DEAD]})
    attempts = fields.Integer()
    error = fields.String(allow_none=True, metadata={"example": "answered 422: no such host"})
    created_at = Moment()
    failed_at = Moment(metadata={"description": "when it failed first"})
    next_at = Moment(metadata={"description": "not before"})
    event = fields.Nested(ToldChangeSchema)


class DeliveryPageSchema(PageSchema):
    """A page of deliveries, the oldest first."""

    items = fields.List(fields.Nested(DeliverySchema))


class TryQuery(RowsQuery):
    """Which tries."""

    outcome = fields.String(validate=validate.OneOf(outcomes.OUTCOMES))


class TrySchema(Schema):
    """What came of one post of an event to a webhook."""

    id = fields.Integer(metadata={"example": 90210})
    at = Moment(metadata={"description": "when it ended"})
    event = fields.String(
        metadata={"description": "its id, as the receiver has it in webhook-id", "example": _ID}
    )
    outbox_id = fields.Integer(
        allow_none=True,
        metadata={
            "description": "its id in /deliveries while it waits; null: a test",
            "example": 4711,
        },
    )
    hostname = fields.String(
        allow_none=True, metadata={"description": "as it was called", "example": "web01"}
    )
    asset = fields.String(
        allow_none=True,
        metadata={
            "description": "as it is called now; null where it is no more",
            "example": "web01",
        },
    )
    kind = fields.String(allow_none=True, metadata={"example": "disk"})
    place = fields.String(allow_none=True, metadata={"example": "0:1:3"})
    action = fields.String(metadata={"enum": list(tries.ACTIONS), "example": "replaced"})
    attempt = fields.Integer(
        metadata={
            "description": "of this event, counted from 1; anew where it was sent again",
            "example": 2,
        }
    )
    outcome = fields.String(
        metadata={
            "enum": list(outcomes.OUTCOMES),
            "example": outcomes.REST,
            "description": "delivered; failed: the receiver has trouble, and all that is for it "
            "waits; refused: it does not take this event, and later ones of the host wait; gone: "
            "it wants no more, and is disabled",
        }
    )
    status_code = fields.Integer(
        allow_none=True, metadata={"description": "null: no answer came", "example": 503}
    )
    error = fields.String(
        allow_none=True,
        metadata={"description": "null: it was delivered", "example": "answered 503: try later"},
    )
    duration_ms = fields.Integer(metadata={"description": "how long it took", "example": 35})


class TryPageSchema(PageSchema):
    """A page of tries, the newest first."""

    items = fields.List(fields.Nested(TrySchema))


class ResentSchema(Schema):
    """What is delivered again."""

    count = fields.Integer()


class StreamQuery(Schema):
    """How many events are taken."""

    limit = fields.Integer(
        load_default=100, validate=validate.Range(1, MOST_IDS), metadata={"example": 100}
    )


class StreamEventsSchema(Schema):
    """The oldest events of a stream, and how many there are."""

    items = fields.List(fields.Nested(ToldChangeSchema))
    pending_count = fields.Integer()


class StreamAckSchema(Schema):
    """The ids of events that the reader has."""

    ids = fields.List(
        Text(required=True),
        required=True,
        validate=validate.Length(max=MOST_IDS),
        metadata={"example": [_ID]},
    )


class StreamAckedSchema(Schema):
    """How many were removed; those that were gone already do not count."""

    count = fields.Integer()
