"""Addresses as people write them, in the one form in which collectors tell them. No database."""

import ipaddress
import re

from cmdb_api.services.facts import IPV4, MAC

# Of Ethernet, and the eight octets of InfiniBand.
_OCTETS = (6, 8)
_HEX = "[0-9a-f]"
_MACS = (
    f"{_HEX}{{2}}(:{_HEX}{{2}})+",
    f"{_HEX}{{2}}(-{_HEX}{{2}})+",
    f"{_HEX}{{4}}(\\.{_HEX}{{4}})+",
)
_MAC = re.compile("|".join((*_MACS, f"{_HEX}+")))
# With * and ? for what may be any.
_PATTERN = re.compile(r"(?=.*[*?])[0-9a-f:.*?-]+")
_ONE = {
    IPV4: "an IPv4 address like 192.0.2.7",
    MAC: "a hardware address like 02:00:00:00:00:01, with :, - or .",
}
_SEVERAL = {MAC: "hardware addresses like 02:00:00:00:00:01, with :, - or ."}
_IP = "like 192.0.2.7 or 2001:db8::7, without prefix length"


def read(form, text):
    """Return an address of a form in the usual spelling, or a pattern; None where it is none."""
    low = text.lower()
    if _PATTERN.fullmatch(low):
        return low
    if form == MAC:
        return _mac(low)
    try:
        found = ipaddress.ip_address(low)
    except ValueError:
        return None
    fits = not getattr(found, "scope_id", None) and (form != IPV4 or found.version == 4)
    return str(found) if fits else None


def wanted(form, *, several):
    """Return in words what addresses of a form are."""
    if several:
        return _SEVERAL.get(form) or f"IP addresses {_IP}"
    return _ONE.get(form) or f"an IP address {_IP}"


def _mac(low):
    digits = re.sub("[:.-]", "", low)
    if not _MAC.fullmatch(low) or len(digits) not in [2 * count for count in _OCTETS]:
        return None
    return ":".join(digits[at : at + 2] for at in range(0, len(digits), 2))
