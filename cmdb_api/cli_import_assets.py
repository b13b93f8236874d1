"""``cmdb import assets``: what people declare, out of a CSV file."""

import csv
from collections import Counter

import click
from flask.cli import with_appcontext

from cmdb_api import cli_fields
from cmdb_api.cli_base import printable, user
from cmdb_api.errors import CMDBError, Invalid
from cmdb_api.extensions import db
from cmdb_api.schemas.asset import NewAssetSchema
from cmdb_api.services import declaring

HOSTNAME = "hostname"


@click.command()
@with_appcontext
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True))
@click.option("--dry-run", is_flag=True, help="Check every row; change nothing.")
def assets(file, dry_run):
    """
    Register or change the assets in FILE, CSV in UTF-8 with a head line.

    A column is a field as of 'cmdb asset set', hostname among them: rack, tags (with commas),
    expected.memory.total_bytes. An empty cell leaves what is declared. Each row is taken by itself;
    those that can't be are told with their line and why, and the exit code is 1.
    """
    outcomes = Counter()
    for line, outcome in _outcomes(file, dry_run):
        outcomes[outcome.result] += 1
        if outcome.why:
            click.echo(printable(f"line {line}: {outcome.why}"), err=True)
    told = ", ".join(f"{count} {result}" for result, count in outcomes.items()) or "no rows"
    click.echo(f"Nothing is changed, as asked; it would be: {told}" if dry_run else told)
    if outcomes[declaring.FAILED]:
        raise click.exceptions.Exit(1)


def _outcomes(path, dry_run):
    """Yield (line, Outcome) of each row, which is committed by itself."""
    # A spreadsheet begins its file with a mark of the order of bytes.
    with open(path, encoding="utf-8-sig", newline="") as file:
        try:
            reader = csv.DictReader(file, strict=True)
            _check_head(reader.fieldnames)
            for row in reader:
                if any(value for value in row.values()):
                    outcome = _take(row)
                    if dry_run or outcome.why:
                        db.session.rollback()
                    db.session.commit()
                    yield reader.line_num, outcome
        except (csv.Error, UnicodeDecodeError) as error:
            raise click.ClickException(f"{path} is no CSV in UTF-8: {error}") from error


def _check_head(names):
    """Raise where a column is no field, or the hostname's is missing."""
    if HOSTNAME not in (names or ()):
        raise Invalid(f"the first line must name the columns, {HOSTNAME} among them")
    cli_fields.given((name, "") for name in names if name != HOSTNAME)
    if twice := sorted(name for name, count in Counter(names).items() if count > 1):
        raise Invalid(f"two columns are named {twice[0]}")


def _take(row):
    try:
        if None in row or None in row.values():
            raise Invalid("it has more or fewer cells than the first line")
        filled = {name: value.strip() for name, value in row.items() if value.strip()}
        host = {HOSTNAME: filled.pop(HOSTNAME, "")}
        given = cli_fields.typed(cli_fields.given(filled.items()))
        wanted = cli_fields.loaded(NewAssetSchema(), host | given)
        return declaring.take(db.session, wanted, actor=f"{user()} (cmdb import)")
    except CMDBError as error:
        return declaring.Outcome(declaring.FAILED, error.message)
