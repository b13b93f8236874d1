"""Whether a report was signed with the key of the host that it tells of."""

import hmac

from cmdb_api.errors import Forbidden, Unauthorized
from cmdb_api.services.canonical import host_key


def secrets(settings):
    """Return the master secrets that are valid: hosts' keys are of one of them."""
    both = settings["MASTER_SECRET"], settings["MASTER_SECRET_PREVIOUS"]
    return [secret for secret in both if secret]


def check(signed, generation, secrets, what="report"):
    """
    Return when something is signed right by its host under one of the master secrets.

    ``generation`` is that of the host's key, or several. Raises Unauthorized where the signature is
    missing, Forbidden where it is wrong.
    """
    host = signed.id
    if not signed.sig:
        raise Unauthorized(f"the {what} is not signed; it needs a sig made with {host}'s host key")
    given = signed.sig.encode("utf-8", "surrogatepass")
    message = signed.signed_text.encode("ascii")
    for number in (generation,) if isinstance(generation, int) else generation:
        for secret in secrets:
            key = host_key(secret, host, number).encode()
            if hmac.compare_digest(hmac.digest(key, message, "sha256").hex().encode(), given):
                return
    raise Forbidden(
        f"the signature is not {host}'s: the {what} is for another host than the key's, the key "
        f"was revoked, or the {what} was altered; 'cmdb key {host}' prints the right key. Where "
        f"Salt hands keys out: salt {host} saltutil.refresh_pillar; where that does not help, the "
        "master's secret_file is not this API's MASTER_SECRET"
    )
