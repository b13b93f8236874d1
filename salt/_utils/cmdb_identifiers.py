"""What names a machine, its parts, its network and its people, in a report and a captured bundle.

Two ways to find it: what the report has in a field that by its name holds such a value, and what
looks like one anywhere: hardware and IP addresses, UUIDs, world wide names.
"""

import ipaddress
import json
import re

import cmdb_netlink as netlink
import cmdb_pseudonym as pseudonym
import cmdb_replay as replay
import cmdb_source as source
import cmdb_text as clean

# Fields that hold what has no form of its own.
_OPAQUE = (
    r"(?:.*_)?(?:serials?|serial_number|uuids?|wwns?|wwid|e?guid|nguid|eui|machine_id|iqn"
    r"|tag|fingerprint|instance_id|account_id|licen[cs]e_key)"
)
_NAMES = (
    r"(?:.*_)?(?:hostname|fqdn|domain|system_name|switch(?:_name)?|neighbou?r(?:_name)?"
    r"|chassis_id|contact|full_name|gecos|comment|home|user)"
)
_BARE_WWN = r"(?:.*_)?(?:wwn|wwid|sas_address|eui|nguid)"
# Kinds whose items are named for machines or people.
_NAMED = {"guest": "name", "user": "name"}
_FIRST_PERSON = 1000
_NOBODY = 65534
_VERSION = r"(?:.*_)?(?:version|firmware|revision|release|driver|kernel|bios)"
# Names that every machine has, or that say nothing.
_COMMON = frozenset({"localhost", "localdomain", "local", "root", "none", "default", "linux"})
# A shorter serial names no one thing and stands in a thousand other places; so does a shorter
# name, but for where it is a word between blanks.
_SHORTEST = 3
_SHORTEST_NAME = 2
# A value at least so long, of letters and digits, is looked for inside words too.
_SURELY_SERIAL = 6
# Where a known value is looked for.
_ANYWHERE, _WORD, _BETWEEN_BLANKS = "%s", "(?<![0-9a-z])%s(?![0-9a-z])", r"(?<!\S)%s(?!\S)"

_OCTETS = (
    r"(?<![0-9a-f:-])[0-9a-f]{2}(?P<%s>[:-])(?:[0-9a-f]{2}(?P=%s)){%d}[0-9a-f]{2}(?![0-9a-f:-])"
)
PATTERNS = "|".join(
    f"(?P<{name}>{pattern})"
    for name, pattern in {
        "uuid": r"(?<![0-9a-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-z])",
        "octets20": _OCTETS % ("s20", "s20", 18),
        "octets8": _OCTETS % ("s8", "s8", 6),
        "mac": _OCTETS % ("s6", "s6", 4),
        "cisco": r"(?<![0-9a-z.])[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}(?![0-9a-z.])",
        "ipv6": r"(?<![\w:.])(?:[0-9a-f]{1,4}(?::|::)|::)[0-9a-f:]{2,38}(?![\w:])",
        "ipv4": r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w]|\.[0-9])",
        "wwn": r"(?<![0-9a-z.])(?:0x|naa\.|eui\.|[a-z-]*-0x)(?P<digits>[0-9a-f]{16}|[0-9a-f]{32})"
        r"(?![0-9a-z])|(?<![0-9a-z.])5[0-9a-f]{15}(?![0-9a-z])",
        "ssh": r"AAAA[0-9a-z+/]{60,}={0,3}",
    }.items()
)
FLAGS = re.IGNORECASE | re.ASCII


