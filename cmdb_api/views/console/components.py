"""Tables of components, made for each kind: which columns, in which order, and their cells."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup

from cmdb_api.views.console import formats, gate, labels
from cmdb_api.views.console.component_words import (
    BAD,
    COLUMNS,
    FAULTS,
    FLAGS,
    GOOD,
    LOOKS,
    PARTS,
    STATES,
    WARN,
)
from cmdb_api.views.console.icons import icon

_CODES = ("serial", "mac", "permanent_mac", "uuid", "wwn", "fingerprint", "sas_address", "place")
_BADGES = {GOOD: "success", WARN: "warning", BAD: "danger", None: "secondary"}
_ICONS = {GOOD: "check-circle", WARN: "exclamation-triangle", BAD: "x-octagon"}
# A filesystem that is nearly full, that is to be seen to, and that is full for most purposes.
NEARLY_PERCENT, FULL_PERCENT, SPENT_PERCENT = 80, 90, 98


@dataclass(frozen=True)
class Table:
    """The components of a kind as a page shows them."""

    kind: object
    columns: list
    # How many fields are used and have no column here.
    more: int


def table(kind, *, every=False):
    """Return the Table of a Kind: columns that no item uses are left out."""
    used = kind.used()
    wanted = used if every or kind.kind not in COLUMNS else COLUMNS[kind.kind]
    shown = [name for name in wanted if name in used] or used
    return Table(kind, shown, len(used) - len(shown))


def cell(item, name, kind):
    """Return what a page shows of a field of an item."""
    value = item.get(name)
    if value is None:
        return formats.NONE
    if name in STATES and isinstance(value, str):
        return badge(look_of(value), formats.field(value, name, kind))
    if isinstance(value, bool) and name in FLAGS:
        look, words = FLAGS[name][0 if value else 1]
        return badge(look, words) if look else formats.text(str(words))
    if name in FAULTS and isinstance(value, int) and value > 0:
        return badge(WARN, formats.plain(value))
    if name.endswith("_milliwatts") and isinstance(value, int):
        return formats.field(value // 1000, "x_watts")
    # Memory is in powers of two, of whatever kind.
    shown = formats.field(value, name, "memory" if name.startswith("memory_") else kind)
    if page := _elsewhere(name, kind, value):
        return Markup('<a href="{}"><bdi>{}</bdi></a>').format(page, shown)
    if name in _CODES:
        return Markup("<code>{}</code>").format(shown)
    return Markup("<bdi>{}</bdi>").format(shown) if isinstance(value, str) else shown


def _elsewhere(name, kind, value):
    """Return the address of the page that tells where else there is, or was, the same."""
    if name == "serial" and kind in PARTS and gate.may("console.parts.page"):
        return url_for("console.parts.page", serial=value)
    if name == "name" and kind == "package" and gate.may("console.packages.page"):
        return url_for("console.packages.page", name=value)
    return None


def look_of(word):
    """Return whether a state is good news or bad; None for one that is neither, or unknown."""
    return LOOKS.get(str(word).lower())


def badge(look, words):
    """Return a state in words, with an icon and a colour."""
    drawn = icon(_ICONS[look]) if look else ""
    box = Markup('<span class="badge text-bg-{}">{} <bdi>{}</bdi></span>')
    return box.format(_BADGES[look], drawn, words)


def use(item):
    """Return how full a filesystem is, percent as ``df`` says it; None where that is not known."""
    used, free = item.get("used_bytes"), item.get("available_bytes")
    size = item.get("size_bytes")
    if not isinstance(used, int) or used < 0:
        return None
    whole = used + free if isinstance(free, int) and free >= 0 else size
    if not isinstance(whole, int) or whole <= 0:
        return None
    return min(100, -(-100 * used // whole))


def fullness(item):
    """Return the badge of a filesystem that is too full; None of others."""
    percent = use(item)
    if percent is None or percent < FULL_PERCENT:
        return None
    look = BAD if percent >= SPENT_PERCENT else WARN
    return badge(look, _("%(percent)s %% full", percent=percent))


def switch_ports(kinds):
    """Return {interface: its neighbours}."""
    found = {}
    for item in kinds["lldp"].items if "lldp" in kinds else ():
        found.setdefault(item.get("interface") or item.place, []).append(item)
    return found


def health(kinds):
    """Return {serial number: what the drive says of its health}."""
    items = kinds["smart"].items if "smart" in kinds else ()
    return {item.get("serial"): item for item in items if item.get("serial")}


def cards(kinds):
    """Return the network interfaces, each with those that stand on it or belong to it after it."""
    items = kinds["nic"].items if "nic" in kinds else []
    known = {item.get("name") for item in items}
    below, first = {}, []
    for item in items:
        over = item.get("master") or item.get("parent")
        if over in known and over != item.get("name"):
            below.setdefault(over, []).append(item)
        else:
            first.append(item)
    order, seen = [], set()

    def walk(item, depth):
        if id(item) in seen:
            return
        seen.add(id(item))
        order.append((depth, item))
        for each in below.get(item.get("name"), ()):
            walk(each, min(depth + 1, 3))

    for item in [*first, *items]:
        walk(item, 0)
    return order


def ordered(kind):
    """Return the items of a kind in the order of its table: a group of LVM before what is in it."""
    if kind.kind != "lvm":
        return kind.items
    sorts = {"vg": 0, "pv": 1, "lv": 2}
    # A group has no "vg": its own name is that.
    group = lambda item: str(item.get("vg") or item.get("name") or "")  # noqa: E731
    return sorted(kind.items, key=lambda i: (group(i), sorts.get(i.get("item_type"), 3)))


def heading(name):
    """Return the heading of a column."""
    own = {"place": _("Place"), "pci_address": _("PCI address"), "carrier": _("Link")}
    return own.get(name) or labels.field(name)
