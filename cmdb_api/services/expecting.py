"""Who should report: assets that are online, and what masters and rosters know that is none yet.

What a master or a roster calls by another name of an asset is that asset.
"""

from sqlalchemy import JSON, String, and_, case, cast, exists, func, literal, null, select
from sqlalchemy.dialects.postgresql import JSONB

from cmdb_api.models import Asset, AssetAlias, CoverageHost, CoverageSource, Finding
from cmdb_api.models.asset import ACCEPTED as REPORTED
from cmdb_api.models.asset import ONLINE, REGISTERED
from cmdb_api.models.coverage import ACCEPTED, LISTED, REJECTED, STATES
from cmdb_api.models.finding import CLOSED, UNKNOWN_HOST
from cmdb_api.models.types import now
from cmdb_api.services import names, sources
from cmdb_api.services.dialects import among, dialect, listed
from cmdb_api.services.reasons import OF_KEY

ASSET, ALIAS, HOST = Asset.__table__, AssetAlias.__table__, CoverageHost.__table__
_OF_ASSET = {
    "asset_id": ASSET.c.id,
    "hostname": ASSET.c.hostname,
    "created_at": ASSET.c.created_at,
    "registered_at": ASSET.c.registered_at,
}
_OF_FINDING = {"told": "message", "told_at": "opened_at"}
# An asset that should report: one that lives, and that counts.
IS_EXPECTED = and_(Asset.state == ONLINE, Asset.standing.in_((REGISTERED, REPORTED)))


def forms(session):
    """Return {name that a source knows: the asset's} of those in short or in full; mostly empty."""
    if not names.matches_short(session):
        return {}
    own = select(ASSET.c.hostname_key), select(ALIAS.c.alias_key)
    keys = session.scalars(select(HOST.c.hostname_key).except_(*own)).all()
    found = names.resolve(session, keys) if keys else {}
    same = among(session, ASSET.c.id, sorted(set(found.values())))
    spelled = dict(
        map(tuple, session.execute(select(ASSET.c.id, ASSET.c.hostname_key).where(same)))
    )
    return {key: spelled[number] for key, number in found.items()}


def keys(session, hosts, forms):
    """Return {what a source may call it: its name} of hosts by their names."""
    found = {name: name for name in hosts}
    query = select(ALIAS.c.alias_key, ASSET.c.hostname_key).join_from(ALIAS, ASSET)
    same = among(session, ASSET.c.hostname_key, [*hosts])
    found |= dict(map(tuple, session.execute(query.where(same))))
    return found | {key: name for key, name in forms.items() if name in found}


def known(session, forms, among_keys=None):
    """
    Return what all sources say, one row a name: the best state of its key, whether it is up.

    ``among_keys`` limits it to what they call so.
    """
    host = _named(session, forms, among_keys).c
    fresh = CoverageSource.pushed_at >= now() - sources.STALE
    up = and_(fresh, host.up.is_not(None))
    return (
        select(
            host.name,
            func.min(host.hostname).label("hostname"),
            func.min(case((host.state == ACCEPTED, host.hostname))).label("target"),
            func.min(case((host.state == LISTED, host.hostname))).label("listed"),
            func.min(case(*((host.state == s, n) for n, s in enumerate(STATES)))).label("key"),
            func.max(case((up, case((host.up, 1), else_=0)))).label("up"),
            func.min(case((fresh, host.reason))).label("failure"),
            *_sinces(host, fresh, up),
        )
        .join(CoverageSource, CoverageSource.name == host.source)
        .group_by(host.name)
        .subquery()
    )


def _sinces(host, fresh, up):
    """Return the columns that tell since when: a key is so, it failed, it is down, it is known."""
    when = {f"{state}_since": host.state == state for state in OF_KEY}
    when["failure_since"] = and_(fresh, host.reason.is_not(None))
    when["down_since"] = and_(up, ~host.up)
    firsts = [func.min(case((is_so, host.since))).label(name) for name, is_so in when.items()]
    return [*firsts, func.min(host.since).label("since")]


