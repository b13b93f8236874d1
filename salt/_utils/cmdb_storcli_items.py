"""Puts together what several answers of storcli say of one controller, volume or disk."""

import re

import cmdb_raid_words as words
import cmdb_source as source
import cmdb_text as text

# Not a maker's name, but how the disk is attached.
NO_VENDORS = ("ATA", "NVMe", "NVME")
BATTERIES = ("Cachevault_Info", "BBU_Info", "Energy Pack Info", "Energy_Pack_Info")
_SLOT = re.compile(r"\s*(\d*)\s*:\s*(\d+)\s*")
_CACHE = re.compile(r"(?P<read>NR|R)?[aA,\s]*(?:A?W)(?P<write>[BT])")


class Machine:
    """What was said so far of each place; ``found`` returns it as items."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.controllers, self.volumes, self.disks = {}, {}, {}
        self.groups = {}
        # Numbers are in "GiB" where the tool knows the word at all; its "GB" is then decimal.
        self.decimal = False

    def found(self):
        """Return {"controllers", "volumes", "disks"}: lists of items in order of place."""
        for item in self.volumes.values():
            group = self.groups.get((item["controller"], item.pop("group")), {})
            if item["members"] is None and group:
                item["members"] = sorted(group["members"])
            item["missing_count"] = group.get("missing")
        kinds = ("controllers", "volumes", "disks")
        return {kind: [each for _, each in sorted(getattr(self, kind).items())] for kind in kinds}

    def controller(self, number, said):
        """Take what a response says of the controller itself."""
        flat = _flat({name: each for name, each in said.items() if not _about_others(name)})
        place = self._place(number)
        if not words.shown(flat, ("Model", "Product Name", "Adapter Type")):
            return
        battery = _battery(said)
        self.controllers[place] = {
            "place": place,
            "model": words.shown(flat, ("Model", "Product Name", "Adapter Type")),
            "serial": text.serial(words.shown(flat, ("Serial Number", "Board Tracer Number"))),
            "firmware": words.shown(flat, ("Firmware Version", "FW Version")),
            "firmware_package": words.shown(flat, ("Firmware Package Build", "FW Package Build")),
            "bios": words.shown(flat, ("Bios Version", "BIOS Version")),
            "driver": words.shown(flat, ("Driver Name",)),
            "driver_version": words.shown(flat, ("Driver Version",)),
            "pci_address": _pci(flat),
            "sas_address": words.wwn(words.shown(flat, ("SAS Address",))),
            "state": words.state(flat.get("Controller Status"), words.VOLUME_STATES),
            "mode": _mode(flat),
            "cache_size_bytes": _cache_size(flat),
            "battery_model": words.shown(battery, ("Model", "SubType", "Type")),
            "battery_state": _battery_state(battery, flat),
            "temperature_celsius": _temperature(flat),
        }

    def disk(self, number, row):
        """Take a row of a list of disks."""
        place = self._disk_place(number, row.get("EID:Slt"))
        if place is None:
            source.problem(f"{self._place(number)}: a disk without its place: {row}")
            return
        enclosure, slot = place.split(":")[1:]
        item = self.disks.setdefault(place, {"place": place, "controller": self._place(number)})
        item.update(
            {
                "enclosure": None if enclosure == "-" else enclosure,
                "slot": int(slot),
                "state": _disk_state(row),
                "state_text": ", ".join(filter(None, (_said(row, "State"), _said(row, "Status")))),
                "media": words.media(_said(row, "Med")),
                "interface": words.interface(_said(row, "Intf")),
            }
        )
        item["state_text"] = item["state_text"] or None
        item.setdefault("model", _said(row, "Model"))
        item.setdefault("size_bytes", words.size(_said(row, "Size"), self._is_decimal(row)))

    def details(self, number, entry):
        """Take the detailed information of one disk."""
        if "place" in entry:
            _, enclosure, slot = entry["place"]
            where, said = f"{enclosure or ''}:{slot}", entry["said"]
        else:
            where = part(entry, "Drive Information").get("EID:Slt")
            said = entry.get("Drive Detailed Information")
        place = self._disk_place(number, where)
        if place is None or not isinstance(said, dict):
            return
        said = _flat(said)
        item = self.disks.setdefault(place, {"place": place, "controller": self._place(number)})
        raw = next((said[name] for name in said if name.lower() == "raw size"), None)
        exact = words.size(str(raw), self._is_decimal(said)) if raw is not None else None
        vendor = words.shown(said, ("Manufacturer Id", "Vendor", "Manufacturer"))
        names = ("Model Number", "Model", "Product Identification")
        revisions = ("Firmware Revision", "Firmware Revision Level", "Firmware Level", "Firmware")
        predictive = ("S.M.A.R.T alert flagged by drive", "SMART Alert Flagged")
        item.update(
            {
                "vendor": None if vendor in NO_VENDORS else vendor,
                "model": words.shown(said, names) or item.get("model"),
                "serial": text.serial(words.shown(said, ("SN", "Serial Number"))),
                "wwn": words.wwn(words.shown(said, ("WWN",))),
                "firmware": words.shown(said, revisions),
                "size_bytes": exact or item.get("size_bytes"),
                "smart_alert": words.yes(words.first(said, predictive)),
                "temperature_celsius": words.celsius(
                    said.get("Drive Temperature", said.get("Temperature(C)"))
                ),
                "media_error_count": words.number(said.get("Media Error Count")),
                "other_error_count": words.number(said.get("Other Error Count")),
                "predictive_failure_count": words.number(said.get("Predictive Failure Count")),
            }
        )

    def volume(self, number, row, disks=None, details=None):
        """Take a row of a list of volumes, with its disks and properties where they are known."""
        group, _, target = (_said(row, "DG/VD") or "").rpartition("/")
        if not target.isdigit() or len(target) > 9:
            return
        place = f"{self._place(number)}:v{int(target)}"
        more = part(details or {}, "VD Properties")
        rounded = words.size(_said(row, "Size"), self._is_decimal(row))
        blocks = words.number(more.get("Number of Blocks"))
        cache = _CACHE.search(words.shown(row, ("Cache", "CurrentCache")) or "")
        item = {
            "place": place,
            "controller": self._place(number),
            "group": group or None,
            "name": _said(row, "Name"),
            "level": words.level(words.shown(row, ("TYPE", "Type"))),
            "size_bytes": words.of_sectors(blocks, rounded) if blocks else rounded,
            "state": words.state(row.get("State"), words.VOLUME_STATES),
            "state_text": _said(row, "State"),
            "strip_size_bytes": words.size(_said(more, "Strip Size")),
            "write_cache": {"B": "write back", "T": "write through"}[cache["write"]]
            if cache
            else None,
            "read_cache": {"R": "read ahead", "NR": "none"}.get(cache["read"]) if cache else None,
            "wwn": words.wwn(_said(more, "SCSI NAA Id")),
            "device": _said(more, "OS Drive Name"),
            "members": None,
        }
        if disks is not None:
            places = [self._disk_place(number, each.get("EID:Slt")) for each in rows(disks)]
            item["members"] = sorted({each for each in places if each})
        known = self.volumes.get(place, {})
        self.volumes[place] = {**known, **{k: v for k, v in item.items() if v is not None}}
        for name in item:
            self.volumes[place].setdefault(name, None)

    def topology(self, number, found):
        """Take which disks, and how many missing ones, each group of disks has."""
        for row in found:
            name = self._place(number), str(row.get("DG"))
            group = self.groups.setdefault(name, {"members": set(), "missing": 0})
            if str(row.get("Type")).upper() != "DRIVE":
                continue
            place = self._disk_place(number, row.get("EID:Slot", row.get("EID:Slt")))
            state = words.state(row.get("State"), words.DISK_STATES)
            if place is None or state == "missing":
                group["missing"] += 1
            elif state != "spare":
                group["members"].add(place)

    def _place(self, number):
        return f"{self.prefix}{number}"

    def _disk_place(self, number, where):
        match = _SLOT.fullmatch(str(where)[:40]) if where is not None else None
        return f"{self._place(number)}:{match[1] or '-'}:{int(match[2])}" if match else None

    def _is_decimal(self, row):
        self.decimal = self.decimal or any("iB" in str(each) for each in row.values())
        return self.decimal


def rows(value):
    """Return the dicts of a list; nothing where it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def part(entry, name):
    """Return the dict below a name, an empty one where there is none."""
    value = entry.get(name) if isinstance(entry, dict) else None
    return value if isinstance(value, dict) else {}


