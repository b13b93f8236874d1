"""How a list is searched: its fields with examples, and what may stand next while one writes."""

from typing import NamedTuple

from flask import Blueprint, abort, g, jsonify, render_template, request
from flask_babel import lazy_gettext as _l

from cmdb_api.errors import Forbidden
from cmdb_api.extensions import db
from cmdb_api.schemas.search import CompletionQuery
from cmdb_api.services.access import audit_log
from cmdb_api.services.search import completion
from cmdb_api.services.search.readers import Reader
from cmdb_api.services.search.rows import Rows
from cmdb_api.views.console import asking, gate, labels, searching

blp = Blueprint("search_help", __name__, url_prefix="/search")


class Searched(NamedTuple):
    """A list that can be searched: its page, its rows, and searches for example."""

    endpoint: str
    title: str
    rows: Rows
    # (search, what it finds)
    examples: tuple = ()


LISTS = {
    each.rows.name: each
    for each in (
        Searched(
            "console.audit.page",
            _l("Audit log"),
            audit_log.ROWS,
            (
                ("action:refused AND at:>now-7d", _l("what was refused in the last 7 days")),
                ("actor:anna AND NOT action:login", _l("what anna did, without her logins")),
                ("address:192.0.2.*", _l("what came from addresses that begin so")),
                ("status:>=400", _l("what was answered with an error")),
            ),
        ),
    )
}


@blp.get("/<name>/help")
def page(name):
    """Show how searches of a list are written, and all fields that they know."""
    searched = _searched(name)
    wanted = request.args.get("q", "").strip().lower()
    known = _fields(searched)
    found = [each for each in known if wanted in " ".join(map(str, each)).lower()]
    return render_template(
        "console/search_help.html", searched=searched, fields=found, wanted=wanted
    )


@blp.get("/<name>/complete")
def complete(name):
    """Tell what may stand at a place in a search of a list, as JSON."""
    searched = _searched(name)
    asked, wrong = asking.asked(CompletionQuery())
    place, limited = (asked.get("query", ""), asked.get("position")), Reader.of(g.bearer).limited
    told, refused = asking.answered(
        lambda: completion.complete(db.session, *place, limited=limited, rows=searched.rows)
    )
    answer = jsonify({"items": []} if wrong or refused else told)
    answer.cache_control.private, answer.cache_control.max_age = True, 30
    return answer


def _searched(name):
    """Return a list that can be searched, by whoever may see it."""
    if name not in LISTS:
        abort(404)
    if not gate.may(LISTS[name].endpoint):
        raise Forbidden("what is in this list is not shown to you")
    return LISTS[name]


def _fields(searched):
    """Return [(name, words, type, description)] of a list's own fields, then of those of assets."""
    own = [
        (name, labels.field(name), known.type, known.description)
        for name, known in searched.rows.fields.items()
    ]
    if searched.rows.asset is None:
        return own
    limited = Reader.of(g.bearer).limited
    of_assets = searching.fields(db.session, limited=limited)
    return own + [each for each in of_assets if each[0] not in searched.rows.fields]
