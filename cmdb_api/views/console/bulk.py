"""One edit of many assets: chosen in the list, or all that a search finds."""

import logging

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from cmdb_api.errors import CMDBError, Conflict, Invalid
from cmdb_api.extensions import db
from cmdb_api.schemas.search import SearchQuery
from cmdb_api.services import bulk_edits
from cmdb_api.services.bulk_edits import LISTS, MOST
from cmdb_api.views.console import asking, forms
from cmdb_api.views.console.bulk_form import BulkForm
from cmdb_api.views.console.gate import WRITE, needs
from cmdb_api.views.console.tables import PICK

log = logging.getLogger(__name__)

blp = Blueprint("bulk", __name__, url_prefix="/assets/bulk")
SHOWN = 20
CHOSEN = ("query", "state", "standing")
# Of the form that was sent, what the next step is not given on.
NOT_SENT = ("csrf_token", "step", "names", PICK)


@blp.route("", methods=["GET", "POST"])
@needs(WRITE)
def page():
    """Ask what is to change of assets, show it, and do it."""
    step, form = request.form.get("step"), BulkForm()
    if not step:
        return _begin()
    ids = form.numbers()
    edit = None if step == "back" else form.edit()
    if edit is None:
        return _form(form, ids)
    if step == "do":
        return _done(ids, edit, form.why.data or None)
    _try(form, ids, edit)
    if form.errors or form.wrong:
        return _form(form, ids)
    plan = bulk_edits.plan(db.session, ids, edit)
    return render_template(
        "console/bulk_preview.html",
        form=form,
        plan=plan,
        shown=plan.changes[:SHOWN],
        sent=[pair for pair in request.form.items(multi=True) if pair[0] not in NOT_SENT],
    )


def _try(form, ids, edit):
    """Tell in the form what stands against the edit itself, as a name that is not known."""
    try:
        bulk_edits.check(db.session, ids, edit, actor=g.bearer.name)
    except Invalid as error:
        _tell(form, error)
    except CMDBError as error:
        # It stands against that one asset: the result says so of each.
        log.debug("%s", error)
    finally:
        db.session.rollback()


def _tell(form, error):
    """Put an error beside the fields that it names; that of a list is of what is added to it."""
    fields = {f"{n}_add" if n in LISTS else n: texts for n, texts in error.fields.items()}
    forms.tell(form, Invalid(error.message, fields=fields))


def _begin():
    """Return the empty form for the assets that were chosen, or that a search finds."""
    wrong, total = {}, None
    names = [*request.values.getlist("names"), *_picked()][: MOST + 1]
    if names:
        ids = bulk_edits.named(db.session, names)
        total = len(ids)
    elif request.args.get("all"):
        asked, wrong = asking.asked(SearchQuery(only=CHOSEN))
        told, refused = asking.answered(lambda: bulk_edits.found(db.session, **asked))
        wrong |= refused
        ids, total = ([], 0) if wrong else told
    else:
        ids = []
    form = BulkForm(formdata=None)
    form.ids.data = ",".join(map(str, ids[:MOST]))
    return _form(form, ids, total=total, wrong=wrong)


def _picked():
    """Return the hostnames that what was chosen in a list begins with."""
    return list(dict.fromkeys(pick.partition(" ")[0] for pick in request.values.getlist(PICK)))


def _form(form, ids, *, total=None, wrong=()):
    hosts = bulk_edits.hostnames(db.session, ids) if ids else {}
    too_many = total if total and total > MOST else None
    return forms.page(
        "console/bulk.html",
        form.offer() if hosts and not too_many else form,
        hosts=list(hosts.values()),
        shown=SHOWN,
        too_many=too_many,
        most=MOST,
        faults=wrong,
    )


def _done(ids, edit, why):
    """Make the edit of each by itself; tell what became of each."""
    known = bulk_edits.hostnames(db.session, ids)
    db.session.rollback()
    # By their names, so that what is told stands in an order that people can read.
    results = [(name, *_one(number, edit, why)) for number, name in known.items()]
    return render_template(
        "console/bulk_done.html",
        done=[name for name, changed, error in results if changed],
        same=[name for name, changed, error in results if not changed and not error],
        refused=[(name, error) for name, changed, error in results if error],
        gone=len(ids) - len(known),
        left=",".join(
            str(number)
            for (number, _name), (_n, _c, error) in zip(known.items(), results, strict=True)
            if error
        ),
        sent=[pair for pair in request.form.items(multi=True) if pair[0] not in (*NOT_SENT, "ids")],
    )


def _one(number, edit, why):
    """Edit in a transaction of its own; return whether it changed, and what refused it."""
    try:
        changed = bulk_edits.apply(db.session, number, edit, actor=g.bearer.name, why=why)
        db.session.commit()
        return changed, None
    except CMDBError as error:
        return False, error
    except DBAPIError as error:
        log.warning("edit of asset %d: %s", number, error.orig)
        return False, Conflict(_("The database does not answer; try this one again."))
    finally:
        db.session.rollback()
