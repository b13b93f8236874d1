"""Places: data centres, their rooms and racks, how full each is, and racks drawn to scale."""

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _l

from cmdb_api.extensions import db
from cmdb_api.schemas.page import RowsQuery
from cmdb_api.schemas.values import Text
from cmdb_api.services import fullness, master, rack_list
from cmdb_api.services.resources import DATA_CENTRES, RACKS, ROOMS
from cmdb_api.views.console import elevations, tables
from cmdb_api.views.console.master_words import search_for
from cmdb_api.views.console.tables import Column

blp = Blueprint("places", __name__, url_prefix="/places")
# Racks that the tree names, and those that are drawn on a page, at most.
MOST_NAMED, MOST_DRAWN = 400, 40
MOST_RACKLESS = 60


class PlacesQuery(RowsQuery):
    """Which places, in which order."""

    name = Text()


COLUMNS = [
    Column("name", _l("Rack"), sort="name"),
    Column("data_centre", _l("Data centre"), sort="data_centre"),
    Column("room", _l("Room"), sort="room"),
    Column("used_percent", _l("Used, %"), type="number", sort="used_percent"),
    Column("used_u", _l("Used units"), type="number", sort="used_u", usual=False),
    Column("free_u", _l("Free units"), type="number", sort="free_u"),
    Column("largest_gap", _l("Largest gap"), type="number", sort="largest_gap"),
    Column("height_u", _l("Height in units"), type="number", sort="height_u"),
    Column("asset_count", _l("Assets"), type="number", sort="asset_count"),
    Column("description", _l("Description"), usual=False),
]
# How the tree is ordered: by name, or so.
FULLEST = "-used_percent"
_LISTED = {"key": "id", "saves": False, "rows": rack_list.ROWS}


@blp.get("")
def page():
    """Show all data centres with their rooms and racks, or all racks in one table."""
    if request.args.get("view") == "table" or request.args.get("query") or tables.wanted_file():
        return _table()
    listing = tables.read("places", [], PlacesQuery(), _tree)
    racks = sum(len(each["racks"]) for each in listing.items)
    more = {"rack_count": racks, "most": MOST_NAMED, "fullest": FULLEST}
    return render_template("console/places.html", listing=listing, as_table=False, **more)


tables.choosable(blp, page)


def _table():
    """Show all racks in a table, or give the file of them."""
    listing = tables.read("racks", COLUMNS, PlacesQuery(), _racks, **_LISTED)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _racks)
    return render_template("console/places.html", listing=listing, as_table=True, fullest=FULLEST)


@blp.get("/data-centres/<int:number>")
def data_centre(number):
    """Show a data centre: its rooms, and its racks beside each other."""
    told = master.one(db.session, DATA_CENTRES, number)
    (place,) = fullness.tree(db.session, centre=number)
    names = {room["id"]: room["name"] for room in place["rooms"]}
    order = [None, *names]
    racks = sorted(place["racks"], key=lambda rack: order.index(rack["room_id"]))
    loose = _rackless(data_centre_id=number)
    query = f"{search_for('data-centres', told)} AND NOT rack:*"
    drawn = _drawn(racks) | {"rooms": names, "loose": loose, "query": query}
    return render_template("console/places_centre.html", told=told, place=place, **drawn)


@blp.get("/rooms/<int:number>")
def room(number):
    """Show a room: its racks beside each other."""
    told = master.one(db.session, ROOMS, number)
    centre = master.parents_of(db.session, ROOMS, number)["data_centre"]
    (around,) = fullness.tree(db.session, centre=centre)
    place = next(each for each in around["rooms"] if each["id"] == number)
    loose = _rackless(data_centre_id=centre, room_id=number)
    query = f"{search_for('rooms', told)} AND NOT rack:*"
    drawn = _drawn(place["racks"]) | {"loose": loose, "query": query}
    return render_template(
        "console/places_room.html", told=told, place=place, centre=around, **drawn
    )


@blp.get("/racks/<int:number>")
def rack(number):
    """Show a rack drawn to scale, with what stands in its units."""
    told = master.one(db.session, RACKS, number)
    rows = fullness.standing(db.session, [number])[number]
    by, height = elevations.colour(), told["height_u"]
    drawn = elevations.lines(height, rows)
    parents = master.parents_of(db.session, RACKS, number)
    return render_template(
        "console/rack.html",
        rack=told,
        parents=parents,
        lines=drawn,
        by=by,
        tones=elevations.tones(rows, by),
        value=elevations.value,
        without=[row for row in rows if not row.position_u],
        used=sum(1 for line in drawn if line.row),
        gap=elevations.largest_gap(height, rows),
        query=search_for("racks", told),
    )


def _tree(name=None, sort=None, **_page):
    found = fullness.tree(db.session, name=name)
    return {"items": rack_list.fullest_first(found) if sort == FULLEST else found}


def _racks(**asked):
    return rack_list.page(db.session, **asked)


def _rackless(**place):
    return fullness.rackless(db.session, **place, limit=MOST_RACKLESS)


def _drawn(racks):
    """Return what pages with many racks draw: those of one page, and what stands in them."""
    given = request.args.get("start", "")
    start = int(given) if given.isdecimal() and len(given) < 7 else 0
    start = start if start < len(racks) else 0
    shown, by = racks[start : start + MOST_DRAWN], elevations.colour()
    standing = fullness.standing(db.session, [rack["id"] for rack in shown])
    rows = [row for each in standing.values() for row in each]
    return {
        "shown": shown,
        "start": start,
        "following": start + MOST_DRAWN if start + MOST_DRAWN < len(racks) else None,
        "blocks": {
            rack["id"]: elevations.blocks(rack["height_u"], standing[rack["id"]]) for rack in shown
        },
        "by": by,
        "tones": elevations.tones(rows, by),
        "value": elevations.value,
    }
