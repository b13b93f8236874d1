"""Assets as people write them: registered, described, brought into another state, removed."""

from contextlib import suppress

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from marshmallow import Schema

from cmdb_api.errors import Conflict, NotFound
from cmdb_api.extensions import db
from cmdb_api.models.asset import OFFLINE, ONLINE, PLANNED, RACKED, RETIRED
from cmdb_api.schemas.asset import EditSchema, NewAssetSchema, StateSchema
from cmdb_api.schemas.values import Hostname
from cmdb_api.services import aliases, assets, declared, etags, headline, keys, lifecycle, names
from cmdb_api.views.console import asset_forms, forms, labels
from cmdb_api.views.console.gate import ADMIN, WRITE, needs
from cmdb_api.views.console.messages import say

blp = Blueprint("asset_edit", __name__, url_prefix="/assets")

AliasSchema = Schema.from_dict({"alias": Hostname(required=True)})

# What each state means for reports and for the key.
MEANING = {
    PLANNED: _l("Not there yet. No report is expected; one that comes is recorded, and a finding."),
    RACKED: _l("Built in, not in use. No report is expected; one that comes is a finding."),
    ONLINE: _l("In use. Reports are expected; without them it is missing in coverage."),
    OFFLINE: _l("Switched off for a time. No report is expected; one that comes is a finding."),
    RETIRED: _l("Gone for good. Its key is revoked, its reports are refused, its history stays."),
}


@blp.route("/register", methods=["GET", "POST"])
@needs(WRITE)
def register():
    """Register an asset by hand."""
    form = asset_forms.NewAssetForm(data=_first()).offer(db.session)
    given = _given(form, NewAssetSchema())
    if given is not None:
        new = asset_forms.filled(given)
        asset = _done(form, lambda: assets.register(db.session, actor=g.bearer.name, **new))
        if asset:
            flash(_("%(name)s is registered.", name=asset.hostname))
            if "another" in request.form:
                return redirect(url_for(".register", like=asset.hostname), 303)
            return _to_asset(asset.hostname)
    return forms.page("console/register.html", form, meaning=MEANING)


def _first():
    """Return what the form of a new asset begins with: a name, and what one like it has."""
    found = {"hostname": request.args.get("hostname"), "state": ONLINE}
    if model := request.args.get("like"):
        with suppress(NotFound):
            found |= asset_forms.like(_now(model))
    return found


@blp.route("/<hostname>/edit", methods=["GET", "POST"])
@needs(WRITE)
def edit(hostname):
    """Change what is declared of an asset."""
    asset = assets.find(db.session, hostname)
    known = declared.read(db.session, asset)
    was = asset_forms.typed(asset, known)
    form = asset_forms.AssetForm(data=was).offer(db.session)
    given = _given(form, EditSchema())
    if given is not None:
        changed = asset_forms.edit(given, known | {"hostname": asset.hostname}, was)
        if not changed and form.etag.data == was["etag"]:
            flash(_("Nothing was changed."), "info")
            return _to_asset(asset.hostname)
        saved = _done(form, lambda: _declare(hostname, form, **changed))
        if saved:
            flash(_("Saved."))
            return _to_asset(saved.hostname)
        if form.current:
            form.current = _now(hostname)
    return _page("edit", hostname, form)


def _given(form, schema):
    """Return what was sent; a button that takes the free units says where these are."""
    given, free = forms.checked(form, schema), request.form.get("free_u", "")
    if given is not None and free.isdecimal():
        given["position_u"] = int(free[:4])
    return given


def _declare(hostname, form, /, **given):
    more = {"actor": g.bearer.name, "if_match": form.etag.data}
    return assets.declare(db.session, hostname, **more, **given)


def _now(hostname):
    """Return what an asset's form would have now: nothing that is there is left out."""
    asset = assets.find(db.session, hostname)
    return asset_forms.typed(asset, declared.read(db.session, asset))


