"""The life of an asset: its states, what can follow which, and what they mean for its key."""

import pytest

from cmdb_api.services.lifecycle import POSSIBLE

ASSETS = "/api/v1/assets"
GENERATIONS = "/api/v1/keys/generations"
STATES = ("planned", "racked", "online", "offline", "retired")


@pytest.fixture
def register(writer):
    """Return a function that registers an asset in a state."""

    def register(host="web01", **given):
        answer = writer.post(ASSETS, json={"hostname": host, **given})
        assert answer.status_code == 201, answer.text
        return answer.json

    return register


@pytest.fixture
def keys(make_client):
    """Return a function that tells what a master learns of keys."""
    relay = make_client("relay")
    return lambda: relay.get(GENERATIONS).json


@pytest.mark.parametrize("state", STATES)
def test_an_asset_is_registered_in_any_state(writer, register, state):
    made = register(state=state)
    assert made["state"] == state
    assert made["state_at"] is not None
    (change,) = writer.get(f"{ASSETS}/web01/changes").json["items"]
    assert change["after"]["state"] == state


def test_an_asset_is_online_where_nothing_else_is_said(writer, register, post, make_report):
    assert register()["state"] == "online"
    post(make_report("web02", {"disk": [{"slot": "1"}]}))
    told = writer.get(f"{ASSETS}/web02").json
    assert (told["state"], told["standing"], told["state_at"]) == ("online", "accepted", None)


@pytest.mark.parametrize("way", ["post", "patch"])
@pytest.mark.parametrize("wanted", STATES)
@pytest.mark.parametrize("state", STATES)
def test_a_state_follows_only_those_before_it(writer, register, state, wanted, way):
    before = register(state=state)
    path = f"{ASSETS}/web01/state" if way == "post" else f"{ASSETS}/web01"
    answer = getattr(writer, way)(path, json={"state": wanted})
    after = writer.get(f"{ASSETS}/web01").json
    if wanted == state:
        assert (answer.status_code, after) == (200, before)
    elif wanted in POSSIBLE[state]:
        assert (answer.status_code, answer.json["state"]) == (200, wanted)
        assert after["state_at"] > before["state_at"]
        assert after["etag"] != before["etag"]
    else:
        assert (answer.status_code, answer.json["error"]["code"]) == (409, "conflict")
        error = answer.json["error"]
        assert error["details"] == {"possible": list(POSSIBLE[state])}
        possible = " or ".join(POSSIBLE[state])
        told = f"state: web01 is {state}: it can become {possible}, not {wanted}"
        assert error["message"] == told
        assert after == before


def test_every_state_but_planned_and_back_is_one_that_an_asset_can_come_to():
    assert set(POSSIBLE) == set(STATES)
    assert {state for states in POSSIBLE.values() for state in states} == set(STATES)


def test_a_step_is_a_change_with_its_comment_and_who_made_it(make_client):
    client = make_client("write", name="Anna")
    client.post(ASSETS, json={"hostname": "web01", "comment": "its own"})
    given = {"state": "offline", "comment": "PSU broke"}
    assert client.post(f"{ASSETS}/web01/state", json=given).json["comment"] == "its own"
    client.patch(f"{ASSETS}/web01", json={"comment": "another"})
    edit, step, _ = client.get(f"{ASSETS}/web01/changes").json["items"]
    assert step["actor"] == "Anna"
    assert step["changes"] == [
        {"field": "state", "old": "online", "new": "offline"},
        {"field": "why", "old": None, "new": "PSU broke"},
    ]
    # It belongs to the step alone.
    assert edit["fields"] == ["comment"]


@pytest.mark.parametrize("state", [None, "", "broken", 5, ["online"]])
def test_what_is_no_state_is_refused(writer, register, state):
    register()
    for answer in (
        writer.post(f"{ASSETS}/web01/state", json={"state": state}),
        writer.patch(f"{ASSETS}/web01", json={"state": state}),
        writer.post(ASSETS, json={"hostname": "web02", "state": state}),
    ):
        assert answer.status_code == 422
        assert set(answer.json["error"]["fields"]) == {"state"}
    assert writer.post(f"{ASSETS}/web01/state", json={}).status_code == 422
    assert writer.post(f"{ASSETS}/web09/state", json={"state": "online"}).status_code == 404


