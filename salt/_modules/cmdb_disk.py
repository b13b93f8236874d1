"""Disks that the kernel has: physical ones, volumes of a RAID controller, a virtual machine's.

Source: /sys/block and what is below a device's own folder; the udev database (/run/udev/data)
for what only the drive itself told. No loop, ram, zram, dm, md, nbd, optical or floppy devices,
no empty card readers. Several paths to one SAN volume are several disks with one wwn; namespaces
of one NVMe drive are several disks with its serial number. With the option ``smartctl: true``
``smartctl -i`` is asked of disks whose model or serial number sysfs lacks.

=============  ====  ====================================================================
slot           str   where it is attached, "pci-0000:00:1f.2-ata-1"; the identity
name           str   the kernel's name now, "sda"; it may change at any boot; volatile
vendor         str   as the disk says it; None for SATA disks, which have none
model          str   as the disk says it
serial         str   serial number
wwn            str   world wide name, NAA or EUI-64: hex digits in lower case
firmware       str   revision of the disk's firmware
size_bytes     int   capacity, bytes
rotational     bool  True for spinning disks
removable      bool  True for media that can be taken out
transport      str   "sata", "sas", "nvme", "nvme-tcp", "usb", "virtio", "fc", "iscsi", "mmc",
                     "xen", "scsi" (RAID volumes among others)
namespace      int   number of an NVMe namespace
lun            int   logical unit number of a SAN volume (fc, iscsi)
=============  ====  ====================================================================
"""

import re

import cmdb_later as later
import cmdb_source as source
import cmdb_sysfs as sysfs
import cmdb_text as text

smartctl = later.library("cmdb_smartctl")

__load__ = ["collect"]

KEY = ["slot"]
SERIAL = "serial"
VOLATILE = ["name"]
TOOLS = {"smartctl": "package smartmontools; root; only with the option ``smartctl``"}

# Other ways to a disk that is listed already, boot areas of eMMC, and drives without a disk.
NOT_DISKS = re.compile(r"nvme\d+c\d+n\d+|mmcblk\d+(?:boot\d+|rpmb|gp\d+)|sr\d+|fd\d+|mtd.*|scd\d+")
SECTOR_BYTES = 512
MOST_SECTORS = 1 << 52
_WWN = re.compile(r"(?:naa\.|eui\.|0x)?([0-9a-f]{16}|[0-9a-f]{32})")
_LUN = re.compile(r"/\d+:\d+:\d+:(\d{1,18})/")
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")


def collect():
    """
    Return this machine's disks.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_disk.collect
    """
    found = [_read(path) for path in sysfs.devices("/sys/block")]
    items = parse(said for said in found if said)
    return [_asked(item) for item in items] if source.option("smartctl") else items


def parse(disks):
    """Turn what sysfs and udev say of each disk into items."""
    items = sorted((_item(said) for said in disks), key=lambda item: (item["slot"], item["name"]))
    return text.unique([item for item in items if item["size_bytes"]], "slot")


def parse_udev(record):
    """Turn a record of the udev database into a dict of its properties."""
    lines = [line[2:] for line in (record or "").splitlines() if line.startswith("E:")]
    return dict(line.split("=", 1) for line in lines if "=" in line)


def parse_vpd80(page):
    """Return the serial number in a SCSI unit serial number page, None where it holds none."""
    if not page or len(page) < 4 or page[1] != 0x80:
        return None
    length = int.from_bytes(page[2:4], "big")
    return text.serial(page[4 : 4 + length].decode("ascii", "replace"))


