"""Tokens of programs, for admins: whose they are, made, revoked. Their text is shown once."""

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import DataRequired

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas import access as schemas
from cmdb_api.schemas.page import RowsQuery
from cmdb_api.services import choices
from cmdb_api.services.access import issuing
from cmdb_api.views.console import access_words, forms, many, tables
from cmdb_api.views.console.gate import ADMIN, needs
from cmdb_api.views.console.tables import Column

blp = Blueprint("tokens", __name__, url_prefix="/admin/tokens")

COLUMNS = [
    Column("name", _l("What it is for")),
    Column("scope", _l("Scope")),
    Column("account", _l("Whose")),
    Column("business_units", _l("Sees only"), type="list"),
    Column("last_used_at", _l("Last used"), type="moment"),
    Column("expires_at", _l("Expires"), type="moment"),
    Column("created_by", _l("Made by")),
    Column("created_at", _l("Made"), type="moment", usual=False),
]


class TokenForm(forms.Form):
    """A token that is to be made."""

    name = StringField(
        _l("What it is for"),
        [DataRequired()],
        render_kw={"autocomplete": "off", "maxlength": 100, "placeholder": "grafana"},
    )
    scope = SelectField(_l("Scope"))
    lasts = SelectField(_l("Valid for"), choices=forms.choices(access_words.LASTS.items()))

    def values(self):
        """Return what was typed; what is empty is not given."""
        return {name: value for name, value in super().values().items() if value not in ("", [])}


class AnyTokenForm(TokenForm):
    """The same for admins, who make any."""

    business_units = forms.ManyField(
        _l("Sees only assets of"), description=_l("None chosen: it sees all.")
    )
    own = BooleanField(_l("It is my own, and ends with my account"))


def scoped(form, scopes):
    """Offer these scopes in a form of a token; return it."""
    form.scope.choices = [(scope, scope) for scope in scopes]
    return form


@blp.get("")
@needs(ADMIN)
def page():
    """List the tokens of programs."""
    listing = tables.read("tokens", COLUMNS, RowsQuery(), _fetch, rows=issuing.ROWS, key="id")
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    more = {"scopes": access_words.SCOPES, "moment": now()}
    return render_template("console/tokens.html", listing=listing, **more)


tables.choosable(blp, page)


def _fetch(**asked):
    return issuing.page(db.session, **asked)


@blp.route("/add", methods=["GET", "POST"])
@needs(ADMIN)
def add():
    """Make a token; its text is shown on the answer, and never again."""
    form = scoped(AnyTokenForm(), access_words.SCOPES)
    names = choices.names(db.session, "business_unit")
    form.business_units.choices = [(name, name) for name in names]
    more = {"scopes": access_words.SCOPES, "back": url_for("console.tokens.page")}
    return made(form) or forms.page("console/tokens_add.html", form, **more)


def made(form, back="console.tokens.page", **fixed):
    """Make the token that a form asks for; return the page that shows it, or None."""
    given = forms.checked(form, schemas.NewTokenSchema(), **fixed)
    result = None
    if given is not None:
        result = forms.done(form, lambda: issuing.issue(db.session, g.bearer, **given))
    return result and shown_once("console/tokens_made.html", token=result[0], secret=result[1],
                                 back=url_for(back))  # fmt: skip


def shown_once(template, **known):
    """Return a page with a secret, which nobody keeps."""
    answer = make_response(render_template(template, **known))
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blp.post("/revoke")
@needs(ADMIN)
def revoke_many():
    """Ask, and revoke the chosen tokens: they are invalid at once."""
    chosen = many.numbers()
    found = [each for each in issuing.every(db.session, g.bearer) if each["id"] in chosen]
    if request.form.get("sure") != "1" and found:
        return render_template("console/tokens_revoke.html", found=found)
    work = lambda number: issuing.revoke(db.session, g.bearer, number)  # noqa: E731
    done, refused = many.each(chosen, work)
    told = ngettext("%(num)s token is revoked.", "%(num)s tokens are revoked.", done)
    many.tell(done, refused, told)
    return redirect(url_for("console.tokens.page"), 303)


@blp.post("/<int:number>/revoke")
@needs(ADMIN)
def revoke(number):
    """Revoke a token: it is invalid at once."""
    token = issuing.revoke(db.session, g.bearer, number)
    name = token.name
    db.session.commit()
    flash(_("%(name)s is revoked: it is invalid from now on.", name=name))
    return redirect(url_for("console.tokens.page"), 303)
