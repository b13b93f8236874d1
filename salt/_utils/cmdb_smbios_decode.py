"""Decoders of single SMBIOS fields, in pairs: of the table's bytes and of ``dmidecode``'s text."""

import re
import uuid

import cmdb_text as text

MOST_BYTES = 1 << 60
_UNITS = "bkmgtp"
_NUMBER = re.compile(r"(?:0x([0-9a-fA-F]{1,15})|([0-9]{1,18}))(?![0-9.])")
# "16 GB", of old versions "256Mbyte".
_SIZE = re.compile(r"([0-9]{1,12})\s*(?:bytes|([kmgtp])i?b(?:ytes?)?)\b", re.IGNORECASE)
_RATE = re.compile(r"([0-9]{1,9})\s*(?:MHz|MT/s)")
_VOLT = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,3})[0-9]*)?\s*V\b")


class Body:
    """The formatted bytes of one structure and its strings; reading past the end gives None."""

    def __init__(self, data, strings):
        self.data, self.strings = data, strings

    def number(self, offset, size):
        """Return the little-endian number at ``offset``."""
        if offset + size > len(self.data):
            return None
        return int.from_bytes(self.data[offset : offset + size], "little")

    def string(self, offset):
        """Return the text that the index byte at ``offset`` names; None for a bad index."""
        index = self.number(offset, 1)
        if not index or index > len(self.strings):
            return None
        return self.strings[index - 1].decode("utf-8", "replace")


def said(offset, plain):
    """Decode a string; ``plain`` is the function that makes it plain."""
    return lambda body: plain(body.string(offset)), plain


def name(offset):
    """Decode a string that is a name."""
    return said(offset, text.value)


def serial(offset):
    """Decode a string that is a serial number or tag."""
    return said(offset, text.serial)


def choice(offset, names, mask=0xFF):
    """Decode an index into ``names``; what the list does not have is None."""

    def raw(body):
        index = body.number(offset, 1)
        index = None if index is None else index & mask
        return names[index] or None if index is not None and index < len(names) else None

    def named(said):
        wanted = said.strip().lower()
        return next((name for name in names if name and name.lower() == wanted), None)

    return raw, named


def listed(offset, names, larger):
    """Decode a number of ``names``, a dict; ``larger`` is (value that says so, wider offset)."""

    def raw(body):
        found = body.number(offset, 1)
        return names.get(body.number(larger[1], 2) if found == larger[0] else found)

    return raw, text.value


def number(offset, size, unknown=(), larger=None, mask=None):
    """Decode a number; ``larger`` is (value that says so, offset, size) of a wider field."""

    def raw(body):
        found = body.number(offset, size)
        if larger and found == larger[0]:
            found = body.number(larger[1], larger[2]) or found
        if found is not None and mask:
            found &= mask
        return None if found in unknown else found

    def printed(said):
        found = _leading_number(said)
        return None if found in unknown else found

    return raw, printed


def rate(offset, extended=None):
    """Decode MT/s or MHz; 0 is unknown, 0xFFFF points to the extended field."""

    def raw(body):
        found = body.number(offset, 2)
        if found == 0xFFFF:
            found = body.number(extended, 4) if extended else None
        return (found & 0x7FFFFFFF) or None if found else None

    return raw, _leading_rate


def _leading_number(said):
    match = _NUMBER.match(said)
    if not match:
        return None
    return int(match.group(1), 16) if match.group(1) else int(match.group(2))


def _leading_rate(said):
    match = _RATE.match(said)
    return int(match.group(1)) or None if match else None


def said_bytes(said):
    """Return a size as ``dmidecode`` prints it, "16 GB", in bytes."""
    match = _SIZE.match(said)
    if not match:
        return None
    return plausible(int(match.group(1)) << 10 * _UNITS.index((match.group(2) or "b").lower()))


def plausible(size):
    """Return a size that can be true: neither nothing nor more than an exabyte."""
    return size if 0 < size < MOST_BYTES else None


def said_millivolts(said):
    """Return a voltage as ``dmidecode`` prints it, "1.2 V", in millivolts."""
    match = _VOLT.match(said)
    if not match:
        return None
    return int(match.group(1)) * 1000 + int((match.group(2) or "0").ljust(3, "0"))


def device_bytes(body):
    """Return a memory device's size; None for an empty socket and where it is unknown."""
    size = body.number(0x0C, 2)
    if size == 0x7FFF:
        return ((body.number(0x1C, 4) or 0) & 0x7FFFFFFF) << 20 or None
    if size in (None, 0, 0xFFFF):
        return None
    return (size & 0x7FFF) << (10 if size & 0x8000 else 20) or None


def array_bytes(body):
    """Return what a memory array can hold."""
    size = body.number(0x07, 4) or 0
    return plausible((body.number(0x0F, 8) or 0) if size == 0x80000000 else size << 10)


def module_bytes(body):
    """Return the size of a memory module as firmware told it before it had memory devices."""
    exponent = (body.number(0x09, 1) or 0x7F) & 0x7F
    # 0x7D to 0x7F: not determinable, not enabled, not installed.
    return 1 << (20 + exponent) if exponent < 0x20 else None


def bits(offset, names):
    """Decode a word whose bits stand for ``names``, several of which may be set."""

    def raw(body):
        word = body.number(offset, 2) or 0
        return " ".join(each for i, each in enumerate(names) if word >> i & 1 and each) or None

    def named(said):
        words = [each for each in said.split() if each.lower() not in ("other", "unknown")]
        return text.value(" ".join(words))

    return raw, named


def status(body):
    """Return a processor socket's status as ``dmidecode`` words it."""
    found = body.number(0x18, 1)
    if found is None:
        return None
    enabled = {1: "Enabled", 2: "Disabled By User", 3: "Disabled By BIOS", 4: "Idle"}
    return f"Populated, {enabled.get(found & 7, 'Unknown')}" if found & 0x40 else "Unpopulated"


def uuid_of(data, swapped):
    """Return the system UUID; ``swapped`` where its first three fields are little-endian."""
    octets = data[8:24]
    if len(octets) < 16:
        return None
    return text.uuid(str(uuid.UUID(bytes_le=octets) if swapped else uuid.UUID(bytes=octets)))
