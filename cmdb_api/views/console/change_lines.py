"""A change as one sentence, for lists: what it was, where, and from what to what.

Plain data in, safe text out: whatever came from hosts or people is escaped, and cut where long.
"""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup, escape

from cmdb_api.models import change as models
from cmdb_api.services import identifiers
from cmdb_api.services.assets import KIND as ASSET
from cmdb_api.views.console import difference_rows, formats, labels
from cmdb_api.views.console.change_words import DECLARED, ONE, WHOLE
from cmdb_api.views.console.messages import listed

# What describes a component best, first; as many as SHOWN are told.
TELLING = (
    *("size_bytes", "type", "vendor", "manufacturer", "model", "product", "version", "serial"),
    *("speed_mbps", "state", "name", "os_name", "switch", "port", "processes"),
)
SHOWN, LONGEST = 3, 80


def sentence(change):
    """Return a change of one asset, or of a group, as one line."""
    kind, action = change["kind"], change["action"]
    if change.get("flapped"):
        return _flapping(change)
    if action in models.MARKS:
        return _mark(change)
    if kind == ASSET and action in DECLARED:
        return _of_people(change)
    short, long = WHOLE.get(action, WHOLE[models.CHANGED])
    whole = action in (models.ADDED, models.REMOVED)
    about = _described(change) if whole else _differences(change)
    return _filled(long if about else short, what=_what(change), about=about)


def plain(change):
    """Return the sentence as bare text, for a file."""
    return sentence(change).striptags()


def value(change, field, given):
    """Return a value of a change as text, cut where it is long."""
    if change["kind"] == ASSET:
        shown = formats.text(difference_rows.readable(given, field))
    else:
        shown = formats.field(given, field, change["kind"])
    text = Markup(shown).striptags()
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def what(kind, place):
    """Return a component as a sentence begins with it: "Disk 0:1:3"."""
    name = ONE.get(kind) or labels.kind(kind)
    shown = difference_rows.place(place or "")
    # The only one of its kind has a place that says nothing.
    if not shown or kind in ("host", "cloud") or (kind, shown) == ("board", "system"):
        return Markup("{}").format(name)
    shown = shown if len(shown) <= LONGEST else f"{shown[:LONGEST]}…"
    return Markup("{} <bdi>{}</bdi>").format(name, shown)


def _what(change):
    return what(change["kind"], change["place"])


def _filled(words, **values):
    """Return a text of ours with values in it, each escaped unless it is safe already."""
    return Markup(str(words)) % values


def _of_people(change):
    short, long = DECLARED[change["action"]]
    about = _differences(change) if change["action"] == models.CHANGED else ""
    who = Markup("<bdi>{}</bdi>").format(made_by(change) or _("Somebody"))
    return _filled(long if about else short, who=who, about=about)


def made_by(change):
    """Return who made a change; of a group how many people, where it is not one."""
    count = change.get("actor_count", 1)
    if count > 1:
        return ngettext("%(num)s person", "%(num)s people", count)
    return change.get("actor") or (change.get("example") or {}).get("actor")


def _described(change):
    """Return what tells most of what came or went."""
    item = change.get("after") or change.get("before") or {}
    place = difference_rows.place(change["place"] or "")
    names = [n for n in TELLING if item.get(n) not in (None, "", []) and str(item[n]) not in place]
    shown = [Markup("<bdi>{}</bdi>").format(value(change, n, item[n])) for n in names[:SHOWN]]
    return Markup(", ").join(shown)


def _differences(change):
    """Return the first fields that differ: old → new; of a group those that all hosts share."""
    rows = change["changes"] or []
    if change.get("host_count", 1) > 1:
        rows = [r for r in rows if not identifiers.is_identifier(change["kind"], r["field"])]
    if change["action"] == models.REPLACED:
        rows = sorted(rows, key=lambda row: row["field"] != "serial")[:1]
    if change["kind"] == ASSET:
        # What comes of another edit is said after it.
        rows = sorted(rows, key=lambda row: row["field"] == "key_generation")
    told = [_difference(change, row, alone=len(rows) == 1) for row in rows[:SHOWN]]
    if len(rows) > SHOWN:
        left = len(rows) - SHOWN
        told.append(Markup.escape(ngettext("%(num)s more", "%(num)s more", left)))
    return Markup("; ").join(told)


def _difference(change, row, *, alone):
    name = row["field"]
    old, new = (value(change, name, row[side]) for side in ("old", "new"))
    values = Markup("<bdi>{}</bdi> → <bdi>{}</bdi>").format(old, new)
    # "Package openssl: 3.0.1 → 3.0.2" needs no more words.
    if alone and (change["action"] == models.REPLACED or name == "version"):
        return values
    label = difference_rows.label(change["kind"], name)
    if change["kind"] == ASSET and change["action"] == models.CHANGED:
        return _declared(label, row, old, new) or Markup("{} {}").format(label, values)
    return Markup("{} {}").format(label, values)


def _declared(label, row, old, new):
    """Return what people set where there was nothing, or took away; None for another value."""
    empty = (None, "", [])
    old, new = (Markup("<bdi>{}</bdi>").format(text) for text in (old, new))
    if row["old"] in empty and row["new"] not in empty:
        return _filled(_l("%(field)s to %(value)s"), field=label, value=new)
    if row["new"] in empty and row["old"] not in empty:
        return _filled(_l("%(field)s to nothing (it was %(value)s)"), field=label, value=old)
    return None


def _flapping(change):
    flapped = change["flapped"]
    words = ngettext(
        "%(what)s changes to and fro, %(num)s time: %(about)s",
        "%(what)s changes to and fro, %(num)s times: %(about)s",
        flapped["times"],
        what=escape(_what(change)),
        about=escape(_between(change, flapped["between"])),
    )
    return Markup(words)


def _between(change, states):
    """Return the states that a place changes between."""
    told = []
    for state in states:
        if state is None:
            told.append(_("not there"))
            continue
        pairs = list(state.items())[:SHOWN]
        label = lambda name: difference_rows.label(change["kind"], name)  # noqa: E731
        told.append("; ".join(f"{label(n)} {value(change, n, v)}" for n, v in pairs))
    return Markup(" ⇄ ").join(Markup("<bdi>{}</bdi>").format(text) for text in told)


def _mark(change):
    kind = labels.kind(change["kind"])
    if change["action"] == models.REKEYED:
        return _filled(_l("%(kind)s: named by other fields from here on"), kind=kind)
    if change["action"] == models.RESET:
        return _filled(_l("%(kind)s: another machine bears the name from here on"), kind=kind)
    count = change.get("item_count")
    if count is None and change.get("fields"):
        names = listed(labels.field(name) for name in change["fields"][:SHOWN])
        return _filled(_l("%(kind)s: first report of %(fields)s"), kind=kind, fields=names)
    # On many hosts each had its own number.
    if count is None or change.get("host_count", 1) > 1:
        return _filled(_l("%(kind)s: first report"), kind=kind)
    words = ngettext(
        "%(kind)s: first report, %(num)s component",
        "%(kind)s: first report, %(num)s components",
        count,
        kind=escape(kind),
    )
    return Markup(words)
