"""The fields of SMBIOS structures: offset in the table, label in ``dmidecode``'s text, decoders.

One list for both sources, so that they give one shape. Layouts follow the DMTF's SMBIOS Reference
Specification (DSP0134); a field past the end of an older, shorter structure is None.
"""

import cmdb_jedec as jedec
import cmdb_smbios_decode as decode
import cmdb_smbios_power as power
import cmdb_text as text


def _names(line):
    """Return the names of an enumeration's values; "Other" and "Unknown" are blank."""
    return line.split(",")


CHASSIS_TYPES = _names(
    ",,,Desktop,Low Profile Desktop,Pizza Box,Mini Tower,Tower,Portable,Laptop,Notebook,"
    "Hand Held,Docking Station,All In One,Sub Notebook,Space-saving,Lunch Box,"
    "Main Server Chassis,Expansion Chassis,Sub Chassis,Bus Expansion Chassis,Peripheral Chassis,"
    "RAID Chassis,Rack Mount Chassis,Sealed-case PC,Multi-system,CompactPCI,AdvancedTCA,Blade,"
    "Blade Enclosing,Tablet,Convertible,Detachable,IoT Gateway,Embedded PC,Mini PC,Stick PC"
)
BOARD_TYPES = _names(
    ",,,Server Blade,Connectivity Switch,System Management Module,Processor Module,I/O Module,"
    "Memory Module,Daughter Board,Motherboard,Processor+Memory Module,Processor+I/O Module,"
    "Interconnect Board"
)
PROCESSOR_TYPES = _names(",,,Central Processor,Math Processor,DSP Processor,Video Processor")
# Of processors whose own name firmware often left out; the specification names many more.
FAMILIES = {
    **{0x0B: "Pentium", 0x0D: "Pentium II", 0x0F: "Celeron", 0x10: "Pentium II Xeon"},
    **{0x11: "Pentium III", 0x2B: "Atom", 0x6B: "Zen", 0x83: "Athlon 64", 0x84: "Opteron"},
    **{0xB0: "Pentium III Xeon", 0xB2: "Pentium 4", 0xB3: "Xeon", 0xB9: "Pentium M"},
    **{
        0xB5: "Xeon MP",
        0xB8: "Itanium 2",
        0xBF: "Core 2 Duo",
        0xC6: "Core i7",
        0xCD: "Core i5",
        0xCE: "Core i3",
    },
    **{0xCF: "Core i9", 0x100: "ARMv7", 0x101: "ARMv8", 0x102: "ARMv9", 0x118: "ARM"},
}
ARRAY_USES = _names(",,,System Memory,Video Memory,Flash Memory,Non-volatile RAM,Cache Memory")
ARRAY_ECC = _names(",,,None,Parity,Single-bit ECC,Multi-bit ECC,CRC")
FORM_FACTORS = _names(
    ",,,SIMM,SIP,Chip,DIP,ZIP,Proprietary Card,DIMM,TSOP,Row Of Chips,RIMM,SODIMM,SRIMM,"
    "FB-DIMM,Die,CAMM,CUDIMM,CSODIMM"
)
MEMORY_TYPES = _names(
    ",,,DRAM,EDRAM,VRAM,SRAM,RAM,ROM,Flash,EEPROM,FEPROM,EPROM,CDRAM,3DRAM,SDRAM,SGRAM,RDRAM,"
    "DDR,DDR2,DDR2 FB-DIMM,,,,DDR3,FBD2,DDR4,LPDDR,LPDDR2,LPDDR3,LPDDR4,"
    "Logical non-volatile device,HBM,HBM2,DDR5,LPDDR5,HBM3"
)
MODULE_TYPES = _names(",,Standard,FPM,EDO,Parity,ECC,SIMM,DIMM,Burst EDO,SDRAM")

