"""SMBIOS, the firmware's own description of the machine, as plain dicts.

Source: the table the kernel keeps (/sys/firmware/dmi/tables/DMI; needs root), else the text of
``dmidecode``. Both give the same dicts: ``type``, ``handle`` and what ``cmdb_smbios_fields``
names for that type; a field that the table does not have, or a placeholder, is None.
"""

import cmdb_later as later
import cmdb_smbios_decode as decode
import cmdb_smbios_fields as fields
import cmdb_source as source

dmidecode = later.library("cmdb_dmidecode")

TABLE = "/sys/firmware/dmi/tables/DMI"
ENTRY_POINT = "/sys/firmware/dmi/tables/smbios_entry_point"
SYSTEM = 1
END_OF_TABLE = 127
# Since this version the first three fields of a UUID are little-endian.
UUID_SWAPPED_SINCE = (2, 6)


def structures(*types):
    """
    Return this machine's SMBIOS structures of these types, in the table's order.

    Raises Unavailable where the machine has no SMBIOS, without the right to read it, and where a
    part of it is all there is (``dmidecode --type memory``) and these types are not in it.
    """
    if source.glob(TABLE):
        table = source.need_bytes(TABLE)
        found = parse(table, version(source.read_bytes(ENTRY_POINT) or b""))
    else:
        found = dmidecode.parse(_ask_dmidecode())
    wanted = [structure for structure in found if structure["type"] in types]
    if not wanted and all(structure["type"] != SYSTEM for structure in found):
        names = ", ".join(map(str, types))
        raise source.Unavailable(f"only a part of SMBIOS is here, without types {names}")
    return wanted


def parse(table, version=(3, 0)):
    """Turn the bytes of an SMBIOS table into structures; what a broken table still has, is kept."""
    found = []
    for kind, handle, body, strings in _walk(table):
        found.append({"type": kind, "handle": handle, **fields.from_table(kind, body, strings)})
        if kind == SYSTEM:
            swapped = version >= UUID_SWAPPED_SINCE
            found[-1]["uuid"] = decode.uuid_of(body, swapped)
    if not found:
        raise source.ParseError(f"SMBIOS table of {len(table)} bytes has no whole structure")
    return found


def version(entry_point):
    """Return (major, minor) that an entry point states; (3, 0) where it states none."""
    if entry_point[:5] == b"_SM3_" and len(entry_point) > 8:
        return entry_point[7], entry_point[8]
    if entry_point[:4] == b"_SM_" and len(entry_point) > 7:
        return entry_point[6], entry_point[7]
    return 3, 0


def _walk(table):
    """Yield (type, handle, body, strings) of each whole structure."""
    start = 0
    while start + 4 <= len(table):
        kind, length = table[start], table[start + 1]
        body = table[start : start + length]
        if length < 4 or len(body) < length:
            source.problem(
                f"SMBIOS table: bad length {length} at byte {start}; the rest is left out"
            )
            return
        end = table.find(b"\0\0", start + length)
        if end < 0:
            source.problem(f"SMBIOS table: ends inside the structure at byte {start}")
            end = len(table)
        strings = table[start + length : end].split(b"\0")
        yield kind, int.from_bytes(body[2:4], "little"), body, strings
        if kind == END_OF_TABLE:
            return
        start = end + 2


def _ask_dmidecode():
    # The kernel shows its firmware, but no DMI: then there is nothing that dmidecode could find.
    if source.glob("/sys/firmware/*") and not source.glob("/sys/class/dmi/id"):
        raise source.Unavailable("this machine has no SMBIOS (no /sys/firmware/dmi)")
    try:
        return source.run(["dmidecode"])
    except source.CommandError as error:
        reason = dmidecode.refusal(f"{error.stderr}\n{error.stdout}")
        if reason is None:
            raise
        raise source.Unavailable(reason) from None
