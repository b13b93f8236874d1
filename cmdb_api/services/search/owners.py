"""Saved searches when what they belong to is named otherwise, or goes."""

from sqlalchemy import delete, update

from cmdb_api.models import SavedQuery


def rename(session, key, name):
    """Let searches tell the new name of their owner."""
    session.execute(update(SavedQuery).where(SavedQuery.owner_key == key).values(owner=name))


def forget(session, key):
    """Remove the searches that an owner does not share."""
    own = (SavedQuery.owner_key == key) & SavedQuery.shared.is_(False)
    session.execute(delete(SavedQuery).where(own))
