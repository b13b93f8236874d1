"""A package on all hosts."""

from marshmallow import Schema, fields, validate

from cmdb_api.schemas.page import PageQuery, PageSchema, RowsQuery
from cmdb_api.schemas.values import Text
from cmdb_api.services.package_names import SORTS


class PackageQuery(RowsQuery):
    """Which package."""

    name = Text(required=True, validate=validate.Length(min=1), metadata={"example": "openssl"})
    version = Text(
        metadata={
            "description": "only hosts that have this one, also beside a newer one; or one as "
            "searches ask for it: <3.0.13, >=3 AND <3.1, [3.0 TO 3.1], 3.0.*",
            "example": "3.0.11-1~deb12u2",
        }
    )


class PackageVersionSchema(Schema):
    """A version, and on how many hosts it is the newest."""

    version = fields.String()
    arch = fields.String(allow_none=True, metadata={"example": "amd64"})
    host_count = fields.Integer()


class PackageOfHostSchema(Schema):
    """A package as one host has it."""

    hostname = fields.String(metadata={"example": "web01"})
    name = fields.String()
    arch = fields.String(allow_none=True)
    version = fields.String()
    older_versions = fields.List(
        fields.String(), metadata={"description": "installed beside it, where there are any"}
    )


class PackagePageSchema(PageSchema):
    """The versions of a package, those on most hosts first, and one page of its hosts by name."""

    name = fields.String()
    total = fields.Integer(metadata={"description": "hosts on all pages"})
    versions = fields.List(fields.Nested(PackageVersionSchema))
    items = fields.List(fields.Nested(PackageOfHostSchema))


class PackageNamesQuery(PageQuery):
    """Which packages of all that hosts have."""

    name = Text(
        metadata={"description": "one, or a pattern with * and ?, in any case", "example": "open*"}
    )
    sort = Text(
        validate=validate.OneOf(SORTS), metadata={"description": "by name, or - the other way"}
    )


class PackageNameSchema(Schema):
    """A package of the fleet."""

    name = fields.String(metadata={"example": "openssl"})
    host_count = fields.Integer(metadata={"description": "hosts that have it"})
    version_count = fields.Integer(metadata={"description": "different versions on these"})


class PackageNamesSchema(PageSchema):
    """A page of the packages that hosts have, by name."""

    items = fields.List(fields.Nested(PackageNameSchema))
