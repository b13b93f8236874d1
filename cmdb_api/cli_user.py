"""``cmdb user``: accounts of people, made and changed on the API's host: above all the first."""

import secrets
import sys

import click
from flask.cli import AppGroup

from cmdb_api.cli_base import Field, printable, table
from cmdb_api.extensions import db
from cmdb_api.models.access import ROLES
from cmdb_api.schemas.access import AccountName
from cmdb_api.schemas.values import Label
from cmdb_api.services import times
from cmdb_api.services.access import accounts

NAME = click.argument("name", type=Field(AccountName(), "name"))
STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from stdin.")
GENERATE = click.option("--generate", is_flag=True, help="Make a password and print it, once.")
HEADS = ("NAME", "ROLE", "ENABLED", "BUSINESS UNITS", "LAST LOGIN", "FULL NAME")


@click.group(cls=AppGroup)
def user():
    """People who may log in."""


def _options(required):
    """Return what gives a command the options for the fields of an account."""

    def decorate(command):
        for option in (
            click.option("--role", type=click.Choice(ROLES), required=required),
            click.option("--full-name", type=Field(Label(), "text")),
            click.option("--email", type=Field(Label(), "text")),
            click.option("--oidc-subject", type=Field(Label(longest=512), "text")),
            click.option(
                "--limited/--not-limited",
                default=None,
                help="Whether only assets of the business units are seen.",
            ),
            click.option(
                "--business-unit", "business_units", multiple=True, help="May be repeated."
            ),
        ):
            command = option(command)
        return command

    return decorate


@user.command()
@NAME
@_options(required=True)
@STDIN
@GENERATE
@click.option("--no-password", is_flag=True, help="They log in by OIDC alone.")
def create(name, password_stdin, generate, no_password, **given):
    """Add the account NAME. The password is asked for, read or made."""
    given = {"name": name} | _given(given)
    if not no_password:
        given["password"] = _password(password_stdin, generate)
    accounts.add(db.session, given)
    db.session.commit()
    click.echo(f"{name} may log in as {given['role']}.", err=True)
    _show(given, generate)


@user.command("list")
def list_():
    """List accounts by name."""
    rows, cursor = [HEADS], None
    while True:
        page = accounts.page(db.session, limit=1000, cursor=cursor)
        rows += [_row(account) for account in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    table(rows)


@user.command("set")
@NAME
@click.option("--name", "new_name", type=Field(AccountName(), "name"), help="Another name.")
@_options(required=False)
@click.option("--no-business-units", is_flag=True, help="Take all business units away.")
def set_(name, new_name, no_business_units, **given):
    """Change the account NAME; what is not given stays."""
    given = _given(given) | ({"name": new_name} if new_name else {})
    if no_business_units:
        given["business_units"] = []
    if not given:
        raise click.UsageError("say what is to be changed: cmdb user set --help")
    _edit(name, given)
    click.echo(f"{new_name or name} is changed.")


@user.command()
@NAME
@STDIN
@GENERATE
def password(name, password_stdin, generate):
    """Give the account NAME another password; its sessions end."""
    accounts.find(db.session, name)
    given = {"password": _password(password_stdin, generate)}
    _edit(name, given)
    click.echo(f"{name} has another password; all sessions ended.", err=True)
    _show(given, generate)


@user.command()
@NAME
@click.option("--undo", is_flag=True, help="Let them log in again.")
def disable(name, undo):
    """Let NAME log in no more; sessions and tokens of the account are invalid at once."""
    _edit(name, {"enabled": undo})
    click.echo(f"{name} may {'log in again' if undo else 'not log in any more'}.")


def _edit(name, given):
    accounts.edit(db.session, accounts.find(db.session, name).id, given)
    db.session.commit()


def _given(options):
    """Return the fields that were given of those that the options name."""
    given = {name: value for name, value in options.items() if value is not None}
    if not (units := given.pop("business_units", ())):
        return given
    return {"limited": True} | given | {"business_units": list(units)}


def _password(from_stdin, generate):
    if from_stdin and generate:
        raise click.UsageError("--password-stdin or --generate, not both")
    if generate:
        return secrets.token_urlsafe(18)
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)


def _show(given, generate):
    """Print a password that was made here, the only time that it is shown."""
    if generate:
        click.echo(given["password"])


def _row(account):
    units = ", ".join(account["business_units"]) or "none" if account["limited"] else "all"
    last = times.text(account["last_login_at"]) or "never"
    enabled = "yes" if account["enabled"] else "no"
    texts = (account["name"], account["role"], enabled, units, last, account["full_name"] or "")
    return tuple(map(printable, texts))
