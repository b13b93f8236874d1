"""Webhooks and streams: who is told of changes, made, edited, paused, removed."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas import subscription as schemas
from cmdb_api.schemas.page import RowsQuery
from cmdb_api.services.events import subscriptions, trying, waiting
from cmdb_api.views.console import forms, many, tables, webhook_deliveries, webhook_log
from cmdb_api.views.console.gate import ADMIN, needs
from cmdb_api.views.console.tables import Column
from cmdb_api.views.console.tokens import shown_once
from cmdb_api.views.console.webhook_forms import EditForm, NewForm, SecretForm, offered

blp = Blueprint("webhooks", __name__, url_prefix="/admin/webhooks")
TYPES = {"webhook": _l("webhook"), "stream": _l("stream")}


def _type(row):
    return str(TYPES[row["type"]])


COLUMNS = [
    Column("name", _l("Name")),
    Column("type", _l("Type"), _type),
    Column("state", _l("State"), lambda row: str(STATES[state_of(row)])),
    Column("url", _l("Address"), wide=True),
    Column("query", _l("Of assets")),
    Column("pending_count", _l("Waiting"), type="number"),
    Column("dead_count", _l("Given up"), type="number"),
    Column("delivered_at", _l("Last delivered"), type="moment"),
    Column("delivered_count", _l("Delivered"), type="number", usual=False),
    Column("created_by", _l("Made by"), usual=False),
]
STATES = {
    "paused": _l("paused"),
    "failing": _l("failing"),
    "well": _l("well"),
}


def state_of(row):
    """Return how a subscription fares, in one word."""
    if not row["enabled"]:
        return "paused"
    return "failing" if row["failing_since"] else "well"


@blp.get("")
@needs(ADMIN)
def page():
    """List webhooks and streams."""
    listing = tables.read(
        "webhooks", COLUMNS, RowsQuery(), _fetch, rows=subscriptions.ROWS, key="id"
    )
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    return render_template(
        "console/webhooks.html", listing=listing, state_of=state_of, states=STATES
    )


tables.choosable(blp, page)


def _fetch(**asked):
    # A file has the whole number.
    most = None if tables.wanted_file() else waiting.MOST
    return subscriptions.page(db.session, now(), most=most, **asked)


@blp.route("/add", methods=["GET", "POST"])
@needs(ADMIN)
def add():
    """Make a webhook or a stream; a webhook's secret is shown on the answer."""
    form = offered(NewForm(), db.session)
    if given := forms.checked(form, schemas.NewSubscriptionSchema()):
        options = {"actor": g.bearer.name, "networks": _networks()}
        made = forms.done(form, lambda: subscriptions.add(db.session, given, **options))
        if made:
            row, secret = made
            if secret:
                return shown_once("console/webhooks_secret.html", row=row, secret=secret)
            flash(_("%(name)s is made: its reader can take events.", name=row.name))
            return redirect(url_for("console.webhooks.one", number=row.id), 303)
    return forms.page("console/webhooks_add.html", form)


@blp.route("/<int:number>", methods=["GET", "POST"])
@needs(ADMIN)
def one(number):
    """Show how a subscription fares, and change it."""
    told = subscriptions.one(db.session, number, now(), waiting.MOST)
    form = offered(EditForm(data=told), db.session, told)
    if (given := forms.checked(form, schemas.SubscriptionEditSchema())) is not None:
        if told["type"] == "stream":
            given.pop("url", None)
        _edit(form, number, given)
        if form.status == 200:
            flash(_("%(name)s is saved.", name=given["name"]))
            return redirect(url_for("console.webhooks.one", number=number), 303)
    return forms.page("console/webhooks_one.html", form, told=told, **_more(told))


def _edit(form, number, given):
    options = {"networks": _networks(), "if_match": form.etag.data}
    forms.done(form, lambda: subscriptions.edit(db.session, number, given, **options))


def _more(told):
    last, columns = webhook_log.last(told)
    words = {"state": state_of(told), "states": STATES}
    return words | {"tried": None, "last": last, "columns": columns}


@blp.post("/pause", endpoint="pause_many")
@needs(ADMIN)
def pause_chosen():
    """Pause the chosen subscriptions, or let them go on."""
    enabled = request.form.get("enabled") == "1"

    def work(number):
        subscriptions.edit(db.session, number, {"enabled": enabled}, networks=_networks())

    done, refused = many.each(many.numbers(), work)
    told = (
        ngettext("%(num)s goes on.", "%(num)s go on.", done)
        if enabled
        else ngettext("%(num)s is paused.", "%(num)s are paused.", done)
    )
    many.tell(done, refused, told)
    return redirect(url_for("console.webhooks.page"), 303)


@blp.post("/<int:number>/pause")
@needs(ADMIN)
def pause(number):
    """Pause a subscription, or let it go on."""
    enabled = request.form.get("enabled") == "1"
    subscriptions.edit(db.session, number, {"enabled": enabled}, networks=_networks())
    db.session.commit()
    flash(_("It goes on.") if enabled else _("It is paused: nothing new is kept for it."))
    return redirect(url_for("console.webhooks.one", number=number), 303)


@blp.route("/<int:number>/secret", methods=["GET", "POST"])
@needs(ADMIN)
def secret(number):
    """Ask, and give a webhook a new secret, which is shown on the answer."""
    row, form = subscriptions.webhook(db.session, number), SecretForm()
    given = forms.checked(form, schemas.SecretRotationSchema())
    if given is not None:
        keep = given["keep_old_for"]
        text = forms.done(form, lambda: subscriptions.rotate(db.session, number, keep=keep))
        if text:
            return shown_once("console/webhooks_secret.html", row=row, secret=text)
    return forms.page("console/webhooks_rotate.html", form, row=row)


@blp.post("/<int:number>/test")
@needs(ADMIN)
def test(number):
    """Post a test event now, and show what the receiver answered."""
    row, moment = subscriptions.webhook(db.session, number), now()
    event, url, keys = trying.event(row.name, moment), row.url, [row.secret]
    # Nothing of the database is held while the receiver is waited for.
    db.session.rollback()
    answer = trying.post(event, url, keys, current_app.config, moment)
    trying.keep(db.session, number, event, answer, now())
    db.session.commit()
    told = subscriptions.one(db.session, number, now(), waiting.MOST)
    form = offered(EditForm(formdata=None, data=told), db.session, told)
    more = _more(told) | {"tried": trying.told(event, answer)}
    return render_template("console/webhooks_one.html", form=form, told=told, **more)


@blp.route("/<int:number>/remove", methods=["GET", "POST"])
@needs(ADMIN)
def remove(number):
    """Ask, and remove a subscription with all that waits for it."""
    told = subscriptions.one(db.session, number, now(), waiting.MOST)
    form = forms.EditForm(data=told)
    work = lambda: subscriptions.remove(db.session, number, if_match=form.etag.data)  # noqa: E731
    if form.validate_on_submit() and forms.done(form, work):
        flash(_("%(name)s is removed.", name=told["name"]))
        return redirect(url_for("console.webhooks.page"), 303)
    return forms.page("console/webhooks_remove.html", form, told=told, most=waiting.MOST)


def _networks():
    return current_app.config["WEBHOOK_ALLOWED_NETWORKS"]


webhook_deliveries.add_to(blp)
webhook_log.add_to(blp)
