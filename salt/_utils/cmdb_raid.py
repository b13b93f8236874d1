"""RAID controllers, their volumes and disks: finds the tools of this machine and asks them.

The collectors of one report share what the tools answer. ``items(kind)`` asks, of each family of
controllers, the first tool that is installed and knows one; families side by side all count. A
decoder (``cmdb_storcli`` …) has ``ask(tool, kind)``, which returns lists by kind. A controller that
the kernel drives, but whose tool is missing, makes the answer unavailable: its disks would look
removed.
"""

import contextlib
import os

import cmdb_later as later
import cmdb_mdraid as mdraid
import cmdb_process as process
import cmdb_raid_asking as asking
import cmdb_source as source
import cmdb_text as text

arcconf = later.library("cmdb_arcconf")
megacli = later.library("cmdb_megacli")
sasircu = later.library("cmdb_sasircu")
ssacli = later.library("cmdb_ssacli")
storcli = later.library("cmdb_storcli")

# The commands to try, in this order.
STORCLI_TOOLS = (
    *("storcli64", "/opt/MegaRAID/storcli/storcli64", "storcli", "/opt/MegaRAID/storcli/storcli"),
    *("perccli64", "/opt/MegaRAID/perccli/perccli64", "perccli", "/opt/MegaRAID/perccli/perccli"),
)
STORCLI_2_TOOLS = (
    "storcli2",
    "/opt/MegaRAID/storcli2/storcli2",
    "perccli2",
    "/opt/MegaRAID/perccli2/perccli2",
)
MEGACLI_TOOLS = (
    *("MegaCli64", "/opt/MegaRAID/MegaCli/MegaCli64", "MegaCli", "/opt/MegaRAID/MegaCli/MegaCli"),
    *("megacli", "CmdTool2_64", "CmdTool2", "/opt/MegaRAID/CmdTool2/CmdTool2_64"),
)
SSACLI_TOOLS = (
    *("ssacli", "/opt/smartstorageadmin/ssacli/bin/ssacli"),
    *("hpssacli", "/opt/hp/hpssacli/bld/hpssacli"),
    *("hpacucli", "/opt/compaq/hpacucli/bld/hpacucli"),
)
ARCCONF_TOOLS = (
    *("arcconf", "/usr/StorMan/arcconf", "/usr/Arcconf/arcconf", "/opt/StorMan/arcconf"),
    "/usr/RaidMan/arcconf",
)
SAS2IRCU_TOOLS = ("sas2ircu", "/opt/sas2ircu/sas2ircu", "/opt/MegaRAID/sas2ircu/sas2ircu")
SAS3IRCU_TOOLS = ("sas3ircu", "/opt/sas3ircu/sas3ircu", "/opt/MegaRAID/sas3ircu/sas3ircu")
# Each family with [(tool, the decoder that asks it)], in the order they are tried.
FAMILIES = {
    "megaraid": [(tool, storcli) for tool in STORCLI_TOOLS]
    + [(tool, megacli) for tool in MEGACLI_TOOLS],
    "mpi3mr": [(tool, storcli) for tool in STORCLI_2_TOOLS],
    "smartarray": [(tool, ssacli) for tool in SSACLI_TOOLS],
    "adaptec": [(tool, arcconf) for tool in ARCCONF_TOOLS],
    "sas2": [(tool, sasircu) for tool in SAS2IRCU_TOOLS],
    "sas3": [(tool, sasircu) for tool in SAS3IRCU_TOOLS],
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
# PCI vendors of all that these tools know: Broadcom, IBM, Dell, HP, Compaq, Adaptec, HPE.
VENDORS = {"1000", "1014", "1028", "103c", "0e11", "9005", "1590"}
TOOLS = {
    "storcli64": "Broadcom's package storcli; root",
    "perccli64": "Dell's package perccli; root",
    "storcli2": "Broadcom's package storcli2; root",
    "perccli2": "Dell's package perccli2; root",
    "MegaCli64": "Broadcom's package MegaCli; root",
    "ssacli": "HPE's package ssacli (hpssacli, hpacucli); root",
    "arcconf": "Microchip's package arcconf; root",
    "sas2ircu": "Broadcom's sas2ircu; root",
    "sas3ircu": "Broadcom's sas3ircu; root",
}


def items(kind):
    """
    Return the items of "controllers", "volumes" or "disks".

    Raises Unavailable where there is no controller, or one that no tool here can ask.
    """
    found, answered, reasons, addresses = [], set(), {}, set()
    installed = source.once(["RAID tools"], _installed)
    for family, tools in FAMILIES.items():
        there = [each for each in tools if installed is None or each[0] in installed]
        said = _family(there, kind, reasons.setdefault(family, []))
        if said is not None:
            answered.add(family)
            found.extend(_new(said, kind, addresses))
    arrays = mdraid.ask() if kind == "volumes" else []
    _check_all_asked(answered, reasons, arrays)
    return text.unique(found + arrays, "place")


def _installed():
    """Return the tools that are on this machine; None where not the machine itself answers."""
    # To try to run each of them costs more than all the rest on a machine that has none.
    if type(source.door()) is not source.Machine:
        return None
    tools = {tool for family in FAMILIES.values() for tool, _ in family}
    found = {tool for tool in tools if os.sep in tool and os.access(tool, os.F_OK)}
    for folder in _folders():
        found.update(
            tool for tool in tools if os.sep not in tool and os.access(f"{folder}/{tool}", os.F_OK)
        )
    return found


def _folders():
    """Return the folders of programs, each once: /bin is /usr/bin on most machines."""
    folders = {}
    for folder in [*os.environ.get("PATH", "").split(os.pathsep), *process.TOOL_FOLDERS]:
        with contextlib.suppress(OSError):
            known = os.stat(folder)
            folders.setdefault((known.st_dev, known.st_ino), folder)
    return folders.values()


def _family(tools, kind, reasons):
    """Return what the first tool that knows a controller says, None where none does."""
    done = set()
    for tool, decoder in tools:
        # An absolute path is tried where the name alone was not found.
        if os.path.basename(tool) in done:
            continue
        try:
            return decoder.ask(tool, kind)
        except asking.Silent:
            raise
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
    here = source.once(["RAID makers"], _may_be_here)
    for driver, address in _unasked(answered) if here else []:
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
    for address in _without_driver() if here else []:
        raise source.Unavailable(f"the RAID controller at PCI {address} has no driver")


def _may_be_here():
    """Tell whether the PCI bus holds what these tools may know; True where nothing says so."""
    said = source.read("/proc/bus/pci/devices")
    return not said or not VENDORS.isdisjoint(line[5:9] for line in said.splitlines())


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
