"""The names that master data had: what was renamed since is walked back."""

from sqlalchemy import select

from cmdb_api.models import MasterChange
from cmdb_api.services.edits import CHANGED
from cmdb_api.services.resources import RESOURCES

BY_PATH = {resource.path: resource for resource in RESOURCES}


def undone(renamed, item, when, until=None):
    """
    Return what was declared of an asset, by the names of a moment.

    ``renamed`` is what ``since`` gives, of that moment or an earlier one; ``until`` is the moment
    by whose names it is given, None is now.
    """
    found = dict(item)
    for at, path, before, after in renamed:
        if at <= when or (until is not None and at > until):
            continue
        resource, old, new = BY_PATH[path], before["name"], after["name"]
        value = found.get(resource.field)
        if resource.link is not None and new in (value or ()):
            names = (old if name == new else name for name in value)
            found[resource.field] = sorted(names, key=str.lower)
        elif value == new and all(found.get(p) == after.get(p) for p in resource.within):
            found[resource.field] = old
    return found


def since(session, when):
    """Return (time, path, before, after) of each renaming since a moment, newest first."""
    c = MasterChange
    old, new = (column["name"].as_string() for column in (c.before, c.after))
    query = select(c.at, c.resource, c.before, c.after)
    query = query.where(c.at > when, c.action == CHANGED, old != new)
    return session.execute(query.order_by(c.id.desc())).all()
