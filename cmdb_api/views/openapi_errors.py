"""The errors that operations answer, as the OpenAPI document tells of them."""

from cmdb_api import errors
from cmdb_api.schemas.error import ErrorSchema

_RETRY = {
    "Retry-After": {"schema": {"type": "integer"}, "description": "when to try again, seconds"}
}
_CHALLENGE = {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "RFC 6750"}}


def _told(description, error, headers=None):
    """Return what is told of a status, with an error as the example."""
    content = {"application/json": {"schema": ErrorSchema, "example": error.as_dict()}}
    told = {"description": description, "content": content}
    return told | ({"headers": headers} if headers else {})


# {status: response}
ERRORS = {
    400: _told(
        "The body can't be read: it is not JSON, not UTF-8, or a name in it comes twice.",
        errors.Malformed("not JSON: Expecting value: line 1 column 1 (char 0)"),
    ),
    401: _told(
        "No token, or one that is not valid: revoked, expired, mistyped.",
        errors.Unauthorized("a token is needed: Authorization: Bearer TOKEN"),
        _CHALLENGE,
    ),
    403: _told(
        "The token does not allow this.",
        errors.Forbidden("anna has a token of scope read; this needs one of write"),
    ),
    404: _told(
        "What the address, or a filter, names is not in the record.",
        errors.NotFound("no asset web99; did you mean web09?"),
    ),
    409: _told(
        "It contradicts what is in the record; `details` may tell what.",
        errors.Conflict("web01 is registered already"),
    ),
    412: _told(
        "It was changed since If-Match was read; `details.current` is what it is now.",
        errors.PreconditionFailed(
            "it was changed since", details={"current": {"etag": '"17-4"', "comment": "rented"}}
        ),
    ),
    413: _told(
        "The body, or what it holds, is larger than the settings allow.",
        errors.TooLarge("the body is larger than 16777216 bytes"),
    ),
    415: _told(
        "The body is of another content type, or encoding, than those that are taken.",
        errors.Unsupported("send JSON: Content-Type: application/json"),
    ),
    422: _told(
        "Well-formed, but a field is wrong; `fields` names each.",
        errors.Invalid.of("rack", 'there is no rack A21; did you mean A12? Given: "A21"'),
    ),
    429: _told(
        "Tried too often.",
        errors.TooMany("too many logins failed; try again in 30 seconds"),
        _RETRY,
    ),
    503: _told(
        "Nothing is wrong with the request; try again later.",
        errors.Busy("the database does not answer; try again"),
        _RETRY,
    ),
}
