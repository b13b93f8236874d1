"""Puts together what the lines of MegaCli say of one adapter, volume or disk."""

import re

import cmdb_raid_words as words
import cmdb_source as source
import cmdb_text as text

_LEVEL = re.compile(r"Primary-(\d+),\s*Secondary-(\d+)", re.I)
# Where its three fields are in a SATA disk's inquiry data, and in a SCSI disk's.
_ATA_SERIAL, _ATA_MODEL, _ATA_FIRMWARE = slice(0, 20), slice(20, 60), slice(60, 68)
_SCSI_VENDOR, _SCSI_MODEL, _SCSI_FIRMWARE, _SCSI_SERIAL = 8, 24, 28, 48


class Machine:
    """What was said so far, and of which adapter, volume or disk the next line tells."""

    def __init__(self):
        self.adapters, self.volumes, self.disks = {}, {}, {}
        self.adapter = self.volume = self.current = None

    def begin_adapter(self, number, line):
        """Go to an adapter; the listing's kind tells what its lines are of."""
        self.adapter, self.volume = number, None
        said = self.adapters.setdefault(number, {"said": {}, "battery": {}, "pci": {}})
        lower = line.lower()
        battery, pci = "bbu" in lower, "pci information" in lower
        self.current = said["battery" if battery else "pci" if pci else "said"]

    def begin_volume(self, target):
        """Go to a volume of this adapter."""
        if self.adapter is None:
            self.current = None
            return
        self.volume = (self.adapter, target)
        self.current = self.volumes.setdefault(self.volume, {"members": []})

    def begin_disk(self, enclosure):
        """Go to a disk of this adapter; where it is shows with the line of its slot."""
        self.current = {"Enclosure Device ID": enclosure} if self.adapter is not None else None

    def say(self, name, said):
        """Take a line "name: said"; the first of a name counts."""
        if self.current is None:
            return
        if name == "Slot Number" and "Enclosure Device ID" in self.current:
            self._place(said)
        elif "Enclosure Device ID" not in self.current or "Slot Number" in self.current:
            self.current.setdefault(name, said)

    def _place(self, said):
        slot = words.number(said)
        if slot is None or slot < 0:
            source.problem(f"c{self.adapter}: a disk without its slot: {self.current}")
            self.current = None
            return
        enclosure = words.number(self.current["Enclosure Device ID"])
        known = enclosure is not None and 0 <= enclosure < 65535
        place = f"c{self.adapter}:{enclosure if known else '-'}:{slot}"
        start = {
            **self.current,
            "Slot Number": slot,
            "enclosure": str(enclosure) if known else None,
        }
        # In a listing of volumes a disk shows once for each that it is a member of.
        self.current = self.disks.setdefault(place, start)
        if self.volume is not None:
            self.volumes[self.volume]["members"].append(place)

    def found(self):
        """Return {"controllers", "volumes", "disks"}: lists of items in order of place."""
        named = {number: each for number, each in self.adapters.items() if _model(each["said"])}
        return {
            "controllers": [_controller(number, each) for number, each in sorted(named.items())],
            "volumes": [_volume(*where, each) for where, each in sorted(self.volumes.items())],
            "disks": [_disk(place, each) for place, each in sorted(self.disks.items())],
        }


def parse_inquiry(said):
    """
    Return (vendor, model, serial, firmware) of a disk's inquiry data, fields of fixed widths.

    SCSI disks say vendor, product, revision and serial, 48 characters; SATA ones say serial, model
    and firmware, 68 of them, but also show as SCSI disks of a vendor "ATA".
    """
    said = said or ""
    if len(said.rstrip()) <= _SCSI_MODEL:
        # Cut off: what stands there may be a part of a name.
        return text.value(said[:_SCSI_VENDOR]), None, None, None
    if len(said.rstrip()) > _SCSI_SERIAL:
        fields = (None, said[_ATA_MODEL], said[_ATA_SERIAL], said[_ATA_FIRMWARE])
    else:
        fields = (
            None if said[:_SCSI_VENDOR].strip() == "ATA" else said[:_SCSI_VENDOR],
            said[_SCSI_VENDOR:_SCSI_MODEL],
            said[_SCSI_FIRMWARE:_SCSI_SERIAL],
            said[_SCSI_MODEL:_SCSI_FIRMWARE],
        )
    vendor, model, serial, firmware = fields
    return text.value(vendor), text.value(model), text.serial(serial), text.value(firmware)


