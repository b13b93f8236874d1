"""``cmdb serve`` as a process of its own: gunicorn, asked over a real connection."""

import contextlib
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import flask_migrate
import pytest

from cmdb_api.extensions import db
from cmdb_api.services.access import tokens
from tests.reports import MASTER_SECRET, make_report

PATIENCE = 20


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def ask(address, token=None, data=None, **headers):
    """Return the status and the body of an answer."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(address, data=data, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def until(condition):
    """Wait until a condition holds; fail where it never does."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def answers(address):
    with contextlib.suppress(OSError):
        return ask(f"{address}/healthz")[0] == 200
    return False


def group(pid):
    """Return the processes of a process group that still run."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat") as file:
            state, _, pgrp, *_ = file.read().rpartition(")")[2].split()
            if int(pgrp) == pid and state != "Z":
                found.append(int(name))
    return found


@pytest.fixture
def token(make_app, empty_database_url):
    """Upgrade the database and return a token."""
    with make_app(empty_database_url).app_context():
        flask_migrate.upgrade()
        _, text = tokens.create(db.session, name="anna", scope="read")
        db.session.commit()
        return text


@pytest.fixture
def start(empty_database_url, tmp_path):
    """Return a function that starts ``cmdb serve`` and gives the process and its address."""
    started = []

    def start(*args, port=None):
        port = port or free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith("CMDB_")}
        env |= {
            "CMDB_SECRET_KEY": "an example secret key",
            "CMDB_MASTER_SECRET": MASTER_SECRET,
            "CMDB_SQLALCHEMY_DATABASE_URI": empty_database_url,
        }
        command = [sys.executable, "-m", "cmdb_api", "serve", "--bind", f"127.0.0.1:{port}", *args]
        with open(tmp_path / "log", "w") as log:
            process = subprocess.Popen(command, env=env, stderr=log, start_new_session=True)
        started.append(process)
        return process, f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def log(tmp_path):
    return (tmp_path / "log").read_text


def test_a_report_goes_in_and_its_asset_comes_out(start, token, log):
    _, address = start("--workers", "2")
    until(lambda: answers(address))
    body = json.dumps(make_report("web01", {"disk": [{"slot": "1"}]})).encode()
    status, result = ask(
        f"{address}/api/v1/reports",
        data=gzip.compress(body),
        Content_Type="application/json",
        Content_Encoding="gzip",
    )
    assert (status, json.loads(result)["result"]) == (200, "recorded")
    status, asset = ask(f"{address}/api/v1/assets/web01", token)
    assert json.loads(asset)["components"]["disk"][0]["place"] == "1"
    status, error = ask(f"{address}/api/v1/assets/web01", "wrong")
    assert (status, json.loads(error)["error"]["code"]) == (401, "unauthorized")
    # One line an ingest is logged; requests are not, unless asked for.
    assert "recorded, 0 changes" in log()
    assert "GET /api" not in log()
    assert token not in log()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told_and_leaves_nothing(start, token, number):
    process, address = start("--workers", "2")
    until(lambda: answers(address))
    # Two workers of the server, and the one beside it.
    until(lambda: len(group(process.pid)) == 4)
    process.send_signal(number)
    assert process.wait(PATIENCE) == 0
    assert group(process.pid) == []
    with pytest.raises(OSError, match="refused"):
        ask(f"{address}/healthz")


def raw(address, path, body):
    """Send a chunked body as it is; return the status and the body of the answer."""
    host, port = address.removeprefix("http://").split(":")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=PATIENCE) as connection:
        connection.sendall(head.encode() + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


def test_a_broken_chunked_body_is_malformed_and_the_next_report_is_taken(start, token, log):
    _, address = start("--workers", "1")
    until(lambda: answers(address))
    for body in (
        b"ZZZ\r\nhello\r\n0\r\n\r\n",
        b"5\r\nhelloXX0\r\n\r\n",
        b"5\r\nhel",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"5;a\nb\r\nhello\r\n0\r\n\r\n",
    ):
        status, answer = raw(address, "/api/v1/reports", body)
        assert (status, json.loads(answer)["error"]["code"]) == (400, "malformed"), body
        good = json.dumps(make_report("web01", {"disk": [{"slot": "1"}]})).encode()
        good = f"{len(good):x}\r\n".encode() + good + b"\r\n0\r\n\r\n"
        status, answer = raw(address, "/api/v1/reports", good)
        assert (status, json.loads(answer)["id"]) == (200, "web01")
    assert "Traceback" not in log()


def test_it_does_not_start_on_a_database_without_tables(start, log):
    process, _ = start()
    assert process.wait(PATIENCE) == 1
    assert log() == "Error: the database has no tables yet; run: cmdb db upgrade\n"


def test_it_does_not_start_on_a_port_that_is_taken(start, token, log):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process, _ = start(port=port)
        assert process.wait(PATIENCE) == 1
    assert log() == f"Error: can't listen on 127.0.0.1:{port}: Address already in use\n"
