"""What became of imports and of files that were tried: counts, every wrong cell, what changed."""

from flask import current_app, g, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from cmdb_api.errors import NotFound, for_people
from cmdb_api.extensions import db
from cmdb_api.schemas.page import RowsQuery
from cmdb_api.services.exchange import mapping, runs, uploads
from cmdb_api.services.exchange.making import POSSIBLE
from cmdb_api.services.exchange.tables import TYPES
from cmdb_api.views.console import exchange, formats, gate, labels, tables
from cmdb_api.views.console.messages import say
from cmdb_api.views.console.tables import Column

family = exchange.blp
ENDINGS = {mimetype: format for format, mimetype in TYPES.items()}
PREVIEWED = 20
# Of the notes on a run: the page says it in its own words.
_SAID = "names that are missing can be added"
COUNTS = (
    ("created", _l("new"), "plus-circle"),
    ("changed", _l("changed"), "pencil"),
    ("unchanged", _l("unchanged"), "check2"),
    ("failed", _l("wrong"), "exclamation-triangle"),
)


def outcome(run):
    """Return in a word what became of a run."""
    if run["dry_run"]:
        return _("tried")
    if not run["applied"]:
        return _("nothing imported")
    return _("imported in part") if run["counts"]["failed"] else _("imported")


def _count(name):
    return lambda run: run["counts"][name]


def _link(run):
    address = url_for("console.exchange.run", number=run["id"])
    name = run["file_name"] or _("without a name")
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(address, name)


def _columns():
    return [
        Column("file_name", _("File"), show=_link, wide=True),
        Column("at", _("When"), type="moment"),
        Column("actor", _("By")),
        Column("outcome", _("Outcome"), outcome),
        Column("rows", _("Rows"), _count("rows"), type="number"),
        *(Column(n, str(words).capitalize(), _count(n), type="number") for n, words, _i in COUNTS),
        Column("sheet", _("Sheet"), usual=False),
        Column("format", _("Format"), usual=False),
    ]


@family.get("/imports")
def past():
    """List imports, and files that were tried, newest first."""
    fetch = lambda **asked: runs.page(db.session, owner=exchange.only(), **asked)  # noqa: E731
    listing = tables.read("imports", _columns(), RowsQuery(), fetch, rows=runs.ROWS, key="id")
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    days = current_app.config["IMPORT_KEEP_DAYS"]
    more = {"tabs": exchange.tabs(), "days": days}
    return render_template("console/exchange_past.html", listing=listing, **more)


tables.choosable(family, past, "/imports")


@family.get("/imports/<int:number>")
def run(number):
    """Show what became of an import, or what would become of a file."""
    owner = exchange.only()
    try:
        told = runs.one(db.session, number, owner=owner)
    except NotFound:
        return exchange.gone(_("That import is not known, or not any more."))
    fetch = lambda **asked: runs.cells(db.session, number, owner=owner, **asked)  # noqa: E731
    more = {"rows": runs.CELLS, "key": "cell", "saves": False}
    listing = tables.read(f"import-{number}-wrong-cells", _wrong(), RowsQuery(), fetch, **more)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    waiting = uploads.of_run(db.session, number, owner=g.bearer.owner)
    return render_template(
        "console/exchange_run.html",
        run=told,
        notes=[note for note in told["notes"] if not note.startswith(_SAID)],
        listing=listing,
        outcome=outcome(told),
        counts=COUNTS,
        upload=waiting if gate.may("console.exchange.apply", "POST") else None,
        lacking=_lacking(told),
        left_out=[each for each in told["columns"] if not each["field"]],
        preview=told["preview"][:PREVIEWED],
        tabs=exchange.tabs(),
        unknown=mapping.UNKNOWN,
    )


tables.choosable(family, run, "/imports/<int:number>")


@family.get("/imports/<int:number>/failed")
def failed(number):
    """Give the rows that failed as a file, to be put right and imported."""
    try:
        data, mimetype = runs.failed(db.session, number, owner=exchange.only())
    except NotFound:
        return exchange.gone(_("No row of that import failed, or it is not known any more."))
    name = f"import-{number}-failed.{ENDINGS[mimetype]}"
    answer = current_app.response_class(data, mimetype=mimetype)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.cache_control.no_store = True
    return answer


def _wrong():
    """Return the columns of the cells that are wrong."""
    return [
        Column("cell", _("Cell")),
        Column("row", _("Row"), type="number", usual=False),
        Column("reason", _("What is wrong"), _reason, _why, wide=True),
        Column("value", _("Value"), show=lambda cell: formats.text(cell["value"])),
        Column("nearest", _("Meant perhaps"), type="list"),
        Column("heading", _("Heading")),
        Column("field", _("Field"), lambda cell: cell["field"] and labels.column(cell["field"])),
    ]


def _reason(cell):
    """Return why a cell is wrong, without what programs would do about it."""
    return for_people(cell["reason"])


def _why(cell):
    """Return why a cell is wrong in the language of the page; files keep what programs know."""
    return formats.text(say(cell["reason"]))


def _lacking(told):
    """Return the fields of which names are missing that an import can add."""
    if g.bearer.units is not None:
        return []
    fields = {cell["field"] for cell in told["failures"]}
    return [labels.column(name) for name in POSSIBLE if name in fields]
