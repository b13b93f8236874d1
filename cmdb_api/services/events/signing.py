"""Signs what is posted, as https://www.standardwebhooks.com specifies."""

import base64
import hashlib
import hmac
import json
import secrets

from cmdb_api.version import VERSION

PREFIX = "whsec_"
_SECRET_BYTES = 32


def new_secret():
    """Return a new secret, as receivers keep it."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def body(event):
    """Return an event as it is posted."""
    return json.dumps(event, separators=(",", ":")).encode("ascii")


def headers(event_id, content, moment, keys):
    """Return the headers of a post; each of the secrets signs it, so that a new one can come."""
    stamp = str(int(moment.timestamp()))
    return {
        "Content-Type": "application/json",
        "User-Agent": f"salt-cmdb/{VERSION}",
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(_sign(key, event_id, stamp, content) for key in keys),
    }


def _sign(secret, event_id, stamp, content):
    key = base64.b64decode(secret.removeprefix(PREFIX))
    signed = hmac.new(key, f"{event_id}.{stamp}.".encode() + content, hashlib.sha256)
    return "v1," + base64.b64encode(signed.digest()).decode()
