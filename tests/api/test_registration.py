"""Hosts that register themselves."""

import time

import pytest

from cmdb_api.services import canonical
from tests.reports import MASTER_SECRET, make_report

REGISTRATIONS = "/api/v1/registrations"
ASSETS = "/api/v1/assets"
DISK = {"disk": [{"slot": "1"}]}


def key(host, generation=1):
    return canonical.host_key(MASTER_SECRET, host, generation)


def registration(host="web01", declared=None, *, with_key=None, **members):
    """Return a signed registration; ``members`` replace or add members, None takes one away."""
    given = {"schema": 1, "id": host, "seq": time.time_ns() // 1_000_000} | members
    if declared is not None:
        given["declared"] = declared
    given = {name: value for name, value in given.items() if value is not None}
    return {"sig": canonical.sign(given, with_key or key(host))} | given


@pytest.fixture
def register(client):
    """Return a function that registers a host and gives what the API told."""

    def register(*args, **members):
        answer = client.post(REGISTRATIONS, json=registration(*args, **members))
        assert answer.status_code == 200, answer.text
        return answer.json

    return register


def refusal(answer, status, code):
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    return answer.json["error"]["message"]


def changes(client, host="web01"):
    return client.get(f"{ASSETS}/{host}/changes").json["items"]


def test_a_host_registers_itself_before_its_first_report(register, writer, post):
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    writer.post("/api/v1/racks", json={"name": "A12", "data_centre": "FRA1"})
    told = register("Web01", {"rack": "a12", "position_u": 17, "tags": ["pci"]})
    assert told["result"] == "registered"
    assert told["changes"] == {
        "data_centre": {"old": None, "new": "FRA1"},
        "height_u": {"old": None, "new": 1},
        "position_u": {"old": None, "new": 17},
        "rack": {"old": None, "new": "A12"},
        "standing": {"old": None, "new": "registered"},
        "state": {"old": None, "new": "online"},
        "tags": {"old": None, "new": ["pci"]},
    }
    assert (told["asset"]["hostname"], told["asset"]["rack"]) == ("Web01", "A12")
    assert post(make_report("web01", DISK))[0]["result"] == "recorded"
    asset = writer.get(f"{ASSETS}/web01").json
    assert (asset["rack"], list(asset["components"])) == ("A12", ["disk"])
    *_, added = changes(writer)
    assert (added["actor"], added["action"]) == ("Web01 (registered itself)", "added")


def test_what_is_declared_again_is_no_change(register, writer):
    register("web01", {"comment": "a"}, seq=1)
    told = register("web01", {"comment": "a"}, seq=2)
    assert (told["result"], told["changes"]) == ("unchanged", {})
    assert register("web01", seq=3)["result"] == "unchanged"
    assert len(changes(writer)) == 1


def test_a_field_that_differs_is_changed_and_the_others_stay(register, writer):
    register("web01", {"comment": "a", "tags": ["x"]}, seq=1)
    told = register("web01", {"comment": "b"}, seq=2)
    assert told["result"] == "changed"
    assert told["changes"] == {"comment": {"old": "a", "new": "b"}}
    assert writer.get(f"{ASSETS}/web01").json["tags"] == ["x"]
    assert changes(writer)[0]["actor"] == "web01 (registered itself)"


def test_a_host_that_has_reported_becomes_registered_and_keeps_its_record(register, post, writer):
    post(make_report("web01", DISK))
    told = register("web01")
    assert told["result"] == "registered"
    assert told["changes"] == {"standing": {"old": "accepted", "new": "registered"}}
    assert list(writer.get(f"{ASSETS}/web01").json["components"]) == ["disk"]


def test_a_rehearsal_tells_what_would_change_and_changes_nothing(register, writer):
    told = register("web01", {"comment": "a", "tags": ["new"]}, seq=5, dry_run=True)
    assert told["result"] == "registered"
    assert told["changes"]["comment"] == {"old": None, "new": "a"}
    assert writer.get(f"{ASSETS}/web01").status_code == 404
    assert writer.get("/api/v1/tags").json["items"] == []
    # Its number was not used.
    assert register("web01", {"comment": "a"}, seq=5)["result"] == "registered"
    assert register("web01", {"comment": "b"}, seq=6, dry_run=True)["result"] == "changed"
    assert register("web01", {"comment": "a"}, seq=6)["result"] == "unchanged"


def test_a_registration_is_not_taken_twice(client, register):
    first = registration("web01", {"comment": "a"}, seq=5)
    assert client.post(REGISTRATIONS, json=first).status_code == 200
    register("web01", {"comment": "b"}, seq=6)
    for again in (first, registration("web01", seq=6), registration("web01", seq=4)):
        told = refusal(client.post(REGISTRATIONS, json=again), 409, "conflict")
        assert "is not above 6" in told
    assert register("web01", {"comment": "b"}, seq=7)["result"] == "unchanged"


def test_a_number_of_a_clock_far_ahead_is_refused(client):
    ahead = (int(time.time()) + 3 * 24 * 3600) * 1000
    told = refusal(client.post(REGISTRATIONS, json=registration(seq=ahead)), 422, "invalid")
    assert told == "seq: is more than a day ahead: set the clock of web01 right"


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        (registration() | {"sig": None}, 422, "sig"),
        (registration(with_key=key("db01")), 403, "the signature is not web01's"),
        (registration(with_key=key("web01", 2)), 403, "the registration was altered"),
        (registration("web01", {"comment": "a"}) | {"declared": {}}, 403, "altered"),
        (registration(dry_run=True) | {"dry_run": False}, 403, "altered"),
        (registration(sig="\ud800"), 403, "altered"),
    ],
)
def test_only_the_hosts_own_signature_is_taken(client, writer, given, status, said):
    answer = client.post(REGISTRATIONS, json=given)
    assert answer.status_code == status
    assert said in answer.json["error"]["message"]
    assert writer.get(ASSETS).json["total"] == 0


