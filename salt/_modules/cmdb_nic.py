"""Network interfaces: cards, and the virtual ones that a person set up.

Source: route netlink for interfaces and addresses; /sys/class/net and the kernel's ethtool
interface for what netlink does not say. Virtual interfaces are reported by kind (option
``virtual``: bond, team, vlan, bridge) and never by a name that container and VM managers use
(option ``exclude``). In a container, which has no card, its own veth, macvlan and ipvlan
interfaces stand for one. Functions that a card lends to guests (SR-IOV) are left out. IPv6:
neither temporary (privacy) nor link-local addresses. What is plugged into a card's cage is ``sfp``.

==============  ====  =====================================================================
port            str   a card's place, "pci-0000:03:00.0", with "-port-1" where one function
                      has several ports; the name of a virtual interface; the identity
name            str   the interface's name
kind            str   "physical", "bond", "team", "vlan", "bridge" …
mac             str   hardware address in use (of InfiniBand the port's GUID); of a bridge only
                      where it was set, or is that of a port that is reported too
permanent_mac   str   the card's own hardware address
ipv4            list  addresses with prefix length, "192.0.2.1/24"
ipv6            list  global and unique local addresses with prefix length
mtu             int   largest packet, bytes
driver          str   kernel driver of the card
driver_version  str   of a driver that has a version of its own and not the kernel's
firmware        str   version of the card's firmware, as its driver tells it
pci_address     str   of the card
master          str   name of the bond, team or bridge it belongs to
ports           list  of a bond, team or bridge: the interfaces in it that are reported too
bond_mode       str   "802.3ad", "active-backup" …
vlan_id         int   of a vlan
parent          str   of a vlan: the interface below it
carrier         bool  True while there is a link; volatile
speed_mbps      int   negotiated speed, Mbit/s; None without a link; volatile
duplex          str   "full" or "half"; None without a link; volatile
==============  ====  =====================================================================
"""

import fnmatch
import ipaddress
import re

import cmdb_interfaces as interfaces
import cmdb_netlink as netlink
import cmdb_source as source
import cmdb_sysfs as sysfs
import cmdb_text as text

__load__ = ["collect"]

KEY = ["port"]
# They come and go with the switch at the other end of the cable.
VOLATILE = ["carrier", "speed_mbps", "duplex"]

VIRTUAL = ("bond", "team", "vlan", "bridge")
EXCLUDE = (
    *("docker*", "br-" + "[0-9a-f]" * 12, "virbr*", "lxcbr*", "lxdbr*", "incusbr*", "podman*"),
    *("cni*", "cbr0", "kube-*", "cilium*", "flannel*", "cali*", "weave*", "nerdctl*", "fwbr*"),
    *("qbr*", "brq*"),
)
# A card's interface has no kind of virtual interface; InfiniBand's has one of its own.
CARDS = (None, "ipoib")
# What a container's manager gives it in the place of a card.
GUEST = ("veth", "macvlan", "ipvlan")
BOND_MODES = (
    *("balance-rr", "active-backup", "balance-xor", "broadcast", "802.3ad"),
    *("balance-tlb", "balance-alb"),
)
HAVING_PORTS = ("bond", "team", "bridge")
MAC_SET = 3
LEFT_OUT = netlink.TEMPORARY | netlink.FAILED
_GUEST_PORT = re.compile(r"(?:c\d+)?pf\d+(?:vf|sf)\d+")


def collect():
    """
    Return this machine's network interfaces.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_nic.collect
    """
    links, addresses, ipv4_known = interfaces.ask()
    kinds = tuple(source.option("virtual", VIRTUAL))
    said = {
        link["index"]: interfaces.read(link) for link in links if link["kind"] in (*CARDS, *kinds)
    }
    items = parse(links, addresses, said, kinds, source.option("exclude", EXCLUDE))
    return items if ipv4_known else [{**item, "ipv4": None} for item in items]


