"""Parts: where each serial number is, where it was, and what happened to it."""

from flask import Blueprint, render_template
from flask_babel import lazy_gettext as _l

from cmdb_api.extensions import db
from cmdb_api.schemas.part import PartQuery
from cmdb_api.services import contacting, part_rows, parts
from cmdb_api.views.console import asset_summary, components, labels, part_texts, tables
from cmdb_api.views.console.tables import Column

blp = Blueprint("parts", __name__, url_prefix="/parts")


def _now(part):
    return [f"{each['hostname']} {each['place']}" for each in part["now"]]


def _hosts(part):
    return [each["hostname"] for each in part["now"]]


def _places(part):
    return [each["place"] for each in part["now"]]


def _first_of(name):
    return lambda part: part["now"][0][name] if part["now"] else None


def _kinds(part):
    return [labels.kind(kind) for kind in part["kinds"]]


def _flags(part):
    return [str(part_texts.FLAGS[flag]) for flag in part["flags"]]


def _journey(part):
    return " ".join(part_texts.line(part, event) for event in part["journey"])


COLUMNS = [
    Column("serial", _l("Serial number")),
    Column("vendor", _l("Vendor")),
    Column("model", _l("Model")),
    Column("kinds", _l("Type"), _kinds, type="list"),
    Column("now", _l("Where it is now"), _now, type="list"),
    Column("hosts", _l("Host"), _hosts, type="list", usual=False),
    Column("places", _l("Place"), _places, type="list", usual=False),
    Column("since", _l("There since"), _first_of("since"), type="moment"),
    Column("seen_at", _l("Last seen"), _first_of("seen_at"), type="moment", usual=False),
    Column("flags", _l("What is odd"), _flags, type="list", usual=False),
    Column("journey", _l("Journey"), _journey, wide=True),
]


def _number(part):
    """Return what a part is chosen by: the host that it is in comes first."""
    host = part["now"][0]["hostname"] if part["now"] else "-"
    return f"{host} {part['serial']} {part['vendor'] or ''}"


_SEARCHED = {"rows": part_rows.ROWS, "key": _number}


@blp.get("")
def page():
    """Show where parts are and were: all that hosts have, or of a serial number or a host."""
    listing = tables.read("parts", COLUMNS, PartQuery(), _fetch, **_SEARCHED)
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    more = {"texts": part_texts, "summary": asset_summary, "components": components}
    more |= {"care": _care(listing.items), "kinds": _offered(listing)}
    return render_template("console/parts.html", listing=listing, **more)


tables.choosable(blp, page)


def _care(items):
    """Return whom to call about the one part that was found, and where it is now."""
    if len(items) != 1 or not items[0]["now"]:
        return None
    return contacting.care(db.session, items[0]["now"][0]["hostname"])


def _fetch(**asked):
    return parts.page(db.session, **asked)


def _offered(listing):
    """Return (kind, its label) of what a list of parts can be narrowed to."""
    named = (*part_rows.OF_PARTS, *listing.asked.get("kind", ()))
    return sorted(((kind, labels.kind(kind)) for kind in {*named}), key=lambda each: each[1])
