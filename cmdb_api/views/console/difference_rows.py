"""Differences as rows of a table: a row a field, one for what came or went as a whole."""

import json
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from cmdb_api.models.change import MARKS, REKEYED, RESET
from cmdb_api.services.assets import KIND as ASSET
from cmdb_api.views.console import asset_forms, formats, labels
from cmdb_api.views.console.asset_fields import Facts
from cmdb_api.views.console.messages import listed

# Of what people declare, beside the columns of a list of assets.
DECLARED = {
    "expected": _l("Expected facts"),
    "aliases": _l("Other names"),
    "key_generation": _l("Number of its key"),
    "why": _l("Comment on the change"),
}
STANDINGS = {
    "registered": _l("registered"),
    "accepted": _l("accepted as it reported"),
    "review": _l("waits for a decision"),
    "ignored": _l("ignored"),
}


class Row(NamedTuple):
    """One field of a component on both sides; ``span`` rows begin with the component's first."""

    place: str
    action: str | None
    span: int
    # None: all of the component, and the values are {field: value}.
    field: str | None
    old: object = None
    new: object = None
    same: bool = False
    label: str = ""


def between(kind):
    """Return the entries of what ``compare.between`` tells of a kind: see ``of_entries``."""
    return [(_of_item, item) for item in kind["items"]]


def two(kind):
    """Return the entries of what ``compare.two`` tells of a kind: see ``of_entries``."""
    found = [(_of_pair, pair) for pair in kind["differing"]]
    found += [(_of_left, row) for row in kind["only_left"]]
    return found + [(_of_right, row) for row in kind["only_right"]]


def of_entries(entries):
    """Return the rows of entries, (what makes rows of it, component): these alone are made."""
    return [row for make, component in entries for row in make(component)]


def of_change(change):
    """Return the rows of one recorded change; none of a mark, which is of no component."""
    return [] if change["action"] in MARKS else _of_item(change)


def of_declared(rows):
    """Return the rows of what differs of what people declare."""
    sides = ("left", "right") if rows and "left" in rows[0] else ("old", "new")
    return _fields("", None, rows, *sides, kind=ASSET)


def place(text):
    """Return a place as people read it: one that several fields name is kept as a JSON list."""
    if not text.startswith("["):
        return text
    try:
        found = json.loads(text)
    except ValueError:
        return text
    return " · ".join(str(each) for each in found) if isinstance(found, list) else text


def declared(found):
    """Return (label, value) of what was declared of an asset, of ``services.past``."""
    names = [name for name in found if name not in _NOT_DECLARED]
    return [
        (label(ASSET, name), readable(found[name], name))
        for name in names
        if found[name] not in (None, [], {})
    ]


_NOT_DECLARED = ("at", "components", "unknown", "not_ok", "created_at", "registered_at")


def readable(value, name=None):
    """Return a declared value as pages show it: facts as people write them, states in words."""
    if isinstance(value, dict):
        return Facts({fact: asset_forms.value_text(fact, each) for fact, each in value.items()})
    if name == "state" and value:
        return labels.state(value)
    return STANDINGS.get(value, value) if name == "standing" else value


def label(kind, name):
    """Return what a field is called."""
    if kind == ASSET:
        return str(DECLARED.get(name) or labels.column(name))
    return labels.field(name)


def in_words(change):
    """Return a change's fields in one line of bare text: "Size: 1 → 2"."""
    if change["action"] in MARKS:
        return _mark(change)
    if not change["changes"]:
        item = change["after"] or change["before"] or {}
        told = {f: item[f] for f in change["fields"] if f in item}
        return "; ".join(
            f"{label(change['kind'], f)}: {_plain(change, f, v)}" for f, v in told.items()
        )
    return "; ".join(
        f"{label(change['kind'], row['field'])}: "
        f"{_plain(change, row['field'], row['old'])} → {_plain(change, row['field'], row['new'])}"
        for row in change["changes"]
    )


def _mark(change):
    """Return what a mark says, which stands for a whole kind."""
    if change["action"] == REKEYED:
        return _("Its components are named by other fields from here on.")
    if change["action"] == RESET:
        return _("Another machine bears the name from here on.")
    if change["item_count"] is not None:
        return ngettext("The first %(num)s.", "The first %(num)s.", change["item_count"])
    names = listed(label(change["kind"], name) for name in change["fields"] or ())
    return _("Reported for the first time: %(fields)s.", fields=names)


def _plain(change, name, value):
    value = readable(value, name) if change["kind"] == ASSET else value
    return formats.field(value, name, change["kind"]).striptags()


def _of_pair(pair):
    here, other = place(pair["place"]), place(pair["right_place"])
    both = here if other == here else _("%(left)s and %(right)s", left=here, right=other)
    return _fields(both, None, pair["fields"], "left", "right")


def _of_left(row):
    return [Row(place(row["place"]), "only_left", 1, None, row["fields"], None)]


def _of_right(row):
    return [Row(place(row["place"]), "only_right", 1, None, None, row["fields"])]


def _of_item(item):
    if item["changes"]:
        return _fields(place(item["place"]), item["action"], item["changes"], "old", "new")
    return [Row(place(item["place"]), item["action"], 1, None, item["before"], item["after"])]


def _fields(place, action, fields, old, new, kind=""):
    told = readable if kind == ASSET else lambda value, _name: value
    return [
        Row(
            *(place, action, 0 if number else len(fields), each["field"]),
            *(told(each[old], each["field"]), told(each[new], each["field"])),
            same=each.get("same", False),
            label=label(kind, each["field"]),
        )
        for number, each in enumerate(fields)
    ]
