"""The life of an asset: which state can follow which, and what that means for its key."""

from cmdb_api.errors import Conflict
from cmdb_api.models import types
from cmdb_api.models.asset import OFFLINE, ONLINE, PLANNED, RACKED, RETIRED

POSSIBLE = {
    PLANNED: (RACKED, ONLINE, RETIRED),
    RACKED: (PLANNED, ONLINE, OFFLINE, RETIRED),
    ONLINE: (OFFLINE, RETIRED),
    OFFLINE: (ONLINE, RACKED, RETIRED),
    RETIRED: (PLANNED,),
}


def start(asset, state):
    """Bring a new asset into its first state, whichever that is."""
    _set(asset, state)


def move(asset, state):
    """Bring an asset into another state; raises Conflict with those that are possible."""
    check(asset.hostname, asset.state, state)
    if state != asset.state:
        _set(asset, state)


def check(hostname, now, state):
    """Raise Conflict where an asset in one state can't come into another one."""
    possible = POSSIBLE[now]
    if state not in (now, *possible):
        text = f"{hostname} is {now}: it can become {' or '.join(possible)}"
        raise Conflict.of("state", f"{text}, not {state}", details={"possible": list(possible)})


def _set(asset, state):
    """Retiring revokes the key, and so does coming back: what was signed meanwhile is worthless."""
    if RETIRED in (asset.state, state):
        asset.key_generation += 1
    asset.state, asset.state_at = state, types.now()
