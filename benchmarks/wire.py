"""How many bytes a report of this machine is on the wire: the first one, and an unchanged one.

``python benchmarks/wire.py``, in the environment of ``make``. A real minion-side delivery posts
through a relay that counts to the real API under gunicorn; HTTP heads are counted too.
"""

import importlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
for folder in ("salt/_utils", "salt/_modules"):
    sys.path.insert(0, str(PROJECT / folder))

import cmdb_deliver  # noqa: E402
import cmdb_plugins  # noqa: E402
import cmdb_report  # noqa: E402
import cmdb_settings  # noqa: E402


def main():
    with tempfile.TemporaryDirectory() as folder, Api(folder) as api, Relay(api.port) as relay:
        settings = cmdb_settings.merged({"url": f"http://127.0.0.1:{relay.port}"})
        collectors = [
            cmdb_plugins.from_function(
                path.stem[len("cmdb_") :], importlib.import_module(path.stem).collect, settings
            )
            for path in sorted((PROJECT / "salt/_modules").glob("cmdb_*.py"))
        ]
        for name in ("first", "unchanged", "unchanged"):
            relay.sent = relay.received = 0
            report = cmdb_report.build("bench", collectors, via="agent", key=api.key)
            summary = cmdb_deliver.deliver(settings, f"{folder}/spool", report)
            items = sum(len(each.get("items", ())) for each in report["sections"].values())
            print(
                f"{name:<10} {summary['result']:<10} {items} items: "
                f"{relay.sent} bytes sent, {relay.received} bytes received"
            )


class Api:
    """The API on SQLite under gunicorn, for as long as the context lasts."""

    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "CMDB_SECRET_KEY": secrets.token_hex(),
            "CMDB_MASTER_SECRET": secrets.token_hex(),
            "CMDB_SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/cmdb.sqlite3",
        }

    def cmdb(self, *words):
        ended = subprocess.run(
            [sys.executable, "-m", "cmdb_api", *words],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return ended.stdout.strip()

    def __enter__(self):
        self.cmdb("db", "upgrade")
        self.key = self.cmdb("key", "bench")
        bind = ["--bind", f"127.0.0.1:{self.port}", "--workers", "1"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cmdb_api", "serve", *bind],
            env=self.environment,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit("the API did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


class Relay:
    """Pass connections on and count the bytes of both directions."""

    def __init__(self, to_port):
        self.to_port = to_port
        self.sent = self.received = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.to_port))
            for source, target, count in ((near, far, "sent"), (far, near, "received")):
                threading.Thread(
                    target=self._pass, args=(source, target, count), daemon=True
                ).start()

    def _pass(self, source, target, count):
        while data := source.recv(65536):
            setattr(self, count, getattr(self, count) + len(data))
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    main()
