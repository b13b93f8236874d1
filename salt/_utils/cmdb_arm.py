"""Names of ARM's implementers and parts, which /proc/cpuinfo tells as numbers only.

Names are those that ``lscpu`` uses. Servers' and common boards' only; what is not here keeps its
number.
"""

VENDORS = {
    **{0x41: "ARM", 0x42: "Broadcom", 0x43: "Cavium", 0x44: "DEC", 0x46: "Fujitsu"},
    **{0x48: "HiSilicon", 0x4E: "NVIDIA", 0x50: "APM", 0x51: "Qualcomm", 0x53: "Samsung"},
    **{0x56: "Marvell", 0x61: "Apple", 0x69: "Intel", 0x6D: "Microsoft", 0x70: "Phytium"},
    **{0xC0: "Ampere"},
}
# Of each implementer: part and name.
_PARTS = {
    0x41: "926 ARM926,b02 ARM11-MPCore,b36 ARM1136,b56 ARM1156,b76 ARM1176,c05 Cortex-A5,"
    "c07 Cortex-A7,c08 Cortex-A8,c09 Cortex-A9,c0d Cortex-A12,c0e Cortex-A17,c0f Cortex-A15,"
    "d01 Cortex-A32,d02 Cortex-A34,d03 Cortex-A53,d04 Cortex-A35,d05 Cortex-A55,d06 Cortex-A65,"
    "d07 Cortex-A57,d08 Cortex-A72,d09 Cortex-A73,d0a Cortex-A75,d0b Cortex-A76,"
    "d0c Neoverse-N1,d0d Cortex-A77,d0e Cortex-A76AE,d40 Neoverse-V1,d41 Cortex-A78,"
    "d42 Cortex-A78AE,d43 Cortex-A65AE,d44 Cortex-X1,d46 Cortex-A510,d47 Cortex-A710,"
    "d48 Cortex-X2,d49 Neoverse-N2,d4a Neoverse-E1,d4b Cortex-A78C,d4c Cortex-X1C,"
    "d4d Cortex-A715,d4e Cortex-X3,d4f Neoverse-V2,d80 Cortex-A520,d81 Cortex-A720,"
    "d82 Cortex-X4,d83 Neoverse-V3AE,d84 Neoverse-V3,d85 Cortex-X925,d87 Cortex-A725,"
    "d88 Cortex-A520AE,d89 Cortex-A720AE,d8e Neoverse-N3,d8f Cortex-A320",
    0x42: "00f Brahma-B15,100 Brahma-B53,516 ThunderX2",
    0x43: "0a0 ThunderX,0a1 ThunderX-88XX,0a2 ThunderX-81XX,0a3 ThunderX-83XX,"
    "0af ThunderX2-99xx,0b0 OcteonTX2,0b1 OcteonTX2-98XX,0b2 OcteonTX2-96XX,0b8 ThunderX3-T110",
    0x46: "001 A64FX,003 MONAKA",
    0x48: "d01 Kunpeng-920,d02 TaiShan-v120",
    0x4E: "000 Denver,003 Denver 2,004 Carmel,010 Olympus",
    0x50: "000 X-Gene",
    0x51: "001 Oryon,06f Krait,201 Kryo,205 Kryo,211 Kryo,800 Falkor-V1/Kryo,801 Kryo-V2,"
    "802 Kryo-3XX-Gold,803 Kryo-3XX-Silver,804 Kryo-4XX-Gold,805 Kryo-4XX-Silver,"
    "c00 Falkor,c01 Saphira",
    0x56: "131 Feroceon-88FR131,581 PJ4/PJ4b,584 PJ4B-MP",
    0x61: "022 Icestorm-M1,023 Firestorm-M1,024 Icestorm-M1-Pro,025 Firestorm-M1-Pro,"
    "028 Icestorm-M1-Max,029 Firestorm-M1-Max,032 Blizzard-M2,033 Avalanche-M2",
    0x6D: "d49 Azure-Cobalt-100",
    0x70: "303 FTC310,660 FTC660,661 FTC661,662 FTC662,663 FTC663,664 FTC664,862 FTC862",
    0xC0: "ac3 Ampere-1,ac4 Ampere-1a",
}


def part(implementer, number):
    """Return the name of an implementer's part; None where it is not known."""
    known = (each.partition(" ") for each in _PARTS.get(implementer, "").split(","))
    return next((name for code, _, name in known if code == f"{number or 0:03x}"), None)
