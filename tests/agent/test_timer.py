"""The timer: what systemd and cron are told, checked by systemd itself where it is here."""

import shutil
import subprocess
from datetime import datetime, timedelta

import pytest

from cmdb_agent import timer
from cmdb_agent.errors import AgentError

INTERVALS = ["1m", "5m", "10m", "30m", "60m", "1h", "6h", "12h", "24h", "1d"]
COMMAND = ["/opt/salt 100%/salt-call", "--config-dir=/home/o'neil/$x", "cmdb.report"]
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="no systemd-analyze on this machine"
)


def times(interval, count=4):
    """Return when systemd would start it."""
    said = subprocess.run(
        ["systemd-analyze", "calendar", f"--iterations={count}", timer.calendar(interval)],
        capture_output=True, text=True, check=True, env={"TZ": "UTC", "PATH": "/usr/bin:/bin"},
    ).stdout  # fmt: skip
    stamps = [line.split(": ")[1] for line in said.splitlines() if "(in UTC)" not in line]
    stamps = [stamp for stamp in stamps if stamp.endswith("UTC")]
    return [datetime.strptime(stamp, "%a %Y-%m-%d %H:%M:%S UTC") for stamp in stamps]


@needs_systemd
@pytest.mark.parametrize("text", INTERVALS)
def test_systemd_reads_the_interval_as_it_is_meant(text):
    interval = timer.seconds(text)
    first, *rest = times(interval)
    assert [each - first for each in rest] == [timedelta(seconds=interval) * n for n in (1, 2, 3)]


@pytest.mark.parametrize("text", INTERVALS)
def test_cron_runs_as_often_at_a_minute_of_the_hosts_own(text):
    fields = {timer.cron(timer.seconds(text), f"web{number:02}") for number in range(40)}
    for each in fields:
        minutes, hours = each.split()[:2]
        count = len(minutes.split(",")) * (24 if hours == "*" else len(hours.split(",")))
        assert count == 86400 // timer.seconds(text)
    assert len(fields) >= min(40, timer.seconds(text) // 60) // 2


@pytest.mark.parametrize(
    "text", ["0m", "7m", "45m", "90m", "5h", "2d", "1w", "30", "", "-1h", "1.5h"]
)
def test_an_interval_that_neither_can_say_is_refused(text):
    with pytest.raises(AgentError):
        timer.calendar(timer.seconds(text))


@needs_systemd
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path):
    program = tmp_path / "with space" / "salt-call"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for name, text in timer.units([str(program), *COMMAND[1:]], "30m", 300).items():
        (tmp_path / name).write_text(text)
    said = subprocess.run(
        ["systemd-analyze", "verify", *sorted(tmp_path.glob("salt-cmdb.*"))],
        capture_output=True,
        text=True,
    )
    assert (said.returncode, said.stderr) == (0, "")


def test_cron_passes_each_word_as_it_is(tmp_path):
    line = timer.cron_line(["printf", "%s\n", "100%", "o'neil $x"], "30m", "web01")
    command = line.split(None, 5)[5].removesuffix(" >/dev/null")
    # Cron takes the backslash from \%.
    said = subprocess.run(["sh", "-c", command.replace(r"\%", "%")], capture_output=True, text=True)
    assert said.stdout == "100%\no'neil $x\n"
