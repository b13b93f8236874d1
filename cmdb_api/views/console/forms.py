"""Forms: what is wrong stands beside its field, and what was typed stays.

The rules are those of the API: a form's values are loaded by the API's schema and given to the same
service. A lost race is told with what is there now; sent again, the form is meant for that.
"""

import json
from contextlib import contextmanager

from flask import g, render_template, request
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from marshmallow import EXCLUDE, ValidationError
from wtforms import HiddenField, SubmitField
from wtforms.fields import SelectChoice, SelectMultipleField
from wtforms.widgets import CheckboxInput

from cmdb_api.errors import CMDBError, Conflict, PreconditionFailed, TooMany
from cmdb_api.extensions import db
from cmdb_api.views import errors
from cmdb_api.views.console.messages import say

# What of a form is no value.
NOT_VALUES = ("csrf_token", "etag", "was")


class Form(FlaskForm):
    """
    A form; ``wrong`` has what concerns no field, ``current`` what a lost race left.

    ``refused`` is the status of what was refused as a whole, whatever the fields say.
    """

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.wrong, self.current, self.refused = [], None, None

    @property
    def status(self):
        """Return the status of the page of this form; the audit log is to name what was wrong."""
        g.wrong_fields = tuple(self.errors)
        return self.refused or (422 if self.errors or self.wrong else 200)

    def values(self):
        """Return {name: value} of what was typed."""
        return {
            field.short_name: field.data
            for field in self
            if field.short_name not in NOT_VALUES and not isinstance(field, SubmitField)
        }


class EditForm(Form):
    """
    A form that edits what is there; ``etag`` says of which version.

    ``was`` has what the form began with: what of it was not touched is nobody's wish.
    """

    etag, was = HiddenField(), HiddenField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not self.is_submitted():
            self.was.data = _kept(self.values())

    def take_theirs(self):
        """After a lost race, have what is saved now in all fields that were not touched here."""
        began = _began(self.was.data)
        for field in self:
            name = field.short_name
            if {name} <= began.keys() & self.current.keys() and _is(field.data, began[name]):
                field.data, field.raw_data = self.current[name], None
        self.was.data = _kept(self.current)


class ManyField(SelectMultipleField):
    """Any of several values, a tick for each: lists to choose many from are hard on a phone."""

    option_widget = CheckboxInput()


class ConfirmForm(Form):
    """A form of one button."""

    submit = SubmitField(_l("Confirm"))


def choices(pairs, blank=None):
    """Return (value, words) as what a SelectField offers; ``blank`` are the words for none."""
    first = [SelectChoice("", blank)] if blank is not None else []
    return first + [SelectChoice(value, words) for value, words in pairs]


def checked(form, schema, **more):
    """Return what a schema makes of a form that was sent; None where it was not, or is wrong."""
    if not form.validate_on_submit():
        return None
    given = {name: value for name, value in form.values().items() if name in schema.fields} | more
    try:
        return schema.load(given, unknown=EXCLUDE)
    except ValidationError as error:
        tell(form, errors.invalid(error.messages, None, schema))
        return None


@contextmanager
def told(form):
    """
    Put what a service refuses into the form, and take back what it did.

    ``form.errors or form.wrong`` afterwards tells that it was refused.
    """
    try:
        yield
    except CMDBError as error:
        db.session.rollback()
        tell(form, error)


def done(form, work):
    """Do the work and commit; tell whether that went well. What is refused stands in the form."""
    result = None
    with told(form):
        result = work()
        db.session.commit()
        return result if result is not None else True
    return None


def tell(form, error):
    """Put an error beside the fields that it names, else above the form."""
    if isinstance(error, PreconditionFailed):
        form.current = error.details.get("current")
        form.refused = Conflict.status
        if form.current and "etag" in form:
            form.etag.data = error.headers.get("ETag") or form.current.get("etag")
    fields = {field.short_name: field for field in form}
    known = {name: texts for name, texts in error.fields.items() if name.split(".")[0] in fields}
    for name, texts in known.items():
        field = fields[name.split(".")[0]]
        field.errors = [*field.errors, *map(say, texts)]
    if not known or len(known) < len(error.fields):
        form.wrong.append(say(error.message))
    if not error.fields and isinstance(error, (Conflict, TooMany)):
        form.refused = error.status


def page(template, form, **more):
    """Return the page of a form, with the status that fits."""
    if form.current and isinstance(form, EditForm):
        form.take_theirs()
    return render_template(template, form=form, **more), form.status


def _kept(values):
    return json.dumps(values, default=str)


def _began(text):
    """Return what a form began with; nothing where that was not sent along."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _is(typed, began):
    """Tell whether a field has what it began with; browsers end lines their own way."""
    one, other = (json.loads(_kept(value or None)) for value in (typed, began))
    if isinstance(one, str) and isinstance(other, str):
        return one.splitlines() == other.splitlines()
    return one == other


def wants_fragment():
    """Tell whether htmx asks for a piece of a page, not for the page."""
    return "HX-Request" in request.headers and "HX-Boosted" not in request.headers
