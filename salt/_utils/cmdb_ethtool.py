"""What a network card's driver tells by the kernel's ethtool interface, as bytes and plain dicts.

``driver`` and ``port`` are for every card; ``module`` is the memory of what is plugged into its
cage (``cmdb_transceiver`` decodes it). Each raises OSError where the driver does not know.
"""

import array
import socket
import struct

import cmdb_text as text

SIOCETHTOOL = 0x8946
_SETTINGS, _DRIVER, _MODULE_INFO, _MODULE_MEMORY = 0x01, 0x03, 0x42, 0x43
_SETTINGS_BYTES, _DRIVER_BYTES, _MODULE_INFO_BYTES = 44, 196, 44
# Of the kinds of port, fibre and direct attached cable.
MODULES = (3, 5)
# Identity is in the first page; what comes after it are measurements.
_PAGE_BYTES = 256


def driver(name):
    """Return the kernel's description of an interface's driver."""
    return _ask(name, struct.pack("=I", _DRIVER), _DRIVER_BYTES)


def port(name):
    """Return the number of an interface's kind of port."""
    return _ask(name, struct.pack("=I", _SETTINGS), _SETTINGS_BYTES)[15]


def module(name):
    """Return the first page of the memory of the module in an interface's cage."""
    told = _ask(name, struct.pack("=I", _MODULE_INFO), _MODULE_INFO_BYTES)
    size = min(struct.unpack_from("=I", told, 8)[0], _PAGE_BYTES)
    head = struct.pack("=IIII", _MODULE_MEMORY, 0, 0, size)
    return _ask(name, head, len(head) + size)[len(head) :]


def parse_driver(answer):
    """Turn the description of a driver into its name, version, firmware; None where it lacks one.

    Drivers without a version of their own have the kernel's.
    """
    words = [answer[start : start + 32] for start in (4, 36, 68)]
    said = [word.partition(b"\0")[0].decode("utf-8", "replace") for word in words]
    return dict(zip(("driver", "version", "firmware"), map(text.value, said)))


def _ask(name, request, size):
    """Return the kernel's answer to one request about an interface, ``size`` bytes."""
    # Here and not above: every job loads this module, a replay never asks.
    import fcntl

    buffer = array.array("B", request.ljust(size, b"\0"))
    pointed = struct.pack("16sP", name.encode()[:15], buffer.buffer_info()[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as talk:
        fcntl.ioctl(talk, SIOCETHTOOL, pointed.ljust(40, b"\0"))
    return buffer.tobytes()
