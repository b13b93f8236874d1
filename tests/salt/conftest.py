"""A real Salt master and minion, and the real API under gunicorn on PostgreSQL."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.reports import MASTER_SECRET

PROJECT = Path(__file__).parents[2]
MINION = "web01"
# Not our own modules' business, and slow.
QUIET = {"log_level": "error", "log_level_logfile": "info"}


@pytest.fixture(scope="session")
def short_folder():
    """Return a folder with a short name: a socket's path must fit in 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix="cmdb-", dir="/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def salt_factories_config(short_folder):
    return {"root_dir": short_folder / "salt"}


@pytest.fixture(scope="session")
def file_root(short_folder):
    """Return a copy of our file root that tests may change, with the demo's collector."""
    root = short_folder / "files"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(PROJECT / "salt", root, ignore=ignore)
    shutil.copytree(PROJECT / "srv_salt", root, ignore=ignore, dirs_exist_ok=True)
    shutil.copytree(PROJECT / "demo/salt", root, ignore=ignore, dirs_exist_ok=True)
    return root


class Pillar:
    """The pillar `cmdb:` of the minion; ``set`` changes it and makes the minion see it."""

    def __init__(self, folder):
        self.folder = folder
        self.base = {}
        self.refresh = None
        folder.mkdir()
        (folder / "top.sls").write_text(json.dumps({"base": {"*": ["cmdb"]}}))
        self.write()

    def write(self, **settings):
        content = {"cmdb": {**self.base, **settings}}
        (self.folder / "cmdb.sls").write_text(json.dumps(content))

    def set(self, **settings):
        self.write(**settings)
        self.refresh()


@pytest.fixture(scope="session")
def pillar_files(short_folder):
    return Pillar(short_folder / "pillar")


@pytest.fixture(scope="session")
def master(salt_factories, file_root, pillar_files):
    factory = salt_factories.salt_master_daemon(
        "master",
        overrides={
            **QUIET,
            "worker_threads": 3,
            "file_roots": {"base": [str(file_root)]},
            "pillar_roots": {"base": [str(pillar_files.folder)]},
        },
    )
    with factory.started():
        yield factory


@pytest.fixture(scope="session")
def roles(short_folder):
    """Return the small file that the demo's collector reads."""
    return short_folder / "roles"


@pytest.fixture(scope="session")
def minion(master, roles):
    factory = master.salt_minion_daemon(
        MINION,
        overrides={
            **QUIET,
            "cmdb": {"collectors": {"role": {"path": str(roles)}}},
        },
    )
    with factory.started():
        yield factory


@pytest.fixture(scope="session")
def salt_cli(master):
    return master.salt_cli()


@pytest.fixture(scope="session")
def salt(salt_cli, minion, pillar_files, api):
    """Return a function that runs `salt web01 ...` and gives what the minion returned."""

    def salt(function, /, *words, **options):
        ended = salt_cli.run(function, *words, minion_tgt=MINION, **options)
        assert ended.data is not None, ended.stdout + ended.stderr
        return ended.data

    pillar_files.base = {"url": api.url, "key": api.key(MINION)}
    pillar_files.refresh = lambda: salt("saltutil.refresh_pillar", wait=True)
    pillar_files.set()
    salt("saltutil.sync_all")
    return salt


@pytest.fixture
def pillar(pillar_files, salt):
    """Return the minion's pillar; what a test sets in it is taken back."""
    yield pillar_files
    pillar_files.set()


class Api:
    """The API as a process of its own; can be ended and started again."""

    def __init__(self, folder, database_url):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.url = f"http://{self.address}"
        self.log = folder / "api.log"
        self.process = None
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "CMDB_SECRET_KEY": "an example secret key",
            "CMDB_MASTER_SECRET": MASTER_SECRET,
            "CMDB_SQLALCHEMY_DATABASE_URI": database_url,
        }
        self.cmdb("db", "upgrade")
        self.token = self.cmdb("token", "create", "--scope", "admin")

    def cmdb(self, *words):
        """Run the command `cmdb` and return its output."""
        ended = subprocess.run(
            [sys.executable, "-m", "cmdb_api", *words],
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return ended.stdout.strip()

    def key(self, host):
        return self.cmdb("key", host)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cmdb_api", "serve", "--bind", self.address],
                env=self.environment,
                stdout=log,
                stderr=log,
            )
        wait_until(self.healthy)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(20) == 0, self.log.read_text()

    def healthy(self):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return self.get("/healthz")["status"] == "ok"
        except OSError:
            return False

    def get(self, path):
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def asset(self, hostname=MINION):
        """Return the asset, None where the API does not know it."""
        try:
            return self.get(f"/api/v1/assets/{hostname}")
        except urllib.error.HTTPError as error:
            with error:
                assert error.code == 404
                return None

    def report_id(self):
        """Return the id of the newest report, None where there is none."""
        asset = self.asset()
        return asset["last_report"]["report_id"] if asset and asset["last_report"] else None

    def changes(self, **filters):
        query = "&".join(f"{name}={value}" for name, value in filters.items())
        return self.get(f"/api/v1/changes?{query}")["items"]


@pytest.fixture(scope="session")
def api(make_postgres_database, short_folder):
    api = Api(short_folder, make_postgres_database(tables=False))
    api.start()
    yield api
    if api.process.poll() is None:
        api.stop()


def wait_until(ready, limit_seconds=30):
    """Return what ``ready()`` gives as soon as it is true; fail after the limit."""
    deadline = time.monotonic() + limit_seconds
    while time.monotonic() < deadline:
        if value := ready():
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited {limit_seconds} s in vain")
