"""``cmdb prune``: removes changes that are older than they are to be kept."""

import click
from flask import current_app
from flask.cli import with_appcontext

from cmdb_api.cli_base import Field
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas.values import Duration
from cmdb_api.services import kept, locking, retention, times


@click.command()
@click.option(
    "--older-than",
    type=Field(Duration(), "400d"),
    help="How old; if not given, HISTORY_DAYS of the settings.",
)
@click.option("--dry-run", is_flag=True, help="Count them only.")
@with_appcontext
def prune(older_than, dry_run):
    """
    Remove old changes. How assets were since then can still be told, and is told right.

    To be run each day. It can be stopped, and goes on the next time.
    """
    length = older_than or retention.kept(current_app.config["HISTORY_DAYS"])
    if length is None:
        raise click.ClickException(
            "HISTORY_DAYS is 0: changes are kept for ever; set it to a number of days, or say "
            "--older-than 400d"
        )
    before = now() - length
    if dry_run:
        number = retention.count(db.session, before)
        click.echo(f"{number} changes are from before {times.text(before)}; nothing was removed.")
        return
    retention.move_horizon(db.session, before)
    db.session.commit()
    removed = 0
    while some := retention.prune(db.session, before):
        db.session.commit()
        removed += some
    # What hosts that are gone had; the others let go of theirs themselves.
    locking.begin(db.session)
    kept.let_go(db.session)
    db.session.commit()
    click.echo(f"{removed} changes from before {times.text(before)} were removed.")
