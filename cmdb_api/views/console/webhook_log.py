"""The log of deliveries: each post to a webhook of late, and what came of it."""

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas.subscription import TryQuery
from cmdb_api.services.events import outcomes, subscriptions, tries, waiting
from cmdb_api.views.console import access_words, formats, labels, tables
from cmdb_api.views.console.gate import ADMIN, needs
from cmdb_api.views.console.messages import say
from cmdb_api.views.console.tables import Column

# {outcome: what it is called, and how its badge looks}
OUTCOMES = {
    outcomes.TAKEN: (_l("delivered"), "success"),
    outcomes.REST: (_l("failed"), "danger"),
    outcomes.HOLD: (_l("refused"), "warning"),
    outcomes.GONE: (_l("gone: disabled"), "danger"),
}
# Tries that the page of a webhook shows.
LAST = 5


def counted(number):
    """Return how many wait, in words: beyond what pages count to it is not known."""
    if number > waiting.MOST:
        return _("more than %(num)s", num=formats.number(waiting.MOST))
    return formats.number(number)


def action(name):
    """Return what happened, in words."""
    if name == tries.TEST:
        return _("a test")
    return str(access_words.EVENT_ACTIONS.get(name, name))


def _host(row):
    if row["asset"] is None:
        return formats.text(row["hostname"])
    address = url_for("console.asset.page", hostname=row["asset"])
    return Markup('<a class="host" href="{}"><bdi>{}</bdi></a>').format(address, row["hostname"])


def _kind(row):
    return labels.kind(row["kind"]) if row["kind"] else None


def _error(row):
    return formats.text(row["error"] and say(row["error"]))


def _status(row):
    # A number of a kind, and no quantity.
    return formats.text(row["status_code"] and str(row["status_code"]))


COLUMNS = [
    Column("at", _l("When"), type="moment", sort="id"),
    Column("outcome", _l("Outcome"), lambda row: str(OUTCOMES[row["outcome"]][0])),
    Column("status_code", _l("HTTP status"), show=_status),
    Column("error", _l("What was wrong"), show=_error, wide=True),
    Column("duration_ms", _l("Took (ms)"), type="number"),
    Column("attempt", _l("Try"), type="number"),
    Column("hostname", _l("Host"), show=_host),
    Column("kind", _l("Kind"), _kind),
    Column("place", _l("Place"), usual=False),
    Column("action", _l("Change"), lambda row: action(row["action"])),
    Column("event", _l("Event id")),
    Column("id", _l("Number"), type="number", usual=False),
]
_OF_LAST = ("at", "outcome", "status_code", "error", "hostname", "kind", "action")


def add_to(blp):
    """Let a family of pages have this one."""
    blp.context_processor(lambda: {"counted": counted, "outcomes": OUTCOMES})
    blp.add_url_rule("/<int:number>/log", view_func=log)
    tables.choosable(blp, log, "/<int:number>/log")


@needs(ADMIN)
def log(number):
    """List what came of each post to a webhook of late; the newest first."""
    told = subscriptions.one(db.session, number, now(), waiting.MOST)

    def fetch(**asked):
        return tries.page(db.session, number, **asked)

    more = {"rows": tries.ROWS, "key": "id", "saves": False}
    listing = tables.read("delivery-log", COLUMNS, TryQuery(), fetch, **more)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    return render_template("console/webhooks_log.html", listing=listing, told=told)


def last(told):
    """Return the newest tries of a webhook, and the columns that its page shows of them."""
    if told["type"] != "webhook":
        return [], []
    found = tries.page(db.session, told["id"], limit=LAST)["items"]
    return found, [column for column in COLUMNS if column.name in _OF_LAST]
