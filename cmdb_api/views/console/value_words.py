"""What hosts report in words of a known set, as states are: how pages in other languages say it.

A word that is none of these stays as it is; so do all of them in English, in files and in searches.
"""

from flask_babel import lazy_pgettext as _lp

from cmdb_api.views.console.language import ENGLISH, language

# The fields whose values are such words; docs/collectors.md lists them.
FIELDS = frozenset(
    ("state", "battery_state", "health", "activity", "duplex", "write_cache", "read_cache")
) | {"lacp_rate", "kind"}
# What people declare of an asset has states of its own.
NOT_OF = "asset"
# {word in lower case: how it is said}
WORDS = {
    # Of any part of RAID, of a supply, of a battery.
    "ok": _lp("component", "OK"),
    "optimal": _lp("component", "optimal"),
    "degraded": _lp("component", "degraded"),
    "failed": _lp("component", "failed"),
    "offline": _lp("component", "offline"),
    "online": _lp("component", "online"),
    "missing": _lp("component", "missing"),
    "absent": _lp("component", "absent"),
    "bad": _lp("component", "bad"),
    "spare": _lp("component", "spare"),
    "unconfigured": _lp("component", "unconfigured"),
    "jbod": _lp("component", "JBOD"),
    "foreign": _lp("component", "foreign"),
    "rebuilding": _lp("component", "rebuilding"),
    "copying": _lp("component", "copying"),
    "initializing": _lp("component", "initializing"),
    "reshaping": _lp("component", "reshaping"),
    "charging": _lp("component", "charging"),
    "charged": _lp("component", "charged"),
    "learning": _lp("component", "learning"),
    "ready": _lp("component", "ready"),
    "active": _lp("component", "active"),
    "non-critical": _lp("component", "non-critical"),
    "critical": _lp("component", "critical"),
    # What md is busy with.
    "check": _lp("component", "check"),
    "repair": _lp("component", "repair"),
    "resync": _lp("component", "resync"),
    "recovery": _lp("component", "recovery"),
    "reshape": _lp("component", "reshape"),
    # Caches.
    "write back": _lp("component", "write back"),
    "write through": _lp("component", "write through"),
    "read ahead": _lp("component", "read ahead"),
    "adaptive": _lp("component", "adaptive"),
    "none": _lp("component", "none"),
    # Containers and virtual machines.
    "running": _lp("component", "running"),
    "exited": _lp("component", "exited"),
    "created": _lp("component", "created"),
    "paused": _lp("component", "paused"),
    "restarting": _lp("component", "restarting"),
    "starting": _lp("component", "starting"),
    "stopped": _lp("component", "stopped"),
    "dead": _lp("component", "dead"),
    "healthy": _lp("component", "healthy"),
    "unhealthy": _lp("component", "unhealthy"),
    "idle": _lp("component", "idle"),
    "in shutdown": _lp("component", "in shutdown"),
    "shut off": _lp("component", "shut off"),
    "crashed": _lp("component", "crashed"),
    "dying": _lp("component", "dying"),
    "pmsuspended": _lp("component", "pmsuspended"),
    # Units.
    "enabled": _lp("component", "enabled"),
    "enabled-runtime": _lp("component", "enabled-runtime"),
    "disabled": _lp("component", "disabled"),
    "masked": _lp("component", "masked"),
    "masked-runtime": _lp("component", "masked-runtime"),
    "static": _lp("component", "static"),
    "indirect": _lp("component", "indirect"),
    "linked": _lp("component", "linked"),
    # Links, and what interfaces are.
    "up": _lp("component", "up"),
    "down": _lp("component", "down"),
    "full": _lp("component", "full"),
    "half": _lp("component", "half"),
    "slow": _lp("component", "slow"),
    "fast": _lp("component", "fast"),
    "physical": _lp("component", "physical"),
    "bond": _lp("component", "bond"),
    "team": _lp("component", "team"),
    "vlan": _lp("component", "VLAN"),
    "bridge": _lp("component", "bridge"),
}


def spoken(value, name, kind=None):
    """Return how a page says the value of a field, if other than it is; None where it is so."""
    if name not in FIELDS or kind == NOT_OF or language() == ENGLISH:
        return None
    words = WORDS.get(value.lower())
    return str(words) if words is not None and str(words) != value else None
