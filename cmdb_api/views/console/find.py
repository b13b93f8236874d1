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
# Words that are each looked for by themselves; of more it is the whole text.
MOST_WORDS = 8
# What stands in quotes, or between spaces.
_WORD = re.compile(r'"([^"]+)"|(\S+)')
_PATTERN = re.compile(r"(?=.*[*?])[\w.*?-]+")
# A field and a colon, as searches have them; (the first part of) an IPv6 address or a MAC is none.
_ADDRESS = re.compile(r"(?i)[0-9a-f]*:[0-9a-f.:/]*:[0-9a-f.:/]*|[a-f]*[0-9][0-9a-f]*:[0-9a-f]*")
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
    hosts, total = (found["items"], found["total"]) if found else ([], 0)
    # What so many assets have is no serial number.
    pieces = parts.of_serial(db.session, wanted)[:MOST] if short and total <= MOST else []
    named = lookup.by_name(db.session, wanted) if short else []
    alike = [] if hosts or pieces or named or not short else _alike(wanted)
    if len(hosts) == 1 and not pieces and not named:
        return redirect(url_for("console.asset.page", hostname=hosts[0]["hostname"]))
    return render_template(
        "console/find.html",
        wanted=wanted,
        query=query,
        hosts=hosts,
        total=total,
        columns=[(name, labels.column(name)) for name in COLUMNS],
        pieces=pieces,
        alike=alike,
        named=[each for each in named if may("console.master.one")],
        sorts=master_words.ONE,
    )


def _query(wanted):
    """Return the search for what was typed: all of its words, wherever each stands."""
    words = _WORD.findall(wanted)
    if len(words) > MOST_WORDS:
        return completion.as_written(wanted)
    return " ".join(
        completion.as_written(quoted) if quoted else _word(bare) for quoted, bare in words
    )


def _word(word):
    """Return a word as a search has it: a pattern as it is, else as a value."""
    is_pattern = _PATTERN.fullmatch(word) and not word.startswith("-")
    return word if is_pattern else completion.as_written(word)


def _alike(wanted):
    """Return the parts of serial numbers that begin so."""
    return parts.beginning(db.session, wanted, MOST)


def _asked(work):
    """Return what a service finds; None where it knows no such thing."""
    try:
        return work()
    except CMDBError:
        db.session.rollback()
        return None