@blp.route("/<hostname>/state", methods=["GET", "POST"])
@needs(WRITE)
def state(hostname):
    """Bring an asset into another state of its life."""
    asset = assets.find(db.session, hostname)
    possible = lifecycle.POSSIBLE[asset.state]
    form = asset_forms.StateForm(data={"etag": etags.of(asset)})
    form.state.choices = forms.choices((name, labels.state(name)) for name in possible)
    given = forms.checked(form, StateSchema())
    if given is not None:
        why = given.get("comment")
        if _done(form, lambda: _declare(hostname, form, state=given["state"], why=why)):
            told = {"name": asset.hostname, "state": labels.state(given["state"])}
            flash(_("%(name)s is in another state now: %(state)s.", **told))
            return _to_asset(hostname)
    more = {"possible": possible, "meaning": MEANING, "retired": RETIRED}
    return _page("state", hostname, form, **more)


@blp.route("/<hostname>/names", methods=["GET", "POST"])
@needs(WRITE)
def aliases_of(hostname):
    """Show the other names of an asset, and give it another one."""
    asset, form = assets.find(db.session, hostname), asset_forms.AliasForm()
    given = forms.checked(form, AliasSchema())
    if given is not None:
        new = given["alias"]
        if _done(form, lambda: aliases.add(db.session, hostname, new, actor=g.bearer.name)):
            flash(_("%(alias)s is another name of it now.", alias=new))
            return redirect(url_for(".aliases_of", hostname=hostname), 303)
    return _page("aliases", hostname, form, known=aliases.told(db.session, asset.id))


@blp.post("/<hostname>/names/remove")
def remove_alias(hostname):
    """Take another name from an asset."""
    alias = request.form.get("alias", "")
    try:
        aliases.remove(db.session, hostname, alias, actor=g.bearer.name)
        db.session.commit()
        flash(_("%(alias)s is no name of it any more.", alias=alias))
    except NotFound as error:
        db.session.rollback()
        flash(say(error.message), "warning")
    return redirect(url_for(".aliases_of", hostname=hostname), 303)


@blp.route("/<hostname>/key", methods=["GET", "POST"])
@needs(ADMIN)
def key(hostname):
    """Revoke the key that a host signs its reports with."""
    form = forms.ConfirmForm()
    if form.validate_on_submit() and _done(
        form, lambda: keys.rotate(db.session, hostname, actor=g.bearer.name)
    ):
        flash(_("The old key is revoked. What it signs is refused from now on."))
        return redirect(url_for(".key", hostname=hostname), 303)
    generation = assets.find(db.session, hostname).key_generation
    return _page("key", hostname, form, generation=generation)


@blp.route("/<hostname>/delete", methods=["GET", "POST"])
@needs(ADMIN)
def delete(hostname):
    """Remove an asset with its whole history."""
    asset = assets.find(db.session, hostname)
    name, form = asset.hostname, asset_forms.NameForm(data={"etag": etags.of(asset)})
    if form.validate_on_submit():
        if names.key(form.name.data) != asset.hostname_key:
            form.name.errors = [_("This is not the hostname: %(name)s.", name=name)]
        elif _done(form, lambda: _remove(hostname, form)):
            flash(_("%(name)s was removed with its history.", name=name))
            return redirect(url_for("console.assets.page"), 303)
    return _page("delete", hostname, form, retired=RETIRED)


def _remove(hostname, form):
    assets.remove(db.session, hostname, actor=g.bearer.name, if_match=form.etag.data)


def _done(form, work):
    """Do the work as ``forms.done`` does; of taken units it is told where there is room."""
    refused = []

    def watched():
        try:
            return work()
        except Conflict as error:
            refused.append(error)
            raise

    result = forms.done(form, watched)
    for error in refused:
        if hasattr(form, "tell_taken"):
            form.tell_taken(error)
    return result


def _to_asset(hostname):
    return redirect(url_for("console.asset.page", hostname=hostname), 303)


def _page(name, hostname, form, **more):
    head = headline.of(db.session, hostname)
    return forms.page(f"console/asset_edit_{name}.html", form, asset=head, **more)
