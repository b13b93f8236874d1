"""The examples of the OpenAPI document: they fit their schemas, and what they ask for is done."""

import json
from copy import deepcopy

import jsonschema
import pytest
from flask_migrate import stamp

DOCUMENT = "/api/v1/openapi.json"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# In an order in which each finds what it names; what is added is number 1 but where it is told.
MASTER = (
    *("data-centres", "rooms", "racks", "environments", "business-units", "services"),
    *("contacts", "suppliers"),
)
FIRST = [f"POST /api/v1/{name}" for name in MASTER] + ["POST /api/v1/assets"]
# What an example alone can't show: {operation: its answer, by the example's data}.
NOT_DONE = {
    # No example can be signed by a host of the reader's.
    "POST /api/v1/reports": 403,
    "POST /api/v1/registrations": 403,
    # Types and tags are there already: the first by themselves, the second by the asset.
    "POST /api/v1/asset-types": 409,
    "POST /api/v1/tags": 409,
    # They tell of what reports bring.
    "GET /api/v1/packages": 404,
    "GET /api/v1/findings/{number}": 404,
    "POST /api/v1/findings/{number}/decision": 404,
    "GET /api/v1/assets/{hostname}/diff": 422,
    "GET /api/v1/imports/{number}/failed": 404,
    # The token is no account's.
    "PUT /api/v1/accounts/me/password": 403,
    # It is not set up.
    "GET /api/v1/oidc/login": 404,
    "GET /api/v1/oidc/callback": 404,
}


@pytest.fixture
def document(client):
    """Return the OpenAPI document."""
    return client.get(DOCUMENT).json


def operations(document):
    """Yield (name, operation, parameters)."""
    for path, methods in document["paths"].items():
        shared = methods.get("parameters", [])
        for method, operation in methods.items():
            if method != "parameters":
                parameters = shared + operation.get("parameters", [])
                yield f"{method.upper()} {path}", operation, parameters


def contents(operation):
    """Yield (place, content type, content) of a request and of its answers."""
    for mimetype, content in operation.get("requestBody", {}).get("content", {}).items():
        yield "request", mimetype, content
    for status, answer in operation["responses"].items():
        for mimetype, content in answer.get("content", {}).items():
            yield status, mimetype, content


def test_every_request_and_answer_has_an_example_that_fits_its_schema(document):
    plain = as_json_schema(document)
    for name, operation, _ in operations(plain):
        for place, mimetype, content in contents(operation):
            where = f"{name} {place} {mimetype}"
            if mimetype != XLSX:
                assert "example" in content, f"{where}: a field has no example"
                schema = {"components": plain["components"]} | content["schema"]
                jsonschema.validate(content["example"], schema)


def as_json_schema(document):
    """Return the document with its schemas as JSON Schema has them: null is a type there."""
    if isinstance(document, list):
        return [as_json_schema(inner) for inner in document]
    if not isinstance(document, dict):
        return document
    plain = {
        name: inner if name in ("example", "enum") else as_json_schema(inner)
        for name, inner in deepcopy(document).items()
    }
    return {"anyOf": [plain, {"type": "null"}]} if plain.pop("nullable", None) is True else plain


def test_every_error_has_an_example_in_our_shape(document):
    for name, answer in document["components"]["responses"].items():
        content = answer["content"]["application/json"]
        assert content["schema"]["$ref"].endswith("/Error"), name
        if name != "DEFAULT_ERROR":
            assert set(content["example"]["error"]) >= {"status", "code", "message", "fields"}
            assert answer["description"].endswith("."), name


def test_every_operation_names_the_errors_that_all_of_its_sort_answer(document):
    for name, operation, parameters in operations(document):
        expected = set()
        if operation.get("security"):
            expected |= {"401", "403", "503"}
        if "requestBody" in operation:
            expected |= {"400", "413", "415", "422", "503"}
        if "{" in name:
            expected |= {"404"}
        if any(one["in"] == "query" for one in parameters):
            expected |= {"422"}
        if any(one["name"] == "If-Match" for one in parameters):
            expected |= {"412"}
        assert expected <= set(operation["responses"]), name


def test_every_operation_has_a_name_of_its_own(document):
    names = [operation["operationId"] for _, operation, _ in operations(document)]
    assert len(set(names)) == len(names)
    assert {"get_assets", "post_assets", "get_asset", "patch_asset", "get_saved_query"} < set(names)
    assert {"put_asset_alias", "get_change", "get_rack_elevation", "delete_session"} < set(names)


def test_every_parameter_in_an_address_is_told_of(document):
    for name, _, parameters in operations(document):
        for one in parameters:
            if one["in"] == "path":
                assert one["description"], name
                assert "example" in one, name


def test_what_the_examples_ask_for_is_done(app, document, make_client):
    with app.app_context():
        stamp()
    client = make_client("admin")
    asked = {name: (operation, parameters) for name, operation, parameters in operations(document)}
    # Receivers of webhooks must be there: their tests have some.
    names = [name for name in asked if "/subscriptions" not in name and name not in FIRST]
    adding = [name for name in names if name.startswith("POST") and "{" not in name]
    failed = {}
    for name in FIRST + adding + [name for name in names if name not in adding]:
        if not name.startswith("DELETE"):
            with ask(client, name, *asked[name]) as answer:
                if answer.status_code >= 300:
                    failed[name] = answer.status_code, answer.text[:300]
    assert {name: status for name, (status, _) in failed.items()} == NOT_DONE, failed


def ask(client, name, operation, parameters):
    """Send a request as its examples say."""
    method, path = name.split()
    query, more = {}, {}
    for one in parameters:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", str(one["example"]))
        elif one["in"] == "query" and (one.get("required") or method == "POST"):
            query[one["name"]] = one["schema"].get("example")
    for mimetype, content in operation.get("requestBody", {}).get("content", {}).items():
        if mimetype != XLSX and not more:
            given = content["example"]
            data = given if isinstance(given, str) else json.dumps(given)
            more = {"data": data, "content_type": mimetype}
    query = {key: value for key, value in query.items() if value is not None}
    return client.open(path, method=method, query_string=query, **more)
