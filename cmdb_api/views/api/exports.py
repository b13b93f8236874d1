"""Assets as files: spreadsheet, CSV, JSON Lines."""

from contextlib import ExitStack, nullcontext
from gzip import GzipFile
from importlib.resources import files
from os import SEEK_END
from tempfile import TemporaryFile

from flask import current_app, g, request, send_file
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.models.types import now
from cmdb_api.schemas.export import CsvQuery, LinesQuery, TableQuery
from cmdb_api.services.exchange import exporting
from cmdb_api.services.search import saved
from cmdb_api.services.search.readers import Reader
from cmdb_api.views.auth import needs
from cmdb_api.views.openapi import PREFIX, Blueprint

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV, JSON_LINES, JSON_SCHEMA = "text/csv", "application/x-ndjson", "application/schema+json"
# Of gzip: what is past it takes longer and saves little.
LEVEL = 4
FILE = {"type": "string", "format": "binary"}
ROWS = "hostname,rack\r\nweb01,A12\r\n"
LINE = '{"hostname": "web01", "rack": "A12"}\n'
NAMED = {
    "Content-Disposition": {
        "schema": {"type": "string"},
        "description": 'attachment; filename="assets-2026-11-28.xlsx"',
    }
}
SCHEMA = files("cmdb_api.schemas") / "asset-1.schema.json"

blp = Blueprint("exports", __name__, url_prefix=PREFIX, description="Assets as files")


@blp.route("/exports/assets.xlsx")
class Sheet(MethodView):
    @needs("read")
    @blp.arguments(TableQuery, location="query")
    @blp.response(200, FILE, content_type=XLSX, headers=NAMED)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, wanted):
        """
        Export assets as a spreadsheet for Excel.

        Its second sheet says what was asked for, and what the columns are.
        """
        return _export("xlsx", XLSX, wanted)


@blp.route("/exports/assets.csv")
class Csv(MethodView):
    @needs("read")
    @blp.arguments(CsvQuery, location="query")
    @blp.response(200, FILE, content_type=CSV, headers=NAMED, example=ROWS)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, wanted):
        """
        Export assets as CSV in UTF-8.

        Text that a spreadsheet would take for a formula has a ' in front, which an import takes
        away again.
        """
        return _export("csv", CSV, wanted)


@blp.route("/exports/assets.jsonl")
class Lines(MethodView):
    @needs("read")
    @blp.arguments(LinesQuery, location="query")
    @blp.response(200, FILE, content_type=JSON_LINES, headers=NAMED, example=LINE)
    @blp.alt_response(404, "NOT_FOUND")
    def get(self, wanted):
        """
        Export assets as JSON Lines, one a line, as /schemas/asset-1.json says.

        Without columns, all that is declared and was observed.
        """
        return _export("jsonl", JSON_LINES, wanted)


@blp.route("/schemas/asset-1.json")
class AssetSchemaDocument(MethodView):
    @blp.response(200, {"type": "object"}, content_type=JSON_SCHEMA, example={"type": "object"})
    def get(self):
        """Show the JSON Schema of an exported asset, version 1."""
        return current_app.response_class(SCHEMA.read_bytes(), mimetype=JSON_SCHEMA)


def _export(form, mimetype, wanted):
    """Answer with a file that is whole before its first byte is sent, and has no name on disk."""
    wanted = saved.filled(db.session, Reader.of(g.bearer), wanted)
    packed = form != "xlsx" and request.accept_encodings["gzip"] > 0
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        with GzipFile("", "wb", LEVEL, file) if packed else nullcontext(file) as target:
            exporting.write(db.session, target, form, actor=g.bearer.name, **wanted)
        db.session.commit()
        size = file.seek(0, SEEK_END)
        file.seek(0)
        name = f"assets-{now():%Y-%m-%d}.{form}"
        told = {"as_attachment": True, "download_name": name, "conditional": False}
        answer = send_file(file, mimetype, **told)
        answer.content_length = size
        answer.cache_control.no_store = True
        answer.vary.add("Accept-Encoding")
        if packed:
            answer.content_encoding = "gzip"
        answer.call_on_close(stack.pop_all().close)
        return answer
