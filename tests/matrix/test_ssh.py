"""salt-ssh to a real sshd; the target has nothing but the system's own python3."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import jsonschema
import pytest

from tests import sshd
from tests.matrix.conftest import PROJECT
from tests.minion.schema import REPORT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder():
    """Return a folder with a short name that no other user can look into."""
    made = Path(tempfile.mkdtemp(prefix="cmdb-ssh-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def port(folder):
    with sshd.running(folder) as port:
        yield port


@pytest.fixture(scope="module")
def salt_ssh(folder, port):
    """Return a function that runs ``salt-ssh web01 ...`` and gives what the target returned."""
    files = folder / "files"
    shutil.copytree(PROJECT / "salt", files, ignore=shutil.ignore_patterns("__pycache__"))
    options = {"cmdb": {"collectors": {"package": False}}}
    roster = {"web01": sshd.entry(folder, port, "web01", minion_opts=options)}
    master = {
        "root_dir": str(folder / "root"),
        "file_roots": {"base": [str(files)]},
        "module_dirs": [str(PROJECT / "salt")],
        "ssh_log_file": str(folder / "ssh.log"),
    }
    (folder / "roster").write_text(json.dumps(roster))
    (folder / "master").write_text(json.dumps(master))

    def call(*words):
        script = "import sys; from salt.scripts import salt_ssh; sys.exit(salt_ssh())"
        ended = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-c", script, "--config-dir", folder),
                *("--roster-file", folder / "roster", "--out", "json"),
                *("web01", *words),
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            cwd=folder,
            timeout=240,
        )
        said = ended.stdout + ended.stderr + (folder / "sshd.log").read_text()
        assert ended.returncode == 0, said
        return json.loads(ended.stdout)["web01"]

    return call


def test_collect_gives_a_valid_report(salt_ssh):
    report = salt_ssh("cmdb.collect")
    jsonschema.validate(report, REPORT)
    assert report["id"] == "web01"
    assert "sig" not in report
    for kind, section in report["sections"].items():
        assert section["status"] in ("ok", "unavailable", "disabled"), (kind, section)
    assert report["sections"]["cpu"]["items"]
    # Settings reach such a target through the roster.
    assert report["sections"]["package"] == {"status": "disabled"}


def test_one_kind_is_asked_for_alone(salt_ssh):
    assert list(salt_ssh("cmdb.collect", "host")["sections"]) == ["host"]


def test_the_target_uses_the_systems_python(salt_ssh):
    said = salt_ssh("grains.item", "pythonexecutable")
    assert said["pythonexecutable"].startswith("/usr/bin/python3")


def test_other_functions_are_the_targets_own(salt_ssh, folder):
    """A wrapper of the same name hides none of them."""
    assert salt_ssh("cmdb.plugins")["package"]["enabled"] is False
    status = salt_ssh("cmdb.status")
    assert (status["id"], status["url"], status["has_key"]) == ("web01", None, False)
    captured = salt_ssh("cmdb.capture", str(folder / "bundle.json"), "host")
    assert captured["kinds"] == {"host": "ok"}
    assert (folder / "bundle.json").exists()


def test_a_report_without_a_masters_settings_says_what_is_missing(salt_ssh):
    said = salt_ssh("cmdb.report", "host")
    assert said["result"] == "failed"
    assert said["kinds"] == {"host": "ok"}
    assert said["error"] == "cmdb:secret_file is not set in the master's configuration"
