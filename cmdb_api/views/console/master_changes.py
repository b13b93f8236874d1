"""Who changed what of master data, newest first; a piece may be gone, its edits stay."""

from flask import render_template, url_for
from flask_babel import lazy_gettext as _l
from markupsafe import Markup
from marshmallow import fields, validate

from cmdb_api.extensions import db
from cmdb_api.schemas.master import MasterChangeQuery
from cmdb_api.schemas.values import Text
from cmdb_api.services import edits
from cmdb_api.views.console import formats, labels, tables
from cmdb_api.views.console import master_words as words
from cmdb_api.views.console.tables import Column

_OLD, _NEW = Markup('<span class="old">{}</span>'), Markup('<span class="new">{}</span>')


class ChangesQuery(MasterChangeQuery):
    """Which edits, and whose."""

    actor = Text()
    number = fields.Integer(validate=validate.Range(1, 2**63 - 1))


def changes():
    """List edits of master data, and assets that were removed."""
    listing = tables.read(
        "master-changes", COLUMNS, ChangesQuery(), _fetch, rows=edits.ROWS, key="id"
    )
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    return render_template("console/master_changes.html", listing=listing, words=words)


def _fetch(**asked):
    return edits.page(db.session, **asked)


def lines(row):
    """Return (field's words, old, new) of each field that an edit changed; old None: it is new."""
    before, after = row.before or {}, row.after or {}
    order = list(words.FIELDS)
    names = sorted(row.fields, key=lambda n: order.index(n) if n in order else len(order))
    return [(_field(name), before.get(name), after.get(name)) for name in names]


def _field(name):
    return str(words.FIELDS.get(name) or labels.field(name))


def _spoken(row):
    """Return an edit as a file has it."""
    changed = row.action == edits.CHANGED
    found = []
    for name, old, new in lines(row):
        old, new = formats.plain(old), formats.plain(new)
        value = f"{old} → {new}" if changed else new if row.action == edits.ADDED else old
        found.append(f"{name}: {value}")
    return "; ".join(found)


def shown(row):
    """Return an edit as a page has it: a line for each field, old → new."""
    found = [_line(row, *each) for each in lines(row)]
    return Markup("").join(Markup("<div>{}</div>").format(each) for each in found)


def _line(row, name, old, new):
    old, new = (value if value in (None, "") else formats.text(value) for value in (old, new))
    told = [
        form.format(text) for form, text in ((_OLD, old), (_NEW, new)) if text not in (None, "")
    ]
    arrow = Markup(" → ") if row.action == edits.CHANGED else Markup("")
    if arrow and len(told) < 2:
        told.insert(0 if old in (None, "") else 1, formats.NONE)
    return Markup("{}: {}").format(name, arrow.join(told))


def of(row):
    """Return the link to what was edited, where it may still be; else its name."""
    name = Markup("<bdi>{}</bdi>").format(row.name)
    if row.action == edits.REMOVED or row.resource not in words.OF_PATH:
        return name
    address = url_for("console.master.one", path=row.resource, number=row.resource_id)
    return Markup('<a href="{}">{}</a>').format(address, name)


COLUMNS = [
    Column("at", _l("When"), lambda row: row.at, type="moment"),
    Column("actor", _l("Who"), lambda row: row.actor),
    Column("action", _l("Action"), lambda row: str(words.ACTIONS[row.action])),
    Column("resource", _l("Sort"), lambda row: str(words.ONE[row.resource])),
    Column("name", _l("Name"), lambda row: row.name, of),
    Column("fields", _l("Old → new"), _spoken, shown, wide=True),
]
