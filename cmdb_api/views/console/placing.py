"""Assets put into units of racks, moved, and taken out; these pages are of the family of places."""

from flask import flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Optional

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.schemas.asset import EditSchema
from cmdb_api.schemas.values import MOST_UNITS
from cmdb_api.services import assets, choices, etags, fullness, master
from cmdb_api.services.places import BETWEEN
from cmdb_api.services.resources import RACKS
from cmdb_api.views.console import elevations, forms, gate, places
from cmdb_api.views.console.messages import say

# Names that the form offers.
MOST_OFFERED = 200
_UNITS = {"min": 1, "max": MOST_UNITS}


class PlaceForm(forms.EditForm):
    """A form that puts an asset into a rack; ``sure`` names one that stands elsewhere."""

    hostname = StringField(
        _l("Name of the asset"),
        [DataRequired()],
        render_kw={"list": "unplaced", "maxlength": 255, "autocomplete": "off"},
        description=_l("Those that stand in no rack are offered; others are moved."),
    )
    position_u = IntegerField(_l("Lowest unit"), [InputRequired()], render_kw=_UNITS)
    height_u = IntegerField(
        _l("Height in units"),
        [Optional()],
        render_kw=_UNITS,
        description=_l("Empty: as the asset has it, else 1."),
    )
    sure = HiddenField()


class MoveForm(forms.EditForm):
    """A form that moves an asset to other units, or to another rack."""

    rack = StringField(
        _l("Rack"),
        [DataRequired()],
        render_kw={"list": "racks", "maxlength": 800, "autocomplete": "off"},
        description=_l("Its name; where several have it: data centre / room / name."),
    )
    position_u = IntegerField(
        _l("Lowest unit"), [Optional()], render_kw=_UNITS, description=_l("Empty: not known.")
    )
    height_u = IntegerField(_l("Height in units"), [Optional()], render_kw=_UNITS)


@places.blp.route("/racks/<int:number>/place", methods=["GET", "POST"])
@gate.needs(gate.WRITE)
def place(number):
    """Put an asset into units of a rack."""
    rack = master.one(db.session, RACKS, number)
    unit = request.args.get("unit", "")
    form = PlaceForm(
        hostname=request.args.get("asset"),
        position_u=int(unit) if unit.isdecimal() and len(unit) < 4 else None,
    )
    given = forms.checked(form, EditSchema())
    if given is not None and _may_move(form, number):
        where = {name: rack[name] for name in ("data_centre", "room")}
        where |= {"rack": rack["name"], "position_u": given["position_u"]}
        where["height_u"] = given.get("height_u") or _height_of(given["hostname"])
        if asset := forms.done(form, lambda: _declare(form, given["hostname"], where)):
            flash(_("%(name)s is placed.", name=asset.hostname))
            return redirect(_unit_of(asset), 303)
    rows = fullness.standing(db.session, [number])[number]
    rack["path"] = _path(rack)
    return forms.page(
        "console/rack_place.html",
        form,
        rack=rack,
        unplaced=fullness.unplaced(db.session, limit=MOST_OFFERED),
        gaps=_gaps(rack["height_u"], rows),
    )


@places.blp.route("/assets/<hostname>/move", methods=["GET", "POST"])
@gate.needs(gate.WRITE)
def move(hostname):
    """Move an asset to other units, or to another rack."""
    asset = assets.find(db.session, hostname)
    rack = master.one(db.session, RACKS, asset.rack_id) if asset.rack_id else None
    path = _path(rack) + BETWEEN + rack["name"] if rack else None
    known = {"position_u": asset.position_u, "height_u": asset.height_u, "rack": path}
    form = MoveForm(data=known | {"etag": etags.of(asset)})
    given = forms.checked(form, EditSchema())
    if given is not None:
        if given.get("position_u") is None:
            given["position_u"] = given["height_u"] = None
        if moved := forms.done(form, lambda: _declare(form, hostname, given)):
            flash(_("%(name)s is moved.", name=moved.hostname))
            return redirect(_unit_of(moved), 303)
    asset = assets.find(db.session, hostname)
    back = _unit_of(asset) if asset.rack_id else url_for("console.asset.page", hostname=hostname)
    more = {"asset": asset, "path": path, "back": back, "racks": choices.racks(db.session)}
    return forms.page("console/rack_move.html", form, **more)


@places.blp.post("/assets/<hostname>/take-out")
def take_out(hostname):
    """Take an asset out of its rack; it stays in its room."""
    number = assets.find(db.session, hostname).rack_id
    form = forms.EditForm()
    gone = {"rack": None, "position_u": None, "height_u": None}
    if forms.done(form, lambda: _declare(form, hostname, gone)):
        flash(_("%(name)s is taken out.", name=hostname))
        if number:
            return redirect(url_for("console.places.rack", number=number), 303)
    elif form.current is not None:
        text = _("Somebody else changed %(name)s meanwhile. Look, and try again.", name=hostname)
        flash(text, "warning")
    for text in form.wrong if form.current is None else ():
        flash(text, "danger")
    return redirect(url_for("console.places.move", hostname=hostname), 303)


def _declare(form, hostname, where):
    match, actor = form.etag.data or None, g.bearer.name
    return assets.declare(db.session, hostname, actor=actor, if_match=match, **where)


def _may_move(form, number):
    """Tell whether an asset may be put here: one that stands elsewhere is asked about once."""
    try:
        asset = assets.find(db.session, form.hostname.data.strip())
    except CMDBError as error:
        form.hostname.errors = [say(error.message)]
        return False
    if asset.rack_id in (None, number) or form.sure.data == asset.hostname:
        return True
    rack = master.one(db.session, RACKS, asset.rack_id)
    told = {"name": asset.hostname, "rack": _path(rack) + BETWEEN + rack["name"]}
    form.sure.data, form.etag.data = asset.hostname, etags.of(asset)
    form.wrong.append(
        _("%(name)s stands in %(rack)s now. Send the form again to move it here.", **told)
    )
    return False


def _height_of(hostname):
    return assets.find(db.session, hostname).height_u or 1


def _path(rack):
    return BETWEEN.join(name for name in (rack["data_centre"], rack["room"]) if name)


def _gaps(height, rows):
    """Return the free units as people say them: "21-42, 12-13"."""
    found = []
    for line in elevations.lines(height, rows):
        if line.row is None and found and found[-1][0] == line.unit + 1:
            found[-1][0] = line.unit
        elif line.row is None:
            found.append([line.unit, line.unit])
    return ", ".join(f"{low}-{top}" if low != top else f"{low}" for low, top in found) or _("none")


def _unit_of(asset):
    anchor = f"unit-{asset.position_u + (asset.height_u or 1) - 1}" if asset.position_u else None
    return url_for("console.places.rack", number=asset.rack_id, _anchor=anchor)
