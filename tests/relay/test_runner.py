"""The runner asks who is missing, collects just those, delivers, and tells of each host."""

import json
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.relay.conftest import MINIONS
from tests.reports import MASTER_SECRET
from tests.salt.conftest import QUIET, wait_until

# A minion that never returns has its time, and this machine may be busy.
SECONDS = 10
KINDS = "kinds=host,cpu"
# The two minions that are as they should be.
BOTH = "[dw]*"
PUBLISH = """
import sys, salt.client
metadata = {"cmdb": "runner", "until": float(sys.argv[2])}
local = salt.client.LocalClient(sys.argv[1])
local.pub(["web01"], "cmdb.collect", ["cpu"], tgt_type="list", metadata=metadata)
"""


@pytest.fixture(scope="module")
def keys_folder(relay_master):
    return Path(relay_master.config["pki_dir"])


@pytest.fixture(scope="module")
def ghost(keys_folder, salt):
    """Accept the key of a minion that is not there."""
    made = keys_folder / "minions/ghost01"
    shutil.copy(keys_folder / "minions/web01", made)
    yield "ghost01"
    made.unlink()


@pytest.fixture(scope="module")
def bare(relay_master, keys_folder, salt):
    """Start a minion to which our modules were never synced."""
    factory = relay_master.salt_minion_daemon("bare01", overrides=QUIET)
    with factory.started():
        yield "bare01"
    (keys_folder / "minions/bare01").unlink(missing_ok=True)


@pytest.fixture(scope="module")
def runner(salt_run):
    """Return a function that runs a function of our runner, and gives what it returned."""

    def runner(function, *words, code=0):
        ended = salt_run(f"cmdb.{function}", *words, _timeout=180)
        assert ended.returncode == code, ended.stdout + ended.stderr
        assert "Traceback" not in ended.stdout + ended.stderr
        return ended.data

    return runner


def test_each_host_hears_what_became_of_its_report(runner, salt, relay_api):
    first = runner("collect", "only_missing=False", f"timeout={SECONDS}")
    assert set(first["hosts"]) == set(MINIONS)
    assert {each["result"] for each in first["hosts"].values()} <= {"recorded", "unchanged"}
    second = runner("collect", "only_missing=False", KINDS, f"timeout={SECONDS}")
    assert second["hosts"] == {host: {"result": "unchanged"} for host in MINIONS}
    assert second["counts"] == {"unchanged": 2}
    assert "error" not in second
    assert all(relay_api.asset(host)["last_report"] for host in MINIONS)


def test_only_those_that_are_missing_are_collected(runner, salt, bare, ghost, relay_api):
    runner("collect", "only_missing=False", "web01")
    before = relay_api.asset("web01")["last_report"]["report_id"]
    told = runner("collect", "window=1h", f"timeout={SECONDS}", code=1)
    assert set(told["hosts"]) == {"bare01", "ghost01"}
    assert told["hosts"]["ghost01"]["result"] == "silent"
    assert f"within {SECONDS} s" in told["hosts"]["ghost01"]["error"]
    failed = told["hosts"]["bare01"]
    assert (failed["result"], failed["reason"]) == ("failed", "modules_not_synced")
    assert "'cmdb.collect' is not available" in failed["error"]
    assert relay_api.asset("web01")["last_report"]["report_id"] == before


def test_a_silent_host_alone_is_no_failure(runner, ghost):
    told = runner("collect", "ghost01", "only_missing=False", "timeout=2")
    assert told["counts"] == {"silent": 1}


def test_a_batch_holds_up_none_but_its_own(runner, ghost, bare):
    began = time.monotonic()
    told = runner("collect", "only_missing=False", "batch=2", KINDS, f"timeout={SECONDS}", code=1)
    assert told["counts"] == {"failed": 1, "silent": 1, "unchanged": 2}
    # One time limit, and not one for each batch.
    assert time.monotonic() - began < 2 * SECONDS + 10


