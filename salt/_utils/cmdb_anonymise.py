"""A captured bundle without what names the machine, its parts, its network and its people.

``anonymise(content, report)`` gives the content of another bundle that replays to the same items
but for these values (``cmdb_identifiers`` finds them), each with one stand-in (``cmdb_pseudonym``)
wherever and in whatever form it stands: as text, in a path or an argument, as bytes of a netlink
answer or of the SMBIOS table, a UUID also with its first half in little-endian. SSH keys become
other keys, with other fingerprints.
"""

import base64
import ipaddress
import json
import re

import cmdb_identifiers as identifiers
import cmdb_pseudonym as pseudonym
import cmdb_replay as replay
import cmdb_text as clean

# What of an SSH key's bytes says its type and size, not which key it is.
_SSH_HEADS = {b"ssh-ed25519": 19, b"ssh-rsa": 24}
_SSH_HEAD = 40


def anonymise(content, report, secret=None):
    """Return a bundle's content with stand-ins for what ``report``, built from it, names."""
    return Anonymiser(content, report, secret).bundle()


class Anonymiser:
    """One bundle's values and their stand-ins."""

    def __init__(self, content, report, secret=None):
        self.content = content
        self.stand_ins = pseudonym.Pseudonyms(secret)
        self.found = identifiers.Identifiers(self.stand_ins)
        self.found.learn_report(report)
        self.found.learn_answers(content)
        self.packed_pattern = _any_of(self.found.packed)
        self.ipv4_pattern = _any_of(self.found.packed_ipv4)
        self.patterns = {}

    def bundle(self):
        """Return the whole content, in the form of the one that was given."""
        made = dict(self.content, anonymised=True)
        for verb in ("read", "glob", "link"):
            asked = self.content[verb].items()
            made[verb] = {self.text(path): self._answer(kept) for path, kept in asked}
        for verb in ("run", "ask"):
            asked = self.content[verb].items()
            made[verb] = {
                json.dumps(self._plain(json.loads(words))): self._answer(kept, verb == "ask")
                for words, kept in asked
            }
        return made

    def text(self, text, same_length=False):
        """Return a text with the stand-ins in it."""
        plain = text.lower()
        present = tuple(
            sorted((each for each in self.found.known if each in plain), key=_longest_first)
        )
        if present not in self.patterns:
            words = "".join(f"|{self.found.known[each][1]}" for each in present)
            self.patterns[present] = re.compile(identifiers.PATTERNS + words, identifiers.FLAGS)
        return self.patterns[present].sub(lambda match: self._match(match, same_length), text)

    def octets(self, octets, asked=False):
        """Return bytes with the stand-ins in them; where they are no text, as many bytes."""
        if b"\0" not in octets:
            try:
                return self.text(octets.decode("utf-8")).encode("utf-8")
            except UnicodeDecodeError:
                return self.text(octets.decode("latin-1")).encode("latin-1", "replace")
        if self.found.packed:
            octets = self.packed_pattern.sub(lambda m: self.found.packed[m.group()], octets)
        if self.found.packed_ipv4 and asked:
            octets = self.ipv4_pattern.sub(self._aligned, octets)
        return self.text(octets.decode("latin-1"), same_length=True).encode("latin-1")

    def _answer(self, kept, asked=False):
        if "error" in kept:
            return {**kept, "error": self.text(kept["error"])}
        return {"value": self._value(kept["value"], asked)} if "value" in kept else kept

    def _value(self, value, asked):
        if isinstance(value, list):
            return [self._value(each, asked) for each in value]
        if isinstance(value, str):
            return self.text(value)
        if not isinstance(value, dict):
            return value
        if "dict" in value:
            said = value["dict"].items()
            return {"dict": {self.text(name): self._value(each, asked) for name, each in said}}
        return replay.to_json(self.octets(replay.from_json(value), asked))

    def _plain(self, value):
        if isinstance(value, list):
            return [self._plain(each) for each in value]
        return self.text(value) if isinstance(value, str) else value

    def _match(self, match, same_length):
        said = match.group()
        for name, replace in _REPLACERS.items():
            if match.group(name) is not None:
                return replace(self, match, same_length)
        return _cased(said, self.found.known[said.lower()][0])

    def _replace_uuid(self, match, _):
        # A placeholder, or one that its maker wrote into every board, stays what it is.
        return (
            match.group()
            if clean.uuid(match.group()) is None
            else self.stand_ins.word(match.group())
        )

    def _replace_octets(self, match, _):
        said = match.group()
        octets = bytes.fromhex(re.sub("[^0-9a-fA-F]", "", said))
        if not any(octets) or set(octets) == {255}:
            return said
        digits = iter(self.stand_ins.octets(octets).hex())
        made = "".join(old if old in ":-." else next(digits) for old in said)
        return _cased(said, made)

    def _replace_ip(self, match, same_length):
        said = match.group()
        try:
            address = ipaddress.ip_address(said)
        except ValueError:
            return said
        if said in self.found.versions and address not in self.found.addresses:
            return said
        new = str(self.stand_ins.ip(address))
        if same_length and len(new) != len(said):
            return said if new == str(address) else re.sub("[0-9a-fA-F]", "0", said)
        return new

    def _replace_wwn(self, match, _):
        said = match.group()
        digits = match.group("digits") or said
        if not digits.strip("0"):
            return said
        return said[: -len(digits)] + self.stand_ins.eui64(digits)

    def _replace_ssh(self, match, _):
        said = match.group()
        octets = base64.b64decode(said[: len(said) // 4 * 4])
        head = next((n for name, n in _SSH_HEADS.items() if octets[4:].startswith(name)), _SSH_HEAD)
        keep = (head + 2) // 3 * 4
        return said[:keep] + self.stand_ins.word(said[keep:].rstrip("=")) + "=" * said.count("=")

    def _aligned(self, match):
        return match.group() if match.start() % 4 else self.found.packed_ipv4[match.group()]


_REPLACERS = {
    "uuid": Anonymiser._replace_uuid,
    "octets20": Anonymiser._replace_octets,
    "octets8": Anonymiser._replace_octets,
    "mac": Anonymiser._replace_octets,
    "cisco": Anonymiser._replace_octets,
    "ipv6": Anonymiser._replace_ip,
    "ipv4": Anonymiser._replace_ip,
    "wwn": Anonymiser._replace_wwn,
    "ssh": Anonymiser._replace_ssh,
}


def _cased(said, new):
    return new.upper() if said.isupper() else new


def _longest_first(word):
    return -len(word), word


def _any_of(packed):
    return re.compile(b"|".join(map(re.escape, sorted(packed, key=len, reverse=True))), re.DOTALL)
