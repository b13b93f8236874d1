"""Conditions that a value is as wanted: a column's, or one within a JSON document."""

import operator
import re
from datetime import UTC, date, timedelta
from fractions import Fraction

from sqlalchemy import BigInteger, and_, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from cmdb_api.models.types import now
from cmdb_api.services import patterns, times
from cmdb_api.services.dialects import dialect

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
COMPARE["="] = operator.eq
_NUMBER = re.compile(r"(-?)([0-9]{1,18}(?:\.[0-9]{1,9})?)([KMGTP]?)(i?B)?", re.IGNORECASE)
_NOW = re.compile(r"now(?:([+-])([0-9].*))?")
# Kinds of values that are text, or may be.
TEXTS = ("str", "list", "any")


def text(column, wanted, around="{}"):
    """Return the condition that a text is as wanted, in any case, with ``around`` about it."""
    if wanted.is_any:
        return column.is_not(None)
    lower = patterns.lowered(column, wanted.text)
    plain = patterns.escaped(wanted.text) if wanted.pattern is None else wanted.pattern
    if wanted.pattern is None and around == "{}":
        return func.coalesce(lower == wanted.text.lower(), False)
    return func.coalesce(lower.like(around.format(plain), escape="!"), False)


def ordered(column, wanted, read):
    """Return the condition that a column stands to the value, as ``read`` reads it."""
    if wanted.is_any:
        return column.is_not(None)
    return func.coalesce(COMPARE[wanted.sign](column, read(wanted.text)), False)


def check_text(name, wanted):
    """Raise ValueError where a text is to be less or more than another."""
    if wanted.sign != "=":
        raise ValueError(f"{name} is text: it is compared with : alone")


def moment(said):
    """Return a moment: ISO 8601, now, now-7d or 7d; raises ValueError."""
    if found := _NOW.fullmatch(said):
        length = times.duration(found[2]) if found[2] else timedelta(0)
        return now() + length if found[1] == "+" else now() - length
    return times.moment(said, now())


def day(said):
    """Return a day: 2026-11-22, or one so long from now, like now+90d; raises ValueError."""
    if _NOW.fullmatch(said):
        return moment(said).astimezone(UTC).date()
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise ValueError(f"a day is wanted, like 2026-11-22 or now+90d, not {said}") from None


def number(said):
    """Return a whole number; 64G and 64GiB are in units of 1024, 1.92TB of 1000."""
    found = _NUMBER.fullmatch(said)
    if found:
        minus, digits, letter, unit = found.groups()
        base = 1000 if unit in ("B", "b") else 1024
        value = Fraction(digits) * base ** (" KMGTP".index(letter.upper()) if letter else 0)
        if value < 2**63 and (value.denominator == 1 or letter):
            return -int(value) if minus else int(value)
    raise ValueError(f"a whole number is wanted, or a size like 64G or 1.92TB, not {said}")


def flag(name, wanted):
    """Return True or False; raises ValueError for another word."""
    found = {"true": True, "yes": True, "false": False, "no": False}.get(wanted.text.lower())
    if found is None or wanted.sign != "=":
        raise ValueError(f"{name} is true or false, not {wanted.text}")
    return found


class Json:
    """The condition that a field of a JSON object is as wanted; made once for many columns."""

    def __init__(self, session, name, type_, all_wanted):
        """``type_`` is of "str", "int", "bool", "list", or "any" where that is not known."""
        self.name, self.all_wanted = name, all_wanted
        self.is_postgresql = dialect(session) == "postgresql"
        self.type = type_
        if type_ == "any" and any(wanted.sign != "=" for wanted in all_wanted):
            self.type = "int"
        for wanted in all_wanted:
            self._check(wanted)

    @property
    def is_text(self):
        """Tell whether what is kept as text may be it."""
        return self.type in TEXTS or all(wanted.is_any for wanted in self.all_wanted)

    def of(self, data):
        """Return the condition on a column that holds objects."""
        return and_(*(self._one(data, wanted) for wanted in self.all_wanted))

    def named(self, column):
        """Return the condition on a column that holds the field's text by itself."""
        return and_(*(text(column, wanted) for wanted in self.all_wanted))

    def _check(self, wanted):
        if wanted.is_any:
            return
        if self.type == "bool":
            flag(self.name, wanted)
        elif self.type == "int":
            number(wanted.text)
        else:
            check_text(self.name, wanted)

    def _one(self, data, wanted):
        if wanted.is_any:
            return self._type_of(data).is_not(None)
        if self.type == "bool":
            return self._flag(data, flag(self.name, wanted))
        if self.type == "int":
            return self._number(data, wanted)
        said = data[self.name].as_string()
        if self.type == "str":
            return text(said, wanted)
        found = self._listed(data, wanted)
        if self.type == "any":
            found = or_(text(said, wanted), found)
            if wanted.text.lower() in ("true", "false"):
                found = or_(found, self._flag(data, wanted.text.lower() == "true"))
        return found

    def _flag(self, data, value):
        wanted = ("boolean",) if self.is_postgresql else ("true", "false")
        return case((self._type_of(data).in_(wanted), data[self.name].as_boolean() == value)).is_(
            True
        )

    def _number(self, data, wanted):
        """Return the condition on a number; what is none, is not as wanted."""
        kind = "number" if self.is_postgresql else "integer"
        found = case((self._type_of(data) == kind, cast(data[self.name].as_string(), BigInteger)))
        return func.coalesce(COMPARE[wanted.sign](found, number(wanted.text)), False)

    def _listed(self, data, wanted):
        """Return the condition that one of a list of texts is as wanted."""
        is_list = self._type_of(data) == "array"
        if self.is_postgresql:
            whole = case((is_list, self._raw(data)), else_=literal([], JSONB))
            each = func.jsonb_array_elements_text(whole).column_valued("each")
        else:
            whole = case((is_list, func.json_extract(data, self._path())), else_="[]")
            each = func.json_each(whole).table_valued("value").c.value
        return is_list & select(literal(1)).where(text(each, wanted)).exists()

    def _type_of(self, data):
        if self.is_postgresql:
            return func.jsonb_typeof(self._raw(data))
        return func.json_type(data, self._path())

    def _raw(self, data):
        return data.op("->", return_type=JSONB())(self.name)

    def _path(self):
        return literal(f'$."{self.name}"')
