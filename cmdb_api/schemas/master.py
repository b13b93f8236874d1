"""Master data as it is given, and as it is told of."""

from copy import copy
from typing import NamedTuple

from marshmallow import Schema, ValidationError, fields, validate

from cmdb_api.schemas.page import PageSchema, RowsQuery
from cmdb_api.schemas.values import MOST_UNITS, Label, Moment, Note, Since, Text
from cmdb_api.services import edits
from cmdb_api.services.resources import BY_NAME, RESOURCES


class Name(Text):
    """The name of something: not blank, also in lower case not too long."""

    PATTERN = r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$"

    def _deserialize(self, value, attr, data, **kwargs):
        text = super()._deserialize(value, attr, data, **kwargs)
        if not text:
            raise ValidationError("A name is wanted; this one is blank.")
        # In lower case some letters are two.
        if len(text.lower()) > self.longest:
            raise ValidationError(f"Longer than {self.longest} characters.")
        return text


class NamedSchema(Schema):
    """What is given of any piece of master data; null or "" takes away what need not be."""

    name = Name(required=True, metadata={"description": "unique in any case"})
    description = Note(longest=10_000)


class DataCentreSchema(NamedSchema):
    """A data centre, or any site where servers stand."""

    address = Note(longest=1024)


class RoomSchema(NamedSchema):
    """A room of a data centre; its name is unique there."""

    data_centre = Text(longest=800, required=True, metadata={"example": "FRA1"})


class RackSchema(NamedSchema):
    """A rack; its name is unique in its room, or among the racks of its data centre without one."""

    data_centre = Text(
        longest=800, metadata={"description": "needed where no room is given", "example": "FRA1"}
    )
    room = Label(longest=800, metadata={"description": "of that data centre", "example": "Room 2"})
    height_u = fields.Integer(
        strict=True,
        validate=validate.Range(1, MOST_UNITS),
        metadata={"description": "how many units it has; 42 if not given", "example": 42},
    )


class EnvironmentSchema(NamedSchema):
    """Production, staging and the like."""


class ServiceSchema(NamedSchema):
    """What assets are for; one asset may serve several."""

    business_unit = Label(metadata={"example": "Online shop"})


class BusinessUnitSchema(NamedSchema):
    """A department that owns assets."""


class ContactSchema(NamedSchema):
    """A person or a group to turn to."""

    email = Label(metadata={"example": "web@example.com"})
    phone = Label(longest=64)


class SupplierSchema(ContactSchema):
    """Whom assets were bought from."""


class AssetTypeSchema(NamedSchema):
    """What an asset is."""


class TagSchema(NamedSchema):
    """A word that assets are marked with."""


class ToldSchema(Schema):
    """What is told of any piece of master data beside what is given."""

    id = fields.Integer()
    etag = fields.String(metadata={"description": "for If-Match", "example": '"3-1"'})
    asset_count = fields.Integer(metadata={"description": "assets that name it"})
    created_at = Moment()
    updated_at = Moment()


class MasterPageQuery(RowsQuery):
    """Which of them."""

    name = Text(
        metadata={"description": "a part of the name in any case, or a pattern with * and ?"}
    )


class HolderSchema(Schema):
    """An asset in a rack."""

    hostname = fields.String(
        allow_none=True,
        metadata={"description": "null: one that you may not see", "example": "web01"},
    )
    state = fields.String(allow_none=True, metadata={"example": "online"})
    position_u = fields.Integer(allow_none=True)
    height_u = fields.Integer(allow_none=True)


class UnitSchema(Schema):
    """One unit of a rack."""

    unit = fields.Integer(metadata={"description": "1 is the lowest"})
    asset = fields.Nested(HolderSchema, allow_none=True)


class MasterChangeQuery(RowsQuery):
    """Which edits."""

    resource = fields.String(
        validate=validate.OneOf([*(resource.path for resource in RESOURCES), "assets"]),
        metadata={"description": "assets: removals of assets", "example": "racks"},
    )
    name = Text(metadata={"description": "a part of the name, or a pattern with * and ?"})
    since = Since(metadata={"description": "ISO 8601, or so long ago: 30m, 24h, 7d"})


class MasterChangeSchema(Schema):
    """One edit of a piece of master data, or the removal of an asset."""

    id = fields.Integer()
    at = Moment()
    actor = fields.String(metadata={"example": "Anna"})
    resource = fields.String(metadata={"example": "racks"})
    resource_id = fields.Integer()
    name = fields.String(metadata={"description": "as it was then", "example": "A12"})
    action = fields.String(metadata={"enum": [edits.ADDED, edits.CHANGED, edits.REMOVED]})
    fields_ = fields.List(fields.String(), attribute="fields", data_key="fields")
    before = fields.Dict(allow_none=True)
    after = fields.Dict(allow_none=True)


class MasterChangePageSchema(PageSchema):
    """A page of edits, newest first."""

    items = fields.List(fields.Nested(MasterChangeSchema))


class Schemas(NamedTuple):
    """The schemas of one sort: of what is given, what is told, a page and its filters."""

    given: type
    edit: type
    told: type
    page: type
    query: type


def _schemas(resource):
    """Return the schemas of one sort; they are named for it in the OpenAPI document."""
    word = resource.model.__name__
    given = globals()[f"{word}Schema"]
    edit = type(f"{word}EditSchema", (given,), _optional(given) | {"__doc__": given.__doc__})
    told = type(f"{word}ToldSchema", (given, ToldSchema), {"__doc__": given.__doc__})
    rows = fields.List(fields.Nested(told))
    total = fields.Integer(metadata={"description": "on all pages"})
    page = type(f"{word}PageSchema", (PageSchema,), {"items": rows, "total": total})
    filters = {
        parent: Text(longest=800, metadata={"description": f"of this {BY_NAME[parent].noun}"})
        for parent in resource.parents
    }
    return Schemas(given, edit, told, page, type(f"{word}Query", (MasterPageQuery,), filters))


def _optional(schema):
    """Return the fields of a schema that are required, as such that may be left out."""
    optional = {}
    for name, field in schema._declared_fields.items():
        if field.required:
            optional[name] = copy(field)
            optional[name].required = False
    return optional


OF = {resource.path: _schemas(resource) for resource in RESOURCES}


class ElevationSchema(Schema):
    """A rack from the top, and what stands in it."""

    rack = fields.Nested(OF["racks"].told)
    units = fields.List(fields.Nested(UnitSchema))
    used_units = fields.Integer()
    free_units = fields.Integer()
    without_position = fields.List(fields.Nested(HolderSchema))
