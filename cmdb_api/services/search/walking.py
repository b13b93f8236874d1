"""All assets that a search finds, in order, for whoever goes through the whole of them."""

from array import array

from sqlalchemy import select

from cmdb_api.models import Asset
from cmdb_api.services import listing
from cmdb_api.services.search.sorting import Order, join

CHUNK = 500
# Rows that the database hands over at once.
_ROWS = 10_000


def ids(session, *, sort=None, **filters):
    """
    Yield lists of ids of all assets found, 500 in each; ``filters`` are those of ``listing.page``.

    They are found by one query, so they are of one moment; each takes 8 bytes until the end.
    Raises Invalid before the first.
    """
    order = Order(session, sort)
    query = join(select(Asset.id).select_from(Asset))
    query = query.where(*listing.conditions(session, filters)).order_by(*order.clauses)
    return _chunks(session, query)


def _chunks(session, query):
    found = array("q", session.scalars(query.execution_options(yield_per=_ROWS)))
    for start in range(0, len(found), CHUNK):
        yield found[start : start + CHUNK].tolist()
