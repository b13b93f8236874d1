"""The generations of the keys of names that no asset has any more.

Who gets such a name next begins with the newest key that it had, so that none which was revoked
counts again.
"""

from sqlalchemy import case, select

from cmdb_api.models import KeyGeneration
from cmdb_api.services.dialects import insert

KEY = KeyGeneration.__table__
FIRST = 1


def remember(session, keys, generation):
    """Keep the generation of names, in lower case, that an asset loses."""
    rows = [{"name_key": key, "generation": generation} for key in sorted(keys)]
    if generation == FIRST or not rows:
        return
    statement = insert(session, KEY)
    new, old = statement.excluded.generation, KEY.c.generation
    highest = {"generation": case((new > old, new), else_=old)}
    upsert = statement.on_conflict_do_update(index_elements=["name_key"], set_=highest)
    session.execute(upsert, rows)


def of(session, key):
    """Return the generation of a name, in lower case, that is no asset's."""
    known = session.scalar(select(KEY.c.generation).where(KEY.c.name_key == key))
    return known or FIRST


def outdated(known, newest):
    """Return what is told of hosts, {name: generation}, whose keys have become too old."""
    old = sorted(name for name, generation in known.items() if generation < newest)
    return {"key_generation": newest, "needs_new_key": old} if old else {}


def every():
    """Return the query for (name, generation) of all that are remembered."""
    return select(KEY.c.name_key.label("name"), KEY.c.generation.label("key_generation"))
