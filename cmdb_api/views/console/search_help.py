"""How a list is searched: its fields with examples, and what may stand next while one writes."""

from typing import NamedTuple

from flask import Blueprint, abort, g, jsonify, render_template, request
from flask_babel import lazy_gettext as _l

from cmdb_api.errors import Forbidden
from cmdb_api.extensions import db
from cmdb_api.schemas.search import CompletionQuery
from cmdb_api.services import (
    bulk_runs,
    changes,
    edits,
    kinds,
    master,
    missing_rows,
    package_rows,
    part_rows,
    rack_list,
    worklist,
)
from cmdb_api.services.access import accounts, audit_log, issuing
from cmdb_api.services.events import backlog, subscriptions, tries
from cmdb_api.services.exchange import mappings, runs
from cmdb_api.services.resources import RESOURCES
from cmdb_api.services.search import completion, lists, saved
from cmdb_api.services.search.readers import Reader
from cmdb_api.services.search.rows import Rows
from cmdb_api.views.console import asking, asset_lists, gate, labels, searching
from cmdb_api.views.console import master_words as words

blp = Blueprint("search_help", __name__, url_prefix="/search")


class Searched(NamedTuple):
    """A list that can be searched: its page, its rows, and searches for example."""

    endpoint: str
    title: str
    rows: Rows
    # (search, what it finds)
    examples: tuple = ()
    # The parts of its page's path, and what its address has beside.
    parts: dict = {}
    asked: dict = {}
    # Of a list that belongs to one thing, whose number its address has: the page above it.
    above: str = ""


