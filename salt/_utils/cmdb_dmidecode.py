"""The text of ``dmidecode``, of any version, whole or in part, as ``cmdb_smbios`` gives it."""

import re

import cmdb_smbios_fields as fields
import cmdb_source as source

_HANDLE = re.compile(r"^\s*Handle\s+(0x[0-9a-fA-F]{1,8})\b")
_TYPE = re.compile(r"\bDMI type ([0-9]{1,3})\b")
_FIELD = re.compile(r"^(\s+)([^:]+):(?:\s+(.*))?$")
# With --quiet there are no handles and types: a structure begins with its title. The types that
# nothing is read of tell a part of a table from something else.
TITLES = {
    "bios information": 0,
    "system information": 1,
    "base board information": 2,
    "chassis information": 3,
    "processor information": 4,
    "memory module information": 6,
    **{"cache information": 7, "port connector information": 8, "system slot information": 9},
    **{"oem strings": 11, "system event log": 15, "portable battery": 22, "tpm device": 43},
    **{"system boot information": 32, "ipmi device information": 38, "onboard device": 41},
    "physical memory array": 16,
    "memory device": 17,
    "system power supply": 39,
    "hp proliant system/rack locator": 204,
    "hpe proliant system/rack locator": 204,
}
# What it says instead of a table, the most telling first.
REFUSALS = {
    **dict.fromkeys(("ermission denied", "not permitted"), "no right to read SMBIOS: run as root"),
    "command not found": "dmidecode is not installed",
    **dict.fromkeys(("No SMBIOS", "unreachable", "/dev/mem"), "this machine has no SMBIOS"),
}


def parse(text):
    """
    Turn the output of ``dmidecode`` into structures.

    Raises Unavailable where it says that there is no SMBIOS, ParseError where it holds none.
    """
    lines = text.splitlines()
    with_handles = any(map(_HANDLE.match, lines))
    blocks = _numbered(lines) if with_handles else _titled(lines)
    found = [
        {"type": kind, "handle": handle, **fields.from_text(kind, said)}
        for kind, handle, said in blocks
    ]
    if found:
        return found
    reason = refusal(text)
    if reason:
        raise source.Unavailable(reason)
    said = [line.strip()[:200] for line in lines if line.strip(" \t\r#")] or ["nothing"]
    first = next((line for line in said if not line.startswith("#")), said[0])
    raise source.ParseError(f"dmidecode printed no structure; its first line: {first}")


def refusal(said):
    """Return why ``dmidecode`` found nothing, as it said; None where that says nothing of it."""
    for words, reason in REFUSALS.items():
        for line in said.splitlines():
            if words in line:
                return f"{reason} ({line.strip()[:200]})"
    return None


def _numbered(lines):
    """Yield (type, handle, {label: text}) of each structure that begins with its handle."""
    handle, block = None, []
    for line in [*lines, "Handle 0x0"]:
        match = _HANDLE.match(line)
        if match:
            yield from _structure(handle, block)
            handle, block = int(match.group(1), 16), []
        block.append(line)


def _structure(handle, block):
    types = ((at, _TYPE.search(line)) for at, line in enumerate(block))
    at, match = next(((at, match) for at, match in types if match), (0, None))
    if handle is not None and match:
        yield int(match.group(1)), handle, _labels(block[at + 1 :])


def _titled(lines):
    """Yield the same of a text without handles."""
    kind, block = None, []
    for line in [*lines, "end"]:
        if line and not line[0].isspace():
            if kind is not None and block:
                yield kind, None, _labels(block)
            kind, block = TITLES.get(line.strip().lower()), []
        else:
            block.append(line)


def _labels(block):
    """Return {label in lower case: text}; lists below a label are left out."""
    indent, said = None, {}
    for match in filter(None, map(_FIELD.match, block)):
        indent = indent or match.group(1)
        if len(match.group(1)) <= len(indent):
            said.setdefault(match.group(2).strip().lower(), match.group(3) or "")
    return said
