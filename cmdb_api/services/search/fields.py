"""The fields that searches know, and the conditions on assets that they stand for.

Text is compared in any case; * stands for any text, ? for any character. Moments are as in
``services.times``, "now-7d" too; sizes may end in K, M, G, T or P, in units of 1024.
"""

import operator
import re
from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from cmdb_api.models import (
    Asset,
    AssetAlias,
    AssetStatus,
    BulkItem,
    Change,
    Component,
    ComponentAddress,
)
from cmdb_api.models.change import MARKS
from cmdb_api.models.types import now
from cmdb_api.services import nearest, part_items, patterns, times
from cmdb_api.services.dialects import dialect
from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.resources import MANY, RESOURCES

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
COMPARE["="] = operator.eq
_TEXTS = ("state", "standing", "inventory_number", "comment")
_DAYS = ("purchased_on", "warranty_until")
_NUMBERS = ("position_u", "height_u")
_BULK = ("package", "unit", "user", "socket")
_SIZES = {letter: 1024**n for n, letter in enumerate("KMGTP", 1)}
# Facts that are a field of the one component of a kind.
ALSO = {
    **{f"os.{name}": f"host.os_{name}" for name in ("name", "id", "version")},
    **{"os.kernel": "host.kernel", "os.architecture": "host.architecture"},
    **{"board.vendor": "board.manufacturer", "board.model": "board.product"},
}
REFERENCES = {r.field: r for r in RESOURCES} | {r.name: r for r in RESOURCES}


class Wanted(NamedTuple):
    """What a term asks for: a comparison and a text; an exact one has no * and ?."""

    sign: str
    text: str
    exact: bool = False


def names():
    """Return the names of all fields that are known beforehand."""
    plain = ("hostname", "address", "serial", "changed", "reported", *_TEXTS, *_DAYS, *_NUMBERS)
    own = (f"{kind}.{field}" for kind in KINDS if kind not in _BULK for field in KINDS[kind])
    return sorted({*plain, *REFERENCES, *ALSO, *own})


def matches(session, field, wanted):
    """Return the condition that an asset's field is as wanted; raises ValueError."""
    if "\0" in wanted.text or not wanted.text:
        raise ValueError("a value is wanted")
    if field is None:
        return _anywhere(wanted)
    if field in _SPECIAL:
        return _SPECIAL[field](wanted)
    if field in REFERENCES:
        return _refers(REFERENCES[field], wanted)
    if field in _TEXTS:
        _check_text(field, wanted)
        return _like(getattr(Asset, field), wanted)
    if field in _DAYS:
        return _ordered(getattr(Asset, field), wanted, _day(wanted.text))
    if field in _NUMBERS:
        # What is asked for may have more digits than what is kept.
        number = cast(getattr(Asset, field), BigInteger)
        return _ordered(number, wanted, _number(wanted.text))
    return _component(session, ALSO.get(field, field), field, wanted)


def _like(column, wanted, around="{}"):
    """Return the condition that a text is as wanted, in any case, with ``around`` about it."""
    lower = patterns.lowered(column, wanted.text)
    plain = patterns.escaped(wanted.text)
    if not wanted.exact:
        plain = plain.replace("*", "%").replace("?", "_")
    return func.coalesce(lower.like(around.format(plain), escape="!"), False)


def _check_text(field, wanted):
    if wanted.sign != "=":
        raise ValueError(f"{field} is text: it is compared with : alone")


def _ordered(column, wanted, value):
    return func.coalesce(COMPARE[wanted.sign](column, value), False)


def _hostname(wanted):
    _check_text("hostname", wanted)
    return _named(wanted)


def _named(wanted, around="{}"):
    alias = select(AssetAlias.asset_id).where(_like(AssetAlias.alias_key, wanted, around))
    return _like(Asset.hostname_key, wanted, around) | Asset.id.in_(alias)


def _address(wanted):
    _check_text("address", wanted)
    found = _like(ComponentAddress.address, wanted)
    return Asset.id.in_(select(ComponentAddress.asset_id).where(found))


def _serial(wanted):
    _check_text("serial", wanted)
    found = _like(Component.serial, wanted)
    if wanted.exact or not set("*?") & set(wanted.text):
        found = Component.serial == (part_items.as_looked_up(wanted.text) or "")
    return Asset.id.in_(select(Component.asset_id).where(found))


def _anywhere(wanted):
    """Return the condition that an asset has a word in what names it."""
    serial = Component.serial == (part_items.as_looked_up(wanted.text) or "")
    address = ComponentAddress.address == wanted.text.lower()
    around = "{}" if "*" in wanted.text and not wanted.exact else "%{}%"
    return or_(
        _named(wanted, around),
        _like(Asset.inventory_number, wanted, around),
        Asset.id.in_(select(Component.asset_id).where(serial)),
        Asset.id.in_(select(ComponentAddress.asset_id).where(address)),
    )


