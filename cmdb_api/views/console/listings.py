"""A list as a page shows it: its columns, its rows, and the addresses that change what is shown."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from flask import g, request
from flask_babel import lazy_gettext as _l
from markupsafe import escape

from cmdb_api.extensions import db
from cmdb_api.services.search import lists, saved
from cmdb_api.services.search.readers import Reader
from cmdb_api.services.search.rows import Rows
from cmdb_api.views.console import addresses, formats, labels, orders, searching

# What the chosen rows of a form are called.
PICK = "pick"
# How the endpoint ends that they are sent to.
PICKED = "_picked"
# Saved views that a page offers, at most.
MOST_VIEWS = 50
# Names in the address that are the table's own.
OWN = ("columns", "start", "format", "cursor", "back", "saved_view")
# The way back: the cursors of the pages before, FIRST for the first; the last so many letters of
# them, for an address can't be long.
BACK, FIRST, MOST_BACK = "back", "-", 1500
# What filters are called, beside the columns that they are of.
_ASKED = {
    "since": _l("Since"),
    "until": _l("Until"),
    "window": _l("Within"),
    "asset": _l("Host"),
    "columns": _l("Columns"),
    "sort": _l("Order"),
    "query": _l("Search"),
    "cursor": _l("Page"),
    "origin": _l("Source"),
    "actor": _l("Person"),
}


@dataclass(frozen=True)
class Column:
    """A column: ``show`` makes a page's cell of a row, ``value`` what a file has in it."""

    name: str
    title: object
    value: Callable | None = None
    show: Callable | None = None
    # text, number, moment, day, size, list
    type: str = "text"
    # What orders the list by it, where the service knows such an order.
    sort: str | None = None
    # The field that a search asks for what it shows, and its value in a row, where they are others.
    field: str | None = None
    asked: Callable | None = None
    # Whether it is shown where nobody chose.
    usual: bool = True
    wide: bool = False

    def of(self, row):
        """Return the value of a row."""
        return self.value(row) if self.value else row.get(self.name)

    def cell(self, row):
        """Return what a page shows of a row."""
        if self.show:
            return self.show(row)
        value = self.of(row)
        if self.type == "moment":
            return formats.ago(value)
        if self.type == "size":
            return formats.size(value)
        return formats.text(value)


