"""One asset: the whole of it on one page, its hardware, its software, how it is collected."""

from flask import Blueprint, current_app, redirect, render_template, request

from cmdb_api.extensions import db
from cmdb_api.schemas.asset import AssetDetailSchema
from cmdb_api.services import (
    asset_coverage,
    changes,
    contacting,
    coverage,
    declared,
    headline,
    inspection,
    inventory,
    names,
    racks,
    worklist,
)
from cmdb_api.services import kinds as known_kinds
from cmdb_api.views.console import (
    addresses,
    asset_lines,
    asset_lists,
    asset_summary,
    collection_words,
    components,
    coverage_texts,
    finding_texts,
    raid,
    tables,
)

blp = Blueprint("asset", __name__, url_prefix="/assets")

# Lists of many small things; what every asset has is hardware.
SOFTWARE = ("package", "unit", "socket", "user", "ssh_key", "container")
# In the order in which one looks at them; kinds of other collectors come after these.
HARDWARE = (
    *("board", "host", "cpu", "memory", "disk", "raid_controller", "filesystem", "lvm", "nic"),
    *("bond", "lldp", "sfp", "bmc", "psu", "gpu", "smart", "fru", "guest", "cloud", "pci"),
)
# Drawn with another kind, at its place.
WITH = {"raid_volume": "raid_controller", "raid_disk": "raid_controller"}
SHOWN = 5
# Kinds of more components are in the file of the raw record alone.
MOST_RAW = 100


@blp.get("/<hostname>")
def page(hostname):
    """Show what an asset is, where it stands, whose it is, and what is wrong with it."""
    asset = headline.of(db.session, hostname, headline.ALIASES, *inspection.STATUS)
    if elsewhere := _renamed(asset, hostname):
        return elsewhere
    told = declared.read_many(db.session, [asset["id"]])[asset["id"]]
    kinds = inspection.of(db.session, asset, asset_summary.KINDS)
    rows = racks.standing(db.session, asset["rack_id"]) if asset["position_u"] else []
    findings = asset["open_findings"] and worklist.open_of(db.session, asset["id"], SHOWN)
    return render_template(
        "console/asset.html",
        asset=asset,
        declared=told,
        kinds=kinds,
        summary=asset_summary,
        lines=asset_lines.of(kinds),
        components=components,
        contacts=contacting.of(db.session, asset["id"]) if told["contacts"] else [],
        units=asset_summary.around(asset, rows),
        changes=changes.newest(db.session, asset["id"], SHOWN),
        findings=findings or [],
        sentence=finding_texts.sentence,
        late=asset_summary.late(asset, current_app.config["COVERAGE_WINDOW_SECONDS"]),
        skew_limit_ms=current_app.config["CLOCK_SKEW_SECONDS"] * 1000,
    )


@blp.get("/<hostname>/components")
def hardware(hostname):
    """Show an asset's hardware, each kind in a table made for it."""
    asset = headline.of(db.session, hostname, *inspection.STATUS)
    if elsewhere := _renamed(asset, hostname):
        return elsewhere
    kinds = inspection.of(db.session, asset, but=SOFTWARE)
    found = [kind for kind in kinds if kind not in SOFTWARE and _tells(kinds[kind])]
    shown = dict.fromkeys(WITH.get(kind, kind) for kind in sorted(found, key=_rank))
    return render_template(
        "console/asset_components.html",
        asset=asset,
        kinds=kinds,
        shown=list(shown),
        made=components,
        raid=raid.build(kinds),
        every="fields" in request.args,
    )


@blp.get("/<hostname>/components/<kind>")
def items(hostname, kind):
    """List the components of one kind: to search, to order, and as a file."""
    return _list(hostname, kind, "console.asset.hardware")


tables.choosable(blp, items, "/<hostname>/components/<kind>")


@blp.get("/<hostname>/software")
def software(hostname):
    """List the packages of an asset."""
    return _list(hostname, SOFTWARE[0], "console.asset.software")


@blp.get("/<hostname>/software/<kind>")
def installed(hostname, kind):
    """List what runs, what listens, who may log in: one kind at a time."""
    return _list(hostname, kind, "console.asset.software")


