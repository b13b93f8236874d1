"""All that is known of one asset."""

import re

import pytest

from cmdb_api.services import times
from tests import reports
from tests.reports import digest_only

WEB01 = "/api/v1/assets/web01"
DISK = {"slot": "0:1:3", "serial": "EXAMPLE-0001", "size_bytes": 960197124096}


@pytest.fixture
def told(reader, post, make_report):
    """Return a function that posts sections of web01 and gives what is then told of it."""

    def told(sections, query="", **members):
        results = post(make_report("web01", sections, **members))
        assert results[0]["result"] in ("recorded", "unchanged"), results
        return reader.get(f"{WEB01}{query}").json

    return told


def disk(*items, **members):
    return reports.section(list(items), serial="serial", **members)


def test_components_stand_by_kind_with_their_volatile_values_apart(told):
    got = told({"disk": disk(DISK, volatile={"0:1:3": {"temperature_celsius": 31}})})
    assert got["components"] == {
        "disk": [
            {
                "place": "0:1:3",
                "serial": "EXAMPLE-0001",
                "since": got["last_report"]["reported_at"],
                "fields": DISK,
                "volatile": {"temperature_celsius": 31},
            }
        ]
    }
    assert got["problems"] == []


def test_bulk_kinds_look_like_the_others(told):
    items = [{"name": f"package{n:04}", "version": "1.0"} for n in range(300)]
    got = told({"package": reports.section(items, key=["name"], bulk=True)})
    assert len(got["components"]["package"]) == 300
    assert got["components"]["package"][7] == {
        "place": "package0007",
        "serial": None,
        "since": None,
        "fields": items[7],
        "volatile": {},
    }
    assert got["kinds"]["package"]["item_count"] == 300


def test_a_kind_without_components_is_shown_empty(told):
    got = told({"disk": disk()})
    assert got["components"] == {"disk": []}
    assert got["kinds"]["disk"]["status"] == "ok"


def test_kinds_can_be_chosen(told, reader):
    got = told({"disk": disk(DISK), "nic": [{"slot": "1"}], "psu": [{"slot": "2"}]}, "?kind=disk")
    assert set(got["kinds"]) == set(got["components"]) == {"disk"}
    got = reader.get(f"{WEB01}?kind=disk&kind=psu&kind=gpu").json
    assert set(got["kinds"]) == set(got["components"]) == {"disk", "psu"}
    assert reader.get(f"{WEB01}?kind=Disk").status_code == 422


def test_the_last_report_is_told(told):
    got = told({"disk": disk(DISK)}, version="1.2.3", via="ssh", age_ms=60_000)
    last = got["last_report"]
    assert (last["version"], last["via"], last["clock_wrong"]) == ("1.2.3", "ssh", False)
    assert last["reported_at"] < last["received_at"]
    assert got["identity"] == {"hostname": "web01", "macs": ["02:00:00:00:00:01"]}
    assert got["registered_at"] is None


def test_a_wrong_clock_is_told(told):
    got = told({"disk": disk(DISK)}, collected_at="2020-01-01T00:00:00Z")
    assert got["last_report"]["clock_wrong"] is True
    (problem,) = got["problems"]
    assert problem["source"] == "clock"
    assert re.fullmatch(r"the host's clock is \d+ d( \d+ h)? behind", problem["message"])


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (999, "0 s"),
        (59_000, "59 s"),
        (3_600_000 - 1, "59 min 59 s"),
        (2 * 3_600_000, "2 h"),
        (26 * 3_600_000 + 5, "1 d 2 h"),
    ],
)
def test_lengths_of_time_are_told_in_units_that_people_read(milliseconds, told):
    assert times.spoken(milliseconds) == told


BAD_VOLATILE = {
    "0:1:3": {"temperature_celsius": 31.5, "numbers": [1, 2], "wear_percent": 3},
    "0:1:4": {"temperature_celsius": 30},
    "other": 7,
}


def test_volatile_values_that_are_not_taken_are_problems_with_their_raw_value(told):
    held = disk(DISK, volatile=BAD_VOLATILE)
    for sections in ({"disk": held}, {"disk": digest_only(held)}, {}, {"nic": [{"slot": "1"}]}):
        got = told(sections)
        assert got["components"]["disk"][0]["volatile"] == {"wear_percent": 3}
        problems = {(one["place"], one.get("field")): one for one in got["problems"]}
        assert {where: one["raw"] for where, one in problems.items()} == {
            ("0:1:3", "temperature_celsius"): "31.5",
            ("0:1:3", "numbers"): "[1,2]",
            ("0:1:4", None): '{"temperature_celsius":30}',
            ("other", None): "7",
        }
        for one in problems.values():
            assert (one["source"], one["kind"]) == ("quarantine", "disk")
            assert one["message"].startswith("volatile: ")
    got = told({"disk": digest_only(held) | {"volatile": {}}})
    assert got["problems"] == []


def test_components_of_a_failing_kind_are_kept_and_look_like_it(told):
    before = told({"disk": disk(DISK)}, age_ms=60_000)
    got = told({"disk": {"status": "error", "error": "ParseError: no", "traceback": "at line 1"}})
    assert got["components"] == before["components"]
    kind = got["kinds"]["disk"]
    assert (kind["status"], kind["reason"]) == ("error", "ParseError: no")
    assert kind["traceback"] == "at line 1"
    assert kind["items_at"] == before["kinds"]["disk"]["items_at"] < kind["reported_at"]
    assert kind["stale"] == f"kept from {kind['items_at']}: error: ParseError: no"
    assert got["problems"] == [
        {"source": "outcome", "kind": "disk", "message": "error: ParseError: no"}
    ]


def test_what_was_never_available_is_no_problem_and_what_went_away_is_one(told):
    gone = {"status": "unavailable", "reason": "ipmitool is not installed"}
    got = told({"psu": gone})
    assert got["kinds"]["psu"]["reason"] == "ipmitool is not installed"
    assert got["kinds"]["psu"]["stale"] is None
    assert got["kinds"]["psu"]["items_at"] is None
    assert got["components"] == {}
    assert got["problems"] == []
    told({"psu": [{"slot": "1"}]})
    got = told({"psu": gone})
    assert [problem["source"] for problem in got["problems"]] == ["outcome"]
    assert got["kinds"]["psu"]["stale"].endswith("unavailable: ipmitool is not installed")


def test_problems_of_a_kind_that_reports_bring_no_more_say_since_when(told):
    before = told(
        {"licence": {"status": "error", "error": "ParseError: no"}, "disk": disk(DISK)},
        age_ms=2 * 86_400_000,
    )
    assert before["problems"][-1]["message"] == "error: ParseError: no"
    at = before["kinds"]["licence"]["reported_at"]
    (problem,) = (one for one in told({"disk": disk(DISK)})["problems"] if "kind" in one)
    assert problem["message"] == f"error: ParseError: no; no report since {at} has this kind"


def test_quarantined_values_and_lines_of_collectors_are_problems(told):
    item = DISK | {"weight_bytes": "heavy"}
    got = told({"disk": disk(item, problems=["/dev/sdb: no answer"])})
    by_source = {problem["source"]: problem for problem in got["problems"]}
    assert by_source["collector"] == {
        "source": "collector",
        "kind": "disk",
        "message": "/dev/sdb: no answer",
    }
    held = by_source["quarantine"]
    assert (held["kind"], held["place"], held["field"]) == ("disk", "0:1:3", "weight_bytes")
    assert held["raw"] == '"heavy"'
    assert got["components"]["disk"][0]["fields"] == DISK
