"""The formula: highstate installs settings and schedule, and the schedule really delivers."""

import json

import pytest

from tests.salt.conftest import MINION, wait_until


@pytest.fixture(autouse=True, scope="module")
def clean(salt, roles):
    roles.write_text("web = team-shop\n")
    yield
    salt("state.apply", "cmdb.clean")
    salt("saltutil.sync_all")


def apply(salt, *words):
    states = salt("state.apply", *words)
    assert isinstance(states, dict), states
    failed = [state["comment"] for state in states.values() if state["result"] is not True]
    assert not failed
    return {state["__id__"]: state["changes"] for state in states.values()}


def test_highstate_installs_it_once_and_the_schedule_delivers(salt, api, pillar, minion):
    pillar.set(schedule={"minutes": 1, "splay_seconds": 0})
    states = salt("state.highstate")
    assert all(state["result"] is True for state in states.values()), states
    (job,) = json.loads(json.dumps(salt("schedule.list", "return_yaml=False"))).values()
    assert job["function"] == "cmdb.report"
    assert (job["maxrunning"], job["run_on_start"], job["return_job"]) == (1, False, False)
    assert not any(apply(salt).values())
    before = api.report_id()
    wait_until(lambda: api.report_id() != before, limit_seconds=100)


def test_the_settings_file_holds_no_key(salt, api, minion):
    apply(salt, "cmdb")
    path = minion.config["conf_file"].rpartition("/")[0] + "/minion.d/cmdb.conf"
    with open(path) as file:
        text = file.read()
    assert api.url in text
    assert api.key(MINION) not in text


@pytest.mark.parametrize(
    ("path", "job"),
    [
        ("report", {"function": "cmdb.report", "return_job": False}),
        ("returner", {"function": "cmdb.collect", "return_job": False, "returner": "cmdb"}),
    ],
)
def test_pillar_chooses_the_path_of_delivery(salt, pillar, path, job):
    pillar.set(schedule={"path": path, "kinds": ["role", "cpu"]})
    apply(salt, "cmdb")
    found = salt("schedule.list", "return_yaml=False")["cmdb"]
    assert {name: found[name] for name in job} == job
    assert found["args"] == ["role", "cpu"]


def test_a_wrong_path_of_delivery_is_named(salt, pillar):
    pillar.set(schedule={"path": "pigeon"})
    said = json.dumps(salt("state.apply", "cmdb"))
    assert "cmdb:schedule:path is pigeon; use one of report, returner" in said


def test_a_schedule_with_the_returner_delivers(salt, api, pillar):
    pillar.set(schedule={"path": "returner", "splay_seconds": 0})
    apply(salt, "cmdb")
    before = api.report_id()
    salt("schedule.run_job", "cmdb")
    wait_until(lambda: api.report_id() != before)


def test_a_schedule_can_be_turned_off(salt, pillar):
    apply(salt, "cmdb")
    pillar.set(schedule={"enabled": False})
    apply(salt, "cmdb")
    assert salt("schedule.list", "return_yaml=False") == {}


def test_clean_takes_it_all_back(salt, minion):
    apply(salt, "cmdb")
    apply(salt, "cmdb.clean")
    assert salt("schedule.list", "return_yaml=False") == {}
    assert salt("sys.list_functions", "cmdb") == []
    salt("saltutil.sync_all")
    assert "cmdb.collect" in salt("sys.list_functions", "cmdb")
