"""The engine takes reports from the bus, keeps only true ones, and delivers them."""

import contextlib
import json
import signal
import time
from pathlib import Path

import psutil
import pytest

from tests.relay.conftest import MINIONS
from tests.reports import make_report
from tests.salt.conftest import wait_until

# The slowest thing that these tests wait for, on a busy machine.
PATIENCE = 60


def newest(api, host):
    """Return the id of a host's newest report in the record."""
    asset = api.asset(host)
    return asset["last_report"]["report_id"] if asset and asset["last_report"] else None


@pytest.fixture
def arrives(relay_api):
    """Return a function that waits until a report is a host's newest one."""

    def arrives(host, report_id):
        wait_until(lambda: newest(relay_api, host) == report_id, PATIENCE)

    return arrives


@pytest.fixture
def collect(salt):
    """Return a function that collects on a host, and gives the report."""
    return lambda host, *kinds: salt(host, "cmdb.collect", *kinds)


@pytest.fixture
def refused_count(master_settings):
    def refused_count():
        state = json.loads((Path(master_settings["spool"]["folder"]) / "state.json").read_text())
        return state.get("not_taken_count", 0)

    return refused_count


@pytest.fixture
def forge(salt, tmp_path, collect, arrives):
    """Return a function that fires, from db01, returns as if other minions had sent them."""

    def forge(*reports, sender="web01"):
        returns = [
            {
                "tag": f"salt/job/2026010100000000000{number}/ret/{sender}",
                "data": {
                    "id": sender,
                    "jid": f"2026010100000000000{number}",
                    "fun": "cmdb.collect",
                    "return": report,
                    "retcode": 0,
                    "success": True,
                },
            }
            for number, report in enumerate(reports)
        ]
        path = tmp_path / "events"
        path.write_text(json.dumps(returns))
        assert salt("db01", "forge.fire", str(path)) is True
        # What came before has been dealt with once this has arrived.
        arrives("db01", collect("db01", "cpu")["report_id"])

    return forge


def test_each_minion_gets_its_own_key_and_no_other(salt, relay_api):
    told = salt("*", "pillar.item", "cmdb:key", "unmask=True")
    keys = {host: each["cmdb:key"] for host, each in told.items()}
    assert keys == {host: relay_api.key(host) for host in MINIONS}


def test_what_is_collected_by_hand_arrives(salt, arrives):
    for host, report in salt("*", "cmdb.collect").items():
        arrives(host, report["report_id"])


def test_a_schedule_without_a_job_cache_arrives(salt, relay_api):
    before = newest(relay_api, "web01")
    job = ("function=cmdb.collect", "seconds=3600", "run_on_start=False", "return_job=nocache")
    salt("web01", "schedule.add", "relay", *job)
    salt("web01", "schedule.run_job", "relay")
    wait_until(lambda: newest(relay_api, "web01") != before, PATIENCE)
    salt("web01", "schedule.delete", "relay")


def test_a_forged_return_really_reaches_the_engine(forge, relay_api):
    """Else the tests below would prove nothing: with the right key, it is taken."""
    forged = make_report("web01", {"role": [{"slot": "a"}]}, seq=time.time_ns() // 10**6)
    forge(forged)
    assert newest(relay_api, "web01") == forged["report_id"]


def test_a_forged_return_changes_nothing(forge, collect, arrives, relay_api, refused_count):
    true = collect("web01")
    arrives("web01", true["report_id"])
    before, refused = relay_api.asset("web01"), refused_count()
    other_items = json.loads(json.dumps(true))
    other_items["sections"]["cpu"]["items"][0]["model"] = "forged"
    other_volatile = json.loads(json.dumps(true))
    other_volatile["sections"]["host"].setdefault("volatile", {})["x"] = {"load": 1}
    forgeries = [
        make_report("web01", {"cpu": []}, sig=None),
        make_report("web01", {"cpu": []}, key=relay_api.key("db01")),
        make_report("web01", {"cpu": []}, sig=true["sig"]),
        {**true, "report_id": "another-id"},
        {**true, "seq": true["seq"] + 1},
        other_items,
        other_volatile,
        {**true, "id": "db01"},
        # With the right key, but a name that no file can have.
        make_report("web01", {"cpu": []}, report_id="../../" + "a" * 20),
        make_report("web01", {"cpu": []}, report_id="a" * 300),
        "no report",
        {"sections": None},
        {**true, "sections": [1]},
    ]
    forge(*forgeries)
    forge({**true, "id": "web01"}, sender="db01")
    assert refused_count() - refused == len(forgeries) + 1
    assert relay_api.asset("web01") == before


def test_an_old_report_fired_again_changes_nothing(forge, collect, arrives, relay_api):
    old = collect("web01")
    arrives("web01", old["report_id"])
    new = collect("web01")
    arrives("web01", new["report_id"])
    before = relay_api.asset("web01")
    forge(old, new)
    assert relay_api.asset("web01") == before


def test_reports_wait_while_the_api_is_down_and_arrive(
    collect, arrives, spooled, settled, relay_api
):
    relay_api.stop()
    try:
        reports = [collect("web01", "cpu"), collect("web01", "host"), collect("db01", "cpu")]
        wait_until(lambda: len(spooled()) >= 3, PATIENCE)
    finally:
        relay_api.start()
    arrives("web01", reports[1]["report_id"])
    arrives("db01", reports[2]["report_id"])
    settled(PATIENCE)


def test_an_engine_that_is_killed_loses_nothing_that_it_had_taken(
    collect, arrives, spooled, relay_api, relay_master
):
    def engines():
        for process in psutil.Process(relay_master.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if any("Engine" in word for word in process.cmdline()):
                    yield process

    relay_api.stop()
    try:
        report = collect("web01", "cpu")
        wait_until(spooled, PATIENCE)
        killed = list(engines())
        assert killed
        for process in killed:
            process.send_signal(signal.SIGKILL)
    finally:
        relay_api.start()
    arrives("web01", report["report_id"])
    arrives("db01", collect("db01", "cpu")["report_id"])


def test_a_key_that_is_revoked_is_replaced_and_worth_nothing(
    salt, salt_run, relay_api, collect, arrives, forge
):
    before = relay_api.key("web01")
    relay_api.cmdb("key", "web01", "--rotate")
    stolen = make_report("web01", {"stolen": []}, key=before, seq=time.time_ns() // 10**6)
    salt_run("cmdb.coverage")

    def renewed():
        told = salt("web01", "pillar.item", "cmdb:key", "unmask=True")
        return told["cmdb:key"] == relay_api.key("web01") != before

    wait_until(renewed, PATIENCE)
    report = collect("web01")
    arrives("web01", report["report_id"])
    forge(stolen)
    assert newest(relay_api, "web01") == report["report_id"]
    assert "stolen" not in relay_api.asset("web01")["kinds"]
