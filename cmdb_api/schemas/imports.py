"""Imports of tables as they are asked for, and what became of them."""

import json

from marshmallow import Schema, ValidationError, fields, validate

from cmdb_api.schemas.asset import NewAssetSchema
from cmdb_api.schemas.export import Columns
from cmdb_api.schemas.master import Name
from cmdb_api.schemas.page import PageSchema, RowsQuery
from cmdb_api.schemas.values import Moment, Note, Text
from cmdb_api.services.exchange.making import POSSIBLE

ROWS, ALL = "rows", "all"
MODES = (ROWS, ALL)
_NEW_ASSET = NewAssetSchema()


def check(given):
    """Return what is given of an asset as it is taken, and {field: [texts]} of what is wrong."""
    plain = {
        name: value.isoformat() if hasattr(value, "isoformat") else value
        for name, value in given.items()
    }
    try:
        return _NEW_ASSET.load(plain), {}
    except ValidationError as error:
        taken = error.valid_data if isinstance(error.valid_data, dict) else {}
        return taken, {name: _texts(told) for name, told in error.messages.items()}


def _texts(told):
    if isinstance(told, dict):
        return [text for inner in told.values() for text in _texts(inner)]
    return [str(text) for text in told]


class Mapping(fields.Dict):
    """{heading: field, or null for a column that is left out}."""

    MOST = 1000

    def __init__(self, **kwargs):
        values = Text(allow_none=True)
        super().__init__(keys=Text(longest=1000), values=values, **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        found = super()._deserialize(value, attr, data, **kwargs)
        if len(found) > self.MOST:
            raise ValidationError(f"More than {self.MOST} columns.")
        return {heading: field or None for heading, field in found.items()}


class MappingText(Text):
    """The same as JSON text."""

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise ValidationError('An object as JSON is wanted, like {"Cabinet": "rack"}.')
        return Mapping().deserialize(found)


class Names(Columns):
    """Names with commas, of fields whose names are made where they are missing."""

    def _deserialize(self, value, attr, data, **kwargs):
        names = super()._deserialize(value, attr, data, **kwargs)
        for name in names:
            if name not in POSSIBLE:
                raise ValidationError(f"{name} can't be made; there are {', '.join(POSSIBLE)}.")
        return names


class ImportQuery(Schema):
    """How a table is imported."""

    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "tell what would become of it; change nothing"}
    )
    mode = fields.String(
        validate=validate.OneOf(MODES),
        load_default=ROWS,
        metadata={"description": "rows: each by itself; all: none where one can't be"},
    )
    mapping = Text(metadata={"description": "name of a mapping that is kept"})
    columns = MappingText(
        longest=8000,
        metadata={
            "description": "{heading: field, null to leave it out} as JSON, where the headings do "
            "not say it; many are better kept, by POST /import-mappings",
            "example": '{"Cabinet": "rack", "Price": null}',
        },
    )
    leave_out_unknown = fields.Boolean(
        load_default=False,
        metadata={"description": "leave out columns that are no field, instead of refusing"},
    )
    create = Names(
        load_default=(),
        metadata={
            "description": "fields, with commas, whose names are added to the master data where "
            "they are not there",
            "example": "data_centre,rack",
            "default": "",
        },
    )
    sheet = Text(metadata={"description": "of a workbook; if not given the first with hostnames"})
    encoding = Text(metadata={"description": "of CSV, where it is not found out rightly"})
    save_mapping = Name(metadata={"description": "keep how the columns were taken, as this"})
    file_name = Text(metadata={"description": "as it is told later", "example": "servers.csv"})


class ImportCountsSchema(Schema):
    """What became of the rows."""

    rows = fields.Integer(metadata={"description": "that have any value, without the headings"})
    created = fields.Integer(metadata={"description": "assets that were registered"})
    changed = fields.Integer()
    unchanged = fields.Integer(metadata={"description": "rows that say what is declared already"})
    failed = fields.Integer()
    empty = fields.Integer(metadata={"description": "rows without a value between the others"})


