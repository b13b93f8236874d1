"""Containers: hand-made answers of engines, and small engines to ask."""

import http.server
import json
import socketserver
import threading

import cmdb_container as container
import cmdb_containerd as containerd
import cmdb_dockerd as dockerd
import cmdb_grpc as grpc
import cmdb_protobuf as protobuf
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


def collect(path, engine="docker", **options):
    source.begin(source.Task({"sockets": {path: engine}, **options}))
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


def test_no_secret_of_a_container_gets_into_a_bundle():
    labels = {**WEB["Labels"], "auth": "hunter2"}
    kept = dockerd.reduced(json.dumps([{**WEB, "Labels": labels, "Env": ["A=hunter2"]}]))
    assert "hunter2" not in kept
    assert container.parse(kept, "docker") == container.parse(json.dumps([WEB]), "docker")


def test_podman_s_command_is_a_list():
    kept = dockerd.reduced(json.dumps([{**WEB, "Command": ["/entry.sh", "--password=hunter2"]}]))
    assert container.parse(kept, "podman")[0]["command"] == "/entry.sh"


def varint(number):
    """Return a number as protocol buffers write it."""
    low, rest = number & 0x7F, number >> 7
    return bytes([low | 0x80]) + varint(rest) if rest else bytes([low])


def message(*fields):
    """Return a message of (number, value); a value is a number, a text or a message."""
    found = b""
    for number, value in fields:
        if isinstance(value, int):
            found += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            found += varint(number << 3 | 2) + varint(len(value)) + value
    return found


def label(name, value):
    return (2, message((1, name), (2, value)))


SPECIFICATION = {
    "process": {"args": ["/bin/app", "--password=hunter2"], "env": ["A=hunter2"]},
    "mounts": [
        {"type": "bind", "source": "/srv", "destination": "/data"},
        {"type": "proc", "source": "proc", "destination": "/proc"},
    ],
}
APP = message(
    (1, "0123abcd"),
    label("nerdctl/name", "app"),
    label("com.docker.compose.project", "shop"),
    (3, "example.com/app:1"),
    (5, message((1, "types.containerd.io"), (2, json.dumps(SPECIFICATION)))),
    (8, message((1, 1767225600), (2, 5))),
)
BARE = message((1, "bare"), (3, "example.com/bare:1"))
IN_POD = message(
    (1, "ffff"),
    label("io.kubernetes.pod.uid", "1"),
    label("io.kubernetes.pod.namespace", "team"),
    label("io.kubernetes.pod.name", "web-0"),
    label("io.kubernetes.container.name", "web"),
)
OLD_IN_POD = IN_POD.replace(b"ffff", b"eeee") + message((8, message((1, 1767220000))))
IN_POD += message((8, message((1, 1767225600))))
SANDBOX = message((1, "pause"), label("io.cri-containerd.kind", "sandbox"))
ANSWERS = {
    ("Namespaces", ""): message(*((1, message((1, n))) for n in ("default", "moby", "k8s.io"))),
    ("Containers", "default"): message((1, APP), (1, BARE)),
    ("Containers", "k8s.io"): message((1, OLD_IN_POD), (1, IN_POD), (1, SANDBOX)),
    ("Tasks", "default"): message((1, message((1, "0123abcd"), (3, 4711), (4, 2)))),
    ("Images", "default"): message(
        (1, message((1, "example.com/app:1"), (3, message((2, "sha256:" + "cd" * 32)))))
    ),
}
# "grpc-status" and "grpc-message" in HPACK's own code, as servers send them.
STATUS = bytes.fromhex("40 88 9acac8b21234da8f")
MESSAGE = bytes.fromhex("40 89 9acac8b5254207317f")
DONE = STATUS + b"\x01" + b"0"


def frame(kind, flags, stream, payload=b""):
    return (
        len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload
    )


def good(stream, answer):
    """Return the frames of a good answer, in two pieces and with what a server says besides."""
    body = b"\0" + len(answer).to_bytes(4, "big") + answer
    return b"".join(
        [
            frame(6, 0, 0, b"12345678"),
            frame(1, 4, stream, b"\x20\x88"),
            frame(0, 8, stream, b"\x03" + body[:7] + b"\0\0\0"),
            frame(0, 0, stream, body[7:]),
            frame(1, 1, stream, DONE[:4]),
            frame(9, 4, stream, DONE[4:]),
        ]
    )