def _model(said):
    return words.shown(said, ("Product Name", "ProductName"))


def _controller(number, each):
    said, battery = each["said"], each["battery"]
    pci = [
        text.integer(each["pci"].get(name), 16)
        for name in ("Bus Number", "Device Number", "Function Number")
    ]
    present = (said.get("BBU") or "").lower()
    state = words.state(battery.get("Battery State"), words.BATTERY_STATES)
    replace = words.yes(battery.get("Battery Replacement required"))
    missing = words.yes(battery.get("Battery Pack Missing")) or present == "absent"
    return {
        "place": f"c{number}",
        "model": _model(said),
        "serial": text.serial(words.shown(said, ("Serial No", "Serial Number"))),
        "firmware": words.shown(said, ("FW Version",)),
        "firmware_package": words.shown(said, ("FW Package Build", "FW Package Version")),
        "bios": words.shown(said, ("BIOS Version",)),
        "pci_address": words.pci(0, *pci),
        "sas_address": words.wwn(said.get("SAS Address")),
        "state": words.state(said.get("Status"), words.VOLUME_STATES),
        "cache_size_bytes": words.size(words.shown(said, ("Memory Size", "Memory"))),
        "battery_model": words.shown(battery, ("BatteryType",)),
        "battery_state": "absent" if missing else "failed" if replace else state,
        "temperature_celsius": words.celsius(said.get("ROC temperature")),
    }


def _volume(adapter, target, said):
    cache = words.shown(said, ("Current Cache Policy", "Default Cache Policy")) or ""
    write = re.search(r"Write(Back|Through)", cache, re.I)
    read = re.search(r"Read(?:Ahead)?(None|Ahead|Adaptive)", cache, re.I)
    reads = {"none": "none", "ahead": "read ahead", "adaptive": "adaptive"}
    return {
        "place": f"c{adapter}:v{target}",
        "controller": f"c{adapter}",
        "name": text.value(said.get("Name")),
        "level": _level(said),
        "size_bytes": words.size(said.get("Size")),
        "state": words.state(said.get("State"), words.VOLUME_STATES),
        "state_text": text.value(said.get("State")),
        "strip_size_bytes": words.size(words.shown(said, ("Strip Size", "Stripe Size"))),
        "write_cache": f"write {write.group(1).lower()}" if write else None,
        "read_cache": reads[read.group(1).lower()] if read else None,
        "members": sorted(set(said["members"])) or None,
    }


def _level(said):
    match = _LEVEL.search(said.get("RAID Level", ""))
    if not match:
        return words.level(said.get("RAID Level"))
    first, second = int(match.group(1)), int(match.group(2))
    spans = words.number(said.get("Span Depth")) or 1
    disks = words.number(said.get("Number Of Drives")) or 0
    # A mirror of more than two disks is striped; with spans it counts the disks of one.
    nested = second or (first and spans > 1) or (first == 1 and disks > 2)
    return f"raid{first}{0 if nested else ''}"


def _disk(place, said):
    kind = words.interface(said.get("PD Type"))
    vendor, model, serial, firmware = parse_inquiry(said.get("Inquiry Data"))
    state = words.state(said.get("Firmware state"), words.DISK_STATES)
    foreign = (said.get("Foreign State") or "").strip().lower() == "foreign"
    level = text.value(said.get("Device Firmware Level"))
    return {
        "place": place,
        "controller": place.split(":")[0],
        "enclosure": said["enclosure"],
        "slot": said["Slot Number"],
        "vendor": vendor,
        "model": model,
        "serial": serial,
        "wwn": words.wwn(said.get("WWN")),
        "firmware": firmware or level,
        "size_bytes": words.size(said.get("Raw Size")),
        "media": words.media(said.get("Media Type")),
        "interface": kind or ("sata" if (said.get("Inquiry Data") or "")[:4] == "ATA " else None),
        "state": "foreign" if foreign and state == "unconfigured" else state,
        "state_text": text.value(said.get("Firmware state")),
        "smart_alert": words.yes(said.get("Drive has flagged a S.M.A.R.T alert")),
        "temperature_celsius": words.celsius(said.get("Drive Temperature")),
        "media_error_count": words.number(said.get("Media Error Count")),
        "other_error_count": words.number(said.get("Other Error Count")),
        "predictive_failure_count": words.number(said.get("Predictive Failure Count")),
    }
