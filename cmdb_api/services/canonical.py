"""The canonical form of a report: the place of an item, digest, host key and signature.

Pure functions, the API's half of schema 1; ``docs/report.vectors.json`` proves that the minion's
half says the same.
"""

import hashlib
import hmac
import json

# Of a section these travel only with its items; the digest stands for them in the signature.
WITH_ITEMS = ("items", "key", "serial")
# Of a report these are added by whoever delivers it.
UNSIGNED = ("sig", "age_ms")


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
)


def dumps(value):
    """Return the canonical JSON of plain data; raises ValueError on NaN and infinity."""
    return _ENCODER.encode(value)


def place(item, key):
    """Return the text that names an item's place on its host; see the schema's description."""
    values = [item.get(field) for field in key]
    if len(values) == 1 and isinstance(values[0], str) and not values[0].startswith("["):
        return values[0]
    return dumps(values)


def digest(items, key):
    """Return the sha256, in hex, of a section's stable items."""
    rows = []
    for item in items:
        stable = {name: value for name, value in item.items() if value is not None}
        rows.append((dumps([stable.get(field) for field in key]), dumps(stable)))
    text = "[" + ",".join(row for _, row in sorted(rows)) + "]"
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def host_key(secret, host, generation=1):
    """Return a host's key: 64 hex digits derived from the master secret."""
    message = f"{host.lower()}\n{generation}".encode()
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def signed_text(report):
    """Return the text that the signature of a report, or of a registration, covers."""
    part = {name: value for name, value in report.items() if name not in UNSIGNED}
    if "sections" in report:
        part["sections"] = {
            kind: _signed_section(section) for kind, section in report["sections"].items()
        }
    return dumps(part)


def _signed_section(section):
    if not isinstance(section, dict):
        return section
    return {name: value for name, value in section.items() if name not in WITH_ITEMS}


def sign(report, key):
    """Return the HMAC-SHA256, in hex, of a report under a host's key."""
    return hmac.new(key.encode(), signed_text(report).encode("ascii"), hashlib.sha256).hexdigest()
