"""What is told of an identity that is another than before: see ``identity``."""

from cmdb_api.errors import IdentityConflict
from cmdb_api.models.finding import IDENTITY
from cmdb_api.services import carriers, evidence, findings, times
from cmdb_api.services.canonical import dumps
from cmdb_api.services.findings import Cause

CONFLICT, REPLACED = "conflict", "replaced"


def mark(found):
    """Return what evidence is remembered by."""
    return findings.digest(dumps(evidence.listed(found)))[:8]


def of(judgement, subject, message):
    """Return the Cause that an identity is beside the one that was known."""
    asset, told = judgement.asset, evidence.plain(judgement.comparison)
    known = {
        "identifiers": evidence.listed(judgement.was),
        "reported_at": times.text(asset.reported_at),
    }
    new = {
        "identifiers": evidence.listed(judgement.now),
        "reported_at": times.text(judgement.collected_at),
        "via": judgement.envelope.via,
        "mark": mark(judgement.found),
    }
    return Cause(
        fingerprint=findings.fingerprint(asset.asset_id, f"{IDENTITY}:{subject}"),
        kind=IDENTITY,
        hostname=asset.hostname,
        message=message,
        evidence=told | {"known": known, "new": new},
        cause=f"{subject} {dumps(told['differs'])}",
        asset_id=asset.asset_id,
        subject=subject,
    )


def conflict(judgement):
    """Return the error for the report of a machine beside which another bears its name."""
    host, seen = judgement.asset.hostname, times.text(judgement.asset.reported_at)
    names = _names(judgement)
    also = f" (which is {' or '.join(names)} too)" if names else ""
    text = (
        f"two machines report as {host}: the one that is known, last at {seen}, and another{also}, "
        "whose reports are refused"
    )
    cause = of(judgement, CONFLICT, text)
    cause.evidence["also_known_as"] = names
    return IdentityConflict(
        f"another machine reported as {host} at {seen}: {'; '.join(cause.evidence['reasons'])}. "
        "Give one of the two another minion id; if this one is the right one, decide 'replace' for "
        f"the finding of {host}",
        finding=cause,
    )


def _names(judgement):
    """Return what else the machine that reports is called: by itself, or in the record."""
    asset, identity = judgement.asset, judgement.envelope.identity
    found = carriers.of_identity(
        judgement.session, identity, common=judgement.common, apart_from=asset.asset_id
    )
    names = [identity.get("hostname"), *(each["hostname"] for each in found)]
    return [name for name in dict.fromkeys(names) if name and name != asset.hostname]
