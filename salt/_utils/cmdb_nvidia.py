"""What NVIDIA's driver tells of its cards: ``nvidia-smi -q -x``, /proc/driver/nvidia."""

import re
import xml.etree.ElementTree

import cmdb_source as source
import cmdb_text as text

_ADDRESS = re.compile(r"([0-9a-fA-F]{4,8}):([0-9a-fA-F]{2}):([0-9a-fA-F]{2})\.([0-7])")
_AMOUNT = re.compile(r"([0-9]{1,12})(?:\.([0-9]{1,3})[0-9]*)?\s*([A-Za-z%]+)?")
_BYTES = {"B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "KB": 10, "MB": 20, "GB": 30}
_UUID = re.compile(r"GPU-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VERSION = re.compile(r"Kernel Module[^0-9]*?\s([0-9]+(?:\.[0-9]+)+)\s")
# What stands in a field that could not be read, in brackets or not.
_FAILED = re.compile(
    r"\[.*|ERR!|unknown error|gpu is lost|gpu requires reset|insufficient permissions?"
    r"|(?:function )?not (?:supported|found|active|ready)|no data|timeout"
    r"|requested functionality has been deprecated",
    re.IGNORECASE | re.DOTALL,
)
_MEMORY = ("fb_memory_usage", "memory_usage")
_POWER = (
    *("gpu_power_readings/power_draw", "gpu_power_readings/instant_power_draw"),
    *("gpu_power_readings/average_power_draw", "power_readings/power_draw"),
)


def parse(said):
    """
    Turn ``nvidia-smi -q -x`` into {PCI address: what it tells of that card}.

    Raises Unavailable where it reached no driver, ParseError where it is no such report.
    """
    log = _log(said)
    version = _plain(log.findtext("driver_version"))
    found = {}
    for card in log.iter("gpu"):
        place = address(card.findtext("pci/pci_bus_id") or card.get("id"))
        if place is None:
            source.problem(f"nvidia-smi: a card without a PCI address: {card.get('id')!r:.80}")
        else:
            found[place] = _card(card, version)
    return found


def address(said):
    """Return a PCI address as sysfs has it, "0000:84:00.0"; None where it is none."""
    match = _ADDRESS.fullmatch((said or "").strip())
    if not match:
        return None
    domain, bus, device, function = match.groups()
    return f"{int(domain, 16):04x}:{bus}:{device}.{function}".lower()


def parse_version(said):
    """Return the driver's version from /proc/driver/nvidia/version; None where it has none."""
    match = _VERSION.search(said or "")
    return match.group(1) if match else None


def parse_information(said, version):
    """Turn one /proc/driver/nvidia/gpus/*/information into {PCI address: what it tells}."""
    lines = [line.partition(":") for line in (said or "").splitlines()]
    told = {label.strip(): value.strip() for label, _, value in lines}
    place = address(told.get("Bus Location"))
    if place is None:
        return {}
    vbios = told.get("Video BIOS")
    return {
        place: {
            "model": _plain(told.get("Model")),
            "uuid": _uuid(told.get("GPU UUID")),
            "vbios": None if vbios and "?" in vbios else _plain(vbios),
            "driver_version": version,
        }
    }


def _log(said):
    start, end = said.find("<nvidia_smi_log"), said.rfind("</nvidia_smi_log>")
    if start < 0 or end < start:
        _explain(said)
    body = said[start : end + len("</nvidia_smi_log>")]
    try:
        # From the root on: neither document type nor entities are read.
        return xml.etree.ElementTree.fromstring(body.replace("\0", "\ufffd"))
    except (xml.etree.ElementTree.ParseError, ValueError) as error:
        raise source.ParseError(f"nvidia-smi printed broken XML: {error}") from None


def _explain(said):
    first = next((line.strip() for line in said.splitlines() if line.strip()), "nothing")
    for words in ("couldn't communicate", "No devices were found", "Driver/library version"):
        if words in said:
            raise source.Unavailable(f"nvidia-smi: {first[:200]}")
    raise source.ParseError(f"nvidia-smi printed no whole report; its first line: {first[:200]}")


def _card(card, version):
    return {
        "model": _plain(card.findtext("product_name")),
        "serial": _serial(card.findtext("serial")),
        "uuid": _uuid(card.findtext("uuid")),
        "part_number": _serial(
            _plain(card.findtext("board_part_number")) or card.findtext("gpu_part_number")
        ),
        "memory_bytes": _first(_bytes, card, [f"{name}/total" for name in _MEMORY]),
        "vbios": _plain(card.findtext("vbios_version")),
        "driver_version": version,
        "ecc": _enabled(card.findtext("ecc_mode/current_ecc")),
        "mig": _enabled(card.findtext("mig_mode/current_mig")),
        "temperature_celsius": _whole(card.findtext("temperature/gpu_temp"), "C"),
        "utilisation_percent": _whole(card.findtext("utilization/gpu_util"), "%"),
        "memory_used_bytes": _first(_bytes, card, [f"{name}/used" for name in _MEMORY]),
        "power_milliwatts": _first(_thousandths, card, _POWER),
    }


def _first(read, card, paths):
    """Return what the first of several places says; drivers of other years have others."""
    found = (read(card.findtext(path)) for path in paths)
    return next((amount for amount in found if amount is not None), None)


def _plain(said):
    """Return a text; None for what it says instead: "N/A", "[Not Supported]", "ERR!"."""
    said = text.value(said)
    return None if said is None or _FAILED.fullmatch(said) else said


def _serial(said):
    said = text.serial(_plain(said))
    return None if said is None or not said.strip("0-") else said


def _uuid(said):
    said = _plain(said) or ""
    return said if _UUID.fullmatch(said) else None


def _enabled(said):
    return {"Enabled": True, "Disabled": False}.get(_plain(said) or "")


def _amount(said):
    match = _AMOUNT.fullmatch(_plain(said) or "")
    return match.groups() if match else (None, None, None)


def _bytes(said):
    whole, _, unit = _amount(said)
    return int(whole) << _BYTES[unit] if whole and unit in _BYTES else None


def _whole(said, unit):
    whole, _, said_unit = _amount(said)
    return int(whole) if whole and said_unit == unit else None


def _thousandths(said):
    whole, part, unit = _amount(said)
    return int(whole) * 1000 + int((part or "0").ljust(3, "0")) if whole and unit == "W" else None
