"""Users: who may log in, and what they may."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import BooleanField, EmailField, PasswordField, SelectField
from wtforms import StringField as Text
from wtforms.validators import DataRequired

from cmdb_api.extensions import db
from cmdb_api.models.access import ROLES
from cmdb_api.schemas import access as schemas
from cmdb_api.services import choices
from cmdb_api.services.access import accounts
from cmdb_api.views.console import access_words, forms, labels, many, tables
from cmdb_api.views.console.gate import ADMIN, needs
from cmdb_api.views.console.tables import Column

blp = Blueprint("accounts", __name__, url_prefix="/admin/users")

COLUMNS = [
    Column("name", _l("Name")),
    Column("full_name", _l("Full name")),
    Column("role", _l("Role"), lambda row: str(labels.ROLES[row["role"]])),
    Column("limited", _l("Limited"), usual=False),
    Column("business_units", _l("Sees only"), type="list"),
    Column("enabled", _l("May log in")),
    Column("last_login_at", _l("Last login"), type="moment"),
    Column("email", _l("Email"), usual=False),
    Column("has_password", _l("Has a password"), usual=False),
    Column("oidc_subject", _l("OIDC subject"), usual=False),
    Column("created_at", _l("Added at"), type="moment", usual=False),
]


class AccountForm(forms.EditForm):
    """An account of a person."""

    name = Text(_l("Name"), [DataRequired()], render_kw={"autocomplete": "off", "maxlength": 100})
    full_name = Text(_l("Full name"))
    email = EmailField(_l("Email"))
    role = SelectField(_l("Role"), choices=forms.choices((r, labels.ROLES[r]) for r in ROLES))
    enabled = BooleanField(_l("May log in"), default=True)
    limited = BooleanField(_l("Sees only assets of some business units"))
    business_units = forms.ManyField(
        _l("Business units"), description=_l("Only with the tick above: it sees no others.")
    )
    password = PasswordField(_l("Password"), render_kw={"autocomplete": "new-password"})
    oidc_subject = Text(
        _l("OIDC subject"),
        description=_l("Issuer and subject, if this person logs in by your provider."),
    )

    def values(self):
        """Return what was typed; a password only where one was."""
        found = super().values()
        if not found["password"]:
            del found["password"]
        return found

    @classmethod
    def of(cls, session, **known):
        """Return the form, with the business units that there are."""
        form = cls(data=known or None)
        names = choices.names(session, "business_unit")
        form.business_units.choices = [(name, name) for name in names]
        return form


@blp.get("")
@needs(ADMIN)
def page():
    """List users by name."""
    listing = tables.read(
        "users", COLUMNS, schemas.AccountPageQuery(), _fetch, rows=accounts.ROWS, key="id"
    )
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, _fetch)
    return render_template("console/accounts.html", listing=listing, roles=access_words.ROLES)


tables.choosable(blp, page)


def _fetch(**asked):
    return accounts.page(db.session, **asked)


@blp.route("/add", methods=["GET", "POST"])
@needs(ADMIN)
def add():
    """Add a user."""
    form = AccountForm.of(db.session)
    form.password.description = _("12 characters or more; none: they log in by OIDC alone.")
    if (given := forms.checked(form, schemas.AccountSchema())) is not None and forms.done(
        form, lambda: accounts.add(db.session, given).id
    ):
        flash(_("%(name)s is added.", name=given["name"]))
        if not given.get("password") and not current_app.config["OIDC_ISSUER"]:
            told = _("%(name)s can't log in without a password: set one.", name=given["name"])
            flash(told, "warning")
        return redirect(url_for("console.accounts.page"), 303)
    return forms.page("console/accounts_add.html", form, roles=access_words.ROLES)


@blp.route("/<int:number>", methods=["GET", "POST"])
@needs(ADMIN)
def one(number):
    """Show a user, and change them."""
    told = accounts.one(db.session, number)
    form = AccountForm.of(db.session, **told)
    form.password.description = _(
        "Only to set another: it ends their sessions. Left empty, it stays."
    )
    if (given := forms.checked(form, schemas.AccountEditSchema())) is not None:

        def work():
            accounts.edit(db.session, number, given, if_match=form.etag.data)

        if forms.done(form, work):
            flash(_("%(name)s is saved.", name=given["name"]))
            return redirect(url_for("console.accounts.page"), 303)
    more = {"roles": access_words.ROLES, "own": number == g.bearer.account_id}
    return forms.page("console/accounts_one.html", form, told=told, **more)


@blp.post("/enable", endpoint="enable")
@needs(ADMIN)
def enable_many():
    """Let the chosen users log in, or not any more; what is refused is told."""
    enabled = request.form.get("enabled") == "1"

    def work(number):
        accounts.edit(db.session, number, {"enabled": enabled})

    done, refused = many.each(many.numbers(), work)
    many.tell(
        done,
        refused,
        ngettext("%(num)s user may log in.", "%(num)s users may log in.", done)
        if enabled
        else ngettext("%(num)s user is disabled.", "%(num)s users are disabled.", done),
    )
    return redirect(url_for("console.accounts.page"), 303)


@blp.post("/end-sessions", endpoint="end_many")
@needs(ADMIN)
def end_sessions_of_many():
    """End all sessions of the chosen users, but the one that asks."""

    def work(number):
        but = g.bearer.id if number == g.bearer.account_id else None
        accounts.end_sessions(db.session, number, but=but)

    done, refused = many.each(many.numbers(), work)
    told = ngettext("%(num)s user is logged out.", "%(num)s users are logged out.", done)
    many.tell(done, refused, told)
    return redirect(url_for("console.accounts.page"), 303)


@blp.post("/<int:number>/end-sessions")
@needs(ADMIN)
def end_sessions(number):
    """End all sessions of a user."""
    told = accounts.one(db.session, number)
    but = g.bearer.id if number == g.bearer.account_id else None
    accounts.end_sessions(db.session, number, but=but)
    db.session.commit()
    flash(_("%(name)s is logged out everywhere.", name=told["name"]))
    return redirect(url_for("console.accounts.one", number=number), 303)


@blp.route("/<int:number>/remove", methods=["GET", "POST"])
@needs(ADMIN)
def remove(number):
    """Ask, and remove a user."""
    told = accounts.one(db.session, number)
    form = forms.EditForm(data=told)
    work = lambda: accounts.remove(db.session, number, if_match=form.etag.data)  # noqa: E731
    if form.validate_on_submit() and forms.done(form, work):
        flash(_("%(name)s is removed.", name=told["name"]))
        return redirect(url_for("console.accounts.page"), 303)
    return forms.page("console/accounts_remove.html", form, told=told)
