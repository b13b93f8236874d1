"""Assets are found by the addresses of their management controllers.

Revision: 0012, after 0011.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
BMC, FIELD, LONGEST = "bmc", "ip_address", 64
NAMES = ("asset_id", "kind", "place")
COMPONENT = sa.table("component", *map(sa.column, NAMES), sa.column("own", DOCUMENT))
ADDRESS = sa.table("component_address", *map(sa.column, (*NAMES, "address")))


def upgrade():
    told = sa.func.lower(sa.func.trim(COMPONENT.c.own[FIELD].as_string()))
    text = sa.func.substr(told, 1, LONGEST)
    same = sa.and_(*(ADDRESS.c[name] == COMPONENT.c[name] for name in NAMES))
    there = sa.exists().where(same, ADDRESS.c.address == text)
    rows = sa.select(*(COMPONENT.c[name] for name in NAMES), text)
    rows = rows.where(COMPONENT.c.kind == BMC, text > "", ~there)
    op.execute(sa.insert(ADDRESS).from_select([*NAMES, "address"], rows))


def downgrade():
    # A row stays where it is a hardware address: those were kept before.
    of_bmc = sa.and_(ADDRESS.c.kind == BMC, ~ADDRESS.c.address.like("__:__:__:__:__:__"))
    op.execute(sa.delete(ADDRESS).where(of_bmc))
