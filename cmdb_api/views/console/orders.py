"""The order of a list by several columns: what rows that are alike in the first are ordered by."""

from cmdb_api.services.search.ordering import MOST


def order(listing, column):
    """Return (how the list is ordered by a column, as how manieth); None where it is not."""
    own = listing.rows.order[0] if listing.rows else ""
    name = listing.sort_of(column) or "-"
    for number, part in enumerate((listing.asked.get("sort") or own).split(","), 1):
        if part.strip().removeprefix("-") == name:
            return "descending" if part.strip().startswith("-") else "ascending", number
    return None


def then(listing):
    """Return [(title, address, that of the other way)] of what may order what is alike so far."""
    rows = [(c.title, then_url(listing, c), then_url(listing, c, "-")) for c in listing.columns]
    return [row for row in rows if row[1]]


def then_url(listing, column, sign=""):
    """Return the address of the list ordered by a column too; None where there is none."""
    name, parts = listing.sort_of(column), _parts(listing)
    names = [part.removeprefix("-") for part in parts]
    if not name or not parts or len(parts) >= MOST or name in names:
        return None
    return listing.url(sort=",".join([*parts, sign + name]), cursor=None, start=None)


def _parts(listing):
    """Return the names that somebody ordered the list by, where it takes several."""
    if listing.errors or (listing.rows is None and "query" not in listing.known):
        return []
    return [part.strip() for part in (listing.asked.get("sort") or "").split(",") if part.strip()]
