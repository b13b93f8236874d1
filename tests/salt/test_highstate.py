"""The formula: highstate installs settings and schedule, and the schedule really delivers."""

import json
import time
from pathlib import Path

import pytest
import yaml
from cmdb_settings import DEFAULTS

from tests.salt.conftest import MINION, PROJECT, wait_until


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


def test_only_a_change_of_the_settings_tells_what_lasts_until_a_restart(salt, pillar, minion):
    path = Path(minion.config["conf_file"]).with_name("minion.d") / "cmdb.conf"
    path.unlink(missing_ok=True)
    assert "cmdb-restart" not in apply(salt, "cmdb")
    pillar.set(limit=29)
    states = salt("state.apply", "cmdb").values()
    (told,) = [state["comment"] for state in states if state["__id__"] == "cmdb-restart"]
    assert "lasts until the minion restarts" in told


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
        ("engine", {"function": "cmdb.collect", "return_job": "nocache"}),
    ],
)
def test_pillar_chooses_the_path_of_delivery(salt, pillar, path, job):
    pillar.set(schedule={"path": path, "kinds": ["role", "cpu"]})
    apply(salt, "cmdb")
    (found,) = jobs(salt).values()
    assert {name: found[name] for name in job} == job
    # Of the path before nothing is left.
    assert ("returner" in found) == (path == "returner")
    assert found["args"] == ["role", "cpu"]


INTERVALS = {
    "software": {"hours": 1, "kinds": ["package"]},
    "raid": {"days": 1, "splay_seconds": 3600, "kinds": ["raid_disk", "raid_volume"]},
}


def test_kinds_with_an_interval_of_their_own_are_left_out_of_the_common_one(salt, api, pillar):
    pillar.set(schedule={"splay_seconds": 0, "intervals": INTERVALS})
    apply(salt, "cmdb")
    found = jobs(salt)
    assert set(found) == {"cmdb", "cmdb-software", "cmdb-raid"}
    assert found["cmdb-software"]["hours"] == 1
    assert found["cmdb-software"]["args"] == ["package"]
    assert (found["cmdb-raid"]["days"], found["cmdb-raid"]["splay"]) == (1, 3600)
    for job in found.values():
        assert (job["maxrunning"], job["run_on_start"]) == (1, False)
    reported = by_schedule(salt, api, "cmdb-software")
    assert reported("package") and not reported("cpu")
    reported = by_schedule(salt, api, "cmdb")
    assert reported("cpu") and not reported("package") and not reported("raid_disk")


def test_a_second_highstate_changes_nothing_and_a_rehearsal_says_so(salt, pillar):
    pillar.set(schedule={"intervals": INTERVALS})
    apply(salt, "cmdb")
    rehearsal = salt("state.apply", "cmdb", "test=True")
    schedule = [state for state in rehearsal.values() if "schedule" in state["__id__"]]
    assert len(schedule) == 3
    assert all(state["result"] is True and not state["changes"] for state in schedule), schedule
    assert not any(apply(salt, "cmdb").values())


def test_a_change_of_pillar_is_applied_by_the_next_highstate(salt, pillar):
    pillar.set(schedule={"intervals": INTERVALS})
    apply(salt, "cmdb")
    hourly = {"software": {"minutes": 90, "kinds": ["package", "unit"]}}
    pillar.set(schedule={"minutes": 15, "path": "engine", "intervals": hourly})
    rehearsal = salt("state.apply", "cmdb", "test=True")
    changed = [state["__id__"] for state in rehearsal.values() if state["changes"]]
    assert {"cmdb-schedule", "cmdb-schedule-software"} <= set(changed)
    apply(salt, "cmdb")
    found = jobs(salt)
    assert set(found) == {"cmdb", "cmdb-software"}
    assert found["cmdb"]["minutes"] == 15
    assert found["cmdb"]["kwargs"] == {"exclude": ["package", "unit"]}
    assert found["cmdb-software"]["minutes"] == 90
    assert "hours" not in found["cmdb-software"]
    assert {job["return_job"] for job in found.values()} == {"nocache"}
    pillar.set(schedule={})
    apply(salt, "cmdb")
    (job,) = jobs(salt).values()
    assert "kwargs" not in job
    assert job["return_job"] is False


def test_where_each_kind_has_its_own_interval_no_common_job_is_left(salt, pillar):
    # Without kinds it would collect all.
    pillar.set(schedule={"kinds": ["package"], "intervals": {"a": INTERVALS["software"]}})
    apply(salt, "cmdb")
    assert set(jobs(salt)) == {"cmdb-a"}


