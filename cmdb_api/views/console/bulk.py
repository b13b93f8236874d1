"""One edit of many assets: chosen in the list, or all that a search finds."""

import logging

from flask import Blueprint, g, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from sqlalchemy.exc import DBAPIError
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.validators import Length
from wtforms.widgets import CheckboxInput, DateInput, ListWidget

from cmdb_api.errors import CMDBError, Conflict, Invalid
from cmdb_api.extensions import db
from cmdb_api.models.asset import STATES
from cmdb_api.schemas.asset import EditSchema
from cmdb_api.schemas.search import SearchQuery
from cmdb_api.services import bulk_edits, picking
from cmdb_api.services.bulk_edits import LISTS, MOST, Edit
from cmdb_api.views import errors
from cmdb_api.views.console import asking, forms, labels
from cmdb_api.views.console.asset_fields import Picked, Several
from cmdb_api.views.console.gate import WRITE, needs

log = logging.getLogger(__name__)

blp = Blueprint("bulk", __name__, url_prefix="/assets/bulk")
REFERENCES = ("asset_type", "environment", "business_unit", "supplier", "data_centre", "room")
DAYS = ("purchased_on", "warranty_until")
PUT = ("state", *REFERENCES, *DAYS, "comment")
# What can be taken away; an asset has a state always.
CLEARED = (*REFERENCES, *DAYS, "comment")
SHOWN = 20
CHOSEN = ("query", "state", "standing")


class BulkForm(forms.Form):
    """What is to change; what is left empty stays as it is."""

    ids = HiddenField()
    state = SelectField(_l("State"), default="")
    asset_type = Picked(_l("Asset type"))
    environment = Picked(_l("Environment"))
    business_unit = Picked(_l("Business unit"))
    supplier = Picked(_l("Supplier"))
    data_centre = Picked(_l("Data centre"))
    room = Picked(_l("Room"))
    purchased_on = StringField(_l("Purchased on"), widget=DateInput())
    warranty_until = StringField(_l("Warranty until"), widget=DateInput())
    comment = TextAreaField(_l("Comment"), [Length(max=10_000)], render_kw={"rows": 2})
    tags_add = Several(_l("Add tags"), description=_l("A new tag is made as it is needed."))
    tags_take = Several(_l("Take tags away"))
    services_add = Several(_l("Add services"))
    services_take = Several(_l("Take services away"))
    contacts_add = Several(_l("Add contacts"))
    contacts_take = Several(_l("Take contacts away"))
    clear = SelectMultipleField(
        _l("Take away"),
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
    )
    why = StringField(
        _l("Reason"),
        [Length(max=1000)],
        description=_l("Kept with each change in the history of the assets."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        states = [(name, labels.state(name)) for name in STATES]
        self.state.choices = forms.choices(states, _("leave as it is"))
        self.clear.choices = [(name, labels.column(name)) for name in CLEARED]

    def offer(self):
        """Offer the names that there are."""
        known = picking.names(db.session)
        for field in self:
            name = field.short_name.removesuffix("_add").removesuffix("_take")
            if name in known:
                field.names = known[name]
        return self

    def numbers(self):
        """Return the ids of the assets that are meant."""
        told = [each for each in (self.ids.data or "").split(",") if each.isdecimal()]
        return [int(each) for each in dict.fromkeys(told) if len(each) < 19][:MOST]

    def edit(self):
        """Return the Edit that was typed; None where it is wrong, or none at all."""
        if not self.validate_on_submit():
            return None
        given = {name: self[name].data for name in PUT if (self[name].data or "").strip()}
        cleared = self.clear.data or []
        for name in set(cleared) & given.keys():
            self[name].errors = [*self[name].errors, _("Either a value, or take it away.")]
        put = self._loaded(given | dict.fromkeys(cleared))
        add, take = (
            self._loaded({n: names for n in LISTS if (names := self[n + way].data)}, way)
            for way in ("_add", "_take")
        )
        if self.errors:
            return None
        if not (edit := Edit(put, add, take)):
            self.wrong.append(_("Nothing is to change: fill in at least one field."))
        return edit or None

    def _loaded(self, given, way=""):
        """Return values as the API has them; what is wrong stands beside the fields."""
        try:
            return EditSchema().load(given)
        except ValidationError as error:
            told = errors.invalid(error.messages, None, EditSchema())
            for name, texts in told.fields.items():
                field = self[name.split(".")[0] + way]
                field.errors = [*field.errors, *texts]
            return {}


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
        sent=[pair for pair in request.form.items(multi=True) if pair[0] not in _NOT_SENT],
    )


_NOT_SENT = ("csrf_token", "step", "names")


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
    names = request.values.getlist("names")[: MOST + 1]
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
        sent=[pair for pair in request.form.items(multi=True) if pair[0] not in _KEPT_OUT],
    )


_KEPT_OUT = (*_NOT_SENT, "ids")


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
