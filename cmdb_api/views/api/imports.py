"""Tables come in here: an Excel workbook, CSV or JSON lines, a row an asset."""

from flask import current_app, g, request, url_for
from flask.views import MethodView
from werkzeug.wsgi import get_input_stream

from cmdb_api.errors import Invalid, TooLarge
from cmdb_api.extensions import db
from cmdb_api.schemas import imports as schemas
from cmdb_api.schemas.page import RowsQuery
from cmdb_api.services import bodies
from cmdb_api.services.exchange import runs
from cmdb_api.services.exchange.tables import TYPES
from cmdb_api.views import importing
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

FORM, FILE = "multipart/form-data", {"type": "string", "format": "binary"}
ENDINGS = {mimetype: format for format, mimetype in TYPES.items()}
LOCATION = {"Location": {"schema": {"type": "string"}, "description": "of the import"}}
NAMED = {"Content-Disposition": {"schema": {"type": "string"}, "description": "a name for it"}}
# Of the same columns as the example of the parameter that says what they are.
EXAMPLES = {
    "csv": "hostname,Cabinet,Price\r\nweb02,A12,100\r\n",
    "jsonl": '{"hostname": "web02", "Cabinet": "A12", "Price": 100}\n',
}
FILES = {
    mimetype: {"schema": FILE} | ({"example": EXAMPLES[format]} if format in EXAMPLES else {})
    for format, mimetype in TYPES.items()
}
FORMS = {
    FORM: {
        "schema": {"type": "object", "properties": {"file": FILE}, "required": ["file"]},
        "example": {"file": EXAMPLES["csv"]},
    }
}
LONGEST_NAME = 255

blp = Blueprint("imports", __name__, url_prefix=f"{PREFIX}/imports", description="Tables of assets")


@blp.route("")
class Imports(MethodView):
    @needs("read")
    @blp.arguments(RowsQuery, location="query")
    @blp.response(200, schemas.ImportPageSchema)
    def get(self, query):
        """List imports, newest first."""
        return runs.page(db.session, owner=_only(), **query)

    @needs("write")
    @blp.arguments(schemas.ImportQuery, location="query")
    @blp.response(201, schemas.ImportSchema, headers=LOCATION)
    @blp.doc(requestBody={"required": True, "content": FILES | FORMS})
    def post(self, asked):
        """
        Import a table of assets: .xlsx, CSV or JSON lines, with a row for each asset.

        The body is the file, or a form that has it as `file`. Columns are known by their headings,
        in English or Chinese. Rows that can't be are told by cell, and handed back as a file. See
        docs/exchange.md.
        """
        data, name = _form() if request.mimetype == FORM else (_body(), None)
        asked = {"file_name": name and name[-LONGEST_NAME:]} | asked
        mimetype = None if request.mimetype == FORM else request.mimetype
        who = {"actor": g.bearer.name, "owner": g.bearer.owner}
        number = importing.run(data, **who, type=mimetype, **asked)
        place = {"Location": url_for("imports.Import", number=number)}
        return runs.one(db.session, number), 201, place


@blp.route("/<int:number>")
class Import(MethodView):
    @needs("read")
    @blp.response(200, schemas.ImportSchema)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, number):
        """Show what became of an import."""
        return runs.one(db.session, number, owner=_only())


@blp.route("/<int:number>/failed")
class Failed(MethodView):
    @needs("read")
    @blp.response(200, FILE, content_type=TYPES["xlsx"], headers=NAMED)
    @blp.alt_response(404, "NOT_FOUND")
    @blp.doc(responses={200: {"content": FILES}})
    def get(self, number):
        """
        Fetch the rows of an import that failed, as a file of the format that came.

        Put right, it can be imported as it is: the column that tells why is left out.
        """
        data, mimetype = runs.failed(db.session, number, owner=_only())
        name = f"import-{number}-failed.{ENDINGS[mimetype]}"
        answer = current_app.response_class(data, mimetype=mimetype)
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


def _only():
    """Return whose imports are shown: of who is limited to business units only their own."""
    return None if g.bearer.units is None else g.bearer.owner


def _body():
    limit = current_app.config["MAX_IMPORT_LENGTH"]
    try:
        return bodies.read(
            get_input_stream(request.environ),
            declared=request.content_length,
            encoding=request.headers.get("Content-Encoding", ""),
            limit=limit,
            inflated_limit=limit,
        )
    except TooLarge as error:
        raise TooLarge(f"the file is larger than {limit} bytes; send it in pieces") from error


def _form():
    """Return the content and the name of the file in a form."""
    request.max_content_length = current_app.config["MAX_IMPORT_LENGTH"]
    sent = request.files.get("file")
    if sent is None:
        raise Invalid.of("file", "no part of the form is a file of this name: -F file=@a.xlsx")
    # Such as dry_run: an import without it would not be what was asked for.
    others = sorted({*request.form, *request.files} - {"file"})
    if others or len(request.files.getlist("file")) > 1:
        name = others[0][:100] if others else "file"
        raise Invalid.of(name, f"the form is of one file alone; write the rest as ?{name}=…")
    return sent.read(), sent.filename
