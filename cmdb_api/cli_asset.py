"""``cmdb asset``: assets registered, listed, shown and changed, as by the API."""

import json
from itertools import zip_longest

import click
from flask import current_app
from flask.cli import AppGroup

from cmdb_api import cli_fields
from cmdb_api.cli_base import Field, table, user
from cmdb_api.cli_fields import EXPECTED
from cmdb_api.extensions import db
from cmdb_api.models.asset import RETIRED, STANDINGS, STATES
from cmdb_api.schemas.asset import AssetDetailSchema, AssetPageSchema, EditSchema, NewAssetSchema
from cmdb_api.schemas.values import Hostname, Names, Text
from cmdb_api.services import aliases, assets, fact_values, facts, inventory, listing
from cmdb_api.services.listing import ANY

HOST = click.argument("host", type=Field(Hostname(), "hostname"))
HEADS = ("HOSTNAME", "STATE", "DATA CENTRE", "RACK", "UNIT", "TAGS", "LAST REPORT")
FIRST = ("hostname", "aliases", "state", "standing")
COMPARED = "declared_observed"
SKIPPED = ("etag", "components", "kinds", "problems", "last_report", "identity")


@click.group(cls=AppGroup)
def asset():
    """Assets: servers, by hostname."""


def _options(command):
    """Give a command an option for each field that people declare."""
    single = {many: one for one, many in cli_fields.ONE_OF.items()}
    for name, field in reversed(NewAssetSchema().fields.items()):
        about = field.metadata.get("description")
        if isinstance(field, Names):
            more = {"multiple": True, "help": f"{about or 'Label'}; may be repeated."}
            command = click.option(f"--{single[name]}", name, **more)(command)
        elif name == EXPECTED:
            more = {"multiple": True, "metavar": "FACT=VALUE", "help": "What should be observed."}
            command = click.option("--expect", name, **more)(command)
        elif name != "hostname":
            choice = click.Choice(STATES) if name == "state" else None
            option = f"--{name.replace('_', '-')}"
            command = click.option(option, name, type=choice, help=about)(command)
    return command


@asset.command()
@HOST
@_options
def register(host, **given):
    """
    Register HOST; what is given is declared of it.

    One that has only reported so far becomes registered and keeps its record.
    """
    wanted = {name: value for name, value in given.items() if value not in (None, ())}
    if EXPECTED in wanted:
        wanted[EXPECTED] = dict(
            cli_fields.expected(*cli_fields.parted(text)) for text in wanted[EXPECTED]
        )
    wanted = cli_fields.loaded(NewAssetSchema(), {"hostname": host} | cli_fields.typed(wanted))
    made = assets.register(db.session, actor=_actor(), **wanted)
    db.session.commit()
    click.echo(f"{made.hostname} is registered.")


@asset.command("list")
@click.option("--name", type=Field(Text(), "text"), help="Part of it, or a pattern with * and ?.")
@click.option("--state", multiple=True, type=click.Choice([*STATES, ANY]), help="May be repeated.")
@click.option("--standing", multiple=True, type=click.Choice([*STANDINGS, ANY]))
@click.option("--json", "as_json", is_flag=True, help="One asset a line.")
def list_(name, state, standing, as_json):
    """List assets by name; retired ones only where --state asks for them."""
    found = _every(name=name, state=list(state), standing=list(standing))
    if as_json:
        for each in found:
            click.echo(json.dumps(each))
        return
    rows = [HEADS]
    for each in found:
        names = ("hostname", "state", "data_centre", "rack", "position_u")
        cells = [*(each[name] for name in names), ", ".join(each["tags"])]
        rows.append([cli_fields.shown(cell) for cell in (*cells, each["reported_at"] or "never")])
    table(rows)


def _every(**filters):
    limit, cursor = current_app.config["MAX_PAGE_SIZE"], None
    while True:
        page = listing.page(db.session, limit=limit, cursor=cursor, **filters)
        yield from AssetPageSchema().dump(page)["items"]
        if not (cursor := page["next_cursor"]):
            return


@asset.command()
@HOST
@click.option("--json", "as_json", is_flag=True, help="With all components, as the API has it.")
def show(host, as_json):
    """Show what is known of HOST."""
    skew = current_app.config["CLOCK_SKEW_SECONDS"]
    told = AssetDetailSchema().dump(inventory.of(db.session, host, clock_skew_seconds=skew))
    if as_json:
        click.echo(json.dumps(told, indent=2))
        return
    last = told["last_report"] or {}
    names = dict.fromkeys((*FIRST, *told))
    lines = {name: told[name] for name in names if name not in SKIPPED}
    lines["last_report"] = f"{last['reported_at']} ({last['via']})" if last else "never"
    lines["components"] = [f"{kind} {len(rows)}" for kind, rows in told["components"].items()]
    lines["problems"] = [problem["message"] for problem in told["problems"]]
    width = max(map(len, lines))
    for name, value in lines.items():
        if value not in (None, [], {}):
            several = map(_compared, value) if name == COMPARED else [value]
            for head, each in zip_longest([name], several, fillvalue=""):
                click.echo(f"{head.ljust(width)}  {cli_fields.shown(each)}")


def _compared(one):
    """Return in words what is declared and observed; sizes as ``set`` takes them."""
    fact, values = facts.stored(one["name"]), [one["declared"], one["observed"]]
    declared, observed = (fact_values.told(fact, value) for value in values)
    if one["differs"]:
        declared, observed = fact_values.spoken(fact, *values)
    seen = "not observed" if one["observed"] is None else f"observed {observed}"
    return f"{fact.name}: declared {declared}, {seen}"


@asset.command("set")
@HOST
@click.argument("values", nargs=-1, required=True, metavar="FIELD=VALUE...")
def set_(host, values):
    """
    Change what is declared of HOST; an empty VALUE takes it away, hostname=NEW renames it.

    Lists go with commas: tags=web,pci. What should be observed: expected.memory.total_bytes=64GiB.
    """
    given = cli_fields.given(map(cli_fields.parted, values))
    wanted = cli_fields.loaded(EditSchema(), cli_fields.typed(given))
    before = assets.find(db.session, host).version
    changed = assets.declare(db.session, host, actor=_actor(), **wanted)
    db.session.flush()
    told = "is changed" if changed.version != before else "is as it was"
    db.session.commit()
    click.echo(f"{changed.hostname} {told}.")


@asset.command()
@HOST
@click.option("--comment", help="Kept with the change.")
def retire(host, comment):
    """Retire HOST: its key is revoked, its history stays."""
    retired = assets.declare(db.session, host, actor=_actor(), why=comment, state=RETIRED)
    db.session.commit()
    click.echo(f"{retired.hostname} is retired: its reports are refused from now on.")


@asset.command()
@HOST
@click.argument("name", type=Field(Hostname(), "hostname"))
@click.option("--remove", is_flag=True, help="Take the name away.")
def alias(host, name, remove):
    """Give HOST another NAME: it is found by it, and reports under it are its own."""
    change = aliases.remove if remove else aliases.add
    changed = change(db.session, host, name, actor=_actor())
    db.session.commit()
    click.echo(f"{name} is {'no name' if remove else 'another name'} of {changed.hostname}.")


@asset.command()
@HOST
@click.confirmation_option(prompt="Its whole history goes with it. Remove it?")
def delete(host):
    """Remove HOST with its whole history: one that never reported, or is retired."""
    assets.remove(db.session, host, actor=_actor())
    db.session.commit()
    click.echo(f"{host} is removed.")


def _actor():
    return f"{user()} (cmdb asset)"
