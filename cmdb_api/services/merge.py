"""Makes two assets one: the record of the other goes on in the first, and the other is gone.

Its name becomes another name of the first, or the first's own. See ``merge_history`` for what
becomes of the components and changes.
"""

from sqlalchemy import delete, select, update

from cmdb_api.models import Asset, AssetAlias, AssetStatus, IdentityEvidence
from cmdb_api.models.asset import ACCEPTED, REGISTERED, RETIRED
from cmdb_api.models.finding import CLOSED, MUTED, OPEN
from cmdb_api.models.types import now
from cmdb_api.services import (
    assets,
    carriers,
    edits,
    generations,
    identity,
    merge_history,
    naming,
    pairs,
)
from cmdb_api.services.declared import PLAIN
from cmdb_api.services.events import leaving
from cmdb_api.services.findings import FINDING
from cmdb_api.services.resources import MANY, SINGLE
from cmdb_api.services.search import filling
from cmdb_api.services.standing import REMEMBERED

EVIDENCE, STATUS = IdentityEvidence.__table__, AssetStatus.__table__
PLACE = ("data_centre_id", "room_id", "rack_id", "position_u", "height_u")
# Of the status row, what the newest report brought.
NEWEST = (
    *("reported_at", "received_at", "report_id", "via", "version"),
    *("clock_skew_ms", "identity", "problems"),
)


def merge(session, into_id, other_id, *, actor, why=None, rename=False):
    """
    Merge an asset into another; return what was done. The status rows of both are locked.

    ``rename`` gives the name of the one that goes to the one that stays. Raises Conflict.
    """
    assert into_id != other_id, "an asset can't be merged into itself"
    with assets.edited_many(session, [into_id], actor=actor, why=why) as (into,):
        other = session.get(Asset, other_id, populate_existing=True)
        old, name = into.hostname, other.hostname
        known = {old: into.key_generation, name: other.key_generation}
        before = {"name": name} | assets.items(session, [other])[other_id]
        is_newer = _status(session, into_id, other_id, name)
        filling.renew(session, [into_id])
        _evidence(session, into_id, other_id, is_newer=is_newer)
        _findings(session, into_id, other_id)
        _names(session, into_id, other_id)
        declared = _declared(session, into, other)
        edits.note(session, assets.PATH, other_id, actor=actor, before=before, after=None)
        session.flush()
        leaving.removed(session, other, before, actor=actor)
        session.expunge(other)
        session.execute(delete(Asset).where(Asset.id == other_id))
        for field, value in declared.items():
            setattr(into, field, value)
        if rename:
            naming.rename(session, into, name, actor)
        else:
            naming.keep(session, into, name, actor=actor)
        session.flush()
    told = {"merged": name, "into": old} | ({"renamed": name} if rename else {})
    return told | generations.outdated(known, into.key_generation)


def _status(session, into_id, other_id, hostname):
    """Make one of both records; return whether the newest report is the other's."""
    into, other = (
        session.execute(STATUS.select().where(STATUS.c.asset_id == number)).one()
        for number in (into_id, other_id)
    )
    follows, last = merge_history.move(session, into, other, hostname)
    values = {"recent": [*into.recent, *other.recent][-REMEMBERED:]}
    values["seq"] = max((n for n in (into.seq, other.seq) if n is not None), default=None)
    values["change_count"] = last
    # Everything is looked at anew with the next report.
    gone = (identity.EVIDENCE, identity.SUCCESSOR, f"{pairs.PENDING}{other_id}")
    values["causes"] = {name: text for name, text in into.causes.items() if name not in gone}
    if follows:
        values |= {name: getattr(other, name) for name in NEWEST}
        values["items_at"] = other.items_at or into.items_at
        for name in ("ages", "volatile", "quarantine"):
            both = (getattr(into, name) or {}) | (getattr(other, name) or {})
            values[name] = both or (None if name == "quarantine" else {})
    session.execute(update(STATUS).where(STATUS.c.asset_id == into_id).values(values))
    return follows


def _evidence(session, into_id, other_id, *, is_newer):
    """Let the identifiers of both be those of one; what it carries now is as of the newest."""
    known = carriers.of_assets(session, [into_id, other_id])
    newest = known[other_id if is_newer else into_id]
    both = {}
    for row in session.execute(
        EVIDENCE.select().where(EVIDENCE.c.asset_id.in_([into_id, other_id]))
    ):
        pair = row.type, row.value
        since = min(row.since, both[pair]["since"]) if pair in both else row.since
        both[pair] = {"type": row.type, "value": row.value, "since": since}
    kinds, moment = {kind for kind, _ in newest.now}, now()
    for pair, row in both.items():
        carried = pair in newest.now or (
            pair[0] not in kinds and any(pair in one.now for one in known.values())
        )
        ends = [one.before[pair] for one in known.values() if pair in one.before]
        row |= {"asset_id": into_id, "until": None if carried else max(ends, default=moment)}
    session.execute(delete(EVIDENCE).where(EVIDENCE.c.asset_id.in_([into_id, other_id])))
    if both:
        session.execute(EVIDENCE.insert(), list(both.values()))


def _findings(session, into_id, other_id):
    """Keep what was found and decided about the other; what is still so is found again."""
    c = FINDING.c
    concerns_other = (c.asset_id == other_id) | (c.other_id == other_id)
    is_open = c.status.in_((OPEN, MUTED))
    shut = {"status": CLOSED, "closed_at": now(), "muted_until": None}
    session.execute(update(FINDING).where(concerns_other, is_open).values(shut))
    own = c.asset_id == other_id, c.other_id.is_(None)
    for number, print_ in session.execute(select(c.id, c.fingerprint).where(*own)).all():
        name = {"fingerprint": f"{print_}~{number}"}
        session.execute(update(FINDING).where(c.id == number).values(name))
    session.execute(update(FINDING).where(c.asset_id == other_id).values(asset_id=into_id))
    session.execute(update(FINDING).where(c.other_id == other_id).values(other_id=None))
    session.execute(
        update(FINDING).where(c.asset_id == into_id, c.other_id == into_id).values(other_id=None)
    )


def _names(session, into_id, other_id):
    own = AssetAlias.asset_id == other_id
    session.execute(update(AssetAlias).where(own).values(asset_id=into_id))


def _declared(session, into, other):
    """Link what the other names; return the columns that are set from it, once it is gone."""
    for resource in MANY:
        link, column = resource.link, resource.of_asset
        have = select(column).where(link.c.asset_id == into.id)
        for number in session.scalars(
            select(column).where(link.c.asset_id == other.id, column.not_in(have))
        ).all():
            session.execute(link.insert().values({"asset_id": into.id, column.name: number}))
    names = [f"{r.field}_id" for r in SINGLE if f"{r.field}_id" not in PLACE]
    values = {
        name: getattr(other, name)
        for name in (*PLAIN, *names)
        if getattr(into, name) is None and getattr(other, name) is not None
    }
    if not any(getattr(into, name) for name in PLACE):
        values |= {name: getattr(other, name) for name in PLACE}
    values["expected"] = (other.expected or {}) | (into.expected or {}) or None
    values["key_generation"] = max(into.key_generation, other.key_generation)
    numbers = [n for n in (into.registration_seq, other.registration_seq) if n is not None]
    values["registration_seq"] = max(numbers, default=None)
    values["registered_at"] = into.registered_at or other.registered_at
    values["standing"] = REGISTERED if values["registered_at"] else ACCEPTED
    values["created_at"] = min(into.created_at, other.created_at)
    if into.state == RETIRED != other.state:
        values |= {"state": other.state, "state_at": now()}
    return values
