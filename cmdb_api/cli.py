"""The command line: ``cmdb serve``, ``db upgrade``, ``token``, ``key``, ``asset``, ``import``."""

import logging
import socket
import sys

import click
from flask import current_app
from flask.cli import AppGroup, ScriptInfo, with_appcontext
from flask_migrate.cli import db as migrations
from gunicorn.util import parse_address
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError

from cmdb_api import cli_audit, server
from cmdb_api.app import create_app
from cmdb_api.cli_asset import asset
from cmdb_api.cli_base import Field, printable, table, user
from cmdb_api.cli_export import export
from cmdb_api.cli_import import import_
from cmdb_api.cli_prune import prune
from cmdb_api.cli_search import search
from cmdb_api.cli_user import user as user_
from cmdb_api.cli_worker import worker
from cmdb_api.companion import Companion
from cmdb_api.errors import CMDBError, SettingsError
from cmdb_api.extensions import db
from cmdb_api.models.access import PROGRAM, SCOPES
from cmdb_api.schemas.values import Duration, Hostname, Label
from cmdb_api.services import health, keys, times
from cmdb_api.services.access import issuing, tokens
from cmdb_api.version import VERSION

# The database is down, in another place, or not upgraded; other failures of it are ours.
DATABASE_FAILURES = (InterfaceError, OperationalError, ProgrammingError)


class Group(click.Group):
    """Tells of what the user can put right in one line."""

    def invoke(self, ctx):
        cli_audit.begin([*ctx._protected_args, *ctx.args])
        try:
            return super().invoke(ctx)
        except (SettingsError, CMDBError) as error:
            raise click.ClickException(str(error)) from error
        except DATABASE_FAILURES as error:
            url = ctx.obj.load_app().config["SQLALCHEMY_DATABASE_URI"]
            raise click.ClickException(health.why(error, url)) from error
        finally:
            cli_audit.end()


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="cmdb")
@click.pass_context
def cmdb(ctx):
    """The API of the CMDB: serve it, keep its database, make tokens and host keys."""

    def make_app():
        app = create_app()
        ctx.call_on_close(lambda: _dispose(app))
        return app

    ctx.obj = ScriptInfo(create_app=make_app, set_debug_flag=False, load_dotenv_defaults=False)


def _dispose(app):
    """Close the app's connections to the database."""
    with app.app_context():
        db.engine.dispose()


cmdb.add_command(migrations)
cmdb.add_command(asset)
cmdb.add_command(export)
cmdb.add_command(import_)
cmdb.add_command(prune)
cmdb.add_command(user_)
cmdb.add_command(search)
cmdb.add_command(worker)


@cmdb.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address and port.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    default=server.default_workers,
    show_default="two for each processor and one more, at most 8",
    help="Processes.",
)
@click.option("--access-log", is_flag=True, help="Write a line for each request.")
@click.option("--no-worker", is_flag=True, help="Start no `cmdb worker` beside it.")
@click.pass_obj
def serve(script, bind, workers, access_log, no_worker):
    """Serve the API until it is told to stop, with a worker beside it."""
    app = script.load_app()
    with app.app_context():
        health.check(db.engine)
    # The workers make their own connections; one shared with this process would be torn.
    _dispose(app)
    _check_bind(bind)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("cmdb_api").setLevel(logging.INFO)
    more = {"access_log": access_log, "companion": None if no_worker else Companion()}
    server.Server(create_app, bind=bind, workers=workers, **more).run()


def _check_bind(bind):
    """Raise where the address can't be had; gunicorn would try again for a while."""
    try:
        address = parse_address(bind)
        if not isinstance(address, tuple):
            return
        if not 0 < address[1] < 65536:
            raise OverflowError("a port is from 1 to 65535")
        family, kind, *_, sockaddr = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(sockaddr)
    except (OSError, RuntimeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise click.ClickException(f"can't listen on {bind}: {reason}") from error


@cmdb.group(cls=AppGroup)
def token():
    """Tokens of programs and people."""


@token.command()
@click.option("--scope", type=click.Choice(SCOPES), required=True)
@click.option(
    "--name", type=Field(Label(), "text"), help="Whose it is; changes are recorded under it."
)
@click.option("--expires", "lasts", type=Field(Duration(), "90d"), help="Default: never.")
@click.option(
    "--business-unit",
    "business_units",
    multiple=True,
    help="Only assets of it are seen; may be repeated.",
)
def create(scope, name, lasts, business_units):
    """Make a token and print it, the only time that it is shown."""
    given = {"name": name or f"{scope} token", "scope": scope, "lasts": lasts}
    made, text = issuing.make(db.session, **given, business_units=list(business_units) or None)
    db.session.commit()
    until = f"until {times.text(made.expires_at)}" if lasts else "until it is revoked"
    click.echo(
        f"Token {made.id} ({made.name}), scope {scope}, valid {until}. Keep it: only its hash is "
        "stored. Use it as: Authorization: Bearer TOKEN",
        err=True,
    )
    click.echo(text)


@token.command("list")
@click.option("--sessions", "kind", flag_value="session", help="Those of people who logged in.")
def list_(kind):
    """List tokens; their text is not known any more."""
    rows = [("ID", "SCOPE", "CREATED", "EXPIRES", "LAST USED", "NAME", "ACCOUNT", "SEES")]
    for each in issuing.told(db.session, tokens.every(db.session, kind=kind or PROGRAM)):
        moments = (each[name] for name in ("created_at", "expires_at", "last_used_at"))
        shown = (times.text(when) or "never" for when in moments)
        units = each["business_units"]
        sees = "all" if units is None else ", ".join(units) or "none"
        texts = (each["name"], each["account"] or "", sees)
        rows.append((str(each["id"]), each["scope"], *shown, *map(printable, texts)))
    table(rows)


@token.command()
@click.argument("token_id", type=click.IntRange(1, 2**31 - 1), metavar="ID")
def revoke(token_id):
    """Make a token invalid at once."""
    name = tokens.revoke(db.session, token_id).name
    db.session.commit()
    click.echo(f"Token {token_id} ({name}) is revoked.")


@cmdb.command()
@click.argument("host", type=Field(Hostname(), "hostname"))
@click.option("--rotate", is_flag=True, help="Revoke the key that it has and print a new one.")
@with_appcontext
def key(host, rotate):
    """Print the key with which HOST signs its reports."""
    if rotate:
        number = keys.rotate(db.session, host, actor=f"{user()} (cmdb key)").key_generation
        db.session.commit()
        click.echo(
            f"The key of {host} is revoked: give it this one, generation {number}. Until then its "
            "reports are refused.",
            err=True,
        )
    else:
        number = _generation(host)
    click.echo(keys.of(current_app.config["MASTER_SECRET"], host, number))


def _generation(host):
    try:
        return keys.generation(db.session, host)
    except DATABASE_FAILURES:
        click.echo("The database does not answer: taking the host's first key.", err=True)
        return 1


def main():
    """Run the command line."""
    sys.exit(cmdb(prog_name="cmdb"))
