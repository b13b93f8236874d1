"""Master data by its name, in any case; what is not known is told with the nearest names.

What a row is to refer to is locked against removal, until the transaction ends.
"""

from sqlalchemy import Text, cast, func, select

from cmdb_api.errors import Invalid
from cmdb_api.services import locking, nearest

PREFIX = "/api/v1"
# Unknown names that one error tells of, at most: comparing takes time.
SHOWN = 5


def find(session, resource, name, *, field=None, keep=False):
    """Return the id of what has this name; ``keep`` locks it against removal. Raises Invalid."""
    found = find_all(session, resource, [name], field=field, keep=keep)
    return found[0]


def find_all(session, resource, names, *, field=None, keep=False):
    """Return the ids of what has these names, in their order; raises Invalid."""
    model, keys = resource.model, [name.lower() for name in names]
    wanted = locking.among(session, model.name_key, sorted(set(keys)))
    query = select(model.name_key, model.id).where(wanted).order_by(model.id)
    if keep:
        query = query.with_for_update(read=True, key_share=True)
    known = dict(map(tuple, session.execute(query)))
    missing = [name for name, key in zip(names, keys, strict=True) if key not in known]
    if missing:
        raise unknown(session, resource, *missing, field=field)
    return [known[key] for key in keys]


def lowered(resource):
    """Return a resource's names in lower case, as an expression; SQL's own lower may be ASCII's."""
    model, start = resource.model, 1
    for name in resource.within:
        number = func.coalesce(cast(getattr(model, f"{name}_id"), Text), "")
        start = start + func.length(number) + 1
    return func.substr(model.name_key, start) if resource.within else model.name_key


def unknown(session, resource, *wanted, field=None):
    """Return the error for names that nothing of a sort has."""
    model = resource.model
    names = session.scalars(select(model.name).order_by(model.id).limit(nearest.COMPARED)).all()
    return Invalid.of(field or resource.field, told(resource, wanted, names))


def told(resource, wanted, names):
    """Return what is told of names that nothing of a sort has; ``names`` are those there are."""
    each = (
        f"there is no {resource.noun} {name}{nearest.hint(name, names) or ';'}"
        for name in wanted[:SHOWN]
    )
    return f"{' '.join(each)} POST {PREFIX}/{resource.path} adds one"
