"""Findings about hosts that report and are not expected to: unknown ones, and retired ones."""

from datetime import timedelta

from sqlalchemy import and_, or_, select

from cmdb_api.models import Asset
from cmdb_api.models.asset import IGNORED, RETIRED, REVIEW
from cmdb_api.models.finding import CLOSED, UNKNOWN_HOST
from cmdb_api.models.finding import RETIRED as RETIRED_KIND
from cmdb_api.services import carriers, evidence, findings, times
from cmdb_api.services.access import visibility
from cmdb_api.services.canonical import dumps
from cmdb_api.services.findings import FINDING, Cause, fingerprint
from cmdb_api.services.locking import among
from cmdb_api.services.quarantine import tidy

MOST_ADDRESSES = 20
MOST_AGE_MS = 100 * 365 * 24 * 3600 * 1000
# An identifier that so many assets carry tells nothing of one.
MOST_CARRIERS = 5


def unknown(session, envelope, received_at, alike, asset_id=None):
    """Return the cause of a host that nobody registered; ``alike`` has its name in full."""
    others = _carriers(session, envelope.identity, asset_id)
    return Cause(
        fingerprint=fingerprint(envelope.id, UNKNOWN_HOST),
        kind=UNKNOWN_HOST,
        hostname=envelope.id,
        message=_message(envelope, alike, others),
        evidence={
            "identity": envelope.identity,
            "via": envelope.via,
            "reported_at": _reported_at(envelope, received_at),
            "addresses": _addresses(envelope.sections),
            "carried_by": others,
            "alike": alike,
        },
        cause=_marks(envelope.identity),
        asset_id=asset_id,
    )


def retired(envelope, asset, retired_at, received_at):
    """Return the cause of a retired asset that reports."""
    return Cause(
        fingerprint=fingerprint(asset.asset_id, RETIRED_KIND),
        kind=RETIRED_KIND,
        hostname=asset.hostname,
        message=f"{asset.hostname} is retired{since(retired_at)}, and still reports",
        evidence={
            "retired_at": times.text(retired_at),
            "reported_at": _reported_at(envelope, received_at),
            "via": envelope.via,
            "identity": envelope.identity,
        },
        cause=f"{times.text(retired_at)} {_marks(envelope.identity)}",
        asset_id=asset.asset_id,
    )


def settle(session, asset, *names):
    """Close the findings that are true no more of an asset; ``names`` are others that it has."""
    # Whoever makes them untrue, though they are not to be seen.
    with visibility.unscoped(session):
        _settle(session, asset, names)


def _settle(session, asset, names):
    if asset.standing not in (REVIEW, IGNORED):
        prints = [fingerprint(name, UNKNOWN_HOST) for name in (asset.hostname, *names)]
        for print_ in sorted({*prints, *_unknown(session, asset.id)}):
            findings.close(session, print_)
    if asset.state != RETIRED:
        findings.close(session, fingerprint(asset.id, RETIRED_KIND))


def concerned(session, assets):
    """Return those of these assets of which a finding is open that ``settle`` may close."""
    c, known = FINDING.c, {asset.id: asset for asset in assets}
    prints = {fingerprint(asset.hostname, UNKNOWN_HOST): asset.id for asset in assets}
    prints |= {fingerprint(asset.id, RETIRED_KIND): asset.id for asset in assets}
    named = among(session, c.fingerprint, sorted(prints))
    of_them = among(session, c.asset_id, sorted(known)), c.kind == UNKNOWN_HOST
    query = select(c.fingerprint, c.asset_id).where(c.status != CLOSED, or_(named, and_(*of_them)))
    with visibility.unscoped(session):
        rows = session.execute(query).all() if known else ()
    found = {prints.get(print_, number) for print_, number in rows}
    return [known[number] for number in sorted(found)]


def _unknown(session, asset_id):
    """Return the fingerprints of what is open of an asset as an unknown host, by any name."""
    c = FINDING.c
    of_asset = c.asset_id == asset_id, c.kind == UNKNOWN_HOST, c.status != CLOSED
    return session.scalars(select(c.fingerprint).where(*of_asset))


def _message(envelope, alike, others):
    text = f"{envelope.id} reports ({envelope.via}), and nobody registered it"
    if alike:
        text += f"; by its short name it may be {' or '.join(alike)}"
    if others:
        text += f"; the same identifiers are those of {' and '.join(o['hostname'] for o in others)}"
    return text


def since(moment):
    """Return since when something is so, to be said after it; empty where that is not known."""
    return f" since {times.text(moment)}" if moment else ""


def _reported_at(envelope, received_at):
    # An age may be any number.
    return times.text(received_at - timedelta(milliseconds=min(envelope.age_ms, MOST_AGE_MS)))


def _marks(identity):
    """Return the text of what tells one machine from another."""
    return dumps(evidence.listed(evidence.read(identity)))


def _carriers(session, identity, asset_id):
    """Return the assets whose reports carry the same identifiers, and of which sort those are."""
    found = carriers.pairs_of(evidence.weighty(evidence.read(identity)))
    counted = carriers.counts(session, found)
    few = counted.keys() - carriers.frequent(counted, MOST_CARRIERS)
    shared = carriers.holders(session, few, apart_from=asset_id)
    query = select(Asset.id, Asset.hostname).order_by(Asset.hostname_key)
    wanted = among(session, Asset.__table__.c.id, sorted(shared))
    known = session.execute(query.where(wanted)) if shared else ()
    return [
        {"hostname": name, "shared": sorted({kind for kind, _ in shared[number]})}
        for number, name in known
    ]


def _addresses(sections):
    """Return the addresses that a report brings, of its cards in their order."""
    items = (sections.get("nic") or {}).get("items") or ()
    found = {}
    for item in items:
        for name in ("ipv4", "ipv6"):
            values = item.get(name) if isinstance(item, dict) else None
            if isinstance(values, list):
                found |= dict.fromkeys(tidy(each) for each in values if isinstance(each, str))
    return list(found)[:MOST_ADDRESSES]
