"""Ask the API as a program with a token: what is missing, generations of keys, coverage."""

import json

import cmdb_http as http
import cmdb_master as master
import cmdb_version as version


class ClientError(Exception):
    """The API gave no usable answer; says where and why, and what to do."""


class Invalid(ClientError):
    """The API does not understand what it is asked: no other way of asking helps."""


def get(settings, path):
    """Return the JSON that the API answers to GET."""
    return _ask(settings, "GET", path, None)


def put(settings, path, content):
    """Return the JSON that the API answers to PUT of ``content``; None where it says nothing."""
    return _ask(settings, "PUT", path, json.dumps(content).encode("ascii"))


def post(settings, path, content):
    """Return the JSON that the API answers to POST of ``content``."""
    return _ask(settings, "POST", path, json.dumps(content).encode("ascii"))


def _ask(settings, method, path, body):
    if not settings["url"]:
        raise ClientError("cmdb:url is not set in the master's configuration")
    if not settings["token_file"]:
        raise ClientError(
            "cmdb:token_file is not set in the master's configuration; "
            "cmdb token create --scope relay makes a token"
        )
    url = settings["url"].rstrip("/") + path
    token = master.first_line(settings["token_file"], "cmdb:token_file")
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "Content-Type": "application/json",
        "User-Agent": f"salt-cmdb/{version.VERSION}",
    }
    try:
        status, _, answer = http.send(
            method,
            url,
            body,
            headers,
            timeout=settings["timeout"],
            ca_file=settings["ca_file"],
            proxy=settings["proxy"],
        )
    except http.PostError as error:
        raise ClientError(str(error)) from error
    if status == 422:
        raise Invalid(f"{url} answered {status}: {http.message(answer)}")
    if status not in (200, 201, 204):
        raise ClientError(f"{url} answered {status}: {http.message(answer)}")
    if not answer:
        return None
    try:
        return json.loads(answer)
    except ValueError:
        raise ClientError(f"{url} answered no JSON: {http.message(answer)}") from None
