"""Exports over a real connection: nothing that broke off looks whole, and nothing stays behind."""

import contextlib
import http.client
import json
import os
import signal
import socket
import urllib.parse
from pathlib import Path

import pytest
from sqlalchemy import create_engine, insert, text

from cmdb_api.models import Asset
from tests.api.test_serve import answers, ask, group, start, token, until  # noqa: F401

# More than the buffers of a connection hold.
HOSTS, COMMENT = 1000, "a comment " * 1000
EXPORT = "/api/v1/exports/assets.jsonl"


@pytest.fixture
def database(empty_database_url):
    """Return a function that changes the database behind the server's back."""
    engine = create_engine(empty_database_url)

    def database(statement, rows=None):
        with engine.begin() as connection:
            connection.execute(text(statement) if isinstance(statement, str) else statement, rows)

    yield database
    engine.dispose()


@pytest.fixture
def server(start, token, database):  # noqa: F811
    """Serve a fleet whose export is large; return the process and the address."""
    names = [f"web{number:04}" for number in range(HOSTS)]
    rows = [{"hostname": n, "hostname_key": n, "short_key": n, "comment": COMMENT} for n in names]
    database(insert(Asset.__table__), rows)
    process, address = start("--workers", "1")
    until(lambda: answers(address))
    return process, address


@pytest.fixture
def begin(server, token):  # noqa: F811
    """Return a function that asks for an export and reads its head; the rest waits."""
    host, port = urllib.parse.urlsplit(server[1]).netloc.split(":")
    opened = []

    def begin():
        connection = http.client.HTTPConnection(host, int(port), timeout=20)
        connection.sock = socket.socket()
        connection.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        connection.sock.connect((host, int(port)))
        connection.request("GET", EXPORT, headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        opened.append((connection, answer))
        assert answer.status == 200
        return connection, answer

    yield begin
    for connection, answer in opened:
        answer.close()
        connection.close()


def spooled(process):
    """Return the processes of a server that hold exports in files without a name."""
    found = []
    for pid in group(process.pid):
        for file in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                gone = os.readlink(file).endswith("(deleted)")
                if gone and file.stat().st_size > len(COMMENT) * HOSTS:
                    found.append(pid)
    return found


def test_an_export_is_whole_or_an_error_and_stays_nowhere(server, begin, token, database):  # noqa: F811
    process, address = server
    status, body = ask(f"{address}{EXPORT}", token)
    assert (status, len(body.splitlines())) == (200, HOSTS)

    # The client goes away.
    connection, answer = begin()
    assert len(answer.read(1000)) == 1000
    assert len(spooled(process)) == 1
    answer.close()
    connection.close()
    until(lambda: not spooled(process))

    # Making it fails at the last of the assets.
    database("UPDATE asset SET expected = '[1]' WHERE hostname = 'web0999'")
    for form in ("xlsx", "csv", "jsonl"):
        columns = "?columns=hostname,expected.disk.count"
        status, body = ask(f"{address}/api/v1/exports/assets.{form}{columns}", token)
        assert (status, json.loads(body)["error"]["code"]) == (500, "internal_error"), form
    assert not spooled(process)

    # The server goes away.
    database("UPDATE asset SET expected = NULL")
    _, answer = begin()
    (worker,) = spooled(process)
    os.kill(worker, signal.SIGKILL)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()
