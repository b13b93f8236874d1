"""The words of the record as people read them: kinds, fields, states, actions, roles.

A word without a label, as of a collector of one's own, is shown as it is, its _ as spaces.
"""

import re

from flask_babel import lazy_gettext as _l

from cmdb_api.services.search import titles
from cmdb_api.views.console.field_labels import FIELDS
from cmdb_api.views.console.language import CHINESE, language

KINDS = {
    "bmc": _l("Management controller"),
    "board": _l("System and board"),
    "bond": _l("Bonds"),
    "cloud": _l("Cloud instance"),
    "container": _l("Containers"),
    "cpu": _l("Processors"),
    "disk": _l("Disks"),
    "filesystem": _l("Filesystems"),
    "fru": _l("Field-replaceable units"),
    "gpu": _l("GPUs"),
    "guest": _l("Virtual machines"),
    "host": _l("Operating system"),
    "lldp": _l("Switch ports (LLDP)"),
    "lvm": _l("LVM"),
    "memory": _l("Memory modules"),
    "nic": _l("Network interfaces"),
    "package": _l("Packages"),
    "pci": _l("PCI devices"),
    "psu": _l("Power supplies"),
    "raid_controller": _l("RAID controllers"),
    "raid_disk": _l("Disks behind RAID controllers"),
    "raid_volume": _l("RAID volumes"),
    "sfp": _l("Transceivers"),
    "smart": _l("SMART"),
    "socket": _l("Listening sockets"),
    "ssh_key": _l("SSH keys"),
    "unit": _l("Services (systemd units)"),
    "user": _l("User accounts"),
    "declared": _l("Declared by people"),
    "asset": _l("Asset"),
}
STATES = {
    "planned": _l("planned"),
    "racked": _l("racked"),
    "online": _l("online"),
    "offline": _l("offline"),
    "retired": _l("retired"),
}
STANDINGS = {
    "registered": _l("registered"),
    "accepted": _l("reported only"),
    "review": _l("waiting for a person"),
    "ignored": _l("ignored"),
}
ACTIONS = {
    "added": _l("added"),
    "removed": _l("removed"),
    "changed": _l("changed"),
    "replaced": _l("replaced"),
    "baseline": _l("first state"),
    "rekeyed": _l("places renamed"),
    "reset": _l("another machine"),
}
TYPES = {
    "text": _l("text"),
    "number": _l("number"),
    "bytes": _l("bytes"),
    "bool": _l("true or false"),
    "list": _l("list"),
    "day": _l("day"),
    "moment": _l("moment"),
    "hostname": _l("hostname"),
}
ROLES = {
    "viewer": _l("viewer"),
    "operator": _l("operator"),
    "admin": _l("admin"),
}

_UNIT = re.compile(r" \(bytes\)$|（字节）$")
# The ends of names that say the unit, which the value says too.
_UNITS = ("_bytes", "_hz", "_mts", "_celsius", "_seconds", "_bps", "_mbps", "_count", "_watts")


def kind(name):
    """Return what a kind is called."""
    return _called(KINDS, name) or _words(name)


def field(name):
    """Return what a field of a component is called, or one that people declare."""
    if name not in FIELDS and name in titles.TITLES:
        return column(name)
    return _called(FIELDS, name) or _words(_bare(name))


def column(name):
    """Return the heading of a column of assets; its values say the unit."""
    heading = titles.title(name, CHINESE if language() == CHINESE else titles.EN)
    return _UNIT.sub("", _composed(heading, name) if language() == CHINESE else heading)


def _composed(heading, name):
    """Return a heading that has no Chinese, like bmc.count, made of those of its kind and field."""
    fact = name.rpartition("expected.")[2]
    kind_of, _dot, field_of = fact.partition(".")
    if not heading.endswith(fact) or kind_of not in KINDS or not field_of:
        return heading
    words = _l("Count") if field_of == "count" else field(field_of)
    return f"{heading.removesuffix(fact)}{kind(kind_of)} {words}"


def type_of(name):
    """Return what a type of values is called."""
    return _called(TYPES, name) or _words(name)


def state(name):
    """Return what a state of an asset's life is called."""
    return _called(STATES, name) or _words(name)


def standing(name):
    """Return what is called how an asset came to be one."""
    return _called(STANDINGS, name) or _words(name)


def action(name):
    """Return what is called what happened to a component."""
    return _called(ACTIONS, name) or _words(name)


def role(name):
    """Return what a role of an account is called."""
    return _called(ROLES, name) or _words(name)


def _called(texts, name):
    # Looked up once: whether a lazy text is empty takes as long as the text.
    return str(texts[name]) if name in texts else None


def _bare(name):
    ending = next((each for each in _UNITS if name.endswith(each)), "")
    return name.removesuffix(ending) or name


def _words(name):
    text = str(name).replace("_", " ")
    return text[:1].upper() + text[1:]


FILTERS = {
    **{"kind_label": kind, "field_label": field, "column_label": column, "role_label": role},
    **{
        "state_label": state,
        "type_label": type_of,
        "action_label": action,
        "standing_label": standing,
    },
}
