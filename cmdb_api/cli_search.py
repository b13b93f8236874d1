"""``cmdb search``: assets found as by the API, printed as a table, as JSON or as CSV."""

import json
import unicodedata
from itertools import islice

import click
from flask import current_app
from flask.cli import with_appcontext

from cmdb_api import cli_fields
from cmdb_api.cli_base import Field, table, user
from cmdb_api.errors import Invalid
from cmdb_api.extensions import db
from cmdb_api.models.asset import STANDINGS, STATES
from cmdb_api.schemas.export import Columns
from cmdb_api.services import fact_values, facts, listing
from cmdb_api.services.exchange import csv_writer
from cmdb_api.services.listing import ANY
from cmdb_api.services.search import column_values, columns, completion, saved, walking
from cmdb_api.services.search.readers import Reader
from cmdb_api.services.search.table import plain

TABLE, JSON, CSV = "table", "json", "csv"


@click.command()
@with_appcontext
@click.argument("query", default="")
@click.option("--columns", type=Field(Columns(), "names"), help="With commas: hostname,rack.")
@click.option("--sort", help="Names with commas; - turns one: rack,-memory.total_bytes.")
@click.option(
    "--state", multiple=True, type=click.Choice([*STATES, ANY]), help="Or all but retired."
)
@click.option("--standing", multiple=True, type=click.Choice([*STANDINGS, ANY]))
@click.option("--saved", help="A saved search that is shared; what is given beside it wins.")
@click.option("--limit", type=click.IntRange(min=1), help="Assets at most. Default: a page.")
@click.option("--all", "every", is_flag=True, help="All that are found.")
@click.option("--format", "form", type=click.Choice([TABLE, JSON, CSV]), default=TABLE)
@click.option(
    *("--fields", "prefix"),
    is_flag=False,
    flag_value="",
    metavar="[PREFIX]",
    help="List the names that can be asked for instead.",
)
def search(query, limit, every, form, prefix, **wanted):
    """
    Find assets by a QUERY in Lucene's syntax: rack:A12 AND disk.model:*PM883*.

    docs/search.md tells what can be asked. JSON is one asset a line.
    """
    if prefix is not None:
        return _list_fields(prefix)
    try:
        wanted = saved.filled(db.session, Reader.local(user()), {"query": query, **wanted})
        chosen = columns.choose(db.session, wanted.pop("columns"))
        chunks = walking.ids(db.session, **wanted)
    except Invalid as error:
        raise click.ClickException(_pointed(error, query)) from error
    limit = None if every else limit or current_app.config["PAGE_SIZE"]
    rows = islice((row for ids in chunks for row in _rows(ids, chosen)), limit)
    shown = _FORMS[form](chosen, rows)
    if shown == limit and (total := _total(**wanted)) > shown:
        click.echo(f"{shown} of {total} assets; --all shows all", err=True)


def _total(sort, **filters):
    return listing.count(db.session, list(listing.conditions(db.session, filters)))


def _rows(ids, chosen):
    return columns.values(db.session, ids, chosen).values()


def _table(chosen, rows):
    cells = [[_shown(*pair) for pair in zip(chosen, row, strict=True)] for row in rows]
    table([[column.title.upper() for column in chosen], *cells])
    return len(cells)


def _shown(column, value):
    """Return a value for a person: bytes as a size."""
    fact = facts.stored(column.name.removeprefix(column_values.EXPECTED))
    if fact and fact.unit == facts.BYTES:
        value = fact_values.told(fact, value) if value is not None else None
    return cli_fields.shown(plain(value))


def _lines(chosen, rows):
    count = 0
    for row in rows:
        named = zip(chosen, row, strict=True)
        click.echo(json.dumps({column.name: plain(value) for column, value in named}))
        count += 1
    return count


def _csv(chosen, rows):
    with click.open_file("-", "wb") as out:
        return csv_writer.write(out, [column.name for column in chosen], rows, bom=False)


_FORMS = {TABLE: _table, JSON: _lines, CSV: _csv}


def _list_fields(prefix):
    rows = [("NAME", "TYPE", "UNIT", "FOR", "DESCRIPTION")]
    for field in completion.fields(db.session, prefix):
        uses = [use for use in ("search", "column", "sort") if field[use]]
        unit = field["unit"] or ""
        rows.append((field["name"], field["type"], unit, ",".join(uses), field["description"]))
    table(rows)


def _pointed(error, query):
    """Return what is wrong with a search, with a caret below the character where it is."""
    position = error.details.get("position") if "query" in error.fields else None
    if not position or not query.isprintable():
        return error.message
    return f"{error.message}\n  {query}\n  {' ' * _width(query[: position - 1])}^"


def _width(text):
    """Return how many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    marks = sum(bool(unicodedata.combining(letter)) for letter in text)
    return len(text) + wide - marks