def _read(path):
    """Return what there is to read of one disk; None for what is no disk."""
    name = path.rpartition("/")[2]
    where = None if NOT_DISKS.fullmatch(name) else sysfs.disk_path(path)
    if where is None:
        return None
    device = ("model", "vendor", "rev", "firmware_rev", "serial", "wwid", "name", "transport")
    block = ("size", "removable", "queue/rotational", "serial", "wwid")
    said = {f"device/{file}": source.read(f"{path}/device/{file}") for file in device}
    said.update((file, source.read(f"{path}/{file}")) for file in block)
    number = text.clean(source.read(f"{path}/dev"))
    said["udev"] = source.read(f"/run/udev/data/b{number}") if number else None
    said["vpd80"] = source.read_bytes(f"{path}/device/vpd_pg80")
    said["place"], said["transport"] = sysfs.attachment(where)
    lun = _LUN.search(where)
    said["lun"] = lun.group(1) if lun and said["transport"] in ("fc", "iscsi") else None
    said["nsid"] = source.read(f"{path}/nsid") if said["transport"] == "nvme" else None
    return {"name": name.replace("!", "/"), **said}


def _item(said):
    udev = parse_udev(said["udev"])
    transport = said["transport"]
    # Behind a SAS controller a SATA disk shows as one of vendor "ATA", model and revision cut.
    vendor = text.value(said["device/vendor"])
    ata = vendor == "ATA"
    rotational, sectors = text.integer(said["queue/rotational"]), text.integer(said["size"]) or 0
    return {
        "slot": said["place"],
        "name": said["name"],
        "vendor": None if ata or transport in ("virtio", "mmc") else vendor,
        "model": _model(said, udev, ata),
        "serial": _serial(said, udev),
        "wwn": _wwn(said, udev),
        "firmware": _firmware(said, udev, ata),
        "size_bytes": sectors * SECTOR_BYTES if 0 < sectors < MOST_SECTORS else None,
        "rotational": None if rotational is None else rotational == 1,
        "removable": text.integer(said["removable"]) == 1,
        "transport": _transport(transport, ata, text.clean(said["device/transport"])),
        "namespace": _namespace(said),
        "lun": text.integer(said["lun"]),
    }


def _namespace(said):
    named = re.fullmatch(r"nvme\d+n(\d{1,9})", said["name"])
    return text.integer(said["nsid"]) or (text.integer(named.group(1)) if named else None)


def _asked(item):
    """Return the item with what only ``smartctl`` knows of it."""
    if item["serial"] and item["model"]:
        return item
    try:
        said = source.run(["smartctl", "-j", "-i", f"/dev/{item['name']}"], ok=range(256))
        told = smartctl.identity(smartctl.load(said))
    except source.Unavailable as error:
        source.problem(f"{error}: install the package smartmontools")
        return item
    except (source.ParseError, source.CommandError) as error:
        source.problem(f"{item['name']}: {error}")
        return item
    lacking = ("vendor", "model", "serial", "firmware", "wwn")
    return {**item, **{field: item[field] or told[field] for field in lacking}}


def _transport(transport, ata, fabric):
    if transport == "nvme":
        return f"nvme-{fabric}" if fabric not in (None, "pcie") else "nvme"
    return "sata" if ata and transport in ("sas", "scsi") else transport


def _model(said, udev, ata):
    known = text.value(said["device/model"]) or text.value(said["device/name"])
    encoded = _ESCAPE.sub(lambda m: chr(int(m.group(1), 16)), udev.get("ID_MODEL_ENC", ""))
    return text.value(encoded) or known if ata or not known else known


def _firmware(said, udev, ata):
    known = text.value(said["device/firmware_rev"]) or text.value(said["device/rev"])
    return text.value(udev.get("ID_REVISION")) or known if ata else known


def _serial(said, udev):
    for candidate in (
        text.serial(said["device/serial"]),
        text.serial(said["serial"]),
        parse_vpd80(said["vpd80"]),
        text.serial(udev.get("ID_SCSI_SERIAL")),
        # Where udev has the rules of sg3_utils, as SUSE and Red Hat do.
        text.serial(udev.get("SCSI_IDENT_SERIAL")),
        text.serial(udev.get("ID_SERIAL_SHORT")),
    ):
        if candidate:
            return candidate
    return None


def _wwn(said, udev):
    names = (
        said["wwid"],
        said["device/wwid"],
        udev.get("ID_WWN_WITH_EXTENSION"),
        udev.get("ID_WWN"),
    )
    for name in names:
        match = _WWN.fullmatch((text.clean(name) or "").lower())
        if match and match.group(1).strip("0"):
            return match.group(1)
    return None
