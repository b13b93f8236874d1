"""Assets as they are registered, listed and told of."""

from marshmallow import Schema, fields

from cmdb_api.schemas.page import PageQuery, PageSchema
from cmdb_api.schemas.values import Hostname, Kind, Label, Moment, Text


class DeclaredSchema(Schema):
    """What people declare about an asset; null or "" takes it away."""

    data_centre = Label(metadata={"example": "FRA1"})
    rack = Label(metadata={"example": "A12"})
    position = Label(metadata={"description": "in the rack", "example": "U17"})


class NewAssetSchema(DeclaredSchema):
    """An asset to be registered."""

    hostname = Hostname(
        required=True, metadata={"description": "the Salt minion id", "example": "web01"}
    )


class AssetSchema(DeclaredSchema):
    """An asset in short."""

    hostname = fields.String(metadata={"example": "web01"})
    registered_at = Moment(
        metadata={"description": "null: it reported without having been registered"}
    )
    reported_at = Moment(
        metadata={"description": "when the newest report was collected; null: never"}
    )
    via = fields.String(allow_none=True, metadata={"description": "how it was collected"})


class AssetPageSchema(PageSchema):
    """A page of assets, by name."""

    items = fields.List(fields.Nested(AssetSchema))
    total = fields.Integer(metadata={"description": "assets on all pages"})


class AssetPageQuery(PageQuery):
    """Which assets."""

    name = Text(
        metadata={
            "description": "a part of the name in any case, or a pattern with * and ?",
            "example": "web*",
        }
    )


class AssetQuery(Schema):
    """How much of an asset."""

    kind = fields.List(
        Kind(), load_default=(), metadata={"description": "these kinds only", "example": ["disk"]}
    )


class LastReportSchema(Schema):
    """The newest report of an asset."""

    report_id = fields.String()
    reported_at = Moment(metadata={"description": "when it was collected, by the API's clock"})
    received_at = Moment()
    via = fields.String()
    version = fields.String(metadata={"description": "of the collectors"})
    clock_skew_ms = fields.Integer(
        allow_none=True, metadata={"description": "the host's clock less the API's"}
    )
    clock_wrong = fields.Boolean(metadata={"description": "the skew is over CLOCK_SKEW_SECONDS"})


class KindSchema(Schema):
    """How one kind stands on an asset."""

    status = fields.String(
        metadata={
            "description": "of the newest attempt",
            "enum": ["ok", "unavailable", "error", "disabled"],
        }
    )
    reason = fields.String(allow_none=True)
    traceback = fields.String(allow_none=True)
    reported_at = Moment(metadata={"description": "of the newest attempt"})
    items_at = Moment(metadata={"description": "of the components"})
    item_count = fields.Integer()
    stale = fields.String(
        allow_none=True,
        metadata={"description": "why the components are older than the newest attempt"},
    )


class ComponentSchema(Schema):
    """One component at its place."""

    place = fields.String(metadata={"example": "0:1:3"})
    serial = fields.String(allow_none=True, metadata={"example": "EXAMPLE-0001"})
    fields_ = fields.Dict(
        attribute="fields",
        data_key="fields",
        metadata={"example": {"slot": "0:1:3", "size_bytes": 960197124096}},
    )
    volatile = fields.Dict(
        metadata={
            "description": "values whose changes are not recorded",
            "example": {"temperature_celsius": 31},
        }
    )


class ProblemSchema(Schema):
    """Something that is not as it should be; what does not apply is absent."""

    source = fields.String(
        metadata={"enum": ["report", "clock", "outcome", "collector", "quarantine"]}
    )
    message = fields.String()
    kind = fields.String()
    place = fields.String()
    field = fields.String()
    raw = fields.String(metadata={"description": "the value that was not taken, as JSON text"})


class AssetDetailSchema(DeclaredSchema):
    """All that is known of an asset."""

    hostname = fields.String(metadata={"example": "web01"})
    created_at = Moment()
    registered_at = Moment()
    last_report = fields.Nested(LastReportSchema, allow_none=True)
    identity = fields.Dict(metadata={"description": "evidence of which machine it is"})
    kinds = fields.Dict(keys=fields.String(), values=fields.Nested(KindSchema))
    components = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(ComponentSchema))
    )
    problems = fields.List(fields.Nested(ProblemSchema))


class KeySchema(Schema):
    """Which of its keys a host signs with."""

    hostname = fields.String(metadata={"example": "web01"})
    key_generation = fields.Integer(
        data_key="generation", metadata={"description": "a raised one revokes those before"}
    )


class GenerationsSchema(Schema):
    """The hosts whose key is not their first."""

    generations = fields.Dict(
        keys=fields.String(metadata={"description": "hostname in lower case"}),
        values=fields.Integer(),
        metadata={"description": "by hostname in lower case", "example": {"web01": 2}},
    )
