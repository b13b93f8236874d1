"""The canonical form of a report: key text, digest, host key and signature.

Pure functions; ``docs/report.vectors.json`` holds examples that both sides' tests use.
"""

import hashlib
import hmac
import json
from json.encoder import encode_basestring_ascii as _quoted

# Of a section these travel only with its items; the digest stands for them in the signature.
WITH_ITEMS = ("items", "key", "serial")
# Of a report these are added by whoever delivers it.
UNSIGNED = ("sig", "age_ms")


def dumps(value):
    """Return the canonical JSON of plain data; raises ValueError on NaN and infinity."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def place(item, key):
    """Return the text that names an item's place on its host, unique within a section.

    One text field stands for itself; otherwise it is the canonical JSON of the fields' values.
    """
    if len(key) == 1:
        value = item.get(key[0])
        if isinstance(value, str) and not value.startswith("["):
            return value
    return key_text(item, key)


def ordered(items, key):
    """Return the items without None fields, in canonical order."""
    kept = [{name: value for name, value in item.items() if value is not None} for item in items]
    texts = [key_text(item, key) for item in kept]
    order = sorted(range(len(kept)), key=texts.__getitem__)
    if len(set(texts)) < len(texts):
        order.sort(key=lambda number: (texts[number], dumps(kept[number])))
    return [kept[number] for number in order]


def digest(items, key):
    """Return the sha256, in hex, of a section's stable items."""
    return digest_of(ordered(items, key))


def digest_of(items):
    """Return the digest of items that are in canonical order and hold no None."""
    return hashlib.sha256(dumps(items).encode("ascii")).hexdigest()


def key_text(item, key):
    """Return the canonical JSON of the key's values; most keys are text, where this is quicker."""
    try:
        return f"[{','.join([_quoted(item[field]) for field in key])}]"
    except (KeyError, TypeError):
        return dumps([item.get(field) for field in key])


def host_key(secret, host, generation=1):
    """Return a host's key: 64 hex digits derived from the master secret."""
    message = f"{host.lower()}\n{generation}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signed_part(report):
    """Return the part of a report, or of a registration, that its signature covers."""
    part = {name: value for name, value in report.items() if name not in UNSIGNED}
    if "sections" in report:
        part["sections"] = {
            kind: {name: value for name, value in section.items() if name not in WITH_ITEMS}
            for kind, section in report["sections"].items()
        }
    return part


def sign(report, key):
    """Return the HMAC-SHA256, in hex, of a report under a host's key."""
    message = dumps(signed_part(report)).encode("ascii")
    return hmac.new(key.encode(), message, hashlib.sha256).hexdigest()
