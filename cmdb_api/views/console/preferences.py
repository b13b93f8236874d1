"""How one likes to read: language, looks, density, time zone. The browser keeps it."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from pytz import all_timezones
from wtforms import SelectField

from cmdb_api.views.console import context, forms, language, login
from cmdb_api.views.console.gate import public

YEAR = 365 * 24 * 3600

blp = Blueprint("preferences", __name__, url_prefix="/preferences")


class PreferencesForm(forms.Form):
    """What can be chosen."""

    language = SelectField(_l("Language"), choices=forms.choices(language.LANGUAGES.items()))
    theme = SelectField(
        _l("Colours"),
        choices=forms.choices(
            [
                ("auto", _l("as the system has them")),
                *(("light", _l("light")), ("dark", _l("dark"))),
            ]
        ),
    )
    density = SelectField(
        _l("Tables"),
        choices=forms.choices([("normal", _l("with room")), ("compact", _l("dense"))]),
    )
    zone = SelectField(_l("Time zone"))

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.zone.choices = forms.choices((name, name) for name in all_timezones)


COOKIES = {
    "language": language.LANGUAGE_COOKIE,
    "theme": context.THEME_COOKIE,
    "density": context.DENSITY_COOKIE,
    "zone": language.ZONE_COOKIE,
}


@blp.route("", methods=["GET", "POST"])
@public
def page():
    """Choose how pages look."""
    form = PreferencesForm(
        language=language.language(),
        theme=context.chosen(context.THEME_COOKIE, context.THEMES),
        density=context.chosen(context.DENSITY_COOKIE, context.DENSITIES),
        zone=language.zone(),
    )
    if form.validate_on_submit():
        flash(_("Your choice is kept in this browser."))
        return keep(redirect(url_for("console.preferences.page")), form.values())
    return forms.page("console/preferences.html", form)


@blp.get("/language/<code>")
@public
def speak(code):
    """Read in another language."""
    answer = redirect(login.inside(request.args.get("next")))
    return keep(answer, {"language": code}) if code in language.LANGUAGES else answer


def keep(answer, chosen):
    """Let the browser keep what was chosen."""
    for name, value in chosen.items():
        answer.set_cookie(
            COOKIES[name], value, max_age=YEAR, samesite="Lax", secure=request.is_secure
        )
    return answer
