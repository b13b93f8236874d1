"""Conditions on the components of an asset: on a field of any, or on several fields of one.

What is asked of one component is a function: called with ``test(field, wanted)``, it gives the
condition that ``test`` makes of its terms.
"""

import re

from sqlalchemy import and_, exists, or_, select, true

from cmdb_api.models import Asset, BulkItem, Component, Section
from cmdb_api.services import addresses, nearest, storage
from cmdb_api.services.facts import MAC
from cmdb_api.services.quarantine import KINDS, UNITS
from cmdb_api.services.search import bulk
from cmdb_api.services.search.values import Json

ITEM, COMPONENT, SECTION = BulkItem.__table__.c, Component.__table__.c, Section.__table__.c
KIND = re.compile("[a-z][a-z0-9_]{0,63}")
_FIELD = re.compile("[A-Za-z0-9_]{1,128}")
_WITH_LENGTH = ("ipv4", "ipv6")


def is_known(session, kind):
    """Tell whether a kind is one of ours, or one that a host ever reported."""
    if kind in KINDS:
        return True
    return bool(KIND.fullmatch(kind) and session.scalar(_reported(kind)))


def _reported(kind):
    return select(exists().where(SECTION.kind == kind))


def fields_of(session, kind):
    """Return {field: type} of a kind; of one that is not ours, what hosts reported of it."""
    if kind in KINDS:
        return KINDS[kind]
    numbers = select(SECTION.fields_id).where(SECTION.kind == kind).distinct()
    lists = session.scalars(select(BulkItem.data).where(ITEM.id.in_(numbers)))
    names = {name for names in lists for name in names}
    return {name: "int" if name.endswith(UNITS) else "any" for name in sorted(names)}


def any_of(session, kind):
    """Return the condition that an asset has a component of a kind."""
    some = (SECTION.kind == kind) & (SECTION.item_count > 0)
    return Asset.id.in_(select(SECTION.asset_id).where(some))


def has(session, kind, field, all_wanted):
    """Return the condition that an asset has a component whose field is as wanted."""
    test = _test(session, kind, field, all_wanted)
    rows, lists = bulk.shapes(session, kind)
    found = [Asset.id.in_(some) for some in _branches(kind, test)] if rows else []
    if lists:
        found.append(bulk.of_kind(session, kind, test.of(BulkItem.data)))
    return or_(False, *found)


def has_one(session, kind, asked, *, negates):
    """
    Return the condition that an asset has one component of which all that is asked is so.

    ``negates`` tells that it asks for something not to be so.
    """
    rows, lists = bulk.shapes(session, kind)
    found = []
    if rows:
        found = [Asset.id.in_(some) for some in _joined(session, kind, asked, negates)]
    if lists:
        condition = asked(lambda *term: _test(session, kind, *term).of(BulkItem.data))
        found.append(bulk.of_kind(session, kind, condition))
    if not found:
        # What is wrong in it is told, whatever there is.
        asked(lambda *term: _test(session, kind, *term).of(BulkItem.data))
    return or_(False, *found)


def _test(session, kind, field, all_wanted):
    known = fields_of(session, kind)
    if field not in known or not _FIELD.fullmatch(field):
        hint = nearest.hint(field, known)
        raise ValueError(f"components of kind {kind} have no field {field}{hint}")
    return Json(session, field, known[field], [_as_told(field, each) for each in all_wanted])


def _as_told(field, wanted):
    """Return what is wanted of an address as hosts write it."""
    if field not in storage.ADDRESS_FIELDS or wanted.is_any:
        return wanted
    if field in _WITH_LENGTH and "/" not in wanted.text and wanted.pattern is None:
        found = addresses.read(None, wanted.text) or wanted.text
        return wanted._replace(text=f"{found}/*", pattern=f"{found.lower()}/%")
    if wanted.pattern is None:
        return wanted._replace(text=addresses.read(MAC, wanted.text) or wanted.text)
    return wanted


def _branches(kind, test):
    """Yield queries of the assets that have such a component; each has an index to go by."""
    shared = (ITEM.kind == kind) & (ITEM.place == "")
    whole, common = select(ITEM.id).where(shared), test.of(BulkItem.data)
    yield select(COMPONENT.asset_id).where(COMPONENT.shared_id.in_(whole.where(common)))
    yield select(COMPONENT.asset_id).where(
        COMPONENT.shared_id.in_(whole), COMPONENT.own.is_not(None), test.of(Component.own)
    )
    if test.is_text:
        for of, column in _NAMED:
            named = COMPONENT.shared_id.in_(whole.where(of == test.name))
            yield select(COMPONENT.asset_id).where(named, test.named(column))


_NAMED = ((ITEM.serial_field, COMPONENT.serial), (ITEM.place_field, COMPONENT.place))


def _joined(session, kind, asked, negates):
    """Yield queries of the assets that have a component of which all is so."""
    tests = []

    def note(*term):
        tests.append(_test(session, kind, *term))
        return true()

    asked(note)
    shared = _shared(kind, tests)
    turn = iter(enumerate(tests))
    whole = asked(lambda *_: _of_row(shared, *next(turn)))
    rows = select(COMPONENT.asset_id).join_from(
        Component.__table__, shared, COMPONENT.shared_id == shared.c.id
    )
    if negates:
        yield rows.where(whole)
        return
    # Where what is shared is enough, an index tells who has it.
    turn = iter(range(len(tests)))
    enough = asked(lambda *_: shared.c[f"m{next(turn)}"])
    yield select(COMPONENT.asset_id).where(
        COMPONENT.shared_id.in_(select(shared.c.id).where(enough))
    )
    yield rows.where(~enough, whole)


def _shared(kind, tests):
    """Return a table of what components of a kind have in common, with what each test says."""
    columns = ITEM.id, ITEM.place_field, ITEM.serial_field
    common = [test.of(BulkItem.data).label(f"m{n}") for n, test in enumerate(tests)]
    found = select(*columns, *common).where(ITEM.kind == kind, ITEM.place == "")
    # With an offset it is not made part of the join: each is looked at once.
    return found.offset(0).subquery()


def _of_row(shared, number, test):
    own = and_(COMPONENT.own.is_not(None), test.of(Component.own))
    named = []
    if test.is_text:
        for of, column in ((shared.c.serial_field, "serial"), (shared.c.place_field, "place")):
            # The column is None of a field that is named nowhere.
            named.append((of == test.name).is_(True) & test.named(COMPONENT[column]))
    return or_(shared.c[f"m{number}"], own, *named)
