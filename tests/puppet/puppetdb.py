"""A real PuppetDB for the tests: Debian's package ``puppetdb``, on a PostgreSQL of its own.

It listens on 127.0.0.1 alone: plain HTTP, as it does on its own host, and HTTPS that asks for a
client certificate of the CA.
"""

import contextlib
import ctypes
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, text

from tests import postgres

JAR = Path("/usr/share/puppetdb/puppetdb.jar")
START_SECONDS = 240
STORE_SECONDS = 30
# Whose certificates it lets in: the master, and the host of the API.
ALLOWED = ("master.example.com", "cmdb.example.com")


class PuppetDB:
    """A running PuppetDB: where it listens, and commands as the master's terminus sends them."""

    def __init__(self, folder, authority):
        self.folder, self.authority = folder, authority
        self.port, self.tls_port = _free_port(), _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.tls_url = f"https://127.0.0.1:{self.tls_port}"
        self.process = None

    def start(self, database):
        """Write its configuration and start it; returns when it answers."""
        for name, said in self._configuration(database).items():
            (self.folder / name).write_text(said)
        java = ["java", "-Xmx512m", "-XX:TieredStopAtLevel=1", "-cp", JAR, "clojure.main"]
        services = [
            "-m",
            "puppetlabs.puppetdb.core",
            "services",
            "--config",
            self.folder / "conf.d",
        ]
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                [*java, *services, "--bootstrap-config", "/etc/puppetdb/bootstrap.cfg"],
                cwd=self.folder, stdout=log, stderr=log, preexec_fn=_end_with_parent,
            )  # fmt: skip
        self._wait()

    def stop(self):
        if self.process:
            self.process.kill()
            self.process.wait(20)

    def replace_facts(self, certname, values, *, producer_timestamp):
        """Store a node's facts, as a master does when an agent asks it for a catalogue."""
        moment = producer_timestamp.isoformat().replace("+00:00", "Z")
        self._command(
            "replace_facts",
            5,
            {
                "certname": certname,
                "environment": "production",
                "values": values,
                "producer_timestamp": moment,
                "producer": "master.example.com",
            },
        )

    def deactivate(self, certname, *, producer_timestamp):
        """Deactivate a node, as ``puppet node deactivate`` does."""
        moment = producer_timestamp.isoformat().replace("+00:00", "Z")
        self._command("deactivate_node", 3, {"certname": certname, "producer_timestamp": moment})

    def delete(self, certname):
        """Forget a node altogether."""
        command = {"command": "delete", "version": 1, "payload": {"certname": certname}}
        self._ask("POST", "/pdb/admin/v1/cmd", command)

    def query(self, entity, query):
        """Return what the query API gives."""
        return self._ask("POST", f"/pdb/query/v4/{entity}", {"query": query})

    def memory_bytes(self):
        """Return the memory that the process has, bytes."""
        pages = Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGESIZE")

    def _command(self, command, version, payload):
        path = (
            f"/pdb/cmd/v1?command={command}&version={version}&certname={quote(payload['certname'])}"
        )
        path += f"&secondsToWaitForCompletion={STORE_SECONDS}"
        answer = self._ask("POST", path, payload)
        assert answer["processed"] is True, answer

    def _ask(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            connection.request(method, path, body and json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
            assert answer.status == 200, (answer.status, said)
            return json.loads(said)

    def _wait(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            # An empty database is made by it first; the query API answers once that is done.
            with contextlib.suppress(OSError, AssertionError, http.client.HTTPException):
                self._ask("GET", "/pdb/meta/v1/version")
                self.query("nodes", ["=", "certname", "nobody"])
                return
            time.sleep(0.2)
        raise RuntimeError(f"PuppetDB did not start: {(self.folder / 'log').read_text()[-4000:]}")

    def _configuration(self, database):
        for name in ("conf.d", "var"):
            (self.folder / name).mkdir()
        certificate, key = self.authority.issue("puppetdb.example.com")
        return {
            "conf.d/config.ini": f"[global]\nvardir = {self.folder}/var\n",
            "conf.d/database.ini": f"[database]\nsubname = {database}\n"
            "username = postgres\npassword = none\n",
            "conf.d/jetty.ini": "[jetty]\n"
            f"host = 127.0.0.1\nport = {self.port}\n"
            f"ssl-host = 127.0.0.1\nssl-port = {self.tls_port}\n"
            f"ssl-key = {key}\nssl-cert = {certificate}\nssl-ca-cert = {self.authority.ca}\n"
            "client-auth = want\n",
            "conf.d/puppetdb.ini": f"[puppetdb]\ncertificate-allowlist = {self.folder}/allowed\n",
            "allowed": "".join(f"{name}\n" for name in ALLOWED),
            "conf.d/auth.conf": Path("/etc/puppetdb/conf.d/auth.conf").read_text(),
        }


@contextlib.contextmanager
def server(folder, authority):
    """Run PuppetDB for as long as the context lasts; yield it."""
    if not JAR.exists():
        pytest.fail("PuppetDB is not installed: apt-get install puppetdb")
    port = _free_port()
    # Java speaks TCP to PostgreSQL; the tests' own server has a socket only.
    settings = (*postgres.SETTINGS, "listen_addresses=127.0.0.1", f"port={port}")
    with contextlib.ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(postgres, "SETTINGS", settings)
            sockets = stack.enter_context(postgres.server())
        _make_database(sockets, port)
        puppetdb = PuppetDB(folder, authority)
        stack.callback(puppetdb.stop)
        puppetdb.start(f"//127.0.0.1:{port}/puppetdb")
        yield puppetdb


def _make_database(sockets, port):
    url = f"postgresql+psycopg://postgres@/%s?host={sockets}&port={port}"
    for database, statement in (
        ("postgres", "CREATE DATABASE puppetdb TEMPLATE template0"),
        ("puppetdb", "CREATE EXTENSION pg_trgm"),
    ):
        engine = create_engine(url % database, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(statement))
        engine.dispose()


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _end_with_parent():
    # A session that is killed leaves no server behind either.
    ctypes.CDLL(None).prctl(postgres.PR_SET_PDEATHSIG, signal.SIGKILL)
