"""What changed in the fleet: like changes together, or one by one; and each in full."""

from flask import Blueprint, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from cmdb_api.extensions import db
from cmdb_api.models.change import ACTIONS
from cmdb_api.schemas.change import FleetChangeQuery
from cmdb_api.services import changes, grouping, neighbours
from cmdb_api.services.assets import KIND as ASSET
from cmdb_api.services.search.lists import EACH
from cmdb_api.views.console import (
    addresses,
    asking,
    bulk,
    change_lines,
    difference_rows,
    formats,
    labels,
    local_times,
    many,
    tables,
)
from cmdb_api.views.console.local_times import LocalSince
from cmdb_api.views.console.tables import Column

blp = Blueprint("changes", __name__, url_prefix="/changes")

PRESETS = (
    ("1h", _l("1 hour")),
    ("24h", _l("24 hours")),
    ("7d", _l("7 days")),
    ("31d", _l("31 days")),
)
ORIGINS = ((changes.HOSTS, _l("reported by hosts")), (changes.PEOPLE, _l("made by people")))


def _actor(group):
    return None if group["actor_count"] > 1 else group["example"]["actor"]


GROUPS = [
    Column("line", _l("What changed"), change_lines.plain, wide=True),
    Column("hosts", _l("Hosts"), type="list"),
    Column("host_count", _l("Number of hosts"), type="number", usual=False, sort="host_count"),
    Column("change_count", _l("Changes"), type="number", sort="change_count"),
    Column("last_at", _l("Last"), type="moment", sort="last_at"),
    Column("first_at", _l("First"), type="moment", usual=False, sort="first_at"),
    Column("kind", _l("Kind"), lambda row: labels.kind(row["kind"]), usual=False),
    Column("place", _l("Place"), lambda row: difference_rows.place(row["place"]), usual=False),
    Column("action", _l("What happened"), lambda row: labels.action(row["action"]), usual=False),
    Column("actor", _l("Person"), change_lines.made_by, asked=_actor, usual=False),
]
ONES = [
    Column("at", _l("Time"), type="moment", show=lambda row: formats.moment(row["at"])),
    Column("hostname", _l("Host")),
    Column("line", _l("What changed"), change_lines.plain, wide=True),
    Column("actor", _l("Person")),
    Column("kind", _l("Kind"), lambda row: labels.kind(row["kind"]), usual=False),
    Column("place", _l("Place"), lambda row: difference_rows.place(row["place"]), usual=False),
    Column("action", _l("What happened"), lambda row: labels.action(row["action"]), usual=False),
    Column("differences", _l("Old and new"), difference_rows.in_words, usual=False, wide=True),
    Column("recorded_at", _l("Recorded"), type="moment", usual=False),
    Column("report_id", _l("Report"), usual=False),
    Column("seq", _l("Number"), usual=False),
]


class ChangesQuery(FleetChangeQuery):
    """Which changes; times are in the viewer's zone."""

    since, until = LocalSince(), LocalSince()


@blp.app_template_filter("change_line")
def _line(change):
    return change_lines.sentence(change)


@blp.app_template_filter("change_rows")
def _rows(change):
    if change["kind"] == ASSET:
        return difference_rows.of_declared(change["changes"] or [])
    return difference_rows.of_change(change)


@blp.get("")
def page():
    """List what changed in the fleet, the latest first."""
    one_by_one = request.args.get("view") == EACH
    columns, fetch = (ONES, _ones) if one_by_one else (GROUPS, _groups)
    key = _number if one_by_one else "line"
    more = {"rows": changes.ROWS, "key": key}
    listing = tables.read("changes", columns, ChangesQuery(), fetch, **more)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    return render_template(
        "console/changes.html",
        listing=listing,
        one_by_one=one_by_one,
        presets=PRESETS,
        origins=ORIGINS,
        actions=[(name, labels.action(name)) for name in ACTIONS],
        kinds=_kind_choices(),
        local=local_times.field_value,
        hosts_url=_hosts_url,
        edit_url=None if one_by_one else _edit_url(listing),
    )


tables.choosable(blp, page)


@blp.post("/edit")
def edit():
    """Ask what is to change of the assets that the chosen lines are about."""
    asked, wrong = asking.asked(ChangesQuery())
    for name in ("limit", "cursor", "sort"):
        asked.pop(name, None)
    find = lambda: grouping.of(db.session, many.texts(), **asked)  # noqa: E731
    ids, refused = ((), {}) if wrong else asking.answered(find)
    return bulk.of_assets(ids, [text for texts in (wrong | refused).values() for text in texts])


@blp.get("/<hostname>/<count:seq>")
def one(hostname, seq):
    """Show one change: who, when, old and new, and what else came with it."""
    change = changes.one(db.session, hostname, seq)
    before, after = neighbours.of(db.session, change)
    return render_template(
        "console/changes_one.html",
        change=change,
        title=change_lines.plain(change),
        before=before,
        after=after,
    )


def _number(change):
    """Return what one change is chosen by."""
    return f"{change['hostname']} {change['seq']}"


def _groups(**asked):
    found = grouping.page(db.session, **asked)
    # What is told of a box that chooses one.
    items = [group | {"name": change_lines.plain(group)} for group in found["items"]]
    return found | {"items": items}


def _ones(**asked):
    return changes.page(db.session, **asked)


def _kind_choices():
    """Return (kind, what it is called), what people declare first."""
    names = [kind for kind in labels.KINDS if kind not in (ASSET, "declared")]
    names += [kind for kind in request.args.getlist("kind") if kind and kind not in labels.KINDS]
    pairs = sorted(((kind, labels.kind(kind)) for kind in names), key=lambda pair: pair[1])
    return [(ASSET, labels.kind(ASSET)), *pairs]


def _hosts_url(group, listing):
    """Return the list, one by one, of the kind and the time of a group's changes."""
    kept = {name: request.args.get(name) for name in ("asset", "actor", "origin", "query")}
    kept |= {"kind": group["kind"], "action": group["action"], "view": EACH}
    return url_for("console.changes.page", **kept, **_moments(listing))


def _edit_url(listing):
    """Return where chosen lines are sent to, to edit their assets: with the window they are of."""
    kept = {name: request.args.getlist(name) for name in request.args if name in listing.known}
    return addresses.of("console.changes.edit", kept | _moments(listing))


def _moments(listing):
    """Return the window of what is shown: until now is another one later."""
    found = {name: listing.more.get(name) for name in ("since", "until")}
    return {name: moment.isoformat() for name, moment in found.items() if moment}
