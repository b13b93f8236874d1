"""A host that registers itself, or declares something else of itself, proven by its key."""

from cmdb_api.errors import Conflict, Forbidden, Invalid
from cmdb_api.models import Asset
from cmdb_api.models.asset import RETIRED
from cmdb_api.services import admission, aliases, assets, declared, locking, names, times
from cmdb_api.services.standing import FAR_AHEAD_MS

# Kept of a name in whose doing a change is.
LONGEST = 200


def of_host(session, given, received_at, settings):
    """
    Do as a Registration asks; return what changed and the asset as it is then.

    Whoever calls commits, or rolls back where it was to be told only. Raises CMDBError.
    """
    if not settings["HOSTS_MAY_REGISTER"]:
        raise Forbidden(
            "hosts may not register themselves here (setting HOSTS_MAY_REGISTER); on the API's "
            f"host: cmdb asset register {given.id}"
        )
    locking.begin(session)
    locked = locking.find(session, given.id)
    admission.check(session, given, locked, received_at, settings, "registration")
    asset = locked and session.get(Asset, locked.asset_id, populate_existing=True)
    _check(given, asset, received_at)
    before = assets.items(session, [asset])[asset.id] if asset else {}
    standing = asset.standing if asset else None
    registered = asset is not None and asset.registered_at is not None
    asset = _declared(session, given, asset, registered)
    after = assets.items(session, [asset])[asset.id]
    asset.registration_seq = given.seq
    changes = {
        field: {"old": before.get(field), "new": after.get(field)}
        for field in declared.FIELDS
        if before.get(field) != after.get(field)
    }
    if not registered:
        changes["standing"] = {"old": standing, "new": asset.standing}
    return {
        "result": ("changed" if changes else "unchanged") if registered else "registered",
        "changes": changes,
        "asset": _told(session, asset),
    }


def _check(given, asset, received_at):
    """Raise where a registration was sent before, or asks for what is not the host's to say."""
    if given.seq > times.to_ms(received_at) + FAR_AHEAD_MS:
        raise Invalid.of("seq", f"is more than a day ahead: set the clock of {given.id} right")
    newest = asset.registration_seq if asset else None
    if newest is not None and given.seq <= newest:
        raise Conflict.of(
            "seq",
            f"{given.seq} is not above {newest}, the number of {asset.hostname}'s last "
            "registration: one that was sent already is not taken again",
        )
    if given.declared.get("state") == RETIRED:
        raise Invalid.of("declared.state", "a host can't retire itself; a person does")


def _declared(session, given, asset, registered):
    """Register the asset or change what is declared of it; return it."""
    actor = f"{given.id[:LONGEST]} (registered itself)"
    if asset is not None and names.key(given.id) != asset.hostname_key:
        aliases.keep_form(session, locking.get(session, asset.id), given.id)
    if registered:
        return assets.declare(session, asset.hostname, actor=actor, **given.declared)
    hostname = asset.hostname if asset else given.id
    return assets.register(session, hostname=hostname, actor=actor, **given.declared)


def _told(session, asset):
    own = {name: getattr(asset, name) for name in ("hostname", "standing", "registered_at")}
    return own | declared.read(session, asset)