def _refers(resource, wanted):
    _check_text(resource.name, wanted)
    model = resource.model
    found = select(model.id).where(_like(model.name, wanted))
    if resource in MANY:
        link = resource.link.c
        return Asset.id.in_(select(link.asset_id).where(resource.of_asset.in_(found)))
    return func.coalesce(resource.of_asset.in_(found), False)


def _reported(wanted):
    found = COMPARE[_side("reported", wanted)](AssetStatus.reported_at, _moment(wanted.text))
    return Asset.id.in_(select(AssetStatus.asset_id).where(found))


def _changed(wanted):
    """Return the condition on the newest change; ``<``: none since then."""
    sign = _side("changed", wanted)
    since = COMPARE[">" if sign in (">", "<=") else ">="](Change.at, _moment(wanted.text))
    rows = select(Change.asset_id).where(since, Change.action.not_in(MARKS))
    return Asset.id.in_(rows) if sign in (">", ">=") else Asset.id.not_in(rows)


_SPECIAL = {
    **{"hostname": _hostname, "name": _hostname, "address": _address, "serial": _serial},
    **{"changed": _changed, "reported": _reported},
}


def _side(field, wanted):
    if wanted.sign == "=":
        raise ValueError(f"{field} is a moment: write {field}:>now-7d or {field}:<2026-11-22")
    return wanted.sign


def _moment(text):
    return times.moment(re.sub("^now-", "", text), now())


def _day(text):
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"a day is wanted, like 2026-11-22, not {text}") from None


def _number(text):
    found = re.fullmatch(r"(-?[0-9]{1,15})([KMGTPkmgtp]?)(?:i?[bB])?", text)
    number = int(found[1]) * _SIZES.get(found[2].upper(), 1) if found else None
    if number is None or abs(number) >= 2**63:
        raise ValueError(f"a whole number is wanted, or a size like 64G, not {text}")
    return number


def _component(session, path, field, wanted):
    """Return the condition that an asset has a component whose field is as wanted."""
    kind, _, name = path.partition(".")
    if kind in _BULK:
        raise ValueError(f"components of kind {kind} are not searched; see /packages and /parts")
    is_name = re.fullmatch(r"[a-z][a-z0-9_]{0,63}\.[A-Za-z0-9_]{1,128}", path)
    if not is_name or (kind in KINDS and name not in KINDS[kind]):
        raise ValueError(f"there is no field {field}{nearest.hint(field, names())}")
    type_ = KINDS.get(kind, {}).get(name, "str")
    is_text = type_ in ("str", "list") and wanted.sign == "="
    compare = _flag_of if type_ == "bool" else _text_of if is_text else _number_of
    shared = (BulkItem.kind == kind) & (BulkItem.place == "")
    whole = select(BulkItem.id).where(shared)
    common = whole.where(compare(session, BulkItem.data, name, wanted))
    own = compare(session, Component.own, name, wanted)
    found = select(Component.asset_id).where(Component.shared_id.in_(common))
    rest = select(Component.asset_id).where(
        Component.shared_id.in_(whole), Component.own.is_not(None), own
    )
    named = _like(Component.serial, wanted), _like(Component.place, wanted)
    told = [
        select(Component.asset_id).where(Component.shared_id.in_(whole.where(of == name)), same)
        for of, same in zip((BulkItem.serial_field, BulkItem.place_field), named, strict=True)
        if is_text
    ]
    return or_(*(Asset.id.in_(rows) for rows in (found, rest, *told)))


def _text_of(session, data, name, wanted):
    """Return the condition on a text, or on one of a list, which comes as JSON."""
    text = data[name].as_string()
    return _like(text, wanted) | _like(text, wanted, '[%"{}"%]')


def _flag_of(session, data, name, wanted):
    flag = {"true": True, "false": False}.get(wanted.text.lower())
    if flag is None or wanted.sign != "=":
        raise ValueError(f"{name} is true or false, not {wanted.text}")
    return func.coalesce(data[name].as_boolean() == flag, False)


def _number_of(session, data, name, wanted):
    """Return the condition on a number; what is none, is not as wanted."""
    value = _number(wanted.text)
    if dialect(session) == "postgresql":
        one = data.op("->", return_type=JSONB())(name)
        is_number = func.jsonb_typeof(one) == "number"
    else:
        path = literal(f'$."{name}"')
        is_number = func.json_type(data, path) == "integer"
    number = case((is_number, cast(data[name].as_string(), BigInteger)))
    return func.coalesce(COMPARE[wanted.sign](number, value), False)
