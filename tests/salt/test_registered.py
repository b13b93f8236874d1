"""The state cmdb.registered on a real minion: a host registers itself with its key."""

import json
import urllib.request

import pytest

from tests.salt.conftest import MINION

STATE = "cmdb_|-{0}_|-{0}_|-registered"


@pytest.fixture(autouse=True, scope="module")
def places(salt, api):
    """Add what the host can stand in."""
    add(api, "data-centres", name="FRA1")
    add(api, "racks", name="A12", data_centre="FRA1")


def add(api, path, **given):
    request = urllib.request.Request(
        f"{api.url}/api/v1/{path}",
        data=json.dumps(given).encode(),
        headers={"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


@pytest.fixture
def registered(salt):
    """Return a function that runs the state and gives what became of it."""

    def registered(*words):
        (told,) = salt("state.single", "cmdb.registered", MINION, *words).values()
        return told

    return registered


@pytest.fixture
def nobody(api, roles, salt, forget):
    """Let the API know no host of this minion's name."""
    roles.write_text("web = team-shop\n")
    if api.asset():
        api.cmdb("asset", "retire", MINION)
        forget()


@pytest.fixture
def forget(api, pillar_files, salt):
    """Return a function that removes the retired host; it needs a new key, the old is revoked."""

    def forget():
        api.cmdb("asset", "delete", MINION, "--yes")
        pillar_files.base["key"] = api.key(MINION)
        pillar_files.set()

    return forget


def test_a_host_is_registered_before_its_first_report(registered, salt, api, nobody):
    rehearsal = registered("data_centre=FRA1", "rack=A12", "position_u=17", "test=True")
    assert rehearsal["result"] is None
    assert rehearsal["comment"] == f"{MINION} would be registered"
    assert rehearsal["changes"]["rack"] == {"old": None, "new": "A12"}
    assert api.asset() is None
    told = registered("data_centre=FRA1", "rack=A12", "position_u=17")
    assert (told["result"], told["comment"]) == (True, f"{MINION} is registered")
    assert told["changes"] == rehearsal["changes"]
    assert api.asset()["last_report"] is None
    assert salt("cmdb.report", "role")["result"] == "recorded"
    asset = api.asset()
    assert (asset["rack"], asset["position_u"], asset["standing"]) == ("A12", 17, "registered")
    assert list(asset["components"]) == ["role"]


def test_what_differs_is_changed_and_nothing_else(registered, api):
    registered("comment=a", "tags=[x]")
    again = registered("comment=a", "tags=[x]")
    assert (again["result"], again["changes"]) == (True, {})
    assert again["comment"] == f"{MINION} is registered as declared"
    assert registered("comment=a", "test=True")["result"] is True
    rehearsal = registered("comment=b", "test=True")
    assert (rehearsal["result"], rehearsal["comment"]) == (None, f"{MINION} would be declared anew")
    told = registered("comment=b")
    assert told["changes"] == rehearsal["changes"] == {"comment": {"old": "a", "new": "b"}}
    assert api.asset()["tags"] == ["x"]
    (change, *_) = api.changes(kind="asset", limit=1)
    assert change["actor"] == f"{MINION} (registered itself)"


def test_what_the_api_does_not_take_is_told(registered):
    told = registered("rack=A13")
    assert told["result"] is False
    assert "/api/v1/registrations answered 422: rack: there is no rack A13" in told["comment"]
    told = registered("rak=A12")
    assert (told["result"], told["changes"]) == (False, {})
    assert "declared.rak: Unknown field" in told["comment"]


def test_a_host_registers_nobody_else(salt, file_root):
    (file_root / "other.sls").write_text(
        json.dumps({"an-id": {"cmdb.registered": [{"name": "db01"}]}})
    )
    (told,) = salt("state.apply", "other").values()
    assert told["result"] is False
    assert told["comment"].startswith(f"db01 is not this minion: it has the key of {MINION}")


def test_without_a_name_it_is_the_minion(salt, file_root, api):
    declared = [{"declared": {"state": "online"}}, {"purchased_on": "2026-01-31"}]
    (file_root / "self.sls").write_text(json.dumps({"an-id": {"cmdb.registered": declared}}))
    (told,) = salt("state.apply", "self").values()
    assert told["result"] is True, told
    assert api.asset()["purchased_on"] == "2026-01-31"


def test_a_day_in_yaml_is_a_day(salt, file_root, api):
    (file_root / "day.sls").write_text(
        "an-id:\n  cmdb.registered:\n    - warranty_until: 2031-01-31\n"
        "    - declared:\n        purchased_on: 2025-01-31\n"
    )
    (told,) = salt("state.apply", "day").values()
    assert told["result"] is True, told
    asset = api.asset()
    assert (asset["warranty_until"], asset["purchased_on"]) == ("2031-01-31", "2025-01-31")


def test_the_formula_passes_what_pillar_declares(salt, api, pillar):
    pillar.set(declared={"rack": "A12", "position_u": 3, "tags": ["formula"]})
    states = salt("state.apply", "cmdb.registered")
    failed = [state["comment"] for state in states.values() if state["result"] is not True]
    assert not failed
    assert api.asset()["tags"] == ["formula"]
    assert salt("cmdb.status")["settings_problems"] == []


def test_without_the_api_or_a_key_it_fails_with_what_to_do(registered, api, pillar):
    pillar.set(url="http://127.0.0.1:1")
    told = registered("comment=c")
    assert told["result"] is False
    assert told["comment"].endswith("nothing was registered, try again later")
    pillar.set(key=None)
    told = registered("comment=c")
    assert told["result"] is False
    assert (
        f"cmdb:key is not set; ext_pillar cmdb gives it, or put what 'cmdb key {MINION}'"
        in (told["comment"])
    )
    pillar.set(url=None)
    told = registered("comment=c", "test=True")
    assert told["result"] is False
    assert f"cmdb asset register {MINION}" in told["comment"]


def test_a_wrong_key_and_a_retired_host_are_told(registered, api, pillar, forget):
    pillar.set(key=api.key("db01"))
    told = registered("comment=c")
    assert told["result"] is False
    assert f"the signature is not {MINION}'s" in told["comment"]
    pillar.set()
    api.cmdb("asset", "retire", MINION)
    told = registered("comment=c")
    assert told["result"] is False
    assert f"answered 403: {MINION} is retired since " in told["comment"]
    forget()


def test_the_module_alone_registers_too(salt, nobody):
    assert salt("cmdb.register", "comment=a", "test=True")["result"] == "registered"
    assert salt("cmdb.register", "comment=a")["result"] == "registered"
    assert salt("cmdb.register", "comment=b")["changes"] == {"comment": {"old": "a", "new": "b"}}
    assert "declared.rak: Unknown field" in salt("cmdb.register", "rak=A12")
