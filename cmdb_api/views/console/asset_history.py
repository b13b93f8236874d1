"""One asset over time: its changes, how it was, what differs since, and who it is."""

from itertools import groupby

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import to_user_timezone
from marshmallow import Schema, fields

from cmdb_api.extensions import db
from cmdb_api.models import Asset, AssetStatus
from cmdb_api.models.change import ACTIONS
from cmdb_api.schemas.change import ChangeQuery
from cmdb_api.schemas.history import BetweenQuery
from cmdb_api.schemas.values import Kind
from cmdb_api.services import aliases, carriers, changes, compare, headline, past, storage, worklist
from cmdb_api.services.assets import KIND as ASSET
from cmdb_api.views.console import (
    asking,
    difference_pages,
    difference_rows,
    formats,
    labels,
    local_times,
    tables,
)
from cmdb_api.views.console.local_times import LocalSince
from cmdb_api.views.console.tables import Column

blp = Blueprint("asset_history", __name__, url_prefix="/assets")

# What the past is told from, read with the headline.
WHOLE = (Asset, AssetStatus)
# Components of a kind that are shown where nobody asked for that kind.
MOST_ITEMS = 60
PRESETS = (
    ("1h", _l("1 hour ago")),
    ("24h", _l("24 hours ago")),
    ("7d", _l("7 days ago")),
    ("31d", _l("31 days ago")),
)
WITHIN = (("24h", _l("24 hours")), ("7d", _l("7 days")), ("31d", _l("31 days")))
EVIDENCE = {
    "machine_id": _l("Machine id"),
    "system_uuid": _l("System UUID"),
    "board_serial": _l("Baseboard serial number"),
    "mac": _l("MAC address"),
}
WEIGHTS = {
    "strong": _l("Names this machine"),
    "frequent": _l("On too many hosts to name one"),
    "placeholder": _l("A maker's placeholder, names none"),
}


class HistoryQuery(ChangeQuery):
    """Which changes; times are in the viewer's zone."""

    since, until = LocalSince(), LocalSince()


class AtQuery(Schema):
    """At which moment, and which kinds."""

    at = LocalSince(required=True)
    kind = fields.List(Kind(), load_default=())


class DiffQuery(BetweenQuery):
    """Between which moments; times are in the viewer's zone."""

    start = LocalSince(data_key="from", required=True)
    end = LocalSince(data_key="to")


@blp.get("/<hostname>/history")
def page(hostname):
    """List what changed of one asset, newest first."""
    asset = headline.of(db.session, hostname)

    def fetch(**asked):
        return changes.page(db.session, asset=asset["hostname"], **asked)

    name = f"history-{''.join(c if c.isalnum() or c in '.-' else '_' for c in asset['hostname'])}"
    more = {"rows": changes.ROWS, "key": "seq", "saves": False}
    listing = tables.read(name, _columns(), HistoryQuery(), fetch, **more)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    return render_template(
        "console/asset_history.html",
        asset=asset,
        listing=listing,
        days=_days(listing.items),
        kinds=_kinds(asset["id"]),
        actions=ACTIONS,
        within=WITHIN,
        local=local_times.field_value,
        as_table=request.args.get("view") == "table",
    )


tables.choosable(blp, page, "/<hostname>/history")


def _columns():
    return [
        Column("at", _("Time"), type="moment", show=lambda row: formats.moment(row["at"])),
        Column("kind", _("Kind"), value=lambda row: labels.kind(row["kind"])),
        Column("place", _("Place"), value=lambda row: difference_rows.place(row["place"])),
        Column("action", _("What happened"), value=lambda row: labels.action(row["action"])),
        Column("changes", _("Old and new"), value=difference_rows.in_words, wide=True),
        Column("actor", _("Person")),
        Column("report_id", _("Report"), usual=False),
        Column("recorded_at", _("Recorded"), type="moment", usual=False),
        Column("seq", _("Number"), usual=False),
    ]


def _days(items):
    """Return [(day in the viewer's zone, [(first of a report or edit, [change])])]."""
    day = lambda row: to_user_timezone(row["at"]).date()  # noqa: E731
    together = lambda row: (row["report_id"], row["actor"], row["at"])  # noqa: E731
    return [
        (date, [list(rows) for _, rows in groupby(of_day, key=together)])
        for date, of_day in ((date, list(rows)) for date, rows in groupby(items, key=day))
    ]


def _kinds(asset_id):
    """Return (kind, its label) of an asset, what people declare first."""
    known = [ASSET, *storage.sections(db.session, asset_id)]
    return [(name, labels.kind(name)) for name in known]


@blp.get("/<hostname>/at")
def at(hostname):
    """Show an asset as it was at a moment."""
    asset = headline.of(db.session, hostname, *WHOLE)
    asked, wrong = asking.asked(AtQuery()) if request.args.get("at") else ({}, {})
    found = None
    if asked:
        when, kind = asked["at"], asked["kind"]
        found, wrong = asking.answered(lambda: past.of(db.session, asset["Asset"], when, kind))
    return render_template(
        "console/asset_history_at.html",
        asset=asset,
        asked=asked,
        found=found,
        wrong=wrong,
        presets=PRESETS,
        local=local_times.field_value,
        declared=difference_rows.declared(found) if found else [],
        most=MOST_ITEMS,
        fields_of=_fields,
        place=difference_rows.place,
    )


def _fields(rows):
    """Return the fields that components of a kind have, but for one that is the place itself."""
    names = dict.fromkeys(name for row in rows for name in row["fields"])
    return [n for n in names if any(str(row["fields"].get(n)) != row["place"] for row in rows)]


@blp.get("/<hostname>/diff")
def diff(hostname):
    """Show what differs of an asset between two moments."""
    asset = headline.of(db.session, hostname, *WHOLE)
    asked, wrong = asking.asked(DiffQuery()) if request.args.get("from") else ({}, {})
    found = None
    if asked:
        found, wrong = asking.answered(lambda: compare.between(db.session, asset["Asset"], **asked))
    told = found and _told(found, asked["kind"])
    if told and (file := told.file(asset=asset["hostname"])):
        return file
    return render_template(
        "console/asset_history_diff.html",
        asset=asset,
        asked=asked,
        found=found,
        told=told,
        wrong=wrong,
        presets=PRESETS,
        local=local_times.field_value,
    )


def _told(found, kinds):
    """Return the Differences that a page and its file tell."""
    return difference_pages.Differences(
        name=f"differences-{found['hostname']}",
        sides=(formats.moment(found["from"]).striptags(), formats.moment(found["to"]).striptags()),
        declared=difference_rows.of_declared(found["declared"]),
        entries={kind: difference_rows.between(told) for kind, told in found["kinds"].items()},
        only=kinds,
    )


@blp.get("/<hostname>/identity")
def identity(hostname):
    """Show by what an asset is known, since when, and who else carries the same."""
    asset = headline.of(db.session, hostname)
    common = current_app.config["IDENTITY_COMMON_COUNT"]
    told = carriers.told(db.session, asset["id"], common=common)
    findings = worklist.page(db.session, asset=asset["hostname"], kind=["identity"], limit=20)
    return render_template(
        "console/identity.html",
        asset=asset,
        told=[row for row in told if row["until"] is None],
        before=[row for row in told if row["until"] is not None],
        aliases=aliases.told(db.session, asset["id"]),
        former=aliases.former(db.session, asset["id"], asset["hostname"]),
        findings=findings["items"],
        evidence=EVIDENCE,
        weights=WEIGHTS,
    )
