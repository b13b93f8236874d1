"""The wheel, installed in an environment of its own beside Salt, collects without a file root."""

import json
import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import jsonschema
import pytest

from tests.minion.schema import REPORT

PROJECT = Path(__file__).parents[2]
SOURCES = ("salt", "cmdb_agent", "cmdb_api", "setup.cfg", "pyproject.toml", "README.md", "LICENSE")


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    """Build the wheel from a copy: building leaves files in the tree."""
    tree = tmp_path_factory.mktemp("tree")
    ignore = shutil.ignore_patterns("__pycache__")
    for name in SOURCES:
        if (PROJECT / name).is_dir():
            shutil.copytree(PROJECT / name, tree / name, ignore=ignore)
        else:
            shutil.copy(PROJECT / name, tree / name)
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    ended = subprocess.run([*build, "-w", folder, tree], capture_output=True, text=True, cwd=folder)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory):
    """Return the bin folder of an environment with nothing but the wheel, and Salt beside it."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True, symlinks=True)
    python = folder / "bin/python"
    install = [python, "-m", "pip", "install", "--no-index", "--no-deps", wheel]
    subprocess.run(install, check=True, capture_output=True)
    # Salt and its dependencies are those of the tests: installing them anew takes minutes.
    (site,) = folder.glob("lib/python*/site-packages")
    beside = next(path for path in map(Path, sys.path) if (path / "salt/version.py").exists())
    (site / "beside.pth").write_text(f"{beside}\n")
    return folder / "bin"


def salt_call(environment, folder, *words, status=0):
    config = {"file_client": "local", "root_dir": str(folder), "id": "web01"}
    (folder / "minion").write_text(json.dumps(config))
    script = "import sys; from salt.scripts import salt_call; sys.exit(salt_call())"
    ended = subprocess.run(
        [
            environment / "python",
            *("-W", "ignore", "-c", script),
            *("--local", "--config-dir", folder, "--out", "json", *words),
        ],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"]},
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return json.loads(ended.stdout)["local"]


def test_the_wheel_holds_every_file_and_needs_nothing(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(next(n for n in names if n.endswith("METADATA"))).decode()
    for folder in ("salt", "cmdb_agent", "cmdb_api"):
        package = {"salt": "salt_cmdb"}.get(folder, folder)
        for path in (PROJECT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert f"{package}/{path.relative_to(PROJECT / folder)}" in names
    required = [line for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    assert required
    assert all("extra ==" in line for line in required)


def test_the_wheel_beside_salt_collects(environment, tmp_path):
    report = salt_call(environment, tmp_path, "cmdb.collect")
    jsonschema.validate(report, REPORT)
    assert report["via"] == "agent"
    assert report["sections"]["cpu"]["status"] == "ok"
    assert not [kind for kind, s in report["sections"].items() if s["status"] == "error"]


def test_a_collector_of_the_wheel_can_be_called_alone(environment, tmp_path):
    assert salt_call(environment, tmp_path, "cmdb_cpu.collect")


def test_the_state_of_the_wheel_is_found(environment, tmp_path):
    words = ("state.single", "cmdb.registered", "web01")
    (told,) = salt_call(environment, tmp_path, *words, status=1).values()
    assert told["result"] is False
    assert told["comment"].startswith("cmdb:url is not set")


def test_copies_synced_from_a_master_go_before_the_wheels(environment, tmp_path):
    synced = tmp_path / "var/cache/salt/minion/extmods"
    shutil.copytree(PROJECT / "salt/_modules", synced / "modules")
    shutil.copytree(PROJECT / "salt/_utils", synced / "utils")
    (synced / "utils/cmdb_version.py").write_text('VERSION = "99.synced"\n')
    report = salt_call(environment, tmp_path, "cmdb.collect", "cpu")
    assert report["version"] == "99.synced"


def test_a_collector_of_ones_own_is_found_beside_the_wheels(environment, tmp_path):
    modules = tmp_path / "var/cache/salt/minion/extmods/modules"
    shutil.copytree(PROJECT / "demo/salt/_modules", modules)
    section = salt_call(environment, tmp_path, "cmdb.collect", "role")["sections"]["role"]
    assert section["reason"] == "/etc/server-roles is not on this machine"


def test_the_wheel_beside_salt_installs_the_agent(environment, tmp_path):
    key = tmp_path / "key"
    key.write_text("0123456789abcdef" * 4)
    script = environment / "salt-call"
    script.write_text(
        f"#!{environment / 'python'}\nimport sys\nfrom salt.scripts import salt_call\n"
        "sys.exit(salt_call())\n"
    )
    script.chmod(0o755)
    where = ("--root", tmp_path / "root", "--url", "http://127.0.0.1:1", "--report")
    words = (*where, "--id", "web01", "--key-file", key)
    ended = subprocess.run(
        [environment / "python", "-m", "cmdb_agent", "install", *words],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    # Nobody listens there; all the rest is proved by the report that waits.
    assert "first report was not delivered: http://127.0.0.1:1/" in ended.stderr
    assert "report    spooled" in ended.stdout
