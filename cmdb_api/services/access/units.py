"""The business units that accounts and tokens are limited to."""

from sqlalchemy import delete, select

from cmdb_api.models import Account, BusinessUnit, Token
from cmdb_api.models.access import account_business_unit, token_business_unit
from cmdb_api.services import named
from cmdb_api.services.resources import BUSINESS_UNITS

# Who is limited to a unit: what they are called, and the column that names it.
LIMITED = (
    ("accounts", account_business_unit.c.business_unit_id),
    ("tokens", token_business_unit.c.business_unit_id),
)


def ids(session, names, *, field="business_units"):
    """Return the ids of the business units of these names, held against removal; may Invalid."""
    return named.find_all(session, BUSINESS_UNITS, names, field=field, keep=True)


def keep(session, owner, numbers):
    """Let an account or a token have these business units, by id, and no others."""
    table, column = _of(owner)
    session.execute(delete(table).where(column == owner.id))
    if rows := [{column.name: owner.id, "business_unit_id": each} for each in sorted({*numbers})]:
        session.execute(table.insert(), rows)


def names(session, owners):
    """Return {id: [name]} of the business units of accounts, or of tokens."""
    if not owners:
        return {}
    table, column = _of(owners[0])
    query = select(column, BusinessUnit.name).join_from(table, BusinessUnit)
    query = query.where(column.in_([owner.id for owner in owners])).order_by(BusinessUnit.name)
    found = {owner.id: [] for owner in owners}
    for number, name in session.execute(query):
        found[number].append(name)
    return found


def users(session, number):
    """Return the accounts and tokens that are limited to a business unit, as uses of it."""
    found = []
    for owner in (Account, Token):
        table, column = _of(owner)
        query = select(owner.id, owner.name).join(table, column == owner.id)
        query = query.where(table.c.business_unit_id == number).order_by(owner.id)
        what = f"{owner.__tablename__}s"
        rows = session.execute(query)
        found += [{"resource": what, "id": row_id, "name": name} for row_id, name in rows]
    return found


def of_bearer(session, token, account):
    """Return the ids of the units that a token shows, its own and its account's; None for all."""
    limits = [
        _numbers(session, owner)
        for owner in (token, account)
        if owner is not None and owner.limited
    ]
    return frozenset.intersection(*limits) if limits else None


def _numbers(session, owner):
    table, column = _of(owner)
    return frozenset(session.scalars(select(table.c.business_unit_id).where(column == owner.id)))


def _of(owner):
    of_account = owner is Account or isinstance(owner, Account)
    table = account_business_unit if of_account else token_business_unit
    return table, table.columns[0]
