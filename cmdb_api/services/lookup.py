"""Master data whose name has a text in it, of all sorts at once: for who looks for anything."""

from sqlalchemy import literal, select, union_all

from cmdb_api.services import patterns
from cmdb_api.services.resources import RESOURCES

MOST = 5


def by_name(session, text, most=MOST):
    """Return [{"path", "id", "name"}] of master data with a text in the name; so many a sort."""
    queries = [_query(resource, text, most) for resource in RESOURCES]
    rows = session.execute(union_all(*queries))
    return [{"path": path, "id": number, "name": name} for path, number, name in rows]


def _query(resource, text, most):
    model = resource.model
    fits = patterns.like(patterns.lowered(model.name, text), text)
    query = select(literal(resource.path).label("path"), model.id, model.name).where(fits)
    # Only a query in brackets has an order of its own.
    return select(query.order_by(model.name, model.id).limit(most).subquery())
