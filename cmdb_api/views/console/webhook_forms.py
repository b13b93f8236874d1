"""Forms of webhooks and streams."""

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired

from cmdb_api.models.event import TYPES
from cmdb_api.services import kinds
from cmdb_api.services.events import events
from cmdb_api.views.console import access_words, forms, labels

_WORDS = {
    "webhook": _l("Webhook: each change is posted to an address"),
    "stream": _l("Stream: its reader takes the changes from the API"),
}
_PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


class TypeForm(forms.EditForm):
    """Whether it is posted, or taken: what is asked first."""

    type = SelectField(_l("Type"), choices=forms.choices((t, _WORDS[t]) for t in TYPES))


class EditForm(forms.EditForm):
    """What people decide of a subscription."""

    name = StringField(_l("Name"), [DataRequired()], render_kw=_PLAIN | {"maxlength": 64})
    url = StringField(
        _l("Address"),
        description=_l("Of a webhook: where changes are posted to."),
        render_kw=_PLAIN | {"inputmode": "url", "placeholder": "https://hooks.example.com/cmdb"},
    )
    query = StringField(
        _l("Only of assets that this search finds"),
        render_kw=_PLAIN | {"placeholder": "environment:production"},
    )
    kinds = forms.ManyField(_l("Only these kinds"), description=_l("None chosen: all."))
    actions = forms.ManyField(
        _l("Only what is"),
        choices=forms.choices((a, access_words.EVENT_ACTIONS.get(a, a)) for a in events.ACTIONS),
        description=_l("None chosen: all."),
    )
    enabled = BooleanField(_l("Deliver"), default=True)


class NewForm(EditForm, TypeForm):
    """A subscription to be made."""


class SecretForm(forms.Form):
    """How long the old secret signs too."""

    keep_old_for = SelectField(
        _l("The old secret signs too"),
        choices=forms.choices(
            [("24h", _l("for a day")), ("7d", _l("for a week")), ("", _l("no longer: it leaked"))]
        ),
    )

    def values(self):
        """Return what was typed; None where the old secret is worth nothing at once."""
        return {"keep_old_for": self.keep_old_for.data or None}


def offered(form, session, told=None):
    """Offer the kinds that there are, and those that were chosen; return the form."""
    names = {*labels.KINDS, *kinds.strange(session), *((told or {}).get("kinds") or ())}
    called = {name: str(labels.kind(name)) for name in names}
    form.kinds.choices = sorted(called.items(), key=lambda pair: pair[1])
    return form
