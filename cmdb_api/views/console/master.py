"""Master data: ten sorts of it, each a list with a form, made from ``services.resources``."""

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import fields

from cmdb_api.errors import CMDBError, InUse, NotFound
from cmdb_api.extensions import db
from cmdb_api.schemas import master as schemas
from cmdb_api.services import edits, master
from cmdb_api.views.console import forms, gate, master_changes, master_forms, tables
from cmdb_api.views.console import master_words as words
from cmdb_api.views.console.tables import Column

blp = Blueprint("master", __name__, url_prefix="/master")
HISTORY = "console.master.changes"
# Edits that the page of a piece shows.
LAST = 10


@blp.get("")
def page():
    """Show the sorts of master data."""
    return render_template("console/master.html", counts=master.counts(db.session), words=words)


blp.add_url_rule("/changes", view_func=master_changes.changes)
tables.choosable(blp, master_changes.changes, "/changes")


@blp.get("/<path>")
def many(path):
    """List one sort by name."""
    resource = resource_of(path)
    query = type("ListQuery", (schemas.OF[path].query,), {"unused": fields.Boolean()})

    def fetch(**asked):
        return master.page(db.session, resource, **asked)

    listing = tables.read(
        path, _columns(resource), query(), fetch, rows=master.rows_of(resource), key="id"
    )
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    return render_template(
        "console/master_list.html", listing=listing, path=path, resource=resource, words=words
    )


tables.choosable(blp, many, "/<path>")


@blp.route("/<path>/add", methods=["GET", "POST"])
@gate.needs(gate.WRITE)
def add(path):
    """Add a piece."""
    resource = resource_of(path)
    known = {name: request.args.get(name) for name in resource.parents}
    known["place"] = request.args.get("room")
    form = master_forms.form_of(db.session, resource, **known)
    if (given := master_forms.checked(form, resource)) is not None:
        work = lambda: master.add(db.session, resource, given, actor=g.bearer.name)  # noqa: E731
        if number := master_forms.done(form, work):
            flash(_("%(name)s is added.", name=given["name"]))
            another = {"path": path, **_parents_of(request.args)}
            again = url_for("console.master.add", **another)
            one = url_for("console.master.one", path=path, number=number)
            return redirect(again if "again" in request.form else one, 303)
    return forms.page("console/master_add.html", form, path=path, words=words)


@blp.route("/<path>/<int:number>", methods=["GET", "POST"])
def one(path, number):
    """Show a piece, and change it."""
    resource = resource_of(path)
    told = master.one(db.session, resource, number)
    form = master_forms.form_of(db.session, resource, keep=True, **told)
    if (given := master_forms.checked(form, resource)) is not None:
        options = {"actor": g.bearer.name, "if_match": form.etag.data}

        def work():
            master.edit(db.session, resource, number, given, **options)

        if master_forms.done(form, work):
            flash(_("%(name)s is saved.", name=given["name"]))
            return redirect(url_for("console.master.one", path=path, number=number), 303)
    history, found = gate.may(HISTORY), []
    if history:
        found = edits.page(db.session, resource=path, number=number, limit=LAST)["items"]
    more = {"parents": master.parents_of(db.session, resource, number), "history": history}
    more |= {"resource": resource, "found": found, "words": words}
    more["edit_shown"] = master_changes.shown
    return forms.page("console/master_one.html", form, told=told, path=path, **more)


@blp.route("/<path>/<int:number>/remove", methods=["GET", "POST"])
@gate.needs(gate.WRITE)
def remove(path, number):
    """Ask, and remove a piece that nothing uses; else tell what does."""
    resource = resource_of(path)
    told = master.one(db.session, resource, number)
    form, using = forms.EditForm(data=told), None
    if form.validate_on_submit():
        options = {"actor": g.bearer.name, "if_match": form.etag.data}
        try:
            master.remove(db.session, resource, number, **options)
            db.session.commit()
            flash(_("%(name)s is removed.", name=told["name"]))
            return redirect(url_for("console.master.many", path=path), 303)
        except InUse as error:
            db.session.rollback()
            using = error.details
        except CMDBError as error:
            db.session.rollback()
            forms.tell(form, error)
    status = 409 if using else form.status
    page = render_template(
        "console/master_remove.html", form=form, told=told, path=path, using=using, words=words
    )
    return page, status


def resource_of(path):
    """Return a sort of master data; raises NotFound."""
    if path not in words.OF_PATH:
        raise NotFound(f"there is no master data called {path}")
    return words.OF_PATH[path]


def _parents_of(args):
    return {name: args[name] for name in ("room", "data_centre", "business_unit") if args.get(name)}


def _columns(resource):
    fields_of = [Column(name, words.FIELDS[name]) for name in (*resource.parents, *resource.plain)]
    fields_of = [
        Column(each.name, each.title, type="number") if each.name == "height_u" else each
        for each in fields_of
    ]
    return [
        Column("name", words.FIELDS["name"]),
        *fields_of,
        Column("description", words.FIELDS["description"], wide=True),
        Column("asset_count", _l("Assets"), type="number"),
        Column("updated_at", _l("Changed at"), type="moment"),
        Column("created_at", _l("Added at"), type="moment", usual=False),
    ]
