"""A real HTTP server that webhooks are posted to, a clock that is set by hand, a worker."""

import contextlib
import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from cmdb_api.models.types import now
from cmdb_api.worker import Worker

PATH = "/api/v1/subscriptions"
LOOPBACK = {"WEBHOOK_ALLOWED_NETWORKS": ["127.0.0.0/8"], "WEBHOOK_TIMEOUT_SECONDS": 2}


class Receiver:
    """Keeps what it took; ``answer(event)`` gives the status of each answer, or more of it."""

    def __init__(self):
        # What was answered 2xx, in order, and all that came: (path, headers, body).
        self.events, self.requests = [], []
        self.answer = lambda event: 204
        self.lock = threading.Lock()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told = receiver.take(self.path, dict(self.headers), body)
                status, headers, text = told if isinstance(told, tuple) else (told, {}, b"")
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {"Content-Length": str(len(text)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook?team=a"

    def take(self, path, headers, body):
        event = json.loads(body)
        told = self.answer(event)
        with self.lock:
            self.requests.append((path, headers, body))
            status = told[0] if isinstance(told, tuple) else told
            if status and 200 <= status < 300:
                self.events.append(event)
        return told

    def of(self, host):
        """Return what was told of a host: the firmware after each change."""
        return [e["after"]["firmware"] for e in self.events if e["host"] == host]


@contextlib.contextmanager
def running():
    """Run a receiver for as long as the context lasts."""
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.server.shutdown()
        receiver.server.server_close()
        thread.join()


class Clock:
    """A clock that is set by hand; it begins a moment ahead, so that all is due."""

    def __init__(self):
        self.now = now() + timedelta(seconds=1)

    def __call__(self):
        return self.now

    def goes(self, **length):
        self.now += timedelta(**length)


@pytest.fixture
def app(make_app, database_url):
    return make_app(database_url, **LOOPBACK)


@pytest.fixture
def receiver():
    with running() as receiver:
        yield receiver


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def worker(app, clock):
    return Worker(app, clock=clock)


@pytest.fixture
def admin(make_client):
    """Return a client that may do everything."""
    return make_client("admin")


@pytest.fixture
def subscribe(admin, receiver):
    """Return a function that makes a webhook to the receiver and gives what is told of it."""

    def subscribe(**more):
        given = {"name": "tickets", "type": "webhook", "url": receiver.url} | more
        answer = admin.post(PATH, json=given)
        assert answer.status_code == 201, answer.text
        return answer.json

    return subscribe


@pytest.fixture
def told(admin):
    """Return a function that gives what is told of the first subscription."""
    return lambda number=1: admin.get(f"{PATH}/{number}").json


@pytest.fixture
def change(post, make_report):
    """Return a function that reports another firmware of the one disk of some hosts."""
    numbers = iter(range(1, 10_000))

    def change(*hosts):
        number = next(numbers)
        disk = {"slot": "1", "serial": "EXAMPLE-0001", "firmware": f"FW{number}"}
        more = {"seq": number, "age_ms": 0}
        reports = [make_report(host, {"disk": [disk]}, **more) for host in hosts]
        assert {line["result"] for line in post(*reports)} == {"recorded"}
        return f"FW{number}"

    return change
