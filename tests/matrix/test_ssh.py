"""salt-ssh to a real sshd; the target has nothing but the system's own python3."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jsonschema
import pytest

from tests.matrix.conftest import PROJECT, run
from tests.minion.schema import REPORT

pytestmark = pytest.mark.slow
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
SFTP = next(
    (
        p
        for p in ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server")
        if os.path.exists(p)
    ),
    "internal-sftp",
)


@pytest.fixture(scope="module")
def folder():
    """Return a folder with a short name that no other user can look into."""
    made = Path(tempfile.mkdtemp(prefix="cmdb-ssh-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def port(folder):
    """Start an sshd of our own on a free port of 127.0.0.1; return the port."""
    if SSHD is None:
        pytest.fail("sshd is missing; Debian: apt-get install openssh-server")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number = probe.getsockname()[1]
    for name in ("host", "key"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name)
    shutil.copy(folder / "key.pub", folder / "authorized_keys")
    settings = {
        "ListenAddress": f"127.0.0.1:{number}",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": folder / "pid",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "prohibit-password",
        "UsePAM": "no",
        # Where /tmp is everybody's, sshd would trust no key below it.
        "StrictModes": "no",
        "Subsystem": f"sftp {SFTP}",
    }
    lines = [f"{name} {value}" for name, value in settings.items()]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    if os.geteuid() == 0:
        # Debian's sshd drops its rights there.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with open(folder / "sshd.log", "wb") as log:
        daemon = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    _wait_for(number, daemon, folder / "sshd.log")
    yield number
    daemon.terminate()
    daemon.wait(10)


@pytest.fixture(scope="module")
def salt_ssh(folder, port):
    """Return a function that runs ``salt-ssh web01 ...`` and gives what the target returned."""
    files = folder / "files"
    shutil.copytree(PROJECT / "salt", files, ignore=shutil.ignore_patterns("__pycache__"))
    roster = {
        "web01": {
            "host": "127.0.0.1",
            "port": port,
            "user": getpass.getuser(),
            "priv": str(folder / "key"),
            "set_path": "/usr/sbin:/usr/bin:/sbin:/bin",
            "thin_dir": str(folder / "thin"),
            "minion_opts": {"cmdb": {"collectors": {"package": False}}},
        }
    }
    master = {
        "root_dir": str(folder / "root"),
        "file_roots": {"base": [str(files)]},
        "ssh_log_file": str(folder / "ssh.log"),
    }
    (folder / "roster").write_text(json.dumps(roster))
    (folder / "master").write_text(json.dumps(master))

    def call(*words):
        script = "import sys; from salt.scripts import salt_ssh; sys.exit(salt_ssh())"
        ended = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-c", script, "--config-dir", folder),
                *("--roster-file", folder / "roster", "--ignore-host-keys", "--out", "json"),
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


def _wait_for(number, daemon, log):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        assert daemon.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", number)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"sshd does not answer: {log.read_text()}")
