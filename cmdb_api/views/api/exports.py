"""Assets as files: spreadsheet, CSV, JSON Lines."""

from importlib.resources import files

from flask import current_app, g
from flask.views import MethodView

from cmdb_api.extensions import db
from cmdb_api.schemas.export import CsvQuery, LinesQuery, TableQuery
from cmdb_api.services.search import saved
from cmdb_api.services.search.readers import Reader
from cmdb_api.views import exporting
from cmdb_api.views.auth import needs
from cmdb_api.views.exporting import CSV, JSON_LINES, XLSX
from cmdb_api.views.openapi import PREFIX, Blueprint

JSON_SCHEMA = "application/schema+json"
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
        return _export("xlsx", wanted)


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
        return _export("csv", wanted)


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
        return _export("jsonl", wanted)


@blp.route("/schemas/asset-1.json")
class AssetSchemaDocument(MethodView):
    @blp.response(200, {"type": "object"}, content_type=JSON_SCHEMA, example={"type": "object"})
    def get(self):
        """Show the JSON Schema of an exported asset, version 1."""
        return current_app.response_class(SCHEMA.read_bytes(), mimetype=JSON_SCHEMA)


def _export(form, wanted):
    return exporting.answer(form, saved.filled(db.session, Reader.of(g.bearer), wanted))
