"""Names of assets, and what a host declares of itself."""

from typing import NamedTuple

from marshmallow import Schema, ValidationError, fields, post_load, validate

from cmdb_api.models.asset import STANDINGS
from cmdb_api.schemas.asset import DeclaredSchema
from cmdb_api.schemas.report import Hostname
from cmdb_api.schemas.values import Flag, Moment
from cmdb_api.services import canonical

ACCEPTED = (1,)
RESULTS = ("registered", "changed", "unchanged")


class AliasesSchema(Schema):
    """The names of an asset."""

    hostname = fields.String(metadata={"example": "web01"})
    aliases = fields.List(fields.String(), metadata={"example": ["web01-old"]})


class Registration(NamedTuple):
    """What a host declares of itself; whether it is signed right is not known yet."""

    id: str
    seq: int
    declared: dict
    dry_run: bool
    sig: str | None
    signed_text: str


def _is_known(number):
    if number not in ACCEPTED:
        raise ValidationError(f"Must be {' or '.join(map(str, ACCEPTED))}, which is known here.")


class RegistrationSchema(Schema):
    """A host that registers itself."""

    schema = fields.Integer(strict=True, required=True, validate=_is_known)
    id = Hostname(required=True, metadata={"description": "its name", "example": "web01"})
    seq = fields.Integer(
        strict=True,
        required=True,
        validate=validate.Range(0, 2**63 - 1),
        metadata={
            "description": "higher each time: milliseconds since 1970",
            "example": 1795340000000,
        },
    )
    declared = fields.Nested(
        DeclaredSchema,
        load_default=dict,
        metadata={"description": "what is not given stays", "example": {"rack": "A12"}},
    )
    dry_run = Flag(
        load_default=False, metadata={"description": "tell what would change, and change nothing"}
    )
    sig = fields.String(
        metadata={
            "description": "HMAC-SHA256, in hex, with the host's key over all the rest as JSON: "
            "names sorted, no blanks, ASCII only"
        }
    )

    @post_load(pass_original=True)
    def _made(self, given, original, **_):
        more = {name: given[name] for name in ("id", "seq", "declared", "dry_run")}
        text = canonical.signed_text(original)
        return Registration(**more, sig=given.get("sig"), signed_text=text)


class OldNewSchema(Schema):
    """A value before and after."""

    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)


class RegisteredAssetSchema(DeclaredSchema):
    """What is declared of an asset."""

    hostname = fields.String(metadata={"example": "web01"})
    standing = fields.String(metadata={"enum": list(STANDINGS)})
    registered_at = Moment()


class RegisteredSchema(Schema):
    """What a registration did, or would do."""

    result = fields.String(metadata={"enum": list(RESULTS)})
    changes = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(OldNewSchema),
        metadata={"example": {"rack": {"old": None, "new": "A12"}}},
    )
    asset = fields.Nested(RegisteredAssetSchema)
