"""``cmdb import``: what other systems know of hosts, into the record."""

import gzip
import json
import logging
from collections import Counter
from contextlib import contextmanager
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup
from werkzeug.test import Client

from cmdb_api.cli_base import printable
from cmdb_api.cli_import_assets import assets
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.services import times
from cmdb_api.services.puppet_import import (
    FAILED,
    INACTIVE,
    OLD,
    READ,
    REFUSED,
    SKIPPED,
    Importer,
)
from cmdb_api.services.puppetdb import PuppetDB, PuppetDBError

FILE = click.Path(exists=True, dir_okay=False, readable=True)
# How the names of tables of assets end.
TABLES = (".xlsx", ".xls", ".xlsm", ".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson")
# How results are told in the summary, in this order.
WORDS = {
    "recorded": "recorded",
    "unchanged": "unchanged",
    "duplicate": "known already",
    "older": "older than what is stored",
    READ: "would be imported",
    SKIPPED: "skipped, their facts have not moved",
    OLD: "skipped, their facts are too old",
    INACTIVE: "not active",
    REFUSED: "refused",
    FAILED: "failed",
}
# What is counted beside the results.
CHANGES, LEFT = "changes", "left"
# Hosts that the summary names, at most.
NAMED = 20


class Unreachable(click.ClickException):
    """The other system could not be asked."""

    exit_code = 2


class Age(click.ParamType):
    """So long ago, or a time."""

    name = "age"

    def convert(self, value, param, ctx):
        try:
            return times.moment(value, now())
        except ValueError as error:
            self.fail(str(error), param, ctx)


class _Imports(AppGroup):
    """The imports; without the name of one, a file is of assets."""

    def parse_args(self, ctx, args):
        named = self.commands.keys() | {*ctx.help_option_names}
        if args and args[0] not in named and any(Path(arg).suffix in TABLES for arg in args):
            args = [assets.name, *args]
        return super().parse_args(ctx, args)


@click.group("import", cls=_Imports)
def import_():
    """
    Import what people and other systems know of hosts.

    'cmdb import servers.xlsx' is short for 'cmdb import assets servers.xlsx'.
    """


import_.add_command(assets)


@import_.command()
@click.argument("url")
@click.option("--cert", type=FILE, help="Certificate that Puppet's CA signed, PEM.")
@click.option("--key", type=FILE, help="Its private key, PEM.")
@click.option("--ca", type=FILE, help="Puppet's CA certificate, PEM. Default: the system's CAs.")
@click.option("--token-file", type=FILE, help="File with a token, instead of a certificate.")
@click.option(
    "--limit-age", type=Age(), help="Skip nodes whose facts are older, like 30d. Default: none."
)
@click.option(
    "--name-fact", metavar="FACT", help="Fact that names the asset, like networking.hostname."
)
@click.option("--timeout", type=click.IntRange(1, 3600), default=60, show_default=True, help="s.")
@click.option("--dry-run", is_flag=True, help="Read and map all facts; record nothing.")
def puppetdb(url, cert, key, ca, token_file, limit_age, name_fact, timeout, dry_run):
    """
    Import the nodes of the PuppetDB at URL, like https://puppetdb.example.com:8081.

    Nodes whose facts have not moved since the last import are skipped. Exits with 1 where a node
    failed, with 2 where PuppetDB could not be asked; that a host is refused since it is retired,
    ignored or, under UNKNOWN_HOSTS=refuse, not registered is no failure.
    """
    outcomes, refused, in_review = Counter(), [], []
    try:
        source = PuppetDB(url, cert=cert, key=key, ca=ca, token=_token(token_file), timeout=timeout)
        importer = Importer(
            db.session, source, _post, current_app.config, name_fact=name_fact, oldest=limit_age
        )
        for outcome in importer.run(dry=dry_run):
            outcomes.update({outcome.result: 1, CHANGES: outcome.changes, LEFT: outcome.left})
            for line in outcome.lines:
                click.echo(printable(f"{outcome.certname}: {_told(outcome)}{line}"), err=True)
            if outcome.result == REFUSED:
                refused.append(outcome.hostname)
            if outcome.in_review:
                in_review.append(outcome.hostname)
    except PuppetDBError as error:
        if outcomes:
            click.echo(_summary(outcomes))
        raise Unreachable(str(error)) from error
    click.echo(_summary(outcomes))
    _name("Refused", refused)
    _name("Under review until they are registered", in_review)
    if outcomes[FAILED]:
        raise click.exceptions.Exit(1)


def _token(path):
    if path is None:
        return None
    # Only its start and end can be blank by mistake; inside, a header would end there.
    token = Path(path).read_text("utf-8", "replace").strip()
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise PuppetDBError(f"{path} holds no token: one line of printable characters")
    return token


def _post(reports):
    """Send reports through the API's own door, here in this process; return its answers."""
    body = gzip.compress("\n".join(map(json.dumps, reports)).encode())
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    door = Client(current_app._get_current_object())
    with _silent(logging.getLogger("cmdb_api")):
        answer = door.post("/api/v1/reports", data=body, headers=headers)
    if answer.status_code != 200:
        return [answer.json | {"result": "refused"}] * len(reports)
    return [json.loads(line) for line in answer.text.splitlines()]


@contextmanager
def _silent(log):
    """Let a log tell of errors only: what is refused is told here, in a line of our own."""
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


def _told(outcome):
    return f"{outcome.result}: " if outcome.result in (FAILED, REFUSED) else ""


def _name(what, hostnames):
    """Name hosts that somebody has to look at."""
    if hostnames:
        more = [f"and {len(hostnames) - NAMED} more"] if len(hostnames) > NAMED else []
        click.echo(printable(f"{what}: {', '.join([*sorted(hostnames)[:NAMED], *more])}."))


def _summary(outcomes):
    said = [f"{outcomes[result]} {words}" for result, words in WORDS.items() if outcomes[result]]
    changes, left = outcomes[CHANGES], outcomes[LEFT]
    if outcomes["recorded"]:
        said[0] += f" ({changes} change{'s' if changes != 1 else ''})"
    nodes = sum(outcomes[result] for result in WORDS)
    text = f"{nodes} node{'s' if nodes != 1 else ''}: {', '.join(said) or 'nothing to import'}."
    return f"{text} Left to collectors, which told of them: {left} sections." if left else text
