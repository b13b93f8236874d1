"""Searches as they are asked, answered and saved."""

from marshmallow import Schema, fields, validate

from cmdb_api.models.asset import STANDINGS, STATES
from cmdb_api.schemas.master import Name
from cmdb_api.schemas.page import PageQuery, PageSchema, RowsQuery
from cmdb_api.schemas.values import Flag, Moment, Note, Text
from cmdb_api.services.listing import ANY
from cmdb_api.services.search import columns, lists, saved

LONGEST_QUERY = 1000
_QUERY = {
    "description": "a search in Lucene's syntax: see docs/search.md; without one all",
    "example": "rack:A12 AND NOT tag:lab",
}
_SORT = {
    "description": "columns to order by, - before one for the other way; missing values come last",
    "example": "rack,-memory.total_bytes",
}


class Commas(fields.List):
    """Names with commas between them; may be repeated."""

    def __init__(self, **kwargs):
        super().__init__(Text(longest=10_000), **kwargs)

    def _deserialize(self, value, attr, data, **kwargs):
        texts = super()._deserialize(value, attr, data, **kwargs)
        return [name for text in texts for part in text.split(",") if (name := part.strip())]


class Typed(Text):
    """Text as it is being written: blanks at its ends are part of it."""

    def _deserialize(self, value, attr, data, **kwargs):
        super()._deserialize(value, attr, data, **kwargs)
        return str(value)


class Chosen(Schema):
    """Which assets, beside a search."""

    state = fields.List(
        fields.String(validate=validate.OneOf([*STATES, ANY])),
        metadata={"description": "in these states; any; if not given all but retired"},
    )
    standing = fields.List(
        fields.String(validate=validate.OneOf([*STANDINGS, ANY])),
        metadata={"description": "if not given: registered and accepted"},
    )
    saved = Text(
        metadata={
            "description": "name of a saved search, whose query, columns and order are taken where "
            "none are given here",
            "example": "old disks",
        }
    )


class SearchQuery(PageQuery, Chosen):
    """Which assets, and what is told of each."""

    query = Text(longest=LONGEST_QUERY, metadata=_QUERY)
    columns = Commas(
        metadata={
            "description": "names with commas, see /search/fields; without them the usual ones",
            "example": ["hostname,rack,memory.total_bytes"],
        }
    )
    sort = Text(metadata=_SORT)


class ColumnSchema(Schema):
    """A column of the answer."""

    name = fields.String(metadata={"example": "memory.total_bytes"})
    title = fields.String(metadata={"example": "Memory (bytes)"})
    type = fields.String(metadata={"enum": list(columns.TYPES)})
    unit = fields.String(allow_none=True, metadata={"example": "bytes"})


class SearchPageSchema(PageSchema):
    """A page of what was found, as a table."""

    columns = fields.List(fields.Nested(ColumnSchema))
    items = fields.List(
        fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True)),
        metadata={
            "description": "hostname, and each column by its name; null: nothing is known",
            "example": [{"hostname": "web01", "memory.total_bytes": 68719476736}],
        },
    )
    total = fields.Integer(metadata={"description": "assets on all pages"})


def _of_list(**more):
    told = {"description": "which list it is of; assets if not given", "example": "assets"}
    return fields.String(validate=validate.OneOf(lists.NAMES), metadata=told, **more)


class SavedQuerySchema(Schema):
    """A search to be kept; null or "" takes away what need not be."""

    list = _of_list()
    filters = fields.Dict(
        keys=Text(longest=64),
        values=fields.List(Text(longest=1000), validate=validate.Length(max=50)),
        allow_none=True,
        validate=validate.Length(max=20),
        metadata={
            "description": "what narrows the list beside the search, as its page's address has it",
            "example": {"kind": ["disk"], "since": ["7d"]},
        },
    )

    name = Name(
        required=True,
        metadata={
            "description": "unique among one's own, or what is shared",
            "example": "old disks",
        },
    )
    description = Note(longest=10_000)
    shared = Flag(metadata={"description": "whether others see it too; false if not given"})
    query = Text(longest=LONGEST_QUERY, metadata=_QUERY)
    sort = Text(allow_none=True, metadata=_SORT)
    columns = fields.List(
        Text(validate=validate.And(validate.Length(min=1), validate.ContainsNoneOf(","))),
        allow_none=True,
        validate=validate.Length(max=columns.MOST),
        metadata={"description": "in this order; none: the usual ones", "example": ["rack"]},
    )


