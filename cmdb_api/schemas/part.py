"""Parts, and where they are and were."""

from marshmallow import Schema, fields

from cmdb_api.schemas.page import PageSchema, RowsQuery
from cmdb_api.schemas.values import Hostname, Kind, Moment, Text
from cmdb_api.services import journeys


class PartQuery(RowsQuery):
    """Which parts: of a serial number, of an asset, or all that are in assets now and found."""

    serial = Text(
        metadata={
            "description": "in any case; with * at its end all that begin so",
            "example": "EXAMPLE-0001",
        }
    )
    asset = Hostname(metadata={"description": "what is in it now", "example": "web01"})
    kind = fields.List(
        Kind(),
        load_default=(),
        metadata={"description": "what is such a component now", "example": ["disk"]},
    )
    vendor = Text(metadata={"description": "however it is spelled", "example": "Samsung"})
    model = Text(metadata={"description": "a part of the model's name in any case"})


class NamedPlaceSchema(Schema):
    """What another kind calls the same place."""

    kind = fields.String(metadata={"example": "disk"})
    place = fields.String(metadata={"example": "pci-0000:00:17.0-ata-3"})


class PlaceSchema(NamedPlaceSchema):
    """A place in a host."""

    hostname = fields.String(metadata={"example": "web01"})


class PresentSchema(PlaceSchema):
    """Where a part is."""

    also = fields.List(fields.Nested(NamedPlaceSchema))
    since = Moment(metadata={"description": "null: since before this was noted"})
    seen_at = Moment(metadata={"description": "when a report had it there last"})


class PastSchema(PlaceSchema):
    """Where a part was."""

    also = fields.List(fields.Nested(NamedPlaceSchema))
    since = Moment(metadata={"description": "null: since before this was noted"})
    until = Moment(metadata={"description": "when a report had it there last"})
    gone_at = Moment(metadata={"description": "when a report first missed it; null: none has"})


class EventSchema(Schema):
    """What happened to a part."""

    at = Moment()
    event = fields.String(metadata={"enum": list(journeys.EVENTS)})
    from_ = fields.Nested(PlaceSchema, attribute="from", data_key="from", allow_none=True)
    to = fields.Nested(PlaceSchema, allow_none=True)
    text = fields.String(metadata={"example": "moved from web01 3 to db02 1"})


class PartSchema(Schema):
    """A part: a vendor's serial number."""

    vendor = fields.String(allow_none=True, metadata={"example": "SAMSUNG"})
    model = fields.String(allow_none=True)
    serial = fields.String(metadata={"description": "in upper case", "example": "EXAMPLE-0001"})
    kinds = fields.List(fields.String(), metadata={"example": ["disk", "smart"]})
    now = fields.List(
        fields.Nested(PresentSchema),
        metadata={"description": "more than one where it is flagged, or a cable"},
    )
    before = fields.List(fields.Nested(PastSchema), metadata={"description": "the newest first"})
    journey = fields.List(fields.Nested(EventSchema), metadata={"description": "the oldest first"})
    flags = fields.List(
        fields.String(
            metadata={"enum": [journeys.IN_TWO_HOSTS, journeys.IN_TWO_PLACES, journeys.COMMON]}
        ),
        metadata={
            "description": "in_two_hosts: at once, now or in the past; in_two_places: of one kind "
            "of a host; common: so many have it that it names no one thing",
            "example": [],
        },
    )


class PartPageSchema(PageSchema):
    """A page of parts, by serial number."""

    items = fields.List(fields.Nested(PartSchema))
