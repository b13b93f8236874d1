"""Tables of any list: columns to choose, pages, order, and the file of all that is shown.

A list is a service that gives ``{"items": [...], "next_cursor": ...}``, maybe with ``total``; its
address has what the API's query schema knows, and ``columns``, ``start`` and ``format`` beside it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import wraps

from flask import g, request, send_file
from flask_babel import lazy_gettext as _l
from marshmallow import EXCLUDE, ValidationError

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.services.access import audit
from cmdb_api.services.search.rows import Rows
from cmdb_api.views import errors
from cmdb_api.views.console import addresses, formats, labels, searching, table_files
from cmdb_api.views.console.gate import READ

# What the chosen rows of a form are called.
PICK = "pick"
# How the endpoint ends that they are sent to.
PICKED = "_picked"
# Names in the address that are the table's own.
OWN = ("columns", "start", "format", "cursor")
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
    # What the list can be asked for.
    known: frozenset = frozenset()
    # The character of the search that an error is at, counted from 1.
    position: int | None = None

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
        return self.url(cursor=self.next_cursor, start=self.start + len(self.items))

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
        own = self.rows.order[0] if self.rows else ""
        sort = (self.asked.get("sort") or own).partition(",")[0]
        if sort.removeprefix("-") != (self.sort_of(column) or "-"):
            return None
        return "descending" if sort.startswith("-") else "ascending"

    def menu(self, column):
        """Return what narrows the list by a column: see ``searching.menu``."""
        return searching.menu(self, column) if "query" in self.known else []

    @property
    def marked(self):
        """Return the search as what is before, at and behind the character that is wrong."""
        return searching.marked(request.args.get("query", ""), self.position)

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
        left = (*without, "cursor", "start", "format")
        return [(k, v) for k, v in request.args.items(multi=True) if k not in left]


def address(changes):
    """Return the address of this page with other values; None takes a name away."""
    args = {name: request.args.getlist(name) for name in request.args} | changes
    args = {name: value for name, value in args.items() if value not in (None, "", [])}
    return addresses.of(request.endpoint, args, **request.view_args)


def read(name, columns, schema, fetch, *, rows=None, key=None, **fixed):
    """
    Return the Listing that the address asks for.

    ``fetch(**asked)`` is the service; what the schema or the service refuses stands in ``errors``.
    ``rows`` are those that it searches and orders, ``key`` is what a row is chosen by.
    """
    asked, wrong = _asked(schema)
    more = {"errors": wrong, "rows": rows, "key": key, "known": frozenset(schema.fields)}
    listing = Listing(name, _chosen(columns), list(columns), asked, **more)
    if not wrong:
        try:
            found = fetch(**asked | fixed)
            listing.items, listing.next_cursor = found["items"], found.get("next_cursor")
            listing.total, listing.more = found.get("total"), found
        except CMDBError as error:
            db.session.rollback()
            listing.errors = error.fields or {"": [error.message]}
            listing.position = error.details.get("position")
    return listing


def choosable(blueprint, view, rule=""):
    """Let rows that are chosen on the page of a view be made a file: its forms are sent there."""

    @wraps(view)
    def picked(**parts):
        return view(**parts)

    picked.scope = getattr(view, "scope", READ)
    endpoint = f"{view.__name__}{PICKED}"
    blueprint.add_url_rule(f"{rule}/picked", endpoint, picked, methods=["POST"])


def wanted_file():
    """Return the kind of file that the address asks for; None for the page."""
    wanted = request.values.get("format")
    return wanted if wanted in table_files.TYPES else None


def as_file(listing, fetch, **fixed):
    """Answer with all rows of a list, or those chosen, as a file, in the columns that are shown."""
    form, at = wanted_file(), now()
    file, count = table_files.make(form, listing, fetch, fixed)
    name = f"{listing.name}-{at:%Y-%m-%d}.{form}"
    told = {key: str(value) for key, value in listing.asked.items() if value}
    audit.note(
        db.session,
        action=audit.EXPORT,
        subject=name,
        details=told | {"rows": count},
        actor=g.bearer.name,
    )
    db.session.commit()
    options = {"as_attachment": True, "download_name": name, "conditional": False, "max_age": 0}
    answer = send_file(file, mimetype=table_files.TYPES[form], **options)
    answer.cache_control.no_store = True
    answer.call_on_close(file.close)
    return answer


def _asked(schema):
    """Return what the address asks for, and {name: texts} of what is wrong with that."""
    given = {}
    for name, loader in schema.fields.items():
        key = loader.data_key or name
        values = [value for value in request.args.getlist(key) if value != ""]
        if values:
            given[key] = values if hasattr(loader, "inner") else values[-1]
    try:
        return schema.load(given, unknown=EXCLUDE), {}
    except ValidationError as error:
        wrong = errors.invalid(error.messages, error, schema, "query").fields
        sound = {name: value for name, value in given.items() if name not in wrong}
        # What is needed and wrong is not asked for once more.
        return schema.load(sound, unknown=EXCLUDE, partial=tuple(wrong)), wrong


def _chosen(columns):
    """Return the columns that the address names, else the usual ones."""
    names = [n for given in request.args.getlist("columns") for n in given.split(",")]
    known = {column.name: column for column in columns}
    found = [known[name] for name in dict.fromkeys(names) if name in known]
    return found or [column for column in columns if column.usual]
