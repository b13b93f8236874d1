"""Whether the machine that reports is the one that reported before; what it seems to be, if not.

An identifier is only evidence: see ``evidence``. Two machines that report under one name are a
conflict, and what the second says is refused; once the first has been silent for long enough, the
second is its successor.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from cmdb_api.models import AssetStatus
from cmdb_api.models.finding import IDENTITY
from cmdb_api.services import carriers, evidence, findings, identity_causes, pairs, takeover, times
from cmdb_api.services.evidence import BOARD_SWAP, OTHER, REINSTALL
from cmdb_api.services.findings import FINDING
from cmdb_api.services.identity_causes import CONFLICT, REPLACED
from cmdb_api.services.locking import Locked

# In an asset's causes: the evidence that its reports carried last, and that of a machine which a
# person decided to be the right one.
EVIDENCE, SUCCESSOR = "evidence", "successor"


class Judged(NamedTuple):
    """What an identity means for the record."""

    asset: Locked
    # {name: Cause, None for one that is gone}
    causes: dict
    # {name: text, None to take it away}: what else the asset's causes are to hold.
    notes: dict
    is_late: bool = False
    # When another machine took over the name, where this one did.
    reset_at: datetime | None = None


def is_known(asset, identity):
    """Tell whether a report's identity is the one that was judged already, and all is settled."""
    causes = asset.causes
    if pairs.pending(causes) or f"{IDENTITY}:{CONFLICT}" in causes:
        return False
    return causes.get(EVIDENCE) == identity_causes.mark(evidence.read(identity))


def judge(session, asset, envelope, moment, received_at, settings):
    """
    Judge the identity in a report of an asset that is locked; return what it means.

    Raises IdentityConflict.
    """
    if is_known(asset, envelope.identity):
        return Judged(asset, {}, {})
    return _Judgement(session, asset, envelope, moment, received_at, settings).result()


