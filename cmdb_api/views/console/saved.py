"""Saved views of lists: a search, what narrows it, its columns and its order under a name."""

from urllib.parse import parse_qs, urlencode

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, HiddenField, StringField, TextAreaField
from wtforms.validators import InputRequired

from cmdb_api.extensions import db
from cmdb_api.schemas.search import SavedQueryEditSchema, SavedQueryPageQuery, SavedQuerySchema
from cmdb_api.services.search import lists, saved
from cmdb_api.services.search.readers import Reader
from cmdb_api.views.console import addresses, forms, gate, many, search_help, tables
from cmdb_api.views.console.gate import READ, needs
from cmdb_api.views.console.tables import Column

blp = Blueprint("saved", __name__, url_prefix="/assets/saved")
PARTS = ("query", "columns", "sort")
# Of an address what narrows nothing.
NO_FILTERS = ("list", "cursor", "start", "back", "format", "limit", "saved_view")
COLUMNS = [
    Column("name", _l("Name")),
    Column("description", _l("Description"), wide=True),
    Column("query", _l("Search"), wide=True),
    Column("list", _l("List"), lambda view: str(titled(view["list"]))),
    Column("filters", _l("Filters"), lambda view: urlencode(view["filters"] or {}, True) or None),
    Column("columns", _l("Columns"), type="list", usual=False),
    Column("sort", _l("Order"), usual=False),
    Column("shared", _l("Shared")),
    Column("owner", _l("Owner")),
    Column("updated_at", _l("Changed at"), type="moment"),
]

_SEARCHED = {"rows": saved.ROWS, "key": "id", "saves": False}


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
    filters = StringField(
        _l("Filters"), description=_l("As an address has them: kind=disk&since=7d.")
    )
    list = HiddenField()

    def values(self):
        """Return what was typed as the API's schema has it."""
        named = [name.strip() for name in (self.columns.data or "").split(",")]
        filters = parse_qs((self.filters.data or "").strip().lstrip("?"))
        typed = super().values() | {"filters": filters or None}
        return typed | {"columns": [name for name in named if name]}


@blp.get("")
def page():
    """List the saved views that one may see."""
    listing = tables.read("saved-views", COLUMNS, SavedQueryPageQuery(), _fetch, **_SEARCHED)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    titles = [(name, titled(name)) for name in lists.NAMES if gate.may(_place(name)[0])]
    return render_template("console/saved.html", listing=listing, mine=_mine, titles=titles)


tables.choosable(blp, page)


@blp.post("/remove")
@needs(READ)
def remove_many():
    """Remove the chosen views; those of others are refused, but to admins."""
    work = lambda number: saved.remove(db.session, _reader(), number)  # noqa: E731
    done, refused = many.each(many.numbers(), work)
    many.tell(done, refused, ngettext("%(num)s is removed.", "%(num)s are removed.", done))
    return redirect(url_for("console.saved.page"), 303)


@blp.post("/share")
@needs(READ)
def share_many():
    """Let others see the chosen views too, or not any more."""
    shared = request.form.get("shared") == "1"

    def work(number):
        saved.edit(db.session, _reader(), number, {"shared": shared})

    done, refused = many.each(many.numbers(), work)
    told = (
        ngettext("%(num)s view is shared.", "%(num)s views are shared.", done)
        if shared
        else ngettext("%(num)s view is yours alone.", "%(num)s views are yours alone.", done)
    )
    many.tell(done, refused, told)
    return redirect(url_for("console.saved.page"), 303)


@blp.get("/<int:number>")
def open(number):
    """Open a view as it is saved; where it does not fit any more, say why."""
    view = saved.one(db.session, _reader(), number)
    if view["problems"]:
        return render_template("console/saved_broken.html", view=view, mine=_mine(view))
    asked = {"query": view["query"], "columns": ",".join(view["columns"]), "sort": view["sort"]}
    asked = (view["filters"] or {}) | {name: text for name, text in asked.items() if text}
    endpoint, parts = _place(view["list"])
    return redirect(addresses.of(endpoint, asked | {"saved_view": number}, **parts))


@blp.route("/add", methods=["GET", "POST"])
@needs(READ)
def add():
    """Save what the list shows under a name."""
    form = ViewForm(data={"list": _list()} | _shown())
    given = forms.checked(form, SavedQuerySchema())
    if given is not None and (
        number := forms.done(form, lambda: saved.add(db.session, _reader(), given))
    ):
        flash(_("The view is saved."))
        return redirect(url_for("console.saved.open", number=number), 303)
    return forms.page("console/saved_form.html", form, view=None, **_named(form.list.data))


@blp.route("/<int:number>/edit", methods=["GET", "POST"])
@needs(READ)
def edit(number):
    """Change a saved view; an address with a search or columns offers these."""
    view = saved.one(db.session, _reader(), number)
    told = {name: view[name] or "" for name in ("name", "description", "shared", "query", "sort")}
    told |= {"columns": ",".join(view["columns"]), "etag": view["etag"], "list": view["list"]}
    told["filters"] = urlencode(view["filters"] or {}, True)
    form = ViewForm(data=told | _shown())
    given = forms.checked(form, SavedQueryEditSchema())
    if given is not None and forms.done(form, lambda: _edit(number, given, form.etag.data)):
        flash(_("The view is saved."))
        return redirect(url_for("console.saved.open", number=number), 303)
    if form.current:
        form.current["columns"] = ",".join(form.current.get("columns") or ())
        form.current["filters"] = urlencode(form.current.get("filters") or {}, True)
    return forms.page("console/saved_form.html", form, view=view, **_named(view["list"]))


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
    shown = {name: ",".join(request.args.getlist(name)) for name in PARTS if name in request.args}
    left = {n: request.args.getlist(n) for n in request.args if n not in (*PARTS, *NO_FILTERS)}
    left = {name: [value for value in values if value] for name, values in left.items()}
    return shown | ({"filters": urlencode(left, True)} if request.args else {})


def _list():
    """Return the name of the list whose view is to be saved."""
    name = request.args.get("list", lists.ASSETS)
    return name if name in lists.NAMES else lists.ASSETS


def titled(name):
    """Return what a list is called."""
    return search_help.LISTS[name].title if name in search_help.LISTS else _("Assets")


def _place(name):
    """Return the endpoint of a list's page, and the parts of its path."""
    searched = search_help.LISTS.get(name)
    return (searched.endpoint, searched.parts) if searched else ("console.assets.page", {})


def _named(name):
    endpoint, parts = _place(name)
    return {"list_title": titled(name), "list_url": url_for(endpoint, **parts)}
