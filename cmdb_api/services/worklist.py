"""The list of findings: what is told of each, and the filters that choose them."""

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from cmdb_api.errors import NotFound
from cmdb_api.models import Asset, AssetStatus, Decision, Finding
from cmdb_api.models.finding import KINDS, MUTED, OPEN, STATUSES, UNKNOWN_HOST
from cmdb_api.models.types import now
from cmdb_api.services import assets, decisions, names
from cmdb_api.services.dialects import among
from cmdb_api.services.findings import FINDING, fingerprint
from cmdb_api.services.search import query as search
from cmdb_api.services.search import rows, values
from cmdb_api.services.search.columns import MOMENT, NUMBER
from cmdb_api.services.search.rows import Field, Rows

ANY = "any"
OF_DECISION = ("decision", "decided_by", "decided_at", "comment")
_OTHER = aliased(Asset)
# What was decided last.
_LAST, _EACH = aliased(Decision), aliased(Decision)
_NUMBER = select(func.max(_EACH.seq)).where(_EACH.finding_id == Finding.id).correlate(Finding)
_IS_LAST = and_(_LAST.finding_id == Finding.id, _LAST.seq == _NUMBER.scalar_subquery())


def _has_status(session, wanted):
    """Return the condition that a finding has a status; one whose time is over is open again."""
    return values.text(_status(now()), wanted)


ROWS = Rows(
    "findings",
    {
        "id": Field(Finding.id, NUMBER, always=True, description="the number of the finding"),
        "kind": Field(Finding.kind, choices=KINDS, description="what sort of finding"),
        "subject": Field(Finding.subject, named=True, counted=True, description="what of it"),
        "hostname": Field(
            func.coalesce(Asset.hostname, Finding.hostname), named=True, description="the host"
        ),
        "other": Field(_OTHER.hostname, named=True, description="the other, if it is about two"),
        "message": Field(Finding.message, named=True, unique=True, description="what it says"),
        "status": Field(
            Finding.status,
            choices=STATUSES,
            sorts=False,
            has=_has_status,
            description="open, decided, muted or closed",
        ),
        "opened_at": Field(Finding.opened_at, MOMENT, always=True, description="opened last"),
        "first_at": Field(Finding.first_at, MOMENT, always=True, description="opened first"),
        "seen_at": Field(Finding.seen_at, MOMENT, always=True, description="told last"),
        "muted_until": Field(Finding.muted_until, MOMENT, description="until when it is muted"),
        "decision": Field(
            _LAST.decision, offered=decisions.NAMES, description="what was decided last"
        ),
        "decided_by": Field(_LAST.actor, description="who decided last"),
        "decided_at": Field(_LAST.at, MOMENT, description="when it was decided last"),
        "comment": Field(_LAST.comment, unique=True, description="on what was decided last"),
    },
    order=("-opened_at", "-id"),
    asset=Finding.asset_id,
)


def page(
    session,
    *,
    kind=(),
    status=OPEN,
    asset=None,
    subject=None,
    limit,
    detailed=False,
    **asked,
):
    """
    Return one page, those opened last first; a muted one whose time is over counts as open.

    ``detailed`` has what shows each, and what can be decided about it; ``asked`` are the cursor, a
    ``query`` and a ``sort``.
    """
    moment = now()
    if asked.get("query") and "status" in search.mentions(asked["query"]):
        # It chooses itself.
        status = ANY
    query = _query(moment).where(*_conditions(session, moment, kind, status, asset, subject))
    found, after = rows.page(session, ROWS, query, limit=limit, **asked)
    items = [_told(row) | (_detailed(row.Finding, moment) if detailed else {}) for row in found]
    return {"items": items, "next_cursor": after}


def some(session, numbers):
    """Return the findings of these numbers, as far as there are such, in their order."""
    query = _query(now()).where(among(session, FINDING.c.id, [*numbers])).order_by(Finding.id)
    return [_told(row) | {"evidence": row.Finding.evidence} for row in session.execute(query)]


