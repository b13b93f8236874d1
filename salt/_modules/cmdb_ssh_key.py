"""Keys of SSH: the host's own and, when asked, those that let people in.

Source: /etc/ssh/ssh_host_*_key.pub; with the option ``authorized``: true also each account's
~/.ssh/authorized_keys (needs root). Public parts only: a private key is never opened.

===========  ====  ========================================================================
place        str   the file of a host key; of an authorised one "USER FINGERPRINT"; the identity
use          str   "host" or "authorized"
type         str   "ssh-ed25519", "ssh-rsa" …
bits         int   size of the key
fingerprint  str   "SHA256:…", as ssh-keygen shows it
comment      str   what its maker wrote behind it
user         str   of an authorised key: whose account it opens
options      list  of an authorised key: names of the options that bound it, "from", "command"
===========  ====  ========================================================================
"""

import base64
import binascii
import hashlib
import re

import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["place"]

HOST_KEYS = ("/etc/ssh/ssh_host_*_key.pub", "/usr/local/etc/ssh/ssh_host_*_key.pub")
FILES = (".ssh/authorized_keys", ".ssh/authorized_keys2")
# Where the type alone says the size.
BITS = {"ssh-ed25519": 256, "ssh-ed448": 448, "ssh-dss": 1024}
_TYPE = r"(?:ssh|ecdsa|sk)-[a-z0-9@.-]{2,60}"
_KEY = re.compile(rf"(?:^|\s)({_TYPE})[ \t]+([A-Za-z0-9+/]{{40,20000}}={{0,2}})(?:[ \t]+(.*))?$")
_OPTION = re.compile(r'([A-Za-z][A-Za-z0-9-]*)(?:="(?:[^"\\]|\\.)*")?(?:,|\s*$)')


def collect():
    """
    Return this machine's SSH keys.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_ssh_key.collect
    """
    paths = [path for pattern in HOST_KEYS for path in source.glob(pattern)]
    items = []
    for path in paths:
        items += parse(source.read(path) or "", path)
    if source.option("authorized"):
        items += _authorized()
    if not paths and not items:
        raise source.Unavailable("no host key of an SSH server is on this machine")
    return items


def parse(said, path):
    """Turn a host key's public file into its item; raises ParseError where it holds none."""
    for line in said.splitlines():
        found = _read(line)
        if found:
            return [{"place": path, "use": "host", **found}]
    raise source.ParseError(f"{path}: no public key in it")


def parse_authorized(said, user, path=FILES[0]):
    """Turn an account's file of authorised keys into items; a line that is none is a problem."""
    items = {}
    for number, line in enumerate(said.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        found = _read(line)
        if found:
            place = f"{user} {found['fingerprint']}"
            item = {"place": place, "use": "authorized", **found, "user": user}
            items.setdefault(place, {**item, "options": _options(line)})
        else:
            source.problem(f"{path} of {user}, line {number}: no public key")
    return list(items.values())


def _read(line):
    match = _KEY.search(line)
    if not match:
        return None
    kind, encoded, comment = match.groups()
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    parts = _parts(blob)
    if not parts or parts[0] != kind.encode("ascii", "replace"):
        return None
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode("ascii").rstrip("=")
    return {
        "type": kind,
        "bits": _bits(kind, parts),
        "fingerprint": f"SHA256:{digest}",
        "comment": text.clean(comment),
    }


def _parts(blob):
    """Return the strings that a key's blob is made of, nothing where it is cut short."""
    parts, start = [], 0
    while start + 4 <= len(blob):
        end = start + 4 + int.from_bytes(blob[start : start + 4], "big")
        if end > len(blob):
            return []
        parts.append(blob[start + 4 : end])
        start = end
    return parts if start == len(blob) else []


def _bits(kind, parts):
    curve = re.search(r"nistp(\d{3})", kind)
    if curve:
        return int(curve.group(1))
    if kind == "ssh-rsa" and len(parts) == 3:
        return int.from_bytes(parts[2], "big").bit_length()
    return BITS.get(kind.replace("sk-", "").partition("@")[0])


def _options(line):
    """Return the names of the options before a key."""
    before = line[: _KEY.search(line).start(1)].strip()
    return sorted({match.group(1).lower() for match in _OPTION.finditer(before)})


def _authorized():
    items = []
    for line in (source.read("/etc/passwd") or "").splitlines():
        fields = line.split(":")
        if len(fields) != 7 or not fields[5].startswith("/") or not text.clean(fields[0]):
            continue
        known = set()
        for file in FILES:
            said = source.read(f"{(text.clean(fields[5]) or '').rstrip('/')}/{file}")
            found = parse_authorized(said or "", text.clean(fields[0]), file)
            items += [item for item in found if item["place"] not in known]
            known |= {item["place"] for item in found}
    return text.unique(items, "place")
