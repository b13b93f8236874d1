"""The list of assets: a search, in columns of one's choice, as a page and as a file."""

from flask import Blueprint, current_app, g, jsonify, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from cmdb_api.errors import CMDBError, Invalid
from cmdb_api.extensions import db
from cmdb_api.models.asset import STANDINGS, STATES
from cmdb_api.schemas.search import CompletionQuery, SearchQuery
from cmdb_api.services import facts
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import columns, completion, saved, sorting, table, titles
from cmdb_api.services.search.readers import Reader
from cmdb_api.views import exporting
from cmdb_api.views.console import asking, fault_words, formats, labels, searching, tables
from cmdb_api.views.console.language import CHINESE, language
from cmdb_api.views.console.messages import say
from cmdb_api.views.console.tables import Column

blp = Blueprint("assets", __name__, url_prefix="/assets")
# The columns that are shown where nobody chose, what is looked for the most first.
USUAL = (
    *("hostname", "state", "environment", "business_unit", "rack"),
    *("os.name", "board.model", "address", "reported_at"),
)
# What an error tells to those who use the API.
_IN_API = "; GET /api/v1/search/fields lists all"
# What an export takes of what was asked for.
EXPORTED = ("query", "sort", "state", "standing", "columns")
_SEARCHED = {
    "endpoint": "console.assets.page",
    "title": _l("Assets"),
    "examples": searching.EXAMPLES,
    "parts": {},
    "asked": {},
}


@blp.get("")
def page():
    """List the assets that a search finds."""
    form = request.args.get("format")
    chosen, wrong = _columns()
    shown = [_column(each) for each in chosen]
    schema, fetch = SearchQuery(exclude=["columns"]), _fetch(chosen)
    listing = tables.read("assets", shown, schema, fetch, key="hostname")
    listing.columns = shown
    listing.errors |= {"columns": [wrong]} if wrong else {}
    if request.method == "POST" and tables.wanted_file():
        return tables.as_file(listing, fetch)
    if form in exporting.TYPES and not listing.errors:
        return _file(form, listing, chosen)
    query = request.args.get("query", "")
    return render_template(
        "console/assets.html",
        listing=listing,
        query=query,
        states=STATES,
        standings=STANDINGS,
        names=[each.name for each in chosen],
    )


tables.choosable(blp, page)


@blp.get("/help")
def help():
    """Show how searches are written, and all fields that they know."""
    limited = Reader.of(g.bearer).limited
    known = searching.fields(db.session, limited=limited)
    wanted = request.args.get("q", "").strip().lower()
    found = [each for each in known if wanted in " ".join(map(str, each)).lower()]
    return render_template(
        "console/search_help.html", searched=_SEARCHED, fields=found, wanted=wanted
    )


@blp.get("/complete")
def complete():
    """Tell what may stand at a place in a search, as JSON."""
    asked, wrong = asking.asked(CompletionQuery())
    place = asked.get("query", ""), asked.get("position")
    limited = Reader.of(g.bearer).limited
    told, refused = asking.answered(
        lambda: completion.complete(db.session, *place, limited=limited)
    )
    answer = jsonify({"items": []} if wrong or refused else told)
    answer.cache_control.private, answer.cache_control.max_age = True, 30
    return answer


@blp.get("/columns")
def choose():
    """Ask which columns are wanted, in which order."""
    chosen, wrong = _columns()
    names = [each.name for each in chosen]
    return render_template(
        "console/assets_columns.html",
        chosen=[(name, labels.column(name)) for name in names],
        groups=_groups(set(names)),
        wrong=wrong,
        carried=[
            pair for pair in request.args.items(multi=True) if pair[0] not in ("columns", "cursor")
        ],
        moved=lambda name, by: tables.address({"columns": ",".join(_moved(names, name, by))}),
        most=columns.MOST,
    )


