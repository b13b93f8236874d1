"""Recorded changes."""

from marshmallow import Schema, fields, validate

from cmdb_api.models.change import ACTIONS
from cmdb_api.schemas.page import PageQuery, PageSchema
from cmdb_api.schemas.values import Hostname, Kind, Moment, Since

_WHEN = "ISO 8601, or so long ago: 30m, 24h, 7d"


class ChangeQuery(PageQuery):
    """Which changes."""

    kind = fields.List(Kind(), load_default=(), metadata={"example": ["disk"]})
    action = fields.List(fields.String(validate=validate.OneOf(ACTIONS)), load_default=())
    since = Since(metadata={"description": _WHEN, "example": "24h"})
    until = Since(metadata={"description": f"{_WHEN}; not included"})


class FleetChangeQuery(ChangeQuery):
    """Which changes, of which asset."""

    asset = Hostname(metadata={"description": "hostname", "example": "web01"})


class FieldChangeSchema(Schema):
    """One field, before and after."""

    field = fields.String()
    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)


class ChangeSchema(Schema):
    """One change of one component, or the baseline mark of a kind or of new fields of it."""

    hostname = fields.String(metadata={"example": "web01"})
    seq = fields.Integer(metadata={"description": "counts up within the asset"})
    at = Moment(metadata={"description": "when it was collected, or edited"})
    recorded_at = Moment()
    report_id = fields.String(allow_none=True, metadata={"description": "the report it came with"})
    actor = fields.String(allow_none=True, metadata={"description": "or the person who made it"})
    kind = fields.String(metadata={"example": "disk"})
    place = fields.String(metadata={"example": "0:1:3"})
    action = fields.String(metadata={"enum": list(ACTIONS)})
    changes = fields.List(fields.Nested(FieldChangeSchema))
    fields_ = fields.List(
        fields.String(),
        attribute="fields",
        data_key="fields",
        metadata={"description": "those that differ; of a baseline mark those first seen with it"},
    )
    before = fields.Dict(allow_none=True, metadata={"description": "the whole component"})
    after = fields.Dict(allow_none=True)
    item_count = fields.Integer(
        allow_none=True, metadata={"description": "of a baseline mark: how many items there were"}
    )


class ChangePageSchema(PageSchema):
    """A page of changes, newest first."""

    items = fields.List(fields.Nested(ChangeSchema))