def test_a_minion_that_can_not_do_its_job_fails_with_why(runner, salt):
    told = runner("collect", "web01", "only_missing=False", "kinds=nothing", code=1)
    assert told["hosts"]["web01"]["reason"] == "bad_arguments"
    assert "no collector for nothing" in told["hosts"]["web01"]["error"]
    # A mistake of who asks is none of the host's.
    assert "web01" not in runner("missing", "window=1h")


def test_progress_leaves_standard_output_alone(salt_run, salt):
    ended = salt_run(
        "cmdb.collect", BOTH, "only_missing=False", KINDS, f"timeout={SECONDS}", _timeout=120
    )
    assert ended.returncode == 0
    assert set(json.loads(ended.stdout)) == {"counts", "hosts"}
    assert "2 of 2 hosts: 2 unchanged" in ended.stderr


def test_the_engine_leaves_the_runners_returns_to_it(runner, spooled, relay_api, salt):
    told = runner("collect", "web01", "only_missing=False", KINDS)
    # Had the engine sent it first, the API would have answered to the runner: duplicate.
    assert told["hosts"]["web01"]["result"] in ("recorded", "unchanged")
    number = relay_api.asset("web01")["last_report"]["report_id"]
    # It keeps a copy for the case that the runner is killed.
    assert any(number in name for name in spooled())


def test_a_return_that_comes_when_the_runner_has_gone_is_the_engines(
    relay_master, salt, relay_api, settled
):
    settled()
    before = relay_api.asset("web01")["last_report"]["report_id"]
    words = (sys.executable, "-W", "ignore", "-c", PUBLISH, relay_master.config["conf_file"], "1")
    subprocess.run(words, check=True, timeout=60)
    wait_until(lambda: relay_api.asset("web01")["last_report"]["report_id"] != before, 60)


def test_the_api_learns_why_hosts_are_missing(runner, keys_folder, ghost, bare):
    shutil.copy(keys_folder / "minions/web01", keys_folder / "minions_pre/new01")
    try:
        summary = runner("coverage", "timeout=5")
        told = runner("missing", "window=1h")
        runner("collect", "only_missing=False", "ba*", f"timeout={SECONDS}", code=1)
        later = runner("missing", "window=1h")
    finally:
        (keys_folder / "minions_pre/new01").unlink()
    assert summary["sources"][0]["hosts"] == {"accepted": 4, "pending": 1}
    assert told["new01"]["reason"] == "key_pending"
    assert told["new01"]["hint"].endswith("salt-key -a new01")
    assert told["ghost01"]["reason"] == "minion_down"
    assert later["bare01"]["reason"] == "modules_not_synced"
    assert later["ghost01"]["reason"] == "minion_down"


def test_the_missing_are_a_target_of_salt(salt_run, relay_master, bare, ghost):
    ended = salt_run("cmdb.missing", "window=1h", "list=True", "--out=nested", _timeout=60)
    target = ended.stdout.strip()
    assert target == "bare01,ghost01"
    # As a shell passes it on: nothing but the names.
    assert re.fullmatch(r"[\w,.-]+", target)


@pytest.fixture
def box(relay_api):
    """Register a host that is no minion."""
    relay_api.cmdb("asset", "register", "box01", "--comment", "no minion")
    yield "box01"
    relay_api.cmdb("asset", "delete", "box01", "--yes")


def test_what_the_cmdb_finds_is_shown_and_is_a_target(runner, salt_run, salt, box):
    runner("collect", BOTH, "only_missing=False", KINDS, f"timeout={SECONDS}")
    wanted = f"cpu.model:* OR {box}"
    rows = runner("search", wanted, "columns=state,cpu.count", "sort=-hostname")
    assert [row["hostname"] for row in rows] == ["web01", "db01", box]
    assert rows[0].keys() == {"hostname", "state", "cpu.count"}
    assert rows[0]["cpu.count"] > 0
    assert len(runner("search", "limit=1")) == 1
    ended = salt_run("cmdb.targets", wanted, "--out=nested", _timeout=60)
    assert (ended.stdout.strip(), ended.returncode) == ("db01,web01", 0)
    assert f"no accepted key here, left out: {box}" in ended.stderr
    assert set(salt(ended.stdout.strip(), "test.ping", "-L")) == set(MINIONS)
    # Whatever stood there would be a target.
    ended = salt_run("cmdb.targets", "rak:A12", "--out=nested", _timeout=60)
    assert (ended.stdout.strip(), ended.returncode) == ("", 1)
    assert "at character 1: there is no field rak" in ended.stderr
    assert "sort" in runner("search", "sort=tags", code=1)["error"]


