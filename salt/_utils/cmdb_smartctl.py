"""What ``smartctl -a`` tells of one drive, as a flat dict.

``smartctl -j`` since version 7; the text of older ones is ``cmdb_smartctl_text``'s. Both give
the same fields: protocol, vendor, model, serial, firmware, wwn, size_bytes, passed, and those
of ``COUNTERS``.
"""

import json
import re

import cmdb_source as source
import cmdb_text as text

COUNTERS = (
    *("temperature_celsius", "power_on_hours", "power_cycle_count", "wear_percent"),
    *("spare_percent", "reallocated_count", "pending_count", "uncorrectable_count"),
    *("crc_error_count", "media_error_count", "unsafe_shutdown_count", "written_bytes"),
)
# An attribute's raw value is a counter where it has one of these numbers.
ATTRIBUTES = {5: "reallocated_count", 197: "pending_count", 198: "uncorrectable_count"}
ATTRIBUTES.update({199: "crc_error_count"})
# An attribute's normalised value is what is left of the drive's life in percent.
LIFE_LEFT = re.compile(
    r"Media_Wearout_Indicator|Wear_Leveling_Count|SSD_Life_Left|Percent_Life(?:time)?_Remain\w*"
    r"|Remaining_Lifetime_Perc|Percent_Lifetime_Used|Drive_Life_Remain\w*|Life_Left"
)
# "Total_LBAs_Written" is left out: what makers count in it differs.
WRITTEN = {
    "Host_Writes_32MiB": 32 << 20,
    "Host_Writes_GiB": 1 << 30,
    "Lifetime_Writes_GiB": 1 << 30,
}
# Where a drive's own log does not tell, its attributes of these names do.
OF_OLD = {"Power_On_Hours": "power_on_hours", "Power_Cycle_Count": "power_cycle_count"}
# NVMe counts in thousands of blocks of 512 bytes.
NVME_UNIT_BYTES = 512000
MOST_COUNT, MOST_RAW = 1 << 62, 1 << 32


def load(said):
    """Return what ``smartctl -j`` printed as a dict; raises ParseError where it is none."""
    start = re.search(r"^\s*\{\s*(?:\"|\}|$)", said, re.MULTILINE)
    try:
        found = json.JSONDecoder().raw_decode(said[start.start() :].lstrip())[0] if start else None
    except (ValueError, RecursionError) as error:
        raise source.ParseError(f"smartctl printed broken JSON: {error}") from None
    if not isinstance(found, dict) or not found.keys() & {"smartctl", "device", "devices"}:
        first = next((line.strip() for line in said.splitlines() if line.strip()), "nothing")
        raise source.ParseError(f"smartctl printed no report: {first[:200]}")
    return found


def parse(said):
    """
    Turn ``smartctl -j -a`` of one drive into its fields; None where it has no SMART.

    Raises ParseError where the drive could not be opened or it is no report.
    """
    found = load(said)
    if status(found) & 3 or "device" not in found:
        raise source.ParseError(messages(found))
    passed = table_of(found.get("smart_status")).get("passed")
    health = table_of(found.get("nvme_smart_health_information_log"))
    table = dicts(table_of(found.get("ata_smart_attributes")).get("table"))
    who = identity(found)
    unknown = False if who["protocol"] == "SCSI" else None
    able = table_of(found.get("smart_support")).get("available", unknown)
    if not isinstance(passed, bool) and not health and not table and able is False:
        return None
    parts = (_ata(table), _common(found), _scsi(found), _nvme(health))
    counters = {name: value for part in parts for name, value in part.items() if value is not None}
    return {
        **who,
        "passed": passed if isinstance(passed, bool) else None,
        **{name: counter(name, counters.get(name)) for name in COUNTERS},
    }


def identity(report):
    """Return what a loaded report says of who the drive is."""
    return {
        "protocol": text.value(string(table_of(report.get("device")).get("protocol"))),
        "vendor": text.value(_first(report, "scsi_vendor", "vendor")),
        "model": text.value(_first(report, "scsi_product", "product", "model_name")),
        "serial": text.serial(string(report.get("serial_number"))),
        "firmware": text.value(_first(report, "firmware_version", "scsi_revision", "revision")),
        "wwn": _wwn(report),
        "size_bytes": _count(_size(report)),
    }


def of_attributes(rows):
    """Turn (number, name, normalised value, raw value) of ATA attributes into counters."""
    found = {}
    for number, name, value, raw in rows:
        if number in ATTRIBUTES and raw is not None and raw < MOST_RAW:
            found.setdefault(ATTRIBUTES[number], raw)
        if LIFE_LEFT.fullmatch(name) and value is not None and 0 <= value <= 100:
            found.setdefault("wear_percent", 100 - value)
        if name in WRITTEN and raw is not None:
            found.setdefault("written_bytes", raw * WRITTEN[name])
        if name in OF_OLD and raw is not None and raw < MOST_RAW:
            found.setdefault(OF_OLD[name], raw)
    return found


