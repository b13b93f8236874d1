"""All that is known of one asset: what it is made of, how old that is, and what went wrong."""

from datetime import timedelta

from sqlalchemy import null, select

from cmdb_api.models import AssetStatus, BulkItem, Component, Section
from cmdb_api.services import assets, declared, drift, etags, names, times
from cmdb_api.services import kinds as known_kinds
from cmdb_api.services.quarantine import Quarantine
from cmdb_api.services.sections import age

# A kind that came so long before the newest report is likely one whose collector was removed.
GONE = timedelta(days=1)
# Ids in one query; drivers bound how many values a query may carry.
_IDS = 10_000


def of(session, hostname, *, kinds=None, clock_skew_seconds):
    """
    Return the asset with its components; ``kinds`` limits which are told of.

    Raises NotFound for a name or a kind that nobody knows, with the nearest.
    """
    asset = assets.find(session, hostname)
    known_kinds.check(session, *(kinds or ()))
    status = session.get(AssetStatus, asset.id)
    sections = _sections(session, asset.id, kinds)
    reported = status if status is not None and status.report_id else None
    components = _components(session, sections, status.volatile if status else {})
    return {
        "hostname": asset.hostname,
        "aliases": names.aliases(session, [asset.id]).get(asset.id, []),
        "etag": etags.of(asset),
        **declared.read(session, asset),
        "state_at": asset.state_at,
        "standing": asset.standing,
        "created_at": asset.created_at,
        "registered_at": asset.registered_at,
        "last_report": reported and _last_report(reported, clock_skew_seconds),
        "identity": (status and status.identity) or {},
        "kinds": {s.kind: _kind(s, age(status.ages, s.kind)) for s in sections},
        "components": components,
        "declared_observed": drift.of_asset(session, asset.id, asset.expected),
        "problems": [
            *(_of_report(reported, clock_skew_seconds) if reported else ()),
            *(problem for section in sections for problem in _of_section(section, status)),
            *(_of_volatile(reported, components) if reported else ()),
        ],
    }


def _sections(session, asset_id, kinds):
    query = select(Section).where(Section.asset_id == asset_id).order_by(Section.kind)
    if kinds:
        query = query.where(Section.kind.in_(kinds))
    return session.scalars(query).all()


def _last_report(status, clock_skew_seconds):
    return {
        "report_id": status.report_id,
        "reported_at": status.reported_at,
        "received_at": status.received_at,
        "via": status.via,
        "version": status.version,
        "clock_skew_ms": status.clock_skew_ms,
        "clock_wrong": _clock_wrong(status, clock_skew_seconds),
    }


def _clock_wrong(status, clock_skew_seconds):
    return abs(status.clock_skew_ms or 0) > clock_skew_seconds * 1000


def _kind(section, known):
    """Tell how a kind stands; ``stale`` says why its components are older than its report."""
    reported_at, items_at = times.from_ms(known.outcome_at), times.from_ms(known.items_at)
    stale = None
    if section.status != "ok" and section.digest is not None:
        stale = f"kept from {times.text(items_at)}: {_outcome(section)}"
    return {
        "status": section.status,
        "reason": section.reason,
        "traceback": section.traceback,
        "reported_at": reported_at,
        "items_at": items_at,
        "item_count": section.item_count,
        "stale": stale,
    }


def _failed(section):
    """Tell whether an outcome is a problem: what never was available is none, nor is a wish."""
    return section.status == "error" or (
        section.status == "unavailable" and section.digest is not None
    )


def _outcome(section):
    return f"{section.status}: {section.reason}" if section.reason else section.status


def _components(session, sections, volatile):
    """Return {kind: [component]} of all kinds that ever came with items."""
    found = {section.kind: [] for section in sections if section.digest is not None}
    for row in [*_rows(session, sections), *_bulk(session, sections)]:
        found.setdefault(row.kind, []).append(row)
    serials = {section.kind: section.serial for section in sections}
    return {
        kind: [
            {
                "place": row.place,
                "serial": row.data.get(serials[kind]),
                "since": row.since,
                "fields": row.data,
                "volatile": volatile.get(kind, {}).get(row.place, {}),
            }
            for row in sorted(rows, key=lambda row: row.place)
        ]
        for kind, rows in found.items()
    }


def _rows(session, sections):
    if not sections:
        return []
    query = select(Component.kind, Component.place, Component.data, Component.since).where(
        Component.asset_id == sections[0].asset_id,
        Component.kind.in_([section.kind for section in sections]),
    )
    return session.execute(query).all()


def _bulk(session, sections):
    own = {(number, section.kind) for section in sections for number in section.bulk_ids or ()}
    ids = sorted({number for number, _kind in own})
    for start in range(0, len(ids), _IDS):
        columns = (BulkItem.id, BulkItem.kind, BulkItem.place, BulkItem.data)
        query = select(*columns, null().label("since"))
        rows = session.execute(query.where(BulkItem.id.in_(ids[start : start + _IDS])))
        # Lists that were kept long ago may have the same item of another kind beside their own.
        yield from (row for row in rows if (row.id, row.kind) in own)


def _of_report(status, clock_skew_seconds):
    for line in status.problems or ():
        yield {"source": "report", "message": line}
    if _clock_wrong(status, clock_skew_seconds):
        way = "ahead" if status.clock_skew_ms > 0 else "behind"
        skew = times.spoken(status.clock_skew_ms)
        yield {"source": "clock", "message": f"the host's clock is {skew} {way}"}


def _of_section(section, status):
    """Tell what is wrong with a kind; of one that reports bring no more, since when."""
    outcome_at = times.from_ms(age(status.ages, section.kind).outcome_at)
    late = outcome_at is not None and outcome_at < status.reported_at - GONE
    since = f"; no report since {times.text(outcome_at)} has this kind" if late else ""
    if _failed(section):
        yield {"source": "outcome", "kind": section.kind, "message": _outcome(section) + since}
    for line in section.problems or ():
        yield {"source": "collector", "kind": section.kind, "message": line + since}
    for problem in _quarantined(section.kind, section.quarantine):
        yield problem | {"message": problem["message"] + since}


def _of_volatile(status, components):
    """Tell of volatile values that were not taken, and of those of a place without component."""
    for kind, rows in components.items():
        yield from _quarantined(kind, (status.quarantine or {}).get(kind))
        values, held = status.volatile.get(kind, {}), Quarantine()
        for place in sorted(values.keys() - {row["place"] for row in rows}):
            held.note(place, "", values[place], "volatile: there is no component at this place")
        yield from _quarantined(kind, held.rows())


def _quarantined(kind, entries):
    for entry in entries or ():
        where = {name: entry[name] for name in ("place", "field", "raw") if entry.get(name)}
        yield {"source": "quarantine", "kind": kind, "message": entry["why"], **where}
