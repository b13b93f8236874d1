"""The search language, the order and the pages of any list: what its rows are asked for.

A list names its fields, each an expression on its rows. Where a row is about an asset, the fields
of assets are known beside them: ``kind:disk AND rack:A12`` are the changes of disks in that rack.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Integer, and_, cast, func, or_, select

from cmdb_api.errors import Invalid
from cmdb_api.models import Asset
from cmdb_api.services import nearest, pages, patterns
from cmdb_api.services.search import known_values, limits, ordering, query, values
from cmdb_api.services.search.columns import DAY, FLAG, MOMENT, NUMBER, TEXT
from cmdb_api.services.search.fields import ANY, Fields
from cmdb_api.services.search.ordering import Key, Order

HOSTNAME = "hostname"
_READ = {NUMBER: values.number, DAY: values.day, MOMENT: values.moment}


class Field(NamedTuple):
    """What rows are asked for, and ordered by."""

    value: ColumnElement
    type: str = TEXT
    # What it may be; others are refused.
    choices: tuple = ()
    # What is offered to whoever writes a search; others may be asked for as well.
    offered: tuple = ()
    # Whether a word without a field is looked for in it.
    named: bool = False
    sorts: bool = True
    # Whether hardly two rows share a value: none is offered to narrow a list by.
    unique: bool = False
    # Whether each row has it, text in lower case: it is ordered by as it is.
    always: bool = False
    # Whether it is ordered by its bytes, as an index for patterns is.
    bytewise: bool = False
    # Whether its values are few enough to be counted while somebody writes.
    counted: bool = False
    # Makes the condition of (session, Wanted) where it is none on the value alone.
    has: Callable | None = None
    description: str = ""


@dataclass(frozen=True)
class Rows:
    """A list: its fields by name, and its own order, whose last name no two rows share."""

    name: str
    fields: dict[str, Field]
    order: tuple[str, ...]
    # The column with the id of the asset that a row is about.
    asset: ColumnElement | None = field(default=None, compare=False)

    def condition(self, session, text):
        """Return the condition that a row is found by a search; raises Invalid with the place."""
        return query.made(session, text, _Known(session, self))

    def sorted(self, text=None):
        """Return the Order that a text names, the list's own where it names none."""
        parts = ordering.parted(text)
        if len(parts) > ordering.MOST:
            raise Invalid.of("sort", f"more than {ordering.MOST} names")
        for name in (part.removeprefix("-") for part in parts):
            if name not in self.sorting:
                hint = nearest.hint(name, self.sorting) or f"; it can be {', '.join(self.sorting)}"
                raise Invalid.of("sort", f"there is nothing {name} to order by{hint}")
        keys = {}
        for part in (*parts, *self.order):
            name = part.removeprefix("-")
            keys.setdefault(name, self._key(name, part.startswith("-")))
        return Order(list(keys.values()), ordering.marked(parts))

    def is_of_asset(self, name):
        """Tell whether the values of a field are those that assets have."""
        return self.asset is not None and (name == HOSTNAME or name not in self.fields)

    @property
    def sorting(self):
        """Return the names of what rows can be ordered by."""
        return [name for name, each in self.fields.items() if each.sorts]

    def _key(self, name, down):
        known = self.fields[name]
        value = known.value
        if known.type == TEXT and not known.always:
            value = ordering.letters(value)
        if known.type == FLAG:
            value = cast(value, Integer)
        return Key(name, known.type, value, down, known.always, known.bytewise)


def page(session, rows, found, *, limit, cursor=None, sort=None, query=None):
    """
    Return one page of a query of rows: the rows, and the cursor of the next.

    ``found`` is the query without order; ``query`` is a search. Raises Invalid.
    """
    order = rows.sorted(sort)
    if query:
        found = found.where(rows.condition(session, query))
    if cursor:
        found = found.where(order.after(cursor))
    found = found.add_columns(*order.columns).order_by(*order.clauses).limit(limit + 1)
    return pages.cut(session.execute(found).all(), limit, order.cursor)


