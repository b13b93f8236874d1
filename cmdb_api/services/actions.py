"""What decisions about findings do, beside being noted: by the kind of the finding."""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import select, update

from cmdb_api.errors import Conflict
from cmdb_api.models import Asset
from cmdb_api.models.asset import ACCEPTED, IGNORED, ONLINE, PLANNED, REVIEW
from cmdb_api.models.asset import RETIRED as LIFE_ENDED
from cmdb_api.models.finding import DRIFT, IDENTITY, RETIRED, STATE, UNKNOWN_HOST
from cmdb_api.services import (
    aliases,
    assets,
    drift_decisions,
    generations,
    identity,
    locking,
    merge,
    names,
    pairs,
)
from cmdb_api.services.evidence import BOARD_SWAP, REINSTALL
from cmdb_api.services.locking import STATUS


def _nothing(session, finding, **given):
    return {}


class Action(NamedTuple):
    """What a decision does, in words and in deed; and the parameters that it takes."""

    does: str
    run: Callable = _nothing
    needs: tuple = ()
    optional: tuple = ()


def of(finding):
    """Return {decision: Action} of what a finding's kind has beside ignore and mute."""
    if finding.kind == IDENTITY:
        return _IDENTITY.get(finding.subject, {}) if _is_whole(finding) else {}
    if finding.kind == UNKNOWN_HOST and finding.asset_id is None:
        return _UNKNOWN | _OF_NO_ASSET
    return _KINDS.get(finding.kind, {})


def _is_whole(finding):
    """Tell whether both assets are still there, of a finding about two."""
    return finding.subject not in pairs.SUBJECTS or finding.other_id is not None


def _set_state(state):
    def run(session, finding, *, actor, comment=None):
        name = session.get(Asset, finding.asset_id).hostname
        assets.declare(session, name, actor=actor, why=_why(finding, comment), state=state)
        return {"state": state}

    return run


def _why(finding, comment):
    return f"finding {finding.id}" + (f": {comment}" if comment else "")


def _accept_observed(session, finding, *, actor, comment=None):
    return drift_decisions.accept_observed(session, finding, actor=actor, comment=comment)


def _register(session, finding, *, actor, comment=None):
    assets.register(session, hostname=finding.hostname, actor=actor)
    return {"registered": finding.hostname}


def _alias(session, finding, *, into, actor, comment=None):
    other, name = assets.find(session, into), finding.hostname
    if other.id == finding.asset_id:
        raise Conflict.of("into", f"{into} is {name} itself: give the asset that it belongs to")
    if other.state == LIFE_ENDED:
        told = f"{other.hostname} is retired, and nothing of it is taken: first make it planned"
        raise Conflict.of("into", f"{told}, cmdb asset set {other.hostname} state=planned")
    if finding.asset_id is None:
        known = {name: generations.of(session, names.key(name))}
        known[other.hostname] = other.key_generation
        aliases.add(session, into, name, actor=actor)
        told = {"alias": name, "of": other.hostname}
        return told | generations.outdated(known, other.key_generation)
    return _merged(session, finding, other.id, finding.asset_id, actor, comment)


def _ignore_host(session, finding, *, actor, comment=None):
    if finding.asset_id is None:
        return {}
    asset = session.get(Asset, finding.asset_id)
    why = _why(finding, comment)
    with assets.edited(session, asset.hostname, actor=actor, why=why) as asset:
        if asset.standing not in (REVIEW, ACCEPTED):
            return {}
        asset.standing = IGNORED
    return {"standing": IGNORED}


def _rename(session, finding, *, actor, comment=None):
    old, new = finding.other_id, finding.asset_id
    return _merged(session, finding, old, new, actor, comment, rename=True)


def _merge(session, finding, *, into, actor, comment=None):
    target = assets.find(session, into)
    both = {finding.asset_id, finding.other_id}
    if target.id not in both:
        known = [session.get(Asset, number).hostname for number in both if number]
        raise Conflict.of("into", f"{into} is none of the two: {' and '.join(sorted(known))}")
    (other,) = both - {target.id}
    return _merged(session, finding, target.id, other, actor, comment)


