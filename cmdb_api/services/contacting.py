"""Whom to turn to about an asset: its contacts, who sold it, and whether that still counts."""

from sqlalchemy import select

from cmdb_api.models import Asset, Contact, Supplier, asset_contact
from cmdb_api.services import names


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


def care(session, hostname):
    """
    Return {warranty_until, supplier: {name, email, phone}, contacts}, as ``of``, of a hostname.

    A supplier that is not declared is None; so is all where there is no such asset.
    """
    columns = Asset.id, Asset.warranty_until, Supplier.name, Supplier.email, Supplier.phone
    query = select(*columns).join_from(Asset, Supplier, isouter=True)
    row = session.execute(query.where(Asset.hostname_key == names.key(hostname))).one_or_none()
    if row is None:
        return None
    supplier = {"name": row.name, "email": row.email, "phone": row.phone} if row.name else None
    told = {"warranty_until": row.warranty_until, "supplier": supplier}
    return told | {"contacts": of(session, row.id)}
