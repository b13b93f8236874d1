"""Who did not report, why, and what mends it; how each kind and each source stands."""

from flask import Blueprint, current_app, render_template, request
from flask_babel import lazy_gettext as _l

from cmdb_api.extensions import db
from cmdb_api.schemas.coverage import CoverageQuery, MissingQuery, TargetQuery
from cmdb_api.services import coverage, missing_rows
from cmdb_api.services.coverage import Windows
from cmdb_api.views.console import coverage_texts as texts
from cmdb_api.views.console import labels, many, tables
from cmdb_api.views.console.gate import READ, needs
from cmdb_api.views.console.tables import Column

blp = Blueprint("coverage", __name__, url_prefix="/coverage")


def _commands(item):
    return texts.commands(item["hint"])


def _mended(item):
    """Return what mends a host as a file has it: in words, and the commands, a line each."""
    return "\n".join([str(texts.mends(item)), *_commands(item)])


COLUMNS = [
    Column("hostname", _l("Host")),
    Column("reason", _l("Why"), lambda item: texts.name(item["reason"])),
    Column("detail", _l("In detail"), usual=False),
    Column("since", _l("Since"), type="moment"),
    Column("mends", _l("What mends it"), _mended, texts.mends, wide=True),
    Column("commands", _l("Commands"), _commands, type="list", usual=False),
    Column("reported_at", _l("Last report"), type="moment"),
    Column("registered_at", _l("Registered"), type="moment", usual=False),
    Column("known_as", _l("Known to masters as"), type="list", usual=False),
]

_SEARCHED = {"rows": missing_rows.ROWS, "key": "hostname"}


@blp.get("")
def page():
    """List the hosts that did not report, with why and what mends it."""
    listing = tables.read("coverage", COLUMNS, MissingQuery(), _missing, **_SEARCHED)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _missing, counted=False)
    counts = listing.more.get("counts")
    if counts:
        counts["missing"] = counts.get("found", counts["missing"])
    return render_template(
        "console/coverage.html", listing=listing, counts=counts, texts=texts, kinds=_kind_choices()
    )


tables.choosable(blp, page)


@blp.route("/commands", methods=["GET", "POST"])
@needs(READ)
def commands():
    """Show the commands that mend what is missing, for all, or the chosen, hosts of a reason."""
    schema = TargetQuery()
    chosen = many.texts() if request.method == "POST" else None
    listing = tables.read("commands", [], schema, _targets, hostnames=chosen)
    found = listing.more
    left = sorted(found.get("left_out", {}).items(), key=lambda pair: (-pair[1], pair[0]))
    return render_template(
        "console/coverage_commands.html",
        listing=listing,
        left_out=left,
        chosen=chosen,
        texts=texts,
        kinds=_kind_choices(),
    )


@blp.get("/kinds")
def kinds():
    """Show how each kind of component fares in the fleet, and how old each source is."""
    listing = tables.read("kinds", [], CoverageQuery(), _summary)
    kinds = [{"kind": kind} | told for kind, told in listing.more.get("kinds", {}).items()]
    kinds.sort(key=lambda each: labels.kind(each["kind"]))
    return render_template(
        "console/coverage_kinds.html", listing=listing, found=listing.more, kinds=kinds, texts=texts
    )


def _missing(**asked):
    skew = current_app.config["CLOCK_SKEW_SECONDS"]
    return coverage.missing(db.session, clock_skew_seconds=skew, **_windowed(asked))


def _targets(**asked):
    return coverage.targets(db.session, **_windowed(asked))


def _summary(**asked):
    return {"items": []} | coverage.standing(db.session, **_windowed(asked))


def _windowed(asked):
    """Return what is asked for with the windows that then count."""
    rest = {name: value for name, value in asked.items() if name != "window"}
    return rest | {"windows": Windows.of(current_app.config, asked.get("window"))}


def _kind_choices():
    """Return (kind, what it is called) of those that collectors bring, by their names."""
    no_kinds = ("declared", "asset")
    pairs = [(kind, labels.kind(kind)) for kind in labels.KINDS if kind not in no_kinds]
    return sorted(pairs, key=lambda pair: pair[1])
