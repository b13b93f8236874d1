"""Assets as a file of one's choice: which, in which columns, for which program."""

from flask import g, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.models.asset import STATES
from cmdb_api.schemas.export import CsvQuery, LinesQuery, TableQuery
from cmdb_api.services import facts
from cmdb_api.services.exchange import headings
from cmdb_api.services.exchange.tables import CSV, JSONL, XLSX
from cmdb_api.services.search import columns, saved, titles
from cmdb_api.services.search.readers import Reader
from cmdb_api.views import errors, exporting
from cmdb_api.views.console import exchange, labels
from cmdb_api.views.console.messages import say_all

family = exchange.blp
FORMATS = {
    XLSX: (_l("Excel (.xlsx)"), TableQuery),
    CSV: (_l("CSV"), CsvQuery),
    JSONL: (_l("JSON Lines, for programs"), LinesQuery),
}
# Which columns: those that are usual, those that people declare, those that are ticked.
USUAL, DECLARED, TICKED, EVERYTHING = "usual", "declared", "ticked", "everything"
SETS = {
    USUAL: _l("the usual ones"),
    DECLARED: _l("all that people declare: to edit and import again"),
    TICKED: _l("those ticked below"),
    EVERYTHING: _l("everything that is known (JSON Lines only)"),
}
LANGUAGES = {"en": "English", "zh": "中文"}
SEPARATORS = {"comma": _l("comma"), "semicolon": _l("semicolon"), "tab": _l("tab")}


@family.get("/export")
def export():
    """Ask which assets are wanted, and how."""
    return _page({})


@family.get("/export/file")
def export_file():
    """Give the file; where what was asked for is wrong, ask again."""
    form = request.args.get("as", XLSX)
    form = form if form in FORMATS else XLSX
    try:
        wanted = saved.filled(db.session, Reader.of(g.bearer), _wanted(form))
        return exporting.answer(form, wanted)
    except CMDBError as error:
        db.session.rollback()
        return _page(say_all(error.fields or {"": [error.message]})), 422


def _wanted(form):
    """Return what the address asks for, as the schema of a format has it; raises Invalid."""
    schema = FORMATS[form][1]()
    given = {name: request.args[name] for name in schema.fields if request.args.get(name)}
    given |= {"state": states} if (states := request.args.getlist("state")) else {}
    given |= {"columns": names} if (names := _names(form)) else {"columns": ""}
    given = {name: value for name, value in given.items() if value}
    try:
        return schema.load(given)
    except ValidationError as error:
        raise errors.invalid(error.messages, error, schema, "query") from error


def _names(form):
    """Return the names of the columns that are asked for, with commas; empty for the format's."""
    chosen = request.args.get("set", USUAL)
    if form == JSONL and request.args.get("components"):
        return ""
    if chosen == TICKED:
        more = request.args.get("more", "")
        return ",".join([*request.args.getlist("columns"), *filter(None, [more])])
    if chosen == DECLARED:
        return ",".join(headings.FIELDS)
    return ",".join(columns.DEFAULT) if chosen == USUAL and form == JSONL else ""


def _page(wrong):
    asks = "columns" in request.args
    told = [(name, labels.column(name)) for name in columns.OWN if name != "etag"]
    observed = [fact.name for fact in facts.every() if fact.name in titles.TITLES]
    observed = [(name, labels.column(name)) for name in observed]
    return render_template(
        "console/exchange_export.html",
        wrong=wrong,
        formats={name: words for name, (words, _schema) in FORMATS.items()},
        sets=SETS,
        groups=[(_("Of the asset"), told), (_("Reported"), observed)],
        ticked=",".join(request.args.getlist("columns")).split(",") if asks else columns.DEFAULT,
        states=STATES,
        languages=LANGUAGES,
        separators=SEPARATORS,
        tabs=exchange.tabs(),
    )
