"""What drives say of their own health: one item for each that has SMART, also behind RAID.

Source: ``smartctl --scan-open -j`` and ``smartctl -j -a`` of each drive (package smartmontools;
the text of versions before 7 as well); needs root. Off unless asked for: it wakes sleeping
drives. A drive that can't be opened keeps its item, without health.

=====================  ====  =================================================================
slot                   str   where it is attached, as ``disk`` has it; behind a RAID controller
                             its own number there, "pci-0000:03:00.0-megaraid-4"; the identity
name                   str   what was asked, "/dev/sda"; it may change at any boot; volatile
protocol               str   "ATA", "SCSI" or "NVMe"
vendor                 str   as the drive says it; None for ATA and NVMe, which have none
model                  str   as the drive says it
serial                 str   serial number
firmware               str   revision of its firmware
wwn                    str   world wide name: hex digits in lower case
size_bytes             int   capacity, bytes
passed                 bool  False where the drive foresees its failure
temperature_celsius    int   temperature, degrees Celsius; volatile
power_on_hours         int   hours in operation; volatile
power_cycle_count      int   times it was switched on; volatile
wear_percent           int   used up of its rated life, may pass 100; volatile
spare_percent          int   spare blocks left (NVMe); volatile
reallocated_count      int   sectors replaced by spare ones; volatile
pending_count          int   sectors that wait to be replaced; volatile
uncorrectable_count    int   errors that could not be corrected; volatile
crc_error_count        int   errors between drive and controller; volatile
media_error_count      int   data integrity errors (NVMe); volatile
unsafe_shutdown_count  int   times it lost power unprepared (NVMe); volatile
written_bytes          int   written by the host in its life, bytes; volatile
=====================  ====  =================================================================
"""

import re

import cmdb_later as later
import cmdb_source as source
import cmdb_sysfs as sysfs
import cmdb_text as text

scan = later.library("cmdb_smartctl_scan")
smartctl = later.library("cmdb_smartctl")
smartctl_text = later.library("cmdb_smartctl_text")

__load__ = ["collect"]

KEY = ["slot"]
SERIAL = "serial"
SLOW = True
ENABLED = False
VOLATILE = [
    *("name", "temperature_celsius", "power_on_hours", "power_cycle_count", "wear_percent"),
    *("spare_percent", "reallocated_count", "pending_count", "uncorrectable_count"),
    *("crc_error_count", "media_error_count", "unsafe_shutdown_count", "written_bytes"),
]
TOOLS = {"smartctl": "package smartmontools; root"}

# Bits of the exit code tell of the drive; all of them come with output.
ANY_CODE = range(256)
# A RAID volume, whose drives are asked by themselves.
VOLUME = "controller, please try adding"


def collect():
    """
    Return the health of this machine's drives.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_smart.collect
    """
    drives, parse_one, flags = _scan()
    told = []
    for name, kind, closed in drives:
        fields = {}
        try:
            if closed:
                raise source.ParseError(closed)
            said = source.run(["smartctl", *flags, "-a", "-d", kind, name], ok=ANY_CODE)
            if source.is_partial():
                _check_whose(said, name, kind)
            fields = parse_one(said)
        except (source.ParseError, source.CommandError) as error:
            if VOLUME in str(error):
                continue
            source.problem(f"{name} -d {kind}: {error}")
        if fields is not None:
            told.append((slot(name, kind), name, fields))
    return parse(told)


def parse(told):
    """Turn (slot, name, fields) of each drive into items; of one serial the one that has a bay."""
    # A drive that a RAID controller passes through is seen both ways.
    seen = {fields["serial"] for place, _, fields in told if fields and not _is_behind(place)}
    items = [
        {"slot": place, "name": name, **fields}
        for place, name, fields in told
        if not (_is_behind(place) and fields and fields["serial"] in seen - {None})
    ]
    return text.unique(sorted(items, key=lambda item: (item["slot"], item["name"])), "slot")


def slot(name, kind):
    """Return the place of a drive by its name and type, as ``disk`` gives it."""
    own, behind = name.rpartition("/")[2], scan.behind(kind)
    if behind:
        bus = re.fullmatch(r"/dev/bus/([0-9]+)", name)
        way = f"/sys/class/scsi_host/host{bus.group(1)}" if bus else f"/sys/class/block/{own}"
        path = source.link(way) or source.link(f"/sys/class/scsi_generic/{own}")
        address = sysfs.pci_address(path) if path else None
        return f"pci-{address}-{behind}" if address else f"{name[5:].replace('/', '-')}-{behind}"
    controller = source.link(f"/sys/class/nvme/{own}")
    if controller:
        # Its health is shown where its first namespace is.
        numbers = [_namespace(path) for path in source.glob(f"{controller}/nvme*n[0-9]*")]
        return f"{sysfs.place(controller)}-nvme-{min(filter(None, numbers), default=1)}"
    # Kernels before 4.4 have no class of NVMe controllers.
    path = sysfs.disk_path(f"/sys/block/{own}") or sysfs.disk_path(f"/sys/block/{own}n1")
    return sysfs.place(path) if path else own


def _namespace(path):
    return text.integer(source.read(f"{path}/nsid")) or text.integer(path.rpartition("n")[2])


def _scan():
    """Return the drives, and how to ask each: its parser and the flags."""
    try:
        said = source.run(["smartctl", "--scan-open", "-j"], ok=ANY_CODE)
    except source.Unavailable as error:
        raise source.Unavailable(f"{error}: install the package smartmontools") from None
    if "UNRECOGNIZED OPTION" not in said:
        if source.is_partial():
            alone = _alone(said)
            if alone:
                return alone
        return scan.parse(said), smartctl.parse, ["-j"]
    # Before version 7.
    said = source.run(["smartctl", "--scan-open"])
    return scan.parse_text(said), smartctl_text.parse, []


def _alone(said):
    """Return what ``_scan`` does where one drive's own report answers for every question."""
    if "START OF" in said and not re.search(r"^\s*\{", said, re.MULTILINE):
        # The text does not say what was asked.
        return [("smartctl", "auto", None)], smartctl_text.parse, []
    report = smartctl.load(said)
    name, kind = _whose(report)
    if "devices" in report or not name:
        return None
    return [(name, kind or "auto", None)], smartctl.parse, ["-j"]


def _check_whose(said, name, kind):
    """Raise ParseError where a report, kept for every question, is another drive's."""
    if not re.search(r"^\s*\{", said, re.MULTILINE):
        return
    told, of = _whose(smartctl.load(said))
    if told and (told, scan.behind(of or "")) != (name, scan.behind(kind)):
        raise source.ParseError(f"this is the report of {told} -d {of}")


def _whose(report):
    """Return the (device, type) that a loaded report is of."""
    device = smartctl.table_of(report.get("device"))
    return smartctl.string(device.get("name")), smartctl.string(device.get("type"))


def _is_behind(place):
    return re.search(r"-(?:megaraid|cciss|3ware|areca|aacraid|hpt|sssraid)-[0-9]", place)
