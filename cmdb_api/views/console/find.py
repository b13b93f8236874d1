"""The search box of every page: by name, address, serial number, or any search."""

import re

from flask import Blueprint, redirect, render_template, request, url_for

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.services import lookup, names, parts
from cmdb_api.services.search import completion, table
from cmdb_api.views.console import labels, master_words
from cmdb_api.views.console.gate import may

blp = Blueprint("find", __name__)
MOST = 20
LONGEST_NAME = 255
COLUMNS = ("hostname", "state", "environment", "rack", "serial", "address")
# A field and a colon, as searches have them; an address of IPv6 or a MAC is none.
_ADDRESS = re.compile(r"(?i)[0-9a-f]*:[0-9a-f.:/]*:[0-9a-f.:/]*")
_SEARCH = re.compile(r"(?i)[(+!-]*(?:not )?[a-z_][a-z0-9_.]*:\S|(?-i:.* (AND|OR|NOT) )")


@blp.get("/find")
def page():
    """Go to the asset of this name, else show all that has it in its name or number."""
    wanted = request.args.get("q", "").strip()[:1000]
    if not wanted:
        return redirect(url_for("console.assets.page"))
    short = "\0" not in wanted and len(wanted) <= LONGEST_NAME
    if short and names.find(db.session, wanted):
        return redirect(url_for("console.asset.page", hostname=wanted))
    if _SEARCH.match(wanted) and not _ADDRESS.fullmatch(wanted):
        return redirect(url_for("console.assets.page", query=wanted))
    query = _query(wanted)
    found = _asked(lambda: table.page(db.session, query=query, limit=MOST, columns=COLUMNS))
    pieces = parts.of_serial(db.session, wanted)[:MOST] if short else []
    named = lookup.by_name(db.session, wanted) if short else []
    hosts = found["items"] if found else []
    if len(hosts) == 1 and not pieces and not named:
        return redirect(url_for("console.asset.page", hostname=hosts[0]["hostname"]))
    return render_template(
        "console/find.html",
        wanted=wanted,
        query=query,
        hosts=hosts,
        total=found["total"] if found else 0,
        columns=[(name, labels.column(name)) for name in COLUMNS],
        pieces=pieces,
        named=[each for each in named if may("console.master.one")],
        sorts=master_words.ONE,
    )


def _query(wanted):
    """Return the search for what was typed: a pattern as it is, else as one value."""
    if re.fullmatch(r"[\w.*?-]+", wanted) and not wanted.startswith("-"):
        return wanted
    return completion.as_written(wanted)


def _asked(work):
    """Return what a service finds; None where it knows no such thing."""
    try:
        return work()
    except CMDBError:
        db.session.rollback()
        return None
