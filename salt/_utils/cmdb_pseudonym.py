"""Stand-ins for what names a machine: the same for the same value, of the same shape.

``Pseudonyms`` has a secret of its own, so two bundles have nothing in common and no stand-in can
be undone by trying values. Addresses that two machines or interfaces share a network with still
do; a MAC is a MAC (02:…), IPv4 is in 10.0.0.0/8, IPv6 in 2001:db8::/32 or link-local as before.
"""

import hashlib
import hmac
import ipaddress
import os
import string

_SEPARATORS = {ord(each): None for each in "-:. _"}
# Where clouds answer a guest's questions, the same in all of them.
_METADATA = int(ipaddress.IPv4Address("169.254.169.254"))
_HEX = frozenset(string.hexdigits)
_LINK_LOCAL = ipaddress.IPv6Network("fe80::/10")
_DOCUMENTATION = 0x20010DB8 << 96
_NUMBERED = 1 << 8
_RESERVED = 240


class Pseudonyms:
    """The stand-ins of one bundle; each method takes and returns one form of value."""

    def __init__(self, secret=None):
        self.secret = secret or os.urandom(32)
        self.networks = {4: {}, 6: {}}
        self.words = {}

    def word(self, token):
        """Return as many characters, each of its class and case; hex digits stay hex digits."""
        # With and without its dashes or colons an identifier is the same.
        plain = token.lower().translate(_SEPARATORS)
        if plain not in self.words:
            self.words[plain] = self._word(plain)
        new = iter(self.words[plain])
        made = (old if ord(old) in _SEPARATORS else next(new) for old in token.lower())
        return "".join(new.upper() if old.isupper() else new for old, new in zip(token, made))

    def name(self, token):
        """Return a name label by label, so that a host's domain has one stand-in everywhere."""
        return ".".join(self.word(label) if label else "" for label in token.split("."))

    def mac(self, octets):
        """Return the six bytes of another hardware address, a locally administered one."""
        return b"\x02" + self._hash(b"mac", octets)[:5]

    def eui64(self, digits):
        """Return 16 hex digits or more; the first, which says how the others are made, stays."""
        return digits[0] + self.word(digits)[1:]

    def octets(self, octets):
        """Return the bytes of another hardware address of the same sort."""
        if len(octets) == 6:
            return self.mac(octets)
        # InfiniBand's have 20; the last eight are the port's GUID.
        return octets[:-8] + bytes.fromhex(self.eui64(octets[-8:].hex()))

    def ip(self, address):
        """Return an address in the stand-in of its network; special ones stay what they are."""
        if is_special(address):
            return address
        make = self._ipv4 if address.version == 4 else self._ipv6
        return make(int(address))

    def _word(self, plain):
        letters = 6 if len(plain) >= 8 and _HEX.issuperset(plain) else 26
        taken = set(self.words.values())
        for turn in range(100):
            stream = self._stream(b"word%d" % turn, plain.encode(), len(plain))
            new = "".join(map(_like, plain, stream, [letters] * len(plain)))
            if new != plain and new not in taken and new not in self.words:
                break
        # A value so short that no other is left shares one.
        return new

    def _ipv4(self, number):
        count = self._numbered(4, number >> 16)
        first = 10 if count < _NUMBERED else _RESERVED + (count // _NUMBERED - 1) % 15
        high = first << 8 | count % _NUMBERED
        return ipaddress.IPv4Address(high << 16 | self._low(number, 32, 16))

    def _ipv6(self, number):
        if ipaddress.IPv6Address(number) in _LINK_LOCAL:
            low = self._low(number, 128, 64)
            return ipaddress.IPv6Address(number >> 64 << 64 | low)
        site = self._numbered(6, number >> 80) & 0xFFFF
        return ipaddress.IPv6Address(_DOCUMENTATION | site << 80 | self._low(number, 128, 80))

    def _low(self, number, width, count):
        """Return the lowest ``count`` bits, each flipped by what is above it: networks are kept."""
        low = 0
        for shift in range(count - 1, -1, -1):
            above = (number >> shift + 1).to_bytes(16, "big")
            flip = self._hash(b"bit%d,%d" % (width, shift), above)[0] & 1
            low = low << 1 | (number >> shift & 1 ^ flip)
        return low

    def _numbered(self, version, network):
        known = self.networks[version]
        return known.setdefault(network, len(known))

    def _stream(self, purpose, value, length):
        chunks = (self._hash(purpose + b"#%d" % n, value) for n in range(length // 32 + 1))
        return b"".join(chunks)[:length]

    def _hash(self, purpose, value):
        return hmac.new(self.secret, purpose + b"\0" + value, hashlib.sha256).digest()


def is_special(address):
    """Return whether an address is the same on every machine: loopback, multicast, masks."""
    if address.version == 4:
        number = int(address)
        return number >> 24 in (0, 127) or number >> 28 >= 0xE or number == _METADATA
    return int(address) <= 1 or address.is_multicast or address.ipv4_mapped is not None


def _like(character, byte, letters):
    if character in string.digits:
        return chr(ord("0") + byte % 10)
    if character in string.ascii_lowercase:
        return chr(ord("a") + byte % letters)
    # A letter of another alphabet may be a part of a name.
    return character if character.isascii() else "x"