def parse(links, addresses, said, kinds=VIRTUAL, exclude=EXCLUDE):
    """Turn links, their addresses and, by index, what sysfs said of them into items."""
    chosen = [
        link
        for link in _choose(links, addresses, said, kinds)
        if not any(fnmatch.fnmatchcase(link["name"], pattern) for pattern in exclude)
    ]
    names = {link["index"]: link["name"] for link in links}
    items = []
    for link in sorted(chosen, key=lambda link: link["name"]):
        ports = [port for port in chosen if port["master"] == link["index"]]
        item = _item(link, said.get(link["index"], {}), names, ports)
        mine = [address for address in addresses if address["index"] == link["index"]]
        item["ipv4"] = sorted({each["address"] for each in mine if each["version"] == 4})
        item["ipv6"] = sorted({each["address"] for each in mine if _is_lasting(each)})
        items.append(item)
    return text.unique(items, "port")


def _choose(links, addresses, said, kinds):
    """Return the cards and the virtual interfaces that are wanted."""
    cards = [link for link in links if link["kind"] in CARDS and _is_card(said, link)]
    with_address = {address["index"] for address in addresses}
    guests = [
        link
        for link in links
        if link["kind"] in GUEST and link["index"] in with_address and not link["master"]
    ]
    return (cards or guests) + [link for link in links if link["kind"] in kinds]


def _is_card(said, link):
    about = said.get(link["index"], {})
    lent = about.get("physfn") or _GUEST_PORT.fullmatch(about.get("phys_port_name") or "")
    return bool(about.get("device")) and not lent and not link["loopback"]


def _is_lasting(address):
    own = ipaddress.ip_interface(address["address"])
    return own.version == 6 and not own.is_link_local and not address["flags"] & LEFT_OUT


def _item(link, said, names, ports):
    device = said.get("device")
    kind = "physical" if link["kind"] in CARDS else link["kind"]
    mode, carrier = link["bond_mode"], link["carrier"]
    up = carrier != 0
    return {
        "port": interfaces.port(device, said) if device else link["name"],
        "name": link["name"],
        "kind": kind,
        "mac": _bridge_mac(link, said, ports) if kind == "bridge" else _lasting_mac(link["mac"]),
        "permanent_mac": _lasting_mac(link["permanent_mac"] or _permanent(link, said)),
        "mtu": link["mtu"],
        "driver": (said.get("driver") or "").rpartition("/")[2] or None,
        "driver_version": said.get("driver_version"),
        "firmware": said.get("firmware"),
        "pci_address": sysfs.pci_address(device) if device else None,
        "master": names.get(link["master"]),
        "ports": sorted(port["name"] for port in ports) if kind in HAVING_PORTS else None,
        "bond_mode": BOND_MODES[mode] if mode is not None and mode < len(BOND_MODES) else None,
        "vlan_id": link["vlan_id"],
        "parent": names.get(link["parent"]) if kind == "vlan" else None,
        "carrier": None if carrier is None else carrier == 1,
        "speed_mbps": _speed(said) if up else None,
        "duplex": _duplex(said) if up else None,
    }


def _bridge_mac(link, said, ports):
    """Return a bridge's address where it lasts: unless set, it is any of its ports'."""
    own = text.integer(said.get("addr_assign_type")) == MAC_SET
    return link["mac"] if own or link["mac"] in [port["mac"] for port in ports] else None


def _lasting_mac(mac):
    """Return a hardware address; of InfiniBand's the part that is the same after a reboot."""
    octets = (mac or "").split(":")
    return ":".join(octets[-8:]) if len(octets) == 20 else mac


def _permanent(link, said):
    own = said.get("device") and text.integer(said.get("addr_assign_type")) == 0
    return link["mac"] if own and not link["master"] else None


def _speed(said):
    speed = text.integer(said.get("speed"))
    # -1, also as an unsigned number, is "unknown".
    return speed if speed and 0 < speed < 1 << 24 else None


def _duplex(said):
    duplex = text.clean(said.get("duplex"))
    return duplex if duplex in ("full", "half") else None
