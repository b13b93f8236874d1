"""``cmdb prune``: removes changes that are older than they are to be kept, and identifiers."""

from functools import partial

import click
from flask import current_app
from flask.cli import with_appcontext

from cmdb_api.cli_base import Field
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas.values import Duration
from cmdb_api.services import bulk_runs, carriers, kept, locking, retention, times
from cmdb_api.services.access import audit, sessions
from cmdb_api.services.exchange import uploads


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

    Identifiers (MACs, machine-ids) that hosts ceased to have before then go too. So do sessions
    that are over, entries of the audit log that are older than AUDIT_DAYS, and files that were
    uploaded a day ago and not imported. Edits of many assets go after IMPORT_KEEP_DAYS.

    To be run each day. It can be stopped, and goes on the next time.
    """
    if not dry_run:
        uploads.prune(db.session)
        bulk_runs.prune(db.session, current_app.config["IMPORT_KEEP_DAYS"])
        _prune_access()
    length = older_than or retention.kept(current_app.config["HISTORY_DAYS"])
    if length is None:
        click.echo(
            "HISTORY_DAYS is 0: changes are kept for ever; set it to a number of days, or say "
            "--older-than 400d",
            err=True,
        )
        return
    before = now() - length
    if dry_run:
        number, ended = (
            retention.count(db.session, before),
            carriers.count_ended(db.session, before),
        )
        click.echo(
            f"{number} changes are from before {times.text(before)}, and {ended} identifiers were "
            "seen last before it; nothing was removed."
        )
        return
    retention.move_horizon(db.session, before)
    db.session.commit()
    removed = _all(retention.prune, before)
    ended = _all(partial(carriers.forget, most=retention.BATCH), before)
    # What hosts that are gone had; the others let go of theirs themselves.
    locking.begin(db.session)
    kept.let_go(db.session)
    db.session.commit()
    click.echo(
        f"{removed} changes and {ended} identifiers from before {times.text(before)} were removed."
    )


def _prune_access():
    """Remove what is old of the audit log, and sessions that are over."""
    sessions.prune(db.session)
    db.session.commit()
    if length := retention.kept(current_app.config["AUDIT_DAYS"]):
        before = now() - length
        number = _all(audit.prune, before)
        click.echo(
            f"{number} entries of the audit log from before {times.text(before)} were removed.",
            err=True,
        )


def _all(remove, before):
    """Remove some at a time until there are none; return how many went."""
    removed = 0
    while some := remove(db.session, before):
        db.session.commit()
        removed += some
    return removed
