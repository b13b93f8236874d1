"""The text of ``smartctl -a``, of versions 5 to 7, as the fields that ``cmdb_smartctl`` gives."""

import re

import cmdb_smartctl as smartctl
import cmdb_source as source
import cmdb_text as text

_LABEL = re.compile(r"^([A-Za-z][^:]{1,60}?)\s*:\s+(\S.*?)\s*$")
_ROW = re.compile(
    r"^\s*([0-9]{1,3})\s+([A-Za-z][\w-]*)\s+(?:0x[0-9a-f]{4}|[POSRCK-]{6})\s+([0-9]{1,3}|---)\s+.*"
)
_GROUPS = re.compile(r"[0-9]{1,3}(?:[^0-9a-zA-Z\[]{1,3}[0-9]{3})+|[0-9]{1,18}")
_HEAD = re.compile(r"^Device:\s+(\S.*?)(?:\s{2,}Version:\s*(\S.*?))?\s*$", re.MULTILINE)
_SIZES = ("User Capacity", "Total NVM Capacity", "Namespace 1 Size/Capacity")
_NO_SMART = re.compile(
    r"does not support SMART|SMART support is:\s+Unavailable|lacks SMART capability"
)
_FAILED = re.compile(
    r"^.*(?:open failed|open device: .* failed|INQUIRY failed|mandatory SMART command failed"
    r"|Unable to detect device type|Read Device Identity failed|UNRECOGNIZED OPTION"
    r"|[Ii]dentify (?:Controller|Device) failed|Permission denied|No such device).*$",
    re.MULTILINE,
)
_COUNTERS = {
    "power_on_hours": ("Power On Hours", "number of hours powered up"),
    "power_cycle_count": ("Power Cycles", "Accumulated start-stop cycles"),
    "temperature_celsius": ("Temperature", "Current Drive Temperature"),
    "wear_percent": ("Percentage Used", "Percentage used endurance indicator"),
    "spare_percent": ("Available Spare",),
    "reallocated_count": ("Elements in grown defect list",),
    "media_error_count": ("Media and Data Integrity Errors",),
    "unsafe_shutdown_count": ("Unsafe Shutdowns",),
}
_HOURS = re.compile(r"(?:Accumulated power on time|number of hours powered up)\D*([0-9]{1,9})")
_ERRORS = re.compile(
    r"^(read|write|verify):[ \t].*?([0-9.,]{1,30})[ \t]{1,20}([0-9]{1,15})[ \t\r]*$", re.MULTILINE
)


def parse(said):
    """
    Turn ``smartctl -a`` of one drive into its fields; None where it has no SMART.

    Raises ParseError where the drive could not be opened or it is no report.
    """
    told = {}
    for match in filter(None, map(_LABEL.match, said.splitlines())):
        told.setdefault(match.group(1), match.group(2))
    passed, rows = _passed(told), list(_rows(said))
    if passed is None and not rows:
        failed = _FAILED.search(said)
        if failed:
            raise source.ParseError(f"smartctl: {failed.group().strip()[:200]}")
        if _NO_SMART.search(said):
            return None
    identity = _identity(told, _HEAD.search(said))
    if not identity["model"] and not identity["serial"] and passed is None:
        first = next((line.strip() for line in said.splitlines() if line.strip()), "nothing")
        raise source.ParseError(f"smartctl told of no drive: {first[:200]}")
    counters = {**_counters(told, said), **_of_rows(rows)}
    return {
        **identity,
        "passed": passed,
        **{name: smartctl.counter(name, counters.get(name)) for name in smartctl.COUNTERS},
    }


def _identity(told, head):
    """Return what a drive is; ``head`` is the one line in which version 5 tells it."""
    vendor, model = _split(head.group(1)) if head else (told.get("Vendor"), None)
    model = _first(told, "Device Model", "Model Number", "Product") or model
    firmware = _first(told, "Firmware Version", "Revision") or (head and head.group(2))
    return {
        "protocol": _protocol(told, head),
        "vendor": text.value(vendor),
        "model": text.value(model),
        "serial": text.serial(_first(told, "Serial Number", "Serial number")),
        "firmware": text.value(firmware),
        "wwn": _wwn(told),
        "size_bytes": next(filter(None, (_grouped(told.get(label)) for label in _SIZES)), None),
    }


def _split(said):
    """Return (vendor, model) of a line that has them as the drive does: eight letters and more."""
    return (said[:8], said[9:]) if said[8:9] == " " else (None, said)


def _passed(told):
    said = _first(told, "SMART overall-health self-assessment test result", "SMART Health Status")
    return None if said is None else said.startswith(("PASSED", "OK"))


def _protocol(told, head):
    if "Device Model" in told or "ATA Version is" in told:
        return "ATA"
    if "NVMe Version" in told or "Model Number" in told:
        return "NVMe"
    return "SCSI" if head or "Product" in told or "Vendor" in told else None


def _wwn(told):
    said = (_first(told, "LU WWN Device Id", "Logical Unit id") or "").lower()
    digits = re.sub(r"\s|^0x", "", said)
    found = re.fullmatch(r"[0-9a-f]{16}|[0-9a-f]{32}", digits)
    return digits if found and digits.strip("0") else None


def _counters(told, said):
    found = {}
    for name, labels in _COUNTERS.items():
        number = _grouped(_first(told, *labels))
        if number is not None:
            found[name] = number
    hours, errors = _HOURS.search(said), _ERRORS.findall(said)
    if hours:
        found["power_on_hours"] = int(hours.group(1))
    if errors:
        found["uncorrectable_count"] = sum(int(count) for _, _, count in errors)
        written = [smartctl.gigabytes(size) for way, size, _ in errors if way == "write"]
        found["written_bytes"] = written[0] if written else None
    units = _grouped(told.get("Data Units Written"))
    if units is not None and units < smartctl.MOST_RAW:
        found["written_bytes"] = units * smartctl.NVME_UNIT_BYTES
    if not found.get("temperature_celsius"):
        found.pop("temperature_celsius", None)
    return found


def _rows(said):
    """Yield (number, name, normalised value, raw value) of each ATA attribute."""
    for line in said.splitlines():
        match = _ROW.match(line)
        if not match:
            continue
        number, name, value = match.groups()
        # "-a" shows ten columns, "-x" eight; the raw value is the last and may hold blanks.
        columns = line.split(None, 7 if re.search(r"\s[POSRCK-]{6}\s", line) else 9)
        raw = re.match(r"[0-9]{1,18}", columns[-1]) if len(columns) >= 8 else None
        left = int(value) if value.isdigit() else None
        yield int(number), name, left, int(raw.group()) if raw else None


def _of_rows(rows):
    found = smartctl.of_attributes(rows)
    by_name = {name: raw for _, name, _, raw in rows}
    for name in ("Temperature_Celsius", "Airflow_Temperature_Cel"):
        if by_name.get(name):
            found.setdefault("temperature_celsius", by_name[name])
    return found


def _grouped(said):
    """Return the leading number of "1,000,204 bytes [1 MB]" with any mark between the groups."""
    match = _GROUPS.match(said or "")
    number = int(re.sub(r"[^0-9]", "", match.group())) if match else None
    return number if number is not None and number < smartctl.MOST_COUNT else None


def _first(told, *labels):
    return next((told[label] for label in labels if label in told), None)
