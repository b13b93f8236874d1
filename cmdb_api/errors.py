"""The errors of the API and the one JSON shape they all leave in.

``{"error": {"status": 422, "code": "invalid", "message": "...", "fields": {"rack": ["..."]}}}``
"""


class CMDBError(Exception):
    """The base: what was wrong, where, and what to do."""

    status = 400
    code = "bad_request"

    def __init__(self, message, *, fields=None, headers=None):
        super().__init__(message)
        self.message, self.fields, self.headers = message, fields or {}, headers or {}

    def as_dict(self):
        """Return the error in the shape that every answer uses."""
        return {
            "error": {
                "status": self.status,
                "code": self.code,
                "message": self.message,
                "fields": self.fields,
            }
        }


class Malformed(CMDBError):
    """The body is not what its content type says."""

    code = "malformed"


class Unauthorized(CMDBError):
    """No proof of who speaks: a signature or a token is missing."""

    status, code = 401, "unauthorized"


class Forbidden(CMDBError):
    """The proof is wrong, or does not allow this."""

    status, code = 403, "forbidden"


class NotFound(CMDBError):
    """What the address names is not in the record."""

    status, code = 404, "not_found"


class Conflict(CMDBError):
    """It contradicts what is in the record."""

    status, code = 409, "conflict"


class TooLarge(CMDBError):
    """A bound on size, depth or count is passed."""

    status, code = 413, "too_large"


class Unsupported(CMDBError):
    """The content type or encoding is not one of those accepted."""

    status, code = 415, "unsupported"


class Invalid(CMDBError):
    """Well-formed, but a field is wrong; ``fields`` names it."""

    status, code = 422, "invalid"


class Busy(CMDBError):
    """Nothing wrong with the request; try again later."""

    status, code = 503, "busy"


class SettingsError(Exception):
    """The app can't start with these settings."""
