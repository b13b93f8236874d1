"""Which hosts did not report in time, or brought nothing, and why."""

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import case, func, literal_column, select, true

from cmdb_api.models import Asset, AssetStatus, Section
from cmdb_api.models.types import now
from cmdb_api.services import (
    absence,
    expecting,
    kinds,
    mending,
    missing_rows,
    overdue,
    sources,
    times,
)
from cmdb_api.services.dialects import among, listed
from cmdb_api.services.overdue import Since
from cmdb_api.services.search import rows as search_rows


class Windows(NamedTuple):
    """How old what is known may be: of a host, and of kinds that are collected less often."""

    host: timedelta
    kinds: dict

    @classmethod
    def of(cls, settings, asked=None):
        """Return those of the settings; where a window is asked for it is everyone's."""
        if asked:
            return cls(asked, {})
        own = settings["COVERAGE_WINDOWS"].items()
        host = timedelta(seconds=settings["COVERAGE_WINDOW_SECONDS"])
        return cls(host, {kind: times.duration(text) for kind, text in own})

    def kind(self, kind):
        """Return that of a kind; of the host where it is None."""
        return self.kinds.get(kind, self.host)

    def since(self, moment, kind=None):
        """Return from when on a host should have reported, and brought a kind."""
        return Since(moment - self.host, moment - self.kind(kind))


def missing(
    session,
    *,
    windows,
    clock_skew_seconds,
    kind=None,
    reason=(),
    query=None,
    sort=None,
    limit,
    cursor=None,
    counted=True,
):
    """
    Return one page, by name, of the hosts that brought no items (of a kind) in time.

    ``counted`` is whether ``total`` says how many there are on all pages.

    Expected are all assets that are online, and what masters and rosters know though it is none
    yet. Raises NotFound for a kind that nobody knows.
    """
    moment = now()
    rows, forms = _overdue(session, windows, moment, kind, reason, query)
    listed_ = missing_rows.of(rows.c), select(rows.c.name)
    found, following = search_rows.page(session, *listed_, limit=limit, cursor=cursor, sort=sort)
    names = [row.name for row in found]
    # All else is looked up of these few alone.
    keys = expecting.keys(session, names, forms)
    found = _of(session, names, windows.since(moment, kind), forms, keys, kind)
    salt = sources.has_salt(session)
    return {
        "items": absence.told(session, found, keys, kind, clock_skew_seconds),
        "salt_target": mending.target((row.target if salt else row.hostname) for row in found),
        "next_cursor": following,
        "total": session.scalar(select(func.count()).select_from(rows)) if counted else None,
    }


def counts(session, *, windows, kind=None, query=None):
    """
    Return how many hosts should report, and how many of them did not, by reason.

    With ``kind``, who did not bring it; with ``query``, ``found`` counts those that it finds.
    Raises NotFound for a kind that nobody knows, and Invalid.
    """
    every, _late, _forms = _expected(session, windows, now(), kind)
    rows = every.subquery()
    found = missing_rows.of(rows.c).condition(session, query) if query else true()
    # Those that reported are counted with them, without a reason: all are gone through but once.
    reason = case((rows.c.late, rows.c.reason), else_=literal_column("''"))
    by_reason = select(reason, func.count(), func.count(case((found, 1)))).group_by(reason)
    counted = session.execute(by_reason)
    absent = {reason: tuple(both) for reason, *both in sorted(map(tuple, counted))}
    collected, _ = absent.pop("", (0, 0))
    return {
        "expected": collected + sum(many for many, _ in absent.values()),
        "collected": collected,
        "missing": {reason: many for reason, (many, _) in absent.items()},
        "window_seconds": round(windows.kind(kind).total_seconds()),
    } | ({"found": {reason: n for reason, (_, n) in absent.items() if n}} if query else {})


def targets(session, *, windows, kind=None, reason=(), query=None, hostnames=None):
    """
    Return the commands that mend what is missing, by reason, and whom none of them reaches.

    ``hostnames`` are those of whom alone; None: all.
    """
    rows, _ = _overdue(session, windows, now(), kind, reason, query)
    columns = [rows.c[name] for name in ("reason", "hostname", "target", "listed", "via")]
    hosts = select(*columns).order_by(rows.c.reason, rows.c.name)
    if hostnames is not None:
        hosts = hosts.where(among(session, rows.c.hostname, list(hostnames)))
    return mending.targets(session.execute(hosts), kind, has_salt=sources.has_salt(session))


def summary(session, *, windows):
    """Return how many hosts are missing for which reason, and how each kind and source stands."""
    return counts(session, windows=windows) | standing(session, windows=windows)


def standing(session, *, windows):
    """Return how each kind and each source stands, and how many hosts need not report."""
    return {
        "not_expected": expecting.others(session),
        "kinds": _kinds(session, windows),
        "sources": sources.every(session),
    }


def one(session, name, since, forms, keys):
    """Return the row of ``overdue`` of one host, overdue or not."""
    (row,) = _of(session, [name], since, forms, keys)
    return row


def _of(session, names, since, forms, keys, kind=None):
    """Return the rows of these hosts, in this order."""
    known = expecting.known(session, forms, keys)
    query, _ = overdue.query(session, listed(session, names), known, since, kind)
    rows = {row.name: row for row in session.execute(query)}
    return [rows[name] for name in names]


def _expected(session, windows, moment, kind):
    """
    Return the query for the hosts that should report, and the condition that one is missing.

    And what sources call in another form.
    """
    if kind:
        kinds.check(session, kind)
    forms = expecting.forms(session)
    known, names = expecting.known(session, forms), expecting.expected(session, forms).subquery()
    return *overdue.query(session, names, known, windows.since(moment, kind), kind), forms


def _overdue(session, windows, moment, kind, reason, query=None):
    """Return the table of the hosts that are missing, and what sources call in another form."""
    every, late, forms = _expected(session, windows, moment, kind)
    rows = every.where(late).subquery()
    if reason:
        rows = select(rows).where(rows.c.reason.in_(reason)).subquery()
    if query:
        found = missing_rows.of(rows.c).condition(session, query)
        rows = select(rows).where(found).subquery()
    return rows, forms


def _kinds(session, windows):
    """Return {kind: how many hosts have it, brought it in time, or failed to}."""
    query = (
        select(Section.kind, Section.status, func.count())
        .join(Asset, Asset.id == Section.asset_id)
        .where(expecting.IS_EXPECTED)
        .group_by(Section.kind, Section.status)
        .order_by(Section.kind)
    )
    fresh, found = _collected(session, windows), {}
    for kind, status, count in session.execute(query):
        window = round(windows.kind(kind).total_seconds())
        none = dict.fromkeys(("hosts", "collected", "error", "unavailable", "disabled"), 0)
        told = found.setdefault(kind, none | {"window_seconds": window})
        told["hosts"] += count
        told["collected"] = fresh.get(kind, 0)
        if status in told:
            told[status] += count
    return found


def _collected(session, windows):
    """Return {kind: how many hosts brought it in time}."""
    moment = now()
    start = times.to_ms(moment - windows.host)
    kind, items_at = overdue.every_kind(session)
    if starts := {name: times.to_ms(moment - length) for name, length in windows.kinds.items()}:
        start = case(starts, value=kind, else_=start)
    query = select(kind, func.count()).select_from(AssetStatus)
    query = query.join(Asset, Asset.id == AssetStatus.asset_id)
    query = query.where(expecting.IS_EXPECTED, items_at >= start).group_by(kind)
    return dict(map(tuple, session.execute(query)))
