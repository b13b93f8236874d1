"""Who did not report."""

import pytest

MISSING = "/api/v1/coverage/missing"


def told(answer):
    assert answer.status_code == 200, answer.text
    return {item["hostname"]: item["reason"] for item in answer.json["items"]}


@pytest.fixture
def fleet(writer, post, make_report):
    """Three hosts: one never seen, one silent for an hour, one that has just reported."""
    writer.post("/api/v1/assets", json={"hostname": "never01"})
    post(
        make_report("silent01", {"disk": []}, age_ms=3_600_000),
        make_report("web01", {"disk": []}),
    )


def test_silent_hosts_and_those_never_seen_are_told_with_the_reason(fleet, reader):
    answer = reader.get(MISSING)
    assert told(answer) == {"never01": "never_seen", "silent01": "silent"}
    assert answer.json["salt_target"] == "never01,silent01"
    assert answer.json["total"] == 2
    never, silent = answer.json["items"]
    assert never["reported_at"] is None
    assert never["registered_at"] is not None
    assert silent["reported_at"] is not None
    assert silent["registered_at"] is None


def test_the_window_says_how_old_a_report_may_be(fleet, reader):
    assert set(told(reader.get(f"{MISSING}?window=59m"))) == {"never01", "silent01"}
    assert set(told(reader.get(f"{MISSING}?window=2h"))) == {"never01"}


def test_a_report_that_was_under_way_for_long_does_not_count_as_new(reader, post, make_report):
    post(make_report("web01", {"disk": []}, age_ms=86_400_000))
    assert told(reader.get(MISSING)) == {"web01": "silent"}


FAILED = {"status": "error", "error": "ParseError: no"}


def test_a_host_whose_reports_bring_nothing_was_not_collected(reader, post, make_report):
    post(
        make_report("empty01", {}),
        make_report("failed01", {"disk": FAILED, "psu": {"status": "disabled"}}),
        make_report("half01", {"disk": FAILED, "nic": []}),
        make_report("late01", {"disk": []}, age_ms=3_600_000),
    )
    post(make_report("late01", {"disk": FAILED}))
    answer = reader.get(MISSING)
    reasons = dict.fromkeys(("empty01", "failed01", "late01"), "nothing_collected")
    assert told(answer) == reasons
    assert answer.json["total"] == 3
    assert all(item["reported_at"] for item in answer.json["items"])
    assert set(told(reader.get(f"{MISSING}?window=2h"))) == {"empty01", "failed01"}
    # Items that arrive late count by when they were collected.
    post(make_report("late01", {"nic": []}, age_ms=60_000))
    assert "late01" not in told(reader.get(MISSING))


@pytest.mark.parametrize("window", ["", "0m", "30", "-5m", "1.5h", "half an hour", "9999999w"])
def test_a_wrong_window_is_named_with_an_example(reader, window):
    answer = reader.get(MISSING, query_string={"window": window})
    assert answer.status_code == 422
    (message,) = answer.json["error"]["fields"]["window"]
    assert "30m" in message


def test_the_list_comes_in_pages(writer):
    for number in range(5):
        writer.post("/api/v1/assets", json={"hostname": f"web0{number}"})
    first = writer.get(f"{MISSING}?limit=3")
    assert first.json["salt_target"] == "web00,web01,web02"
    assert first.json["total"] == 5
    rest = writer.get(f"{MISSING}?limit=3&cursor={first.json['next_cursor']}")
    assert rest.json["salt_target"] == "web03,web04"
    assert rest.json["next_cursor"] is None


def test_a_name_that_salt_would_read_as_two_is_no_target(writer):
    writer.post("/api/v1/assets", json={"hostname": "db01,db02"})
    answer = writer.get(MISSING)
    assert set(told(answer)) == {"db01,db02"}
    assert answer.json["salt_target"] == ""
