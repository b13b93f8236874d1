"""The same done to several rows that were chosen in a list: each by itself."""

import logging

from flask import flash, request
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.exc import DBAPIError

from cmdb_api.errors import CMDBError, Conflict
from cmdb_api.extensions import db
from cmdb_api.views.console.listings import PICK
from cmdb_api.views.console.messages import say

log = logging.getLogger(__name__)

# Rows that one form is about, at most, and refusals that are told one by one.
MOST, TOLD = 1000, 5


def numbers():
    """Return the numbers of the rows that were chosen; what is none is left out."""
    given = request.form.getlist(PICK)
    # What is longer is nobody's number.
    found = [int(text) for text in given if text.isdecimal() and len(text) < 19]
    return list(dict.fromkeys(found))[:MOST]


def texts():
    """Return the names of the rows that were chosen; what no database keeps is left out."""
    found = dict.fromkeys(request.form.getlist(PICK))
    return [text for text in found if text.isprintable()][:MOST]


def each(chosen, work):
    """Do the work for each in a transaction of its own; return how many, and the errors."""
    refused = [error for error in outcomes(chosen, work).values() if error]
    return len(chosen) - len(refused), refused


def outcomes(chosen, work):
    """Do the work for each in a transaction of its own; return {each: what was refused}."""
    found = {}
    db.session.rollback()
    for one in chosen:
        found[one] = _outcome(one, work)
    return found


def _outcome(one, work):
    try:
        work(one)
        db.session.commit()
        return None
    except CMDBError as error:
        return error
    except DBAPIError as error:
        log.warning("%s: %s", one, error.orig)
        return Conflict(_("The database does not answer; try it again."))
    finally:
        db.session.rollback()


def tell(done, refused, text):
    """Say on the next page what was done, and what was not and why."""
    if done:
        flash(text)
    if not done and not refused:
        flash(_("Nothing was chosen: tick rows first."), "warning")
    for message in list(dict.fromkeys(error.message for error in refused))[:TOLD]:
        flash(say(message), "danger")
    if len(refused) > TOLD:
        left = ngettext("%(num)s was refused.", "%(num)s were refused.", len(refused))
        flash(left, "danger")
