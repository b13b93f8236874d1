"""Where webhooks may go: to public addresses, and to the networks that the settings allow.

A name is resolved and all its addresses are checked right before one of them is connected to; what
was checked is what is spoken to.
"""

import ipaddress
import socket
import ssl
import time
from typing import NamedTuple
from urllib.parse import urlsplit

SETTING = "WEBHOOK_ALLOWED_NETWORKS"
LONGEST = 2000
_PORTS = {"http": 80, "https": 443}
# Azure's platform answers every machine there; it is in a public network.
_PLATFORM = ipaddress.ip_address("168.63.129.16")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# All public addresses of IPv6; what is elsewhere may stand for one of IPv4, or for a site's own.
_PUBLIC_6 = ipaddress.ip_network("2000::/3")


class Refused(Exception):
    """An address is not one that webhooks may go to; says which, and what to do."""


class Target(NamedTuple):
    """Where a webhook goes."""

    scheme: str
    host: str
    port: int
    # With the query.
    path: str

    @property
    def host_header(self):
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


def parse(url):
    """Return the Target that a URL names; raises ValueError."""
    if len(url) > LONGEST or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError(f"a URL is wanted: printable ASCII, at most {LONGEST} characters")
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise ValueError("a URL is wanted, like https://hooks.example.com/cmdb")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a URL holds no user and password here; the signature proves who sends")
    if parts.fragment:
        raise ValueError("a URL has no # part here")
    try:
        host = parts.hostname.encode("idna").decode()
        port = parts.port or _PORTS[parts.scheme]
    except (UnicodeError, ValueError) as error:
        raise ValueError(f"no such host and port can be: {error}") from None
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path)


def check(target, networks):
    """Return the addresses of a target, as getaddrinfo does; raises Refused, or OSError."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    for *_, sockaddr in found:
        if not is_allowed(sockaddr[0], networks):
            raise Refused(
                f"{target.host} has the address {sockaddr[0]}, which is not a public one; where "
                f"webhooks may go there, the setting {SETTING} is to name its network"
            )
    return found


def is_allowed(text, networks):
    """Tell whether webhooks may go to an address; ``networks`` are texts like "10.1.0.0/16"."""
    meant = _meant(ipaddress.ip_address(text.partition("%")[0]))
    return _is_public(meant) or any(meant in ipaddress.ip_network(each) for each in networks)


def _meant(address):
    """Return the IPv4 address that an IPv6 address stands for, else itself."""
    if address.version == 4:
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo and teredo[1]) or address


def _is_public(address):
    if address.version == 6 and address not in _PUBLIC_6:
        return False
    return address.is_global and not address.is_multicast and address != _PLATFORM


def connect(target, networks, *, timeout, ca_file=None, opened=lambda _: None):
    """
    Return a socket that is connected to a checked address; raises Refused or OSError.

    ``opened`` is given the socket before TLS begins, so that another thread can shut it down.
    """
    end = time.monotonic() + timeout
    failure = None
    for family, kind, protocol, _, sockaddr in check(target, networks):
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(max(end - time.monotonic(), 0.1))
            made.connect(sockaddr)
            made.settimeout(timeout)
            # Head and body go in two parts: the second is not to wait for the first's receipt.
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _secured(made, target, ca_file, opened)
        except OSError as error:
            made.close()
            failure = failure or error
    raise failure or OSError(f"{target.host} has no address")


def _secured(connected, target, ca_file, opened):
    if target.scheme == "https":
        context = ssl.create_default_context(cafile=ca_file)
        more = {"server_hostname": target.host, "do_handshake_on_connect": False}
        connected = context.wrap_socket(connected, **more)
    opened(connected)
    if target.scheme == "https":
        connected.do_handshake()
    return connected
