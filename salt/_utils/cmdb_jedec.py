"""Makers and part numbers of memory modules, which firmware often gives as the module's raw bytes.

Makers have numbers in JEDEC's list JEP106: a bank (how often the code 0x7F comes before) and an
id, both with a parity bit. Only makers of common modules are named; others keep their number.
"""

import re

import cmdb_text as text

# (bank from 1, id with its parity bit): name
MAKERS = {
    (1, 0x01): "AMD",
    (1, 0x04): "Fujitsu",
    (1, 0x10): "NEC",
    (1, 0x2C): "Micron",
    (1, 0x89): "Intel",
    (1, 0x98): "Toshiba",
    (1, 0xAD): "Hynix",
    (1, 0xC1): "Infineon",
    (1, 0xCE): "Samsung",
    (1, 0xDA): "Winbond",
    (2, 0x4F): "Transcend",
    (2, 0x94): "Smart Modular",
    (2, 0x98): "Kingston",
    (2, 0xBA): "PNY",
    (3, 0x9E): "Corsair",
    (3, 0xFE): "Elpida",
    (4, 0x0B): "Nanya",
    (4, 0x25): "KingMax",
    (5, 0x16): "Positivo Informática",
    (5, 0x43): "Ramaxel",
    (5, 0xCB): "A-DATA",
    (5, 0xCD): "G.Skill",
    (5, 0xEF): "Team Group",
    (6, 0x02): "Patriot",
    (6, 0x51): "Qimonda",
    (6, 0x9B): "Crucial",
}
_NUMBER = re.compile(r"(?:0x)?((?:[0-9A-F]{2}){2,9})", re.IGNORECASE)
_HEX_TEXT = re.compile(r"0x((?:[0-9A-F]{2}){8,20})", re.IGNORECASE)
_PADDING = re.compile(r"[-_ ]{3,}$")


def maker(said):
    """Return the maker's name where ``said`` is a number in JEDEC's list, else the text itself."""
    said = text.serial(said)
    match = _NUMBER.fullmatch(said or "")
    return said if match is None else MAKERS.get(_bank_and_id(bytes.fromhex(match.group(1))), said)


def part_number(said):
    """Return a part number without padding; one that is given as bytes in hex is decoded."""
    match = _HEX_TEXT.fullmatch(text.clean(said) or "")
    if match:
        decoded = bytes.fromhex(match.group(1)).rstrip(b"\0 \xff").decode("latin-1")
        said = decoded if decoded.isascii() and decoded.isprintable() else said
    return text.serial(_PADDING.sub("", said or ""))


def _bank_and_id(octets):
    count = len(octets) - len(octets.lstrip(b"\x7f"))
    if count and count < len(octets):
        # The module's own bytes: the code 0x7F once for each bank before.
        return count + 1, octets[count]
    if octets[0] & 0x7F <= 0x0F and any(octets[1:2]):
        # A count of banks, then the id; often the chips' maker follows.
        return (octets[0] & 0x7F) + 1, octets[1]
    return 1, octets[0]