def test_retiring_and_coming_back_each_revoke_the_key(writer, register, keys):
    register("Web01")
    assert keys() == {"generations": {}, "retired": []}
    writer.patch(f"{ASSETS}/web01", json={"state": "retired"})
    assert keys() == {"generations": {"web01": 2}, "retired": ["web01"]}
    writer.patch(f"{ASSETS}/web01", json={"state": "planned"})
    assert keys() == {"generations": {"web01": 3}, "retired": []}
    writer.patch(f"{ASSETS}/web01", json={"state": "online"})
    assert keys() == {"generations": {"web01": 3}, "retired": []}
    register("web02", state="retired")
    assert keys()["retired"] == ["web02"]


def test_other_names_of_a_retired_host_get_no_key_either(writer, register, keys):
    register()
    writer.put(f"{ASSETS}/web01/aliases/Shop01")
    writer.patch(f"{ASSETS}/web01", json={"state": "retired"})
    assert keys()["retired"] == ["shop01", "web01"]


def test_retired_assets_are_listed_only_where_they_are_asked_for(writer, register):
    for state in STATES:
        register(f"{state}01", state=state)

    def listed(*states):
        answer = writer.get(ASSETS, query_string={"state": states})
        assert answer.json["total"] == len(answer.json["items"])
        return {item["state"] for item in answer.json["items"]}

    assert listed() == {*STATES} - {"retired"}
    assert listed("retired") == {"retired"}
    assert listed("online", "planned") == {"online", "planned"}
    assert listed("any") == {*STATES}
    assert writer.get(f"{ASSETS}?state=gone").status_code == 422


def test_an_asset_that_never_reported_can_be_removed(make_client):
    admin, writer = make_client("admin", name="Anna"), make_client("write")
    writer.post(ASSETS, json={"hostname": "Web01", "comment": "typo", "tags": ["pci"]})
    assert writer.delete(f"{ASSETS}/web01").status_code == 403
    assert admin.delete(f"{ASSETS}/web01").status_code == 204
    reader = make_client("read")
    assert reader.get(f"{ASSETS}/web01").status_code == 404
    assert reader.get("/api/v1/changes").json["items"] == []
    removed = reader.get("/api/v1/master-changes?resource=assets").json["items"][0]
    assert (removed["action"], removed["name"], removed["actor"]) == ("removed", "Web01", "Anna")
    assert removed["before"]["comment"] == "typo"
    assert removed["before"]["tags"] == ["pci"]
    assert removed["after"] is None
    assert writer.post(ASSETS, json={"hostname": "web01"}).status_code == 201


def test_an_asset_that_has_reported_can_be_removed_only_once_it_is_retired(
    make_client, writer, post, make_report
):
    admin = make_client("admin")
    post(make_report("web01", {"disk": [{"slot": "1", "serial": "EXAMPLE-1"}]}))
    answer = admin.delete(f"{ASSETS}/web01")
    assert answer.status_code == 409
    assert answer.json["error"]["message"] == (
        "web01 has reported and is online: retire it first; only what never reported, or is "
        "retired, can be removed"
    )
    writer.patch(f"{ASSETS}/web01", json={"state": "retired"})
    assert admin.delete(f"{ASSETS}/web01").status_code == 204
    assert writer.get(f"{ASSETS}/web01").status_code == 404
    assert admin.delete(f"{ASSETS}/web01").status_code == 404


def test_an_asset_that_is_edited_and_removed_at_once_is_gone(at_once, make_client):
    admin, writer = make_client("admin"), make_client("write")
    for turn in range(4):
        place = f"{ASSETS}/web0{turn}"
        writer.post(ASSETS, json={"hostname": f"web0{turn}"})
        removed, *edited = at_once(
            lambda place=place: admin.delete(place).status_code,
            *[
                lambda place=place, n=n: writer.patch(place, json={"comment": f"{n}"}).status_code
                for n in range(3)
            ],
        )
        assert removed == 204
        assert set(edited) <= {200, 404}
        assert writer.get(place).status_code == 404
    assert writer.get("/api/v1/changes").json["items"] == []
