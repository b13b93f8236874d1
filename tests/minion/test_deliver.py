"""Delivery against servers that answer oddly: a report leaves the spool only when it is settled."""

import contextlib
import gzip
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cmdb_canonical as canonical
import cmdb_deliver as deliver
import cmdb_send as send
import cmdb_settings as settings_
import pytest

ITEMS = [{"slot": "A", "size_bytes": 1}]
DIGEST = canonical.digest(ITEMS, ["slot"])


class Server:
    """A server that answers each POST with what it is told; keeps the lines it was sent."""

    def __init__(self):
        self.answers, self.batches, self.headers = [], [], []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                lines = [json.loads(line) for line in gzip.decompress(body).splitlines()]
                server.batches.append(lines)
                server.headers.append(dict(self.headers))
                server.answers.pop(0)(self, lines)

            def log_message(self, *_args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"


def answer(status, body, **headers):
    """Answer with this status and body, whatever was sent."""

    def act(handler, _lines):
        handler.send_response(status)
        for name, value in {"Content_Length": len(body), **headers}.items():
            handler.send_header(name.replace("_", "-"), str(value))
        handler.end_headers()
        handler.wfile.write(body)

    return act


def results(result, **members):
    """Answer each report with this result."""

    def act(handler, lines):
        said = [{"report_id": line["report_id"], "result": result, **members} for line in lines]
        answer(200, b"".join(json.dumps(each).encode() + b"\n" for each in said))(handler, lines)

    return act


@pytest.fixture
def server():
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture
def run(server, tmp_path):
    """Return a function that delivers; its settings lead to the server."""

    def run(report=None, **settings):
        merged = settings_.merged({"url": server.url, "timeout": 5, **settings})
        return deliver.deliver(merged, str(tmp_path / "spool"), report)

    return run


@pytest.fixture
def state(tmp_path):
    def state():
        return json.loads((tmp_path / "spool/state.json").read_text())

    return state


def report(number=1, digest=DIGEST, **sections):
    disk = {"status": "ok", "digest": digest, "key": ["slot"], "items": ITEMS}
    return {
        "id": "web01",
        "report_id": f"report-{number:04}",
        "sections": {"disk": disk, "psu": {"status": "unavailable", "reason": "no"}, **sections},
    }


@pytest.mark.parametrize("result", ["recorded", "unchanged", "duplicate", "older"])
def test_a_settled_report_leaves_the_spool(server, run, result):
    server.answers = [results(result)]
    summary = run(report())
    assert (summary["result"], summary["spooled_count"]) == (result, 0)
    assert "error" not in summary


def test_the_report_goes_gzipped_with_its_age(server, run):
    server.answers = [results("recorded")]
    run(report())
    (line,) = server.batches[0]
    assert line["age_ms"] >= 0
    assert line["sections"]["disk"]["items"] == ITEMS
    assert server.headers[0]["Content-Type"] == "application/x-ndjson"


def test_what_was_acknowledged_travels_as_a_digest(server, run):
    server.answers = [results("recorded"), results("unchanged"), results("recorded")]
    run(report(1))
    run(report(2))
    changed = [{"slot": "A", "size_bytes": 2}]
    other = report(3, digest=canonical.digest(changed, ["slot"]))
    other["sections"]["disk"]["items"] = changed
    run(other)
    assert server.batches[1][0]["sections"]["disk"] == {"status": "ok", "digest": DIGEST}
    assert server.batches[2][0]["sections"]["disk"]["items"] == changed


def test_a_section_that_was_not_taken_is_not_acknowledged(server, run):
    server.answers = [results("recorded", problems={"disk": "two items"}), results("recorded")]
    assert run(report(1))["problems"] == {"disk": "two items"}
    run(report(2))
    assert "items" in server.batches[1][0]["sections"]["disk"]


def test_what_the_api_lacks_goes_again_with_its_items(server, run):
    server.answers = [
        results("recorded"),
        results("incomplete", wanted=["disk"]),
        results("recorded"),
    ]
    run(report(1))
    summary = run(report(2))
    assert (summary["result"], summary["spooled_count"]) == ("recorded", 0)
    assert "items" not in server.batches[1][0]["sections"]["disk"]
    assert server.batches[2][0]["sections"]["disk"]["items"] == ITEMS


def test_an_api_that_is_never_satisfied_does_not_loop(server, run):
    server.answers = [results("incomplete", wanted=["disk"])] * 9
    summary = run(report())
    assert (summary["result"], summary["spooled_count"]) == ("incomplete", 1)
    assert len(server.batches) <= send.ROUNDS


def test_retry_stays_for_the_next_run(server, run):
    server.answers = [results("retry"), results("recorded")]
    assert run(report())["spooled_count"] == 1
    assert run()["result"] == "delivered"


def test_a_refused_report_is_set_aside_and_shown(server, run, state, tmp_path):
    server.answers = [results("refused", error={"status": 403, "message": "wrong signature"})]
    summary = run(report())
    assert (summary["result"], summary["spooled_count"]) == ("refused", 0)
    assert state()["last_error"] == "wrong signature"
    assert len(list((tmp_path / "spool/rejected").iterdir())) == 1


def test_what_the_api_refused_is_no_success(server, run, state):
    error = {"status": 403, "message": "wrong signature"}
    server.answers = [results("refused", error=error), results("retry"), results("recorded")]
    assert run(report(1))["error"] == "wrong signature"
    run(report(2))
    assert "last_success_at" not in state()
    run()
    assert state()["last_success_at"]


def test_without_a_key_reports_wait_and_are_signed_when_there_is_one(server, run, state, tmp_path):
    unsigned = {**report(), "seq": 1}
    summary = run(unsigned)
    assert (summary["result"], summary["spooled_count"]) == ("spooled", 1)
    assert summary["error"] == "cmdb:key is not set; reports wait in the spool"
    assert state()["last_error"] == summary["error"]
    assert server.batches == [] and not (tmp_path / "spool/rejected").exists()
    server.answers = [results("recorded")]
    assert run(key="k")["spooled_count"] == 0
    assert server.batches[0][0]["sig"] == canonical.sign(unsigned, "k")


def test_a_report_that_goes_as_a_digest_is_signed_as_a_whole_one(server, run):
    server.answers = [results("recorded"), results("unchanged")]
    run({**report(1), "seq": 1}, key="k")
    unsigned = {**report(2), "seq": 2}
    run(unsigned, key="k")
    (line,) = server.batches[1]
    assert "items" not in line["sections"]["disk"]
    assert line["sig"] == canonical.sign(unsigned, "k")


def test_a_replay_has_no_number_and_is_never_signed(server, run):
    server.answers = [results("refused", error={"message": "no signature"})]
    assert run(report(), key="k")["result"] == "refused"
    assert "sig" not in server.batches[0][0]


def test_without_a_key_and_a_spool_a_report_is_lost_and_says_both(server, run, tmp_path):
    (tmp_path / "spool").write_text("a file where the folder should be")
    summary = run({**report(), "seq": 1})
    assert summary["result"] == "lost"
    assert "the spool can't be written" in summary["error"]
    assert "cmdb:key is not set" in summary["error"]


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (answer(401, b'{"error": {"message": "no token"}}'), "answered 401: no token"),
        (answer(403, b"<html>Proxy says no</html>"), "answered 403: '<html>Proxy says no"),
        (answer(500, b""), "answered 500"),
        (answer(200, b"<html>Login</html>"), "answered no JSON: '<html>Login"),
        (answer(200, b"[1]\n"), "answered 1 results for 1 reports"),
        (answer(200, b""), "answered 0 results for 1 reports"),
        (answer(200, b'{"result": "rec', Content_Length=500), "was cut|IncompleteRead"),
        (answer(301, b"", Location="http://127.0.0.1:1/"), "answered 301"),
        (lambda handler, lines: handler.connection.close(), "closed|reset|cut"),
    ],
)
def test_no_odd_answer_loses_the_report(server, run, state, act, says):
    server.answers = [act, results("recorded")]
    summary = run(report())
    assert (summary["result"], summary["spooled_count"]) == ("spooled", 1)
    assert re.search(says, summary["error"]), summary["error"]
    assert state()["last_error"] == summary["error"]
    assert run()["spooled_count"] == 0
    assert [line["report_id"] for line in server.batches[1]] == ["report-0001"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (None, "cmdb:url is not set"),
        ("http://127.0.0.1:1", "refused"),
        ("http://no-such-host.invalid", "can't be resolved"),
        ("ftp://127.0.0.1", "no http:// or https:// address"),
        ("not an address", "no http:// or https:// address"),
        ("http://127.0.0.1:port", "127.0.0.1:port"),
        ("http://[::1", "Invalid IPv6 URL"),
        ("http://\u2100.com", "invalid characters"),
    ],
)
def test_no_wrong_address_loses_the_report(run, url, says):
    summary = run(report(), url=url)
    assert (summary["result"], summary["spooled_count"]) == ("spooled", 1)
    assert says in summary["error"]


