"""Assets as they are registered, listed and told of."""

from marshmallow import Schema, fields, validate

from cmdb_api.models.asset import STANDINGS, STATES
from cmdb_api.schemas.page import PageQuery, PageSchema
from cmdb_api.schemas.values import (
    Day,
    Hostname,
    Kind,
    Label,
    Moment,
    Names,
    Note,
    Since,
    Text,
    Units,
)
from cmdb_api.services.listing import ANY


class DeclaredSchema(Schema):
    """
    What people declare about an asset; null or "" takes it away.

    What is named (a rack, an environment …) must be there; tags are made as they are needed.
    """

    state = fields.String(
        validate=validate.OneOf(STATES),
        metadata={"description": "in its life: see docs/assets.md", "example": "online"},
    )
    asset_type = Label(metadata={"example": "Server"})
    data_centre = Label(
        longest=800, metadata={"description": "its room's or rack's, if any", "example": "FRA1"}
    )
    room = Label(longest=800, metadata={"description": "its rack's, if any", "example": "Room 2"})
    rack = Label(
        longest=800,
        metadata={
            "description": "its name; where several have it: data centre / room / name",
            "example": "A12",
        },
    )
    position_u = Units(
        metadata={"description": "the lowest unit that it takes, from 1", "example": 17}
    )
    height_u = Units(metadata={"description": "how many units it takes; 1 if not given"})
    environment = Label(metadata={"example": "production"})
    business_unit = Label(metadata={"example": "Online shop"})
    supplier = Label(metadata={"example": "Example Ltd"})
    services = Names(metadata={"description": "what it is for", "example": ["web shop"]})
    contacts = Names(metadata={"description": "whom to turn to", "example": ["Team Web"]})
    tags = Names(metadata={"example": ["pci"]})
    purchased_on = Day(metadata={"example": "2026-01-31"})
    warranty_until = Day(
        metadata={"description": "not before purchased_on", "example": "2031-01-31"}
    )
    inventory_number = Label(metadata={"description": "on the sticker", "example": "IT-004711"})
    comment = Note(longest=10_000)
    expected = fields.Dict(
        keys=Text(),
        allow_none=True,
        metadata={
            "description": "facts that should be observed, see /facts: merged with those that are "
            'declared; null takes one away, or all; sizes may be "64GiB" or "1.92TB"',
            "example": {"memory.total_bytes": 68719476736},
        },
    )


class NewAssetSchema(DeclaredSchema):
    """An asset to be registered."""

    hostname = Hostname(
        required=True, metadata={"description": "the Salt minion id", "example": "web01"}
    )


class EditSchema(DeclaredSchema):
    """What people change of an asset."""

    hostname = Hostname(metadata={"description": "a new one; the old one stays as an alias"})


class StateSchema(Schema):
    """A step in an asset's life."""

    state = fields.String(required=True, validate=validate.OneOf(STATES))
    comment = Label(
        longest=1000, metadata={"description": "kept with the change", "example": "sold"}
    )


class AssetSchema(DeclaredSchema):
    """An asset in short."""

    hostname = fields.String(metadata={"example": "web01"})
    etag = fields.String(metadata={"description": "for If-Match", "example": '"17-3"'})
    state_at = Moment(metadata={"description": "when it came into its state"})
    standing = fields.String(
        metadata={"description": "whether it counts: see docs/assets.md", "enum": list(STANDINGS)}
    )
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

    sort = Text(
        metadata={
            "description": "columns to order by, - before one for the other way; missing values "
            "come last: see docs/search.md",
            "example": "rack,-memory.total_bytes",
        }
    )
    query = Text(
        longest=1000,
        metadata={
            "description": "a search in Lucene's syntax: see docs/search.md",
            "example": "rack:A12 AND NOT tag:lab AND disk.model:*PM883*",
        },
    )
    name = Text(
        metadata={
            "description": "a part of the name in any case, or a pattern with * and ?",
            "example": "web*",
        }
    )
    state = fields.List(
        fields.String(validate=validate.OneOf([*STATES, ANY])),
        metadata={"description": "in these states; any; if not given all but retired"},
    )
    standing = fields.List(
        fields.String(validate=validate.OneOf([*STANDINGS, ANY])),
        metadata={"description": "if not given: registered and accepted"},
    )
    asset_type = Text()
    data_centre = Text(longest=800)
    room = Text(longest=800)
    rack = Text(longest=800, metadata={"example": "A12"})
    environment = Text(metadata={"example": "production"})
    business_unit = Text()
    supplier = Text()
    service = fields.List(Text(), metadata={"description": "with all of these"})
    contact = fields.List(Text(), metadata={"description": "with all of these"})
    tag = fields.List(Text(), metadata={"description": "with all of these"})
    warranty_before = Day(metadata={"description": "whose warranty ends before this day"})


class AssetQuery(Schema):
    """How much of an asset."""

    kind = fields.List(
        Kind(), load_default=(), metadata={"description": "these kinds only", "example": ["disk"]}
    )
    at = Since(
        metadata={
            "description": "as it was then: ISO 8601, or so long ago like 24h or 7d; the answer "
            "is a PastAsset"
        }
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
    since = Moment(
        metadata={
            "description": "when this part came to this place; null: before that was noted, or no "
            "part with a serial number"
        }
    )
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


class ComparedSchema(Schema):
    """A fact as it is declared, and as it is."""

    name = fields.String(metadata={"example": "memory.total_bytes"})
    declared = fields.Raw(metadata={"example": 68719476736})
    observed = fields.Raw(
        allow_none=True,
        metadata={"description": "null: not observed, which is no drift", "example": 34359738368},
    )
    differs = fields.Boolean()
    unit = fields.String(allow_none=True, metadata={"example": "bytes"})
    kind = fields.String(
        metadata={"description": "of the components that it is read from", "example": "memory"}
    )


class AssetDetailSchema(DeclaredSchema):
    """All that is known of an asset."""

    hostname = fields.String(metadata={"example": "web01"})
    aliases = fields.List(fields.String(), metadata={"description": "other names that it has"})
    etag = fields.String(metadata={"description": "of what is declared", "example": '"17-3"'})
    state_at = Moment(metadata={"description": "when it came into its state"})
    standing = fields.String(metadata={"enum": list(STANDINGS)})
    created_at = Moment()
    registered_at = Moment()
    last_report = fields.Nested(LastReportSchema, allow_none=True)
    identity = fields.Dict(metadata={"description": "evidence of which machine it is"})
    kinds = fields.Dict(keys=fields.String(), values=fields.Nested(KindSchema))
    components = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(ComponentSchema))
    )
    declared_observed = fields.List(
        fields.Nested(ComparedSchema),
        metadata={"description": "what is expected beside what is observed"},
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
    retired = fields.List(
        fields.String(),
        metadata={
            "description": "hosts that are retired or ignored, in lower case: they get no key",
            "example": ["web02"],
        },
    )
