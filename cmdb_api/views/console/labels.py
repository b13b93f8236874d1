"""The words of the record as people read them: kinds, fields, states, actions, reasons.

A word without a label, as of a collector of one's own, is shown as it is, its _ as spaces.
"""

from flask_babel import lazy_gettext as _l

from cmdb_api.services.search import titles
from cmdb_api.views.console.language import CHINESE, language

KINDS = {
    "cpu": _l("Processors"),
}
# Of every kind that has such a field.
FIELDS = {
    "size_bytes": _l("Size"),
}
STATES = {}
ACTIONS = {}

# The ends of names that say the unit, which the value says too.
_UNITS = ("_bytes", "_hz", "_mts", "_celsius", "_seconds", "_bps", "_mbps", "_count", "_watts")


def kind(name):
    """Return what a kind is called."""
    return str(KINDS.get(name) or _words(name))


def field(name):
    """Return what a field of a component is called."""
    return str(FIELDS.get(name) or _words(_bare(name)))


def column(name):
    """Return the heading of a column of assets."""
    return titles.title(name, CHINESE if language() == CHINESE else titles.EN)


def state(name):
    """Return what a state of an asset's life is called."""
    return str(STATES.get(name) or _words(name))


def action(name):
    """Return what is called what happened to a component."""
    return str(ACTIONS.get(name) or _words(name))


def _bare(name):
    ending = next((each for each in _UNITS if name.endswith(each)), "")
    return name.removesuffix(ending) or name


def _words(name):
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]


FILTERS = {
    **{"kind_label": kind, "field_label": field, "column_label": column},
    **{"state_label": state, "action_label": action},
}
