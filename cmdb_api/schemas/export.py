"""What is asked for with an export."""

from marshmallow import fields, validate

from cmdb_api.schemas.search import Chosen
from cmdb_api.schemas.values import Text
from cmdb_api.services.exchange.csv_writer import SEPARATORS
from cmdb_api.services.search import titles


class Columns(Text):
    """Names with commas, as a list."""

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        return [name for part in text.split(",") if (name := part.strip())]


class ExportQuery(Chosen):
    """Which assets, in which order."""

    query = Text(
        longest=1000,
        metadata={
            "description": "a search: see docs/search.md; without one all",
            "example": "rack:A12 AND NOT tag:lab",
        },
    )
    columns = Columns(
        longest=10_000,
        metadata={
            "description": "names with commas, see /search/fields; without them the usual ones",
            "example": "hostname,rack,memory.total_bytes",
        },
    )
    sort = Text(metadata={"description": "names with commas; - turns one", "example": "rack"})


class TableQuery(ExportQuery):
    """The same as a table."""

    language = fields.String(
        validate=validate.OneOf(titles.LANGUAGES),
        load_default=titles.EN,
        metadata={"description": "of the headings"},
    )


class CsvQuery(TableQuery):
    """The same as CSV."""

    bom = fields.Boolean(
        load_default=True,
        metadata={"description": "begin with U+FEFF, by which spreadsheets know UTF-8"},
    )
    separator = fields.String(
        validate=validate.OneOf(list(SEPARATORS)),
        load_default="comma",
        metadata={"description": "semicolon: what Excel takes where numbers have commas"},
    )


class LinesQuery(ExportQuery):
    """The same as JSON Lines."""

    components = fields.Boolean(
        load_default=False,
        metadata={"description": "with all components of each asset; not together with columns"},
    )
