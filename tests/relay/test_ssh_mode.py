"""salt-ssh: reports are signed and delivered on the master; the target has no key and no token."""

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from salt.defaults.exitcodes import EX_AGGREGATE

from tests import sshd
from tests.reports import MASTER_SECRET

pytestmark = pytest.mark.slow

# What differs between two runs on one machine at two moments: what runs, and who is connected.
PASSING = {"socket", "unit", "filesystem"}
OPTIONS = {"cmdb": {"collectors": {"package": False}}}


@pytest.fixture(scope="module")
def target_folder():
    made = Path(tempfile.mkdtemp(prefix="cmdb-t-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def roster(target_folder):
    """Write a roster: two that answer, one without a way, without a right, without a python3."""
    with sshd.running(target_folder) as port:
        nobody = target_folder / "nobody"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", nobody], check=True)
        empty = target_folder / "empty"
        empty.mkdir()
        for tool in ("sh", "id", "cat", "test", "rm", "mkdir"):
            (empty / tool).symlink_to(shutil.which(tool))

        def entry(name, port=port, **more):
            return sshd.entry(target_folder, port, name, minion_opts=OPTIONS, **more)

        hosts = {
            "ssh01": entry("ssh01"),
            "ssh02": entry("ssh02"),
            "away01": entry("away01", sshd.free_port()),
            "denied01": entry("denied01", priv=str(nobody)),
            "bare02": entry("bare02", set_path=str(empty)),
        }
        path = target_folder / "roster"
        path.write_text(json.dumps(hosts))
        yield path


@pytest.fixture(scope="module")
def salt_ssh(relay_master, roster):
    """Return a function that runs salt-ssh with the master's own settings."""
    script = "import sys; from salt.scripts import salt_ssh; sys.exit(salt_ssh())"
    config = Path(relay_master.config["conf_file"]).parent

    def salt_ssh(target, *words, code=0):
        ended = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-c", script, "--config-dir", config),
                *("--roster-file", roster, "--out", "json", "--static", target, *words),
            ],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=240,
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return json.loads(ended.stdout)

    return salt_ssh


@pytest.fixture(scope="module")
def run_ssh(salt_run, roster):
    """Return a function that runs `salt-run cmdb.ssh` with the roster."""

    def run_ssh(*words, code=0):
        ended = salt_run("cmdb.ssh", *words, f"roster_file={roster}", _timeout=400)
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.data

    return run_ssh


def components(api, host):
    """Return the components of a host in the record, without what passes by itself."""
    told = ("place", "serial", "fields")
    return {
        kind: [{name: each[name] for name in told} for each in rows]
        for kind, rows in api.asset(host)["components"].items()
        if kind not in PASSING
    }


def test_a_report_is_signed_and_delivered_by_the_master(salt_ssh, relay_api, settled):
    said = salt_ssh("ssh0*", "cmdb.report")
    assert set(said) == {"ssh01", "ssh02"}
    for host, summary in said.items():
        assert summary["result"] == "recorded"
        assert summary["kinds"]["cpu"] == "ok"
        assert relay_api.asset(host)["last_report"]["report_id"] == summary["report_id"]
    settled()
    again = salt_ssh("ssh01", "cmdb.report", "cpu", "host", "exclude=host")["ssh01"]
    assert (again["result"], again["kinds"]) == ("unchanged", {"cpu": "ok"})


def test_the_target_holds_no_credential(target_folder, salt_ssh, relay_master, relay_api):
    salt_ssh("ssh01", "cmdb.report", "cpu")
    token = Path(relay_master.config["cmdb"]["token_file"]).read_text().strip()
    secrets = [word.encode() for word in (token, MASTER_SECRET, relay_api.key("ssh01"))]
    found = [path for path in (target_folder / "thin-ssh01").rglob("*") if path.is_file()]
    assert len(found) > 100
    for path in found:
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets), path


def test_the_runner_collects_over_a_roster_and_tells_of_each_host(run_ssh, relay_api, salt_run):
    told = run_ssh("only_missing=False", "kinds=host,cpu", "batch=5", code=1)
    hosts = told["hosts"]
    assert {host: each.get("reason") for host, each in hosts.items()} == {
        "ssh01": None,
        "ssh02": None,
        "away01": "unreachable",
        "denied01": "denied",
        "bare02": "no_python",
    }
    assert {hosts[host]["result"] for host in ("ssh01", "ssh02")} <= {"recorded", "unchanged"}
    assert "Connection refused" in hosts["away01"]["error"]
    missing = salt_run("cmdb.missing", "window=1h").data
    assert missing["away01"]["reason"] == missing["denied01"]["reason"] == "unreachable"
    assert "Connection refused" in missing["away01"]["detail"]
    assert "ssh01" not in missing


def test_a_target_that_can_not_collect_says_why(salt_ssh, run_ssh):
    said = salt_ssh("ssh01", "cmdb.report", "nothing", code=EX_AGGREGATE)
    assert "no collector for nothing" in str(said["ssh01"])
    told = run_ssh("ssh01", "only_missing=False", "kinds=nothing", code=1)["hosts"]["ssh01"]
    assert (told["result"], told["reason"]) == ("failed", "bad_arguments")
    assert "no collector for nothing" in told["error"]


def test_only_missing_hosts_of_the_roster_are_asked(run_ssh):
    told = run_ssh("ssh0*", "window=1h")
    assert told == {"counts": {}, "hosts": {}}


def test_the_engine_says_nothing_of_what_came_over_ssh(salt_ssh, relay_master, spooled):
    """Salt tells the master's bus of it, unsigned."""
    state = Path(relay_master.config["cmdb"]["spool"]["folder"]) / "state.json"
    before = json.loads(state.read_text()).get("not_taken_count", 0)
    salt_ssh("ssh01", "cmdb.collect", "cpu")
    assert json.loads(state.read_text()).get("not_taken_count", 0) == before


def test_components_are_those_that_a_minion_brings(salt, salt_run, salt_ssh, relay_api):
    ended = salt_run("cmdb.collect", "web01", "only_missing=False", "timeout=60", _timeout=120)
    assert ended.data["hosts"]["web01"]["result"] in ("recorded", "unchanged"), ended.data
    assert "error" not in salt_ssh("ssh01", "cmdb.report")["ssh01"]
    by_bus, by_ssh = components(relay_api, "web01"), components(relay_api, "ssh01")
    assert by_bus.keys() == by_ssh.keys() >= {"cpu", "memory", "disk", "nic", "host"}
    for kind in by_bus:
        assert by_ssh[kind] == by_bus[kind], kind


def test_while_the_api_is_away_the_report_waits_on_the_master(salt_ssh, relay_api, settled):
    relay_api.stop()
    try:
        said = salt_ssh("ssh01", "cmdb.report", "cpu")["ssh01"]
    finally:
        relay_api.start()
    assert said["result"] == "spooled"
    assert "Connection refused" in said["error"]
    salt_ssh("ssh01", "cmdb.report", "cpu")
    settled()


def test_without_the_secret_the_summary_says_so(salt_ssh, relay_master):
    path = Path(relay_master.config["cmdb"]["secret_file"])
    secret = path.read_text()
    path.write_text("\n")
    try:
        said = salt_ssh("ssh01", "cmdb.report", "cpu")["ssh01"]
    finally:
        path.write_text(secret)
    assert said["result"] == "failed"
    assert "whose first line is empty" in said["error"]
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
