"""What comes to the door: a bad envelope is refused with its reason, and nothing is stored."""

import contextlib
import gzip
import json
import logging
import sqlite3
import zlib

import pytest
from sqlalchemy import func, make_url, select, text

from cmdb_api.extensions import db
from cmdb_api.services import canonical
from tests.reports import MASTER_SECRET, section

URL = "/api/v1/reports"
NDJSON = {"Content-Type": "application/x-ndjson"}
DISK = [{"slot": "1", "size_bytes": 10}]


def row_count(session):
    # Why a known host was refused is kept, outside of the record; some types are always there.
    tables = [t for t in db.metadata.sorted_tables if t.name not in ("refusal", "asset_type")]
    return sum(session.scalar(select(func.count()).select_from(table)) for table in tables)


@pytest.fixture
def refused(client, session, make_report):
    """Return a function that posts a body, expects a refusal that stores nothing, and gives it."""

    def refused(body, status, headers=None):
        headers = {"Content-Type": "application/json"} | (headers or {})
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        before = row_count(session)
        answer = client.post(URL, data=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert row_count(session) == before
        session.rollback()
        good = client.post(URL, json=make_report(sections={"disk": DISK}))
        assert good.json["result"] == ("unchanged" if before else "recorded"), good.text
        return answer.json["error"]

    return refused


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b"", "the body is empty"),
        (b"{", "not JSON"),
        (b'{"schema": NaN}', "NaN"),
        (b"[" * 10_000 + b"]" * 10_000, "nested more than"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested more than"),
        (b'{"id": "\xff"}', "not UTF-8"),
        (b'{"id": ' + b"9" * 5000 + b"}", "thousands of digits"),
        (b'{"id": 1e999}', "too large a number"),
        (b'{"schema": 1}\n{"schema": 1}', "application/x-ndjson"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_json_is_malformed(refused, body, told):
    error = refused(body, 400)
    assert (error["code"], error["status"]) == ("malformed", 400)
    assert told in error["message"]


def test_what_is_no_object_is_no_report(refused):
    for body in ("text", 5, None, [{"schema": 1}]):
        assert "a report is a JSON object" in refused(body, 422)["message"]


def test_another_schema_number_is_refused(refused, make_report):
    for number in (0, 2, "1", True, None, 1.0):
        error = refused(make_report() | {"schema": number}, 422)
        assert error["fields"] == {"schema": ["must be 1, the report schemas known here"]}


ENVELOPES = {
    "id": ["", "a b", "a/b", "a\nb", "a\0b", "a\ud800", "x" * 256, "İ" * 200, 5, None, ["a"]],
    "report_id": ["short", "x" * 65, "12345678\n", "with space!", 5, None],
    "collected_at": ["yesterday", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", 0, None],
    "via": ["", "x" * 33, 5, None],
    "version": ["x" * 65, 5, None],
    "seconds_ms": [-1, "5", True, 1.5],
    "age_ms": [-1, "5", True, 1.5],
    "seq": [-1, 2**63, "5", True, 1.5, None, [1]],
    "identity": [None, [], "web01", {"hostname": 5}, {"macs": "x"}, {"macs": [5]}],
    "sections": [None, [], "disk"],
    "sig": [5, ["a"]],
}


@pytest.mark.parametrize("name", ENVELOPES)
def test_a_wrong_member_of_the_envelope_is_named(refused, make_report, name):
    for value in ENVELOPES[name]:
        error = refused(make_report() | {name: value}, 422)
        assert [field.partition(".")[0] for field in error["fields"]] == [name]
        assert name in error["message"]


def test_a_missing_member_of_the_envelope_is_named(refused, make_report):
    for name in ("id", "report_id", "collected_at", "via", "version", "identity", "sections"):
        report = make_report()
        del report[name]
        assert list(refused(report, 422)["fields"]) == [name]


def test_a_kind_whose_name_can_not_be_one_refuses_the_whole_report(refused, make_report):
    for kind in ("Disk", "disk\n", "x" * 65, "1disk", ""):
        report = make_report() | {"sections": {kind: {"status": "disabled"}, "nic": section(DISK)}}
        assert list(refused(report, 422)["fields"]) == [f"sections.{kind[:64]}"]


def test_a_wrong_section_of_an_altered_report_is_not_looked_at(refused, make_report):
    report = make_report(sections={"disk": section(DISK), "nic": None})
    assert refused(report | {"via": "ssh"}, 403)["code"] == "forbidden"
    report["sections"]["disk"] = section(DISK) | {"bulk": 1}
    assert refused(report, 403)["code"] == "forbidden"


def test_a_report_without_signature_is_refused(refused, make_report):
    error = refused(make_report(sections={"disk": DISK}, sig=None), 401)
    assert error["code"] == "unauthorized"
    assert "not signed" in error["message"]


def test_a_wrong_signature_is_refused(refused, make_report):
    for sig in ("0" * 64, "x", "ä\ud800", "0" * 100_000):
        error = refused(make_report(sections={"disk": DISK}, sig=sig), 403)
        assert error["code"] == "forbidden"


def test_a_report_for_another_host_than_the_keys_is_refused_and_says_so(refused, make_report):
    key = canonical.host_key(MASTER_SECRET, "db01")
    error = refused(make_report("web01", {"disk": DISK}, key=key), 403)
    assert "the signature is not web01's" in error["message"]
    assert "for another host than the key's" in error["message"]


def test_a_report_that_was_altered_is_refused(refused, make_report):
    refused(make_report(sections={"disk": DISK}) | {"via": "ssh"}, 403)


def test_items_that_are_not_those_of_their_signed_digest_are_refused(refused, make_report):
    report = make_report(sections={"disk": DISK})
    report["sections"]["disk"]["items"] = [{"slot": "1", "size_bytes": 11}]
    error = refused(report, 422)
    assert error["fields"] == {"sections.disk.digest": ["is not the digest of these items"]}


def test_a_raised_key_generation_revokes_the_key(client, session, make_report):
    client.post(URL, json=make_report())
    session.execute(text("UPDATE asset SET key_generation = 2"))
    session.commit()
    assert client.post(URL, json=make_report()).status_code == 403
    key = canonical.host_key(MASTER_SECRET, "web01", 2)
    assert client.post(URL, json=make_report(key=key)).json["result"] == "unchanged"


def test_two_master_secrets_can_be_valid_at_once(make_app, database_url, make_report):
    new = "another master secret"
    client = make_app(
        database_url, MASTER_SECRET=new, MASTER_SECRET_PREVIOUS=MASTER_SECRET
    ).test_client()
    assert client.post(URL, json=make_report()).status_code == 200
    key = canonical.host_key(new, "web01")
    assert client.post(URL, json=make_report(key=key)).status_code == 200
    key = canonical.host_key("a third master secret", "web01")
    assert client.post(URL, json=make_report(key=key)).status_code == 403


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, b"{}", 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a=b", 415),
        ({"Content-Encoding": "br"}, b"{}", 415),
        ({"Content-Encoding": "gzip, gzip"}, b"{}", 415),
        ({"Content-Encoding": "gzip"}, b"{}", 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"{}", mtime=0)[:-4], 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"{}", mtime=0) + b"more", 400),
        ({"Content-Encoding": "gzip"}, gzip.compress(b"{}", mtime=0) * 2, 400),
        ({"Content-Encoding": "gzip"}, zlib.compress(b"{}"), 400),
    ],
    ids=str,
)
def test_what_can_not_be_read_is_refused(refused, headers, body, status):
    assert refused(body, status, headers)["status"] == status


