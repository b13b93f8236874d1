"""Bonds: which cards they join, and how they are doing.

Source: /proc/net/bonding.

=====================  ====  ===============================================================
name                   str   the bond's name; the identity
mode                   str   "802.3ad", "active-backup" …; the words of the driver where unknown
hash_policy            str   how packets are shared out: "layer2", "layer3+4" …
link_check_ms          int   how often the links are looked at, ms; 0 never
arp_check_ms           int   how often addresses are asked for instead, ms; None never
arp_targets            list  the addresses that are asked for
up_delay_ms            int   how long a link must be up to count, ms
down_delay_ms          int   how long a link must be down to count, ms
lacp_rate              str   "slow" or "fast", of 802.3ad
min_link_count         int   links that must be up for the bond to be up
ports                  list  interfaces in it
down_ports             list  those without a link
primary                str   the port that is used where it can be
active_port            str   the port that is used now; volatile
state                  str   "up" or "down"; volatile
partner_mac            str   of 802.3ad: address of the switch at the other end
aggregator_port_count  int   of 802.3ad: ports that work together now; volatile
link_failure_count     int   how often ports have lost their link; volatile
=====================  ====  ===============================================================
"""

import re

import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["name"]
VOLATILE = ["active_port", "state", "aggregator_port_count", "link_failure_count"]

FOLDER = "/proc/net/bonding/"
# How the driver words its modes.
MODES = (
    ("round-robin", "balance-rr"),
    ("active-backup", "active-backup"),
    ("xor", "balance-xor"),
    ("broadcast", "broadcast"),
    ("802.3ad", "802.3ad"),
    ("transmit load balancing", "balance-tlb"),
    ("adaptive load balancing", "balance-alb"),
)


def collect():
    """
    Return this machine's bonds.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_bond.collect
    """
    if not source.glob(FOLDER):
        raise source.Unavailable("the kernel's driver for bonds is not loaded")
    found = [(path.rpartition("/")[2], source.read(path)) for path in source.glob(FOLDER + "*")]
    return [parse(said, name)[0] for name, said in found if said is not None]


def parse(said, name):
    """Turn what the driver tells of one bond into its item; raises ParseError where it is none."""
    bond, ports = _sections(said)
    mode = _value(bond, "Bonding Mode")
    if not mode:
        raise source.ParseError(f"{FOLDER}{name}: no bonding mode in: {said[:200]!r}")
    failures = [text.integer(port.get("link failure count")) for port in ports.values()]
    mac = (_value(bond, "Partner Mac Address") or "").lower()
    return [
        {
            "name": name,
            "mode": next((short for words, short in MODES if words in mode), mode),
            "hash_policy": _first(bond, "Transmit Hash Policy"),
            "link_check_ms": _number(bond, "MII Polling Interval (ms)"),
            "arp_check_ms": _number(bond, "ARP Polling Interval (ms)"),
            "arp_targets": _arp_targets(bond),
            "up_delay_ms": _number(bond, "Up Delay (ms)"),
            "down_delay_ms": _number(bond, "Down Delay (ms)"),
            "lacp_rate": _value(bond, "LACP rate"),
            "min_link_count": _number(bond, "Min links"),
            "ports": sorted(ports),
            "down_ports": sorted(port for port in ports if ports[port].get("mii status") != "up"),
            "primary": _first(bond, "Primary Slave"),
            "active_port": _first(bond, "Currently Active Slave"),
            "state": _value(bond, "MII Status"),
            "partner_mac": mac if mac.strip("0:") else None,
            "aggregator_port_count": _number(bond, "Number of ports"),
            "link_failure_count": sum(filter(None, failures)) if ports else None,
        }
    ]


def _sections(said):
    """Return (what is said of the bond, {port: what is said of it}); the first of a name counts."""
    bond, ports = {}, {}
    section = bond
    for line in said.splitlines():
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), text.clean(value)
        if name in ("slave interface", "port interface") and value:
            section = ports.setdefault(value, {})
        elif value:
            section.setdefault(name, value)
    return bond, ports


def _value(section, name):
    found = section.get(name.lower())
    return None if found in (None, "None", "N/A", "Unknown") else found


def _first(section, name):
    """Return the first word: the driver adds a number or the reason behind it."""
    return (_value(section, name) or "").split(" ")[0] or None


def _number(section, name):
    return text.integer(_value(section, name))


def _arp_targets(bond):
    """Return the addresses of both versions; the driver puts a comma between two."""
    names = [name for name in bond if name.startswith(("arp ip target", "ns ipv6 target"))]
    words = [word for name in names for word in re.split(r"[,\s]+", bond[name])]
    found = {word for word in words if re.fullmatch(r"[0-9a-f]*[.:][0-9a-f.:]{2,45}", word)}
    return sorted(found) if names else None