class _Judgement:
    """One identity beside what its asset carried before."""

    def __init__(self, session, asset, envelope, moment, received_at, settings):
        self.session, self.asset, self.envelope = session, asset, envelope
        self.at, self.received_at = times.from_ms(moment.at), received_at
        self.is_newest = moment.is_newest
        # By its age alone: another machine counts its reports by another clock.
        self.collected_at = times.from_ms(moment.by_age)
        self.common = settings["IDENTITY_COMMON_COUNT"]
        self.settle = timedelta(seconds=settings["IDENTITY_SETTLE_SECONDS"])
        self.found = evidence.read(envelope.identity)
        carriers.hold(session, carriers.pairs_of(self.found))
        self.carried = self._carried()
        everything = {*self.carried.now, *carriers.pairs_of(self.found)}
        self.often = carriers.frequent(carriers.counts(session, everything), self.common)
        self.was = evidence.weighty(self.carried.evidence, self.often)
        self.now = evidence.weighty(self.found, self.often)
        self.comparison = evidence.compare(self.was, self.now)

    def _carried(self):
        """Return what the asset carried; of one from before that was noted, its last identity."""
        asset_id = self.asset.asset_id
        known = carriers.of_assets(self.session, [asset_id])[asset_id]
        if known.now or known.before or self.asset.reported_at is None:
            return known
        identity = self.session.get(AssetStatus, asset_id, populate_existing=True).identity or {}
        found = evidence.read(identity)
        carriers.write(self.session, asset_id, known, found, self.asset.reported_at)
        return carriers.of_assets(self.session, [asset_id])[asset_id]

    def result(self):
        """Return what this identity means; raises IdentityConflict."""
        told = identity_causes.mark(self.found)
        if self._is_other():
            chosen = self.asset.causes.get(SUCCESSOR) == told
            if not chosen and self._is_late():
                return Judged(self.asset, {}, {}, is_late=True)
            if not chosen and (self._is_near() or self._is_former()):
                raise identity_causes.conflict(self)
            return self._taken_over(told, chosen=chosen)
        if not self.is_newest:
            return Judged(self.asset, {}, {})
        causes = self._own() | self._no_conflict()
        before = self.carried
        touched = carriers.write(self.session, self.asset.asset_id, before, self.found, self.at)
        return Judged(self.asset, causes, self._pairs(touched) | {EVIDENCE: told})

    def _is_other(self):
        """Tell whether another machine reports; or one that was here before its board went."""
        guess = evidence.hypothesis(self.comparison)
        return guess == OTHER or (guess == BOARD_SWAP and self._is_back())

    def _is_back(self):
        """Tell whether all that is known of the hardware is that of a former machine."""
        hardware = {kind: v for kind, v in self.now.items() if kind in evidence.HARDWARE}
        some = carriers.pairs_of(hardware)
        before = some & self.carried.before.keys()
        kinds = {kind for kind, _ in before}
        return kinds == hardware.keys() and not some & self.carried.now.keys() and self._is_near()

    def _is_late(self):
        """Tell whether a report was collected before the machine that is known now came."""
        first_at = min(self.carried.now[pair] for pair in carriers.pairs_of(self.was))
        return self.collected_at < first_at

    def _is_near(self):
        """Tell whether the machine that is known reported just before."""
        reported_at = self.asset.reported_at
        return reported_at is not None and reported_at > self.collected_at - self.settle

    def _is_former(self):
        """Tell whether this machine bore the name before, and lost it to the one that has it."""
        return bool(carriers.pairs_of(self.now) & self.carried.before.keys())

    def _own(self):
        """Return the causes in what became of the machine."""
        guess = evidence.hypothesis(self.comparison)
        if guess not in (REINSTALL, BOARD_SWAP):
            return {}
        host = self.asset.hostname
        text = f"{host} was reinstalled: its machine-id is new, its hardware is the same"
        if guess == BOARD_SWAP:
            text = f"{host} has another board: its system is the same"
            if not self.comparison.same.keys() & {*evidence.HARDWARE}:
                text = f"{host} runs on other hardware, with the same machine-id: its disks moved"
        return {f"{IDENTITY}:{guess}": identity_causes.of(self, guess, text)}

    def _taken_over(self, told, *, chosen):
        """Empty the record for the machine that has taken over the name."""
        at = self.collected_at
        if self.asset.reported_at:
            at = max(at, self.asset.reported_at + timedelta(milliseconds=1))
        text = f"another machine reports as {self.asset.hostname}: it has taken over the name"
        cause = None if chosen else identity_causes.of(self, REPLACED, text)
        causes = dict.fromkeys(name for name in self.asset.causes if takeover.is_over(name))
        causes |= {f"{IDENTITY}:{CONFLICT}": None, f"{IDENTITY}:{REPLACED}": cause}
        self.asset, self.at = takeover.reset(self.session, self.asset, at), at
        asset_id, gone = self.asset.asset_id, self.carried.now
        carriers.end(self.session, asset_id, gone, at)
        touched = carriers.write(self.session, asset_id, carriers.NOTHING, self.found, at)
        notes = self._pairs(touched | gone.keys()) | {EVIDENCE: told, SUCCESSOR: None}
        return Judged(self.asset, causes, notes, reset_at=at)

    def _pairs(self, touched):
        if EVIDENCE not in self.asset.causes:
            touched = {*touched, *carriers.pairs_of(self.found), *self.carried.now}
        if not touched and not pairs.pending(self.asset.causes):
            return {}
        return pairs.judge(self.session, self.asset, self.at, touched, self.common)

    def _no_conflict(self):
        """Return that a conflict is over, once nothing was refused for long enough."""
        name = f"{IDENTITY}:{CONFLICT}"
        if name not in self.asset.causes:
            return {}
        print_ = findings.fingerprint(self.asset.asset_id, name)
        query = select(FINDING.c.seen_at).where(FINDING.c.fingerprint == print_)
        seen_at = self.session.scalar(query)
        recent = seen_at is not None and seen_at > self.received_at - 2 * self.settle
        return {} if recent else {name: None}
