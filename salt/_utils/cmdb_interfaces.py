"""The kernel's network interfaces and addresses: by netlink, where that can't be asked by sysfs."""

import errno
import ipaddress
import re

import cmdb_ethtool as ethtool
import cmdb_netlink as netlink
import cmdb_source as source
import cmdb_sysfs as sysfs
import cmdb_text as text

NET = "/sys/class/net/"
KERNEL = "/proc/sys/kernel/osrelease"
LOOPBACK = 772
# A persistent lack, as in a replay or a sandbox; anything else is a failure.
NO_NETLINK = {errno.ENOENT, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EPERM, errno.EACCES}


def ask():
    """Return (links, addresses, whether IPv4 ones are among them): from netlink, else sysfs."""
    # Netlink alone does not tell which of them are cards.
    known = paths()
    try:
        links = netlink.links(source.ask("netlink", netlink.dump, netlink.LINKS))
        addresses = netlink.addresses(source.ask("netlink", netlink.dump, netlink.ADDRESSES))
        return links, addresses, True
    except OSError as error:
        if error.errno not in NO_NETLINK:
            raise source.CollectorError(f"netlink: {error}") from error
    source.problem("netlink can't be asked: IPv4 addresses are unknown")
    links = [_from_sysfs(path) for path in known]
    links = [link for link in links if link["index"] is not None]
    indexes = {link["name"]: link["index"] for link in links}
    return links, parse_if_inet6(source.read("/proc/net/if_inet6") or "", indexes), False


def paths():
    """Return the interfaces' paths in sysfs; raises Unavailable where it is not there."""
    return sysfs.devices(NET.rstrip("/"))


def read(link):
    """Return what sysfs and its driver say of one interface: links by name, files as text."""
    base = NET + link["name"]
    if link["kind"] == "bridge":
        return {"addr_assign_type": source.read(f"{base}/addr_assign_type")}
    if link["kind"] == "bond":
        return {name: source.read(f"{base}/{name}") for name in ("speed", "duplex")}
    device = source.link(f"{base}/device")
    if device is None:
        return {}
    names = ("dev_port", "dev_id", "phys_port_name", "addr_assign_type", "speed", "duplex")
    return {
        "device": device,
        "driver": source.link(f"{base}/device/driver"),
        "physfn": source.link(f"{base}/device/physfn"),
        **_driver(link["name"]),
        **{name: source.read(f"{base}/{name}") for name in names},
    }


def port(device, said):
    """Return a card's place by its device and what sysfs says of it."""
    # Drivers count the ports of one function in one of two files.
    numbers = (text.integer(said.get("dev_port")), text.integer(said.get("dev_id"), 16))
    number = max(number or 0 for number in numbers)
    return sysfs.place(device) + (f"-port-{number}" if number else "")


def parse_if_inet6(table, indexes):
    """Turn /proc/net/if_inet6 into addresses as netlink tells them."""
    found = []
    for line in table.splitlines():
        words = line.split()
        if len(words) != 6 or not re.fullmatch("[0-9a-f]{32}", words[0]) or words[5] not in indexes:
            continue
        prefix, flags = text.integer(words[2], 16), text.integer(words[4], 16)
        octets = ipaddress.IPv6Address(bytes.fromhex(words[0]))
        address = {"index": indexes[words[5]], "version": 6, "address": f"{octets}/{prefix}"}
        found.append({**address, "flags": flags or 0})
    return found


def _driver(name):
    """Return a card's driver_version, None where it is the kernel's, and firmware."""
    try:
        answer = source.ask("ethtool driver", ethtool.driver, name)
    except OSError as error:
        if error.errno not in {*NO_NETLINK, *source.NOT_HERE}:
            source.problem(f"{name}: its driver does not answer: {error.strerror or error}")
        return {}
    told = ethtool.parse_driver(answer)
    version = told["version"]
    # A description has room for 31 letters.
    own = version and version != (text.clean(source.read(KERNEL)) or "")[:31]
    return {"driver_version": version if own else None, "firmware": told["firmware"]}


def _from_sysfs(path):
    """Return one link as netlink would tell it."""
    said = {name: source.read(f"{path}/{name}") for name in ("address", "uevent", "bonding/mode")}
    number = {
        name: text.integer(source.read(f"{path}/{name}"))
        for name in ("ifindex", "iflink", "mtu", "carrier", "type")
    }
    kind = re.search(r"^DEVTYPE=(bond|vlan|bridge)$", said["uevent"] or "", re.MULTILINE)
    master = source.link(f"{path}/master")
    name, mode = path.rpartition("/")[2], (said["bonding/mode"] or "").split()
    vlan = re.search(r"VID: ([0-9]{1,4})\b", source.read(f"/proc/net/vlan/{name}") or "")
    return {
        "index": number["ifindex"],
        "loopback": number["type"] == LOOPBACK,
        "name": name,
        "mac": _set(text.clean(said["address"])),
        "permanent_mac": None,
        "mtu": number["mtu"],
        "carrier": number["carrier"],
        "master": text.integer(source.read(f"{master}/ifindex")) if master else None,
        "parent": number["iflink"],
        "kind": kind.group(1) if kind else None,
        "vlan_id": int(vlan.group(1)) if vlan else None,
        "bond_mode": text.integer(mode[1]) if len(mode) == 2 else None,
    }


def _set(mac):
    """Return a hardware address, None where it is all zeros."""
    return mac if mac and mac.strip("0:") else None