def test_a_server_that_speaks_no_tls_is_named(server, run):
    summary = run(report(), url=server.url.replace("http:", "https:"))
    assert summary["spooled_count"] == 1
    assert "SSL" in summary["error"] or "ssl" in summary["error"]


def test_a_missing_ca_file_is_named(run):
    summary = run(report(), url="https://127.0.0.1:1", ca_file="/no/such/ca.pem")
    assert "cmdb:ca_file names a file that is not there" in summary["error"]


def test_a_slow_server_costs_the_timeout(server, run):
    release = threading.Event()
    server.answers = [lambda handler, lines: release.wait(10)]
    summary = run(report(), timeout=0.3)
    release.set()
    assert "no answer in time" in summary["error"]


def test_retry_after_is_honoured(server, run):
    server.answers = [answer(503, b"", Retry_After=120)]
    run(report(1))
    summary = run(report(2))
    assert summary["spooled_count"] == 2
    assert "asked to wait" in summary["error"]
    assert len(server.batches) == 1


def test_a_batch_that_is_too_large_goes_in_halves(server, run):
    def act(handler, lines):
        if len(lines) > 2:
            answer(413, b"")(handler, lines)
        else:
            results("recorded")(handler, lines)

    for number in range(5):
        run(report(number), url=None)
    server.answers = [act] * 9
    assert run()["spooled_count"] == 0
    assert sorted(len(batch) for batch in server.batches) == [1, 2, 2, 3, 5]


