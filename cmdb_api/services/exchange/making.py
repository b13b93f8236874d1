"""Master data that a table names and the record lacks, made where that was asked for."""

from cmdb_api.errors import CMDBError
from cmdb_api.services import master
from cmdb_api.services.places import BETWEEN
from cmdb_api.services.resources import RESOURCES, SINGLE, TAGS

# In this order: a rack stands in what is made before it. Tags are made as they are needed.
POSSIBLE = {resource.field: resource for resource in RESOURCES if resource is not TAGS}
LONGEST = 255


def make(session, known, entries, fields, *, actor):
    """
    Add what rows name of these fields and is not known; return [(resource, name)].

    A row in which something is wrong already makes nothing.
    """
    made = []
    for field in (field for field in POSSIBLE if field in fields):
        wanted = {}
        for entry in entries:
            if not entry.reasons:
                for name in _missing(known, field, entry.given):
                    wanted.setdefault(name.lower(), (name, _parents(field, entry.given)))
        for name, parents in wanted.values():
            if _add(session, POSSIBLE[field], {"name": name} | parents, actor):
                made.append((POSSIBLE[field].path, name))
        if wanted:
            known.read()
    return made


def _missing(known, field, given):
    missing = known.missing(field, given.get(field))
    return [name for name in missing if BETWEEN not in name and len(name) <= LONGEST]


def _parents(field, given):
    parents = {"room": ("data_centre",), "rack": ("data_centre", "room")}.get(field, ())
    return {parent: given[parent] for parent in parents if given.get(parent)}


def _add(session, resource, given, actor):
    """Tell whether one was added; where it can't be, the row that names it tells why."""
    if resource in SINGLE and "data_centre" in resource.within and "data_centre" not in given:
        return False
    try:
        with session.begin_nested():
            master.add(session, resource, given, actor=actor)
    except CMDBError:
        return False
    return True
