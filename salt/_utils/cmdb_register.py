"""Register this host at the API with its own key, or declare something else of it."""

import datetime
import json

import cmdb_canonical as canonical
import cmdb_http as http
import cmdb_version as version

PATH = "/api/v1/registrations"
SCHEMA = 1


class RegisterError(Exception):
    """The host could not be registered; says what was wrong and what to do."""


def register(settings, asset_id, declared, seq, dry_run=False):
    """
    Declare these fields of the host and return the API's answer; raises RegisterError.

    The answer has ``result``, ``changes`` ({field: {"old", "new"}}) and ``asset``. With
    ``dry_run`` it tells what would change.
    """
    _check(settings, asset_id)
    content = {"schema": SCHEMA, "id": asset_id, "seq": seq, "declared": _plain(declared)}
    if dry_run:
        content["dry_run"] = True
    try:
        content["sig"] = canonical.sign(content, settings["key"])
        body = canonical.dumps(content).encode("ascii")
    except (TypeError, ValueError, RecursionError) as error:
        raise RegisterError(f"what is declared can't be sent as JSON: {error}") from error
    return _answer(settings["url"].rstrip("/") + PATH, body, settings)


def _check(settings, asset_id):
    on_the_api = f"on the API's host: cmdb asset register {asset_id}"
    if not settings["url"]:
        raise RegisterError(
            "cmdb:url is not set, so this host does not reach the API; set it in pillar, or "
            + on_the_api
        )
    if not settings["key"]:
        raise RegisterError(
            f"cmdb:key is not set; ext_pillar cmdb gives it, or put what 'cmdb key {asset_id}' "
            "prints into this host's pillar"
        )


def _plain(value):
    """Return what YAML gave as JSON has it: a day is text."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value


def _answer(url, body, settings):
    headers = {
        "Content-Type": "application/json",
        "Accept": "application/json",
        "User-Agent": f"salt-cmdb/{version.VERSION}",
    }
    more = {name: settings[name] for name in ("timeout", "ca_file", "proxy")}
    try:
        status, _, told = http.send("POST", url, body, headers, **more)
    except http.PostError as error:
        raise RegisterError(f"{error}; nothing was registered, try again later") from error
    if status != 200:
        raise RegisterError(f"{url} answered {status}: {http.message(told)}")
    try:
        answer = json.loads(told)
        if isinstance(answer["result"], str) and isinstance(answer["changes"], dict):
            return answer
    except (ValueError, KeyError, TypeError):
        pass
    raise RegisterError(f"{url} gave no answer of the API: {http.message(told)}")
