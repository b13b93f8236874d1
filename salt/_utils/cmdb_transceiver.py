"""The memory of a pluggable network module (SFP, QSFP, OSFP; cables too) as a flat dict.

``parse`` takes its first page, 256 bytes; the layouts are those of SFF-8472 (SFP), SFF-8636 (QSFP)
and CMIS (QSFP-DD, OSFP). What a module leaves blank, or has no byte for, is None.
"""

import re

import cmdb_text as text

_SFP = {0x02: "soldered", 0x03: "SFP", 0x0B: "DWDM-SFP"}
_QSFP = {0x0C: "QSFP", 0x0D: "QSFP+", 0x11: "QSFP28"}
_CMIS = {
    **{0x18: "QSFP-DD", 0x19: "OSFP", 0x1B: "DSFP", 0x1E: "QSFP+ CMIS", 0x1F: "SFP-DD CMIS"},
    0x20: "SFP+ CMIS",
}
# Where vendor, part number, revision, serial number and date begin, and the byte of the connector.
_LAYOUTS = (
    (_SFP, (20, 40, 56, 68, 84), 2),
    (_QSFP, (148, 168, 184, 196, 212), 130),
    (_CMIS, (129, 148, 164, 166, 182), 203),
)
_CONNECTORS = {
    **{0x01: "SC", 0x07: "LC", 0x08: "MT-RJ", 0x0B: "optical pigtail", 0x0C: "MPO 1x12"},
    **{0x0D: "MPO 2x16", 0x20: "HSSDC II", 0x21: "copper pigtail", 0x22: "RJ45"},
    **{0x23: "no separable connector", 0x24: "MXC 2x16", 0x25: "CS", 0x26: "SN"},
    **{0x27: "MPO 2x12", 0x28: "MPO 1x16"},
}
# What it is made for: by a bit of a byte, the best first; else by a code of its own.
_SFP_MEDIA = (
    *((3, 0x10, "10GBASE-SR"), (3, 0x20, "10GBASE-LR"), (3, 0x40, "10GBASE-LRM")),
    *((3, 0x80, "10GBASE-ER"), (8, 0x04, "passive cable"), (8, 0x08, "active cable")),
    *((6, 0x08, "1000BASE-T"), (6, 0x04, "1000BASE-CX"), (6, 0x02, "1000BASE-LX")),
    *((6, 0x01, "1000BASE-SX"), (6, 0x20, "100BASE-FX"), (6, 0x10, "100BASE-LX")),
)
_QSFP_MEDIA = (
    *((131, 0x08, "40GBASE-CR4"), (131, 0x04, "40GBASE-SR4"), (131, 0x02, "40GBASE-LR4")),
    *((131, 0x01, "40G active cable"), (131, 0x10, "10GBASE-SR"), (131, 0x20, "10GBASE-LR")),
    (131, 0x40, "10GBASE-LRM"),
)
_CODED_MEDIA = {
    **{0x01: "100G AOC", 0x02: "100GBASE-SR4", 0x03: "100GBASE-LR4", 0x04: "100GBASE-ER4"},
    **{0x05: "100GBASE-SR10", 0x06: "100G CWDM4", 0x07: "100G PSM4", 0x08: "100G ACC"},
    **{0x0B: "100GBASE-CR4", 0x0C: "25GBASE-CR CA-S", 0x0D: "25GBASE-CR CA-N"},
    **{0x10: "40GBASE-ER4", 0x11: "4x10GBASE-SR", 0x12: "40G PSM4", 0x16: "10GBASE-T"},
    **{0x17: "100G CLR4", 0x18: "100G AOC", 0x19: "100G ACC", 0x1C: "10GBASE-T", 0x1D: "5GBASE-T"},
    **{0x1E: "2.5GBASE-T", 0x1F: "40G SWDM4", 0x20: "100G SWDM4", 0x21: "100G PAM4 BiDi"},
    **{0x25: "100GBASE-DR", 0x26: "100G-FR", 0x27: "100G-LR"},
}
# The same codes where there is one lane only.
_SFP_CODED_MEDIA = {
    **_CODED_MEDIA,
    **{0x01: "25G AOC", 0x02: "25GBASE-SR", 0x03: "25GBASE-LR", 0x04: "25GBASE-ER"},
    **{0x08: "25G ACC", 0x0B: "25GBASE-CR CA-L", 0x18: "25G AOC", 0x19: "25G ACC"},
}


def parse(memory):
    """Return what a module tells of itself; None where the bytes are those of no known kind."""
    kind = memory[0] if memory else None
    for kinds, places, connector in _LAYOUTS:
        if kind in kinds:
            return _module(memory, kinds[kind], places, connector)
    return None


def _module(memory, kind, places, connector):
    lengths = (16, 16, 4 if kind in _SFP.values() else 2, 16, 6)
    vendor, part_number, revision, serial, date = map(_words, [memory] * 5, places, lengths)
    return {
        "form_factor": kind,
        "media": _media(memory),
        "connector": _CONNECTORS.get(_byte(memory, connector)),
        "vendor": text.value(vendor),
        "part_number": text.value(part_number),
        "revision": text.value(revision),
        "serial": text.serial(serial),
        "made_on": _date(date),
    }


def _media(memory):
    if memory[0] in _CMIS:
        return None
    is_sfp = memory[0] in _SFP
    place, codes, bits = (
        (36, _SFP_CODED_MEDIA, _SFP_MEDIA) if is_sfp else (192, _CODED_MEDIA, _QSFP_MEDIA)
    )
    found = (name for place, bit, name in bits if (_byte(memory, place) or 0) & bit)
    return codes.get(_byte(memory, place)) or next(found, None)


def _date(said):
    """Return "2019-03-07" of the "190307" that a module has; None where it is no day."""
    match = re.fullmatch(r"([0-9]{2})(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])", said)
    return "20{}-{}-{}".format(*match.groups()) if match else None


def _byte(memory, place):
    return memory[place] if place < len(memory) else None


def _words(memory, start, length):
    """Return padded text; makers pad with blanks, zeros or ones. What is cut off is none."""
    octets = memory[start : start + length] if start + length <= len(memory) else b""
    return octets.rstrip(b"\0\xff ").decode("ascii", "replace")
