"""What waits for a subscription, what was given up, and sending it again."""

from flask import flash, redirect, render_template, url_for
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from cmdb_api.extensions import db
from cmdb_api.models.event import DEAD, PENDING
from cmdb_api.models.types import now
from cmdb_api.schemas.subscription import DeliveryQuery
from cmdb_api.services.events import backlog, subscriptions, waiting
from cmdb_api.views.console import formats, labels, many, tables, webhook_log
from cmdb_api.views.console.gate import ADMIN, needs
from cmdb_api.views.console.messages import say
from cmdb_api.views.console.tables import Column

STATUSES = {PENDING: _l("waiting"), DEAD: _l("given up")}


def _event(name):
    return lambda row: row["event"].get(name)


def _kind(row):
    return labels.kind(row["event"]["kind"])


def _action(row):
    return webhook_log.action(row["event"]["action"])


def _answer(row):
    return formats.text(row["error"] and say(row["error"]))


COLUMNS = [
    Column("created_at", _l("Happened"), type="moment", sort="id"),
    Column("hostname", _l("Host"), _event("host"), asked=_event("host")),
    Column("kind", _l("Kind"), _kind, asked=_event("kind")),
    Column("place", _l("Place"), _event("place")),
    Column("action", _l("Change"), _action, asked=_event("action")),
    Column("status", _l("Status"), lambda row: str(STATUSES[row["status"]])),
    Column("attempts", _l("Tries"), type="number"),
    Column("next_at", _l("Next try"), type="moment"),
    Column("error", _l("Answer of the last try"), show=_answer, wide=True),
    Column("failed_at", _l("Failed first"), type="moment", usual=False),
    Column("event", _l("Event id"), _event("id"), usual=False),
    Column("id", _l("Number"), type="number", usual=False),
]


def add_to(blp):
    """Let a family of pages have these."""
    blp.add_url_rule("/<int:number>/deliveries", view_func=deliveries)
    tables.choosable(blp, deliveries, "/<int:number>/deliveries")
    for name, view in (("resend", resend), ("resend-all", resend_all), ("drop", drop)):
        blp.add_url_rule(f"/<int:number>/deliveries/{name}", view_func=view, methods=["POST"])


@needs(ADMIN)
def deliveries(number):
    """List what waits for a subscription, or was given up; the oldest first."""
    told = subscriptions.one(db.session, number, now(), waiting.MOST)

    def fetch(**asked):
        return backlog.page(db.session, number, **asked)

    more = {"rows": backlog.ROWS, "key": "id", "saves": False}
    listing = tables.read("deliveries", COLUMNS, DeliveryQuery(), fetch, **more)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    more = {"told": told, "statuses": STATUSES}
    return render_template("console/webhooks_deliveries.html", listing=listing, **more)


@needs(ADMIN)
def resend(number):
    """Send the chosen events again; what was delivered meanwhile is told."""
    work = lambda event: backlog.resend(db.session, number, event)  # noqa: E731
    done, refused = many.each(many.numbers(), work)
    many.tell(done, refused, _sent(done))
    return _back(number)


@needs(ADMIN)
def resend_all(number):
    """Send all that was given up again."""
    count = backlog.resend(db.session, number)
    db.session.commit()
    flash(_sent(count))
    return _back(number)


@needs(ADMIN)
def drop(number):
    """Drop the chosen events: they are not delivered any more."""
    work = lambda event: backlog.drop(db.session, number, event)  # noqa: E731
    done, refused = many.each(many.numbers(), work)
    many.tell(done, refused, ngettext("%(num)s is dropped.", "%(num)s are dropped.", done))
    return _back(number)


def _sent(count):
    return ngettext("%(num)s event is sent again.", "%(num)s events are sent again.", count)


def _back(number):
    return redirect(url_for("console.webhooks.deliveries", number=number), 303)
