"""The query for hosts that brought nothing in time, with the reason of each."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    BigInteger,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
)

from cmdb_api.models import AssetStatus, Refusal, Section
from cmdb_api.models.coverage import STATES
from cmdb_api.models.types import UTCDateTime
from cmdb_api.services import reasons, times
from cmdb_api.services.dialects import dialect
from cmdb_api.services.reasons import OF_KEY, OF_STATUS

# With a clock so far off a host can't speak to others any more: certificates are not valid for it.
WRONG_MS = 24 * 3600 * 1000


class Since(NamedTuple):
    """Since when a host should have reported, and brought items (of the kind that is asked for)."""

    reported: datetime
    items: datetime


def query(session, hosts, known, since, kind=None):
    """
    Return the query for these hosts: ``late`` tells whether one is overdue, ``reason`` then why.

    ``hosts`` are a table of ``expecting``, ``known`` is what sources say of them.
    """
    host = hosts.c
    status = AssetStatus
    items_at = brought_at = status.items_at
    start = since.items
    if kind:
        items_at, start = items_of(session, literal(kind)), times.to_ms(since.items)
        brought_at = moment_of(session, items_at)
    ages = _ages(items_at, start, since, kind)
    late = or_(*(func.coalesce(each < at, true()) for each, at in ages))
    return (
        select(
            host.name,
            func.coalesce(host.hostname, known.c.hostname).label("hostname"),
            *(known.c.target, known.c.listed, host.asset_id),
            *(host.created_at, host.registered_at),
            *(status.reported_at, status.clock_skew_ms, status.via),
            *(items_at.label("items_at"), Refusal.at.label("refused_at"), Refusal.why),
            *(host.told, host.told_at),
            (status.reported_at >= since.reported).label("reported"),
            # Asked for of those alone that are late: it looks into what collectors said.
            case((late, _reason(since.reported, kind, hosts, known.c))).label("reason"),
            _since(since.reported, brought_at, host, known.c).label("since"),
            late.label("late"),
        )
        .select_from(hosts)
        .join(status, status.asset_id == host.asset_id, isouter=True)
        .join(Refusal, Refusal.asset_id == host.asset_id, isouter=True)
        .join(known, known.c.name == host.name, isouter=True)
    )


def items_of(session, kind):
    """Return the expression for when a kind's items were collected, milliseconds since 1970."""
    ages = AssetStatus.__table__.c.ages
    if dialect(session) == "sqlite":
        return func.json_extract(ages, literal("$.") + kind + "[1]", type_=BigInteger)
    return cast(func.jsonb_extract_path_text(ages, cast(kind, Text), "1"), BigInteger)


def moment_of(session, milliseconds):
    """Return the expression for the moment so many milliseconds after 1970."""
    seconds = milliseconds / 1000.0
    if dialect(session) == "sqlite":
        told = func.strftime("%Y-%m-%d %H:%M:%f", seconds, "unixepoch")
        return type_coerce(told + "000", UTCDateTime())
    return func.to_timestamp(seconds, type_=UTCDateTime())


def every_kind(session):
    """Return the expressions for a kind and for the same of it, of each kind of a host in turn."""
    ages = AssetStatus.__table__.c.ages
    if dialect(session) == "sqlite":
        each = func.json_each(ages).table_valued("key", "value", joins_implicitly=True).c
        return each.key, func.json_extract(each.value, "$[1]", type_=BigInteger)
    each = func.jsonb_each(ages).table_valued("key", "value", joins_implicitly=True).c
    return each.key, cast(each.value.op("->>")(1), BigInteger)


def _ages(items_at, start, since, kind):
    own = [(items_at, start)]
    return own if kind else [(AssetStatus.reported_at, since.reported), *own]


def _reason(start, kind, hosts, known):
    """Return the expression for why a host is missing: what is plain first, guesses last."""
    status = AssetStatus
    reported, refused = status.reported_at >= start, _is_refused()
    return case(
        *_outcomes(reported, kind, hosts),
        (and_(refused, Refusal.at >= start), reasons.REFUSED),
        (hosts.c.told_at.is_not(None), reasons.NOT_REGISTERED),
        *((known.key == n, OF_KEY[s]) for n, s in enumerate(STATES) if s in OF_KEY),
        (known.failure.is_not(None), known.failure),
        (known.up == 0, reasons.DOWN),
        (refused, reasons.REFUSED),
        (status.reported_at.is_(None), reasons.NEVER_SEEN),
        (func.abs(status.clock_skew_ms) > WRONG_MS, reasons.CLOCK_WRONG),
        else_=reasons.SILENT,
    )


def _since(start, items_at, host, known):
    """Return the expression for since when it is so: the same conditions as of its reason."""
    status, refused = AssetStatus, _is_refused()
    return case(
        (status.reported_at >= start, items_at),
        (and_(refused, Refusal.at >= start), Refusal.at),
        (host.told_at.is_not(None), host.told_at),
        *((known.key == n, known[f"{s}_since"]) for n, s in enumerate(STATES) if s in OF_KEY),
        (known.failure.is_not(None), known.failure_since),
        (known.up == 0, known.down_since),
        (refused, Refusal.at),
        else_=func.coalesce(status.reported_at, host.registered_at, host.created_at, known.since),
    )


def _is_refused():
    """Return the condition that what came last was refused."""
    newer = or_(AssetStatus.received_at.is_(None), Refusal.at > AssetStatus.received_at)
    return and_(Refusal.at.is_not(None), newer)


def _outcomes(reported, kind, hosts):
    """Return [(condition, reason)] of a host that reported, by how its collectors fared."""
    status = Section.status
    of_asset = select(Section.kind).where(Section.asset_id == hosts.c.asset_id).correlate(hosts)
    if kind:
        # A subquery, not a join: it is run for those alone that reported.
        why = case(
            *((status == name, why) for name, why in OF_STATUS.items()), else_=reasons.NOTHING
        )
        own = of_asset.where(Section.kind == kind).with_only_columns(why).scalar_subquery()
        return [(reported, func.coalesce(own, reasons.NO_COLLECTOR))]
    some = of_asset.where(status == "disabled").exists()
    disabled = and_(some, ~of_asset.where(status != "disabled").exists())
    return [
        (and_(reported, of_asset.where(status == "error").exists()), reasons.FAILING),
        (and_(reported, disabled), reasons.DISABLED),
        (reported, reasons.NOTHING),
    ]
