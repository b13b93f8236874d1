"""Puts together what several answers of storcli say of one volume or disk."""

import re

import cmdb_raid_words as words
import cmdb_source as source
import cmdb_storcli_controller as controller
import cmdb_text as text

# Not a maker's name, but how the disk is attached.
NO_VENDORS = ("ATA", "NVMe", "NVME")
OVERVIEWS = ("System Overview", "IT System Overview")
_SLOT = re.compile(r"\s*(\d*)\s*:\s*(\d+)\s*")
_CACHE = re.compile(r"(?P<read>NR|R)?[aA,\s]*(?:A?W)(?P<write>[BT])")


class Machine:
    """What was said so far of each place; ``found`` returns it as items."""

    def __init__(self, prefix):
        self.prefix = prefix
        self.controllers, self.volumes, self.disks = {}, {}, {}
        self.groups = {}
        # Whether the answers tell of the controllers themselves, with all that they have.
        self.whole = False
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
        item = controller.item(self._place(number), said)
        if item:
            self.whole = True
            self.controllers[item["place"]] = item

    def overview(self, row):
        """Take a row of the list of all controllers, which says little of each."""
        number = words.number(row.get("Ctl"))
        if number is not None and number >= 0:
            place = self._place(number)
            self.controllers.setdefault(place, controller.in_short(place, row))

    def disk(self, number, row):
        """Take a row of a list of disks."""
        place = self._disk_place(number, row.get("EID:Slt"))
        if place is None:
            source.problem(f"{self._place(number)}: a disk without its place: {row}")
            return
        item = self._begin_disk(number, place)
        states = filter(None, (controller.said(row, "State"), controller.said(row, "Status")))
        said = {
            "state": _disk_state(row),
            "state_text": ", ".join(states) or None,
            "media": words.media(controller.said(row, "Med")),
            "interface": words.interface(controller.said(row, "Intf")),
            "model": controller.said(row, "Model"),
            "size_bytes": words.size(controller.said(row, "Size"), self._is_decimal(row)),
        }
        for name, value in said.items():
            # Details say it better, and the rows of a volume's disks may say less.
            if item.get(name) is None:
                item[name] = value

    def details(self, number, entry):
        """Take the detailed information of one disk."""
        if "place" in entry:
            _, enclosure, slot = entry["place"]
            where, said = f"{enclosure or ''}:{slot}", entry["said"]
        else:
            where = controller.part(entry, "Drive Information").get("EID:Slt")
            said = entry.get("Drive Detailed Information")
        place = self._disk_place(number, where)
        if place is None or not isinstance(said, dict):
            return
        said = controller.flat(said)
        item = self._begin_disk(number, place)
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
        group, _, target = (controller.said(row, "DG/VD") or "").rpartition("/")
        if not target.isdigit() or len(target) > 9:
            return
        place = f"{self._place(number)}:v{int(target)}"
        more = controller.part(details or {}, "VD Properties")
        rounded = words.size(controller.said(row, "Size"), self._is_decimal(row))
        blocks = words.number(more.get("Number of Blocks"))
        cache = _CACHE.search(words.shown(row, ("Cache", "CurrentCache")) or "")
        item = {
            "place": place,
            "controller": self._place(number),
            "group": group or None,
            "name": controller.said(row, "Name"),
            "level": words.level(words.shown(row, ("TYPE", "Type"))),
            "size_bytes": words.of_sectors(blocks, rounded) if blocks else rounded,
            "state": words.state(row.get("State"), words.VOLUME_STATES),
            "state_text": controller.said(row, "State"),
            "strip_size_bytes": words.size(controller.said(more, "Strip Size")),
            "write_cache": {"B": "write back", "T": "write through"}[cache["write"]]
            if cache
            else None,
            "read_cache": {"R": "read ahead", "NR": "none"}.get(cache["read"]) if cache else None,
            "wwn": words.wwn(controller.said(more, "SCSI NAA Id")),
            "device": controller.said(more, "OS Drive Name"),
            "members": None,
        }
        if disks is not None:
            places = [
                self._disk_place(number, each.get("EID:Slt")) for each in controller.rows(disks)
            ]
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
            state = _disk_state(row)
            if place is None or state == "missing":
                group["missing"] += 1
            elif state != "spare":
                group["members"].add(place)

    def _begin_disk(self, number, place):
        enclosure, slot = place.split(":")[1:]
        start = {
            "place": place,
            "controller": self._place(number),
            "enclosure": None if enclosure == "-" else enclosure,
            "slot": int(slot),
        }
        return self.disks.setdefault(place, start)

    def _place(self, number):
        return f"{self.prefix}{number}"

    def _disk_place(self, number, where):
        match = _SLOT.fullmatch(str(where)[:40]) if where is not None else None
        return f"{self._place(number)}:{match[1] or '-'}:{int(match[2])}" if match else None

    def _is_decimal(self, row):
        self.decimal = self.decimal or any("iB" in str(each) for each in row.values())
        return self.decimal


def _disk_state(row):
    """Return the state; newer tools say apart what a disk is for and how it is."""
    use, health = (words.state(row.get(each), words.DISK_STATES) for each in ("State", "Status"))
    if health in ("failed", "missing", "offline", "bad", "rebuilding", "copying"):
        return health
    if str(row.get("DG")).strip() == "F" and use == "unconfigured":
        return "foreign"
    # Drives that are given to the system as they are can be called online.
    jbod = str(row.get("Type")).strip().upper() == "JBOD" and use == "online"
    return "jbod" if jbod else use or health
