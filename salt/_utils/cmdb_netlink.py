"""Network interfaces and their addresses, as the kernel tells them by route netlink.

``dump`` asks the kernel; ``links`` and ``addresses`` turn its answer, bytes, into plain dicts.
"""

import ipaddress
import os
import socket
import struct

import cmdb_source as source

LINKS = 18  # RTM_GETLINK; the answers' types are these less 2
ADDRESSES = 22  # RTM_GETADDR
_DUMP_REQUEST = 0x301
_ERROR, _DONE = 2, 3
_INTERRUPTED = 0x10
_HEADER = struct.Struct("=LHHLL")
_TRIES = 3
_ANSWER_BYTES = 1 << 17

# Attributes of a link.
_ADDRESS, _NAME, _MTU, _LINK, _MASTER, _LINKINFO, _CARRIER, _NETNSID, _PERM = (
    1,
    3,
    4,
    5,
    10,
    18,
    33,
    37,
    54,
)
_INFO_KIND, _INFO_DATA, _INFO_SLAVE_DATA = 1, 2, 5
_VLAN_ID, _BOND_MODE, _SLAVE_PERM = 1, 1, 4
# Attributes and flags of an address.
_IFA_ADDRESS, _IFA_LOCAL, _IFA_FLAGS = 1, 2, 8
TEMPORARY, FAILED, TENTATIVE = 0x01, 0x08, 0x40
_FAMILIES = {
    socket.AF_INET: (4, ipaddress.IPv4Address),
    socket.AF_INET6: (16, ipaddress.IPv6Address),
}


def dump(request):
    """Return the kernel's whole answer to a dump request (LINKS, ADDRESSES); raises OSError."""
    # For links: an empty interface header and a filter that leaves the statistics out.
    body = struct.pack("=BxHiII", 0, 0, 0, 0, 0) + struct.pack("=HHI", 8, 29, 8)
    body = body if request == LINKS else b"\0" * 8
    message = _HEADER.pack(_HEADER.size + len(body), request, _DUMP_REQUEST, 1, 0) + body
    for _ in range(_TRIES):
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0) as talk:
            talk.settimeout(5)
            talk.bind((0, 0))
            talk.send(message)
            answer, whole = _receive(talk)
        # An interface came or went meanwhile: half old, half new.
        if whole:
            break
    return answer


def links(data):
    """Turn the answer to LINKS into a list of dicts, one an interface."""
    return [_link(payload) for kind, _, payload in _messages(data) if kind == LINKS - 2]


def addresses(data):
    """Turn the answer to ADDRESSES into a list of dicts: index, version, address, flags."""
    found = (_address(payload) for kind, _, payload in _messages(data) if kind == ADDRESSES - 2)
    return [address for address in found if address]


def mac(octets):
    """Return a hardware address as text; None where it is absent or all zeros."""
    return ":".join(f"{octet:02x}" for octet in octets) if octets and any(octets) else None


def _receive(talk):
    """Return (all messages up to the last one, whether they are of one moment)."""
    chunks, whole = [], True
    while True:
        chunk = talk.recv(_ANSWER_BYTES)
        chunks.append(chunk + b"\0" * (-len(chunk) % 4))
        for kind, flags, payload in _messages(chunk):
            whole = whole and not flags & _INTERRUPTED
            if kind == _ERROR:
                code = -struct.unpack_from("=i", payload)[0] if len(payload) >= 4 else 0
                raise OSError(code, os.strerror(code))
            if kind == _DONE:
                return b"".join(chunks), whole


def _messages(data):
    """Yield (type, flags, payload) of each message."""
    start = 0
    while start + _HEADER.size <= len(data):
        length, kind, flags, _, _ = _HEADER.unpack_from(data, start)
        if length < _HEADER.size or start + length > len(data):
            raise source.ParseError(f"netlink: bad message length {length} at byte {start}")
        yield kind, flags, data[start + _HEADER.size : start + length]
        start += (length + 3) & ~3


def _attributes(data):
    """Return {type: value} of a run of attributes; a broken one ends it."""
    found, start = {}, 0
    while start + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, start)
        if length < 4 or start + length > len(data):
            break
        # The two high bits only say how the value is coded.
        found[kind & 0x3FFF] = data[start + 4 : start + length]
        start += (length + 3) & ~3
    return found


def _link(payload):
    if len(payload) < 16:
        raise source.ParseError("netlink: an interface's message is cut short")
    _, _, index, flags, _ = struct.unpack_from("=BxHiII", payload)
    attributes = _attributes(payload[16:])
    info = _attributes(attributes.get(_LINKINFO, b""))
    slave, data = (
        _attributes(info.get(_INFO_SLAVE_DATA, b"")),
        _attributes(info.get(_INFO_DATA, b"")),
    )
    kind_name = _string(info.get(_INFO_KIND))
    return {
        "index": index,
        "loopback": bool(flags & 0x8),
        "name": _string(attributes.get(_NAME)) or f"#{index}",
        "mac": mac(attributes.get(_ADDRESS)),
        "permanent_mac": mac(attributes.get(_PERM)) or mac(slave.get(_SLAVE_PERM)),
        "mtu": _number(attributes.get(_MTU)),
        "carrier": _number(attributes.get(_CARRIER)),
        "master": _number(attributes.get(_MASTER)),
        # The index of a parent in another network namespace means nothing here.
        "parent": None if _NETNSID in attributes else _number(attributes.get(_LINK)),
        "kind": kind_name,
        "vlan_id": _number(data.get(_VLAN_ID)) if kind_name == "vlan" else None,
        "bond_mode": _number(data.get(_BOND_MODE)) if kind_name == "bond" else None,
    }


def _address(payload):
    if len(payload) < 8:
        raise source.ParseError("netlink: an address's message is cut short")
    family, prefix, flags, _, index = struct.unpack_from("=BBBBI", payload)
    attributes = _attributes(payload[8:])
    # On a point-to-point link "address" is the other end's, "local" ours.
    octets = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS)
    length, make = _FAMILIES.get(family, (None, None))
    if make is None or octets is None or len(octets) != length:
        return None
    known = _number(attributes.get(_IFA_FLAGS))
    return {
        "index": index,
        "version": 4 if family == socket.AF_INET else 6,
        "address": f"{make(octets)}/{prefix}",
        "flags": flags if known is None else known,
    }


def _string(octets):
    return octets.rstrip(b"\0").decode("utf-8", "replace") or None if octets else None


def _number(octets):
    return int.from_bytes(octets, "little" if _LITTLE else "big") if octets else None


_LITTLE = struct.pack("=H", 1) == b"\1\0"
