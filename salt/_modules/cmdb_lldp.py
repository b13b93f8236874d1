"""Neighbours in the network: which port of which switch each cable leads to.

Source: ``lldpctl -f json`` or ``lldpcli show neighbors``, of lldpd; older versions that know no
JSON as keyvalue. Where several devices answer on one cable, the one with the first address has the
interface's name, the others " #2" and so on behind it.

================  ====  ==================================================================
place             str   the interface here, "eno1"; the identity
interface         str   the interface here
protocol          str   "LLDP", "CDPv2" …
switch            str   name of the neighbour
chassis_id        str   what it calls itself, most often a hardware address
description       str   its system, as it describes it
port              str   what it calls its port
port_id_type      str   "ifname", "mac", "local" …
port_description  str   what somebody wrote at its port
addresses         list  where it can be managed
vlans             list  numbers of VLANs that it told
native_vlan       int   the VLAN of untagged packets
================  ====  ==================================================================
"""

import cmdb_later as later
import cmdb_source as source
import cmdb_text as text

lldpctl = later.library("cmdb_lldpctl")

__load__ = ["collect"]

KEY = ["place"]
SLOW = True
TOOLS = {
    "lldpctl": "package lldpd, its service running; root",
    "lldpcli": "package lldpd, its service running; root",
}

COMMANDS = (
    ["lldpctl", "-f", "json"],
    ["lldpcli", "-f", "json", "show", "neighbors", "details"],
    ["lldpctl", "-f", "keyvalue"],
)
NONE = '{"lldp": {}}'
NO_RIGHT = ("Permission denied", "not permitted", "privileges")
# An old lldpctl's answer to a format that it does not know.
OLD = ("invalid", "unknown", "usage", "format")


def collect():
    """
    Return this machine's neighbours.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_lldp.collect
    """
    return parse(_ask())


def parse(said):
    """Turn what lldpd's tools print, in any of their formats, into items."""
    found = [
        {
            "place": each["interface"],
            "interface": each["interface"],
            "protocol": each["protocol"],
            "switch": text.value(each["name"]),
            "chassis_id": text.value(each["chassis_id"]),
            "description": text.value(each["description"]),
            "port": text.value(each["port_id"]),
            "port_id_type": each["port_id_type"],
            "port_description": text.value(each["port_description"]),
            "addresses": each["addresses"],
            "vlans": each["vlans"],
            "native_vlan": each["pvid"],
        }
        for each in lldpctl.parse(said)
        if each["interface"]
    ]
    # In an order of theirs, not that in which they were heard.
    found.sort(key=lambda item: [item[f] or "" for f in ("place", "chassis_id", "port", "switch")])
    return text.unique(found, "place")


def _ask():
    """Return what the first tool that is here, and knows the format, says."""
    missing = None
    for argv in COMMANDS:
        try:
            # Without neighbours keyvalue has no lines.
            return source.run(argv) or (NONE if "keyvalue" in argv else "")
        except source.Unavailable as error:
            missing = missing or error
        except source.CommandError as error:
            said = error.stderr + error.stdout
            if any(words in said for words in NO_RIGHT):
                raise source.Unavailable(
                    f"no right to ask lldpd by {argv[0]}: run as root"
                ) from None
            if argv == COMMANDS[-1] or not any(words in said.lower() for words in OLD):
                raise
    raise source.Unavailable(f"{missing}: install lldpd")