def test_a_gzip_bomb_is_refused_before_it_unfolds(make_app, database_url):
    client = make_app(database_url, MAX_INFLATED_LENGTH=1_000_000).test_client()
    bomb = gzip.compress(bytes(1_000_001))
    answer = client.post(URL, data=bomb, headers={"Content-Encoding": "gzip"} | NDJSON)
    assert (answer.status_code, answer.json["error"]["code"]) == (413, "too_large")
    assert "once inflated" in answer.json["error"]["message"]


def test_a_large_body_and_many_reports_are_refused(make_app, database_url, make_report):
    client = make_app(
        database_url, MAX_CONTENT_LENGTH=5000, MAX_REPORTS=2, MAX_REPORT_LENGTH=2000
    ).test_client()
    assert client.post(URL, data=b" " * 5001, headers=NDJSON).status_code == 413
    assert client.post(URL, data=b"{}\n" * 3, headers=NDJSON).status_code == 413
    assert client.post(URL, json=make_report(other="x" * 2000)).status_code == 413
    assert client.post(URL, json=make_report()).status_code == 200


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", ""])
def test_json_is_taken_with_a_charset_and_without_a_type(client, make_report, kind):
    body = json.dumps(make_report())
    assert client.post(URL, data=body, content_type=kind).json["result"] == "unchanged"


