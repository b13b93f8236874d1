"""What those may write who see the assets of some business units only: these assets, and no others.

That they read no others is the matter of ``visibility``.
"""

from sqlalchemy import select

from cmdb_api.errors import Forbidden, Invalid
from cmdb_api.models import BusinessUnit
from cmdb_api.services import names
from cmdb_api.services.access import visibility
from cmdb_api.services.resources import BUSINESS_UNITS

FIELD = BUSINESS_UNITS.field


def of_new(session, hostname, given):
    """
    Return what is given of an asset that is new, with its business unit where that is plain.

    Raises Invalid where it is not, and Conflict where another asset has the name.
    """
    mine = visibility.units(session)
    if mine is None:
        return given
    with visibility.unscoped(session):
        known = names.given(session, [hostname])
    if known and not names.given(session, [hostname]):
        raise visibility.taken(hostname)
    if given.get(FIELD):
        return given
    return given | {FIELD: _only(_names(session, mine))}


def check(session, asset):
    """Raise where an asset that was written is in no business unit of whoever writes."""
    mine = visibility.units(session)
    if mine is not None and asset.business_unit_id not in mine:
        raise Invalid.of(FIELD, f"an asset of yours stays in {_said(_names(session, mine))}")


def _only(own):
    if len(own) != 1:
        raise Invalid.of(FIELD, f"say which: {_said(own)}")
    return own[0]


def _names(session, numbers):
    query = select(BusinessUnit.name).where(BusinessUnit.id.in_(numbers))
    own = session.scalars(query.order_by(BusinessUnit.name)).all()
    if not own:
        raise Forbidden("no business unit is yours: an admin can give you one")
    return own


def _said(own):
    return f"one of yours: {', '.join(own)}" if len(own) > 1 else own[0]
