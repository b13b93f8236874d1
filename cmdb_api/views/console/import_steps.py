"""A file on its way into the record: its columns are named, it is tried, and imported."""

from flask import flash, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from wtforms import HiddenField, SelectField, SelectMultipleField, StringField

from cmdb_api.errors import CMDBError, NotFound
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas.imports import ALL, ROWS, ImportQuery
from cmdb_api.services.exchange import mapping, mappings, runs, uploads
from cmdb_api.services.exchange.making import POSSIBLE
from cmdb_api.views.console import exchange, formats, forms, labels
from cmdb_api.views.console import import_work as work
from cmdb_api.views.console.messages import say

family = exchange.blp
HOW = {
    mapping.NAMED: _l("known by its heading"),
    mapping.GUESSED: _l("known by its heading"),
    mapping.BY_VALUES: _l("known by its values"),
    mapping.OBSERVED: _l("collectors report it; people do not declare it"),
    mapping.UNKNOWN: _l("not known: choose what it is, or leave it out"),
    mapping.REASONS: _l("why rows failed before"),
    mapping.NUMBERS: _l("numbers the rows"),
}
# Of CSV; others are found out.
ENCODINGS = ("utf-8", "gb18030", "big5", "cp1252", "iso-8859-15", "utf-16", "shift_jis")
READ = ("sheet", "encoding", "mapping")


class OptionsForm(forms.Form):
    """How a file is imported, beside its columns."""

    sheet = HiddenField()
    encoding = HiddenField()
    mode = SelectField(
        _l("Where rows are wrong"),
        choices=forms.choices(
            [
                (ROWS, _l("import the good ones")),
                (ALL, _l("import nothing")),
            ]
        ),
    )
    create = SelectMultipleField(_l("Add names that are missing"), validate_choice=False)
    save_mapping = StringField(
        _l("Save this mapping as"),
        description=_l("Files with the same headings are then read so by themselves."),
    )


@family.route("/uploads/<int:upload>", methods=["GET", "POST"])
def file(upload):
    """Say which column is which field; then the file is tried, and nothing is changed."""
    try:
        known = uploads.one(db.session, upload, owner=g.bearer.owner)
        data = uploads.content(db.session, upload, owner=g.bearer.owner)
    except NotFound:
        return exchange.gone(_("That file is not here any more. Upload it again."))
    form = OptionsForm(data=_chosen_before(known))
    asked = _read_as(known)
    found = work.look(known, data, asked)
    if request.method == "POST" and (answer := _try(form, known, found)):
        return answer
    return _shown(form, known, found, asked)


@family.post("/uploads/<int:upload>/import")
def apply(upload):
    """Import a file as it was tried."""
    try:
        known = uploads.one(db.session, upload, owner=g.bearer.owner)
    except NotFound:
        return exchange.gone(_("That file is not here any more. Upload it again."))
    if not known["asked"]:
        return redirect(url_for("console.exchange.file", upload=upload))
    try:
        number = work.do(known, known["asked"], dry_run=False)
    except CMDBError as error:
        flash(say(error.message), "danger")
        return redirect(url_for("console.exchange.file", upload=upload))
    told = runs.one(db.session, number)
    _tell(told)
    if told["applied"] and not told["counts"]["failed"]:
        uploads.remove(db.session, upload, owner=g.bearer.owner)
        db.session.commit()
    return redirect(url_for("console.exchange.run", number=number))


@family.post("/uploads/<int:upload>/drop")
def drop(upload):
    """Forget a file."""
    uploads.remove(db.session, upload, owner=g.bearer.owner)
    db.session.commit()
    flash(_("The file was removed. Nothing of it was imported by that."))
    return redirect(url_for("console.exchange.page"))


@family.get("/uploads/<int:upload>/progress")
def progress(upload):
    """Tell how far the work on a file is, as a program that waits wants it."""
    try:
        known = uploads.one(db.session, upload, owner=g.bearer.owner)
    except NotFound:
        return jsonify(text=None)
    return jsonify(
        text=_far(known) if known["is_busy"] else None,
        done=known["rows_done"] or 0,
        count=known["row_count"] or 0,
    )


