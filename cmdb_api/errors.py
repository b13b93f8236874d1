"""The errors of the API and the one JSON shape they all leave in.

``{"error": {"status": 422, "code": "invalid", "message": "...", "fields": {"rack": ["..."]}}}``;
where a program can use more than that, ``details`` holds it.
"""

import re

_FOR_PROGRAMS = re.compile(r"[;,]? (?:POST|GET|PUT) /api/v1/\S+ (?:adds one|lists them)")


def for_people(text):
    """Return a message without what programs would do about it."""
    return _FOR_PROGRAMS.sub("", text)


class CMDBError(Exception):
    """The base: what was wrong, where, and what to do."""

    status = 400
    code = "bad_request"

    def __init__(self, message, *, fields=None, headers=None, details=None, finding=None):
        super().__init__(message)
        self.message, self.fields, self.headers = message, fields or {}, headers or {}
        self.details = details or {}
        # The Cause of a finding, which is noted although what was asked for is refused.
        self.finding = finding

    @classmethod
    def of(cls, field, text, **more):
        """Return the error that says this of one field."""
        return cls(f"{field}: {text}", fields={field: [text]}, **more)

    def as_dict(self):
        """Return the error in the shape that every answer uses."""
        told = {
            "status": self.status,
            "code": self.code,
            "message": self.message,
            "fields": self.fields,
        }
        return {"error": told | ({"details": self.details} if self.details else {})}


class Malformed(CMDBError):
    """The body is not what its content type says."""

    code = "malformed"


class Unauthorized(CMDBError):
    """No proof of who speaks: a signature or a token is missing."""

    status, code = 401, "unauthorized"


class Forbidden(CMDBError):
    """The proof is wrong, or does not allow this."""

    status, code = 403, "forbidden"


class UnknownHost(Forbidden):
    """The proof is right, but the host is not registered, which the settings ask for."""

    code = "unknown_host"


class Retired(Forbidden):
    """The host is retired: its reports are taken no more."""

    code = "retired"


class Ignored(Forbidden):
    """A person decided that this host's reports are not taken."""

    code = "ignored"


class IdentityConflict(Forbidden):
    """Another machine reports under the same name; this one's report is not taken."""

    code = "identity_conflict"


class NotFound(CMDBError):
    """What the address names is not in the record."""

    status, code = 404, "not_found"


class Conflict(CMDBError):
    """It contradicts what is in the record."""

    status, code = 409, "conflict"


class InUse(Conflict):
    """It can't be removed: ``details["used_by"]`` lists what uses it."""

    code = "in_use"


class PreconditionFailed(CMDBError):
    """It is another now than it was; ``details["current"]`` is what it is, and so is the ETag."""

    status, code = 412, "precondition_failed"


class TooLarge(CMDBError):
    """A bound on size, depth or count is passed."""

    status, code = 413, "too_large"


class Unsupported(CMDBError):
    """The content type or encoding is not one of those accepted."""

    status, code = 415, "unsupported"


class Invalid(CMDBError):
    """Well-formed, but a field is wrong; ``fields`` names it."""

    status, code = 422, "invalid"


class TooMany(CMDBError):
    """Tried too often; the Retry-After header tells when it is taken again, in seconds."""

    status, code = 429, "too_many"


class Busy(CMDBError):
    """Nothing wrong with the request; try again later."""

    status, code = 503, "busy"


class SettingsError(Exception):
    """The app can't start with these settings."""
