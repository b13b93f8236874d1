"""What all lists have in common."""

from marshmallow import Schema, fields

from cmdb_api.schemas.values import Limit, Text

QUERY = {
    "description": "a search in Lucene's syntax over the fields of this list and, where its rows "
    "are about assets, those of assets: see docs/search.md",
    "example": "web*",
}


class PageQuery(Schema):
    """Which page of a list."""

    limit = Limit(metadata={"description": "rows on the page", "example": 50})
    cursor = Text(longest=2000, metadata={"description": "next_cursor of the page before"})


class RowsQuery(PageQuery):
    """Which rows of a list, in which order."""

    query = Text(longest=1000, metadata=QUERY)
    sort = Text(
        metadata={
            "description": "fields to order by, - before one for the other way; missing values "
            "come last"
        }
    )


class PageSchema(Schema):
    """A page of a list."""

    next_cursor = fields.String(
        allow_none=True, metadata={"description": "asks for the next page; null on the last"}
    )