def test_one_report_that_is_too_large_waits_and_holds_up_no_other(server, run):
    def act(handler, lines):
        if any(line["report_id"] == "report-0001" for line in lines):
            answer(413, b"")(handler, lines)
        else:
            results("recorded")(handler, lines)

    for number in range(4):
        run(report(number), url=None)
    server.answers = [act] * 9
    summary = run()
    assert summary["spooled_count"] == 1
    assert "answered 413" in summary["error"]


def test_reports_wait_while_the_api_is_down_and_arrive_once_in_order(server, run):
    for number in range(3):
        run(report(number), url=None)
    server.answers = [results("recorded")] * 3
    assert run(report(3))["result"] == "recorded"
    sent = [line["report_id"] for batch in server.batches for line in batch]
    assert sent == ["report-0000", "report-0001", "report-0002", "report-0003"]
    assert run()["spooled_count"] == 0
    assert len(server.batches) == 1


def test_no_proxy_is_taken_from_the_environment(server, run, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    server.answers = [results("recorded")]
    assert run(report())["result"] == "recorded"


def test_a_configured_proxy_is_used(server, run):
    server.answers = [results("recorded")]
    summary = run(report(), url="http://cmdb.invalid", proxy=server.url)
    assert summary["result"] == "recorded"
    assert server.headers[0]["Host"] == "cmdb.invalid"


def test_a_spool_that_cannot_be_written_is_passed_by(server, run, tmp_path, state):
    (tmp_path / "spool").write_text("a file where the folder should be")
    server.answers = [results("recorded")]
    summary = run(report())
    assert summary["result"] == "recorded"
    assert "the spool can't be written" in summary["error"]


def test_two_processes_send_a_report_once(server, run):
    for number in range(4):
        run(report(number), url=None)
    server.answers = [results("recorded")] * 8
    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sent = [line["report_id"] for batch in server.batches for line in batch]
    assert sorted(sent) == sorted(set(sent))
    assert len(sent) == 4


def test_an_answer_without_end_is_not_read_for_ever(server, run, monkeypatch):
    monkeypatch.setattr(deliver.post.http, "MAX_ANSWER_BYTES", 100_000)

    def act(handler, _lines):
        handler.send_response(200)
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(1000):
                handler.wfile.write(b"x" * 10_000)

    server.answers = [act]
    assert "more than 100000 bytes" in run(report())["error"]
