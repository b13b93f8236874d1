"""People log in, and out."""

import json

from flask import (
    Blueprint,
    current_app,
    flash,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user, login_user, logout_user
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.models.access import SESSION
from cmdb_api.services.access import audit, issuing, sessions, tokens
from cmdb_api.views import deeds
from cmdb_api.views.console import forms
from cmdb_api.views.console.gate import READ, needs, public
from cmdb_api.views.console.logins import Person

blp = Blueprint("login", __name__)


class LoginForm(forms.Form):
    """A name and a password, and where to go on."""

    name = StringField(
        # What is tried is written down, and PostgreSQL keeps no NUL.
        _l("Name"),
        validators=[DataRequired()],
        filters=[lambda text: text and text.replace("\0", "\ufffd")],
        render_kw={"autofocus": True, "autocomplete": "username"},
    )
    password = PasswordField(_l("Password"), validators=[DataRequired()])
    next = HiddenField()
    # The form that was sent when the session was over, as JSON.
    kept = HiddenField()


@blp.route("/login", methods=["GET", "POST"])
@public
def page():
    """Log in with a name and a password."""
    form = LoginForm()
    if request.method == "GET":
        if current_user.is_authenticated:
            return redirect(inside(request.args.get("next")))
        form.next.data = request.args.get("next")
        return _shown(form, ended="ended" in request.args)
    if form.validate_on_submit() and forms.done(form, lambda: _log_in(form)):
        target = inside(form.next.data)
        if kept := _kept(form.kept.data):
            return render_template("console/again.html", target=target, kept=kept)
        return redirect(target)
    return _shown(form)


@blp.post("/logout")
@needs(READ)
def out():
    """Log out."""
    token = issuing.revoke(db.session, g.bearer, g.bearer.id, kind=SESSION)
    audit.note(db.session, action=audit.LOGOUT, subject=token.name)
    db.session.commit()
    logout_user()
    flash(_("You are logged out."))
    return redirect(url_for("console.login.page"))


def ask_again(kept, target, *, files=False):
    """
    Return the page that asks for a login before a form can be sent; what it held is kept.

    ``files`` tells that it held files, which are not.
    """
    form = LoginForm(formdata=None)
    form.next.data, form.kept.data = target, json.dumps(kept)
    return _shown(form, ended=True, files=files)[0]


def _log_in(form):
    # What was tried is written down before the password is looked at.
    entry = sessions.begin(db.session, form.name.data, deeds.address())
    db.session.commit()
    hours = current_app.config["SESSION_HOURS"]
    try:
        _account, _token, text = sessions.log_in(
            db.session, entry, form.name.data, form.password.data, hours=hours
        )
    except CMDBError:
        # That it failed is kept too.
        db.session.commit()
        raise
    db.session.commit()
    start(text)
    return True


def start(text):
    """Let the browser be logged in by the token of a session."""
    # What a form had in it before, somebody else may know: who planted the cookie.
    name = current_app.config["WTF_CSRF_FIELD_NAME"]
    session.pop(name, None)
    g.pop(name, None)
    login_user(Person(text, tokens.verify(db.session, text)))


def _shown(form, **more):
    known = {"oidc": bool(current_app.config["OIDC_ISSUER"]), "ended": False, "files": False}
    return forms.page("console/login.html", form, **known | more)


def inside(address):
    """Return an address of ours to go on to; the first page where it is another's, or none."""
    address = address or ""
    # Browsers leave out tabs and line ends, and take \\ for /; headers take no line ends.
    ours = address.startswith("/") and not address.startswith("//")
    if not ours or "\\" in address or not address.isprintable():
        return url_for("console.overview.page")
    return address


def _kept(text):
    """Return the fields that were kept over a login: [(name, value)]."""
    try:
        pairs = json.loads(text or "[]")
        kept = [(_writable(name), _writable(value)) for name, value in pairs]
    except (ValueError, TypeError, RecursionError):
        return []
    return [pair for pair in kept if pair[0] != current_app.config["WTF_CSRF_FIELD_NAME"]]


def _writable(value):
    """Return a value of JSON as text that a page can hold: without half characters."""
    return str(value).encode("utf-8", "replace").decode()
