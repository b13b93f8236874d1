"""PCI functions: one item for each that the kernel lists, bridges among them.

Source: /sys/bus/pci/devices/*/uevent, names from pci.ids where that is installed; no process and
no read of a device's own registers. The option ``exclude`` is a list of class ids to leave out,
"06" for all bridges; ``virtual_functions: false`` leaves out those of SR-IOV.

================  ====  ======================================================================
slot              str   PCI address, "0000:3b:00.0"; the identity
class             str   name of its class, "Ethernet controller"
class_id          str   class and subclass, four hex digits, "0200"
vendor            str   name
device            str   name
subsystem_vendor  str   name of the maker of the card
subsystem         str   name of the card
id                str   vendor and device, hex digits, "8086:1572"
subsystem_id      str   the same of the card
driver            str   kernel driver that it is bound to; None for none
================  ====  ======================================================================
"""

import cmdb_pcibus as pci
import cmdb_source as source

__load__ = ["collect"]

KEY = ["slot"]


def collect():
    """
    Return this machine's PCI functions.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_pci.collect
    """
    found = pci.functions()
    if source.option("virtual_functions", True) is False:
        virtual = {path.split("/")[-2] for path in source.glob(f"{pci.DEVICES}/*/physfn")}
        found = {address: said for address, said in found.items() if address not in virtual}
    return parse(found, pci.names_file(found), source.option("exclude", ()))


def parse(functions, names, exclude=()):
    """Turn what the kernel says of each function, and pci.ids, into items."""
    excluded = (exclude,) if isinstance(exclude, str) else tuple(map(str, exclude or ()))
    kept = {
        address: said
        for address, said in functions.items()
        if not (excluded and said["class"].startswith(excluded))
    }
    named = pci.names(names, kept)
    return [_item(address, kept[address], named[address]) for address in sorted(kept)]


def _item(address, said, names):
    return {
        "slot": address,
        "class": names["class_name"],
        "class_id": said["class"][:4],
        "vendor": names["vendor"],
        "device": names["device"],
        "subsystem_vendor": names["subsystem_vendor"],
        "subsystem": names["subsystem"],
        "id": said["id"],
        "subsystem_id": said["subsystem_id"],
        "driver": said["driver"],
    }
