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
# What somebody types of an address, as far as they know it: some octets or groups from its start.
_IPV4_START = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3}){0,3}\.?")
_IPV6_START = re.compile(f"(?=.*:)(?!0){_HEX}{{1,4}}(:{_HEX}{{1,4}}){{0,7}}(::?)?")
_MAC_STARTS = re.compile(
    f"{_HEX}{{2}}(:{_HEX}{{2}})*(:{_HEX}?)?"
    f"|{_HEX}{{2}}(-{_HEX}{{2}}){{2,}}(-{_HEX}?)?"
    f"|{_HEX}{{4}}(\\.{_HEX}{{4}})*\\.{_HEX}{{0,4}}"
    f"|{_HEX}{{6,}}"
)
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


def beginnings(text):
    """
    Return what an address may begin with of which this is the first part, in the usual spellings.

    None of a whole address, which is itself alone, nor of what is the first part of none.
    """
    low = text.lower()
    if _mac(low) or (read(None, low) and not low.endswith("::")):
        return []
    found = [low] if _IPV4_START.fullmatch(low) and "." in low and _are_octets(low) else []
    if _IPV6_START.fullmatch(low):
        found += _ipv6_starts(low)
    if _MAC_STARTS.fullmatch(low):
        digits = re.sub("[:.-]", "", low)
        found.append(":".join(digits[at : at + 2] for at in range(0, len(digits), 2)))
    return list(dict.fromkeys(found))


def _are_octets(text):
    return all(int(octet) < 256 for octet in text.rstrip(".").split("."))


def _ipv6_starts(low):
    """Return the beginnings without zeros that lead a group, and with groups of zeros left out."""
    groups = re.sub(r"\b0+(?=[0-9a-f]*(:|$))(?=[0-9a-f])", "", low)
    return [groups, re.sub(r"(:0)+(:|$)", "::", groups, count=1)]


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
