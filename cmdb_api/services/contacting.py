"""Whom to turn to about an asset: its contacts, with their addresses and telephones."""

from sqlalchemy import select

from cmdb_api.models import Contact, asset_contact


def of(session, asset_id):
    """Return [{name, email, phone, description}] of an asset's contacts, by name."""
    columns = Contact.name, Contact.email, Contact.phone, Contact.description
    query = (
        select(*columns)
        .join(asset_contact, asset_contact.c.contact_id == Contact.id)
        .where(asset_contact.c.asset_id == asset_id)
        .order_by(Contact.name_key)
    )
    return [dict(row) for row in session.execute(query).mappings()]