class Identifiers:
    """The values found so far, each with its stand-in."""

    def __init__(self, stand_ins):
        self.stand_ins = stand_ins
        # Here and not above: every job loads this module, and none but a capture needs it.
        self.structured = re.compile(PATTERNS, FLAGS)
        # {text in lower case: (stand-in, the pattern that finds it)}
        self.known = {}
        self.packed = {}
        # Of the bytes of an IPv4 address there are too few to look for them everywhere.
        self.packed_ipv4 = {}
        # What looks like an IPv4 address, and is a version; unless it is an address as well.
        self.versions = set()
        self.addresses = set()

    def learn_report(self, report):
        """Learn what a report names."""
        evidence = dict(report["identity"])
        for name in (report["id"], evidence.get("hostname"), evidence.get("fqdn")):
            self._learn_name(name)
        for kind, section in {**report["sections"], "evidence": {"items": [evidence]}}.items():
            for item in _items(section):
                uid = item.get("uid", _FIRST_PERSON)
                if kind == "user" and (uid < _FIRST_PERSON or uid == _NOBODY):
                    # An account that the system brought: it is called the same everywhere.
                    continue
                if kind in _NAMED:
                    self._learn_name(item.get(_NAMED[kind]))
                for field, value in item.items():
                    for each in value if isinstance(value, list) else [value]:
                        if isinstance(each, str):
                            self._learn_field(field, each)

    def _learn_field(self, field, value):
        if re.fullmatch(_VERSION, field):
            # Four numbers with dots between them are here no address.
            found = (match.group("ipv4") for match in self.structured.finditer(value))
            self.versions.update(filter(None, found))
            return
        self._learn_structured(value)
        if field == "home":
            value = value.rpartition("/")[2] if value.startswith("/home/") else ""
        if re.fullmatch(_BARE_WWN, field) and re.fullmatch(r"[0-9a-f]{16}|[0-9a-f]{32}", value):
            self._learn_eui64(value)
        elif re.fullmatch(_OPAQUE, field) and not self.structured.search(value):
            value = value.rpartition("SHA256:")[2]
            self._learn_word(value, self.stand_ins.word(value))
        elif re.fullmatch(_NAMES, field):
            for part in value.split("@"):
                self._learn_name(part)

    def learn_answers(self, content):
        """Learn what the answers in a bundle name by its form."""
        for verb in ("read", "glob", "link", "run", "ask"):
            for question, kept in content[verb].items():
                if verb == "ask" and '"netlink"' in question:
                    self._learn_netlink(json.loads(question), kept)
                for text in _texts(kept.get("value")):
                    # An IP address there is found again by its form; half of them are versions.
                    self._learn_structured(text, _LASTING)

    def _learn_netlink(self, question, kept):
        octets = replay.from_json(kept["value"]) if "value" in kept else b""
        try:
            if netlink.ADDRESSES in question[1:]:
                for each in netlink.addresses(octets):
                    network = ipaddress.ip_interface(each["address"])
                    self._learn_ip(network.ip)
                    if network.version == 4:
                        self._learn_ip(network.network.broadcast_address)
            else:
                for each in netlink.links(octets):
                    self._learn_structured(f"{each['mac']} {each['permanent_mac']}")
        except source.ParseError:
            # What replay can't parse either, is replaced as far as it is known from elsewhere.
            return

    def _learn_structured(self, text, learners=None):
        for match in self.structured.finditer(text):
            for name, learn in (learners or _LEARNERS).items():
                if match.group(name) is not None:
                    learn(self, match.group("digits") or match.group())

    def _learn_uuid(self, said):
        if clean.uuid(said) is None:
            return
        digits = said.replace("-", "").lower()
        new = self.stand_ins.word(digits)
        self._learn_word(digits, new)
        self._pack(bytes.fromhex(digits), bytes.fromhex(new))
        self._pack(_swapped(bytes.fromhex(digits)), _swapped(bytes.fromhex(new)))

    def _learn_mac(self, said):
        octets = bytes.fromhex(re.sub("[^0-9a-fA-F]", "", said))
        if not any(octets) or octets == b"\xff" * len(octets):
            return
        new = self.stand_ins.octets(octets)
        self._know(octets.hex(), new.hex(), _ANYWHERE)
        self._pack(octets, new)

    def _learn_eui64(self, said):
        digits = re.sub("[^0-9a-f]", "", said.lower())
        if digits.strip("0") and digits.strip("f"):
            new = self.stand_ins.eui64(digits)
            self._know(digits, new, _ANYWHERE)
            self._pack(bytes.fromhex(digits), bytes.fromhex(new))

    def _learn_ip(self, said):
        try:
            address = ipaddress.ip_address(said)
        except ValueError:
            return
        self.addresses.add(address)
        if pseudonym.is_special(address):
            return
        new = self.stand_ins.ip(address).packed
        if address.version == 6:
            self._pack(address.packed, new)
            for form in (bytes, _by_words):
                self._know(form(address.packed).hex(), form(new).hex(), _ANYWHERE)
        else:
            self.packed_ipv4[address.packed] = new
            # As the kernel's tables in /proc/net write it.
            self._know(address.packed[::-1].hex(), new[::-1].hex(), _WORD)

    def _learn_name(self, value):
        if not value or not isinstance(value, str):
            return
        self._learn_structured(value)
        if self.structured.search(value):
            return
        first, _, domain = value.partition(".")
        for each in (value, first, domain if "." in domain else ""):
            if len(each) == _SHORTEST_NAME:
                self._know(each, self.stand_ins.name(each), _BETWEEN_BLANKS)
            else:
                self._learn_word(each, self.stand_ins.name(each))

    def _learn_word(self, value, new):
        if len(value) >= _SHORTEST:
            mixed = re.search("[0-9]", value) and re.search("[a-zA-Z]", value)
            self._know(value, new, _ANYWHERE if mixed and len(value) >= _SURELY_SERIAL else _WORD)

    def _know(self, value, new, where):
        plain = value.lower()
        if plain not in _COMMON:
            # The patterns know the case of ASCII letters only.
            forms = {plain} if plain.isascii() else {value, plain, value.upper()}
            words = "|".join(map(re.escape, sorted(forms)))
            self.known.setdefault(plain, (new.lower(), where % f"(?:{words})"))

    def _pack(self, octets, new):
        if len(set(octets)) > 1:
            self.packed[octets] = new


_LEARNERS = {
    "uuid": Identifiers._learn_uuid,
    "octets20": Identifiers._learn_mac,
    "octets8": Identifiers._learn_eui64,
    "mac": Identifiers._learn_mac,
    "cisco": Identifiers._learn_mac,
    "ipv6": Identifiers._learn_ip,
    "ipv4": Identifiers._learn_ip,
    "wwn": Identifiers._learn_eui64,
}
_LASTING = {name: learn for name, learn in _LEARNERS.items() if not name.startswith("ip")}


def _items(section):
    """Return a section's items and what of them is volatile."""
    return [*section.get("items", ()), *section.get("volatile", {}).values()]


def _texts(value):
    """Yield every text in an answer; bytes that are no text have none."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        if "text" in value:
            yield value["text"]
        for name, each in value.get("dict", {}).items():
            yield name
            yield from _texts(each)


def _swapped(octets):
    """Return a UUID's bytes with its first three fields in the other byte order."""
    return octets[3::-1] + octets[5:3:-1] + octets[7:5:-1] + octets[8:]


def _by_words(octets):
    """Return an IPv6 address as /proc/net/tcp6 has it: four little-endian numbers."""
    return b"".join(octets[start : start + 4][::-1] for start in range(0, 16, 4))