_UNNAMED = ("NOT description:*", _l("what nobody has described"))
_MASTER = (
    ("asset_count:0", _l("what no asset names")),
    ("asset_count:>100 AND updated_at:<now-365d", _l("named by many, and not edited for a year")),
    _UNNAMED,
)
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
        Searched(
            "console.changes.page",
            _l("Changes"),
            changes.ROWS,
            (
                ("kind:disk AND rack:A12", _l("changes of disks in this rack")),
                ("kind:package AND place:openssl*", _l("changes of packages whose names begin so")),
                ("field:size_bytes AND NOT kind:filesystem", _l("where a size differs")),
                ("actor:anna AND at:>now-7d", _l("what anna edited in the last 7 days")),
                ("action:removed AND environment:production", _l("what went from such assets")),
            ),
            asked={"view": lists.EACH},
        ),
        Searched(
            "console.coverage.page",
            _l("Coverage"),
            missing_rows.ROWS,
            (
                ("environment:production AND NOT tag:lab", _l("of assets that matter")),
                ("reason:(silent OR minion_down)", _l("for one of these reasons")),
                ("NOT reported_at:*", _l("hosts that never reported")),
                ("rack:A12", _l("in this rack")),
            ),
        ),
        Searched(
            "console.findings.page",
            _l("Findings"),
            worklist.ROWS,
            (
                ("kind:drift AND rack:A12", _l("values that differ from what is declared there")),
                ("opened_at:<now-30d", _l("open for more than 30 days")),
                ("NOT kind:(collector OR clock)", _l("all kinds but these two")),
                ("state:online AND tag:prod", _l("of assets that are online and have this tag")),
            ),
        ),
        Searched(
            "console.parts.page",
            _l("Parts"),
            part_rows.ROWS,
            (
                ("model:*PM883* AND rack:A12", _l("such disks in this rack")),
                ("kind:memory AND vendor:samsung", _l("memory of this vendor")),
                ("kind:psu AND since:>now-30d", _l("power supplies that came in 30 days")),
                ("serial:EXAMPLE* AND NOT state:online", _l("in assets that are not online")),
            ),
        ),
        Searched(
            "console.packages.page",
            _l("Packages"),
            package_rows.ROWS,
            (
                ("rack:A12 AND NOT tag:lab", _l("in this rack, and without this tag")),
                ("package.openssl:<3.0.13", _l("with openssl before this version")),
                ("os.name:debian*", _l("hosts with such a system")),
            ),
            asked={"name": "openssl"},
        ),
        Searched(
            "console.saved.page",
            _l("Saved views"),
            saved.ROWS,
            (("list:changes AND shared:true", _l("shared views of changes")), _UNNAMED),
        ),
        Searched(
            "console.accounts.page",
            _l("Users"),
            accounts.ROWS,
            (
                ("role:admin AND enabled:true", _l("who may do everything")),
                ("NOT last_login_at:>now-90d", _l("who did not log in for 90 days, or never")),
                ("email:*@example.com", _l("whose address ends so")),
            ),
        ),
        Searched(
            "console.tokens.page",
            _l("Tokens"),
            issuing.ROWS,
            (
                ("NOT last_used_at:>now-30d", _l("what was not used for 30 days, or never")),
                ("expires_at:<now+14d", _l("what ends within 14 days, or has ended")),
                ("scope:(write OR admin) AND NOT account:*", _l("what may write and is nobody's")),
            ),
        ),
        Searched(
            "console.webhooks.page",
            _l("Webhooks and streams"),
            subscriptions.ROWS,
            (
                ("failing_since:*", _l("whose receiver does not answer")),
                ("enabled:false", _l("what is paused")),
                ("type:webhook AND url:*example*", _l("what is posted to such an address")),
            ),
        ),
        Searched(
            "console.webhooks.deliveries",
            _l("Waiting and given up"),
            backlog.ROWS,
            (
                ("status:dead", _l("what was given up")),
                ("attempts:>0 AND kind:disk", _l("changes of disks that were tried in vain")),
                ("hostname:web* AND failed_at:<now-1d", _l("of such hosts, failing for a day")),
                ("NOT error:*", _l("what was not tried yet")),
            ),
            above="console.webhooks.page",
        ),
        Searched(
            "console.webhooks.log",
            _l("Delivery log"),
            tries.ROWS,
            (
                ("NOT outcome:delivered", _l("tries that went wrong")),
                ("NOT status_code:*", _l("where no answer came")),
                ("status_code:>=500 AND at:>now-1d", _l("trouble of the receiver in a day")),
                ("duration_ms:>2000", _l("answers that took longer than two seconds")),
                ("hostname:web01 AND kind:disk", _l("what was told of disks of this host")),
            ),
            above="console.webhooks.page",
        ),
        Searched(
            "console.exchange.past",
            _l("Past imports"),
            runs.ROWS,
            (
                ("failed:>0 AND dry_run:false", _l("imports of which rows were wrong")),
                ("actor:anna AND at:>now-7d", _l("what anna imported in the last 7 days")),
                ("file_name:*.xlsx", _l("workbooks")),
            ),
        ),
        Searched(
            "console.exchange.run",
            _l("Cells that are wrong"),
            runs.CELLS,
            (
                ("field:rack", _l("wrong racks")),
                ("NOT nearest:*", _l("where nothing like it is known")),
                ("row:<100 AND NOT heading:price", _l("of the first rows, but for this column")),
            ),
            above="console.exchange.past",
        ),
        Searched(
            "console.places.page",
            _l("All racks as a table"),
            rack_list.ROWS,
            (
                ("largest_gap:>=4", _l("racks in which a server of 4 units fits")),
                ("used_percent:>90", _l("racks that are nearly full")),
                ("asset_count:0 AND NOT room:*", _l("empty racks that stand in no room")),
            ),
            asked={"view": "table"},
        ),
        Searched(
            "console.bulk.past",
            _l("Edits of many assets"),
            bulk_runs.ROWS,
            (
                ("refused_count:>0", _l("edits that were refused of some assets")),
                ("actor:anna AND at:>now-7d", _l("what anna edited in the last 7 days")),
            ),
        ),
        Searched(
            "console.bulk.one",
            _l("What became of the edit"),
            bulk_runs.OUTCOMES_ROWS,
            (
                ("outcome:refused AND rack:A12", _l("what was refused of assets in this rack")),
                ("NOT why:*", _l("what nothing stood against")),
            ),
            above="console.bulk.past",
        ),
        Searched(
            "console.exchange.mappings",
            _l("Saved mappings"),
            mappings.ROWS,
            (("name:price*", _l("names that begin so")), _UNNAMED),
        ),
        Searched(
            "console.master.changes",
            _l("Edits of master data"),
            edits.ROWS,
            (
                ("action:removed", _l("what was removed")),
                ("resource:racks AND at:>now-7d", _l("edits of racks in the last 7 days")),
                ("actor:anna AND NOT resource:tags", _l("what anna edited, but for tags")),
            ),
        ),
        *(
            Searched(
                "console.master.many",
                words.MANY[resource.path],
                master.rows_of(resource),
                _MASTER,
                {"path": resource.path},
            )
            for resource in RESOURCES
        ),
    )
}


@blp.get("/<name>/help")
def page(name):
    """Show how searches of a list are written, and all fields that they know."""
    searched = _here(_searched(name))
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
    if name.startswith(asset_lists.OF_KIND):
        return _of_kind(name.removeprefix(asset_lists.OF_KIND))
    if name not in LISTS:
        abort(404)
    if not gate.may(LISTS[name].endpoint):
        raise Forbidden("what is in this list is not shown to you")
    return LISTS[name]


def _of_kind(kind):
    """Return the list of an asset's components of a kind."""
    kinds.check(db.session, kind)
    return Searched("console.assets.page", labels.kind(kind), asset_lists.rows(kind))


def _here(searched):
    """Return a list with the number of what it belongs to; without one, the page above it."""
    if not searched.above:
        return searched
    number = request.args.get("number", "")
    if number.isdecimal() and len(number) < 19:
        return searched._replace(parts={"number": int(number)})
    return searched._replace(endpoint=searched.above, examples=())


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