def test_those_that_can_not_be_asked_are_counted_by_reason(runner, keys_folder, salt):
    shutil.copy(keys_folder / "minions/web01", keys_folder / "minions_pre/new01")
    try:
        told = runner("collect", "window=1h", "web*", KINDS)
    finally:
        (keys_folder / "minions_pre/new01").unlink()
    assert "1 missing host can't be asked, no accepted key here: key_pending 1" in told["not_asked"]


def test_a_kind_that_is_missing_is_collected_where_it_is(runner, salt):
    assert {"web01", "db01"} <= set(runner("missing", "window=1h", "kind=package"))
    told = runner("collect", "window=1h", "kinds=package", "web*", f"timeout={SECONDS}")
    assert set(told["hosts"]) == {"web01"}


def test_no_match_and_bad_numbers_are_said_in_one_line(runner):
    told = runner("collect", "nobody*", code=1)
    assert told["error"] == "no minion with an accepted key matches nobody* as glob"
    told = runner("collect", "batch=0", code=1)
    assert told["error"] == "batch must be a whole number above 0, not 0"
    told = runner("collect", "window=soon", code=1)
    assert "window" in told["error"]
    assert "only_missing" not in told["error"]
    told = runner("collect", "only_missing=maybe", code=1)
    assert told["error"] == "only_missing must be True or False, not 'maybe'"


def test_without_the_api_reports_wait_and_the_next_run_takes_them(
    runner, salt_run, salt, relay_api, settled, spooled
):
    # The engine's copies of what earlier runs delivered would be counted too.
    wait_until(lambda: not spooled(), 90)
    relay_api.stop()
    try:
        asked = runner("collect", code=1)
        target = salt_run("cmdb.missing", "list=True", "--out=nested", _timeout=60)
        told = runner("collect", BOTH, "only_missing=False", KINDS, f"timeout={SECONDS}")
        status = runner("status")
    finally:
        relay_api.start()
    assert "Connection refused" in asked["error"]
    # Whatever stood there would be a target.
    assert (target.stdout.strip(), target.returncode) == ("", 1)
    assert "Connection refused" in target.stderr
    assert told["hosts"] == {host: {"result": "spooled"} for host in MINIONS}
    assert "Connection refused" in told["error"]
    assert status["spooled_count"] == len(MINIONS)
    assert status["spooled_bytes"] > 0
    assert "Connection refused" in status["last_error"]
    runner("collect", "web01", "only_missing=False", KINDS)
    settled()
    assert runner("status")["spooled_count"] == 0


def test_the_status_names_what_is_wrong_and_no_secret(runner, relay_api):
    status = runner("status")
    assert status["url"] == relay_api.url
    assert status["settings_problems"] == []
    assert MASTER_SECRET not in json.dumps(status)


def test_a_key_for_one_host_can_not_report_for_another(runner, relay_api, spooled):
    wait_until(lambda: not spooled(), 60)
    before = relay_api.asset("web01")
    forged = {"id": "web01", "report_id": "0" * 32, "sections": {}, "sig": "0" * 64}
    told = runner("deliver", json.dumps(forged))
    assert (told["result"], told["reason"]) == ("failed", "unsigned")
    assert relay_api.asset("web01") == before


def test_whoever_may_call_runners_gets_nothing_signed(runner, relay_api, relay_master):
    before = relay_api.asset("web01")
    unsigned = {"id": "web01", "report_id": "0" * 32, "sections": {}}
    told = runner("deliver", json.dumps(unsigned))
    assert (told["result"], told["reason"]) == ("failed", "unsigned")
    assert relay_api.asset("web01") == before
