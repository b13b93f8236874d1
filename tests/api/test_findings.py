"""Findings through HTTP: raised by reports, closed by themselves, decided by people."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from cmdb_api.extensions import db
from tests.reports import make_report, section

FAILED = {"status": "error", "error": "ParseError: line 3", "traceback": "Traceback ..."}
PSU = [{"slot": "1", "serial": "PSU1"}]
FINDINGS = "/api/v1/findings"


@pytest.fixture
def found(reader):
    """Return a function that gives the findings of these filters."""

    def found(**filters):
        answer = reader.get(FINDINGS, query_string=filters)
        assert answer.status_code == 200, answer.text
        return answer.json["items"]

    return found


@pytest.fixture
def only(found):
    """Return a function that gives the one finding of these filters."""

    def only(**filters):
        (one,) = found(**filters)
        return one

    return only


@pytest.fixture
def decide(writer):
    """Return a function that decides about a finding and gives the answer."""

    def decide(finding, decision, status=200, **more):
        given = {"decision": decision} | more
        answer = writer.post(f"{FINDINGS}/{finding['id']}/decision", json=given)
        assert answer.status_code == status, answer.text
        return answer.json

    return decide


def failing(reason="ParseError: line 3", **more):
    return make_report(sections={"psu": FAILED | {"error": reason}}, **more)


def test_a_failing_collector_is_found_and_closed_once_it_works(post, only, found):
    post(failing())
    one = only()
    assert (one["kind"], one["subject"], one["hostname"]) == ("collector", "psu", "web01")
    assert "ParseError: line 3" in one["message"]
    post(make_report(sections={"disk": []}))
    assert only() == one
    post(make_report(sections={"psu": PSU}))
    assert found() == []
    closed = only(status="closed")
    assert closed["id"] == one["id"] and closed["closed_at"]
    post(failing())
    assert only()["id"] == one["id"]
    assert only()["first_at"] == one["first_at"] and only()["opened_at"] > one["opened_at"]


def test_what_never_was_available_is_no_finding_but_what_was_is(post, only, found):
    post(make_report(sections={"psu": {"status": "unavailable", "reason": "no ipmitool"}}))
    assert found() == []
    post(make_report(sections={"psu": PSU}))
    post(make_report(sections={"psu": {"status": "unavailable", "reason": "no ipmitool"}}))
    assert only()["subject"] == "psu" and "no ipmitool" in only()["message"]


def test_values_not_taken_are_found_with_their_raw_text(post, only, found, reader):
    items = [{"slot": "1", "size_bytes": "large"}]
    sound = section([{"slot": "1", "size_bytes": 1}], volatile={"1": {"used_bytes": 1.5}})
    post(make_report(sections={"disk": items}))
    one = only(kind="quarantine")
    detail = reader.get(f"{FINDINGS}/{one['id']}").json
    (value,) = detail["evidence"]["values"]
    assert (value["field"], value["raw"], value["place"]) == ("size_bytes", '"large"', "1")
    post(make_report(sections={"disk": sound}))
    (value,) = reader.get(f"{FINDINGS}/{one['id']}").json["evidence"]["values"]
    assert (value["field"], value["raw"]) == ("used_bytes", "1.5")
    post(make_report(sections={"disk": sound | {"volatile": {}}}))
    assert found() == []


def test_a_volatile_value_that_is_never_right_is_written_once(post, only, session):
    def report(value):
        disk = section([{"slot": "1"}], volatile={"1": {"used_bytes": value}})
        return make_report(sections={"disk": disk})

    post(report(1.5))
    post(report(2.5))
    with statements() as seen:
        post(report(3.5))
    assert [s.split()[1] for s in seen if s.startswith(("INSERT", "UPDATE"))] == ["asset_status"]
    assert only()["kind"] == "quarantine"


def test_a_clock_that_is_off_is_found(post, only, found):
    off = (datetime.now(UTC) + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    post(make_report(sections={"disk": []}, collected_at=off))
    assert "1 h 59 min ahead" in only(kind="clock")["message"] or "2 h" in only()["message"]
    post(make_report(sections={"disk": []}))
    assert found() == []


@pytest.mark.parametrize("state", ["planned", "racked"])
def test_a_report_of_what_is_not_online_is_found_and_set_online(
    post, writer, only, found, decide, state
):
    writer.post("/api/v1/assets", json={"hostname": "web01", "state": state})
    post(make_report(sections={"disk": []}))
    one = only()
    assert one["kind"] == "state" and f"web01 is {state}, and reports" in one["message"]
    told = decide(one, "set_online", comment="it is in use")
    assert told["status"] == "decided" and told["decisions"][0]["details"]["state"] == "online"
    assert writer.get("/api/v1/assets/web01").json["state"] == "online"
    (change,) = writer.get("/api/v1/assets/web01/changes?kind=asset&limit=1").json["items"]
    assert change["actor"] == "anna" and change["after"]["state"] == "online"
    post(make_report(sections={"disk": []}))
    assert found() == []


def test_a_decision_that_ends_a_cause_does_not_silence_it_when_it_comes_back(
    post, writer, only, found, decide
):
    def offline():
        assert (
            writer.post("/api/v1/assets/web01/state", json={"state": "offline"}).status_code == 200
        )
        time.sleep(0.01)
        post(make_report(sections={"disk": []}))

    post(make_report(sections={"disk": []}))
    offline()
    one = only()
    decide(one, "set_online")
    post(make_report(sections={"disk": []}))
    assert found() == [] and only(status="decided")["id"] == one["id"]
    offline()
    assert only()["id"] == one["id"]
    assert decide(one, "set_online")["status"] == "decided"


def test_what_was_observed_and_accepted_is_a_finding_again_when_it_differs_again(
    post, writer, only, found, decide
):
    def expect(count):
        given = {"expected": {"disk.count": count}}
        assert writer.patch("/api/v1/assets/web01", json=given).status_code == 200

    post(make_report(sections={"disk": [{"slot": "1"}]}))
    expect(2)
    one = only(kind="drift")
    decide(one, "accept_observed")
    post(make_report(sections={"disk": [{"slot": "1"}]}))
    assert found() == [] and only(status="decided")["id"] == one["id"]
    expect(2)
    assert only()["id"] == one["id"]


def test_what_was_ignored_opens_again_when_it_was_gone_and_this_is_said(
    post, only, found, decide, reader
):
    post(failing())
    one = only()
    possible = reader.get(f"{FINDINGS}/{one['id']}").json["possible"]
    (ignore,) = [each["does"] for each in possible if each["decision"] == "ignore"]
    assert "another form" in ignore and "was gone and comes back" in ignore
    decide(one, "ignore")
    post(make_report(sections={"psu": PSU}))
    post(failing())
    assert only()["id"] == one["id"]


def test_setting_it_online_by_hand_closes_the_finding(post, writer, only, found):
    writer.post("/api/v1/assets", json={"hostname": "web01", "state": "planned"})
    post(make_report(sections={"disk": []}))
    assert only()["kind"] == "state"
    writer.post("/api/v1/assets/web01/state", json={"state": "online"})
    assert found() == [] and only(status="closed")


def test_a_report_from_before_it_went_offline_is_no_finding(post, writer, found):
    post(make_report(sections={"disk": []}, age_ms=60_000))
    writer.post("/api/v1/assets/web01/state", json={"state": "offline"})
    post(make_report(sections={"disk": PSU}, age_ms=30_000))
    assert found() == []


def test_what_is_decided_opens_again_only_with_another_cause(post, only, found, decide):
    post(failing("timed out after 30 s"))
    one = only()
    decide(one, "ignore", comment="known")
    post(failing("timed out after 31 s"))
    assert found() == [] and only(status="decided")["id"] == one["id"]
    post(failing("ParseError: line 4"))
    assert only()["id"] == one["id"]
    assert "ParseError" in only()["message"]


def test_a_finding_tells_what_can_be_decided_and_what_was(post, only, decide, reader):
    post(failing())
    one = only()
    detail = reader.get(f"{FINDINGS}/{one['id']}").json
    assert {each["decision"] for each in detail["possible"]} == {"ignore", "mute"}
    assert all(each["does"] for each in detail["possible"])
    assert detail["assets"][0]["hostname"] == "web01"
    decide(one, "mute", until="7d", comment="till the spare part is here")
    detail = reader.get(f"{FINDINGS}/{one['id']}").json
    assert detail["status"] == "muted" and detail["muted_until"]
    assert {each["decision"] for each in detail["possible"]} == {"ignore", "mute", "unmute"}
    (taken,) = detail["decisions"]
    assert (taken["actor"], taken["decision"]) == ("anna", "mute")
    assert taken["comment"] == "till the spare part is here"
    assert taken["details"]["message"] == one["message"]


def test_what_is_not_possible_says_what_is(post, only, decide):
    post(failing())
    error = decide(only(), "ignored", 409)["error"]
    assert "did you mean ignore" in error["message"]
    assert set(error["details"]["possible"]) == {"ignore", "mute"}
    assert "decision" in error["fields"]


def test_who_decides_second_is_told_who_was_first(post, only, decide):
    post(failing())
    one = only()
    decide(one, "ignore")
    error = decide(one, "mute", 409)["error"]
    assert "decided by anna" in error["message"] and "ignore" in error["message"]


def test_a_closed_finding_needs_no_decision(post, only, decide):
    post(failing())
    one = only()
    post(make_report(sections={"psu": PSU}))
    assert "closed" in decide(one, "ignore", 409)["error"]["message"]


def test_what_is_muted_comes_back_when_its_time_is_over(post, only, found, decide, reader):
    post(failing())
    one = only()
    soon = datetime.now(UTC) + timedelta(seconds=3)
    decide(one, "mute", until=soon.isoformat())
    assert found() == [] and only(status="muted")["id"] == one["id"]
    assert reader.get(f"{FINDINGS}/summary").json["kinds"]["collector"]["muted"] == 1
    time.sleep(max((soon - datetime.now(UTC)).total_seconds(), 0) + 0.1)
    assert only()["id"] == one["id"] and found(status="muted") == []
    assert only()["status"] == "open" and only()["muted_until"] is None
    assert reader.get(f"{FINDINGS}/summary").json["statuses"]["open"] == 1


def test_what_is_muted_for_ever_stays_so_when_its_cause_comes_back(post, only, found, decide):
    post(failing())
    one = only()
    decide(one, "mute", until=None)
    post(make_report(sections={"psu": PSU}))
    assert only(status="closed")["id"] == one["id"]
    post(failing())
    assert found() == [] and only(status="muted")["muted_until"] is None
    decide(one, "unmute")
    assert only()["status"] == "open"


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"decision": "mute", "until": "yesterday"}, "until"),
        ({"decision": "mute", "until": "2020-01-01T00:00:00Z"}, "until"),
        ({"decision": "ignore", "until": "7d"}, "until"),
        ({"decision": "ignore", "into": "web02"}, "into"),
        ({"comment": "what?"}, "decision"),
        ({"decision": "ignore", "why": "so"}, "why"),
    ],
)
def test_a_wrong_parameter_is_named(post, only, writer, given, field):
    post(failing())
    answer = writer.post(f"{FINDINGS}/{only()['id']}/decision", json=given)
    assert answer.status_code == 422 and field in answer.json["error"]["fields"]


def test_many_are_decided_at_once_and_a_bad_one_spoils_none(post, found, writer):
    post(*(failing(host=f"web{n:02}") for n in range(3)))
    ids = [one["id"] for one in found()]
    given = {"ids": [ids[0], 4711, ids[1], 2**70, ids[0]], "decision": "ignore"}
    items = writer.post(f"{FINDINGS}/decisions", json=given).json["items"]
    assert [one["result"] for one in items] == ["decided", "refused", "decided", "refused"]
    assert items[0]["status"] == "decided" and items[1]["error"]["status"] == 404
    assert [one["id"] for one in found()] == [ids[2]]
    items = writer.post(f"{FINDINGS}/decisions", json=given).json["items"]
    assert items[0]["error"]["status"] == 409


def test_findings_are_listed_in_pages_newest_first(post, found, reader):
    post(*(failing(host=f"web{n:02}") for n in range(5)))
    seen, cursor = [], {}
    while cursor is not None:
        page = reader.get(FINDINGS, query_string={"limit": 2} | cursor).json
        seen += page["items"]
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    assert seen == found() and len(seen) == 5
    assert seen == sorted(seen, key=lambda one: (one["opened_at"], one["id"]), reverse=True)


def test_findings_are_filtered(post, found, reader):
    post(failing(), failing(host="web02"))
    assert [one["hostname"] for one in found(asset="WEB02")] == ["web02"]
    assert len(found(subject="psu")) == 2 and found(subject="disk") == []
    assert len(found(kind="collector")) == 2 and found(kind="clock") == []
    assert len(found(status="any")) == 2 and found(status="decided") == []
    for filters in ({"kind": "colector"}, {"status": "gone"}, {"cursor": "x"}):
        assert reader.get(FINDINGS, query_string=filters).status_code == 422
    assert reader.get(FINDINGS, query_string={"asset": "web9"}).status_code == 404
    assert reader.get(f"{FINDINGS}/4711").status_code == 404
    assert reader.get(f"{FINDINGS}/{2**80}").status_code == 404


def test_lists_tell_what_was_decided_last_and_by_whom(post, found, reader, writer, make_client):
    post(failing(), failing(host="web02"), failing(host="web03"))
    assert {(one["decision"], one["decided_by"], one["comment"]) for one in found()} == {
        (None, None, None)
    }
    numbers = {one["hostname"]: one["id"] for one in found()}
    of_one = f"{FINDINGS}/{numbers['web01']}/decision"
    other = make_client("write")
    for client, decision in ((writer, "mute"), (other, "unmute"), (other, "ignore")):
        given = {"decision": decision, "comment": f"to {decision}"}
        assert client.post(of_one, json=given).status_code == 200
    writer.post(f"{FINDINGS}/{numbers['web02']}/decision", json={"decision": "mute"})
    (told,) = found(status="decided")
    assert (told["decision"], told["comment"]) == ("ignore", "to ignore")
    last = reader.get(f"{FINDINGS}/{told['id']}").json["decisions"][-1]
    assert (told["decided_by"], told["decided_at"]) == (last["actor"], last["at"])
    by = [one["decided_by"] for one in found(status="any", sort="hostname")]
    assert by[0] and by[2] is None
    for query, hosts in (
        ("decision:ignore", ["web01"]),
        (
            f"decided_by:{by[1]}",
            sorted(
                {name for name, who in zip(("web01", "web02"), by, strict=False) if who == by[1]}
            ),
        ),
        ("decided_at:>now-1h", ["web01", "web02"]),
        ("NOT decided_by:*", ["web03"]),
        ('comment:"to ignore"', ["web01"]),
    ):
        got = found(status="any", sort="hostname", query=query)
        assert [one["hostname"] for one in got] == hosts, query
    got = found(status="any", sort="-decided_at")
    assert [one["hostname"] for one in got] == ["web02", "web01", "web03"]
    for sort in ("decision", "decided_by", "comment", "decided_at"):
        assert len(found(status="any", sort=sort, limit=2)) == 2


def test_reading_is_not_deciding(post, only, reader):
    post(failing())
    answer = reader.post(f"{FINDINGS}/{only()['id']}/decision", json={"decision": "ignore"})
    assert answer.status_code == 403


def test_an_unchanged_report_with_findings_writes_its_status_row_only(post, session, only):
    bad = {"psu": FAILED, "disk": [{"slot": "1", "size_bytes": "large"}]}
    post(make_report(sections=bad))
    with statements() as seen:
        post(make_report(sections=bad))
    assert [s.split()[:2] for s in seen if s.startswith(("INSERT", "UPDATE", "DELETE"))] == [
        ["UPDATE", "asset_status"]
    ]
    with statements() as seen:
        assert [r["result"] for r in post(*(make_report(sections=bad) for _ in range(2)))] == [
            "unchanged",
            "unchanged",
        ]
    assert not [s for s in seen if "finding" in s]


def test_a_batch_leaves_news_of_findings_to_be_taken_alone(post, found):
    post(failing(), failing(host="web02"))
    sound = {"status": "unavailable", "reason": "no ipmitool"}
    results = post(
        make_report(sections={"psu": sound}), make_report(host="web02", sections={"psu": FAILED})
    )
    assert [one["result"] for one in results] == ["recorded", "unchanged"]
    assert [one["hostname"] for one in found()] == ["web02"]


class statements:
    """Gives the SQL statements that are executed meanwhile."""

    def __enter__(self):
        self.seen = []
        event.listen(db.engine, "before_cursor_execute", self._note)
        return self.seen

    def __exit__(self, *_):
        event.remove(db.engine, "before_cursor_execute", self._note)

    def _note(self, _connection, _cursor, statement, _parameters, _context, _many):
        self.seen.append(statement)


def test_what_was_settled_by_mistake_is_opened_again(post, only, found, decide, reader):
    post(make_report("web01", {"psu": {"status": "error", "error": "x"}}))
    one = only(kind="collector")
    decide(one, "ignore")
    shown = reader.get(f"{FINDINGS}/{one['id']}").json
    assert [d["decision"] for d in shown["possible"]] == ["reopen"]
    assert decide(one, "reopen")["status"] == "open"
    assert found()[0]["id"] == one["id"]
    told = decide(one, "mute")
    assert [d["decision"] for d in told["decisions"]] == ["ignore", "reopen", "mute"]
