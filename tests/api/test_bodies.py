"""Bodies are read within bounds, and a client always learns why its body was refused."""

import contextlib
import gzip
import http.client
import io
import json
import os
import socket
import subprocess
import sys
import time
import tracemalloc

import pytest

from cmdb_api.errors import Malformed, TooLarge, Unsupported
from cmdb_api.services import bodies
from tests.reports import MASTER_SECRET, make_report

MB = 1024 * 1024


def read(data, *, encoding="", declared=None, limit=MB, inflated_limit=4 * MB):
    stream = io.BytesIO(data)
    body = bodies.read(
        stream, declared=declared, encoding=encoding, limit=limit, inflated_limit=inflated_limit
    )
    return body, stream


@pytest.mark.parametrize("size", [0, 1, bodies.CHUNK, bodies.CHUNK + 1, MB])
def test_bodies_are_read_whole_plain_and_gzipped(size):
    data = os.urandom(size // 2) + bytes(size - size // 2)
    assert read(data)[0] == data
    assert read(gzip.compress(data), encoding=" GZIP ", limit=2 * MB)[0] == data


def test_a_body_of_exactly_the_limits_fits():
    assert len(read(bytes(MB))[0]) == MB
    assert len(read(gzip.compress(bytes(4 * MB)), encoding="gzip")[0]) == 4 * MB


@pytest.mark.parametrize(
    ("data", "encoding", "error"),
    [
        (bytes(MB + 1), "", TooLarge),
        (gzip.compress(bytes(4 * MB + 1), mtime=0), "gzip", TooLarge),
        (b"plain", "gzip", Malformed),
        (b"", "gzip", Malformed),
        (gzip.compress(b"x" * 1000, mtime=0)[:-1], "gzip", Malformed),
        (gzip.compress(b"x", mtime=0) + b"y", "gzip", Malformed),
        (b"x", "br", Unsupported),
    ],
    ids=["large", "bomb", "plain", "empty", "short", "trailing", "unknown"],
)
def test_a_refused_body_is_read_to_its_end(data, encoding, error):
    stream = io.BytesIO(data)
    with pytest.raises(error):
        bodies.read(stream, declared=None, encoding=encoding, limit=MB, inflated_limit=4 * MB)
    assert stream.read() == b""


def test_a_bomb_takes_no_memory():
    bomb = gzip.compress(bytes(200 * MB))
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            read(bomb, encoding="gzip")
        assert tracemalloc.get_traced_memory()[1] < 10 * MB
    finally:
        tracemalloc.stop()


@pytest.fixture(scope="module")
def server(make_sqlite_database):
    """Run the app under gunicorn; return its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = free.getsockname()
    settings = {
        "CMDB_SECRET_KEY": "an example secret key",
        "CMDB_MASTER_SECRET": MASTER_SECRET,
        "CMDB_SQLALCHEMY_DATABASE_URI": make_sqlite_database(),
    }
    bind = "{}:{}".format(*address)
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "--bind", bind, "cmdb_api:create_app()"],
        env=os.environ | settings,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(address):
                break
            time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def post(address, body, **headers):
    """Send a whole body, then read: what a simple client does."""
    connection = http.client.HTTPConnection(*address, timeout=60)
    with contextlib.closing(connection):
        connection.request("POST", "/api/v1/reports", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())


def good(address):
    status, result = post(address, json.dumps(make_report()).encode())
    assert (status, result["result"]) == (200, "unchanged")


@pytest.mark.parametrize("kind", ["application/x-ndjson", "text/plain"])
def test_a_client_that_sends_100_mb_reads_why_they_are_refused(server, kind):
    status, answer = post(server, bytes(100 * MB), **{"Content-Type": kind})
    expected = 415 if kind == "text/plain" else 413
    assert (status, answer["error"]["status"]) == (expected, expected)
    good(server)


def test_a_client_that_sends_100_mb_in_chunks_reads_why_they_are_refused(server):
    status, answer = post(server, (bytes(MB) for _ in range(100)))
    assert (status, answer["error"]["code"]) == (413, "too_large")
    assert "larger than 16777216 bytes" in answer["error"]["message"]
    good(server)


def test_a_gzip_bomb_is_refused_with_its_reason(server):
    bomb = gzip.compress(bytes(100 * MB))
    status, answer = post(server, bomb, **{"Content-Encoding": "gzip"})
    assert (status, answer["error"]["code"]) == (413, "too_large")
    good(server)


def test_a_chunked_report_is_recorded(server):
    body = json.dumps(make_report()).encode()
    status, result = post(server, iter([body[:10], body[10:]]))
    assert (status, result["result"]) == (200, "unchanged")


def test_deep_nesting_is_refused_with_its_reason(server):
    status, answer = post(server, b"[" * 10_000 + b"]" * 10_000)
    assert (status, answer["error"]["code"]) == (400, "malformed")
    good(server)
