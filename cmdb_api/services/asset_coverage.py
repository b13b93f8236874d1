"""How each kind of one asset stands: how old it is, why it is overdue, and what mends it."""

from sqlalchemy import select

from cmdb_api.errors import NotFound
from cmdb_api.models import AssetStatus, CoverageHost, Section
from cmdb_api.models.asset import ACCEPTED, ONLINE, REGISTERED
from cmdb_api.models.coverage import REJECTED
from cmdb_api.models.types import now
from cmdb_api.services import (
    absence,
    assets,
    coverage,
    expecting,
    mending,
    names,
    reasons,
    sources,
    times,
)
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.sections import age

NOTHING_WRONG = dict.fromkeys(("reason", "detail", "hint", "command"))


def of(session, hostname, *, windows, clock_skew_seconds):
    """Return the asset's coverage, of all our kinds and those that it reported; or NotFound."""
    asset, moment = _find(session, hostname), now()
    counts = asset.standing in (REGISTERED, ACCEPTED)
    why = None if counts and asset.state == ONLINE else asset.state if counts else asset.standing
    forms = expecting.forms(session)
    keys = expecting.keys(session, [asset.hostname_key], forms)
    host = coverage.one(session, asset.hostname_key, windows.since(moment), forms, keys)
    tell = Teller(session, host, keys, windows, moment)
    late = bool(host.late) and why is None
    (own,) = absence.told(session, [host], keys, None, clock_skew_seconds) if late else [{}]
    return {
        "hostname": asset.hostname,
        "expected": why is None,
        "not_expected": why,
        "reported_at": host.reported_at,
        "window_seconds": round(windows.host.total_seconds()),
        "overdue": late,
        **NOTHING_WRONG,
        **{name: own[name] for name in ("reason", "detail", "hint") if own},
        "command": tell.command(host.reason) if late else None,
        "kinds": tell.kinds(asset.id, expected=why is None),
    }


def _find(session, hostname):
    """Return the asset of this name; NotFound says where only a master or a roster knows it."""
    try:
        return assets.find(session, hostname)
    except NotFound:
        own = CoverageHost.hostname_key == names.key(hostname)
        query = select(CoverageHost.source, CoverageHost.state).where(own)
        found = session.execute(query.order_by(CoverageHost.source)).all()
        if not found:
            raise
    who, knows = " and ".join(each.source for each in found), "knows" if len(found) == 1 else "know"
    waits = any(each.state != REJECTED for each in found)
    more = ": see /coverage/missing" if waits else ", and its key is rejected"
    raise NotFound(f"{hostname} is no asset, only {who} {knows} it{more}")


class Teller:
    """Tells of the kinds of one host, a row of ``overdue``."""

    def __init__(self, session, host, keys, windows, moment):
        self.session, self.host = session, host
        self.windows, self.moment = windows, moment
        self.salt = sources.has_salt(session)
        known = expecting.entries(session, keys).get(host.name)
        self.entry = known[0] if known else None

    def command(self, reason, kind=None):
        """Return the line that mends it; None where there is none."""
        return mending.command(reason, self.host, kind, has_salt=self.salt)

    def kinds(self, asset_id, *, expected):
        """Return how each kind stands, by name."""
        query = select(Section.kind, Section.status, Section.reason)
        query = query.where(Section.asset_id == asset_id)
        known = {row.kind: row for row in self.session.execute(query)}
        ages = select(AssetStatus.ages).where(AssetStatus.asset_id == asset_id)
        ages = self.session.scalar(ages) or {}
        return [
            self._kind(kind, known.get(kind), age(ages, kind), expected)
            for kind in sorted({*KINDS, *known})
        ]

    def _kind(self, kind, section, known, expected):
        items_at, window = times.from_ms(known.items_at), self.windows.kind(kind)
        old = None if items_at is None else self.moment - items_at
        late = expected and (old is None or old > window)
        return {
            "kind": kind,
            "status": section and section.status,
            "reported_at": times.from_ms(known.outcome_at),
            "items_at": items_at,
            "age_seconds": None if old is None else max(0, round(old.total_seconds())),
            "window_seconds": round(window.total_seconds()),
            "overdue": late,
            **(self._why(kind, section, items_at) if late else NOTHING_WRONG),
        }

    def _why(self, kind, section, items_at):
        """Tell why a kind is overdue: what is wrong with the host, or else with its collector."""
        if not self.host.reported:
            reason, detail = self.host.reason, None
        elif section is None:
            reason, detail = reasons.NO_COLLECTOR, None
        else:
            reason = reasons.OF_STATUS.get(section.status, reasons.NOTHING)
            told = [section] if section.status != "ok" else []
            detail = absence.outcomes(told, kind) or absence.of_time(reason, kind, items_at)
        return {
            "reason": reason,
            "detail": detail,
            "hint": absence.hint(reason, self.host, self.entry),
            "command": self.command(reason, kind),
        }
