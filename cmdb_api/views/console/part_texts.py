"""What happened to a part, in sentences: as text for files, with links for pages."""

from flask import url_for
from flask_babel import format_datetime, format_timedelta
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from cmdb_api.services import journeys

FLAGS = {
    journeys.IN_TWO_HOSTS: _l("in two hosts at once"),
    journeys.IN_TWO_PLACES: _l("in two places of one host"),
    journeys.COMMON: _l("in too many hosts to be one thing"),
}
CABLE, EVER, BACK_SAME = "cable", "ever", "back_same"
SENTENCES = {
    journeys.FIRST_SEEN: _l("First seen in %(new)s."),
    EVER: _l("In %(new)s since before this was noted."),
    journeys.MOVED: _l("Moved from %(old)s to %(new)s."),
    journeys.REMOVED: _l("Removed from %(old)s."),
    journeys.BACK: _l("Back after %(away)s: moved from %(old)s to %(new)s."),
    BACK_SAME: _l("Back after %(away)s in %(new)s."),
    journeys.REPLACED: _l("Replaced in %(old)s by %(by)s."),
    journeys.RETIRED: _l("%(old_host)s was retired with it."),
    journeys.IN_TWO_HOSTS: _l("In two hosts at once: %(old)s and %(new)s."),
    CABLE: _l("The ends of a cable: %(old)s and %(new)s."),
}
ICONS = {
    **{journeys.FIRST_SEEN: "plus-circle", EVER: "plus-circle", journeys.MOVED: "arrow-right"},
    **{journeys.REMOVED: "dash-circle", journeys.BACK: "arrow-return-left"},
    **{BACK_SAME: "arrow-return-left", journeys.REPLACED: "arrow-repeat"},
    **{journeys.RETIRED: "archive", journeys.IN_TWO_HOSTS: "exclamation-triangle"},
    **{CABLE: "link-45deg"},
}
_PART = Markup('<a href="{}"><bdi>{}</bdi></a>')
_PLACE = Markup('<a class="host" href="{}"><bdi>{}</bdi></a> <bdi>{}</bdi>')


def shown(part, event):
    """Return the sentence of an event, as a page shows it."""
    values = {
        "old": _linked(event["from"]),
        "new": _linked(event["to"]),
        "old_host": _linked(event["from"] and event["from"] | {"place": ""}),
        "by": _PART.format(url_for("console.parts.page", serial=event.get("by")), event.get("by")),
        "away": _span(event.get("away")),
    }
    return Markup(escape(str(SENTENCES[_form(part, event)]))) % values


def line(part, event):
    """Return the sentence of an event as text, with its time."""
    values = {
        "old": _spoken(event["from"]),
        "new": _spoken(event["to"]),
        "old_host": (event["from"] or {}).get("hostname"),
        "by": event.get("by"),
        "away": _span(event.get("away")),
    }
    at = f"{format_datetime(event['at'], 'yyyy-MM-dd HH:mm')} " if event["at"] else ""
    return at + str(SENTENCES[_form(part, event)]) % values


def icon_of(part, event):
    """Return the name of the icon of an event."""
    return ICONS[_form(part, event)]


def _form(part, event):
    """Return which sentence tells of an event."""
    name = event["event"]
    if name == journeys.FIRST_SEEN and event["at"] is None:
        return EVER
    if name == journeys.BACK and event["from"] == event["to"]:
        return BACK_SAME
    if name == journeys.IN_TWO_HOSTS and name not in part["flags"]:
        return CABLE
    return name


def _linked(place):
    if place is None:
        return ""
    address = url_for("console.asset.page", hostname=place["hostname"])
    return _PLACE.format(address, place["hostname"], place["place"])


def _spoken(place):
    return f"{place['hostname']} {place['place']}" if place else ""


def _span(length):
    return format_timedelta(length, granularity="minute", threshold=1.2) if length else ""
