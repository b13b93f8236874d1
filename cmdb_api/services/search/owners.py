"""Saved searches when the account that they belong to is named otherwise, or goes."""

from sqlalchemy import delete, select

from cmdb_api.errors import Conflict
from cmdb_api.models import SavedQuery
from cmdb_api.services.search.saved import key


def hand_over(session, old, new):
    """Let the searches of one name belong to another; raises Conflict where that has such."""
    rows = session.scalars(select(SavedQuery).where(SavedQuery.owner == old)).all()
    keys = {key(new, row.name, row.shared): row for row in rows}
    query = select(SavedQuery).where(SavedQuery.name_key.in_(keys), SavedQuery.owner != old)
    if taken := session.scalar(query.limit(1)):
        raise Conflict.of("name", f"{new} has a saved search {taken.name} already, as {old} has")
    for name_key, row in keys.items():
        row.owner, row.name_key = new, name_key


def forget(session, owner):
    """Remove the searches that an owner does not share."""
    own = (SavedQuery.owner == owner) & SavedQuery.shared.is_(False)
    session.execute(delete(SavedQuery).where(own))
