"""What was taken of which node of which PuppetDB, and what of its asset others have told."""

from sqlalchemy import delete, select, update

from cmdb_api.models import Asset, PuppetNode, Section
from cmdb_api.models.asset import REVIEW
from cmdb_api.services import names, puppet_facts
from cmdb_api.services.dialects import among

_STORED = tuple(Section.__table__.c[name] for name in ("kind", "digest", "reason"))


def known(session, source, certnames):
    """Return {certname: when its settled facts were made}."""
    rows = session.execute(
        select(PuppetNode.certname, PuppetNode.producer_at).where(
            PuppetNode.source == source, PuppetNode.certname.in_(certnames)
        )
    )
    return dict(map(tuple, rows))


def asset_id(session, hostname):
    """Return the id of the asset of this name; None where there is none."""
    return names.find(session, hostname)


def under_review(session, hostnames):
    """Return those of these names whose assets nobody has registered yet, in lower case."""
    ids = names.resolve(session, hostnames)
    column = Asset.__table__.c.id
    query = select(column).where(among(session, column, sorted(set(ids.values()))))
    review = set(session.scalars(query.where(Asset.standing == REVIEW)))
    return {name for name, number in ids.items() if number in review}


def other(session, source, certname, asset):
    """Return the certname of another node of this PuppetDB that tells of an asset, or None."""
    return session.scalar(
        select(PuppetNode.certname).where(
            PuppetNode.asset_id == asset,
            PuppetNode.source == source,
            PuppetNode.certname != certname,
            PuppetNode.producer_at.is_not(None),
        )
    )


def left(session, asset, sections):
    """Return the kinds of these sections that are left to collectors, which have told of them."""
    rows = session.execute(select(*_STORED).where(Section.asset_id == asset))
    stored = {row.kind: row for row in rows}
    told = session.scalars(select(PuppetNode.digests).where(PuppetNode.asset_id == asset)).all()
    # An import that was cut off right after an asset's first report has left no note of it.
    told = told or [{kind: section.get("digest") for kind, section in sections.items()}]
    return [
        kind
        for kind in sections
        if puppet_facts.is_left(stored.get(kind), {each.get(kind) for each in told})
    ]


def note(session, source, node, report, *, settled):
    """
    Note which sections facts tell; with ``settled`` also that this node's facts are settled.

    It is called before and after a report is sent, so that no crash between makes what facts told
    look like a collector's.
    """
    asset = asset_id(session, report["id"])
    if asset is None:
        return
    row = session.get(PuppetNode, (asset, source, node.certname))
    if row is None:
        row = PuppetNode(asset_id=asset, source=source, certname=node.certname, digests={})
        session.add(row)
    if report["via"] == "puppetdb":
        told = {kind: section.get("digest") for kind, section in report["sections"].items()}
        row.digests = row.digests | {kind: digest for kind, digest in told.items() if digest}
    if settled:
        row.producer_at = node.producer_at
        session.flush()
        renamed = PuppetNode.certname == node.certname, PuppetNode.asset_id != asset
        session.execute(delete(PuppetNode).where(PuppetNode.source == source, *renamed))


def retire(session, source, certname):
    """Note that a node counts no more; what it told of its asset stays known."""
    session.execute(
        update(PuppetNode)
        .where(PuppetNode.source == source, PuppetNode.certname == certname)
        .values(producer_at=None)
    )