def test_a_wrong_line_is_refused_and_the_others_are_recorded(client, make_report):
    lines = [
        json.dumps(make_report("web01", {"disk": DISK})),
        "{",
        "",
        json.dumps(make_report("web02", {"disk": DISK}, sig=None)),
        "  ",
        json.dumps(make_report("web03", {"disk": DISK})) + "\r",
    ]
    answer = client.post(URL, data="\n".join(lines), headers=NDJSON)
    assert answer.status_code == 200
    assert answer.mimetype == "application/x-ndjson"
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [(r["id"], r["result"]) for r in results] == [
        ("web01", "recorded"),
        (None, "refused"),
        ("web02", "refused"),
        ("web03", "recorded"),
    ]
    assert [r["error"]["status"] for r in results if "error" in r] == [400, 401]
    assert results[2]["report_id"] == json.loads(lines[3])["report_id"]


def test_lines_of_one_host_are_taken_in_the_order_of_their_collection(post, make_report):
    new = make_report(sections={"disk": [{"slot": "1", "size_bytes": 2}]}, age_ms=1000)
    old = make_report(sections={"disk": [{"slot": "1", "size_bytes": 1}]}, age_ms=2000)
    results = post(new, old)
    assert [r["report_id"] for r in results] == [new["report_id"], old["report_id"]]
    assert [r["result"] for r in results] == ["recorded", "recorded"]
    assert [r["changes"] for r in results] == [1, 0]


def test_a_fault_of_ours_in_one_line_loses_no_other(client, session, make_report, caplog):
    client.post(URL, json=make_report("web02", {"disk": DISK}))
    # What no report can do: the row of a kind that has items has lost its key.
    session.execute(text("UPDATE section SET key = NULL"))
    session.commit()
    broken = make_report("web02", {"disk": []})
    lines = [make_report("web01", {"disk": DISK}), broken, make_report("web03", {"disk": DISK})]
    body = "\n".join(map(json.dumps, lines))
    answer = client.post(URL, data=body, headers=NDJSON)
    results = [json.loads(line) for line in answer.text.splitlines()]
    assert [r["result"] for r in results] == ["recorded", "retry", "recorded"]
    assert results[1]["error"]["status"] == 500
    assert "TypeError" not in answer.text
    (logged,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert logged.exc_info
    assert client.post(URL, json=broken).status_code == 500


def test_a_database_that_is_not_ready_means_retry(client, session, make_report):
    session.execute(text("ALTER TABLE asset_status RENAME TO away"))
    session.commit()
    answer = client.post(URL, json=make_report())
    assert answer.json["result"] == "retry"
    assert answer.status_code in (500, 503)
    session.execute(text("ALTER TABLE away RENAME TO asset_status"))
    session.commit()
    assert client.post(URL, json=make_report()).json["result"] == "unchanged"


def test_a_database_that_is_busy_means_retry_later(make_sqlite_database, make_app, make_report):
    url = make_sqlite_database()
    client = make_app(url, DATABASE_LOCK_SECONDS=1).test_client()
    report = make_report(sections={"disk": DISK})
    with contextlib.closing(sqlite3.connect(make_url(url).database)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = client.post(URL, json=report)
        lines = client.post(URL, data=json.dumps(report), headers=NDJSON)
    assert (answer.status_code, answer.json["result"]) == (503, "retry")
    assert int(answer.headers["Retry-After"]) > 0
    assert (lines.status_code, json.loads(lines.text)["result"]) == (200, "retry")
    assert client.post(URL, json=report).json["result"] == "recorded"


def test_an_asset_that_is_locked_for_long_means_retry_later(
    make_postgres_database, make_app, make_report
):
    app = make_app(make_postgres_database(), DATABASE_LOCK_SECONDS=1)
    client = app.test_client()
    report = make_report(sections={"disk": DISK})
    assert client.post(URL, json=make_report()).json["result"] == "unchanged"
    with app.app_context():
        other = db.engine.connect()
        other.execute(text("SELECT * FROM asset_status FOR UPDATE"))
    answer = client.post(URL, json=report)
    assert (answer.status_code, answer.json["result"]) == (503, "retry")
    other.rollback()
    other.close()
    assert client.post(URL, json=report).json["result"] == "recorded"
