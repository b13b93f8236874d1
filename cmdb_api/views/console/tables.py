"""Tables of any list: columns to choose, pages, order, and the file of all that is shown.

A list is a service that gives ``{"items": [...], "next_cursor": ...}``, maybe with ``total``; its
address has what the API's query schema knows, and ``columns``, ``start`` and ``format`` beside it.
"""

from functools import wraps

from flask import g, request, send_file
from marshmallow import EXCLUDE, ValidationError

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.services.access import audit
from cmdb_api.views import errors
from cmdb_api.views.console import table_files
from cmdb_api.views.console.gate import READ
from cmdb_api.views.console.listings import PICK, PICKED, Column, Listing, address
from cmdb_api.views.console.messages import say_all

__all__ = ["PICK", "Column", "address", "as_file", "choosable", "read", "wanted_file"]


def read(name, columns, schema, fetch, *, rows=None, key=None, saves=True, **fixed):
    """
    Return the Listing that the address asks for.

    ``fetch(**asked)`` is the service; what the schema or the service refuses stands in ``errors``.
    ``rows`` are those that it searches and orders, ``key`` is what a row is chosen by.
    """
    asked, wrong = _asked(schema)
    more = {
        "errors": say_all(wrong),
        "rows": rows,
        "key": key,
        "saves": saves,
        "known": frozenset(schema.fields),
    }
    listing = Listing(name, _chosen(columns), list(columns), asked, **more)
    if not wrong:
        try:
            found = fetch(**asked | fixed)
            listing.items, listing.next_cursor = found["items"], found.get("next_cursor")
            listing.total, listing.more = found.get("total"), found
        except CMDBError as error:
            db.session.rollback()
            listing.errors = say_all(error.fields or {"": [error.message]})
            listing.position = error.details.get("position")
    return listing


def choosable(blueprint, view, rule="", name=None):
    """Let rows that are chosen on the page of a view be made a file: its forms are sent there."""

    @wraps(view)
    def picked(**parts):
        return view(**parts)

    picked.scope = getattr(view, "scope", READ)
    endpoint = f"{name or view.__name__}{PICKED}"
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
