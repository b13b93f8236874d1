"""Two assets made one: nothing that was known of either is lost, and past states stay exact."""

import itertools
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmdb_api.services import canonical
from tests.machines import disks, machine
from tests.reports import MASTER_SECRET, make_report, section

FINDINGS = "/api/v1/findings"
ONE, TWO = machine("one"), machine("two")
MINUTE = 60_000
_numbers = itertools.count(1)


@pytest.fixture
def only(reader):
    """Return a function that gives the one finding of these filters."""

    def only(**filters):
        (one,) = reader.get(FINDINGS, query_string=filters).json["items"]
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


@pytest.fixture
def say(post):
    """Return a function that reports as a machine, so many minutes ago."""

    def say(host, identity, sections, minutes=0, **more):
        at = datetime.now(UTC) - timedelta(minutes=minutes)
        more |= {"age_ms": minutes * MINUTE, "collected_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        report = make_report(host, sections, identity=identity, **more)
        (result,) = post(report)
        return result

    return say


@pytest.fixture
def past(reader):
    """Return a function that gives {kind: {place: fields}} of an asset so many minutes ago."""

    def past(host, minutes):
        at = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
        answer = reader.get(f"/api/v1/assets/{host}", query_string={"at": at})
        assert answer.status_code == 200, answer.text
        return {
            kind: {item["place"]: item["fields"] for item in items}
            for kind, items in answer.json["components"].items()
        }

    return past


def asset(client, host):
    return client.get(f"/api/v1/assets/{host}").json


def test_the_step_from_one_name_to_the_other_is_told_as_changes(say, only, decide, reader, past):
    say("web01", ONE, {"disk": disks("one"), "psu": [{"slot": "1"}]}, 60)
    say("web02", ONE, {"disk": disks("one", 3), "fan": [{"slot": "a"}]}, 40)
    say("web02", ONE, {"disk": disks("one", 1)}, 20)
    decide(only(), "rename")
    places = {minutes: sorted(past("web02", minutes)["disk"]) for minutes in (50, 30, 10)}
    assert places == {50: ["0", "1"], 30: ["0", "1", "2"], 10: ["0"]}
    changes = reader.get("/api/v1/assets/web02/changes?kind=disk").json["items"]
    told = [(change["action"], change["place"], change["hostname"]) for change in changes]
    assert told == [
        ("removed", "2", "web02"),
        ("removed", "1", "web02"),
        ("added", "2", "web02"),
        ("baseline", "", "web01"),
    ]
    components = asset(reader, "web02")["components"]
    assert sorted(components) == ["disk", "fan", "psu"]
    assert "fan" not in past("web02", 50) and "psu" in past("web02", 30)


def test_a_part_that_stayed_is_there_since_it_came(say, only, decide, reader):
    say("web01", ONE, {"disk": disks("one")}, 60)
    since = asset(reader, "web01")["components"]["disk"][0]["since"]
    say("web02", ONE, {"disk": disks("one", 1)}, 40)
    decide(only(), "rename")
    (disk,) = asset(reader, "web02")["components"]["disk"]
    assert disk["since"] == since
    part = reader.get(f"/api/v1/parts?serial={disk['serial']}").json["items"][0]
    assert [(n["hostname"], n["since"]) for n in part["now"]] == [("web02", since)]
    gone = disks("one")["items"][1]["serial"]
    part = reader.get(f"/api/v1/parts?serial={gone}").json["items"][0]
    assert part["now"] == [] and [b["hostname"] for b in part["before"]] == ["web02"]


def test_what_was_declared_of_both_is_declared_of_the_one(say, writer, only, decide):
    for host, fields in {
        "web01": {"tags": ["old"], "comment": "the first", "expected": {"disk.count": 2}},
        "web02": {"tags": ["new"], "inventory_number": "IT-2", "expected": {"disk.count": 3}},
    }.items():
        writer.post("/api/v1/assets", json={"hostname": host} | fields)
    writer.put("/api/v1/assets/web02/aliases/www")
    say("web01", ONE, {}, 60)
    say("web02", ONE, {}, 1)
    decide(only(kind="identity"), "rename")
    one = asset(writer, "web02")
    assert sorted(one["tags"]) == ["new", "old"] and one["comment"] == "the first"
    assert one["inventory_number"] == "IT-2" and one["expected"] == {"disk.count": 2}
    assert sorted(one["aliases"]) == ["web01", "www"]
    (gone,) = writer.get("/api/v1/master-changes?resource=assets").json["items"]
    assert gone["name"] == "web02" and gone["actor"] == "anna" and gone["action"] == "removed"


def test_the_history_of_what_was_declared_is_that_of_the_one_that_stays(
    say, writer, only, decide, reader
):
    writer.post("/api/v1/assets", json={"hostname": "web01", "comment": "as it was"})
    writer.post("/api/v1/assets", json={"hostname": "web02", "comment": "the new name"})
    say("web01", ONE, {}, 60)
    say("web02", ONE, {}, 1)
    before = datetime.now(UTC).isoformat()
    writer.patch("/api/v1/assets/web02", json={"comment": "edited"})
    decide(only(), "merge", into="web01")
    past = reader.get("/api/v1/assets/web01", query_string={"at": before}).json
    assert past["comment"] == "as it was" and past["hostname"] == "web01"
    changes = reader.get("/api/v1/assets/web01/changes?kind=asset").json["items"]
    assert {change["hostname"] for change in changes} == {"web01", "web02"}


def test_a_revoked_key_stays_revoked(say, only, decide, make_client, reader):
    say("web01", ONE, {}, 60)
    assert make_client("admin").post("/api/v1/assets/web01/key").status_code == 200
    say("web02", ONE, {})
    decide(only(), "rename")
    old = canonical.host_key(MASTER_SECRET, "web02")
    assert say("web02", ONE, {}, key=old)["result"] == "refused"
    new = canonical.host_key(MASTER_SECRET, "web02", 2)
    assert say("web02", ONE, {}, key=new)["result"] == "unchanged"


def test_reports_in_turn_are_kept_as_text_only(say, only, decide, reader, past):
    say("web01", ONE, {"disk": disks("one")}, 60)
    say("web02", ONE, {"disk": disks("one", 3)}, 50)
    say("web02", ONE, {"disk": disks("one", 4)}, 40)
    say("web01", ONE, {"disk": disks("one", 1)}, 30)
    assert only()["subject"] == "clone"
    decide(only(), "merge", into="web01")
    assert sorted(past("web01", 45)["disk"]) == ["0", "1"]
    assert sorted(past("web01", 10)["disk"]) == ["0"]
    changes = reader.get("/api/v1/assets/web01/changes?kind=disk&action=added").json["items"]
    assert [change["actor"] for change in changes] == ["a report, from web02"]
    assert asset(reader, "web02")["hostname"] == "web01"
    assert say("web02", ONE, {"disk": disks("one", 2)})["changes"] == 1


@pytest.mark.parametrize("name", ["db01", "w" * 250])
def test_what_a_host_reported_is_its_own_whoever_has_merged_it(say, only, decide, reader, name):
    say(name, ONE, {"disk": disks("one")}, 60)
    say("web02", ONE, {"disk": disks("one")}, 50)
    say(name, ONE, {"disk": disks("one", 3)}, 40)
    decide(only(), "merge", into="web02")

    def told(origin):
        items = reader.get("/api/v1/changes", query_string={"origin": origin}).json["items"]
        return {(change["kind"], change["actor"]) for change in items}

    assert told("people") == {("asset", "anna")}
    assert told("hosts") == {("disk", f"a report, from {name}"[:255]), ("disk", None)}
    query = {"origin": "people", "since": "1d"}
    groups = reader.get("/api/v1/changes/groups", query_string=query).json["items"]
    assert {group["kind"] for group in groups} == {"asset"}


def test_who_needs_a_new_key_after_a_merge_is_told(say, only, decide, writer, reader):
    say("web01", ONE, {}, 60)
    writer.post("/api/v1/assets/web01/state", json={"state": "retired"})
    say("web02", ONE, {}, 1)
    one = only(kind="identity")
    possible = reader.get(f"{FINDINGS}/{one['id']}").json["possible"]
    does = {each["decision"]: each["does"] for each in possible}
    assert all("its new key" in does[decision] for decision in ("rename", "merge"))
    (decision,) = decide(one, "rename")["decisions"]
    assert decision["details"]["key_generation"] == 2
    assert decision["details"]["needs_new_key"] == ["web02"]
    assert say("web02", ONE, {})["result"] == "refused"
    key = canonical.host_key(MASTER_SECRET, "web02", 2)
    assert say("web02", ONE, {}, key=key)["result"] == "unchanged"


def test_nobody_needs_a_new_key_where_none_was_revoked(say, only, decide):
    say("web01", ONE, {}, 60)
    say("web02", ONE, {}, 1)
    (decision,) = decide(only(), "rename")["decisions"]
    assert decision["details"].keys() == {"message", "merged", "into", "renamed"}


def test_merging_into_what_is_none_of_the_two_is_refused(say, only, decide, writer):
    writer.post("/api/v1/assets", json={"hostname": "db01"})
    say("web01", ONE, {}, 60)
    say("web02", ONE, {})
    error = decide(only(), "merge", 409, into="db01")["error"]
    assert "web01 and web02" in error["message"] and "into" in error["fields"]
    assert decide(only(), "merge", 404, into="db02")
    assert "into" in decide(only(), "merge", 422)["error"]["fields"]


def test_another_kind_of_key_or_new_fields_keep_past_states_exact(say, only, decide, past):
    first = section([{"slot": "1", "name": "a", "note": "x"}, {"slot": "2", "name": "b"}])
    moved = section([{"slot": "1", "name": "a"}, {"slot": "2", "name": "b"}], ["name"])
    later = section([{"slot": "1", "name": "a", "note": "y"}], ["name"])
    say("web01", ONE, {"disk": first, "fan": first}, 60)
    say("web02", ONE, {"disk": moved, "fan": section([{"slot": "1", "name": "a"}])}, 40)
    say("web02", ONE, {"disk": later, "fan": first}, 20)
    decide(only(), "rename")
    was = {"1": {"slot": "1", "name": "a", "note": "x"}, "2": {"slot": "2", "name": "b"}}
    assert past("web02", 50) == {"disk": was, "fan": was}
    assert past("web02", 30)["disk"]["a"] == {"slot": "1", "name": "a"}
    assert past("web02", 30)["fan"] == {"1": {"slot": "1", "name": "a"}}
    assert past("web02", 10)["fan"] == was
    assert past("web02", 10)["disk"] == {"a": {"slot": "1", "name": "a", "note": "y"}}


def test_no_items_under_the_new_name_are_no_items_then(say, only, decide, past):
    full = section([{"slot": "a", "note": 1}, {"slot": "b"}])
    say("web01", ONE, {"gadget": full}, 60)
    say("web02", ONE, {"gadget": section([])}, 40)
    say("web02", ONE, {"gadget": section([{"slot": "a"}])}, 20)
    decide(only(), "rename")
    assert sorted(past("web02", 50)["gadget"]) == ["a", "b"]
    assert past("web02", 30)["gadget"] == {}
    assert sorted(past("web02", 10)["gadget"]) == ["a"]


def test_a_host_under_review_becomes_another_name(
    make_app, database_url, say, writer, only, decide
):
    client = make_app(database_url, UNKNOWN_HOSTS="review").test_client()
    writer.post("/api/v1/assets", json={"hostname": "web01.example.com"})
    report = make_report("web01", {"disk": disks("one")}, identity=ONE)
    assert client.post("/api/v1/reports", json=report).json["result"] == "recorded"
    one = only(kind="unknown_host")
    told = decide(one, "alias", into="web01.example.com")
    assert told["decisions"][0]["details"]["merged"] == "web01"
    found = asset(writer, "web01")
    assert found["hostname"] == "web01.example.com" and len(found["components"]["disk"]) == 2
    assert say("web01", ONE, {"disk": disks("one")})["result"] == "unchanged"


@pytest.mark.parametrize("way", ["review", "refuse"])
def test_an_unknown_host_is_registered_by_decision(
    make_app, database_url, writer, only, decide, way
):
    client = make_app(database_url, UNKNOWN_HOSTS=way).test_client()

    def tell():
        report = make_report("web01", {"disk": disks("one")}, identity=ONE)
        return client.post("/api/v1/reports", json=report)

    assert tell().status_code == (200 if way == "review" else 403)
    one = only(kind="unknown_host")
    assert decide(one, "register")["status"] == "decided"
    assert tell().status_code == 200
    assert asset(writer, "web01")["standing"] == "registered"


@pytest.mark.parametrize("way", ["review", "refuse"])
def test_an_unknown_host_is_ignored_by_decision(make_app, database_url, reader, only, decide, way):
    client = make_app(database_url, UNKNOWN_HOSTS=way).test_client()

    def tell():
        report = make_report("web01", {"disk": disks("one")}, identity=ONE)
        return client.post("/api/v1/reports", json=report)

    tell()
    decide(only(kind="unknown_host"), "ignore")
    assert tell().status_code == 403
    assert reader.get(FINDINGS).json["items"] == []


def test_a_refused_host_becomes_another_name(make_app, database_url, writer, only, decide):
    client = make_app(database_url, UNKNOWN_HOSTS="refuse").test_client()
    writer.post("/api/v1/assets", json={"hostname": "web01.example.com"})
    report = make_report("web01", {"disk": disks("one")}, identity=ONE)
    assert client.post("/api/v1/reports", json=report).status_code == 403
    decide(only(kind="unknown_host"), "alias", into="web01.example.com")
    assert client.post("/api/v1/reports", json=report).json["result"] == "recorded"


def test_a_retired_host_that_reports_is_brought_back(say, writer, only, decide):
    say("web01", ONE, {})
    writer.post("/api/v1/assets/web01/state", json={"state": "retired"})
    assert say("web01", ONE, {"disk": disks("one")})["error"]["code"] == "retired"
    one = only(kind="retired")
    assert decide(one, "bring_back")["decisions"][0]["details"]["state"] == "planned"
    assert asset(writer, "web01")["state"] == "planned"


def test_what_is_observed_is_declared_by_decision(say, writer, only, decide):
    writer.post("/api/v1/assets", json={"hostname": "web01", "expected": {"disk.count": 4}})
    say("web01", ONE, {"disk": disks("one")})
    one = only(kind="drift")
    assert decide(one, "accept_observed")["decisions"][0]["details"]["declared"] == 2
    assert asset(writer, "web01")["expected"] == {"disk.count": 2}


def test_of_two_who_decide_at_once_one_is_told_of_the_other(app, make_token, say, only, writer):
    say("web01", ONE, {}, 60)
    say("web02", ONE, {})
    number, answers, barrier = only()["id"], [], threading.Barrier(2)
    clients = [app.test_client() for _ in range(2)]
    for client, name in zip(clients, ("anna", "bert"), strict=True):
        token = make_token("write", name=name)
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"

    def decide(client, decision):
        barrier.wait()
        given = {"decision": decision}
        answers.append(client.post(f"{FINDINGS}/{number}/decision", json=given))

    threads = [
        threading.Thread(target=decide, args=pair)
        for pair in zip(clients, ("rename", "clone"), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(writer.get(f"{FINDINGS}/{number}").json["decisions"]) == 1


items = st.fixed_dictionaries(
    {"slot": st.sampled_from("abc")},
    optional={"model": st.sampled_from("XY"), "serial": st.sampled_from("ST"), "note": st.just(1)},
)
states = st.lists(
    st.one_of(st.none(), st.lists(items, max_size=3, unique_by=lambda item: item["slot"])),
    min_size=1,
    max_size=4,
)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(before=states, after=states, bulk=st.booleans())
def test_every_past_state_of_both_is_that_of_the_one(
    say, decide, past, reader, bulk, before, after
):
    number = next(_numbers)
    old, new = f"old{number}", f"new{number}"
    identity = machine(old)
    more = {"serial": "serial"} | ({"bulk": True} if bulk else {})
    told, minutes = [], 10 * (len(before) + len(after)) + 5
    for host, given_states in ((old, before), (new, after)):
        for state in given_states:
            sections = {} if state is None else {"gadget": section(state, **more)}
            say(host, identity, sections, minutes)
            told.append((minutes, state))
            minutes -= 10
    query = {"kind": "identity", "asset": new}
    (finding,) = reader.get(FINDINGS, query_string=query).json["items"]
    decide(finding, "rename")
    last = None
    for minutes, state in told:
        last = last if state is None else {item["slot"]: item for item in state}
        if last is not None:
            assert past(new, minutes - 5).get("gadget", {}) == last
