"""``cmdb export``: assets as a spreadsheet, as CSV, as JSON Lines."""

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile

import click
from flask.cli import with_appcontext

from cmdb_api.cli_base import Field, user
from cmdb_api.extensions import db
from cmdb_api.models.asset import STANDINGS, STATES
from cmdb_api.schemas.export import Columns
from cmdb_api.services.access import audit
from cmdb_api.services.exchange import exporting
from cmdb_api.services.exchange.csv_writer import SEPARATORS
from cmdb_api.services.listing import ANY
from cmdb_api.services.search import saved, titles
from cmdb_api.services.search.readers import Reader

STDOUT = "-"
FORMS = [*exporting.FORMS]


@click.command()
@with_appcontext
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--format", "form", type=click.Choice(FORMS), help="Default: as FILE ends.")
@click.option("--query", help="A search, as in docs/search.md. Default: all assets.")
@click.option("--columns", type=Field(Columns(), "names"), help="With commas: hostname,rack.")
@click.option("--sort", help="Names with commas; - turns one: rack,-memory.total_bytes.")
@click.option("--state", multiple=True, type=click.Choice([*STATES, ANY]))
@click.option("--standing", multiple=True, type=click.Choice([*STANDINGS, ANY]))
@click.option("--saved", help="A saved search that is shared; what is given beside it wins.")
@click.option("--language", type=click.Choice(titles.LANGUAGES), help="Of the headings.")
@click.option("--separator", type=click.Choice([*SEPARATORS]), default="comma", show_default=True)
@click.option("--bom/--no-bom", default=None, help="Of CSV. Default: in a file, not on output.")
@click.option("--components", is_flag=True, help="JSON Lines with all components of each asset.")
def export(file, form, bom, **wanted):
    """
    Export assets to FILE: .xlsx, .csv or .jsonl; - is standard output.

    FILE is there once it is whole. docs/exchange.md tells what each holds.
    """
    form = form or _form(file)
    if wanted["components"] and form != "jsonl":
        raise click.UsageError("--components goes with jsonl alone")
    wanted["bom"] = file != STDOUT if bom is None else bom
    actor = f"{user()} (cmdb export)"
    wanted = saved.filled(db.session, Reader.local(user()), wanted)
    audit.by(audit.Deed(what=f"cmdb export {file}"))
    with _whole(file) as whole:
        count = exporting.write(db.session, whole, form, actor=actor, **wanted)
        db.session.commit()
    click.echo(f"{count} assets", err=True)


def _form(file):
    form = Path(file).suffix.lower().removeprefix(".")
    if form not in FORMS:
        told = ", ".join(FORMS)
        raise click.UsageError(f"{file} does not end as one of {told}: give --format")
    return form


@contextmanager
def _whole(file):
    """Give a file to write to; what FILE names is made, or filled, once that is whole."""
    try:
        path = Path(file).resolve()
        special = file == STDOUT or (path.exists() and not path.is_file())
        with _spooled(file) if special else _replaced(path) as whole:
            yield whole
    except OSError as error:
        raise click.ClickException(f"{error.filename or file}: {error.strerror}") from error


@contextmanager
def _spooled(file):
    """Give a file whose content goes to standard output, a pipe or a device at the end."""
    with TemporaryFile() as made:
        yield made
        made.seek(0)
        with click.open_file(file, "wb") as out:
            shutil.copyfileobj(made, out)


@contextmanager
def _replaced(path):
    """Give a file that takes a path at the end."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(beside, "x+b") as made:
            yield made
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
