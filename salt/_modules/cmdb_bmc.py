"""The management controller (BMC, iDRAC, iLO …) as the host itself sees it: one item.

Source: ``ipmitool mc info`` and ``ipmitool lan print``; needs root and /dev/ipmi0 (the module
ipmi_devintf). The network is that of the first LAN channel, of another one where that has no
address, or of the option ``channel``.

================  ====  ======================================================================
slot              str   "bmc"; the identity
manufacturer      str   name as ``ipmitool`` knows it
manufacturer_id   int   IANA enterprise number
product           str   name, where ``ipmitool`` knows it
product_id        int   the maker's number of the product
firmware          str   revision of its firmware
ipmi_version      str   "2.0"
ip_address        str   IPv4 address; None where it has none
ip_source         str   "static", "dhcp", "bios" or "other"
netmask           str   of its address
gateway           str   default gateway
mac               str   lower case, with colons
vlan              int   VLAN id; None where it uses none
================  ====  ======================================================================
"""

import re

import cmdb_later as later
import cmdb_source as source
import cmdb_text as text

ipmitool = later.library("cmdb_ipmitool")

__load__ = ["collect"]

KEY = ["slot"]
SLOW = True
TOOLS = {"ipmitool": "package ipmitool, kernel module ipmi_devintf; root"}

SOURCES = {"static": "static", "dhcp": "dhcp", "bios": "bios"}
# Where boards have their dedicated port if not on the first channel.
OTHER_CHANNELS = (2, 3, 8)
_MC = ("Device ID", "Firmware Revision", "IPMI Version")
_LAN = ("IP Address", "MAC Address", "Subnet Mask")
_NO_LAN = re.compile(r"not a LAN channel|Invalid channel|LAN channel|Get Channel Info", re.I)
_IPV4 = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}")
_NUMBER = re.compile(r"[0-9]{1,10}")


def collect():
    """
    Return this machine's management controller.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_bmc.collect
    """
    try:
        controller = ipmitool.run("mc", "info")
    except source.Unavailable:
        if not source.is_partial():
            raise
        controller = None
    try:
        lan = _lan(source.option("channel"))
    except source.Unavailable:
        if not controller or not source.is_partial():
            raise
        lan = None
    return parse(controller, lan)


def parse(controller, lan):
    """
    Turn ``mc info`` and ``lan print`` (None where it has no LAN) into the one item.

    ``mc info`` is None where only the other was kept, the same text where one answers for both.
    """
    only_lan = lan is not None and controller in (None, lan)
    told = {} if only_lan else ipmitool.parse_fields(controller or "", _MC)
    item = {
        "slot": "bmc",
        "manufacturer": _name(told.get("Manufacturer Name")),
        # 0 is the standard's word for "not stated", for both.
        "manufacturer_id": _number(told.get("Manufacturer ID")) or None,
        "product": _name(told.get("Product Name")),
        "product_id": _number(told.get("Product ID")) or None,
        "firmware": text.value(told.get("Firmware Revision")),
        "ipmi_version": text.value(told.get("IPMI Version")),
    }
    return [{**item, **parse_lan(lan)}] if lan is not None else [item]


def parse_lan(said):
    """Turn ``lan print`` into the fields of a controller's network."""
    told = ipmitool.parse_fields(said, _LAN)
    origin = (text.value(told.get("IP Address Source")) or "").lower()
    vlan = _number(told.get("802.1q VLAN ID"))
    return {
        "ip_address": _address(told.get("IP Address")),
        "ip_source": next((name for word, name in SOURCES.items() if word in origin), None)
        or ("other" if origin else None),
        "netmask": _address(told.get("Subnet Mask")),
        "gateway": _address(told.get("Default Gateway IP")),
        "mac": _mac(told.get("MAC Address")),
        "vlan": vlan if vlan and vlan < 4095 else None,
    }


def _lan(channel):
    """Return what ``lan print`` says of a channel, None: the best; None where there is no LAN."""
    try:
        said = ipmitool.run("lan", "print", *([] if channel is None else [channel]))
    except source.CommandError as error:
        # A controller without a network is one all the same.
        if not _NO_LAN.search(error.stderr + error.stdout):
            raise
        return None
    if channel is not None or parse_lan(said)["ip_address"]:
        return said
    return next(filter(None, map(_with_address, OTHER_CHANNELS)), said)


def _with_address(channel):
    try:
        said = ipmitool.run("lan", "print", channel)
        return said if parse_lan(said)["ip_address"] else None
    except (source.Unavailable, source.CommandError, source.ParseError):
        # Most have none of the others.
        return None


def _name(said):
    name = text.value(said)
    # "Unknown (0x2A2)": ipmitool has no name for the number.
    return None if name and name.lower().startswith("unknown") else name


def _number(said):
    match = _NUMBER.match((said or "").strip())
    return int(match.group()) if match else None


def _address(said):
    address = text.clean(said) or ""
    if not _IPV4.fullmatch(address) or address == "0.0.0.0":
        return None
    return address if all(int(part) < 256 for part in address.split(".")) else None


def _mac(said):
    mac = (text.clean(said) or "").lower().replace("-", ":")
    return mac if _MAC.fullmatch(mac) and mac.strip("0:f") else None
