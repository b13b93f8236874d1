"""Conditions on what an asset has one of, whatever it is made of: what people declare, and when."""

from sqlalchemy import BigInteger, and_, cast, func, select

from cmdb_api.models import Asset, AssetStatus, Change
from cmdb_api.models.asset import STANDINGS, STATES
from cmdb_api.models.change import MARKS
from cmdb_api.services.resources import MANY, RESOURCES
from cmdb_api.services.search import networks, values, words
from cmdb_api.services.search.values import COMPARE
from cmdb_api.services.search.vocabulary import DAYS, NUMBERS, TEXTS

REFERENCES = {r.field: r for r in RESOURCES} | {r.name: r for r in RESOURCES}
WORDS = {"state": STATES, "standing": STANDINGS}


def knows(field):
    """Tell whether a field is one of these."""
    return field in OWN or field in REFERENCES or field in RANGES


def has(session, field, all_wanted):
    """Return the condition that a field is as all wanted; raises ValueError."""
    if field in RANGES:
        return RANGES[field](all_wanted)
    if field in REFERENCES:
        return and_(*(_refers(REFERENCES[field], wanted) for wanted in all_wanted))
    return and_(*(OWN[field](session, field, wanted) for wanted in all_wanted))


def _plain(read=None):
    """Return what makes the condition on a column of an asset."""

    def one(session, field, wanted):
        column = getattr(Asset, field)
        if read is not None:
            return values.ordered(column, wanted, read)
        values.check_text(field, wanted)
        if field in WORDS and wanted.pattern is None and wanted.text.lower() not in WORDS[field]:
            known = ", ".join(WORDS[field])
            raise ValueError(f"{field} is one of {known}, not {wanted.text}")
        return values.text(column, wanted)

    return one


def _number(session, field, wanted):
    # What is asked for may have more digits than what is kept.
    return values.ordered(cast(getattr(Asset, field), BigInteger), wanted, values.number)


def _hostname(session, field, wanted):
    values.check_text("hostname", wanted)
    return words.named(wanted)


def _address(session, field, wanted):
    values.check_text(field, wanted)
    return networks.has(session, wanted)


def _serial(session, field, wanted):
    values.check_text(field, wanted)
    return words.serial(wanted)


def _refers(resource, wanted):
    values.check_text(resource.name, wanted)
    model = resource.model
    found = select(model.id).where(values.text(model.name, wanted))
    if resource in MANY:
        link = resource.link.c
        return Asset.id.in_(select(link.asset_id).where(resource.of_asset.in_(found)))
    return func.coalesce(resource.of_asset.in_(found), False)


def _reported(all_wanted):
    at = AssetStatus.reported_at
    found = [
        at.is_not(None)
        if wanted.is_any
        else COMPARE[_side("reported", wanted)](at, values.moment(wanted.text))
        for wanted in all_wanted
    ]
    return Asset.id.in_(select(AssetStatus.asset_id).where(*found))


def _changed(all_wanted):
    """Return the condition on the changes; ``<`` alone: none since then."""
    is_change = Change.action.not_in(MARKS)
    if len(all_wanted) == 1 and not all_wanted[0].is_any:
        (wanted,) = all_wanted
        sign = _side("changed", wanted)
        since = COMPARE[">" if sign in (">", "<=") else ">="]
        rows = since(Change.at, values.moment(wanted.text))
        found = Asset.id.in_(select(Change.asset_id).where(rows, is_change))
        return found if sign in (">", ">=") else ~found
    found = [
        COMPARE[_side("changed", wanted)](Change.at, values.moment(wanted.text))
        for wanted in all_wanted
        if not wanted.is_any
    ]
    return Asset.id.in_(select(Change.asset_id).where(is_change, *found))


def _side(field, wanted):
    if wanted.sign == "=":
        told = f"{field}:>now-7d or {field}:[2026-11-01 TO 2026-11-22]"
        raise ValueError(f"{field} is a moment: write {told}")
    return wanted.sign


# Fields of which one value is to be as all wanted, and not each wanted of some value.
RANGES = {"changed": _changed, "reported": _reported}
OWN = {
    **dict.fromkeys(("hostname", "name"), _hostname),
    **{"address": _address, "serial": _serial},
    **dict.fromkeys(TEXTS, _plain()),
    **dict.fromkeys(DAYS, _plain(values.day)),
    **dict.fromkeys(NUMBERS, _number),
}
