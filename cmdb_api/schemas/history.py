"""Assets as they were, and what differs between two moments or two assets."""

from marshmallow import Schema, fields

from cmdb_api.models.asset import STANDINGS
from cmdb_api.models.change import ADDED, CHANGED, REMOVED, REPLACED
from cmdb_api.schemas.asset import DeclaredSchema
from cmdb_api.schemas.change import FieldChangeSchema
from cmdb_api.schemas.values import Hostname, Kind, Moment, Since

WHEN = "ISO 8601, or so long ago: 30m, 24h, 7d"


def _kinds():
    return fields.List(
        Kind(), load_default=(), metadata={"description": "these kinds only", "example": ["disk"]}
    )


class PastComponentSchema(Schema):
    """One component at its place, as it was."""

    place = fields.String(metadata={"example": "0:1:3"})
    serial = fields.String(allow_none=True, metadata={"example": "EXAMPLE-0001"})
    fields_ = fields.Dict(attribute="fields", data_key="fields")


class NotOkSchema(Schema):
    """A kind whose collector is known to have brought nothing then: its components are older."""

    kind = fields.String(metadata={"example": "raid_disk"})
    since = Moment(metadata={"description": "since when"})
    why = fields.String()


class PastAssetSchema(DeclaredSchema):
    """An asset as it was at a moment."""

    hostname = fields.String(metadata={"description": "its name then", "example": "web01"})
    at = Moment()
    aliases = fields.List(fields.String())
    standing = fields.String(metadata={"enum": list(STANDINGS)})
    created_at = Moment()
    registered_at = Moment()
    components = fields.Dict(
        keys=fields.String(), values=fields.List(fields.Nested(PastComponentSchema))
    )
    unknown = fields.List(
        fields.String(), metadata={"description": "kinds that were reported later only"}
    )
    not_ok = fields.List(fields.Nested(NotOkSchema))


class BetweenQuery(Schema):
    """Which moments, which kinds."""

    start = Since(data_key="from", required=True, metadata={"description": WHEN, "example": "7d"})
    end = Since(data_key="to", metadata={"description": f"{WHEN}; now, if not given"})
    kind = _kinds()


class ItemDifferenceSchema(Schema):
    """What became of one component."""

    place = fields.String(metadata={"example": "0:1:3"})
    action = fields.String(metadata={"enum": [ADDED, REMOVED, CHANGED, REPLACED]})
    changes = fields.List(fields.Nested(FieldChangeSchema))
    before = fields.Dict(allow_none=True, metadata={"description": "the whole component"})
    after = fields.Dict(allow_none=True)


class KindBetweenSchema(Schema):
    """What differs in one kind."""

    items = fields.List(fields.Nested(ItemDifferenceSchema))
    new_fields = fields.List(
        fields.String(), metadata={"description": "known of this kind only since then"}
    )


class BetweenSchema(Schema):
    """The net differences of an asset between two moments."""

    hostname = fields.String(metadata={"example": "web01"})
    from_ = Moment(attribute="from", data_key="from")
    to = Moment()
    declared = fields.List(fields.Nested(FieldChangeSchema))
    kinds = fields.Dict(keys=fields.String(), values=fields.Nested(KindBetweenSchema))
    same = fields.List(fields.String(), metadata={"description": "kinds that do not differ"})
    unknown_from = fields.List(
        fields.String(), metadata={"description": "kinds that were not known yet then"}
    )
    unknown_to = fields.List(
        fields.String(), metadata={"description": "kinds that were not known any more"}
    )


class TwoQuery(Schema):
    """Which assets, when, and how closely."""

    left = Hostname(required=True, metadata={"example": "web01"})
    right = Hostname(required=True, metadata={"example": "web02"})
    at = Since(metadata={"description": f"{WHEN}; now, if not given"})
    kind = _kinds()
    ignore_identifiers = fields.Boolean(
        load_default=True,
        metadata={"description": "leave out serial numbers, addresses, names and their like"},
    )


class FieldDifferenceSchema(Schema):
    """One field, side by side."""

    field = fields.String()
    left = fields.Raw(allow_none=True)
    right = fields.Raw(allow_none=True)
    identifier = fields.Boolean(
        metadata={"description": "it differs between any two machines or parts"}
    )


class PairSchema(Schema):
    """Two components that stand for each other, and differ."""

    place = fields.String(metadata={"example": "0:1:3"})
    right_place = fields.String(metadata={"description": "on the right; mostly the same"})
    fields_ = fields.List(
        fields.Nested(FieldDifferenceSchema), attribute="fields", data_key="fields"
    )


class OneSideSchema(Schema):
    """A component that has no like on the other side."""

    place = fields.String()
    fields_ = fields.Dict(attribute="fields", data_key="fields")


class KindOfTwoSchema(Schema):
    """One kind of two assets."""

    same_count = fields.Integer(metadata={"description": "components that do not differ"})
    differing = fields.List(fields.Nested(PairSchema))
    only_left = fields.List(fields.Nested(OneSideSchema))
    only_right = fields.List(fields.Nested(OneSideSchema))


class TwoSchema(Schema):
    """What differs between two assets."""

    left = fields.String(metadata={"example": "web01"})
    right = fields.String(metadata={"example": "web02"})
    at = Moment()
    declared = fields.List(fields.Nested(FieldDifferenceSchema))
    kinds = fields.Dict(keys=fields.String(), values=fields.Nested(KindOfTwoSchema))
    only_left = fields.List(fields.String(), metadata={"description": "kinds"})
    only_right = fields.List(fields.String(), metadata={"description": "kinds"})
