"""Who is told of changes: webhooks and streams, and what waits for them."""

from flask import current_app, g, url_for
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas import subscription as schemas
from cmdb_api.schemas.page import RowsQuery
from cmdb_api.services.events import backlog, streams, subscriptions, tries, trying
from cmdb_api.views import etag
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

blp = Blueprint(
    "subscriptions",
    __name__,
    url_prefix=f"{PREFIX}/subscriptions",
    description="Who is told of changes: webhooks and streams",
)
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "of what was made"}}


@blp.route("")
class Subscriptions(MethodView):
    @needs("admin")
    @blp.arguments(RowsQuery, location="query")
    @blp.response(200, schemas.SubscriptionPageSchema)
    def get(self, query):
        """List subscriptions by name, with how each fares."""
        return subscriptions.page(db.session, now(), **query)

    @needs("admin")
    @blp.arguments(schemas.NewSubscriptionSchema)
    @blp.response(201, schemas.MadeSubscriptionSchema, headers=LOCATION | etag.HEADER)
    @blp.alt_response(409, "CONFLICT")
    def post(self, given):
        """
        Make a subscription. The secret of a webhook is shown this once.

        It is told of changes whose transaction begins after this.
        """
        row, secret = subscriptions.add(
            db.session, given, actor=g.bearer.name, networks=_networks()
        )
        db.session.commit()
        told = subscriptions.one(db.session, row.id, now()) | {"secret": secret}
        return etag.answer(told, 201, {"Location": url_for("subscriptions.One", number=row.id)})


@blp.route("/<int:number>")
class One(MethodView):
    @needs("admin")
    @blp.response(200, schemas.SubscriptionSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, number):
        """Show one subscription, and how it fares."""
        return etag.answer(subscriptions.one(db.session, number, now()))

    @needs("admin")
    @etag.guarded(blp)
    @blp.arguments(schemas.SubscriptionEditSchema)
    @blp.response(200, schemas.SubscriptionSchema, headers=etag.HEADER)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def patch(self, given, number):
        """Change a subscription; what is not given stays. A webhook is tried at once again."""
        match, networks = etag.if_match(), _networks()
        subscriptions.edit(db.session, number, given, networks=networks, if_match=match)
        db.session.commit()
        return etag.answer(subscriptions.one(db.session, number, now()))

    @needs("admin")
    @etag.guarded(blp)
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, number):
        """Remove a subscription, with all that waits for it."""
        subscriptions.remove(db.session, number, if_match=etag.if_match())
        db.session.commit()


@blp.route("/<int:number>/secret")
class Secret(MethodView):
    @needs("admin")
    @blp.arguments(schemas.SecretRotationSchema)
    @blp.response(200, schemas.WebhookSecretSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, given, number):
        """Give a webhook a new secret, which is shown this once; the old one signs a while too."""
        secret = subscriptions.rotate(db.session, number, keep=given["keep_old_for"])
        db.session.commit()
        until = subscriptions.get(db.session, number).old_secret_until
        return {"secret": secret, "old_secret_until": until}


@blp.route("/<int:number>/test")
class Test(MethodView):
    @needs("admin")
    @blp.response(200, schemas.WebhookTestSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, number):
        """Post a test event to a webhook now, and tell what its receiver answered."""
        row, moment = subscriptions.webhook(db.session, number), now()
        event, url, keys = trying.event(row.name, moment), row.url, [row.secret]
        # Nothing of the database is held while the receiver is waited for.
        db.session.rollback()
        answer = trying.post(event, url, keys, current_app.config, moment)
        trying.keep(db.session, number, event, answer, now())
        db.session.commit()
        return trying.told(event, answer)


@blp.route("/<int:number>/deliveries")
class Deliveries(MethodView):
    @needs("admin")
    @blp.arguments(schemas.DeliveryQuery, location="query")
    @blp.response(200, schemas.DeliveryPageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query, number):
        """List what waits for a subscription, or was given up; the oldest first."""
        return backlog.page(db.session, number, **query)


@blp.route("/<int:number>/tries")
class Tries(MethodView):
    @needs("admin")
    @blp.arguments(schemas.TryQuery, location="query")
    @blp.response(200, schemas.TryPageSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, query, number):
        """List what came of each post to a webhook of late; the newest first."""
        return tries.page(db.session, number, **query)


@blp.route("/<int:number>/deliveries/resend-all")
class ResendAll(MethodView):
    @needs("admin")
    @blp.response(200, schemas.ResentSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, number):
        """Deliver all that was given up again, and try the webhook at once."""
        count = backlog.resend(db.session, number)
        db.session.commit()
        return {"count": count}


@blp.route("/<int:number>/deliveries/<int:outbox_id>")
class OneDelivery(MethodView):
    @needs("admin")
    @blp.response(204)
    @blp.alt_response(404, "NOT_FOUND")
    def delete(self, number, outbox_id):
        """Drop an event: it is not delivered to this subscription any more."""
        backlog.drop(db.session, number, outbox_id)
        db.session.commit()


@blp.route("/<int:number>/deliveries/<int:outbox_id>/resend")
class Resend(MethodView):
    @needs("admin")
    @blp.response(200, schemas.ResentSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, number, outbox_id):
        """Deliver an event again, and try the webhook at once."""
        count = backlog.resend(db.session, number, outbox_id)
        db.session.commit()
        return {"count": count}


@blp.route("/<name>/events")
class Events(MethodView):
    @needs("relay", "read")
    @blp.arguments(schemas.StreamQuery, location="query")
    @blp.response(200, schemas.StreamEventsSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def get(self, query, name):
        """Take the oldest events of a stream, by its name; they stay until they are acked."""
        return streams.take(db.session, name, now(), limit=query["limit"])


@blp.route("/<name>/ack")
class Ack(MethodView):
    @needs("relay", "write")
    @blp.arguments(schemas.StreamAckSchema)
    @blp.response(200, schemas.StreamAckedSchema)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.alt_response(409, "CONFLICT")
    def post(self, given, name):
        """Remove events from a stream: its reader has them."""
        count = streams.ack(db.session, name, given["ids"], now())
        db.session.commit()
        return {"count": count}


def _networks():
    return current_app.config["WEBHOOK_ALLOWED_NETWORKS"]
