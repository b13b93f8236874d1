"""What is told of each missing host: why in its own words, since when, and what to do."""

from sqlalchemy import select

from cmdb_api.models import Section
from cmdb_api.services import expecting, reasons, times
from cmdb_api.services.reasons import OF_KEY

# Collectors whose failures are told of one host.
SHOWN = 3


def told(session, rows, keys, kind, clock_skew_seconds):
    """
    Return the rows of ``overdue`` as they are answered; ``kind`` is the one asked for.

    ``keys`` are what sources call them, as ``expecting`` has them.
    """
    entries = expecting.entries(session, keys)
    sections = _sections(session, rows, kind)
    items = []
    for row in rows:
        known = entries.get(row.name, ())
        entry = _entry(row, known)
        detail = _detail(row, entry, sections.get(row.asset_id, ()), kind)
        if detail is None and abs(row.clock_skew_ms or 0) > clock_skew_seconds * 1000:
            detail = _skew(row)
        items.append(
            {
                "hostname": row.hostname,
                "known_as": sorted({each.hostname for each in known}),
                "reason": row.reason,
                "detail": detail,
                "hint": hint(row.reason, row, entry),
                "since": row.since,
                "reported_at": row.reported_at,
                "registered_at": row.registered_at,
            }
        )
    return items


def hint(reason, row, entry):
    """Return what to do about a host; ``entry`` is what a source says of it, if any does."""
    special = None
    if entry is None:
        special = reasons.OF_AGENT if row.via == "agent" else reasons.OF_STRANGER
    return reasons.hint(reason, row.target or row.listed or row.hostname, special)


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
    """Return what is known of the reason; None where it says all."""
    if row.reason in (reasons.SILENT, reasons.CLOCK_WRONG, reasons.NEVER_SEEN):
        return None
    if row.reason == reasons.REFUSED:
        return row.why
    if row.reason == reasons.NOT_REGISTERED:
        return row.told
    if row.reported:
        items_at = times.from_ms(row.items_at) if kind else row.items_at
        return outcomes(sections, kind) or of_time(row.reason, kind, items_at)
    told = f"as {entry.source} said at {times.text(entry.pushed_at)}"
    return f"{entry.detail.rstrip('.')}; {told}" if entry.detail else told


def _skew(row):
    way = "ahead" if row.clock_skew_ms > 0 else "behind"
    return f"the host's clock was {times.spoken(row.clock_skew_ms)} {way}"


def of_time(reason, kind, items_at):
    """Return what is known of what reports bring no more; None for other reasons."""
    if reason != reasons.NOTHING or items_at is None:
        return None
    return f"no report since {times.text(items_at)} has brought {kind or 'anything'}"


def outcomes(sections, kind):
    """Return how the collectors of these sections fared, one line; None where all is well."""
    lines = [
        (section.reason or section.status) if kind else f"{section.kind}: {section.reason}"
        for section in sections[:SHOWN]
    ]
    more = len(sections) - SHOWN
    return "; ".join(lines + [f"and {more} more"] * (more > 0)) or None
