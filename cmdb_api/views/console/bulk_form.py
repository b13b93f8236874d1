"""The form of one edit of many assets: what it puts, adds, takes away."""

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import Length
from wtforms.widgets import DateInput

from cmdb_api.extensions import db
from cmdb_api.models.asset import STATES
from cmdb_api.schemas.asset import EditSchema
from cmdb_api.services import picking
from cmdb_api.services.bulk_edits import LISTS, Edit
from cmdb_api.views import errors
from cmdb_api.views.console import forms, labels
from cmdb_api.views.console.asset_fields import Picked, Several
from cmdb_api.views.console.messages import say

PLACES = ("data_centre", "room", "rack")
REFERENCES = ("asset_type", "environment", "business_unit", "supplier", *PLACES)
DAYS = ("purchased_on", "warranty_until")
PUT = ("state", *REFERENCES, *DAYS, "comment")
# Of the form, what is no part of the edit.
NOT_KEPT = ("csrf_token", "ids", "search", "of", "part")
# What can be taken away; an asset has a state always.
CLEARED = (*REFERENCES, *DAYS, "comment")


class BulkForm(forms.Form):
    """What is to change; what is left empty stays as it is."""

    # Which assets are meant: these ids, what a search finds, or (a part of) those of another edit.
    ids, search, of, part = HiddenField(), HiddenField(), HiddenField(), HiddenField()
    state = SelectField(_l("State"), default="")
    asset_type = Picked(_l("Asset type"))
    environment = Picked(_l("Environment"))
    business_unit = Picked(_l("Business unit"))
    supplier = Picked(_l("Supplier"))
    data_centre = Picked(_l("Data centre"))
    room = Picked(_l("Room"))
    rack = Picked(
        _l("Rack"),
        description=_l("It brings its room and data centre along. Units are set asset by asset."),
    )
    purchased_on = StringField(_l("Purchased on"), widget=DateInput())
    warranty_until = StringField(_l("Warranty until"), widget=DateInput())
    comment = TextAreaField(_l("Comment"), [Length(max=10_000)], render_kw={"rows": 2})
    tags_add = Several(_l("Add tags"), description=_l("A new tag is made as it is needed."))
    tags_take = Several(_l("Take tags away"))
    services_add = Several(_l("Add services"))
    services_take = Several(_l("Take services away"))
    contacts_add = Several(_l("Add contacts"))
    contacts_take = Several(_l("Take contacts away"))
    clear = forms.ManyField(_l("Take away"))
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

    @classmethod
    def again(cls, asked, **meant):
        """Return the form as it was once filled in, for these assets."""
        return cls(MultiDict(asked | {name: [value] for name, value in meant.items()}))

    @classmethod
    def kept(cls, asked):
        """Return the form of an edit that is kept: it was sent before."""
        return cls(MultiDict(asked), meta={"csrf": False})

    def told(self):
        """Return [(label, texts)] of what was filled in, the reason last."""
        filled = []
        for field in self:
            if field.short_name in (*NOT_KEPT, "clear", "why") or not field.data:
                continue
            texts = field.data if isinstance(field.data, list) else [field.data]
            if field.short_name == "state":
                texts = [labels.state(text) for text in texts]
            filled.append((field.label.text, texts))
        if self.clear.data:
            filled.append((self.clear.label.text, [labels.column(n) for n in self.clear.data]))
        return filled + ([(self.why.label.text, [self.why.data])] if self.why.data else [])

    def asked(self):
        """Return {field: texts} of what was filled in, to be kept."""
        names = [field.short_name for field in self if field.short_name not in NOT_KEPT]
        return {name: request.form.getlist(name) for name in names if request.form.get(name)}

    def edit(self):
        """Return the Edit that was typed; None where it is wrong, or none at all."""
        if not self.validate():
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
                field.errors = [*field.errors, *map(say, texts)]
            return {}
