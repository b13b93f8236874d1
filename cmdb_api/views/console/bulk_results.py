"""Edits of many assets: what each would change, how far it is, what became of it."""

from flask import current_app, flash, g, jsonify, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from marshmallow import fields, validate

from cmdb_api.errors import CMDBError, NotFound
from cmdb_api.extensions import db
from cmdb_api.models.bulk import CHANGED, REFUSED
from cmdb_api.models.types import now
from cmdb_api.schemas.page import RowsQuery
from cmdb_api.services import bulk_edits, bulk_runs
from cmdb_api.services.bulk_runs import BROKEN, DONE, STOPPED, WAITING, WORKING
from cmdb_api.views.console import bulk, bulk_work, exchange, formats, tables
from cmdb_api.views.console.bulk_form import BulkForm
from cmdb_api.views.console.gate import WRITE, needs
from cmdb_api.views.console.messages import say
from cmdb_api.views.console.tables import Column

family = bulk.blp
STATUSES = {
    WAITING: _l("not confirmed yet"),
    WORKING: _l("being worked on"),
    BROKEN: _l("broken off"),
    STOPPED: _l("stopped"),
    DONE: _l("done"),
}
OUTCOMES = {CHANGED: _l("changed"), REFUSED: _l("refused")}


class OutcomesQuery(RowsQuery):
    """Which of the assets of one edit are shown."""

    outcome = fields.String(validate=validate.OneOf(list(OUTCOMES)))


@family.get("/past")
@needs(WRITE)
def past():
    """List the edits of many assets, newest first."""
    fetch = lambda **asked: bulk_runs.page(db.session, owner=exchange.only(), **asked)  # noqa: E731
    columns = [
        Column("id", _("Edit"), show=_link),
        Column("at", _("When"), type="moment"),
        Column("actor", _("By")),
        Column("what", _("What was to change"), _what, wide=True),
        Column("status", _("Outcome"), lambda row: str(STATUSES[row["status"]])),
        Column("asset_count", _("Assets"), type="number"),
        Column("changed_count", _("Changed"), type="number"),
        Column("same_count", _("So already"), type="number"),
        Column("refused_count", _("Refused"), type="number"),
        Column("gone_count", _("Removed meanwhile"), type="number", usual=False),
        Column("ended_at", _("Done at"), type="moment", usual=False),
    ]
    listing = tables.read("bulk-edits", columns, RowsQuery(), fetch, rows=bulk_runs.ROWS, key="id")
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    days = current_app.config["IMPORT_KEEP_DAYS"]
    return render_template("console/bulk_past.html", listing=listing, days=days)


tables.choosable(family, past, "/past")


@family.get("/<int:number>")
@needs(WRITE)
def one(number):
    """Show what an edit would change, how far it is, or what became of it."""
    try:
        known = bulk_runs.one(db.session, number, owner=exchange.only())
    except NotFound:
        return _gone()
    more = {"edit": known, "is_mine": known["owner_key"] == g.bearer.owner, "statuses": STATUSES}
    more["told"] = BulkForm.kept(known["asked"]).told()
    if known["status"] == WAITING:
        edit = BulkForm.kept(known["asked"]).edit()
        plan = bulk_edits.plan(db.session, known["assets"], edit) if edit else None
        shown = plan.changes[: bulk.SHOWN] if plan else ()
        more |= {"refused_shown": bulk.SHOWN}
        return render_template("console/bulk_preview.html", plan=plan, shown=shown, **more)
    fetch = lambda **asked: bulk_runs.outcomes(db.session, number, **asked)  # noqa: E731
    listing = tables.read(
        f"bulk-edit-{number}",
        _columns(),
        OutcomesQuery(),
        fetch,
        rows=bulk_runs.OUTCOMES_ROWS,
        key="hostname",
        saves=False,
    )
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    far = _far(known) if known["status"] == WORKING else None
    return render_template("console/bulk_one.html", listing=listing, far=far, **more)


tables.choosable(family, one, "/<int:number>")


@family.post("/<int:number>/do")
def do(number):
    """Make an edit, or go on with it."""
    try:
        known = bulk_runs.one(db.session, number, owner=g.bearer.owner)
        form = BulkForm.kept(known["asked"])
        if edit := form.edit():
            bulk_work.do(number, known, edit, form.why.data or None)
        else:
            flash(_("Names of this edit are not known any more. Go back to the form."), "danger")
    except NotFound:
        return _gone()
    except CMDBError as error:
        flash(say(error.message), "danger")
    return redirect(url_for("console.bulk.one", number=number))


@family.post("/<int:number>/stop")
def stop(number):
    """Have the work on an edit stop; what is done stays."""
    bulk_runs.stop(db.session, number, owner=g.bearer.owner)
    db.session.commit()
    flash(_("The work stops before the next asset. What is done stays done."))
    return redirect(url_for("console.bulk.one", number=number))


@family.get("/<int:number>/progress")
@needs(WRITE)
def progress(number):
    """Tell how far the work is, as a program that waits wants it."""
    try:
        known = bulk_runs.one(db.session, number, owner=g.bearer.owner, whole=False)
    except NotFound:
        return jsonify(text=None)
    text = _far(known) if known["status"] == WORKING else None
    return jsonify(text=text, done=known["done_count"], count=known["asset_count"])


def _far(known):
    passed = formats.plain(formats.span((now() - known["began_at"]).total_seconds()))
    done, count = (formats.number(known[name]) for name in ("done_count", "asset_count"))
    return _("%(done)s of %(count)s assets, for %(passed)s", done=done, count=count, passed=passed)


def _gone():
    flash(_("That edit is not known, or not any more."), "warning")
    return redirect(url_for("console.bulk.past"))


def _link(row):
    address = url_for("console.bulk.one", number=row["id"])
    return Markup('<a href="{}">{}</a>').format(address, _("Edit %(id)s", id=row["id"]))


def _what(row):
    """Return what was to change in one line."""
    told = BulkForm.kept(row["asked"]).told()
    return "; ".join(f"{label}: {', '.join(texts)}" for label, texts in told)


def _asset(row):
    address = url_for("console.asset.page", hostname=row["hostname"])
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(address, row["hostname"])


def _columns():
    return [
        Column("hostname", _("Asset"), show=_asset),
        Column("outcome", _("Outcome"), lambda row: str(OUTCOMES[row["outcome"]])),
        Column("why", _("Why"), show=lambda row: formats.text(say(row["why"] or "")), wide=True),
    ]
