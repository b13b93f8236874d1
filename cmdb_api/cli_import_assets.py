"""``cmdb import assets``: what people declare, out of a spreadsheet, CSV or JSON lines."""

from pathlib import Path

import click
from flask import current_app
from flask.cli import with_appcontext

from cmdb_api import cli_fields
from cmdb_api.cli_base import printable, user
from cmdb_api.errors import Invalid, TooLarge
from cmdb_api.extensions import db
from cmdb_api.schemas.imports import ALL, ROWS, ImportQuery
from cmdb_api.services.exchange import runs
from cmdb_api.services.exchange.making import POSSIBLE
from cmdb_api.views import importing

COUNTS = ("created", "changed", "unchanged", "failed")


@click.command()
@with_appcontext
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True))
@click.option("--dry-run", is_flag=True, help="Check every row; change nothing.")
@click.option("--all-or-nothing", is_flag=True, help="Take no row where one can't be.")
@click.option("--column", "columns", multiple=True, metavar="HEADING=FIELD", help="May repeat.")
@click.option("--leave-out", multiple=True, metavar="HEADING", help="A column. May repeat.")
@click.option("--leave-out-unknown", is_flag=True, help="All columns that are no field.")
@click.option("--create", metavar="FIELDS", help=f"Add missing names of {', '.join(POSSIBLE)}.")
@click.option("--mapping", metavar="NAME", help="Columns as they were kept under a name.")
@click.option("--save-mapping", metavar="NAME", help="Keep how the columns were taken.")
@click.option("--sheet", metavar="NAME", help="Default: the first with hostnames.")
@click.option("--encoding", metavar="NAME", help="Of CSV: utf-8, gb18030, cp1252 …")
@click.option("--failed", type=click.Path(dir_okay=False), help="Write the failed rows here.")
def assets(file, dry_run, all_or_nothing, columns, leave_out, failed, **asked):
    """
    Register or change the assets in FILE: .xlsx, CSV or JSON lines, with a row for each.

    A column is known by its heading: a field as of 'cmdb asset set', or what people call it in
    English or Chinese. An empty cell leaves what is declared, (none) takes it away. Each row is
    taken by itself; those that can't be are told with their cell and why, and the exit code is 1.
    """
    asked |= {"dry_run": dry_run, "mode": ALL if all_or_nothing else ROWS}
    said = dict(map(cli_fields.parted, columns)) | dict.fromkeys(leave_out)
    given = {name: value for name, value in asked.items() if value is not None}
    options = cli_fields.loaded(ImportQuery(), given | {"file_name": Path(file).name})
    who = {"actor": f"{user()} (cmdb import)", "owner": f"user:{user()}"}
    number = importing.run(_read(file), **who, **options | {"columns": said})
    told = runs.one(db.session, number)
    _tell(told)
    if failed and told["has_failed_rows"]:
        Path(failed).write_bytes(runs.failed(db.session, number)[0])
    if told["counts"]["failed"]:
        raise click.exceptions.Exit(1)


def _read(path):
    most = current_app.config["MAX_IMPORT_LENGTH"]
    if Path(path).stat().st_size > most:
        raise TooLarge(f"{path} is larger than {most} bytes; import it in pieces")
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise Invalid(f"{path} can't be read: {error.strerror}") from error


def _tell(told):
    for note in told["notes"]:
        click.echo(printable(f"Note: {note}"), err=True)
    for column in told["columns"]:
        if column["field"] is None:
            text = f'Column {column["column"]} "{column["heading"]}" is left out: {column["why"]}'
            click.echo(printable(text), err=True)
    for fault in told["failures"]:
        click.echo(printable(f"{fault['cell']}: {fault['reason']}"), err=True)
    shown = {fault["row"] for fault in told["failures"]}
    if len(shown) < told["counts"]["failed"]:
        click.echo(f"… and {told['counts']['failed'] - len(shown)} rows more", err=True)
    counts = ", ".join(f"{told['counts'][name]} {name}" for name in COUNTS if told["counts"][name])
    counts += f"; {told['made_count']} names added" if told["made_count"] else ""
    told_ = counts or "no rows"
    if not told["applied"]:
        why = "as asked" if told["dry_run"] else "as a row failed"
        told_ = f"Nothing is changed, {why}; it would be: {told_}"
    click.echo(told_)
