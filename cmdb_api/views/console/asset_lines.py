"""What an asset is, a line for each of its parts: its model, its memory, its disks …"""

import ipaddress
from collections import Counter

from flask_babel import gettext as _
from flask_babel import ngettext
from markupsafe import Markup

from cmdb_api.views.console import components, formats
from cmdb_api.views.console.messages import listed

# Names, volumes or addresses in one line.
MOST = 6
TIMES = " \N{MULTIPLICATION SIGN} "


def of(kinds):
    """Return [(words, what it is)] of hardware and system; what is not known is left out."""
    board, host, bmc, cloud = (_first(kinds, kind) for kind in ("board", "host", "bmc", "cloud"))
    found = [
        (_("Model"), _joined(board.get("manufacturer"), board.get("product"))),
        (_("Serial number"), _code(board.get("serial"))),
        (_("Enclosure"), _joined(board.get("enclosure_name"), board.get("enclosure_bay"))),
        (_("System"), _system(host)),
        (_("Runs on"), _virtual(host)),
        (_("Cloud"), _joined(cloud.get("provider"), cloud.get("instance_type"), cloud.get("zone"))),
        (_("Up since"), host.get("boot_at") and formats.ago(host["boot_at"])),
        (_("Processors"), _processors(items_of(kinds, "cpu"))),
        (_("Memory"), _memory(items_of(kinds, "memory"))),
        (_("Disks"), _disks(items_of(kinds, "raid_disk") or items_of(kinds, "disk"))),
        (_("RAID"), _volumes(items_of(kinds, "raid_volume"))),
        (_("Graphics"), _counted(item.get("model") for item in items_of(kinds, "gpu"))),
        (_("Addresses"), _addresses(items_of(kinds, "nic"))),
        (_("BMC"), _bmc(bmc)),
    ]
    return [(words, value) for words, value in found if value]


def items_of(kinds, kind):
    return kinds[kind].items if kind in kinds else []


def _first(kinds, kind):
    return next(iter(items_of(kinds, kind)), None) or {}


def _joined(*values):
    return " ".join(str(value) for value in values if value)


def _code(value):
    return value and Markup("<code>{}</code>").format(value)


def _system(host):
    name = host.get("os_title") or _joined(host.get("os_name"), host.get("os_version"))
    kernel = _joined(host.get("kernel"), host.get("architecture"))
    return " · ".join(part for part in (name, kernel) if part)


def _virtual(host):
    kind = host.get("container") or host.get("virtualisation")
    return None if kind in (None, "physical") else kind


def _processors(cpus):
    parts = [_counted(cpu.get("model") for cpu in cpus)]
    if cores := _sum(cpus, "core_count"):
        parts.append(ngettext("%(num)d core", "%(num)d cores", cores))
    if threads := _sum(cpus, "thread_count"):
        parts.append(ngettext("%(num)d thread", "%(num)d threads", threads))
    return " · ".join(filter(None, parts))


def _size(value, **how):
    return formats.size(value, **how).striptags() if isinstance(value, int) else None


def _memory(modules):
    total = _sum(modules, "size_bytes")
    if not total:
        return None
    each = _counted(
        _joined(_size(m.get("size_bytes"), binary=True), m.get("type")) for m in modules
    )
    shown = formats.size(total, binary=True)
    # One of which no more is known: its size says it all.
    return shown if each == shown.striptags() else Markup("{} · {}").format(shown, each)


def _disks(disks):
    return _counted(
        _joined(
            disk.get("model") or disk.get("vendor") or disk.get("name"),
            _size(disk.get("size_bytes")),
        )
        for disk in disks
        if disk.get("removable") is not True
    )


def _volumes(volumes):
    shown = [
        Markup("{} {}").format(
            _joined(volume.get("name") or volume.place, volume.get("level")),
            components.cell(volume, "state", "raid_volume") if volume.get("state") else "",
        )
        for volume in volumes[:MOST]
    ]
    return Markup(", ").join(shown) if shown else None


def _addresses(nics):
    """Return the first addresses, without their prefix lengths; those of IPv4 first."""
    found = [
        str(address).partition("/")[0]
        for name in ("ipv4", "ipv6")
        for nic in nics
        for address in nic.get(name) or ()
    ]
    if not found:
        return None
    shown = Markup(", ").join(map(_code, found[:MOST]))
    more = len(found) - MOST
    return Markup("{} {}").format(shown, _("and %(count)s more", count=more)) if more > 0 else shown


def _bmc(bmc):
    address = bmc.get("ip_address")
    if not address:
        return _joined(bmc.get("manufacturer"), bmc.get("product"))
    try:
        ipaddress.IPv4Address(address)
    except ValueError:
        return _code(address)
    link = Markup('<a href="https://{}/" rel="noreferrer noopener" target="_blank">{}</a> {}')
    return link.format(address, address, bmc.get("firmware") or "")


def _counted(names):
    """Return names, each with how often it is there."""
    counts = Counter(name for name in names if name)
    told = [f"{count}{TIMES}{name}" if count > 1 else str(name) for name, count in counts.items()]
    more = [_("and %(count)s more", count=len(told) - MOST)] if len(told) > MOST else []
    return listed([*told[:MOST], *more])


def _sum(items, name):
    values = [item.get(name) for item in items]
    return sum(value for value in values if isinstance(value, int))
