"""Hosts' keys: which generation they are of, and how one is revoked."""

import pytest
from sqlalchemy import select

from cmdb_api.models import Change
from cmdb_api.services import canonical
from tests.reports import MASTER_SECRET

GENERATIONS = "/api/v1/keys/generations"
DISK = [{"slot": "1"}]


@pytest.fixture
def admin(make_client):
    """Return a client that may do everything but deliver."""
    return make_client("admin")


def refusal(post, report):
    (result,) = post(report)
    assert result["result"] == "refused"
    return result["error"]


@pytest.mark.parametrize(
    ("scope", "status"), [("relay", 200), ("admin", 200), ("read", 403), ("write", 403)]
)
def test_generations_are_for_masters_and_admins(make_client, scope, status):
    answer = make_client(scope).get(GENERATIONS)
    assert answer.status_code == status
    if status == 403:
        told = answer.json["error"]["message"]
        assert told == f"this needs a token of scope relay or admin; yours has {scope}"


def test_only_generations_above_the_first_are_told(make_client, admin, post, make_report):
    post(make_report("Web01", {"disk": DISK}), make_report("web02", {"disk": DISK}))
    assert make_client("relay").get(GENERATIONS).json == {"generations": {}, "retired": []}
    for number in (2, 3):
        answer = admin.post("/api/v1/assets/WEB01/key")
        assert (answer.status_code, answer.json) == (
            200,
            {"hostname": "Web01", "generation": number},
        )
    told = make_client("relay").get(GENERATIONS).json
    assert told == {"generations": {"web01": 3}, "retired": []}


def test_a_revoked_key_is_refused_and_the_next_one_taken(admin, post, make_report):
    old = canonical.host_key(MASTER_SECRET, "web01")
    post(make_report("web01", {"disk": DISK}, key=old))
    assert "key" not in admin.post("/api/v1/assets/web01/key").json
    assert "revoked" in refusal(post, make_report("web01", {"disk": DISK}, key=old))["message"]
    new = canonical.host_key(MASTER_SECRET, "web01", 2)
    assert post(make_report("web01", {"disk": DISK}, key=new))[0]["result"] == "unchanged"


def test_a_rotation_is_recorded_with_who_made_it(admin, post, make_report, session):
    post(make_report("web01", {"disk": DISK}))
    admin.post("/api/v1/assets/web01/key")
    (change,) = session.scalars(select(Change).where(Change.actor.is_not(None))).all()
    assert (change.actor, change.kind, change.action) == ("anna", "asset", "changed")
    assert change.fields == ["key_generation"]
    assert (change.before, change.after) == (
        {"hostname": "web01", "state": "online"},
        {"hostname": "web01", "state": "online", "key_generation": 2},
    )
    assert change.seq == 2


@pytest.mark.parametrize("scope", ["relay", "read", "write"])
def test_only_admins_revoke_keys(make_client, post, make_report, scope):
    post(make_report("web01", {"disk": DISK}))
    assert make_client(scope).post("/api/v1/assets/web01/key").status_code == 403


def test_the_key_of_a_host_that_is_not_known_can_not_be_revoked(admin):
    answer = admin.post("/api/v1/assets/web01/key")
    assert answer.status_code == 404
    assert answer.json["error"]["message"] == "there is no asset web01"


def test_a_host_keeps_its_declared_fields_and_its_key_is_not_among_them(admin, writer):
    writer.post("/api/v1/assets", json={"hostname": "web01", "comment": "A1"})
    admin.post("/api/v1/assets/web01/key")
    assert writer.patch("/api/v1/assets/web01", json={"comment": "A2"}).status_code == 200
    first, *_ = writer.get("/api/v1/assets/web01/changes").json["items"]
    assert first["changes"] == [{"field": "comment", "old": "A1", "new": "A2"}]
    assert "key_generation" not in writer.get("/api/v1/assets/web01").json


def test_a_revoked_key_stays_so_when_its_name_is_no_asset_s_any_more(admin, post, make_report):
    old = canonical.host_key(MASTER_SECRET, "web01")
    post(make_report("web01", {"disk": DISK}, key=old))
    admin.post("/api/v1/assets/web01/state", json={"state": "retired"})
    assert admin.delete("/api/v1/assets/web01").status_code == 204
    assert "revoked" in refusal(post, make_report("web01", {"disk": DISK}, key=old))["message"]
    assert admin.get(GENERATIONS).json["generations"] == {"web01": 2}
    new = canonical.host_key(MASTER_SECRET, "web01", 2)
    assert post(make_report("web01", {"disk": DISK}, key=new))[0]["result"] == "recorded"
    assert admin.post("/api/v1/assets/web01/key").json["generation"] == 3


def test_a_name_that_is_registered_anew_keeps_its_generation(admin, post, make_report):
    admin.post("/api/v1/assets", json={"hostname": "web01"})
    admin.post("/api/v1/assets/web01/key")
    admin.delete("/api/v1/assets/web01")
    admin.post("/api/v1/assets", json={"hostname": "WEB01"})
    old = canonical.host_key(MASTER_SECRET, "WEB01")
    assert "revoked" in refusal(post, make_report("WEB01", {"disk": DISK}, key=old))["message"]


def test_the_keys_of_an_alias_that_was_taken_away_stay_revoked(admin, post, make_report):
    post(make_report("web01", {"disk": DISK}))
    admin.put("/api/v1/assets/web01/aliases/old01")
    old = canonical.host_key(MASTER_SECRET, "old01")
    admin.post("/api/v1/assets/web01/key")
    assert admin.delete("/api/v1/assets/web01/aliases/old01").status_code in (200, 204)
    assert "revoked" in refusal(post, make_report("old01", {"disk": DISK}, key=old))["message"]
    post(make_report("web02", {"disk": DISK}))
    admin.put("/api/v1/assets/web02/aliases/old01")
    assert "revoked" in refusal(post, make_report("old01", {"disk": DISK}, key=old))["message"]
    told = admin.get(GENERATIONS).json["generations"]
    assert told == {"old01": 2, "web01": 2, "web02": 2}
