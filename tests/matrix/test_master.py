"""The master's side under the oldest Salt that is supported: keys, engine, runner."""

import getpass
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from processes import Processes, free_ports

from tests.matrix.conftest import PROJECT
from tests.reports import MASTER_SECRET
from tests.salt.conftest import Api, wait_until

pytestmark = pytest.mark.slow
SALT, PYTHON = "3006", "3.10"


@pytest.fixture
def folder():
    """Return a folder with a short name: a socket's path must fit in 107 bytes."""
    made = Path(tempfile.mkdtemp(prefix="cmdb-o-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def api(folder, make_postgres_database):
    api = Api(folder, make_postgres_database(tables=False))
    api.start()
    yield api
    api.stop()


@pytest.fixture
def run(folder, api, environment):
    """Run a master with engine and ext_pillar, and a minion; return what runs a command of Salt."""
    tools, ports = environment(SALT, PYTHON), free_ports(2)
    files = folder / "files"
    shutil.copytree(PROJECT / "salt", files, ignore=shutil.ignore_patterns("__pycache__"))
    texts = {"secret": MASTER_SECRET, "token": api.cmdb("token", "create", "--scope", "relay")}
    for name, text in texts.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    common = {"user": getpass.getuser(), "root_dir": str(folder / "root"), "log_level": "warning"}
    master = {
        "interface": "127.0.0.1",
        "publish_port": ports[0],
        "ret_port": ports[1],
        "auto_accept": True,
        "worker_threads": 2,
        "file_roots": {"base": [str(files)]},
        "module_dirs": [str(PROJECT / "salt")],
        "engines": [{"cmdb": {}}],
        "ext_pillar": [{"cmdb": True}],
        "cmdb": {"url": api.url, **{f"{name}_file": str(folder / name) for name in texts}},
    }
    minion = {
        "id": "web01",
        "master": "127.0.0.1",
        "master_port": ports[1],
        "publish_port": ports[0],
    }
    for name, content in (("master", master), ("minion", minion)):
        (folder / name).write_text(json.dumps({**common, **content}))
    settings = {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "HOME": str(folder),
        "PYTHONWARNINGS": "ignore",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    processes = Processes(folder, settings)

    def run(program, *words):
        argv = [str(tools / program), "-c", str(folder), "--out=json", *words]
        ended = subprocess.run(argv, capture_output=True, text=True, env=settings, timeout=120)
        try:
            told = json.loads(ended.stdout)
        except ValueError:
            told = None
        # Where it has no answer, Salt 3006 says so in words.
        return told if isinstance(told, dict) else {"said": ended.stdout + ended.stderr}

    try:
        for name in ("master", "minion"):
            processes.start(f"salt-{name}", [tools / f"salt-{name}", "-c", folder])
        wait_until(lambda: run("salt", "-t", "5", "web01", "test.ping").get("web01") is True, 90)
        run("salt", "web01", "saltutil.sync_all")
        yield run
    finally:
        processes.end()


def test_the_engine_and_the_runner_deliver(run, api):
    assert run("salt", "web01", "test.version")["web01"].startswith(SALT)
    report = run("salt", "web01", "cmdb.collect", "cpu", "host")["web01"]
    assert report["sig"]
    wait_until(lambda: api.report_id() == report["report_id"], 60)
    told = run("salt-run", "cmdb.collect", "only_missing=False", "kinds=cpu,nic", "timeout=30")
    assert told["hosts"] == {"web01": {"result": "recorded"}}
    summary = run("salt-run", "cmdb.coverage")
    assert summary["sources"][0]["hosts"] == {"accepted": 1}
    status = run("salt-run", "cmdb.status")
    assert (status["settings_problems"], status["last_error"]) == ([], None)
    assert status["last_success_at"]
