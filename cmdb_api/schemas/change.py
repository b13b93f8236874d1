"""Recorded changes."""

from marshmallow import Schema, fields, validate

from cmdb_api.models.change import ACTIONS
from cmdb_api.schemas.page import PageSchema, RowsQuery
from cmdb_api.schemas.values import Hostname, Kind, Moment, Since, Text
from cmdb_api.services.changes import ORIGINS

_WHEN = "ISO 8601, or so long ago: 30m, 24h, 7d"


class AnyChangeQuery(RowsQuery):
    """Which changes."""

    kind = fields.List(Kind(), load_default=(), metadata={"example": ["disk"]})
    action = fields.List(fields.String(validate=validate.OneOf(ACTIONS)), load_default=())
    actor = Text(metadata={"description": "made by this person", "example": "anna"})
    origin = fields.String(
        validate=validate.OneOf(ORIGINS),
        metadata={"description": "made by people, or reported by hosts"},
    )
    since = Since(metadata={"description": _WHEN, "example": "24h"})
    until = Since(metadata={"description": f"{_WHEN}; not included"})


class ChangeQuery(AnyChangeQuery):
    """Which changes of an asset."""

    fold = fields.Boolean(
        load_default=False,
        metadata={
            "description": "tell of what changes to and fro once; without since: in the last 31 "
            "days before until"
        },
    )


class FleetChangeQuery(AnyChangeQuery):
    """Which changes, of which asset."""

    asset = Hostname(metadata={"description": "hostname", "example": "web01"})


class GroupQuery(FleetChangeQuery):
    """Which changes are grouped: those of the last 24 hours, or of at most 31 days."""


class FieldChangeSchema(Schema):
    """One field, before and after."""

    field = fields.String()
    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)


class FlappedSchema(Schema):
    """What changes to and fro."""

    times = fields.Integer(metadata={"description": "how often it changed", "example": 8})
    between = fields.List(
        fields.Dict(allow_none=True),
        metadata={
            "description": "its fields before and after the latest change; null: it is not there",
            "example": [{"carrier": True}, {"carrier": False}],
        },
    )


class ChangeSchema(Schema):
    """One change of one component, or a mark: see docs/history.md."""

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


class ListedChangeSchema(ChangeSchema):
    """A change in a list."""

    flapped = fields.Nested(
        FlappedSchema,
        allow_none=True,
        metadata={"description": "with fold: it stands for several changes"},
    )


class _Pruned(PageSchema):
    """A page of what was pruned."""

    pruned_before = Moment(
        metadata={"description": "changes before this are no longer kept; null: all are"}
    )


class ChangePageSchema(_Pruned):
    """A page of changes, newest first."""

    items = fields.List(fields.Nested(ListedChangeSchema))


class ChangeDetailSchema(ChangeSchema):
    """A change, and what else its report brought."""

    others = fields.List(
        fields.Nested(ChangeSchema),
        metadata={"description": "changes of the same report, at most 100"},
    )
    others_count = fields.Integer()


class ExampleSchema(Schema):
    """Which of a line's changes is shown."""

    hostname = fields.String(metadata={"example": "web01"})
    seq = fields.Integer()
    report_id = fields.String(allow_none=True)
    actor = fields.String(allow_none=True)


class GroupSchema(Schema):
    """The same change on one host or on many; identifiers, which differ, are left out."""

    kind = fields.String(metadata={"example": "disk"})
    place = fields.String(metadata={"example": "0:1:3"})
    action = fields.String(metadata={"enum": list(ACTIONS)})
    changes = fields.List(fields.Nested(FieldChangeSchema))
    fields_ = fields.List(fields.String(), attribute="fields", data_key="fields")
    before = fields.Dict(allow_none=True, metadata={"description": "the component of the example"})
    after = fields.Dict(allow_none=True)
    flapped = fields.Nested(
        FlappedSchema,
        allow_none=True,
        metadata={"description": "it changes to and fro, on each of these hosts"},
    )
    host_count = fields.Integer(metadata={"example": 40})
    change_count = fields.Integer()
    actor_count = fields.Integer(
        metadata={"description": "people who made it; 0: hosts reported it", "example": 1}
    )
    hosts = fields.List(fields.String(), metadata={"description": "the first 20, by name"})
    first_at = Moment()
    last_at = Moment()
    example = fields.Nested(ExampleSchema)


class GroupPageSchema(_Pruned):
    """A page of lines, the latest first."""

    since = Moment(metadata={"description": "of the window; included"})
    until = Moment(metadata={"description": "of the window; not included"})
    items = fields.List(fields.Nested(GroupSchema))
