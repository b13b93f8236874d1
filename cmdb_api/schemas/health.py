"""Whether the API works."""

from marshmallow import Schema, fields


class HealthSchema(Schema):
    """It works."""

    status = fields.String(metadata={"example": "ok"})
    database = fields.String(metadata={"example": "ok"})
    version = fields.String()
    events_wait_seconds = fields.Integer(
        metadata={
            "description": "how long the oldest event waits for a worker; more than a minute: does "
            "`cmdb worker` run?",
            "example": 0,
        }
    )
