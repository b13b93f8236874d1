"""The changes of one component before and after one of them."""

from sqlalchemy import select, union_all

from cmdb_api.models import Change


def of(session, change):
    """Return (number before, number after) of the same component of an asset; None for none."""
    same = [getattr(Change, name) == change[name] for name in ("asset_id", "kind", "place")]
    numbers = select(Change.seq).where(*same)
    before = numbers.where(Change.seq < change["seq"]).order_by(Change.seq.desc()).limit(1)
    after = numbers.where(Change.seq > change["seq"]).order_by(Change.seq).limit(1)
    both = union_all(select(before.subquery()), select(after.subquery()))
    found = session.scalars(both).all()
    earlier = next((seq for seq in found if seq < change["seq"]), None)
    return earlier, next((seq for seq in found if seq > change["seq"]), None)