tables.choosable(blp, software, "/<hostname>/software")
tables.choosable(blp, installed, "/<hostname>/software/<kind>")


@blp.get("/<hostname>/collection")
def collection(hostname):
    """Show how each kind is collected: how old it is, why it fails, and what mends it."""
    asset = headline.of(db.session, hostname, *inspection.STATUS)
    if elsewhere := _renamed(asset, hostname):
        return elsewhere
    skew = current_app.config["CLOCK_SKEW_SECONDS"]
    windows = coverage.Windows.of(current_app.config)
    told = asset_coverage.of(
        db.session, asset["hostname"], windows=windows, clock_skew_seconds=skew
    )
    kinds = inspection.of(db.session, asset, ())
    came = sorted((row for row in told["kinds"] if row["status"]), key=_standing)
    ill = [row for row in came if _is_ill(row, kinds[row["kind"]], told["overdue"])]
    return render_template(
        "console/asset_collection.html",
        asset=asset,
        told=told,
        kinds=kinds,
        ill=ill,
        fine=[row for row in came if row not in ill],
        missing=[row for row in told["kinds"] if not row["status"]],
        skew_limit_ms=skew * 1000,
        software=SOFTWARE,
        made=components,
        words=collection_words,
        texts=coverage_texts,
    )


@blp.get("/<hostname>/raw")
def raw(hostname):
    """Show all that is known of an asset as JSON, as the API answers it; or give it as a file."""
    asset = headline.of(db.session, hostname)
    if elsewhere := _renamed(asset, hostname):
        return elsewhere
    skew = current_app.config["CLOCK_SKEW_SECONDS"]
    found = inventory.of(db.session, asset["hostname"], clock_skew_seconds=skew)
    whole = "download" in request.args
    many = [] if whole else [k for k, rows in found["components"].items() if len(rows) > MOST_RAW]
    found["components"] = {k: v for k, v in found["components"].items() if k not in many}
    text = current_app.json.dumps(AssetDetailSchema().dump(found), indent=2, ensure_ascii=False)
    if whole:
        answer = current_app.response_class(text, mimetype="application/json")
        answer.headers.set("Content-Disposition", "attachment", filename="asset.json")
        answer.cache_control.no_store = True
        return answer
    return render_template("console/asset_raw.html", asset=asset, text=text, many=many)


def _list(hostname, kind, here):
    asset = headline.of(db.session, hostname, *inspection.STATUS)
    if elsewhere := _renamed(asset, hostname):
        return elsewhere
    known_kinds.check(db.session, kind)
    kinds = inspection.of(db.session, asset, (kind,), bulk=True)
    one = kinds.get(kind)
    listing, fetch = asset_lists.read(asset, kind, one.items if one else [])
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    return render_template(
        "console/asset_items.html",
        asset=asset,
        kind=kind,
        one=one,
        kinds=kinds,
        listing=listing,
        here=here,
        software=SOFTWARE if here == "console.asset.software" else (),
    )


def _renamed(asset, hostname):
    """Return the way to the asset's own name where it was asked for by another one."""
    if names.key(hostname) == names.key(asset["hostname"]):
        return None
    given = request.view_args | {"hostname": asset["hostname"]}
    return redirect(addresses.of(request.endpoint, request.args.to_dict(flat=False), **given))


def _tells(kind):
    return kind.items or kind.not_taken or kind.problems


def _rank(kind):
    kind = WITH.get(kind, kind)
    return (HARDWARE.index(kind) if kind in HARDWARE else len(HARDWARE), kind)


def _is_ill(row, kind, silent):
    """Tell whether a kind needs somebody's care; of a silent host no kind is late by itself."""
    failed = row["status"] in ("error", "unavailable")
    return failed or (row["overdue"] and not silent) or kind.problems or kind.not_taken


def _standing(row):
    """Return what orders kinds by how much they ask for: failing ones first."""
    order = {"error": 0, "unavailable": 2, "disabled": 4, "ok": 3}
    overdue = row["status"] == "ok" and row["overdue"]
    return (1 if overdue else order.get(row["status"], 5), row["kind"])
