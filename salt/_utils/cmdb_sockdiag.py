"""Sockets that wait for others, as the kernel tells them: by sock_diag, else from /proc/net.

``dump`` asks the kernel for one protocol and family; ``sockets`` and ``parse_proc`` turn the
answers into dicts of address, port, interface index, uid and inode.
"""

import ipaddress
import os
import re
import socket
import struct

import cmdb_source as source

PROTOCOLS = {"tcp": socket.IPPROTO_TCP, "udp": socket.IPPROTO_UDP}
FAMILIES = {4: socket.AF_INET, 6: socket.AF_INET6}
# A TCP socket that listens; a UDP socket that is bound, and connected to nobody.
WAITING = {"tcp": 10, "udp": 7}
_SOCK_DIAG, _BY_FAMILY, _DUMP_REQUEST = 4, 20, 0x301
_ERROR, _DONE = 2, 3
_HEADER = struct.Struct("=LHHLL")
_BODY_BYTES = 72
_ANSWER_BYTES = 1 << 17
_LINE = re.compile(
    r"\s*\d+: ([0-9A-Fa-f]{8}|[0-9A-Fa-f]{32}):([0-9A-Fa-f]{4}) [0-9A-Fa-f]+:[0-9A-Fa-f]{4}"
    r" ([0-9A-Fa-f]{2}) \S+ \S+ \S+ +(\d{1,10}) +\d+ (\d{1,19})\b"
)


def dump(protocol, version):
    """Return the kernel's whole answer for waiting sockets; raises OSError."""
    body = struct.pack(
        "=BBBBI", FAMILIES[version], PROTOCOLS[protocol], 0, 0, 1 << WAITING[protocol]
    )
    message = body + bytes(48)
    message = _HEADER.pack(_HEADER.size + len(message), _BY_FAMILY, _DUMP_REQUEST, 1, 0) + message
    kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
    with socket.socket(socket.AF_NETLINK, kind, _SOCK_DIAG) as talk:
        talk.settimeout(5)
        talk.bind((0, 0))
        talk.send(message)
        chunks = []
        while True:
            chunk = talk.recv(_ANSWER_BYTES)
            chunks.append(chunk + b"\0" * (-len(chunk) % 4))
            for kind, payload in _messages(chunk):
                if kind == _ERROR:
                    code = -struct.unpack_from("=i", payload)[0] if len(payload) >= 4 else 0
                    raise OSError(code, os.strerror(code))
                if kind == _DONE:
                    return b"".join(chunks)


def sockets(data):
    """Turn the kernel's answer into dicts."""
    return [_socket(payload) for kind, payload in _messages(data) if kind == _BY_FAMILY]


def parse_proc(table, protocol):
    """Turn a table of /proc/net into the same dicts; raises ParseError at a line that is none."""
    found = []
    for number, line in enumerate(table.splitlines(), 1):
        if number == 1 or not line.strip():
            continue
        match = _LINE.match(line)
        if not match:
            raise source.ParseError(f"/proc/net/{protocol}, line {number}: {line[:200]}")
        address, port, state, uid, inode = match.groups()
        if int(state, 16) == WAITING[protocol]:
            octets = b"".join(
                struct.pack("=I", int(address[start : start + 8], 16))
                for start in range(0, len(address), 8)
            )
            found.append(_said(octets, int(port, 16), 0, int(uid), int(inode)))
    return found


def _messages(data):
    """Yield (type, payload) of each message."""
    start = 0
    while start + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, start)
        if length < _HEADER.size or start + length > len(data):
            raise source.ParseError(f"sock_diag: bad message length {length} at byte {start}")
        yield kind, data[start + _HEADER.size : start + length]
        start += (length + 3) & ~3


def _socket(payload):
    if len(payload) < _BODY_BYTES:
        raise source.ParseError("sock_diag: a socket's message is cut short")
    family, port = payload[0], int.from_bytes(payload[4:6], "big")
    octets = payload[8 : 24 if family == socket.AF_INET6 else 12]
    index, uid, inode = (struct.unpack_from("=I", payload, at)[0] for at in (40, 64, 68))
    return _said(octets, port, index, uid, inode)


def _said(octets, port, index, uid, inode):
    address = ipaddress.ip_address(octets)
    return {"address": address, "port": port, "index": index, "uid": uid, "inode": inode}