def open_of(session, asset_id, limit):
    """Return the open findings about an asset, those opened last first, so many at most."""
    moment = now()
    about = or_(Finding.asset_id == asset_id, Finding.other_id == asset_id)
    query = _query(moment).where(about, _status(moment) == OPEN)
    query = query.order_by(Finding.opened_at.desc(), Finding.id.desc()).limit(limit)
    return [_told(row) for row in session.execute(query)]


def summary(session):
    """Return how many findings there are: by status, and by kind and status."""
    status = _status(now())
    query = select(FINDING.c.kind, status, func.count()).group_by(FINDING.c.kind, status)
    kinds = {kind: dict.fromkeys(STATUSES, 0) for kind in KINDS}
    for kind, name, number in session.execute(query):
        kinds[kind][name] = number
    total = {name: sum(each[name] for each in kinds.values()) for name in STATUSES}
    return {"statuses": total, "kinds": kinds}


def of(session, number):
    """Return a finding with what was, and what can be, decided about it; raises NotFound."""
    moment = now()
    row = session.execute(_query(moment).where(Finding.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"there is no finding {number}")
    finding = row.Finding
    ids = [n for n in (finding.asset_id, finding.other_id) if n]
    return _told(row) | {
        **_detailed(finding, moment),
        "decisions": decisions.of_finding(session, number),
        "assets": _assets(session, ids),
    }


def _detailed(finding, moment):
    """Return what shows a finding, and what can be decided about it."""
    can = [
        {
            "decision": name,
            "does": action.does,
            "needs": list(action.needs),
            "optional": list(action.optional),
        }
        for name, action in decisions.possible(finding, moment).items()
    ]
    return {"evidence": finding.evidence, "possible": can}


def _assets(session, ids):
    """Return how the assets stand now that a finding is about."""
    columns = Asset.hostname, Asset.state, Asset.standing, AssetStatus.reported_at
    query = select(Asset.id, *columns).join(AssetStatus, isouter=True)
    known = {row.id: row._asdict() for row in session.execute(query.where(Asset.id.in_(ids)))}
    return [known[number] for number in ids if number in known]


def _status(moment):
    """Return the status of findings as an expression."""
    over = and_(FINDING.c.status == MUTED, FINDING.c.muted_until <= moment)
    return case((over, OPEN), else_=FINDING.c.status)


def _query(moment):
    return (
        select(
            Finding,
            _status(moment).label("now"),
            func.coalesce(Asset.hostname, Finding.hostname).label("name"),
            _OTHER.hostname.label("other"),
            *(_LAST.decision, _LAST.comment),
            *(_LAST.actor.label("decided_by"), _LAST.at.label("decided_at")),
        )
        .join(Asset, Asset.id == Finding.asset_id, isouter=True)
        .join(_OTHER, _OTHER.id == Finding.other_id, isouter=True)
        .join(_LAST, _IS_LAST, isouter=True)
    )


def _conditions(session, moment, kind, status, asset, subject):
    if kind:
        yield Finding.kind.in_(kind)
    if status == OPEN:
        # So that the index is used.
        yield Finding.status.in_((OPEN, MUTED))
    if status != ANY:
        yield _status(moment) == status
    if subject:
        yield Finding.subject == subject
    if asset:
        yield _of_host(session, asset)


def _of_host(session, name):
    """Return the condition that a finding is about this asset, or a host that is none."""
    print_ = fingerprint(names.key(name), UNKNOWN_HOST)
    named = and_(Finding.asset_id.is_(None), Finding.fingerprint == print_)
    number = names.find(session, name)
    if number is not None:
        return or_(Finding.asset_id == number, Finding.other_id == number, named)
    if not session.scalar(select(Finding.id).where(named).limit(1)):
        # Raises, and names the nearest.
        assets.find(session, name)
    return named


def _told(row):
    finding = row.Finding
    told = {column.key: getattr(finding, column.key) for column in FINDING.columns}
    told |= {"status": row.now, "hostname": row.name, "other": row.other}
    told |= {name: getattr(row, name) for name in OF_DECISION}
    told["muted_until"] = finding.muted_until if row.now == MUTED else None
    return told
