"""The audit log: who did what, from where, and what was refused."""

import json
from operator import attrgetter

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from cmdb_api.extensions import db
from cmdb_api.schemas.access import AuditQuery
from cmdb_api.services.access import audit_log
from cmdb_api.views.console import access_words, tables
from cmdb_api.views.console.gate import ADMIN, needs
from cmdb_api.views.console.tables import Column

blp = Blueprint("audit", __name__, url_prefix="/admin/audit")


def _details(row):
    """Return the details of an entry in one line."""
    told = row.details or {}
    if set(told) == {"fields"}:
        return ", ".join(told["fields"])
    return json.dumps(told, ensure_ascii=False) if told else None


def _column(name, title, **more):
    return Column(name, title, attrgetter(name), **more)


COLUMNS = [
    _column("at", _l("When"), type="moment"),
    _column("actor", _l("Who")),
    _column("id", _l("Number"), type="number", usual=False),
    Column("action", _l("Action"), lambda row: str(access_words.DEEDS[row.action])),
    _column("what", _l("What")),
    _column("subject", _l("Subject")),
    _column("status", _l("Answer"), type="number"),
    _column("address", _l("Source")),
    Column("details", _l("Details"), _details, wide=True),
    _column("token_id", _l("Token"), type="number", usual=False),
]


@blp.get("")
@needs(ADMIN)
def page():
    """List what was done, newest first."""
    listing = tables.read("audit", COLUMNS, AuditQuery(), _fetch, rows=audit_log.ROWS, key="id")
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    return render_template("console/audit.html", listing=listing, deeds=access_words.DEEDS)


tables.choosable(blp, page)


def _fetch(**asked):
    return audit_log.page(db.session, **asked)
