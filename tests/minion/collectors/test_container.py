"""Containers: a hand-made answer of an engine, and a small engine to ask."""

import http.server
import json
import socketserver
import threading

import cmdb_container as container
import cmdb_source as source
import pytest

WEB = {
    "Id": "0123abcd" * 8,
    "Names": ["/app/link", "/web"],
    "Image": "nginx:1.27",
    "ImageID": "sha256:" + "ab" * 32,
    "Command": "/entry.sh --password=hunter2",
    "Created": 1767225600,
    "State": "running",
    "Status": "Up 3 hours (health: starting)",
    "Ports": [
        {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
        {"PrivatePort": 443, "Type": "tcp"},
    ],
    "Labels": {"com.docker.compose.project": "shop"},
    "Mounts": [
        {"Type": "volume", "Name": "data", "Source": "/var/x", "Destination": "/data"},
        {"Type": "bind", "Source": "/srv", "Destination": "/srv"},
    ],
    "NetworkSettings": {"Networks": {"front": {}, "back": None}},
}
POD = {**WEB, "Names": ["/k8s_x"], "Labels": {"io.kubernetes.pod.uid": "1"}}


def test_an_engine_s_answer_becomes_items():
    assert container.parse(json.dumps([WEB, POD]), "docker") == [
        {
            "engine": "docker",
            "name": "web",
            "image": "nginx:1.27",
            "image_id": "sha256:" + "ab" * 32,
            "id": "0123abcd" * 8,
            "state": "running",
            "health": "starting",
            "status": "Up 3 hours (health: starting)",
            "created_at": "2026-01-01T00:00:00Z",
            "command": "/entry.sh",
            "ports": ["0.0.0.0:8080->80/tcp", "443/tcp", "[::]:8080->80/tcp"],
            "networks": ["back", "front"],
            "mounts": ["/srv:/srv", "data:/data"],
            "project": "shop",
        }
    ]


def test_no_containers_are_none():
    assert container.parse("[]", "podman") == []


@pytest.mark.parametrize("said", ["", "[{", '{"message": "no such path"}', "[1]", "null"])
def test_any_other_answer_is_an_error(said):
    with pytest.raises(source.ParseError):
        container.parse(said, "docker")


@pytest.fixture
def engine(tmp_path):
    """Return the path of a socket where a small engine answers."""

    class Answer(http.server.BaseHTTPRequestHandler):
        status = 200

        def do_GET(self):
            assert self.path == "/containers/json?all=1"
            body = json.dumps([WEB]).encode()
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self):
            return "local"

        def log_message(self, *words):
            pass

    path = str(tmp_path / "engine.sock")
    with socketserver.UnixStreamServer(path, Answer) as server:
        server.status = 200
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def collect(path):
    source.begin(source.Task({"sockets": {path: "docker"}}))
    try:
        return container.collect()
    finally:
        source.begin(None)


def test_an_engine_is_asked_through_its_socket(engine):
    assert [item["name"] for item in collect(engine.server_address)] == ["web"]


def test_an_engine_that_refuses_is_an_error(engine):
    engine.status = 500
    with pytest.raises(source.CollectorError, match="HTTP 500"):
        collect(engine.server_address)


def test_a_machine_without_an_engine_is_unavailable(machine):
    with pytest.raises(source.Unavailable):
        container.collect()


def test_an_engine_that_does_not_listen_is_an_error(tmp_path):
    (tmp_path / "dead.sock").write_text("")
    with pytest.raises(source.CollectorError, match=r"dead\.sock"):
        collect(str(tmp_path / "dead.sock"))