@pytest.fixture
def grpc_engine(tmp_path):
    """Return a server at a socket that answers each question by ``answer(stream, message)``."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.read(24)
            self.wfile.write(frame(4, 0, 0, b"\0\x03\0\0\0\x64"))
            asked = b""
            while len(head := self.rfile.read(9)) == 9:
                payload = self.rfile.read(int.from_bytes(head[:3], "big"))
                asked = payload if head[3] == 1 else asked
                if head[3] == 0:
                    service = asked.partition(b".v1.")[2].partition(b"/")[0].decode()
                    space = asked.partition(b"containerd-namespace")[2][1:].decode()
                    stream = int.from_bytes(head[5:], "big")
                    self.wfile.write(self.server.answer(stream, ANSWERS.get((service, space), b"")))

    path = str(tmp_path / "containerd.sock")
    with socketserver.UnixStreamServer(path, Talk) as server:
        server.answer = good
        # That a client hung up is what some tests are about.
        server.handle_error = lambda *_: None
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_containerd_is_asked_through_its_socket(grpc_engine):
    app, bare = collect(grpc_engine.server_address, "containerd")
    assert app == {
        "engine": "containerd",
        "name": "app",
        "image": "example.com/app:1",
        "image_id": "sha256:" + "cd" * 32,
        "id": "0123abcd",
        "state": "running",
        "created_at": "2026-01-01T00:00:00Z",
        "command": "/bin/app",
        "mounts": ["/srv:/data"],
        "project": "shop",
    }
    assert (bare["name"], bare["state"], bare["command"]) == ("bare", "created", None)


def test_containers_of_pods_are_shown_where_the_settings_say_so(grpc_engine):
    items = collect(grpc_engine.server_address, "containerd", kubernetes=True)
    assert [(item["name"], item["id"]) for item in items[2:]] == [
        ("k8s.io/team/web-0/web", "ffff"),
        ("k8s.io/team/web-0/web #2", "eeee"),
    ]


def test_no_secret_of_a_specification_gets_into_a_bundle(grpc_engine):
    told = containerd.ask(grpc_engine.server_address, 5)
    assert "hunter2" not in json.dumps(told)


def test_an_error_of_the_service_is_told_in_its_words(grpc_engine):
    # "5" and "not here" in HPACK's own code.
    said = STATUS + b"\x01" + b"5" + MESSAGE + bytes([0x86]) + bytes.fromhex("a8e95272d85f")
    grpc_engine.answer = lambda stream, _: frame(1, 5, stream, said)
    with pytest.raises(source.CollectorError, match="gRPC status 5: not here"):
        collect(grpc_engine.server_address, "containerd")


@pytest.mark.parametrize(
    "answer",
    [
        lambda stream, _: frame(3, 0, stream, b"\0\0\0\x02"),
        lambda stream, _: frame(7, 0, 0, b"\0" * 8),
        lambda stream, _: frame(1, 5, stream, b"\x8d"),
        lambda stream, _: frame(1, 5, stream, STATUS),
        lambda stream, _: frame(1, 5, stream, DONE),
        lambda stream, _: frame(0, 1, stream, b"\0\0\0\0\0"),
        lambda stream, _: b"HTTP/1.1 400 Bad Request\r\n\r\n",
        lambda stream, _: good(stream, b"\x0a\xff"),
        lambda stream, _: good(stream, b"\x0b"),
    ],
    ids=["reset", "goaway", "404", "cut", "empty", "no status", "http/1", "cut message", "group"],
)
def test_any_other_answer_of_containerd_is_an_error(grpc_engine, answer):
    grpc_engine.answer = answer
    with pytest.raises(source.CollectorError):
        collect(grpc_engine.server_address, "containerd")


def test_a_message_s_fields_of_each_type_are_read():
    said = message((1, 300), (2, "a")) + b"\x19" + b"\x01" + bytes(7) + b"\x25" + b"\x02" + bytes(3)
    assert protobuf.fields(said) == {1: [300], 2: [b"a"], 3: [1], 4: [2]}


def test_two_sockets_of_one_engine_share_its_names(engine, tmp_path):
    other = tmp_path / "other.sock"
    other.symlink_to(engine.server_address)
    source.begin(source.Task({"sockets": {engine.server_address: "docker", str(other): "docker"}}))
    try:
        assert [item["name"] for item in container.collect()] == ["web", "web #2"]
    finally:
        source.begin(None)


def test_a_header_s_text_in_the_code_of_hpack():
    assert grpc.unpacked(bytes.fromhex("f1e3c2e5f23a6ba0ab90f4ff")) == "www.example.com"