# type: {field: (label or labels in dmidecode's text, (decoder of the table, decoder of the text))}
# Of several labels the last is the one of dmidecode 1.
FIELDS = {
    0: {
        "vendor": ("Vendor", decode.name(0x04)),
        "version": ("Version", decode.name(0x05)),
        "date": (("Release Date", "Release"), decode.name(0x08)),
    },
    1: {
        "manufacturer": (("Manufacturer", "Vendor"), decode.name(0x04)),
        "product": (("Product Name", "Product"), decode.name(0x05)),
        "version": ("Version", decode.serial(0x06)),
        "serial": ("Serial Number", decode.serial(0x07)),
        "uuid": ("UUID", (lambda body: decode.uuid_of(body.data, True), text.uuid)),
        "sku": ("SKU Number", decode.serial(0x19)),
        "family": ("Family", decode.name(0x1A)),
    },
    2: {
        "manufacturer": (("Manufacturer", "Vendor"), decode.name(0x04)),
        "product": (("Product Name", "Product"), decode.name(0x05)),
        "version": ("Version", decode.serial(0x06)),
        "serial": ("Serial Number", decode.serial(0x07)),
        "asset_tag": ("Asset Tag", decode.serial(0x08)),
        "location": ("Location In Chassis", decode.name(0x0A)),
        "board_type": ("Type", decode.choice(0x0D, BOARD_TYPES)),
    },
    3: {
        "manufacturer": (("Manufacturer", "Vendor"), decode.name(0x04)),
        "chassis_type": (("Type", "Chassis Type"), decode.choice(0x05, CHASSIS_TYPES, mask=0x7F)),
        "version": ("Version", decode.serial(0x06)),
        "serial": ("Serial Number", decode.serial(0x07)),
        "asset_tag": ("Asset Tag", decode.serial(0x08)),
        # Two bytes: a structure that ends before the next field has no height yet.
        "height_units": ("Height", decode.number(0x11, 2, unknown=(0, 0xFF), mask=0xFF)),
    },
    4: {
        "socket": ("Socket Designation", decode.name(0x04)),
        "processor_type": (("Type", "Processor Type"), decode.choice(0x05, PROCESSOR_TYPES)),
        "family": (("Family", "Processor Family"), decode.listed(0x06, FAMILIES, (0xFE, 0x28))),
        "manufacturer": (("Manufacturer", "Processor Manufacturer"), decode.name(0x07)),
        "model": (("Version", "Processor Version"), decode.name(0x10)),
        "status": ("Status", (decode.status, text.clean)),
        "core_count": ("Core Count", decode.number(0x23, 1, (0,), larger=(0xFF, 0x2A, 2))),
        "core_enabled_count": (
            "Core Enabled",
            decode.number(0x24, 1, (0,), larger=(0xFF, 0x2C, 2)),
        ),
        "thread_count": ("Thread Count", decode.number(0x25, 1, (0,), larger=(0xFF, 0x2E, 2))),
    },
    6: {
        "locator": (("Socket Designation", "Socket"), decode.name(0x04)),
        "size_bytes": ("Installed Size", (decode.module_bytes, decode.said_bytes)),
        "memory_type": ("Type", decode.bits(0x07, MODULE_TYPES)),
    },
    16: {
        "use": ("Use", decode.choice(0x05, ARRAY_USES)),
        "ecc": ("Error Correction Type", decode.choice(0x06, ARRAY_ECC)),
        "max_bytes": ("Maximum Capacity", (decode.array_bytes, decode.said_bytes)),
        "slot_count": ("Number Of Devices", decode.number(0x0D, 2)),
    },
    17: {
        "array_handle": ("Array Handle", decode.number(0x04, 2)),
        "size_bytes": ("Size", (decode.device_bytes, decode.said_bytes)),
        "form_factor": ("Form Factor", decode.choice(0x0E, FORM_FACTORS)),
        "locator": ("Locator", decode.name(0x10)),
        "bank_locator": ("Bank Locator", decode.name(0x11)),
        "memory_type": ("Type", decode.choice(0x12, MEMORY_TYPES)),
        "speed_mts": ("Speed", decode.rate(0x15, extended=0x54)),
        "manufacturer": ("Manufacturer", decode.said(0x17, jedec.maker)),
        "serial": ("Serial Number", decode.serial(0x18)),
        "asset_tag": ("Asset Tag", decode.serial(0x19)),
        "part_number": ("Part Number", decode.said(0x1A, jedec.part_number)),
        "rank_count": ("Rank", decode.number(0x1B, 1, (0,), mask=0x0F)),
        "configured_speed_mts": (
            ("Configured Memory Speed", "Configured Clock Speed"),
            decode.rate(0x20, extended=0x58),
        ),
        "voltage_mv": (
            "Configured Voltage",
            (lambda body: body.number(0x26, 2) or None, decode.said_millivolts),
        ),
    },
    39: {
        "group": ("Power Unit Group", decode.number(0x04, 1, (0,))),
        "location": ("Location", decode.name(0x05)),
        "name": ("Name", decode.name(0x06)),
        "manufacturer": ("Manufacturer", decode.name(0x07)),
        "serial": ("Serial Number", decode.serial(0x08)),
        "asset_tag": ("Asset Tag", decode.serial(0x09)),
        "part_number": ("Model Part Number", decode.serial(0x0A)),
        "revision": ("Revision", decode.serial(0x0B)),
        "max_watts": ("Max Power Capacity", power.watts()),
        "present": ("Status", power.present()),
        "state": ("Status", power.state()),
        "psu_type": ("Type", power.kind()),
        "plugged": ("Plugged", power.plugged()),
        "hot_replaceable": ("Hot Replaceable", power.hot_replaceable()),
    },
    # HP and HPE blades tell their enclosure in a type of their own.
    204: {
        "name": ("Enclosure Name", decode.name(0x05)),
        "model": ("Enclosure Model", decode.name(0x06)),
        "serial": ("Enclosure Serial", decode.serial(0x0A)),
        "bay": ("Server Bay", decode.name(0x07)),
    },
}


def from_table(kind, data, strings):
    """Return the fields of one structure of the table."""
    body = decode.Body(data, strings)
    return {name: raw(body) for name, (_, (raw, _text)) in FIELDS.get(kind, {}).items()}


def from_text(kind, said):
    """Return the same fields from what ``dmidecode`` printed: {label in lower case: text}."""
    found = {}
    for name, (labels, (_table, decoder)) in FIELDS.get(kind, {}).items():
        labels = (labels,) if isinstance(labels, str) else labels
        printed = next((said[each.lower()] for each in labels if each.lower() in said), None)
        found[name] = None if printed is None else decoder(printed)
    return found
