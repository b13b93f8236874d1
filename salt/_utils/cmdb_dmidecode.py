"""The text of ``dmidecode``, of any version, as the structures that ``cmdb_smbios`` gives."""

import re

import cmdb_smbios_fields as fields
import cmdb_source as source

_HANDLE = re.compile(r"^\s*Handle\s+(0x[0-9a-fA-F]{1,8})\b")
_TYPE = re.compile(r"\bDMI type ([0-9]{1,3})\b")
_FIELD = re.compile(r"^(\s+)([^:]+):(?:\s+(.*))?$")


def parse(text):
    """
    Turn the output of ``dmidecode`` into structures.

    Raises Unavailable where it says that there is no SMBIOS, ParseError where it holds none.
    """
    found = [
        {"type": kind, "handle": handle, **fields.from_text(kind, said)}
        for kind, handle, said in _blocks(text)
    ]
    if found:
        return found
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for line in lines:
        if "No SMBIOS" in line or "ermission denied" in line:
            raise source.Unavailable(f"dmidecode: {line[:200]}")
    first = lines[0][:200] if lines else "nothing"
    raise source.ParseError(f"dmidecode printed no structure; its first line: {first}")


def _blocks(text):
    """Yield (type, handle, {label: text}) of each structure."""
    handle, lines = None, []
    for line in text.splitlines():
        match = _HANDLE.match(line)
        if match:
            yield from _block(handle, lines)
            handle, lines = int(match.group(1), 16), []
        lines.append(line)
    yield from _block(handle, lines)


def _block(handle, lines):
    """Yield the block if it is a whole structure; lists below a label are left out."""
    kind, indent, said = None, None, {}
    for line in lines:
        if kind is None:
            match = _TYPE.search(line)
            kind = int(match.group(1)) if match else None
            continue
        match = _FIELD.match(line)
        if not match:
            continue
        indent = indent or match.group(1)
        if len(match.group(1)) <= len(indent):
            said.setdefault(match.group(2).strip(), match.group(3) or "")
    if handle is not None and kind is not None:
        yield kind, handle, said
