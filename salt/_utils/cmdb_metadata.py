"""What a cloud's provider answers about this machine, where the settings say to ask it.

One address, which never leaves the link, one second, no proxy; only the named values are kept:
what the services hold besides, user data and credentials, is not asked for or dropped here.
"""

import errno
import json
import socket
import time

import cmdb_source as source

ADDRESS = "169.254.169.254"
LIMIT_SECONDS = 1.0
MAX_BYTES = 256 * 1024
LONGEST = 500
# {provider: (headers, {path: {field: name in the JSON there}, or the one field that the text is})}
_GOOGLE = "/computeMetadata/v1/instance/"
_EC2 = {
    "/latest/dynamic/instance-identity/document": {
        "instance_id": "instanceId",
        "instance_type": "instanceType",
        "region": "region",
        "zone": "availabilityZone",
        "image": "imageId",
    }
}
QUESTIONS = {
    "aws": ({}, _EC2),
    "gce": (
        {"Metadata-Flavor": "Google"},
        {
            f"{_GOOGLE}id": "instance_id",
            f"{_GOOGLE}machine-type": "instance_type",
            f"{_GOOGLE}zone": "zone",
            f"{_GOOGLE}image": "image",
            f"{_GOOGLE}hostname": "hostname",
        },
    ),
    "azure": (
        {"Metadata": "true"},
        {
            # Of a version without user data in it.
            "/metadata/instance/compute?api-version=2020-09-01": {
                "instance_id": "vmId",
                "instance_type": "vmSize",
                "region": "location",
                "zone": "zone",
                "hostname": "name",
            }
        },
    ),
    "openstack": (
        {},
        {
            "/openstack/latest/meta_data.json": {
                "instance_id": "uuid",
                "zone": "availability_zone",
                "hostname": "hostname",
            },
            "/latest/meta-data/instance-type": "instance_type",
        },
    ),
}
_TOKEN = "/latest/api/token"
_TTL, _SESSION = "X-aws-ec2-metadata-token-ttl-seconds", "X-aws-ec2-metadata-token"


def ask(provider, limit_seconds=LIMIT_SECONDS, address=ADDRESS, port=80):
    """Return {field: text} of what the provider says; raises OSError, ParseError."""
    deadline = time.monotonic() + limit_seconds
    headers, questions = QUESTIONS[provider]

    def get(path, method="GET", **more):
        return _get((address, port), method, path, {**headers, **more}, deadline)

    if provider == "aws":
        # Without the token of IMDSv2 hardened machines answer nothing.
        headers = {_SESSION: get(_TOKEN, "PUT", **{_TTL: "60"}).strip()}
    told = {}
    for path, wanted in questions.items():
        told.update(parse(get(path), wanted))
    return told


def parse(said, wanted):
    """Return the wanted fields, {field: name in JSON}, or the one field that a text is."""
    if isinstance(wanted, str):
        if len(said.strip().splitlines()) != 1 or len(said) > LONGEST:
            raise source.ParseError(f"metadata, {wanted}: not one line: {said[:100]!r}")
        return {wanted: said.strip()}
    try:
        found = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise source.ParseError(f"metadata, JSON: {error}") from None
    if not isinstance(found, dict):
        raise source.ParseError(f"metadata: no names and values: {said[:100]!r}")
    return {
        field: found[name] for field, name in wanted.items() if isinstance(found.get(name), str)
    }


def _get(place, method, path, headers, deadline):
    import http.client

    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("no answer in time")
    connection = http.client.HTTPConnection(*place, timeout=left)
    try:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        body = answer.read(MAX_BYTES)
    except http.client.HTTPException as error:
        raise OSError(errno.EPROTO, f"no HTTP: {error or type(error).__name__}") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(errno.EPROTO, f"HTTP {answer.status} to {method} {path}")
    return body.decode("utf-8", "replace")
