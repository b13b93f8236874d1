"""The OpenAPI document and its page."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

REPORT_SCHEMA = Path(__file__).parents[2] / "docs" / "report.schema.json"
DOCUMENT = "/api/v1/openapi.json"
DOCS = "/api/v1/docs"
OPEN = {("/healthz", "get"), ("/api/v1/reports", "post"), ("/api/v1/registrations", "post")}
OPEN |= {("/api/v1/sessions", "post"), ("/api/v1/oidc/login", "get")}
OPEN |= {("/api/v1/oidc/callback", "get")}
OPEN |= {("/api/v1/schemas/asset-1.json", "get")}


@pytest.fixture
def operations(client):
    """Return {(path, method): operation}."""
    paths = client.get(DOCUMENT).json["paths"]
    return {
        (path, method): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method != "parameters"
    }


def test_every_route_of_the_api_is_described(app, operations):
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith(("docs.", "api-docs.", "static", "console."))
    }
    assert set(operations) == routes


def test_every_operation_has_a_summary_and_tells_of_errors_in_our_shape(client, operations):
    for operation in operations.values():
        assert operation["summary"]
        assert "default" in operation["responses"]
    document = client.get(DOCUMENT).json
    error = document["components"]["schemas"]["ErrorDetail"]["properties"]
    assert set(error) == {"status", "code", "message", "fields", "details"}


def test_the_document_says_where_a_token_is_needed(client, operations):
    guarded = {name for name, operation in operations.items() if operation.get("security")}
    assert guarded == set(operations) - OPEN
    for path, method in guarded:
        answer = client.open(re.sub(r"\{\w+\}", "1", path), method=method)
        assert answer.status_code == 401
    schemes = client.get(DOCUMENT).json["components"]["securitySchemes"]
    assert schemes["token"]["scheme"] == "bearer"


def test_answers_are_as_the_document_says(client, writer, post, make_report):
    post(make_report("web01", {"disk": [{"slot": "1"}], "psu": {"status": "error", "error": "x"}}))
    schemas = client.get(DOCUMENT).json["components"]["schemas"]
    detail = writer.get("/api/v1/assets/web01").json
    assert set(detail) == set(schemas["AssetDetail"]["properties"])
    assert set(detail["last_report"]) == set(schemas["LastReport"]["properties"])
    assert set(detail["kinds"]["disk"]) == set(schemas["Kind"]["properties"])
    assert set(detail["components"]["disk"][0]) == set(schemas["Component"]["properties"])
    (change,) = writer.get("/api/v1/changes").json["items"]
    assert set(change) == set(schemas["ListedChange"]["properties"])


def test_coverage_is_as_the_document_says(client, make_client):
    schemas = client.get(DOCUMENT).json["components"]["schemas"]
    relay = make_client("relay")
    given = {"kind": "salt", "pending": ["web01"]}
    pushed = relay.put("/api/v1/coverage/sources/salt01", json=given).json
    assert set(pushed) == set(schemas["Source"]["properties"])
    assert set(given) <= set(schemas["PutSource"]["properties"])
    (missing,) = relay.get("/api/v1/coverage/missing").json["items"]
    assert set(missing) == set(schemas["Missing"]["properties"])
    summary = relay.get("/api/v1/coverage").json
    assert set(summary) == set(schemas["Coverage"]["properties"])
    assert set(summary["sources"][0]) == set(schemas["SourceState"]["properties"])


def test_who_may_ask_is_told(operations):
    scopes = {name: operation.get("x-scope") for name, operation in operations.items()}
    assert scopes["/api/v1/keys/generations", "get"] == "relay or admin"
    assert scopes["/api/v1/coverage/missing", "get"] == "read or relay"
    assert scopes["/api/v1/assets/{hostname}/key", "post"] == "admin"


def test_the_example_of_a_report_is_one(operations):
    schema = json.loads(REPORT_SCHEMA.read_text())
    for content in operations["/api/v1/reports", "post"]["requestBody"]["content"].values():
        example = content["example"]
        if isinstance(example, str):
            example = json.loads(example)
        jsonschema.validate(example, schema)


def test_the_page_and_all_it_names_come_from_here(client):
    page = client.get(DOCS)
    assert page.status_code == 200
    named = re.findall(r'(?:src|href|data-document)="([^"]*)"', page.text)
    assert len(named) == 5
    for address in named:
        assert address.startswith("/")
        answer = client.get(address)
        assert answer.status_code == 200
        assert len(answer.data) > 100
        answer.close()
    assert "://" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]


@pytest.mark.parametrize("name", ["index.html", "..%2f__init__.py", "%2e%2e/__init__.py"])
def test_no_other_file_is_served(client, name):
    assert client.get(f"{DOCS}/assets/{name}").status_code == 404
