"""The one shape of all errors."""

from marshmallow import Schema, fields


class ErrorDetailSchema(Schema):
    """What was wrong, and where."""

    status = fields.Integer(metadata={"description": "the HTTP status", "example": 422})
    code = fields.String(metadata={"description": "a short fixed word", "example": "invalid"})
    message = fields.String(metadata={"example": "rack: Not a valid string."})
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        data_key="fields",
        metadata={
            "description": "what is wrong with each field",
            "example": {"rack": ["Not a valid string."]},
        },
    )
    details = fields.Dict(
        metadata={
            "description": "what a program can use, where there is such: `used_by` of what can't "
            "be removed, and `count`; `taken_by` of a rack's units, and the nearest `free` one; "
            "`possible` states; `candidates` for a name that is ambiguous; `current`, what it is "
            "now, where the precondition failed"
        }
    )


class ErrorSchema(Schema):
    """Every answer of 400 and above."""

    error = fields.Nested(ErrorDetailSchema)
