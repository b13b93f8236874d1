"""One's own account: what one may, password, sessions, tokens."""

from flask import Blueprint, current_app, flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import PasswordField
from wtforms.validators import DataRequired

from cmdb_api.errors import CMDBError, Forbidden
from cmdb_api.extensions import db
from cmdb_api.models import Account
from cmdb_api.models.access import PROGRAM, SESSION
from cmdb_api.models.types import now
from cmdb_api.schemas import access as schemas
from cmdb_api.services.access import accounts, audit, issuing, me, sessions, tokens
from cmdb_api.views import deeds
from cmdb_api.views.console import access_words, forms
from cmdb_api.views.console import tokens as token_pages
from cmdb_api.views.console.gate import READ, needs

blp = Blueprint("me", __name__, url_prefix="/me")


class PasswordForm(forms.Form):
    """Another password."""

    old_password = PasswordField(
        _l("Password now"), [DataRequired()], render_kw={"autocomplete": "current-password"}
    )
    new_password = PasswordField(
        _l("New password"),
        [DataRequired()],
        description=_l("12 characters or more: a few words that belong to nobody will do."),
        render_kw={"autocomplete": "new-password"},
    )


@blp.get("")
def page():
    """Show who one is, what one may, one's sessions and one's tokens."""
    account = db.session.get(Account, g.bearer.account_id)
    found = tokens.every(db.session, kind=PROGRAM, account_id=account.id)
    idle = current_app.config["SESSION_IDLE_MINUTES"]
    return render_template(
        "console/me.html",
        told=me.told(db.session, g.bearer),
        account=account,
        sessions=_sessions(account),
        tokens=issuing.told(db.session, found),
        roles=access_words.ROLES,
        form=forms.ConfirmForm(),
        idle_seconds=idle * 60,
        moment=now(),
    )


def _sessions(account):
    """Return one's own sessions, this one first."""
    rows = [token for token, _ in sessions.every(db.session, account_id=account.id)]
    found = [issuing.told_session(token, account) for token in rows]
    return sorted(found, key=lambda each: each["id"] != g.bearer.id)


@blp.route("/password", methods=["GET", "POST"])
@needs(READ)
def password():
    """Change one's own password; all other sessions end."""
    account = db.session.get(Account, g.bearer.account_id)
    if account.password_hash is None:
        raise Forbidden("you log in by your organisation's account: there is no password here")
    form = PasswordForm()
    given = forms.checked(form, schemas.PasswordSchema())
    if given is not None and _change(form, given):
        flash(_("Your password is changed. Your other sessions have ended."))
        return redirect(url_for("console.me.page"), 303)
    return forms.page("console/me_password.html", form)


def _change(form, given):
    """Change the password; tell whether that went well. That it was tried is kept first."""
    try:
        entry = sessions.begin(db.session, g.bearer.name, deeds.address())
        db.session.commit()
    except CMDBError as error:
        db.session.rollback()
        forms.tell(form, error)
        return False
    old, new = given["old_password"], given["new_password"]

    def work():
        sessions.change_password(db.session, entry, g.bearer, old, new)

    return forms.done(form, work)


@blp.post("/sessions/end-others")
@needs(READ)
def end_others():
    """End all sessions of one's own but this one."""
    accounts.end_sessions(db.session, g.bearer.account_id, but=g.bearer.id)
    db.session.commit()
    flash(_("Your other sessions have ended."))
    return redirect(url_for("console.me.page"), 303)


@blp.post("/sessions/<int:number>/end")
@needs(READ)
def end(number):
    """End a session of one's own."""
    mine = g.bearer.account_id
    token = tokens.revoke(db.session, number, kind=SESSION, account_id=mine)
    audit.note(db.session, action=audit.LOGOUT, subject=token.name)
    db.session.commit()
    flash(_("That session has ended."))
    return redirect(url_for("console.me.page"), 303)


@blp.route("/tokens/add", methods=["GET", "POST"])
@needs(READ)
def add_token():
    """Make a token of one's own; its text is shown on the answer, and never again."""
    scopes = [each for each in access_words.SCOPES if each in tokens.INCLUDES[g.bearer.scope]]
    form = token_pages.scoped(token_pages.TokenForm(), scopes)
    told = {name: access_words.SCOPES[name] for name in scopes}
    more = {"scopes": told, "back": url_for("console.me.page")}
    made = token_pages.made(form, "console.me.page", own=True)
    return made or forms.page("console/tokens_add.html", form, **more)


@blp.post("/tokens/<int:number>/revoke")
@needs(READ)
def revoke_token(number):
    """Revoke a token of one's own."""
    token = tokens.revoke(db.session, number, kind=PROGRAM, account_id=g.bearer.account_id)
    name = token.name
    db.session.commit()
    flash(_("%(name)s is revoked: it is invalid from now on.", name=name))
    return redirect(url_for("console.me.page"), 303)