def _far(known):
    """Return how far the work on a file is, in words."""
    passed = formats.plain(formats.span((now() - known["began_at"]).total_seconds()))
    done, rows = (formats.number(known[name]) for name in ("rows_done", "row_count"))
    if known["rows_done"]:
        return _("%(done)s of %(rows)s rows, for %(passed)s", done=done, rows=rows, passed=passed)
    if known["row_count"]:
        # Of a dry run on SQLite no more is known before it ends.
        return _("Working on %(rows)s rows, for %(passed)s", rows=rows, passed=passed)
    return _("Reading the file, for %(passed)s", passed=passed)


def _tell(told):
    counts = told["counts"]
    if not told["applied"]:
        flash(_("Nothing was imported: rows are wrong, and all were to be right."), "warning")
        return
    count = counts["created"] + counts["changed"]
    text = ngettext("%(num)s asset was written.", "%(num)s assets were written.", count)
    flash(text, "warning" if counts["failed"] else "message")


def _chosen_before(known):
    asked = known["asked"] or {}
    names = ("sheet", "encoding", "mode", "create", "save_mapping")
    return {name: asked[name] for name in names if asked.get(name)}


def _read_as(known):
    """Return how a file is read: as the form or the address says, else as was said before."""
    given = request.form if request.method == "POST" else request.args
    asked = {name: text for name in READ if (text := _field(given.get(name, "")))}
    before = known["asked"] or {}
    if given or not before:
        return asked
    return {name: before[name] for name in ("sheet", "encoding") if before.get(name)} | {
        "columns": before.get("columns")
    }


def _try(form, known, found):
    """Try a file as the form says, and go to what would become of it; None where it is wrong."""
    given = {name: form[name].data for name in ("sheet", "encoding", "save_mapping")}
    given |= {"create": ",".join(request.form.getlist("create"))}
    given = {name: value for name, value in given.items() if value}
    schema = ImportQuery(only=("mode", *given))
    loaded = forms.checked(form, schema, **given)
    if loaded is None:
        return None
    asked = {name: loaded.get(name) for name in ("sheet", "encoding", "save_mapping", "mode")}
    asked |= {"create": list(loaded.get("create", ())), "columns": _columns(found)}
    found.columns = [
        column._replace(field=asked["columns"].get(found.heading_of(column)), how=mapping.GIVEN)
        for column in found.columns
    ]
    with forms.told(form):
        uploads.choose(db.session, known["id"], asked, owner=g.bearer.owner)
        db.session.commit()
        number = work.do(known, asked, dry_run=True)
        return redirect(url_for("console.exchange.run", number=number))
    return None


def _columns(found):
    """Return {heading: field} as the form has it."""
    return {
        found.heading_of(column): _field(request.form.get(f"column-{column.number}", ""))
        for column in found.columns
    }


def _field(text):
    """Return a name as it can be kept: PostgreSQL takes no NUL."""
    return text.replace("\0", "")[:255] or None


def _shown(form, known, found, asked):
    limited = g.bearer.units is not None
    form.create.choices = [] if limited else [(name, labels.column(name)) for name in POSSIBLE]
    form.sheet.data, form.encoding.data = asked.get("sheet"), asked.get("encoding")
    if found.error and not form.errors and not form.wrong:
        form.wrong.append(say(found.error.message))
    more = {
        "upload": known,
        "found": found,
        "asked": asked,
        "far": _far(known) if known["is_busy"] else None,
        "fields": exchange.field_choices(),
        "how": HOW,
        "encodings": ENCODINGS,
        "saved": [name for name, _columns in mappings.kept(db.session)],
        "tabs": exchange.tabs(),
    }
    return render_template("console/exchange_file.html", form=form, **more), form.status
