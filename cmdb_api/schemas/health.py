"""Whether the API works."""

from marshmallow import Schema, fields


class HealthSchema(Schema):
    """It works."""

    status = fields.String(metadata={"example": "ok"})
    database = fields.String(metadata={"example": "ok"})
    version = fields.String()
