"""Whether a report is let in: of hosts that nobody registered, and of those that are out.

Its signature is checked first. What is refused then is told as a finding.
"""

from cmdb_api.errors import Ignored, Retired, UnknownHost
from cmdb_api.models import Asset
from cmdb_api.models.asset import ACCEPTED, IGNORED, RETIRED, REVIEW
from cmdb_api.models.finding import UNKNOWN_HOST
from cmdb_api.services import aliases, findings, generations, locking, names, signatures, strangers

REFUSE = "refuse"
# A host that is out may still sign with one of so many keys.
KEYS = 100


def admit(session, envelope, received_at, settings):
    """
    Return the locked asset that a report is rightly signed for; a new one may be made.

    Raises Unauthorized or Forbidden.
    """
    asset = locking.find(session, envelope.id)
    check(session, envelope, asset, received_at, settings)
    if asset is None and (form := names.common(session, envelope.id)):
        # At this moment another report may make an asset of the other form of the name.
        locking.hold_names(session, form, envelope.id)
        if asset := locking.find(session, envelope.id):
            check(session, envelope, asset, received_at, settings)
    if asset is None:
        return _unknown(session, envelope, received_at, settings)
    if names.key(envelope.id) != names.key(asset.hostname):
        return aliases.keep_form(session, asset, envelope.id)
    return asset


def check(session, signed, asset, received_at, settings, what="report"):
    """Raise where what a host signed is not signed right, or where the host is out."""
    secrets = signatures.secrets(settings)
    newest = asset.key_generation if asset else generations.of(session, names.key(signed.id))
    if asset is None or not is_out(asset):
        signatures.check(signed, newest, secrets, what)
        return
    # Its key was revoked: most likely it signs with one of those before.
    signatures.check(signed, range(newest, max(newest - KEYS, 0), -1), secrets, what)
    if asset.standing == IGNORED:
        raise Ignored(
            f"{asset.hostname} is ignored: a person decided that it is none of ours; to take it in "
            f"all the same: cmdb asset register {asset.hostname}"
        )
    since = session.get(Asset, asset.asset_id).state_at
    cause = strangers.retired(signed, asset, since, received_at) if what == "report" else None
    told = f"{asset.hostname} is retired{strangers.since(since)}, and its {what}s are refused"
    back = f"to take it back: cmdb asset set {asset.hostname} state=planned"
    raise Retired(f"{told}; {back}", finding=cause)


def is_out(asset):
    """Tell whether nothing is taken of an asset."""
    return asset.state == RETIRED or asset.standing == IGNORED


def _unknown(session, envelope, received_at, settings):
    """Return the new asset of a host that nobody registered; raises UnknownHost."""
    name, way = envelope.id, settings["UNKNOWN_HOSTS"]
    alike = names.candidates(session, name)
    if way == REFUSE:
        told = f"register it with: cmdb asset register {name} (or POST /api/v1/assets)"
        cause = strangers.unknown(session, envelope, received_at, alike)
        raise UnknownHost(f"{name} is not registered; {told}", finding=cause)
    asset = locking.add(session, name, standing=REVIEW if way == "review" else ACCEPTED)
    # Somebody else may have made it a moment ago.
    check(session, envelope, asset, received_at, settings)
    if asset.standing == REVIEW or alike:
        cause = strangers.unknown(session, envelope, received_at, alike, asset.asset_id)
        findings.raise_(session, cause)
    else:
        findings.close(session, findings.fingerprint(name, UNKNOWN_HOST))
    return asset
