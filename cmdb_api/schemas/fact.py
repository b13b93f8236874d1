"""The vocabulary of facts, as it is told."""

from marshmallow import Schema, fields

from cmdb_api.services import facts


class FactSchema(Schema):
    """What can be expected of an asset, and what it is compared with."""

    name = fields.String(metadata={"example": "memory.total_bytes"})
    type = fields.String(metadata={"enum": [facts.NUMBER, facts.TEXT, facts.FLAG, facts.LIST]})
    unit = fields.String(allow_none=True, metadata={"example": "bytes"})
    kind = fields.String(
        metadata={"description": "of the components that it is read from", "example": "memory"}
    )
    description = fields.String()
    compared = fields.String(
        metadata={"description": "when declared and observed are the same", "example": "equal"}
    )


class FactsSchema(Schema):
    """All of them, by name."""

    items = fields.List(fields.Nested(FactSchema))