def _common(found):
    return {
        "temperature_celsius": _temperature(found),
        "power_on_hours": table_of(found.get("power_on_time")).get("hours"),
        "power_cycle_count": found.get("power_cycle_count"),
        "wear_percent": table_of(found.get("endurance_used")).get("current_percent"),
    }


def _temperature(found):
    """Return a drive's temperature; 0 is what those say that do not measure it there."""
    reports = table_of(found.get("scsi_environmental_reports"))
    tables = [found.get("temperature"), *(reports[name] for name in sorted(reports))]
    return next(filter(None, (_number(table_of(each).get("current")) for each in tables)), None)


def _ata(table):
    rows = []
    for row in table:
        raw = table_of(row.get("raw"))
        # The text leaves out what some drives pack into the upper bytes: "12 (0 14 0)".
        shown = re.match(r"[0-9]{1,18}", string(raw.get("string")) or "")
        number = int(shown.group()) if shown else _number(raw.get("value"))
        name = string(row.get("name")) or ""
        rows.append((_number(row.get("id")), name, _number(row.get("value")), number))
    return of_attributes(rows)


def _scsi(found):
    log = table_of(found.get("scsi_error_counter_log"))
    errors = [table_of(log.get(way)).get("total_uncorrected_errors") for way in log]
    counted = [count for count in map(_number, errors) if count is not None]
    cycles = table_of(found.get("scsi_start_stop_cycle_counter"))
    return {
        "reallocated_count": found.get("scsi_grown_defect_list"),
        "wear_percent": found.get("scsi_percentage_used_endurance_indicator"),
        "uncorrectable_count": sum(counted) if counted else None,
        "power_cycle_count": cycles.get("accumulated_start_stop_cycles"),
        "written_bytes": gigabytes(table_of(log.get("write")).get("gigabytes_processed")),
    }


def _nvme(health):
    fields = {
        "temperature_celsius": "temperature",
        "power_on_hours": "power_on_hours",
        "power_cycle_count": "power_cycles",
        "wear_percent": "percentage_used",
        "spare_percent": "available_spare",
        "media_error_count": "media_errors",
        "unsafe_shutdown_count": "unsafe_shutdowns",
    }
    found = {name: health[field] for name, field in fields.items() if field in health}
    written = _number(health.get("data_units_written"))
    return found if written is None else {**found, "written_bytes": written * NVME_UNIT_BYTES}


def gigabytes(said):
    """Return the bytes of "1234,567", 10^9 of them each; None where it is no such number."""
    match = re.fullmatch(r"([0-9]{1,9})(?:[.,]([0-9]{1,9}))?", string(said) or "")
    return int(match.group(1) + (match.group(2) or "").ljust(9, "0")) if match else None


def _wwn(found):
    wwn = table_of(found.get("wwn"))
    naa, oui, own = (_number(wwn.get(part)) for part in ("naa", "oui", "id"))
    if None not in (naa, oui, own) and 0 < naa < 16 and 0 <= oui < 1 << 24 and 0 <= own < 1 << 36:
        return f"{naa:x}{oui:06x}{own:09x}"
    named = (string(found.get("logical_unit_id")) or "").lower()
    match = re.fullmatch(r"0x([0-9a-f]{16}|[0-9a-f]{32})", named)
    return match.group(1) if match and match.group(1).strip("0") else None


def _size(found):
    total = _number(found.get("nvme_total_capacity"))
    return _number(table_of(found.get("user_capacity")).get("bytes")) or total or None


def _first(found, *names):
    return next(filter(None, (string(found.get(name)) for name in names)), None)


def table_of(value):
    return value if isinstance(value, dict) else {}


def dicts(value):
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def string(value):
    return value if isinstance(value, str) else None


def _number(value):
    return value if type(value) is int else None


def _count(value):
    number = _number(value)
    return number if number is not None and 0 <= number < MOST_COUNT else None


def counter(name, value):
    """Return a counter as it is reported; what it can't be is None."""
    if name == "temperature_celsius" and _number(value) is not None:
        return value if -80 < value < 200 else None
    return _count(value)


def status(report):
    return _number(table_of(report.get("smartctl")).get("exit_status")) or 0


def messages(report):
    told = [
        string(each.get("string"))
        for each in dicts(table_of(report.get("smartctl")).get("messages"))
    ]
    return "; ".join(filter(None, told)) or f"smartctl: exit status {status(report)}, no device"
