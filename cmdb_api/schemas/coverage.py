"""Who did not report."""

from datetime import timedelta

from marshmallow import Schema, fields

from cmdb_api.schemas.page import PageQuery, PageSchema
from cmdb_api.schemas.values import Duration, Moment
from cmdb_api.services.coverage import REASONS


class MissingQuery(PageQuery):
    """How old a report may be."""

    window = Duration(
        load_default=timedelta(minutes=30),
        metadata={
            "description": "how old a report may be: a number and s, m, h, d or w",
            "example": "30m",
            "default": "30m",
        },
    )


class MissingSchema(Schema):
    """An asset that did not report in time."""

    hostname = fields.String(metadata={"example": "web01"})
    reason = fields.String(
        metadata={
            "enum": list(REASONS),
            "description": "nothing_collected: it reported, but no kind came with its items",
        }
    )
    reported_at = Moment()
    registered_at = Moment()


class MissingPageSchema(PageSchema):
    """A page of them, by name."""

    items = fields.List(fields.Nested(MissingSchema))
    salt_target = fields.String(
        metadata={"description": "the names on this page for salt -L", "example": "db01,web01"}
    )
    total = fields.Integer(metadata={"description": "assets on all pages"})