def _columns():
    """Return the columns that the address names, and what is wrong with those that are left out."""
    asked = [n.strip() for text in request.args.getlist("columns") for n in text.split(",")]
    names = list(dict.fromkeys(name for name in asked if name))
    try:
        return columns.choose(db.session, names or USUAL), None
    except Invalid as error:
        wrong = " ".join(map(say, error.fields.get("columns") or [error.message]))
    found = []
    for name in names[: columns.MOST]:
        try:
            found.append(columns.find(db.session, name))
        except Invalid:
            continue
    return found or columns.choose(db.session, USUAL), wrong


def _column(each):
    """Return a column of a search as one of a table."""
    kind = each.name.partition(".")[0].removeprefix("expected")
    last = each.name.rpartition(".")[2]
    ordered = each.name if each.name in _ordering() else None

    def show(row):
        value = row.get(each.name)
        if each.type == columns.MOMENT:
            return formats.ago(value)
        if each.type == columns.DAY:
            return formats.day(value)
        if each.name in ("state", "standing"):
            return getattr(labels, each.name)(value) if value else formats.NONE
        if last == fault_words.FIELD and value:
            return fault_words.shown(value)
        return formats.field(value, last, kind)

    type_ = {columns.NUMBER: "number", columns.MOMENT: "moment", columns.DAY: "day"}.get(each.type)
    more = {"sort": ordered, "type": type_ or each.type}
    return Column(each.name, labels.column(each.name), show=show, **more)


def _ordering():
    """Return the names of what assets can be ordered by."""
    kept = current_app.extensions
    if "cmdb_ordering" not in kept:
        kept["cmdb_ordering"] = frozenset(sorting.names())
    return kept["cmdb_ordering"]


def _fetch(chosen):
    """Return what reads a page."""

    def fetch(**asked):
        try:
            wanted = saved.filled(db.session, Reader.of(g.bearer), asked)
            return table.page(db.session, **wanted | {"columns": [c.name for c in chosen]})
        except CMDBError as error:
            # The help says it here.
            for name, texts in error.fields.items():
                error.fields[name] = [text.replace(_IN_API, "") for text in texts]
            raise

    return fetch


def _file(form, listing, chosen):
    """Answer with all that is shown as a file."""
    asked = listing.asked | {"columns": [each.name for each in chosen]}
    wanted = saved.filled(db.session, Reader.of(g.bearer), asked)
    wanted = {name: wanted[name] for name in EXPORTED if wanted.get(name)}
    if form != "jsonl":
        wanted["language"] = titles.ZH if language() == CHINESE else titles.EN
    return exporting.answer(form, wanted)


def _groups(taken):
    """Return [(words, [(name, words)])] of all columns that are not chosen yet."""
    told = [fact.name for fact in facts.every()]
    groups = [(_("Of the asset"), columns.OWN), (_("In short, of what is reported"), told)]
    reported, own = set(told), set()
    for kind in sorted(KINDS, key=labels.kind):
        if kind != "package":
            names = [f"{kind}.{field}" for field in KINDS[kind]]
            groups.append((labels.kind(kind), [n for n in names if n not in reported]))
            own.add(labels.kind(kind))
    groups.append((_("Expected of it"), [f"expected.{name}" for name in told]))
    return [
        (words, [(name, _words(name, short=words in own)) for name in names if name not in taken])
        for words, names in groups
    ]


def _words(name, *, short):
    """Return what a column is called; in short where it stands among others of its kind."""
    words = labels.column(name)
    if not words.endswith(name.removeprefix("expected.")):
        return words
    kind, _dot, field = name.removeprefix("expected.").partition(".")
    field = labels.field(field)
    return field if short else _("%(kind)s: %(field)s", kind=labels.kind(kind), field=field)


def _moved(names, name, by):
    """Return names in another order: one of them earlier (-1) or later (1)."""
    order = list(names)
    at = order.index(name)
    order.insert(max(at + by, 0), order.pop(at))
    return order
