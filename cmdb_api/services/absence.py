"""What is told of each missing host: why in its own words, since when, and what to do."""

from sqlalchemy import select

from cmdb_api.models import CoverageHost, CoverageSource, Section
from cmdb_api.models.coverage import DENIED, PENDING, REJECTED
from cmdb_api.services import reasons, times

# Collectors whose failures are told of one host.
SHOWN = 3
# Why a host is missing whose key is in this state.
OF_KEY = {PENDING: reasons.PENDING, DENIED: reasons.DENIED, REJECTED: reasons.REJECTED}


def told(session, rows, kind, clock_skew_seconds):
    """Return the rows of ``coverage`` as they are answered; ``kind`` is the one asked for."""
    entries, sections = _entries(session, rows), _sections(session, rows, kind)
    items = []
    for row in rows:
        entry = _entry(row, entries.get(row.hostname_key, ()))
        detail, since = _detail(row, entry, sections.get(row.asset_id, ()), kind)
        if detail is None and abs(row.clock_skew_ms or 0) > clock_skew_seconds * 1000:
            detail = _skew(row)
        items.append(
            {
                "hostname": row.hostname,
                "reason": row.reason,
                "detail": detail,
                "hint": reasons.hint(row.reason, row.target or row.hostname, _special(row, entry)),
                "since": since,
                "reported_at": row.reported_at,
                "registered_at": row.registered_at,
            }
        )
    return items


def _special(row, entry):
    """Return the hints for a host that Salt does not reach."""
    if entry is not None:
        return None
    return reasons.OF_AGENT if row.via == "agent" else reasons.OF_STRANGER


def _entries(session, rows):
    """Return {name in lower case: what each source says of it}."""
    found = {}
    query = select(CoverageHost.__table__, CoverageSource.pushed_at).join(
        CoverageSource, CoverageSource.name == CoverageHost.source
    )
    names = [row.hostname_key for row in rows]
    query = query.where(CoverageHost.hostname_key.in_(names)).order_by(CoverageHost.source)
    for entry in session.execute(query):
        found.setdefault(entry.hostname_key, []).append(entry)
    return found


def _sections(session, rows, kind):
    """Return {asset: its sections that were not ok}, of one kind or of all."""
    found = {}
    c = Section.__table__.c
    query = select(c.asset_id, c.kind, c.status, c.reason).where(
        c.asset_id.in_([row.asset_id for row in rows if row.asset_id]), c.status != "ok"
    )
    query = query.where(c.kind == kind) if kind else query.where(c.status == "error")
    for section in session.execute(query.order_by(c.kind)):
        found.setdefault(section.asset_id, []).append(section)
    return found


def _entry(row, entries):
    """Return the entry that the reason comes from; the first where it comes from none."""
    for entry in entries:
        down = row.reason == reasons.DOWN and entry.up is False
        if down or row.reason in (entry.reason, OF_KEY.get(entry.state)):
            return entry
    return entries[0] if entries else None


def _detail(row, entry, sections, kind):
    """Return what is known of the reason, and since when it holds; None where that is not known."""
    if row.reason in (reasons.SILENT, reasons.CLOCK_WRONG):
        return None, row.reported_at
    if row.reason == reasons.NEVER_SEEN:
        return None, row.registered_at or row.created_at or entry.since
    if row.reason == reasons.REFUSED:
        return row.why, row.refused_at
    if row.reported:
        items_at = times.from_ms(row.items_at) if kind else row.items_at
        return _outcomes(sections, kind), items_at
    told = f"as {entry.source} said at {times.text(entry.pushed_at)}"
    return f"{entry.detail.rstrip('.')}; {told}" if entry.detail else told, entry.since


def _skew(row):
    way = "ahead" if row.clock_skew_ms > 0 else "behind"
    return f"the host's clock was {times.spoken(row.clock_skew_ms)} {way}"


def _outcomes(sections, kind):
    lines = [
        (section.reason or section.status) if kind else f"{section.kind}: {section.reason}"
        for section in sections[:SHOWN]
    ]
    more = len(sections) - SHOWN
    return "; ".join(lines + [f"and {more} more"] * (more > 0)) or None
