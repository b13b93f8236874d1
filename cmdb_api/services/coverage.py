"""Which hosts did not report in time, or brought nothing, and why."""

import difflib

from sqlalchemy import BigInteger, Text, and_, case, cast, exists, func, literal, or_, select

from cmdb_api.errors import NotFound
from cmdb_api.models import Asset, AssetStatus, CoverageHost, CoverageSource, Refusal, Section
from cmdb_api.models.coverage import ACCEPTED, REJECTED, STATES
from cmdb_api.models.types import now
from cmdb_api.services import absence, pages, reasons, sources, times
from cmdb_api.services.absence import OF_KEY
from cmdb_api.services.locking import dialect
from cmdb_api.services.quarantine import KINDS

# With a clock so far off a host can't speak to others any more: certificates are not valid for it.
WRONG_MS = 24 * 3600 * 1000


def missing(session, *, window, clock_skew_seconds, kind=None, reason=(), limit, cursor=None):
    """
    Return one page, by name, of the hosts that brought no items (of a kind) within ``window``.

    Expected are all assets, and what masters and rosters know though it is none yet. Raises
    NotFound for a kind that nobody knows.
    """
    if kind:
        _check_kind(session, kind)
    start = now() - window
    rows = _overdue(session, start, kind).subquery()
    query, count = select(rows), select(func.count()).select_from(rows)
    if reason:
        query, count = (each.where(rows.c.reason.in_(reason)) for each in (query, count))
    if cursor:
        query = query.where(rows.c.hostname_key > pages.read(cursor, str)[0])
    found = session.execute(query.order_by(rows.c.hostname_key).limit(limit + 1)).all()
    found, following = pages.cut(found, limit, lambda row: (row.hostname_key,))
    salt = sources.has_salt(session)
    return {
        "items": absence.told(session, found, kind, clock_skew_seconds),
        "salt_target": _target((row.target if salt else row.hostname) for row in found),
        "next_cursor": following,
        "total": session.scalar(count),
    }


def summary(session, *, window):
    """Return how many hosts are missing for which reason, and how each kind and source stands."""
    start = now() - window
    rows = _overdue(session, start, None).subquery()
    counts = select(rows.c.reason, func.count()).group_by(rows.c.reason)
    absent = dict(map(tuple, session.execute(counts.order_by(rows.c.reason))))
    expected = session.scalar(select(func.count()).select_from(_expected(_known()).subquery()))
    return {
        "expected": expected,
        "collected": expected - sum(absent.values()),
        "missing": absent,
        "kinds": _kinds(session, start),
        "sources": sources.every(session),
    }


def _kinds(session, start):
    """Return {kind: how many hosts have it, brought it in time, or failed to}."""
    fresh = _items_at(session, Section.kind) >= times.to_ms(start)
    parts = {"collected": fresh} | {
        name: Section.status == name for name in ("error", "unavailable", "disabled")
    }
    query = (
        select(
            Section.kind,
            func.count().label("hosts"),
            *(func.count(case((when, 1))).label(name) for name, when in parts.items()),
        )
        .join(AssetStatus, AssetStatus.asset_id == Section.asset_id)
        .group_by(Section.kind)
        .order_by(Section.kind)
    )
    rows = session.execute(query).mappings()
    return {row["kind"]: {name: row[name] for name in ("hosts", *parts)} for row in rows}


