"""`make demo`: the whole path on an empty machine, and nothing left behind."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from pathlib import Path

import processes
import pytest

PROJECT = Path(__file__).parents[2]
DEMO = [sys.executable, PROJECT / "demo/demo.py"]


def running(folder):
    """Return the command lines of processes that have to do with a demo in this folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(folder / ".demo").encode() in told:
                found.append(told.partition(b"\0\0")[0])
    return found


@pytest.mark.slow
def test_the_demo_prints_the_recorded_change_and_leaves_nothing_behind():
    ended = subprocess.run([*DEMO, "--once"], capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "role web, owner: team-shop -> team-platform" in ended.stdout
    assert "Example 1, rack A-07, unit 12" in ended.stdout
    # What would need it running is not offered.
    assert "`make demo` alone stays up" in ended.stdout
    assert "curl" not in ended.stdout and "Ask Salt" not in ended.stdout
    assert running(PROJECT) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("when", "number"),
    [
        ("starting the API", signal.SIGINT),
        ("starting a Salt master", signal.SIGINT),
        ("editing", signal.SIGTERM),
        ("Running until", signal.SIGINT),
        ("Running until", signal.SIGKILL),
    ],
)
def test_an_interrupted_demo_leaves_nothing_behind(when, number):
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        for line in demo.stdout:
            if when.encode() in line:
                break
        time.sleep(0.3)
        demo.send_signal(number)
        demo.stdout.read()
        demo.wait(60)
    deadline = time.monotonic() + 30
    while running(PROJECT) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert running(PROJECT) == []


@pytest.mark.slow
def test_the_demo_opens_into_the_console_with_a_simulated_fleet():
    argv = [*DEMO, "--fleet", "12"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        try:
            told = ""
            for line in demo.stdout:
                told += line.decode()
                if "Running until" in told:
                    break
            url = re.search(r"Open the console\n  (\S+)", told)[1]
            password = re.search(r"password  (\S+)", told)[1]
            listed = in_console(url, "demo", password, "assets?query=tag:simulated")
            assert "sim-" in listed
            failing = in_console(url, "demo", password, "assets?query=fault:*")
            assert "sim-web-0005" in failing and "sim-web-0002" not in failing
            planned = in_console(url, "demo", password, "assets?query=state:planned")
            assert "sim-new-0001" in planned
            assert "The simulated servers go on reporting" in told
            # Their log, where what they would have to say goes.
            assert (PROJECT / ".demo/simulated.log").exists()
        finally:
            demo.send_signal(signal.SIGINT)
            rest = demo.stdout.read().decode()
    assert "demo: interrupted" in rest and "Traceback" not in rest
    assert running(PROJECT) == []


def in_console(url, name, password, path):
    """Log in to a console by its form; return a page."""
    cookies = urllib.request.HTTPCookieProcessor()
    browser = urllib.request.build_opener(cookies)
    with browser.open(f"{url}login") as page:
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())[1]
    form = {"csrf_token": token, "name": name, "password": password}
    with browser.open(f"{url}login", urllib.parse.urlencode(form).encode()) as page:
        assert not page.url.endswith("/login"), page.read().decode()
    with browser.open(url + path) as page:
        return page.read().decode()


@pytest.mark.slow
def test_a_second_demo_says_that_one_is_running():
    with subprocess.Popen(DEMO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as demo:
        demo.stdout.readline()
        second = subprocess.run([*DEMO, "--once"], capture_output=True, text=True, timeout=60)
        demo.send_signal(signal.SIGINT)
        demo.stdout.read()
    assert second.returncode != 0
    assert "another one is running" in second.stderr


@pytest.fixture
def plain_user():
    """Return a folder of user nobody with a copy of the project, as a clone would be."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    folder = Path(tempfile.mkdtemp(prefix="cmdb-clone-", dir="/tmp"))
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in listed.stdout.split("\0"):
        if name and (PROJECT / name).exists():
            (folder / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, folder / "clone" / name)
    nobody = pwd.getpwnam("nobody")
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs the system's Python")
def test_a_plain_user_without_a_compiler_runs_make_demo_from_an_empty_clone(plain_user):
    environment = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(plain_user),
        "CC": "/bin/false",
        **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
    }
    for _ in range(2):
        ended = subprocess.run(
            ["make", "demo", "ARGS=--once", "PYTHON=/usr/bin/python3"],
            cwd=plain_user / "clone", env=environment, user="nobody", group="nogroup",
            extra_groups=[], capture_output=True, text=True, timeout=900,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stdout + ended.stderr
        assert "role web, owner: team-shop -> team-platform" in ended.stdout
        assert running(plain_user / "clone") == []


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("no-such-python", "no-such-python is missing; install Python 3.11 or newer"),
        ("{folder}/old", "Python 3.11 or newer is needed"),
        ("{folder}/bare", "has no venv module; Debian: apt-get install python3-venv"),
    ],
)
def test_what_is_missing_is_named_in_one_line(tmp_path, python, says):
    script = "#!/bin/sh\ncase \"$*\" in {pattern}) exit 1;; *-V*) echo 'Python 3.8.1';; esac\n"
    for name, pattern in (("old", "*version_info*"), ("bare", "*ensurepip*")):
        (tmp_path / name).write_text(script.replace("{pattern}", pattern))
        (tmp_path / name).chmod(0o755)
    ended = subprocess.run(
        [PROJECT / "requirements/install.sh", python.format(folder=tmp_path), tmp_path / "venv"],
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 1
    (line,) = ended.stderr.splitlines()
    assert says in line


def test_processes_end_with_everything_they_started(tmp_path):
    group = processes.Processes(tmp_path, dict(os.environ))
    started = group.start("parent", ["sh", "-c", "sleep 600 & sleep 600"])
    time.sleep(0.2)
    with pytest.raises(processes.Failed, match="did not end in"):
        group.run(["sleep", "600"], limit_seconds=0.1)
    os.killpg(started.pid, 0)
    group.end()
    with pytest.raises(ProcessLookupError):
        os.killpg(started.pid, 0)


def test_a_program_that_ends_by_itself_is_told_with_its_log(tmp_path):
    group = processes.Processes(tmp_path, dict(os.environ))
    group.start("api", ["sh", "-c", "echo address in use >&2; exit 1"])
    deadline = time.monotonic() + 10
    with pytest.raises(processes.Failed, match="api ended by itself:\naddress in use"):
        while time.monotonic() < deadline:
            group.check()
            time.sleep(0.05)
    group.end()


def test_a_program_that_fails_is_told_with_what_it_said(tmp_path):
    group = processes.Processes(tmp_path, dict(os.environ))
    with pytest.raises(processes.Failed, match="failed: no such table"):
        group.run(["sh", "-c", "echo no such table >&2; exit 3"])
    assert group.running == []