def test_one_that_is_not_signed_is_told_what_it_needs(client):
    given = registration()
    del given["sig"]
    told = refusal(client.post(REGISTRATIONS, json=given), 401, "unauthorized")
    assert told == "the registration is not signed; it needs a sig made with web01's host key"


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"schema": 2}, "schema"),
        ({"schema": "1"}, "schema"),
        ({"id": "a b"}, "id"),
        ({"id": None}, "id"),
        ({"seq": -1}, "seq"),
        ({"seq": "5"}, "seq"),
        ({"seq": 2**63}, "seq"),
        ({"declared": []}, "declared"),
        ({"declared": {"rak": "A12"}}, "declared.rak"),
        ({"declared": {"state": "sold"}}, "declared.state"),
        ({"declared": {"state": "retired"}}, "declared.state"),
        ({"declared": {"hostname": "db01"}}, "declared.hostname"),
        ({"declared": {"environment": "production"}}, "environment"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_wrong_is_named(client, writer, members, field):
    answer = client.post(REGISTRATIONS, json=registration(**members))
    assert answer.status_code == 422, answer.text
    assert field in answer.json["error"]["fields"], answer.text
    assert writer.get(ASSETS).json["total"] == 0


def test_a_report_is_no_registration_and_a_registration_no_report(client, post):
    assert client.post(REGISTRATIONS, json=make_report("web01", DISK)).status_code == 422
    assert post(registration())[0]["result"] == "refused"


def test_hosts_may_not_register_where_the_setting_says_so(make_app, database_url, writer):
    client = make_app(database_url, HOSTS_MAY_REGISTER=False).test_client()
    told = refusal(client.post(REGISTRATIONS, json=registration()), 403, "forbidden")
    assert told.startswith("hosts may not register themselves here (setting HOSTS_MAY_REGISTER)")
    assert writer.get(ASSETS).json["total"] == 0


def test_a_retired_host_does_not_register_itself(client, register, writer):
    register("web01", seq=1)
    writer.post(f"{ASSETS}/web01/state", json={"state": "retired"})
    for generation in (1, 2):
        given = registration(seq=5, with_key=key("web01", generation))
        told = refusal(client.post(REGISTRATIONS, json=given), 403, "retired")
        assert "its registrations are refused" in told
    # What it reports is told as a finding.
    assert writer.get("/api/v1/findings").json["items"] == []


def test_a_revoked_key_registers_nothing(client, register, make_client):
    register("web01", seq=1)
    make_client("admin").post(f"{ASSETS}/web01/key")
    refusal(client.post(REGISTRATIONS, json=registration(seq=2)), 403, "forbidden")
    assert register("web01", seq=2, with_key=key("web01", 2))["result"] == "unchanged"


def test_under_an_alias_it_is_the_asset_that_is_declared(register, writer):
    register("web01", seq=1)
    writer.put(f"{ASSETS}/web01/aliases/shop")
    told = register("shop", {"comment": "a"}, seq=2)
    assert (told["result"], told["asset"]["hostname"]) == ("changed", "web01")


def test_registering_itself_ends_a_review(make_app, database_url, writer):
    client = make_app(database_url, UNKNOWN_HOSTS="review").test_client()
    client.post("/api/v1/reports", json=make_report("web99", DISK))
    assert client.post(REGISTRATIONS, json=registration("web99")).json["result"] == "registered"
    assert writer.get("/api/v1/findings").json["items"] == []
    assert writer.get(f"{ASSETS}/web99").json["standing"] == "registered"


def test_the_state_can_be_one_that_follows(client, register, writer):
    writer.post(ASSETS, json={"hostname": "web01", "state": "planned"})
    told = register("web01", {"state": "online"}, seq=1)
    assert told["changes"]["state"] == {"old": "planned", "new": "online"}
    given = registration("web01", {"state": "planned"}, seq=2)
    refusal(client.post(REGISTRATIONS, json=given), 409, "conflict")
