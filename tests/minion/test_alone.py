"""All collectors on this machine by plain Python: no process started, every Python from 3.9 on."""

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cmdb_canonical as canonical
import jsonschema
import pytest

from tests.minion.schema import REPORT

PROGRAM = Path(__file__).parent / "report_alone.py"


def report_of(ended):
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    jsonschema.validate(report, REPORT)
    for kind, section in report["sections"].items():
        assert section["status"] in ("ok", "unavailable", "disabled"), (kind, section)
        if "items" in section:
            assert section["digest"] == canonical.digest(section["items"], section["key"])
    return report


def test_no_collector_starts_a_process(tmp_path):
    trace = tmp_path / "trace"
    calls = "trace=execve,fork,vfork,clone,clone3,?access,?faccessat,?stat,?newfstatat"
    ended = subprocess.run(
        ["strace", "-f", "-qq", "-o", trace, "-e", calls, sys.executable, PROGRAM],
        capture_output=True,
        text=True,
    )
    report = report_of(ended)
    assert report["sections"]["package"]["status"] == "ok"
    before, mark, after = trace.read_text().partition("/collectors-begin-here")
    assert mark
    assert "execve(" in before
    # A thread is no process.
    started = re.findall(r"^\d+ +(?:execve|v?fork|clone3?)\((?!.*CLONE_THREAD).*$", after, re.M)
    assert started == []


def pythons():
    """Return the interpreters of this machine by version, from 3.9 on."""
    found = {}
    for minor in range(9, 15):
        candidates = [shutil.which(f"python3.{minor}")]
        candidates += sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3"))
        for path in filter(None, candidates):
            said = subprocess.run([path, "-V"], capture_output=True, text=True)
            if said.returncode == 0 and f"3.{minor}." in said.stdout:
                found[f"3.{minor}"] = path
    return found


@pytest.mark.slow
@pytest.mark.parametrize("version", [f"3.{minor}" for minor in range(9, 15)])
def test_every_python_collects_the_same(version):
    if version not in pythons():
        pytest.skip(f"no Python {version} on this machine")
    ended = subprocess.run(
        [pythons()[version], "-W", "error", PROGRAM], capture_output=True, text=True
    )
    own = subprocess.run([sys.executable, PROGRAM], capture_output=True, text=True)
    digests = [
        {
            kind: section.get("digest")
            for kind, section in report_of(each)["sections"].items()
            # Other programs open and close sockets meanwhile.
            if kind != "socket"
        }
        for each in (ended, own)
    ]
    assert digests[0] == digests[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs the system's Python")
def test_a_plain_user_collects_what_it_may_read(tmp_path_factory):
    project = PROGRAM.parents[2]
    folder = Path("/tmp") / f"cmdb-alone-{os.getpid()}"
    try:
        shutil.copytree(project / "salt", folder / "salt")
        (folder / "tests/minion").mkdir(parents=True)
        shutil.copy(PROGRAM, folder / "tests/minion")
        ended = subprocess.run(
            ["/usr/bin/python3", folder / "tests/minion" / PROGRAM.name],
            user=pwd.getpwnam("nobody").pw_uid,
            extra_groups=[],
            capture_output=True,
            text=True,
            cwd="/",
        )
        assert report_of(ended)["sections"]["package"]["status"] == "ok"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