class ImportColumnSchema(Schema):
    """How a column of the table was taken."""

    column = fields.String(metadata={"example": "D"})
    heading = fields.String(metadata={"example": "机柜"})
    field = fields.String(
        allow_none=True, metadata={"example": "rack", "description": "null: none"}
    )
    how = fields.String(
        metadata={
            "description": "name, heading, values: guessed by these; given: as was said; observed: "
            "collectors tell it; unknown; reasons: of rows that failed before; numbers: those "
            "of the rows",
            "enum": [
                *("name", "heading", "values", "given", "observed", "unknown", "reasons"),
                "numbers",
            ],
        }
    )
    why = fields.String(allow_none=True, metadata={"description": "why it is left out"})


class ImportPreviewSchema(Schema):
    """What a row changed."""

    row = fields.Integer()
    hostname = fields.String(metadata={"example": "web01"})
    created = fields.Boolean()
    fields_ = fields.Dict(
        attribute="fields",
        data_key="fields",
        metadata={"description": "[old, new] of each", "example": {"rack": [None, "A12"]}},
    )


class ImportFailureSchema(Schema):
    """A cell for which a row failed."""

    row = fields.Integer(metadata={"description": "as spreadsheets count them"})
    column = fields.String(metadata={"example": "D"})
    cell = fields.String(metadata={"example": "D17"})
    heading = fields.String(allow_none=True)
    field = fields.String(allow_none=True, metadata={"example": "rack"})
    value = fields.String(allow_none=True, metadata={"example": "A21"})
    reason = fields.String()
    nearest = fields.List(
        fields.String(), metadata={"description": "what may have been meant", "example": ["A12"]}
    )


class ImportMadeSchema(Schema):
    """A piece of master data that was added."""

    resource = fields.String(metadata={"example": "racks"})
    name = fields.String(metadata={"example": "A12"})


class ListedImportSchema(Schema):
    """An import in short."""

    id = fields.Integer()
    at = Moment()
    actor = fields.String(metadata={"example": "anna"})
    file_name = fields.String(allow_none=True, metadata={"example": "servers.csv"})
    dry_run = fields.Boolean()
    mode = fields.String(metadata={"enum": list(MODES)})
    applied = fields.Boolean(
        metadata={"description": "false: nothing of it stayed; the counts are as it would be"}
    )
    format = fields.String(metadata={"enum": ["xlsx", "csv", "jsonl"]})
    sheet = fields.String(allow_none=True)
    counts = fields.Nested(ImportCountsSchema)
    made_count = fields.Integer(metadata={"description": "pieces of master data that were added"})
    notes = fields.List(
        fields.String(), metadata={"description": "what was noticed, such as how CSV was read"}
    )
    has_failed_rows = fields.Boolean(
        metadata={"description": "GET /imports/ID/failed has them, to be put right"}
    )


class ImportSchema(ListedImportSchema):
    """What became of an import."""

    columns = fields.List(fields.Nested(ImportColumnSchema))
    preview = fields.List(
        fields.Nested(ImportPreviewSchema), metadata={"description": "the first 100 that changed"}
    )
    failures = fields.List(
        fields.Nested(ImportFailureSchema), metadata={"description": "the first 100 cells"}
    )
    made = fields.List(fields.Nested(ImportMadeSchema), metadata={"description": "the first 100"})


class ImportPageSchema(PageSchema):
    """A page of imports, newest first."""

    items = fields.List(fields.Nested(ListedImportSchema))


class ImportMappingSchema(Schema):
    """Which column of a sheet is which field."""

    name = Name(required=True, metadata={"example": "asset list of the finance department"})
    description = Note(longest=10_000)
    columns = Mapping(
        required=True,
        metadata={
            "description": "{heading: field, or null for a column that is left out}",
            "example": {"机柜号": "rack", "价格": None},
        },
    )


class ImportMappingEditSchema(ImportMappingSchema):
    """What is changed of a mapping; what is not given stays."""

    name = Name(metadata={"example": "asset list of the finance department"})
    columns = Mapping(metadata={"example": {"机柜号": "rack", "价格": None}})


class ImportMappingToldSchema(ImportMappingSchema):
    """A mapping that is kept."""

    id = fields.Integer()
    etag = fields.String(metadata={"description": "for If-Match", "example": '"3-1"'})
    created_at = Moment()
    updated_at = Moment()


class ImportMappingQuery(RowsQuery):
    """Which of them."""

    name = Text(
        metadata={"description": "a part of the name in any case, or a pattern with * and ?"}
    )


class ImportMappingPageSchema(PageSchema):
    """A page of mappings, by name."""

    items = fields.List(fields.Nested(ImportMappingToldSchema))
