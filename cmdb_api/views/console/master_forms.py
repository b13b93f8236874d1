"""Forms of master data: each sort's is made from its description in ``services.resources``."""

from flask_babel import lazy_gettext as _l
from wtforms import EmailField, IntegerField, SelectField, StringField, TelField, TextAreaField
from wtforms.validators import DataRequired, Optional

from cmdb_api.schemas import master as schemas
from cmdb_api.schemas.values import MOST_UNITS
from cmdb_api.services import choices
from cmdb_api.services.places import BETWEEN
from cmdb_api.services.resources import RACKS
from cmdb_api.views.console import forms
from cmdb_api.views.console.master_words import FIELDS

_FEW = {"maxlength": 255}
_PLAIN = {
    "address": lambda: TextAreaField(FIELDS["address"], render_kw={"rows": 3}),
    "email": lambda: EmailField(FIELDS["email"], render_kw=_FEW),
    "phone": lambda: TelField(FIELDS["phone"], render_kw={"maxlength": 64}),
    "height_u": lambda: IntegerField(
        FIELDS["height_u"],
        [Optional()],
        default=42,
        render_kw={"min": 1, "max": MOST_UNITS},
        description=_l("How many units it has; 42 if left empty."),
    ),
}


class MasterForm(forms.EditForm):
    """A form of one piece of master data; ``place`` stands for a rack's data centre and room."""

    def given(self):
        """Return what was typed as the API takes it."""
        values = self.values()
        if values.get("height_u", "") is None:
            values["height_u"] = RACKS.model.height_u.default.arg
        if "place" in values:
            centre, _between, room = (values.pop("place") or "").partition(BETWEEN)
            values |= {"data_centre": centre or None, "room": room or None}
        return values


def form_of(session, resource, *, keep=False, **known):
    """
    Return the form of a sort, filled with what is known.

    ``keep`` offers a parent that is there and not to be seen, as another's business unit.
    """
    parts = {"name": _name()}
    if resource is RACKS:
        parts["place"] = _select(
            _l("Room or data centre"), choices.spots(session), [DataRequired()]
        )
        known["place"] = known.get("place") or place_of(known)
    else:
        for parent in resource.parents:
            names = choices.names(session, parent)
            checks = [DataRequired()] if parent in resource.within else []
            parts[parent] = _select(FIELDS[parent], names, checks)
    parts |= {name: _PLAIN[name]() for name in resource.plain}
    parts["description"] = TextAreaField(FIELDS["description"], render_kw={"rows": 3})
    form = type("OneMasterForm", (MasterForm,), parts)(data=known)
    for name in ("place", *resource.parents) if keep else ():
        _keep(form, name, known)
    return form


def place_of(told):
    """Return where a rack is, as its form has it: "FRA1 / Hall 2"; "" where that is not known."""
    return BETWEEN.join(name for name in (told.get("data_centre"), told.get("room")) if name)


def checked(form, resource):
    """Return what the API's schema makes of a form that was sent; None where it is wrong."""
    return forms.checked(form, schemas.OF[resource.path].given(), **form.given())


def done(form, work):
    """Do the work and commit; what is refused stands beside the form's own fields."""
    result = forms.done(form, work)
    if form.current is not None:
        told = form.current
        names = [field.short_name for field in form]
        form.current = {n: told.get(n) for n in names if n not in ("etag", "csrf_token")}
        if "place" in form.current:
            form.current["place"] = place_of(told)
    return result


def _name():
    return StringField(FIELDS["name"], [DataRequired()], render_kw=_FEW | {"autocomplete": "off"})


def _select(label, names, checks):
    blank = _l("Choose one …") if checks else _l("none")
    offered = forms.choices(((name, name) for name in names), blank=blank)
    return SelectField(label, checks, choices=offered)


def _keep(form, name, known):
    """Leave a choice that is there but not offered, as another's business unit is not."""
    if name not in form or not known.get(name):
        return
    field = form[name]
    if known[name] not in [choice.value for choice in field.choices]:
        field.choices = [*field.choices, *forms.choices([(known[name], known[name])])]