def values_of(session, rows, name, prefix="", *, counted=True):
    """Return [(value, how many rows)] of a list's own field that begin so; else choices alone."""
    known = rows.fields.get(name)
    if known is None:
        return []
    offered = known.choices or known.offered or ("false", "true") * (known.type == FLAG)
    if offered:
        return [(value, None) for value in offered if value.startswith(prefix.lower())]
    if not (counted and known.counted):
        return []
    limits.start(session)
    value, count = known.value.label("value"), func.count().label("count")
    begins = patterns.lowered(known.value, prefix).like(f"{patterns.escaped(prefix)}%", escape="!")
    counted = select(value, count).where(known.value.is_not(None), begins).group_by(value)
    counted = counted.order_by(count.desc(), value).limit(known_values.MOST)
    return [(str(value), number) for value, number in session.execute(counted)]


class _Known:
    """The fields of one search of a list: its own, and those of assets."""

    def __init__(self, session, rows):
        self.session, self.rows, self.assets = session, rows, Fields(session)

    def matches(self, name, all_wanted):
        """Return the condition that a row's field is as all wanted; raises ValueError."""
        for wanted in all_wanted:
            if "\0" in wanted.text or not wanted.text:
                raise ValueError("a value is wanted")
        if name == "_exists_":
            return self.matches(all_wanted[0].text, [ANY])
        if name is None:
            return and_(*(self._anywhere(wanted) for wanted in all_wanted))
        if name in self.rows.fields:
            return and_(*(self._one(name, wanted) for wanted in all_wanted))
        if self.rows.asset is None:
            raise ValueError(f"there is no field {name}{self._hint(name)}")
        return self._of_asset(self.assets.matches(name, all_wanted))

    def of_one(self, kind, asked, *, negates):
        """Return the condition that a row's asset has one component that is as asked."""
        if self.rows.asset is None:
            raise ValueError(f"there is no field {kind}{self._hint(kind)}")
        return self._of_asset(self.assets.of_one(kind, asked, negates=negates))

    def _of_asset(self, condition):
        asset = self.rows.asset
        # What is about no asset is not found, and found where it is not to be so.
        return and_(asset.is_not(None), asset.in_(select(Asset.id).where(condition)))

    def _anywhere(self, wanted):
        if wanted.pattern is None or "%" not in wanted.pattern:
            wanted = wanted._replace(pattern=f"%{wanted.pattern or patterns.escaped(wanted.text)}%")
        named = [each for each in self.rows.fields.values() if each.named]
        return or_(
            *(
                each.has(self.session, wanted) if each.has else values.text(each.value, wanted)
                for each in named
            )
        )

    def _one(self, name, wanted):
        known = self.rows.fields[name]
        if known.type == TEXT:
            values.check_text(name, wanted)
        if known.has is not None:
            return known.has(self.session, wanted)
        if wanted.is_any:
            return known.value.is_not(None)
        if known.type == FLAG:
            return func.coalesce(known.value, False).is_(values.flag(name, wanted))
        if known.type == TEXT:
            return self._text(name, known, wanted)
        if known.type == MOMENT and wanted.sign == "=":
            raise ValueError(f"{name} is a moment: write {name}:>now-7d or {name}:<2026-11-22")
        value = cast(known.value, BigInteger) if known.type == NUMBER else known.value
        return values.ordered(value, wanted, _READ[known.type])

    def _text(self, name, known, wanted):
        is_one = wanted.pattern is None and known.choices
        if is_one and wanted.text.lower() not in known.choices:
            raise ValueError(f"{name} is one of {', '.join(known.choices)}, not {wanted.text}")
        return values.text(known.value, wanted)

    def _hint(self, name):
        return nearest.hint(name, self.rows.fields) or f"; it can be {', '.join(self.rows.fields)}"