CPU = {"kinds": ["cpu"]}


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (["daily"], ["cmdb:schedule must be a mapping"]),
        ({"intervals": ["a"]}, ["cmdb:schedule:intervals must be a mapping"]),
        (
            {
                "path": "pigeon",
                "enabled": "no",
                "minutes": "30",
                "minuts": 5,
                "splay_seconds": -1,
                "kinds": "cpu",
                "intervals": {
                    "a": {"hour": 1, **CPU},
                    "b": {"hours": 1, "days": 1, **CPU},
                    "c": {"hours": True},
                    "d": "daily",
                },
            },
            [
                "cmdb:schedule:path is pigeon; use one of report, returner, engine",
                "cmdb:schedule:enabled must be true or false, not 'no'",
                "cmdb:schedule:minutes must be a whole number from 1 on, not '30'",
                "cmdb:schedule:minuts is unknown; use enabled, intervals, kinds",
                "cmdb:schedule:splay_seconds must be a whole number from 0 on, not -1",
                "cmdb:schedule:kinds must be a list of kinds",
                "cmdb:schedule:intervals:a:hour is unknown; use days, hours, kinds",
                "cmdb:schedule:intervals:a does not say how often",
                "cmdb:schedule:intervals:b has hours and days; give one of minutes, hours, days",
                "cmdb:schedule:intervals:c:hours must be a whole number from 1 on, not True",
                "cmdb:schedule:intervals:c:kinds is empty",
                "cmdb:schedule:intervals:d must be a mapping",
                "kind cpu is in two of pillar cmdb:schedule:intervals: a and b",
            ],
        ),
    ],
)
def test_all_that_is_wrong_in_the_schedules_pillar_is_named(salt, pillar, schedule, said):
    before = jobs(salt)
    pillar.set(schedule=schedule)
    told = failure(salt)["comment"]
    assert [line for line in said if line not in told] == []
    # The schedule that there is goes on.
    assert jobs(salt) == before
    assert failure(salt, "test=True")["name"] == told


def test_the_example_of_a_pillar_is_right(salt, pillar):
    example = yaml.safe_load((PROJECT / "srv_salt/cmdb/pillar.example").read_text())["cmdb"]
    pillar.set(**{name: example[name] for name in ("collectors", "limit", "schedule", "spool")})
    apply(salt, "cmdb")
    assert set(jobs(salt)) == {"cmdb", "cmdb-software", "cmdb-raid"}
    assert salt("cmdb.status")["settings_problems"] == []
    assert set(example) <= {*DEFAULTS, "schedule", "declared"}


def test_a_kind_that_no_collector_has_fails_alone(salt, pillar):
    apply(salt, "cmdb")
    pillar.set(schedule={"intervals": {"a": {"hours": 1, "kinds": ["packages", "cpu"]}}})
    assert "no collector on this host for packages" in failure(salt)["comment"]
    assert set(jobs(salt)) == {"cmdb", "cmdb-a"}


def failure(salt, *words):
    """Apply the state; return the only one that failed."""
    states = salt("state.apply", "cmdb", *words).values()
    (failed,) = [state for state in states if state["result"] is False]
    return failed


def jobs(salt):
    found = salt("schedule.list", "return_yaml=False", "show_all=True")
    return {name: job for name, job in found.items() if name.startswith("cmdb")}


def by_schedule(salt, api, job):
    """Run a job of the schedule; return whether its report held a kind."""
    before = api.report_id()
    salt("schedule.run_job", job)
    wait_until(lambda: api.report_id() != before)
    asset = api.asset()
    newest = asset["last_report"]["reported_at"]
    return lambda kind: asset["kinds"].get(kind, {}).get("reported_at") == newest


def test_a_schedule_with_the_returner_delivers(salt, api, pillar):
    pillar.set(schedule={"path": "returner", "splay_seconds": 0})
    apply(salt, "cmdb")
    before = api.report_id()
    salt("schedule.run_job", "cmdb")
    wait_until(lambda: api.report_id() != before)


def test_a_schedule_for_the_engine_returns_the_report_to_the_master(
    salt, pillar, master, event_listener
):
    pillar.set(schedule={"path": "engine", "splay_seconds": 0, "kinds": ["role"]})
    apply(salt, "cmdb")
    wanted = {(master.id, f"salt/job/nocache/ret/{MINION}")}
    began = time.time()
    salt("schedule.run_job", "cmdb")
    found = event_listener.wait_for_events(wanted, after_time=began, timeout=30)
    (event,) = found.matches
    assert event.data["fun"] == "cmdb.collect"
    assert set(event.data["return"]["sections"]) == {"role"}
    assert event.data["return"]["sig"]


def test_a_schedule_can_be_turned_off(salt, pillar):
    apply(salt, "cmdb")
    pillar.set(schedule={"enabled": False})
    apply(salt, "cmdb")
    assert salt("schedule.list", "return_yaml=False") == {}


def test_an_agent_beside_the_minion_is_told(salt, minion):
    folder = minion.config["conf_file"].rpartition("/")[0]
    path = Path(folder, "minion.d/cmdb-agent.conf")
    path.write_text("{}")
    try:
        states = salt("state.apply", "cmdb").values()
    finally:
        path.unlink()
    (told,) = [state["comment"] for state in states if state["__id__"] == "cmdb-agent"]
    assert str(path) in told


def test_clean_takes_it_all_back(salt, minion, pillar):
    pillar.set(schedule={"intervals": INTERVALS})
    apply(salt, "cmdb")
    salt("schedule.add", "somebodys", function="test.ping", hours=9, run_on_start=False)
    apply(salt, "cmdb.clean")
    assert set(salt("schedule.list", "return_yaml=False")) == {"somebodys"}
    salt("schedule.delete", "somebodys")
    assert salt("sys.list_functions", "cmdb") == []
    salt("saltutil.sync_all")
    assert "cmdb.collect" in salt("sys.list_functions", "cmdb")