def expected(session, forms):
    """Return the table of all hosts that should report; its columns are those of ``these``."""
    own = exists().where(ASSET.c.hostname_key == HOST.c.hostname_key)
    other = exists().where(ALIAS.c.alias_key == HOST.c.hostname_key)
    # A key that somebody rejected makes no host to wait for.
    stranger = select(HOST.c.hostname_key).distinct().where(~own, ~other, HOST.c.state != REJECTED)
    if forms:
        stranger = stranger.where(~among(session, HOST.c.hostname_key, [*forms]))
    stranger = stranger.subquery().c.hostname_key
    finding = Finding.__table__.c
    strangers = select(
        stranger.label("name"),
        *(cast(null(), column.type).label(name) for name, column in _OF_ASSET.items()),
        *(finding[own].label(name) for name, own in _OF_FINDING.items()),
    ).join_from(stranger.table, Finding, _refused_as_unknown(stranger), isouter=True)
    assets = select(
        ASSET.c.hostname_key.label("name"),
        *(column.label(name) for name, column in _OF_ASSET.items()),
        *(cast(null(), finding[own].type).label(name) for name, own in _OF_FINDING.items()),
    ).where(IS_EXPECTED)
    return assets.union_all(strangers).subquery("hosts")


def these(session, hosts):
    """
    Return the table of hosts by their names, whether they should report or not.

    ``name``; of its asset ``asset_id``, ``hostname``, ``created_at`` and ``registered_at``; where
    its reports are refused as nobody's, ``told`` and ``told_at``: the finding, and since when.
    """
    name = listed(session, hosts).c.name
    unknown = and_(ASSET.c.id.is_(None), _refused_as_unknown(name))
    return (
        select(
            name,
            *(column.label(own) for own, column in _OF_ASSET.items()),
            *(Finding.__table__.c[own].label(told) for told, own in _OF_FINDING.items()),
        )
        .join_from(name.table, ASSET, ASSET.c.hostname_key == name, isouter=True)
        .join(Finding, unknown, isouter=True)
        .subquery("hosts")
    )


def _refused_as_unknown(name):
    """Return the condition for the finding that a host's reports are refused as nobody's."""
    same = Finding.fingerprint == literal(f"{UNKNOWN_HOST}:") + name
    return and_(same, Finding.status != CLOSED)


def others(session):
    """Return {why: how many} of the assets that need not report: their state, or their standing."""
    why = case((Asset.standing.in_((REGISTERED, REPORTED)), Asset.state), else_=Asset.standing)
    query = select(why, func.count()).where(~IS_EXPECTED).group_by(why).order_by(why)
    return dict(map(tuple, session.execute(query)))


def entries(session, keys):
    """Return {name: what each source says of it}; ``keys`` are those of ``keys``."""
    query = select(HOST, CoverageSource.pushed_at).join(
        CoverageSource, CoverageSource.name == HOST.c.source
    )
    query = query.where(among(session, HOST.c.hostname_key, [*keys])).order_by(HOST.c.source)
    found = {}
    for entry in session.execute(query):
        found.setdefault(keys[entry.hostname_key], []).append(entry)
    return found


def _named(session, forms, keys):
    """Return what sources say of hosts, each under its asset's name where it is an asset's."""
    other, same = ASSET.alias("other"), ALIAS.c.alias_key == HOST.c.hostname_key
    shown = [HOST.c[column] for column in ("source", "hostname", "state", "up", "reason")]
    fits = [other.c.hostname_key]
    joined = HOST.outerjoin(ALIAS, same).outerjoin(other, other.c.id == ALIAS.c.asset_id)
    if forms:
        form = _pairs(session, forms)
        joined = joined.outerjoin(form, form.c.key == HOST.c.hostname_key)
        fits.append(form.c.value)
    # As text, so that SQLite makes an index of it where it is joined.
    name = cast(func.coalesce(*fits, HOST.c.hostname_key), String(255))
    query = select(*shown, HOST.c.since, name.label("name")).select_from(joined)
    if keys is not None:
        query = query.where(among(session, HOST.c.hostname_key, [*keys]))
    return query.subquery()


def _pairs(session, pairs):
    """Return {key: value} as a table."""
    if dialect(session) == "sqlite":
        rows = func.json_each(literal(pairs, JSON()))
    else:
        rows = func.jsonb_each_text(cast(literal(pairs, JSON()), JSONB))
    return rows.table_valued("key", "value")
