"""The query for hosts that brought nothing in time, with the reason of each."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Text, and_, case, cast, func, literal, or_, select, type_coerce

from cmdb_api.models import Asset, AssetStatus, Finding, Refusal, Section
from cmdb_api.models.coverage import STATES
from cmdb_api.models.finding import CLOSED, UNKNOWN_HOST
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


def query(session, names, known, since, kind=None):
    """
    Return the query for these hosts, a table of names, and the condition that one is overdue.

    ``known`` is what sources say of them.
    """
    status = AssetStatus
    items_at = brought_at = status.items_at
    start = since.items
    if kind:
        items_at, start = items_of(session, literal(kind)), times.to_ms(since.items)
        brought_at = moment_of(session, items_at)
    late = or_(*(each.is_(None) | (each < at) for each, at in _ages(items_at, start, since, kind)))
    rows = (
        select(
            names.c.name,
            func.coalesce(Asset.hostname, known.c.hostname).label("hostname"),
            *(known.c.target, known.c.listed, Asset.id.label("asset_id")),
            *(Asset.created_at, Asset.registered_at),
            *(status.reported_at, status.clock_skew_ms, status.via),
            *(items_at.label("items_at"), Refusal.at.label("refused_at"), Refusal.why),
            *(Finding.message.label("told"), Finding.opened_at.label("told_at")),
            (status.reported_at >= since.reported).label("reported"),
            _reason(since.reported, kind, known.c).label("reason"),
            _since(since.reported, brought_at, known.c).label("since"),
            late.label("late"),
        )
        .select_from(names)
        .join(Asset, Asset.hostname_key == names.c.name, isouter=True)
        .join(status, status.asset_id == Asset.id, isouter=True)
        .join(Refusal, Refusal.asset_id == Asset.id, isouter=True)
        .join(known, known.c.name == names.c.name, isouter=True)
        .join(Finding, _refused_as_unknown(names), isouter=True)
    )
    return rows, late


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


def _refused_as_unknown(names):
    """Return the condition for the finding that a host's reports are refused as nobody's."""
    same = Finding.fingerprint == literal(f"{UNKNOWN_HOST}:") + names.c.name
    return and_(same, Asset.id.is_(None), Finding.status != CLOSED)


def _ages(items_at, start, since, kind):
    own = [(items_at, start)]
    return own if kind else [(AssetStatus.reported_at, since.reported), *own]


def _reason(start, kind, known):
    """Return the expression for why a host is missing: what is plain first, guesses last."""
    status = AssetStatus
    reported, refused = status.reported_at >= start, _is_refused()
    return case(
        *_outcomes(reported, kind),
        (and_(refused, Refusal.at >= start), reasons.REFUSED),
        (Finding.id.is_not(None), reasons.NOT_REGISTERED),
        *((known.key == n, OF_KEY[s]) for n, s in enumerate(STATES) if s in OF_KEY),
        (known.failure.is_not(None), known.failure),
        (known.up == 0, reasons.DOWN),
        (refused, reasons.REFUSED),
        (status.reported_at.is_(None), reasons.NEVER_SEEN),
        (func.abs(status.clock_skew_ms) > WRONG_MS, reasons.CLOCK_WRONG),
        else_=reasons.SILENT,
    )


def _since(start, items_at, known):
    """Return the expression for since when it is so: the same conditions as of its reason."""
    status, refused = AssetStatus, _is_refused()
    return case(
        (status.reported_at >= start, items_at),
        (and_(refused, Refusal.at >= start), Refusal.at),
        (Finding.id.is_not(None), Finding.opened_at),
        *((known.key == n, known[f"{s}_since"]) for n, s in enumerate(STATES) if s in OF_KEY),
        (known.failure.is_not(None), known.failure_since),
        (known.up == 0, known.down_since),
        (refused, Refusal.at),
        else_=func.coalesce(status.reported_at, Asset.registered_at, Asset.created_at, known.since),
    )


def _is_refused():
    """Return the condition that what came last was refused."""
    newer = or_(AssetStatus.received_at.is_(None), Refusal.at > AssetStatus.received_at)
    return and_(Refusal.at.is_not(None), newer)


def _outcomes(reported, kind):
    """Return [(condition, reason)] of a host that reported, by how its collectors fared."""
    status = Section.status
    of_asset = select(Section.kind).where(Section.asset_id == Asset.id).correlate(Asset)
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
