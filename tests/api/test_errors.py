"""Every failure is answered in the one JSON shape."""

import logging

import pytest
from sqlalchemy.exc import OperationalError

ASSETS = "/api/v1/assets"


def error(answer, status):
    assert answer.status_code == status
    assert answer.mimetype == "application/json"
    assert set(answer.json) == {"error"}
    assert set(answer.json["error"]) == {"status", "code", "message", "fields"}
    assert answer.json["error"]["status"] == status
    return answer.json["error"]


def test_an_unknown_address(client):
    told = error(client.get("/api/v1/nothing"), 404)
    assert told["code"] == "not_found"
    assert told["message"] == "there is nothing at /api/v1/nothing"


def test_a_method_that_is_not_possible(client):
    answer = client.delete(ASSETS)
    told = error(answer, 405)
    assert told["code"] == "method_not_allowed"
    assert "possible: GET" in told["message"]
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{", "not JSON"),
        ("", "not JSON"),
        ('{"hostname": NaN}', "NaN"),
        ("[" * 10_000 + "]" * 10_000, "nested"),
        ('{"hostname": ' + "9" * 5000 + "}", "digits"),
        (b"\xff", "UTF-8"),
    ],
)
def test_a_body_that_is_not_json(writer, body, told):
    answer = writer.post(ASSETS, data=body, content_type="application/json")
    assert told in error(answer, 400)["message"]


def test_a_body_of_another_type(writer):
    answer = writer.post(ASSETS, data={"hostname": "web01"})
    assert "Content-Type: application/json" in error(answer, 415)["message"]


def test_a_body_that_is_too_large(writer):
    writer.application.config["MAX_CONTENT_LENGTH"] = 1000
    answer = writer.post(ASSETS, json={"hostname": "x" * 2000})
    assert error(answer, 413)["message"] == "the body is larger than 1000 bytes"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"hostname"}),
        ([], {"body"}),
        ("web01", {"body"}),
        ({"hostname": "web01", "rak": "A1", "slot": 1}, {"rak", "slot"}),
        ({"hostname": 5}, {"hostname"}),
        ({"hostname": None}, {"hostname"}),
        ({"hostname": ["web01"], "rack": {"a": 1}}, {"hostname", "rack"}),
    ],
)
def test_wrong_fields_are_named(writer, body, fields):
    told = error(writer.post(ASSETS, json=body), 422)
    assert set(told["fields"]) == fields
    assert all(isinstance(text, str) for texts in told["fields"].values() for text in texts)
    assert all(name in told["message"] for name in fields)


def test_wrong_query_arguments_are_named(reader):
    told = error(reader.get(f"{ASSETS}?limit=many&nam=web01"), 422)
    assert set(told["fields"]) == {"limit", "nam"}


def test_an_error_in_the_code_is_logged_and_not_told(app, caplog):
    def fail():
        raise ZeroDivisionError("inner detail")

    app.add_url_rule("/api/fail", view_func=fail)
    with caplog.at_level(logging.ERROR):
        answer = app.test_client().get("/api/fail")
    assert "inner detail" not in answer.text
    assert error(answer, 500)["code"] == "internal_error"
    assert "ZeroDivisionError: inner detail" in caplog.text


def test_a_database_that_does_not_answer_is_a_503(app, caplog):
    def fail():
        raise OperationalError("SELECT secret", {}, Exception("server closed the connection"))

    app.add_url_rule("/api/fail", view_func=fail)
    answer = app.test_client().get("/api/fail")
    assert "secret" not in answer.text
    assert error(answer, 503)["code"] == "busy"
    assert answer.headers["Retry-After"] == "10"
    assert "server closed the connection" in caplog.text


@pytest.mark.parametrize(
    ("path", "given", "name", "told"),
    [
        ("assets", {"hostname": "web 01"}, "hostname", 'Given: "web 01"'),
        ("racks", {"name": "A1", "data_centre": "x", "height_u": 0}, "height_u", "Given: 0"),
        ("racks", {"name": "A1", "data_centre": "x", "height_u": "42"}, "height_u", 'Given: "42"'),
        ("racks", {"name": 5, "data_centre": "x"}, "name", "Given: 5"),
        ("assets", {"hostname": "a", "warranty_until": "31.12.30"}, "warranty_until", '"31.12.30"'),
        ("assets", {"hostname": "a", "tags": ["x", 5]}, "tags.1", "Given: 5"),
        ("assets", {"hostname": "a", "comment": "x" * 99999}, "comment", 'Given: "xxx'),
        ("assets", {"hostnam": "web01"}, "hostnam", "Unknown field; did you mean hostname?"),
        ("tags", {"name": "a\nb"}, "name", "a\\nb"),
    ],
)
def test_a_wrong_field_is_told_with_its_value(writer, path, given, name, told):
    answer = writer.post(f"/api/v1/{path}", json=given)
    assert answer.status_code == 422
    (text,) = answer.json["error"]["fields"][name]
    assert told in text
    assert len(text) < 300


@pytest.mark.parametrize(
    ("query", "name", "told"),
    [
        ("assets?state=gone", "state", 'Given: "gone"'),
        ("assets?limit=0", "limit", "Given: "),
        ("changes?since=tomorrow", "since", 'Given: "tomorrow"'),
        ("changes?sinc=1d", "sinc", "did you mean since?"),
    ],
)
def test_a_wrong_parameter_is_told_with_its_value(reader, query, name, told):
    answer = reader.get(f"/api/v1/{query}")
    assert answer.status_code == 422
    assert told in answer.json["error"]["fields"][name][0]