def _about_others(name):
    return name.startswith(("Drive /", "VD", "PDs for", "/c")) or name.endswith("Operations")


def _flat(said):
    """Return the plain values of a dict and of the dicts in it."""
    flat = {}
    for name, value in said.items():
        if isinstance(value, dict):
            inner = {k: v for k, v in value.items() if not isinstance(v, (dict, list))}
            flat = {**inner, **flat}
        elif not isinstance(value, list):
            flat[name] = value
    return flat


def _said(row, name):
    value = row.get(name)
    return text.value(str(value)) if value is not None else None


def _disk_state(row):
    """Return the state; newer tools say apart what a disk is for and how it is."""
    use, health = (words.state(row.get(each), words.DISK_STATES) for each in ("State", "Status"))
    if health in ("failed", "missing", "offline", "bad", "rebuilding", "copying"):
        return health
    foreign = str(row.get("DG")).strip() == "F" and use == "unconfigured"
    return "foreign" if foreign else use or health


def _pci(flat):
    parts = str(flat.get("PCI Address", "")).strip().split(":")
    if len(parts) != 4:
        return None
    return words.pci(*(text.integer(each, 16) for each in parts))


def _cache_size(flat):
    mebibytes = words.number(flat.get("DDR Memory Size(MiB)"))
    return words.size(
        f"{mebibytes} MiB" if mebibytes else str(flat.get("On Board Memory Size", ""))
    )


def _mode(flat):
    mode = words.shown(flat, ("Current Personality", "Personality"))
    return re.sub(r"[- ]?mode", "", mode.lower()).strip() or None if mode else None


def _temperature(flat):
    for name, value in flat.items():
        if re.match(r"(?:ROC|Chip|Ctrl) temperature", str(name), re.I):
            return words.celsius(value)
    return None


def _battery(said):
    for name in BATTERIES:
        found = rows(said.get(name))
        if found and "Property" in found[0]:
            return {str(each.get("Property")): each.get("Value") for each in found}
        if found:
            return found[0]
    return {}


def _battery_state(battery, flat):
    if battery:
        return words.state(battery.get("State", battery.get("Status")), words.BATTERY_STATES)
    present = words.first(flat, ("BBU", "Energy Pack"))
    return "absent" if (present or "").lower() in ("absent", "no") else None
