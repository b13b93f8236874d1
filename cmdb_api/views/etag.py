"""ETags in answers, and If-Match in requests: see ``services.etags``."""

from flask import request

HEADER = {"ETag": {"schema": {"type": "string"}, "description": "of what people can edit"}}
_IF_MATCH = {
    "in": "header",
    "name": "If-Match",
    "schema": {"type": "string"},
    "description": "the ETag of what the edit is meant for; 412 where it is another by now",
}


def guarded(blueprint):
    """Describe a view that takes If-Match."""

    def decorate(view):
        described = blueprint.doc(parameters=[_IF_MATCH])(view)
        return blueprint.alt_response(412, "PRECONDITION_FAILED")(described)

    return decorate


def if_match():
    """Return the If-Match header of the request; None where there is none."""
    return request.headers.get("If-Match")


def answer(told, status=200, headers=None):
    """Return the answer that tells of something, with its ETag as header."""
    return told, status, {"ETag": told["etag"]} | (headers or {})