def _check_kind(session, kind):
    """Raise NotFound where a kind is none of ours and no host ever reported it."""
    if kind in KINDS or session.scalar(select(exists().where(Section.kind == kind))):
        return
    known = {*KINDS, *session.scalars(select(Section.kind).distinct())}
    near = difflib.get_close_matches(kind, sorted(known), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise NotFound(f"no host ever reported {kind}{hint}")


def _items_at(session, kind):
    """Return the expression for when a kind's items were collected, milliseconds since 1970."""
    ages = AssetStatus.__table__.c.ages
    if dialect(session) == "sqlite":
        return func.json_extract(ages, literal("$.") + kind + "[1]", type_=BigInteger)
    return cast(func.jsonb_extract_path_text(ages, cast(kind, Text), "1"), BigInteger)


def _known():
    """Return what all sources say, one row a name: the best state of its key, whether it is up."""
    host, fresh = CoverageHost, CoverageSource.pushed_at >= now() - sources.STALE
    up = and_(fresh, host.up.is_not(None))
    return (
        select(
            host.hostname_key,
            func.min(host.hostname).label("hostname"),
            func.min(case((host.state == ACCEPTED, host.hostname))).label("target"),
            func.min(case(*((host.state == s, n) for n, s in enumerate(STATES)))).label("key"),
            func.max(case((up, case((host.up, 1), else_=0)))).label("up"),
            func.min(case((fresh, host.reason))).label("failure"),
            # A key that somebody rejected makes no host to wait for.
            func.count(case((host.state != REJECTED, 1))).label("expected"),
        )
        .join(CoverageSource, CoverageSource.name == host.source)
        .group_by(host.hostname_key)
        .subquery()
    )


def _expected(known):
    """Return the query for the names of all hosts that should report."""
    return select(Asset.hostname_key).union(
        select(known.c.hostname_key).where(known.c.expected > 0)
    )


def _overdue(session, start, kind):
    """Return the query for the hosts that brought nothing since ``start``, with the reason."""
    known = _known()
    names = _expected(known).subquery()
    status, section = AssetStatus, Section
    if kind:
        items_at, since = _items_at(session, literal(kind)), times.to_ms(start)
    else:
        items_at, since = status.items_at, start
    query = (
        select(
            names.c.hostname_key,
            func.coalesce(Asset.hostname, known.c.hostname).label("hostname"),
            known.c.target,
            Asset.id.label("asset_id"),
            *(Asset.created_at, Asset.registered_at),
            *(status.reported_at, status.clock_skew_ms, status.via),
            *(items_at.label("items_at"), Refusal.at.label("refused_at"), Refusal.why),
            (status.reported_at >= start).label("reported"),
            _reason(start, kind, known.c).label("reason"),
        )
        .select_from(names)
        .join(Asset, Asset.hostname_key == names.c.hostname_key, isouter=True)
        .join(status, status.asset_id == Asset.id, isouter=True)
        .join(Refusal, Refusal.asset_id == Asset.id, isouter=True)
        .join(known, known.c.hostname_key == names.c.hostname_key, isouter=True)
    )
    if kind:
        same = and_(section.asset_id == Asset.id, section.kind == kind)
        query = query.join(section, same, isouter=True)
        return query.where(or_(items_at.is_(None), items_at < since))
    return query.where(
        or_(
            *(column.is_(None) | (column < start) for column in (status.reported_at, items_at)),
        )
    )


def _reason(start, kind, known):
    """Return the expression for why a host is missing: what is plain first, guesses last."""
    status = AssetStatus
    reported = status.reported_at >= start
    newer = or_(status.received_at.is_(None), Refusal.at > status.received_at)
    refused = and_(Refusal.at.is_not(None), newer)
    return case(
        *((and_(reported, when), why) for when, why in _outcomes(kind)),
        (reported, reasons.NOTHING),
        (and_(refused, Refusal.at >= start), reasons.REFUSED),
        *((known.key == n, OF_KEY[s]) for n, s in enumerate(STATES) if s in OF_KEY),
        (known.failure.is_not(None), known.failure),
        (known.up == 0, reasons.DOWN),
        (refused, reasons.REFUSED),
        (status.reported_at.is_(None), reasons.NEVER_SEEN),
        (func.abs(status.clock_skew_ms) > WRONG_MS, reasons.CLOCK_WRONG),
        else_=reasons.SILENT,
    )


def _outcomes(kind):
    """Return [(condition, reason)] of a host that reported, by how its collectors fared."""
    status = Section.status
    if kind:
        return [
            (status == "error", reasons.FAILING),
            (status == "disabled", reasons.DISABLED),
            (status == "unavailable", reasons.UNAVAILABLE),
        ]
    of_asset = select(Section.kind).where(Section.asset_id == Asset.id).correlate(Asset)
    some = of_asset.where(status == "disabled").exists()
    return [
        (of_asset.where(status == "error").exists(), reasons.FAILING),
        (and_(some, ~of_asset.where(status != "disabled").exists()), reasons.DISABLED),
    ]


def _target(hostnames):
    """Return the value of ``salt -L``; a name with a comma would be read there as two others."""
    return ",".join(name for name in hostnames if name and "," not in name)