class SavedQueryEditSchema(SavedQuerySchema):
    """What is changed of a saved search; the list that it is of stays."""

    class Meta:
        exclude = ("list",)

    name = Name(metadata={"example": "old disks"})


class SavedQueryToldSchema(SavedQuerySchema):
    """A saved search."""

    id = fields.Integer()
    owner = fields.String(metadata={"description": "they and admins may change it"})
    etag = fields.String(metadata={"description": "for If-Match", "example": '"3-1"'})
    created_at = Moment()
    updated_at = Moment()


class SavedQueryDetailSchema(SavedQueryToldSchema):
    """A saved search, and whether it can be asked."""

    problems = fields.List(
        fields.String(),
        metadata={"description": "what of it is not known any more, as its collector went"},
    )


class SavedQueryPageQuery(RowsQuery):
    """Which of them."""

    name = Text(
        metadata={"description": "a part of the name in any case, or a pattern with * and ?"}
    )
    list = fields.String(
        validate=validate.OneOf(lists.NAMES), metadata={"description": "those of this list only"}
    )
    owner = Text(metadata={"description": "of this one only; admins may ask for another's"})
    shared = fields.Boolean(metadata={"description": "only those that are, or are not"})


class SavedQueryPageSchema(PageSchema):
    """A page of saved searches, by name."""

    items = fields.List(fields.Nested(SavedQueryToldSchema))
    total = fields.Integer(metadata={"description": f"on all pages; {saved.MOST} an owner at most"})


class FieldQuery(Schema):
    """Which names."""

    prefix = Text(load_default="", metadata={"description": "with which they begin"})


class FieldSchema(Schema):
    """A name that searches, columns or orders know."""

    name = fields.String(metadata={"example": "memory.total_bytes"})
    title = fields.String(metadata={"example": "Memory (bytes)"})
    type = fields.String(metadata={"enum": list(columns.TYPES)})
    unit = fields.String(allow_none=True, metadata={"example": "bytes"})
    kind = fields.String(
        allow_none=True, metadata={"description": "of the components that tell it"}
    )
    description = fields.String(metadata={"example": "memory built in"})
    search = fields.Boolean(metadata={"description": "searches know it"})
    column = fields.Boolean(metadata={"description": "it can be a column"})
    sort = fields.Boolean(metadata={"description": "assets can be ordered by it"})


class FieldsSchema(Schema):
    """All of them, by name."""

    items = fields.List(fields.Nested(FieldSchema))


class CompletionQuery(Schema):
    """What is being written: a search and a place in it, or the beginning of a field's value."""

    query = Typed(longest=LONGEST_QUERY, metadata={"example": "rack:A"})
    position = fields.Integer(
        strict=False,
        metadata={"description": "how many characters are before it; the end if not given"},
    )
    field = Text(metadata={"description": "instead of a query", "example": "rack"})
    prefix = Typed(
        load_default="", metadata={"description": "of the field's value", "example": "A"}
    )


class CompletedSchema(Schema):
    """One thing that may stand there."""

    value = fields.String(metadata={"example": "A12"})
    insert = fields.String(
        metadata={"description": "the same as a search has it, in quotes if need be"}
    )
    asset_count = fields.Integer(
        allow_none=True, metadata={"description": "how many assets have it; null: not counted"}
    )
    description = fields.String(allow_none=True)


class CompletionSchema(Schema):
    """What may stand there, the most frequent first."""

    field = fields.String(
        allow_none=True, metadata={"description": "whose values these are; null: names of fields"}
    )
    start = fields.Integer(
        metadata={"description": "the first character that it takes the place of"}
    )
    end = fields.Integer(metadata={"description": "the one behind the last"})
    items = fields.List(fields.Nested(CompletedSchema))
