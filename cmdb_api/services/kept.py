"""What is kept once for the whole fleet: items of bulk kinds, lists of them, what models share.

Hosts of one model, or of one image, say much the same. Each such thing has a row of its own, found
by its hash; what hosts store is its id.
"""

import hashlib
import re
from typing import NamedTuple

from sqlalchemy import delete, exists, select

from cmdb_api.models import BulkItem, BulkList, Section
from cmdb_api.services.canonical import dumps
from cmdb_api.services.locking import among, insert

ITEM, LIST, SECTION = BulkItem.__table__, BulkList.__table__, Section.__table__
# Fields that tell one part from another of its model, whatever the kind: not worth to be shared.
_OWN = re.compile(
    r"(.*_)?(serial|uuid|wwn|macs?|ipv[46]|address(es)?|tag|fingerprint|hostname|location|bay|at|on)"
    r"|(machine|instance|image|chassis|system)_id|disks|comment|free_bytes|port|switch"
    r"|port_description|enclosure_name"
)

LONG = 32


class Entry(NamedTuple):
    """A row to be: its hash, and what it holds."""

    kind: str
    hash: str
    place: str
    place_field: str | None
    serial_field: str | None
    data: dict | list


def bulk_item(kind, place, item):
    """Return the entry of an item of a bulk kind."""
    return Entry(kind, _hash([place, item]), place, None, None, item)


def fields(names):
    """Return the entry of a list of fields."""
    return Entry("", _hash(names), "", None, None, names)


def split(kind, place, serial, item):
    """
    Return the entry of what a component shares with others, and the rest of its fields.

    The fields that say what its row says as ``place`` and ``serial`` are in neither: the entry
    names them.
    """
    place_field = _field_of(item, place)
    left = {name: value for name, value in item.items() if name != place_field}
    serial_field = _field_of(left, serial)
    left.pop(serial_field, None)
    own = {name: value for name, value in left.items() if _is_own(name, value)}
    shared = {name: value for name, value in left.items() if name not in own}
    found = _hash([place_field, serial_field, shared])
    return Entry(kind, found, "", place_field, serial_field, shared), own or None


def _is_own(name, value):
    """Tell whether a value is likely no other part's: by its field's name, or as a long word."""
    word = isinstance(value, str) and len(value) >= LONG and " " not in value
    return word or (value not in ("", []) and _OWN.fullmatch(name) is not None)


def _field_of(item, text):
    """Return the first name of those whose value is this text; None for none."""
    return min((name for name, value in item.items() if text and value == text), default=None)


def _hash(value):
    return hashlib.sha256(dumps(value).encode()).hexdigest()


def ids(session, entries):
    """Return {(kind, hash): id} of entries; those that are missing are added."""
    wanted = {(entry.kind, entry.hash): entry for entry in entries}
    known = _known(session, wanted)
    # In one order, so that two writers of the same ones don't wait for each other in a ring.
    if missing := sorted(wanted.keys() - known.keys()):
        session.execute(
            insert(session, ITEM).on_conflict_do_nothing(),
            [wanted[name]._asdict() for name in missing],
        )
        known |= _known(session, missing)
    return known


def _known(session, names):
    """Return {(kind, hash): id} of what is there of these."""
    if not names:
        return {}
    c = ITEM.c
    rows = select(c.kind, c.hash, c.id).where(among(session, c.hash, [text for _, text in names]))
    found = {(kind, text): number for kind, text, number in session.execute(rows)}
    # What another kind has that is the same is none of these.
    return {name: found[name] for name in names if name in found}


def list_id(session, numbers):
    """Return the id of a list, which is made where it is missing; it stays until the commit."""
    c, text = LIST.c, _hash(numbers)
    # Shared with others who refer to it; ``let_go`` leaves it alone as long.
    query = select(c.id).where(c.hash == text).with_for_update(read=True, key_share=True)
    while (found := session.scalar(query)) is None:
        session.execute(
            insert(session, LIST).on_conflict_do_nothing(), [{"hash": text, "ids": numbers}]
        )
    return found


def let_go(session, numbers=None):
    """Delete lists that no host has any more: of these ids, or of all; return how many."""
    c = LIST.c
    unused = ~exists().where(SECTION.c.bulk_list_id == c.id)
    free = select(c.id).where(unused).with_for_update(skip_locked=True)
    if numbers is not None:
        free = free.where(c.id.in_(numbers))
    # Whoever began to refer to one before it was locked is seen by the second statement only.
    if not (locked := session.scalars(free).all()):
        return 0
    return session.execute(delete(LIST).where(among(session, c.id, locked), unused)).rowcount
