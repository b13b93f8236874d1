"""Import and export: a file of assets is uploaded here; other pages of it stand beside this."""

from io import BytesIO

from flask import (
    Blueprint,
    abort,
    current_app,
    flash,
    g,
    redirect,
    request,
    send_file,
    url_for,
)
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import FileField

from cmdb_api.errors import CMDBError, Invalid
from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.services.exchange import about, headings, runs, sheet_writer, uploads
from cmdb_api.services.exchange.tables import TYPES, XLSX
from cmdb_api.services.search import columns, titles
from cmdb_api.views.console import forms, gate, labels
from cmdb_api.views.console import import_work as work
from cmdb_api.views.console.messages import say

RECENT = 5
TEMPLATE_NAMES = {titles.EN: "assets", titles.ZH: "资产"}

blp = Blueprint("exchange", __name__, url_prefix="/exchange")


class UploadForm(forms.Form):
    """A file to import."""

    file = FileField(_l("File"), render_kw={"accept": ".xlsx,.csv,.tsv,.txt,.jsonl,.ndjson"})


@blp.before_app_request
def _let_files_in():
    """Let whoever is logged in send a file that is larger than what hosts send."""
    if request.endpoint == "console.exchange.upload" and gate.know():
        request.max_content_length = current_app.config["MAX_IMPORT_LENGTH"]


@blp.get("")
def page():
    """Show how to import: upload a file, go on with one, see what was imported last."""
    return _page(UploadForm())


@blp.post("/uploads")
def upload():
    """Keep a file that somebody sent, and ask what its columns are."""
    form = UploadForm()
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        form.file.errors = [_("Choose a file first.")]
        return _page(form)
    try:
        number = _keep(sent)
    except CMDBError as error:
        db.session.rollback()
        form.file.errors = [say(error.message)]
        return _page(form)
    return redirect(url_for("console.exchange.file", upload=number))


def tabs():
    """Return the pages beside each other, as ``parts.tabs`` takes them."""
    every = (
        ("page", _("Import")),
        ("export", _("Export")),
        ("past", _("Past imports")),
        ("mappings", _("Saved mappings")),
    )
    here = (request.endpoint or "").rpartition(".")[2]
    family = {"upload": "page", "file": "page", "run": "past", "mapping": "mappings"}
    return [
        (url_for(f"console.exchange.{name}"), words, name == family.get(here, here))
        for name, words in every
        if gate.may(f"console.exchange.{name}")
    ]


def only():
    """Return whose imports are shown: of who is limited to business units only their own."""
    return None if g.bearer.units is None else g.bearer.owner


@blp.get("/template-<language>.xlsx")
def template(language):
    """Give an empty workbook with the headings of what people declare."""
    if language not in titles.LANGUAGES:
        abort(404)
    chosen = columns.choose(db.session, headings.FIELDS)
    heads = [titles.title(column.name, language) for column in chosen]
    wanted = {"actor": g.bearer.name}
    file = BytesIO()
    sheet_writer.write(
        *(file, chosen, heads, ()),
        name=about.ASSETS[language],
        about=lambda count, cut: about.sheet(
            *(chosen, heads, wanted), language=language, at=now(), count=count, cut=cut
        ),
    )
    file.seek(0)
    name = f"{TEMPLATE_NAMES[language]}.xlsx"
    return send_file(file, TYPES[XLSX], as_attachment=True, download_name=name)


def _page(form):
    mine = uploads.waiting(db.session, owner=g.bearer.owner)
    recent = runs.page(db.session, owner=only(), limit=RECENT)["items"]
    config = current_app.config
    limits = {"bytes": config["MAX_IMPORT_LENGTH"], "rows": config["MAX_IMPORT_ROWS"]}
    more = {"uploads": mine, "recent": recent, "limits": limits, "tabs": tabs()}
    return forms.page("console/exchange.html", form, **more)


def _keep(sent):
    """Keep a file that can be read at all; return its id."""
    data, name = sent.read(), sent.filename
    told = {"file_name": name, "file_type": sent.mimetype or ""}
    if not data.strip():
        raise Invalid.of("file", _("This file is empty."))
    work.check(told, data)
    number = uploads.add(db.session, owner=g.bearer.owner, data=data, **told)
    db.session.commit()
    return number


def gone(words):
    """Go back to where it begins, and say why."""
    flash(words, "warning")
    return redirect(url_for("console.exchange.page"))


def field_choices():
    """Return [(group, [(name, words), ...]), ...] of what a column can be."""
    own, expected = work.fields()
    name = lambda each: (each, labels.column(each))  # noqa: E731
    return [
        (_("Declared of an asset"), [*map(name, own)]),
        (_("Expected of its hardware"), [*map(name, expected)]),
    ]
