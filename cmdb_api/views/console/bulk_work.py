"""An edit of many assets, done: each asset in a transaction of its own, which keeps its outcome."""

import logging

from flask import g
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.models.bulk import CHANGED, GONE, REFUSED, SAME
from cmdb_api.services import bulk_edits, bulk_runs, locking

log = logging.getLogger(__name__)

# Assets whose names are looked up together.
CHUNK = 200


def do(number, known, edit, why):
    """Go on with an edit until all assets are done, or somebody stops it. Commits."""
    bulk_runs.begin(db.session, number, owner=g.bearer.owner)
    db.session.commit()
    left = known["assets"][known["done_count"] :]
    try:
        for start in range(0, len(left), CHUNK):
            some = left[start : start + CHUNK]
            names = bulk_edits.hostnames(db.session, some)
            db.session.rollback()
            if not all(_one(number, each, names.get(each), edit, why) for each in some):
                break
    finally:
        db.session.rollback()
        bulk_runs.end(db.session, number)
        db.session.commit()


def _one(number, asset_id, hostname, edit, why):
    """Edit one asset; return whether the work is to go on."""
    if hostname is None:
        return _keep(number, asset_id, None, GONE)
    try:
        changed = bulk_edits.apply(db.session, asset_id, edit, actor=g.bearer.name, why=why)
        return _keep(number, asset_id, hostname, CHANGED if changed else SAME)
    except CMDBError as error:
        db.session.rollback()
        return _keep(number, asset_id, hostname, REFUSED, error.message)
    except DBAPIError as error:
        db.session.rollback()
        log.warning("edit of asset %d: %s", asset_id, error.orig)
        told = _("The database does not answer; try this one again.")
        return _keep(number, asset_id, hostname, REFUSED, told)


def _keep(number, *told):
    locking.begin(db.session)
    goes_on = bulk_runs.keep(db.session, number, *told)
    db.session.commit()
    return goes_on