@dataclass
class Listing:
    """A list as a page shows it."""

    name: str
    columns: list
    every: list
    asked: dict
    items: list = field(default_factory=list)
    next_cursor: str | None = None
    total: int | None = None
    # {name of what was asked for: texts}
    errors: dict = field(default_factory=dict)
    more: dict = field(default_factory=dict)
    # What its rows can be searched for and ordered by; None: not known.
    rows: Rows | None = None
    # What a row is chosen by: a name, or what makes it of a row.
    key: str | Callable | None = None
    # Whether views of it are saved: not of one that belongs to a page about one thing.
    saves: bool = True
    # What the list can be asked for.
    known: frozenset = frozenset()
    # The character of the search that an error is at, counted from 1.
    position: int | None = None

    @property
    def shown(self):
        """Return (column, its classes, its title) of those that are shown, safe as they are."""
        return [
            (column, escape(f"{column.type}{' wide' * column.wide}"), escape(column.title))
            for column in self.columns
        ]

    @property
    def start(self):
        """Return the number of rows before the first."""
        given = request.args.get("start", "")
        return int(given) if given.isdecimal() and len(given) < 10 and self.cursor else 0

    @property
    def cursor(self):
        """Return the cursor that was asked for."""
        return request.args.get("cursor")

    @property
    def filtered(self):
        """Tell whether anything narrows the list."""
        return any(v for k, v in request.args.items() if k not in (*OWN, "limit", "sort"))

    @property
    def next_url(self):
        """Return the address of the next page; None on the last."""
        if not self.next_cursor:
            return None
        before = [*request.args.getlist(BACK), self.cursor or FIRST]
        while sum(map(len, before)) > MOST_BACK:
            del before[0]
        more = {"start": self.start + len(self.items), BACK: before}
        return self.url(cursor=self.next_cursor, **more)

    @property
    def previous_url(self):
        """Return the address of the page before; None where the way to it is not known."""
        *before, last = request.args.getlist(BACK) or [None]
        if not self.cursor or last is None:
            return None
        start = max(0, self.start - self.asked.get("limit", len(self.items)))
        where = {} if last == FIRST else {"cursor": last, "start": start}
        return self.url(**{"cursor": None, "start": None, BACK: before} | where)

    def url(self, **changes):
        """Return this page's address with other values; None takes a name away."""
        return address(changes)

    def sort_of(self, column):
        """Return the name that orders the list by a column; None where nothing does."""
        if column.sort or self.rows is None:
            return column.sort
        name = column.field or column.name
        return name if name in self.rows.sorting else None

    def sort_url(self, column):
        """Return the address of the list in the order of a column, or the other way round."""
        name = self.sort_of(column)
        now_up = self.order(column) == "ascending"
        return self.url(sort=f"-{name}" if now_up else name, cursor=None, start=None)

    def label(self, name):
        """Return what is called what was asked for, where that is wrong."""
        titles = {column.name: column.title for column in self.every}
        return _ASKED.get(name) or titles.get(name) or labels.field(name)

    def order(self, column):
        """Return how the list is ordered by a column, as aria-sort has it."""
        way, number = orders.order(self, column) or (None, 1)
        return way if number == 1 else None

    def order_behind(self, column):
        """Return how rows that are alike so far are ordered by a column, and as how manieth."""
        way, number = orders.order(self, column) or (None, 1)
        return (way, number) if number > 1 else None

    @property
    def then(self):
        """Return what may order rows that are alike: see ``orders.then``."""
        return orders.then(self)

    def then_url(self, column):
        """Return the address of the list ordered by a column too; None where there is none."""
        return orders.then_url(self, column)

    def menu(self, column):
        """Return what narrows the list by a column: see ``searching.menu``."""
        return searching.menu(self, column) if "query" in self.known else []

    @property
    def marked(self):
        """Return the search as what is before, at and behind the character that is wrong."""
        return searching.marked(request.args.get("query", ""), self.position)

    @cached_property
    def views(self):
        """Return the saved views of this list that are offered."""
        return saved.offered(db.session, Reader.of(g.bearer), MOST_VIEWS, self.of)

    @property
    def of(self):
        """Return the name of the list, as saved views have it."""
        return self.rows.name if self.rows else lists.ASSETS

    def is_shown(self, view):
        """Tell whether the address was opened by a saved view."""
        return request.args.get("saved_view", "") == str(view["id"])

    @property
    def save_args(self):
        """Return what of the address a saved view keeps, and which list it is of."""
        left = ("cursor", "start", BACK, "format", "limit", "saved_view", "list")
        kept = {name: request.args.getlist(name) for name in request.args if name not in left}
        return kept | {"list": self.of}

    def key_of(self, row):
        """Return what a row is chosen by."""
        if callable(self.key):
            return self.key(row)
        return row[self.key] if isinstance(row, dict) else getattr(row, self.key)

    def picked(self):
        """Return the rows that were chosen on this page; None where nothing was to be chosen."""
        if request.method != "POST":
            return None
        keys = set(request.form.getlist(PICK))
        return [row for row in self.items if str(self.key_of(row)) in keys]

    @property
    def picked_url(self):
        """Return where the rows that are chosen are sent to, with what the page shows."""
        there = f"{request.endpoint.removesuffix(PICKED)}{PICKED}"
        return addresses.of(there, request.args.to_dict(flat=False), **request.view_args)

    def file_url(self, form):
        """Return the address of the file of all that is shown."""
        return self.url(format=form, cursor=None, start=None, limit=None)

    def hidden(self, *without):
        """Return (name, value) of what a form on this page has to carry on, but for these names."""
        left = (*without, "cursor", "start", BACK, "format")
        return [(k, v) for k, v in request.args.items(multi=True) if k not in left]


def address(changes):
    """Return the address of this page with other values; None takes a name away."""
    if "cursor" in changes:
        # The way to another page is not the way to this one.
        changes = {BACK: None} | changes
    args = {name: request.args.getlist(name) for name in request.args} | changes
    args = {name: value for name, value in args.items() if value not in (None, "", [])}
    return addresses.of(request.endpoint, args, **request.view_args)
