"""The door to the machine: bounded in time and size, and clear about what is missing."""

import os
import signal
import subprocess
import sys
import time

import cmdb_source as source
import pytest


@pytest.fixture
def task():
    """Return a task that runs within the test only."""
    started = source.Task({"path": "/srv"}, limit_seconds=5)
    token = source._task.set(started)
    yield started
    source._task.reset(token)


def all_processes():
    """Return the ids of all processes."""
    return {int(pid) for pid in os.listdir("/proc") if pid.isdigit()}


def zombies():
    """Return our own children that have ended and were not waited for."""
    found = []
    for pid in all_processes():
        try:
            with open(f"/proc/{pid}/stat") as file:
                state, parent = file.read().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state == "Z" and int(parent) == os.getpid():
            found.append(pid)
    return found


def processes_named(mark):
    found = []
    for pid in all_processes():
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                words = file.read()
        except OSError:
            continue
        if mark.encode() in words:
            found.append(pid)
    return found


def test_a_file_that_is_not_there_reads_as_none(task, tmp_path):
    assert source.read(str(tmp_path / "none")) is None
    assert task.lines() == []


def test_a_file_that_may_not_be_read_is_none_and_noted(task):
    assert source.read("/proc/1/root/etc/../../../proc/self/mem") is None
    assert len(task.lines()) == 1


def test_what_is_needed_and_not_there_is_unavailable(tmp_path):
    with pytest.raises(source.Unavailable, match="is not on this machine"):
        source.need(str(tmp_path / "none"))


def test_bytes_that_are_not_utf8_are_replaced(tmp_path):
    (tmp_path / "odd").write_bytes(b"a\xffb")
    assert source.read(str(tmp_path / "odd")) == "a\ufffdb"


def test_a_file_past_the_bound_is_not_read(task, tmp_path, monkeypatch):
    monkeypatch.setattr(source, "MAX_BYTES", 10)
    (tmp_path / "big").write_bytes(b"x" * 11)
    assert source.read(str(tmp_path / "big")) is None
    assert "larger than 10 bytes" in task.lines()[0]


def test_problems_are_bounded_and_counted(task):
    for number in range(source.MAX_PROBLEMS + 3):
        source.problem(f"line {number}")
    assert task.lines()[-1] == "3 more problems"
    assert len(task.lines()) == source.MAX_PROBLEMS + 1


def test_a_command_gives_its_output_in_the_c_locale():
    script = "import os; print(os.environ['LC_ALL'])"
    assert source.run([sys.executable, "-c", script]) == "C\n"


def test_a_command_that_is_not_installed_is_unavailable():
    with pytest.raises(source.Unavailable, match="no-such-tool is not installed"):
        source.run(["no-such-tool", "--version"])


def test_an_exit_code_is_checked_and_what_the_command_said_travels():
    script = "import sys; print('out'); print('broken adapter', file=sys.stderr); sys.exit(3)"
    with pytest.raises(source.CommandError, match="exit code 3: broken adapter") as caught:
        source.run([sys.executable, "-c", script])
    assert (caught.value.code, caught.value.stdout) == (3, "out\n")
    assert source.run([sys.executable, "-c", script], ok=(0, 3)) == "out\n"


def test_a_command_is_killed_at_its_limit_with_all_it_started(task):
    mark = f"cmdb-test-{os.getpid()}"
    child = f"import time; time.sleep(60)  # {mark}"
    script = (
        "import subprocess, sys, time; "
        f"subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    )
    started = time.monotonic()
    with pytest.raises(source.TimeLimit, match=r"took longer than 0\.5 s; killed"):
        source.run([sys.executable, "-c", script], limit_seconds=0.5)
    assert time.monotonic() - started < 5
    deadline = time.monotonic() + 5
    while processes_named(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert processes_named(mark) == []


def test_a_killed_command_leaves_no_zombie(task):
    with pytest.raises(source.TimeLimit):
        source.run(["sleep", "60"], limit_seconds=0.1)
    assert zombies() == []


def test_a_grandchild_that_keeps_the_pipe_open_costs_the_limit_and_no_more(task):
    started = time.monotonic()
    with pytest.raises(source.TimeLimit):
        source.run(["sh", "-c", "sleep 60 & exit 0"], limit_seconds=0.5)
    assert time.monotonic() - started < 5


def test_a_command_that_writes_without_end_is_killed(task, monkeypatch):
    monkeypatch.setattr(source, "MAX_BYTES", 100_000)
    with pytest.raises(source.CollectorError, match="wrote more than 100000 bytes"):
        source.run(["yes"])


def test_a_call_that_blocks_is_abandoned_and_does_not_hold_the_end_of_the_process(tmp_path):
    script = (
        "import time, cmdb_source as source\n"
        "try:\n"
        "    source.ask('statvfs', time.sleep, 60, limit_seconds=0.2)\n"
        "except source.TimeLimit as error:\n"
        "    print(error)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": os.path.dirname(source.__file__)},
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert ended.stdout == "statvfs 60 took longer than 0.2 s; abandoned\n"
    assert ended.returncode == 0


def test_an_error_of_an_abandonable_call_reaches_the_caller():
    def fail():
        raise source.ParseError("line 3")

    with pytest.raises(source.ParseError, match="line 3"):
        source.ask("thing", fail, limit_seconds=1)


def test_options_are_those_of_the_running_collector(task):
    assert source.option("path") == "/srv"
    assert source.option("other", 7) == 7


def test_a_signal_reaches_no_group_but_the_commands_own():
    """The command runs in a group of its own, so that killing it never kills us."""
    script = "import os; print(os.getpgid(0))"
    assert int(source.run([sys.executable, "-c", script])) != os.getpgid(0)
    assert signal.getsignal(signal.SIGCHLD) in (signal.SIG_DFL, signal.SIG_IGN)
