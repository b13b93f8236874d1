"""Saved views of the list of assets: a search, its columns and its order under a name."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import InputRequired

from cmdb_api.extensions import db
from cmdb_api.schemas.search import SavedQueryEditSchema, SavedQueryPageQuery, SavedQuerySchema
from cmdb_api.services.search import saved
from cmdb_api.services.search.readers import Reader
from cmdb_api.views.console import forms, tables
from cmdb_api.views.console.gate import READ, needs
from cmdb_api.views.console.tables import Column

blp = Blueprint("saved", __name__, url_prefix="/assets/saved")
PARTS = ("query", "columns", "sort")
COLUMNS = [
    Column("name", _l("Name")),
    Column("description", _l("Description"), wide=True),
    Column("query", _l("Search"), wide=True),
    Column("columns", _l("Columns"), type="list", usual=False),
    Column("sort", _l("Order"), usual=False),
    Column("shared", _l("Shared")),
    Column("owner", _l("Owner")),
    Column("updated_at", _l("Changed at"), type="moment"),
]


class ViewForm(forms.EditForm):
    """A view that is saved."""

    name = StringField(_l("Name"), [InputRequired()], render_kw={"maxlength": 255})
    description = TextAreaField(_l("Description"), render_kw={"rows": 2})
    shared = BooleanField(_l("Others see it too"))
    query = StringField(_l("Search"), render_kw={"maxlength": 1000})
    columns = StringField(
        _l("Columns"), description=_l("Names with commas between them; without any the usual ones.")
    )
    sort = StringField(_l("Order"), description=_l("Names with commas; - before one turns it."))

    def values(self):
        """Return what was typed as the API's schema has it."""
        named = [name.strip() for name in (self.columns.data or "").split(",")]
        return super().values() | {"columns": [name for name in named if name]}


@blp.get("")
def page():
    """List the saved views that one may see."""
    listing = tables.read("saved-views", COLUMNS, SavedQueryPageQuery(), _fetch)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    return render_template("console/saved.html", listing=listing, mine=_mine)


@blp.get("/<int:number>")
def open(number):
    """Open a view as it is saved; where it does not fit any more, say why."""
    view = saved.one(db.session, _reader(), number)
    if view["problems"]:
        return render_template("console/saved_broken.html", view=view, mine=_mine(view))
    named = ",".join(view["columns"]) or None
    asked = {"query": view["query"] or None, "columns": named, "sort": view["sort"] or None}
    return redirect(url_for("console.assets.page", **asked, view=number))


@blp.route("/add", methods=["GET", "POST"])
@needs(READ)
def add():
    """Save what the list shows under a name."""
    form = ViewForm(data=_shown())
    given = forms.checked(form, SavedQuerySchema())
    if given is not None and (
        number := forms.done(form, lambda: saved.add(db.session, _reader(), given))
    ):
        flash(_("The view is saved."))
        return redirect(url_for("console.saved.open", number=number), 303)
    return forms.page("console/saved_form.html", form, view=None)


@blp.route("/<int:number>/edit", methods=["GET", "POST"])
@needs(READ)
def edit(number):
    """Change a saved view; an address with a search or columns offers these."""
    view = saved.one(db.session, _reader(), number)
    told = {name: view[name] or "" for name in ("name", "description", "shared", "query", "sort")}
    told |= {"columns": ",".join(view["columns"]), "etag": view["etag"]}
    form = ViewForm(data=told | _shown())
    given = forms.checked(form, SavedQueryEditSchema())
    if given is not None and forms.done(form, lambda: _edit(number, given, form.etag.data)):
        flash(_("The view is saved."))
        return redirect(url_for("console.saved.open", number=number), 303)
    if form.current:
        form.current["columns"] = ",".join(form.current.get("columns") or ())
    return forms.page("console/saved_form.html", form, view=view)


@blp.route("/<int:number>/remove", methods=["GET", "POST"])
@needs(READ)
def remove(number):
    """Ask whether a view is to go, and remove it."""
    view = saved.one(db.session, _reader(), number)
    form = forms.EditForm(etag=view["etag"])
    if form.validate_on_submit() and forms.done(form, lambda: _remove(number, form.etag.data)):
        flash(_("The view is removed."))
        return redirect(url_for("console.saved.page"), 303)
    return forms.page("console/saved_remove.html", form, view=view)


def _fetch(**asked):
    return saved.page(db.session, _reader(), **asked)


def _edit(number, given, etag):
    saved.edit(db.session, _reader(), number, given, if_match=etag or None)


def _remove(number, etag):
    saved.remove(db.session, _reader(), number, if_match=etag or None)


def _reader():
    return Reader.of(g.bearer)


def _mine(view):
    """Tell whether whoever looks may change a view."""
    reader = _reader()
    return reader.admin or view["owner"] == reader.name


def _shown():
    """Return what the list showed that is to be saved."""
    return {name: request.args[name] for name in PARTS if name in request.args}
