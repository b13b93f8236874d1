"""Whatever is not a PuppetDB's whole answer is told in one line, and ends the import with 2."""

import contextlib
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

JSON = "application/json;charset=utf-8"


@pytest.fixture
def database_url(make_sqlite_database):
    """Return the URL of a database; none of these tests gets as far as to write to it."""
    return make_sqlite_database()


@pytest.fixture
def serve():
    """Return a function that runs a web server with one answer to everything; gives its port."""
    with contextlib.ExitStack() as stack:

        def serve(status=200, body=b"[]", kind=JSON, *, context=None, length=None, **headers):
            class Handler(BaseHTTPRequestHandler):
                def do_POST(self):
                    self.rfile.read(int(self.headers["Content-Length"]))
                    seen.append(dict(self.headers))
                    self.send_response(status)
                    self.send_header("Content-Type", kind)
                    self.send_header("Content-Length", str(length or len(body)))
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(body)

                def log_message(self, *_args):
                    pass

            class Server(ThreadingHTTPServer):
                def handle_error(self, *_args):
                    """A client that breaks off is what some tests are about."""

            seen = []
            server = Server(("127.0.0.1", 0), Handler)
            server.seen = seen
            if context:
                server.socket = context.wrap_socket(server.socket, server_side=True)
            threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return server

        yield serve


def unreachable(result):
    """Return the one line that an import says which could not ask."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((401, b"Unauthorized", "text/plain"), "answered 401: it does not know who asks: give"),
        ((403, b"Permission denied", "text/plain"), "PuppetDB's certificate-allowlist names who"),
        ((404, b"<html>", "text/html"), "without a path, like https://puppetdb:8081"),
        ((302, b"", "text/html"), "answered 302: ''"),
        ((500, b'{"error": "no database"}', JSON), """answered 500: '{"error": "no database"}'"""),
        ((502, b"<html>\n<h1>Bad\tGateway", "text/html"), "answered 502: '<html> <h1>Bad Gateway'"),
        ((200, b"<html>Welcome", "text/html"), "answered text/html, is it PuppetDB? '<html>Welc"),
        ((200, b'[{"certname": "web', JSON), "the answer is damaged or cut off"),
        ((200, b'{"error": 1}', JSON), "the answer is not a list of objects"),
        ((200, b"[1]", JSON), "the answer is not a list of objects"),
        ((200, b'[{"name": "x"}]', JSON), "the answer lacks 'certname'"),
    ],
)
def test_an_answer_that_is_none_is_told(run, serve, answer, told):
    server = serve(*answer)
    line = unreachable(run("import", "puppetdb", f"http://127.0.0.1:{server.server_port}/"))
    assert line.startswith(f"Error: http://127.0.0.1:{server.server_port}")
    assert told in line


def test_an_answer_that_is_cut_off_is_told(run, serve):
    server = serve(body=b'[{"certname"', length=4000)
    line = unreachable(run("import", "puppetdb", f"http://127.0.0.1:{server.server_port}"))
    assert line.endswith("the answer was cut off after 12 bytes")


def test_a_port_where_nobody_listens_is_told(run):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        assert unreachable(run("import", "puppetdb", url)) == f"Error: {url}: Connection refused"


def test_a_server_that_keeps_silent_is_told(run):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        line = unreachable(run("import", "puppetdb", url, "--timeout", "1"))
    assert line == f"Error: {url}: no answer in time"


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("puppetdb:8081", "is no address like https://puppetdb.example.com:8081"),
        ("ftp://puppetdb", "is no address like"),
        ("http://[::1", "is no address like"),
        ("http://puppetdb:99999", "is no address like"),
        ("https://puppetdb?query=x", "is no address like"),
        ("https://me:secret@puppetdb", "use --token-file"),
        ("http://no-such-host.invalid", "the name can't be resolved"),
    ],
)
def test_a_wrong_address_is_told(run, url, told):
    line = unreachable(run("import", "puppetdb", url))
    assert told in line
    assert "secret" not in line


def test_a_certificate_of_another_ca_is_told(run, serve, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("another.example.com"))
    server = serve(context=context)
    url = f"https://127.0.0.1:{server.server_port}"
    line = unreachable(run("import", "puppetdb", url))
    assert line.endswith("unable to get local issuer certificate; --ca names the CA that signed it")
    assert run("import", "puppetdb", url, "--ca", authority.ca).exit_code == 0


def test_a_certificate_for_another_name_is_told(run, serve, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("another.example.com"))
    server = serve(context=context)
    url = f"https://localhost:{server.server_port}"
    line = unreachable(run("import", "puppetdb", url, "--ca", authority.ca))
    assert "Hostname mismatch, certificate is not valid for 'localhost'" in line


def test_https_to_a_port_of_plain_http_is_told(run, serve):
    url = f"https://127.0.0.1:{serve().server_port}"
    assert "is it the port for https://, " in unreachable(run("import", "puppetdb", url))


def test_a_server_that_wants_a_certificate_is_told(run, serve, authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("another.example.com"))
    context.load_verify_locations(authority.ca)
    context.verify_mode = ssl.CERT_REQUIRED
    server = serve(context=context)
    url = f"https://127.0.0.1:{server.server_port}"
    line = unreachable(run("import", "puppetdb", url, "--ca", authority.ca))
    # Some servers hang up before anybody has read why.
    assert "does it want --cert and --key?" in line or line.endswith("Connection reset by peer")
    cert, key = authority.issue("cmdb.example.com")
    options = ("--ca", authority.ca, "--cert", cert, "--key", key)
    assert run("import", "puppetdb", url, *options).exit_code == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--cert", "ca.pem"], "--cert and --key belong together"),
        (["--cert", "ca.pem", "--key", "ca.pem"], "can't be used"),
        (["--ca", "empty"], "can't be used"),
        (["--token-file", "empty"], "holds no token"),
    ],
)
def test_files_that_cannot_be_used_are_told(run, authority, options, told):
    (authority.folder / "empty").touch()
    options = [each if each.startswith("--") else authority.folder / each for each in options]
    line = unreachable(run("import", "puppetdb", "https://127.0.0.1:1", *options))
    assert told in line


def test_a_token_goes_along_and_is_never_told(run, serve, tmp_path):
    (tmp_path / "token").write_text("a-secret-token\n")
    server = serve(401, b"no", "text/plain")
    url = f"http://127.0.0.1:{server.server_port}"
    line = unreachable(run("import", "puppetdb", url, "--token-file", tmp_path / "token"))
    assert server.seen[0]["X-Authentication"] == "a-secret-token"
    assert server.seen[0]["Authorization"] == "Bearer a-secret-token"
    assert "a-secret-token" not in line


def test_a_token_is_not_sent_where_others_can_read_it(run, tmp_path):
    (tmp_path / "token").write_text("a-secret-token\n")
    line = unreachable(
        run("import", "puppetdb", "http://192.0.2.1", "--token-file", tmp_path / "token")
    )
    assert line.endswith("a token is sent over https:// only")


def test_a_proxy_of_the_environment_is_not_used(run, serve, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    server = serve()
    result = run("import", "puppetdb", f"http://127.0.0.1:{server.server_port}")
    assert (result.exit_code, result.stdout) == (0, "0 nodes: nothing to import.\n")


@pytest.mark.parametrize(
    "args",
    [[], ["http://127.0.0.1", "--limit-age", "soon"], ["http://127.0.0.1", "--cert", "/nowhere"]],
)
def test_wrong_arguments_are_told_with_the_usage(run, args):
    result = run("import", "puppetdb", *args)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage:")
