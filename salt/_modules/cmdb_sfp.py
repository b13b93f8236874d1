"""Pluggable modules of network cards: SFP, QSFP and so on, optical ones and cables.

Source: the module's own memory, asked of the card's driver by the kernel's ethtool interface;
needs root. Cards without a cage, and empty cages, have none.

===========  ===  =======================================================================
port         str  the card's place, as ``nic`` has it; the identity
name         str  the interface's name
form_factor  str  "SFP", "QSFP28", "QSFP-DD" …
media        str  what it is made for: "10GBASE-SR", "passive cable" …
connector    str  "LC", "RJ45", "copper pigtail" …
vendor       str  as the module says it
part_number  str  as the module says it
revision     str  as the module says it
serial       str  serial number; both ends of a cable often have the same
made_on      str  day it was made, "2019-03-07"
===========  ===  =======================================================================
"""

import errno

import cmdb_ethtool as ethtool
import cmdb_interfaces as interfaces
import cmdb_later as later
import cmdb_source as source
import cmdb_text as text

transceiver = later.library("cmdb_transceiver")

__load__ = ["collect"]

KEY = ["port"]
SERIAL = "serial"

# The kernel, or a sandbox around us, answers no such question at all.
NO_ANSWER = interfaces.NO_NETLINK | {errno.ENOTTY}


def collect():
    """
    Return the modules in this machine's network cards.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_sfp.collect
    """
    modules = []
    for path in interfaces.paths():
        name, device = path.rpartition("/")[2], source.link(f"{path}/device")
        memory = _memory(name) if device else None
        # A function that is lent to a guest may show the module of the card's own.
        if memory and not source.link(f"{path}/device/physfn"):
            modules.append((_port(path, device), name, memory))
    return parse(modules) if modules else []


def parse(modules):
    """Turn (port, interface, the module's memory) into items."""
    items = []
    for port, name, memory in modules:
        told = transceiver.parse(memory)
        if told is None:
            source.problem(f"{name}: its module is of no known kind: {memory[:1].hex()}")
        items.append({"port": port, "name": name, **(told or {})})
    return text.unique(sorted(items, key=lambda item: (item["port"], item["name"])), "port")


def _memory(name):
    """Return a module's memory, None where no module is in; raises where that can't be told."""
    try:
        return source.ask("ethtool module", ethtool.module, name)
    except OSError as error:
        if error.errno in source.DENIED:
            raise source.Unavailable(
                "no right to ask cards for their modules: run as root"
            ) from None
        if error.errno in NO_ANSWER:
            raise source.Unavailable("cards can't be asked for their modules here") from None
        # Most drivers answer the same of an empty cage, of none, and of a module that fails.
        if error.errno not in source.NOT_HERE and _is_in_use(name):
            raise source.CollectorError(f"{name}: its module can't be read: {error}") from error
        return None


def _is_in_use(name):
    """Return whether there is a link, and over a module."""
    if text.integer(source.read(f"{interfaces.NET}{name}/carrier")) != 1:
        return False
    try:
        return source.ask("ethtool port", ethtool.port, name) in ethtool.MODULES
    except OSError:
        return False


def _port(path, device):
    said = {name: source.read(f"{path}/{name}") for name in ("dev_port", "dev_id")}
    return interfaces.port(device, said)
