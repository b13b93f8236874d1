"""Which column of a sheet is which field, kept under a name: looked at, renamed, removed."""

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from markupsafe import Markup
from wtforms import StringField, TextAreaField

from cmdb_api.errors import NotFound
from cmdb_api.extensions import db
from cmdb_api.schemas.imports import ImportMappingEditSchema, ImportMappingQuery
from cmdb_api.services.exchange import mappings
from cmdb_api.views.console import exchange, forms, labels, many, tables
from cmdb_api.views.console.tables import Column

family = exchange.blp


class MappingForm(forms.EditForm):
    """What can be changed of a mapping; its columns are those of a file that was read so."""

    name = StringField(_l("Name"))
    description = TextAreaField(_l("Description"))


def _link(row):
    address = url_for("console.exchange.mapping", mapping=row["id"])
    return Markup('<a href="{}"><bdi>{}</bdi></a>').format(address, row["name"])


def _fields(row):
    return [labels.column(field) for field in row["columns"].values() if field]


def _columns():
    return [
        Column("name", _("Name"), show=_link),
        Column("description", _("Description")),
        Column("fields", _("Fields"), _fields, type="list", wide=True),
        Column("updated_at", _("Changed at"), type="moment"),
    ]


@family.get("/mappings", endpoint="mappings")
def every():
    """List mappings by name."""
    fetch = lambda **asked: mappings.page(db.session, **asked)  # noqa: E731
    listing = tables.read(
        "mappings", _columns(), ImportMappingQuery(), fetch, rows=mappings.ROWS, key="id"
    )
    if tables.wanted_file() and not listing.errors:
        return tables.as_file(listing, fetch)
    return render_template("console/exchange_mappings.html", listing=listing, tabs=exchange.tabs())


tables.choosable(family, every, "/mappings", "mappings")


@family.post("/mappings/remove")
def remove_mappings():
    """Remove the chosen mappings."""
    done, refused = many.each(many.numbers(), lambda number: mappings.remove(db.session, number))
    told = ngettext("%(num)s mapping is removed.", "%(num)s mappings are removed.", done)
    many.tell(done, refused, told)
    return redirect(url_for("console.exchange.mappings"), 303)


@family.route("/mappings/<int:mapping>", methods=["GET", "POST"], endpoint="mapping")
def one(mapping):
    """Show a mapping, and change its name and description."""
    try:
        told = mappings.one(db.session, mapping)
    except NotFound:
        flash(_("That mapping is not there any more."), "warning")
        return redirect(url_for("console.exchange.mappings"))
    form = MappingForm(data={name: told[name] for name in ("name", "description", "etag")})
    given = forms.checked(form, ImportMappingEditSchema())
    edit = lambda: mappings.edit(db.session, mapping, given, if_match=form.etag.data)  # noqa: E731
    if given is not None and forms.done(form, edit):
        flash(_("Saved."))
        return redirect(url_for("console.exchange.mappings"))
    more = {"mapping": told, "tabs": exchange.tabs()}
    return forms.page("console/exchange_mapping.html", form, **more)


@family.post("/mappings/<int:mapping>/remove")
def remove_mapping(mapping):
    """Remove a mapping."""
    mappings.remove(db.session, mapping)
    db.session.commit()
    flash(_("The mapping was removed."))
    return redirect(url_for("console.exchange.mappings"))
