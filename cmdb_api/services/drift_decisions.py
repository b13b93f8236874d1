"""What a person can decide about a drift: that what is observed is what is declared from now on."""

from cmdb_api.errors import Conflict
from cmdb_api.models import Asset
from cmdb_api.services import assets, drift, fact_values, facts


def accept_observed(session, finding, *, actor, comment=None):
    """
    Declare what is observed, as an edit of the asset; return {"declared": value}.

    Raises Conflict where it is not observed any more as the finding tells.
    """
    hostname, fact = session.get(Asset, finding.asset_id).hostname, finding.subject
    why = f"finding {finding.id}: {comment or 'what is observed was accepted'}"
    with assets.edited(session, hostname, actor=actor, why=why) as asset:
        expected = asset.expected or {}
        known = {fact: expected[fact]} if fact in expected else {}
        (now,) = drift.of_asset(session, asset.id, known) or [None]
        if now is None:
            raise Conflict(f"{fact} of {hostname} is not declared any more")
        values = (finding.evidence.get("observed"), now["observed"])
        told, observed = (fact_values.told(facts.stored(fact), value) for value in values)
        if told != observed:
            raise Conflict(f"{fact} of {hostname} is another now: look at the finding again")
        asset.expected = expected | {fact: now["observed"]}
    return {"declared": now["observed"]}
