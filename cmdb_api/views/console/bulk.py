"""One edit of many assets: chosen in a list, or all that a search finds; what is to change."""

import logging
from urllib.parse import parse_qsl, urlencode

from flask import Blueprint, current_app, g, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from cmdb_api.errors import CMDBError, Invalid
from cmdb_api.extensions import db
from cmdb_api.schemas.search import SearchQuery
from cmdb_api.services import bulk_edits, bulk_runs
from cmdb_api.services.bulk_edits import LISTS, MOST
from cmdb_api.views.console import asking, forms
from cmdb_api.views.console.bulk_form import BulkForm
from cmdb_api.views.console.gate import WRITE, needs
from cmdb_api.views.console.tables import PICK

log = logging.getLogger(__name__)

blp = Blueprint("bulk", __name__, url_prefix="/assets/bulk")
SHOWN = 20
# Assets that a form carries by their ids, at most.
CARRIED = 50_000
CHOSEN = ("query", "state", "standing")
REFUSED = "refused"


@blp.route("", methods=["GET", "POST"])
@needs(WRITE)
def page():
    """Ask what is to change of assets."""
    step = request.form.get("step")
    if not step:
        return _form(_begin())
    if step == "back":
        return _form(_again())
    form = BulkForm()
    ids, edit = _ids(form), form.edit()
    if edit is None or form.wrong or not ids:
        return _form(form)
    _try(form, ids, edit)
    if form.errors or form.wrong:
        return _form(form)
    number = bulk_runs.add(
        db.session,
        ids,
        asked=form.asked(),
        actor=g.bearer.name,
        owner=g.bearer.owner,
        keep_days=current_app.config["IMPORT_KEEP_DAYS"],
    )
    db.session.commit()
    return redirect(url_for("console.bulk.one", number=number))


def of_assets(ids, wrong=()):
    """Return the page that asks what is to change of these assets; ``wrong`` are texts."""
    form = BulkForm(formdata=None)
    there = bulk_edits.hostnames(db.session, ids) if ids else {}
    form.ids.data = ",".join(map(str, there))
    form.wrong += wrong
    return _form(form, CARRIED)


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
    form = BulkForm(formdata=None)
    if names := [*request.values.getlist("names"), *_picked()][: MOST + 1]:
        form.ids.data = ",".join(map(str, bulk_edits.named(db.session, names)))
    elif request.args.get("all"):
        pairs = request.args.items(multi=True)
        form.search.data = urlencode([(name, text) for name, text in pairs if name in CHOSEN])
        form.part.data = "all"
    return form


def _picked():
    """Return the hostnames that what was chosen in a list begins with."""
    return list(dict.fromkeys(pick.partition(" ")[0] for pick in request.values.getlist(PICK)))


def _again():
    """Return the form of an edit as it was filled in, for all of its assets or those refused."""
    known = _edit(request.form.get("of", ""))
    if known is None:
        return BulkForm(formdata=None)
    part = REFUSED if request.form.get("part") == REFUSED else ""
    return BulkForm.again(known["asked"], of=str(known["id"]), part=part)


def _edit(text):
    """Return an edit of whoever asks, by its number as text; None where there is none."""
    if not (text.isdecimal() and text.isascii() and len(text) < 19):
        return None
    try:
        return bulk_runs.one(db.session, int(text), owner=g.bearer.owner)
    except CMDBError:
        return None


def _ids(form, limit=MOST):
    """Return the ids of the assets that are meant; what is wrong with that stands in the form."""
    if form.of.data:
        known = _edit(form.of.data)
        if known and form.part.data == REFUSED:
            return bulk_runs.refused(db.session, known["id"])
        return known["assets"] if known else []
    if form.part.data == "all":
        return _found(form, limit)[0]
    told = [each for each in (form.ids.data or "").split(",") if each.isdecimal()]
    return [int(each) for each in dict.fromkeys(told) if each.isascii() and len(each) < 19]


def _found(form, limit):
    """Return (ids of the first assets that the search finds, how many it finds)."""
    args = MultiDict(parse_qsl(form.search.data or ""))
    asked, wrong = asking.asked(SearchQuery(only=CHOSEN), args)
    find = lambda: bulk_edits.found(db.session, limit=limit, **asked)  # noqa: E731
    told, refused = asking.answered(find)
    for texts in (wrong | refused).values():
        form.wrong += texts
    return ([], 0) if wrong or refused else told


def _form(form, most=None):
    """Return the page of the form, with the first of the assets that are meant."""
    if form.part.data == "all" and not form.of.data:
        ids, total = _found(form, SHOWN)
    else:
        ids = _ids(form)
        total = len(ids)
    hosts = bulk_edits.hostnames(db.session, ids[:SHOWN]) if ids else {}
    most = most or MOST
    too_many = total if total > most else None
    more = {"hosts": list(hosts.values()), "total": total, "too_many": too_many, "most": most}
    shown = form.offer() if hosts and not too_many else form
    status = form.status if request.method == "POST" else 200
    return render_template("console/bulk.html", form=shown, **more), status