def _merged(session, finding, into, other, actor, comment, *, rename=False):
    """Merge two assets, which are locked: see ``decisions``."""
    why = _why(finding, comment)
    return merge.merge(session, into, other, actor=actor, why=why, rename=rename)


def _replace(session, finding, *, actor, comment=None):
    """Let the next report of the other machine be taken as that of the right one."""
    mark = finding.evidence["new"]["mark"]
    known = locking.get(session, finding.asset_id).causes | {identity.SUCCESSOR: mark}
    same = STATUS.c.asset_id == finding.asset_id
    session.execute(update(STATUS).where(same).values(causes=known))
    return {"machine": finding.evidence["new"]["identifiers"]}


def _clone(session, finding, *, actor, comment=None):
    machines = session.scalars(
        select(Asset.hostname).where(Asset.id.in_([finding.asset_id, finding.other_id]))
    )
    shared = {kind: set(values) for kind, values in finding.evidence["shared"].items()}
    cause = pairs.cause_text(pairs.CLONE, shared)
    return {"machines": sorted(machines), "cause": cause}


_KEY = " Keys that were revoked stay so: what `needs_new_key` names then reports with its new key."
_CLONE = Action("They are two machines: this pair is not asked about again.", _clone)
_MERGE = Action(
    "Both are one: the record of the other is merged into that of `into`, one of the two; its name "
    "becomes an alias." + _KEY,
    _merge,
    needs=("into",),
)
_RENAME = Action(
    "It is the same machine: the old record goes on under the new name, and the old name becomes "
    "an alias." + _KEY,
    _rename,
)
_CONFIRM = Action("It was so; the record stays as it is.")
_REPLACE = Action(
    "The other machine is the right one: its next report is taken, and the record begins anew with "
    "it; what was known stays in the history.",
    _replace,
)
_IDENTITY = {
    pairs.RENAME: {"rename": _RENAME, "merge": _MERGE, "clone": _CLONE},
    pairs.CLONE: {"clone": _CLONE, "merge": _MERGE},
    pairs.REUSED: {"confirm": _CONFIRM, "clone": _CLONE, "merge": _MERGE},
    BOARD_SWAP: {"confirm": _CONFIRM},
    REINSTALL: {"confirm": _CONFIRM},
    identity.REPLACED: {"confirm": _CONFIRM},
    identity.CONFLICT: {"replace": _REPLACE},
}
_UNKNOWN = {
    "register": Action("Make it a registered asset, which keeps what it reported.", _register),
    "alias": Action(
        "It is another name of the asset `into`: what it reported is merged into that." + _KEY,
        _alias,
        needs=("into",),
    ),
    "ignore": Action(
        "It is none of ours: its reports are refused from now on, until it is registered.",
        _ignore_host,
    ),
}
_OF_NO_ASSET = {
    "alias": Action(
        "It is another name of the asset `into`: its next report is taken as that asset's." + _KEY,
        _alias,
        needs=("into",),
    ),
    "ignore": Action(
        "Its reports are refused as before; this opens again where another machine has the name, "
        "or it was gone and comes back."
    ),
}
_KINDS = {
    UNKNOWN_HOST: _UNKNOWN,
    STATE: {"set_online": Action("Bring the asset into the state online.", _set_state(ONLINE))},
    RETIRED: {
        "bring_back": Action(
            "Bring the asset back, as planned. Its key is another one then: it reports once it has "
            "that.",
            _set_state(PLANNED),
        )
    },
    DRIFT: {
        "accept_observed": Action(
            "Declare what is observed; the edit is recorded under your name.", _accept_observed
        )
    },
}
NAMES = {name for each in (*_IDENTITY.values(), *_KINDS.values()) for name in each}
