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
from cmdb_api.services.dialects import among, as_lists
from cmdb_api.services.overdue import Since
from cmdb_api.services.search import rows as search_rows

# What the list and the counts ask of a host where nobody searches or orders.
_NEEDED = ("name", "asset_id", "reason", "late")


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

    ``total`` is how many there are on all pages, and ``counts`` what ``counts`` tells; both are
    None where they are not ``counted``.

    Expected are all assets that are online, and what masters and rosters know though it is none
    yet. Raises NotFound for a kind that nobody knows.
    """
    moment = now()
    every, forms = _expected(session, windows, moment, kind)
    # All are gone through but once, for the page and the counts.
    whole = every if query or sort else _narrow(every)
    hosts = whole.cte("every") if counted else whole.subquery()
    rows = missing_rows.of(hosts.c)
    fits = rows.condition(session, query) if query else true()
    chosen = select(hosts.c.name).where(hosts.c.late, fits)
    if reason:
        chosen = chosen.where(hosts.c.reason.in_(reason))
    if counted:
        told = select(as_lists(session, *_by_reason(hosts, fits).subquery().c)).scalar_subquery()
        chosen = chosen.add_columns(told.label("counts"))
    found, following = search_rows.page(
        session, rows, chosen, limit=limit, cursor=cursor, sort=sort
    )
    names, counts = [row.name for row in found], None
    if counted:
        by_reason = found[0].counts if found else session.scalar(select(told))
        # No list of no hosts at all.
        counts = _counts(by_reason or (), windows, kind, query)
    # All else is looked up of these few alone.
    keys = expecting.keys(session, names, forms)
    found = _of(session, names, windows.since(moment, kind), forms, keys, kind)
    salt = sources.has_salt(session)
    return {
        "items": absence.told(session, found, keys, kind, clock_skew_seconds),
        "salt_target": mending.target((row.target if salt else row.hostname) for row in found),
        "next_cursor": following,
        "total": _total(counts, reason) if counted else None,
        "counts": counts,
    }


def counts(session, *, windows, kind=None):
    """
    Return how many hosts should report, and how many of them did not, by reason.

    With ``kind``, who did not bring it. Raises NotFound for a kind that nobody knows.
    """
    every, _forms = _expected(session, windows, now(), kind)
    by_reason = _by_reason(_narrow(every).subquery(), true())
    return _counts(session.execute(by_reason), windows, kind)


def targets(session, *, windows, kind=None, reason=(), query=None, hostnames=None):
    """
    Return the commands that mend what is missing, by reason, and whom none of them reaches.

    ``hostnames`` are those of whom alone; None: all.
    """
    rows = _overdue(session, windows, now(), kind, reason, query)
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
    query = overdue.query(session, expecting.these(session, names), known, since, kind)
    rows = {row.name: row for row in session.execute(query)}
    return [rows[name] for name in names]


def _expected(session, windows, moment, kind):
    """Return the query for the hosts that should report, and what sources call in another form."""
    if kind:
        kinds.check(session, kind)
    forms = expecting.forms(session)
    known, hosts = expecting.known(session, forms), expecting.expected(session, forms)
    return overdue.query(session, hosts, known, windows.since(moment, kind), kind), forms


def _narrow(every):
    """Return the query for all hosts with what a list needs that nobody searches or orders."""
    return every.with_only_columns(*(c for c in every.selected_columns if c.key in _NEEDED))


def _by_reason(hosts, fits):
    """
    Return the query for (reason, how many, how many that fit) of hosts.

    Those that reported are counted with them, without a reason.
    """
    reason = func.coalesce(hosts.c.reason, literal_column("''")).label("reason")
    many, fitting = func.count().label("many"), func.count(case((fits, 1))).label("fitting")
    return select(reason, many, fitting).select_from(hosts).group_by(reason)


def _counts(by_reason, windows, kind, query=None):
    """Return what is told of the rows of ``_by_reason``."""
    absent = {reason: both for reason, *both in sorted(map(tuple, by_reason))}
    collected, _ = absent.pop("", (0, 0))
    return {
        "expected": collected + sum(many for many, _ in absent.values()),
        "collected": collected,
        "missing": {reason: many for reason, (many, _) in absent.items()},
        "window_seconds": round(windows.kind(kind).total_seconds()),
    } | ({"found": {reason: n for reason, (_, n) in absent.items() if n}} if query else {})


def _total(counts, reasons):
    """Return how many hosts are missing for one of these reasons; for any where none is named."""
    found = counts.get("found", counts["missing"])
    return sum(found.get(reason, 0) for reason in set(reasons) or found)


def _overdue(session, windows, moment, kind, reason, query=None):
    """Return the table of the hosts that are missing."""
    every, _forms = _expected(session, windows, moment, kind)
    hosts = every.subquery()
    found = select(hosts).where(hosts.c.late)
    if reason:
        found = found.where(hosts.c.reason.in_(reason))
    if query:
        found = found.where(missing_rows.of(hosts.c).condition(session, query))
    return found.subquery()


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
