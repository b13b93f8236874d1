"""Small hand-made inputs: SMBIOS tables, netlink answers and folders laid out like a machine."""

import socket
import struct


def structure(kind, handle, body, *strings):
    """Return one SMBIOS structure; ``body`` are the bytes after its header."""
    head = struct.pack("<BBH", kind, len(body) + 4, handle) + body
    return head + (b"".join(text.encode() + b"\0" for text in strings) or b"\0") + b"\0"


def memory_device(handle, *, size=0x2000, strings=("DIMM A", "BANK 0"), extended=0, **fields):
    """Return an SMBIOS memory device; size in MB as the table has it."""
    body = bytearray(0x5C - 4)
    put(body, 0x04, "<H", fields.get("array", 0x1000))
    put(body, 0x0C, "<H", size)
    put(body, 0x0E, "<BBBBB", 9, 0, 1, 2, 0x1A)
    put(body, 0x15, "<H", fields.get("speed", 3200))
    put(body, 0x17, "<BBBB", 3, 4, 5, 6)
    put(body, 0x1B, "<B", fields.get("rank", 2))
    put(body, 0x1C, "<I", extended)
    put(body, 0x20, "<H", fields.get("configured", 2933))
    put(body, 0x26, "<H", 1200)
    put(body, 0x54, "<II", fields.get("extended_speed", 0), 0)
    return structure(17, handle, bytes(body), *strings)


def put(body, offset, form, *values):
    """Write values at an offset as the specification counts: from the structure's start."""
    struct.pack_into(form, body, offset - 4, *values)


def attribute(kind, value):
    """Return one netlink attribute, padded."""
    if isinstance(value, str):
        value = value.encode() + b"\0"
    elif isinstance(value, int):
        value = struct.pack("=I", value)
    return struct.pack("=HH", len(value) + 4, kind) + value + b"\0" * (-len(value) % 4)


def message(kind, payload):
    """Return one netlink message, padded."""
    head = struct.pack("=LHHLL", len(payload) + 16, kind, 2, 1, 0)
    return head + payload + b"\0" * (-len(payload) % 4)


def link(index, name, *attributes, flags=0x1003):
    """Return the message of one interface."""
    head = struct.pack("=BxHiII", 0, 1, index, flags, 0)
    return message(16, head + attribute(3, name) + b"".join(attributes))


def address(index, text, *, flags=0x80, local=None):
    """Return the message of one address, "192.0.2.1/24"."""
    host, _, prefix = text.partition("/")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    head = struct.pack("=BBBBI", family, int(prefix), flags & 0xFF, 0, index)
    octets = attribute(1, socket.inet_pton(family, host))
    own = attribute(2, socket.inet_pton(family, local)) if local else b""
    return message(20, head + octets + own + attribute(8, flags))


def done():
    """Return the message that ends an answer."""
    return message(3, b"\0\0\0\0")
