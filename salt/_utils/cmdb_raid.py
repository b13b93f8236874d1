"""RAID controllers, their volumes and disks: finds the tools of this machine and asks them.

``items(kind)`` asks, of each family of controllers, the first tool that is installed and knows
one; families side by side all count. A decoder (``cmdb_storcli`` …) has TOOLS, the commands to
try, and ``ask(tool, kind)``, which returns lists by kind. A controller that the kernel drives,
but whose tool is missing, makes the answer unavailable: its disks would look removed.
"""

import os

import cmdb_arcconf as arcconf
import cmdb_mdraid as mdraid
import cmdb_megacli as megacli
import cmdb_sasircu as sasircu
import cmdb_source as source
import cmdb_ssacli as ssacli
import cmdb_storcli as storcli
import cmdb_text as text

# Each family with [(tool, the decoder that asks it)], in the order they are tried.
FAMILIES = {
    "megaraid": [(tool, storcli) for tool in storcli.TOOLS]
    + [(tool, megacli) for tool in megacli.TOOLS],
    "mpi3mr": [(tool, storcli) for tool in storcli.TOOLS_2],
    "smartarray": [(tool, ssacli) for tool in ssacli.TOOLS],
    "adaptec": [(tool, arcconf) for tool in arcconf.TOOLS],
    "sas2": [(tool, sasircu) for tool in sasircu.TOOLS_2],
    "sas3": [(tool, sasircu) for tool in sasircu.TOOLS_3],
}
# The kernel's drivers, the families that may answer for each, and the tools to name.
DRIVERS = {
    "megaraid_sas": (("megaraid",), "storcli64, perccli64 or MegaCli64"),
    "mpi3mr": (("mpi3mr", "megaraid"), "storcli2 or perccli2"),
    "hpsa": (("smartarray",), "ssacli"),
    "cciss": (("smartarray",), "ssacli or hpacucli"),
    "smartpqi": (("smartarray", "adaptec"), "ssacli or arcconf"),
    "aacraid": (("adaptec",), "arcconf"),
    "mpt2sas": (("sas2", "sas3", "megaraid"), "sas2ircu"),
    "mpt3sas": (("sas3", "sas2", "megaraid"), "sas3ircu"),
}
# What of these is not of the PCI class RAID is a plain host adapter.
HOST_ADAPTERS = ("mpt2sas", "mpt3sas", "mpi3mr")
RAID_CLASSES = ("0x0104", "0x0107")


def items(kind):
    """
    Return the items of "controllers", "volumes" or "disks".

    Raises Unavailable where there is no controller, or one that no tool here can ask.
    """
    found, answered, reasons, addresses = [], set(), {}, set()
    for family, tools in FAMILIES.items():
        said = _family(tools, kind, reasons.setdefault(family, []))
        if said is not None:
            answered.add(family)
            found.extend(_new(said, kind, addresses))
    arrays = mdraid.ask() if kind == "volumes" else []
    _check_all_asked(answered, reasons, arrays)
    return text.unique(found + arrays, "place")


def _family(tools, kind, reasons):
    """Return what the first tool that knows a controller says, None where none does."""
    done = set()
    for tool, decoder in tools:
        # An absolute path is tried where the name alone was not found.
        if os.path.basename(tool) in done:
            continue
        try:
            return decoder.ask(tool, kind)
        except source.Unavailable as reason:
            if not str(reason).endswith("is not installed"):
                done.add(os.path.basename(tool))
                reasons.append(str(reason))
    return None


def _new(said, kind, addresses):
    """Return the items of the controllers that no family before told of; notes their addresses."""
    known = [each for each in said["controllers"] if each.get("pci_address")]
    again = {each["place"] for each in known if each["pci_address"] in addresses}
    addresses.update(each["pci_address"] for each in known)
    return [each for each in said[kind] if each.get("controller", each["place"]) not in again]


def _check_all_asked(answered, reasons, arrays):
    """Raise Unavailable where a controller is here that no tool answered for."""
    for driver, address in _unasked(answered):
        families, tools = DRIVERS[driver]
        why = [reason for family in families for reason in reasons[family]]
        raise source.Unavailable(
            f"a RAID controller (driver {driver}, PCI {address}) is here, "
            f"but {'; '.join(why) or f'{tools} is not installed'}"
        )
    if answered:
        return
    if not arrays:
        why = dict.fromkeys(reason for each in reasons.values() for reason in each)
        raise source.Unavailable("; ".join(["no RAID controller", *why]))
    for address in _without_driver():
        raise source.Unavailable(f"the RAID controller at PCI {address} has no driver")


def _unasked(answered):
    """Return [(driver, PCI address)] of the controllers that none of ``answered`` is for."""
    ignored = source.option("ignore_drivers", [])
    found = []
    for driver, (families, _) in DRIVERS.items():
        if driver in ignored or answered.intersection(families):
            continue
        for path in source.glob(f"/sys/bus/pci/drivers/{driver}/*:*:*.*"):
            # The plain host adapters of these drivers have no RAID that a tool would tell of.
            if driver not in HOST_ADAPTERS or _class(path) == RAID_CLASSES[0]:
                found.append((driver, path.rpartition("/")[2]))
    return found


def _without_driver():
    """Return the PCI addresses of RAID and SAS controllers that no driver has taken."""
    devices = source.glob("/sys/bus/pci/devices/*")
    raids = [path for path in devices if _class(path) in RAID_CLASSES]
    return [path.rpartition("/")[2] for path in raids if not source.link(f"{path}/driver")]


def _class(path):
    return (source.read(f"{path}/class") or "").strip()[:6]
