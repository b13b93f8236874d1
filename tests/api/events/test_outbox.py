"""Each change that somebody wants to be told of is told, and none that did not happen."""

import pytest
from sqlalchemy import func, select, text

from cmdb_api.extensions import db
from cmdb_api.models import Delivery, Outbox
from cmdb_api.services import assets, locking, merge
from cmdb_api.services.events import fanout
from tests.reports import section

ASSETS = "/api/v1/assets"


@pytest.fixture
def stream(admin, worker):
    """Return a function that makes a stream; what it gives takes and acks all that came."""

    def make(name="all", **more):
        given = {"name": name, "type": "stream"} | more
        answer = admin.post("/api/v1/subscriptions", json=given)
        assert answer.status_code == 201, answer.text
        path = f"/api/v1/subscriptions/{name}"

        def take():
            worker.once()
            found = admin.get(f"{path}/events").json["items"]
            ids = [event["id"] for event in found]
            assert admin.post(f"{path}/ack", json={"ids": ids}).json == {"count": len(ids)}
            return found

        return take

    return make


def count(app, model):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


def what(told):
    return [(e["host"], e["kind"], e["action"]) for e in told]


def test_without_a_subscription_nothing_is_kept(app, change):
    change("web01")
    change("web01")
    assert count(app, Outbox) == 0


def test_what_came_before_a_subscription_is_not_told(change, stream, worker):
    change("web01")
    change("web01")
    take = stream()
    assert take() == []
    change("web01")
    assert what(take()) == [("web01", "disk", "changed")]


def test_an_unchanged_report_and_a_baseline_tell_nothing(app, post, make_report, stream):
    take = stream()
    disk = [{"slot": "1", "serial": "EXAMPLE-0001"}]
    post(make_report("web01", {"disk": disk}, seq=1))
    assert what(take()) == [("web01", "asset", "reported")]
    post(make_report("web01", {"disk": disk}, seq=2))
    assert count(app, Outbox) == 0
    post(make_report("web01", {"disk": disk, "nic": [{"slot": "a"}]}, seq=3))
    assert count(app, Outbox) == 0


def test_a_parts_whole_life_is_told(post, make_report, stream):
    take = stream(kinds=["disk"])
    disks = [
        [],
        [{"slot": "1", "serial": "EXAMPLE-0001"}],
        [{"slot": "1", "serial": "EXAMPLE-0002"}],
        [{"slot": "1", "serial": "EXAMPLE-0002", "firmware": "2"}],
        [{"slot": "1", "serial": "EXAMPLE-0002", "firmware": "3"}],
        [],
    ]
    post(make_report("web01", {"disk": [{"slot": "0"}]}, seq=1, age_ms=0))
    for number, items in enumerate(disks, 2):
        disk = section(items, serial="serial")
        post(make_report("web01", {"disk": disk}, seq=number, age_ms=0))
    told = take()
    actions = ["removed", "added", "replaced", "changed", "removed"]
    assert [event["action"] for event in told] == actions
    seqs = [event["seq"] for event in told]
    assert seqs == sorted(seqs)
    assert told[2]["before"]["serial"] == "EXAMPLE-0001"
    assert told[2]["after"]["serial"] == "EXAMPLE-0002"
    assert all(event["report_id"] and event["actor"] is None for event in told)


def test_what_people_do_to_an_asset_is_told_with_their_name(admin, stream):
    take = stream(kinds=["asset"])
    admin.post(ASSETS, json={"hostname": "web01"})
    admin.patch(f"{ASSETS}/web01", json={"comment": "a comment"})
    admin.patch(f"{ASSETS}/web01", json={"hostname": "web02"})
    admin.post(f"{ASSETS}/web02/state", json={"state": "retired", "comment": "too old"})
    told = take()
    assert [(e["host"], e["action"]) for e in told] == [
        ("web01", "added"),
        ("web01", "changed"),
        ("web02", "changed"),
        ("web02", "changed"),
    ]
    assert {e["actor"] for e in told} == {"anna"}
    assert told[1]["fields"] == ["comment"]
    assert "hostname" in told[2]["fields"]
    assert told[3]["after"]["state"] == "retired"
    assert told[3]["after"]["why"] == "too old"


def test_that_an_asset_is_removed_is_told_to_those_whose_search_found_it(admin, stream):
    mine, others = stream("mine", query="comment:mine"), stream("others", query="comment:other")
    everything = stream("everything", actions=["removed"])
    admin.post(ASSETS, json={"hostname": "web01", "comment": "mine"})
    admin.post(f"{ASSETS}/web01/state", json={"state": "retired"})
    # No worker has handed out anything yet.
    assert admin.delete(f"{ASSETS}/web01").status_code == 204
    told = mine()
    assert [e["action"] for e in told] == ["added", "changed", "removed"]
    assert told[2]["before"]["comment"] == "mine"
    assert told[2]["after"] is None
    assert others() == []
    assert what(everything()) == [("web01", "asset", "removed")]


def test_what_a_merge_does_is_told(app, admin, change, stream):
    change("web01", "web02")
    take = stream()
    with app.app_context():
        locking.begin(db.session)
        ids = [assets.find(db.session, name).id for name in ("web01", "web02")]
        for number in ids:
            locking.get(db.session, number)
        merge.merge(db.session, *ids, actor="anna")
        db.session.commit()
    told = what(take())
    assert ("web02", "asset", "removed") in told
    assert ("web01", "asset", "changed") in told


def test_a_subscription_is_told_of_its_kinds_actions_and_assets_only(admin, change, stream):
    by_kind = stream("by-kind", kinds=["nic"])
    by_action = stream("by-action", actions=["changed"])
    by_query = stream("by-query", query="hostname:web02", kinds=["disk"])
    change("web01", "web02")
    change("web01", "web02")
    assert by_kind() == []
    assert {e["action"] for e in by_action()} == {"changed"}
    assert what(by_query()) == [("web02", "disk", "changed")]


def test_a_search_is_of_the_asset_as_it_is_now(admin, change, stream):
    change("web01")
    take = stream(query="comment:watched", kinds=["disk"])
    change("web01")
    assert take() == []
    admin.patch(f"{ASSETS}/web01", json={"comment": "watched"})
    change("web01")
    assert what(take()) == [("web01", "disk", "changed")]


def test_events_of_a_search_that_no_longer_fits_wait_until_it_is_mended(
    admin, change, stream, post, make_report, worker
):
    post(make_report("web02", {"rack_light": section([{"slot": "1", "colour": "red"}])}))
    assert admin.get(ASSETS, query_string={"query": "rack_light.colour:red"}).json["total"] == 1
    change("web01", "web03")
    take = stream("lights", query="hostname:web01 OR rack_light.colour:red", kinds=["disk"])
    # The only one that reported such a kind goes.
    admin.post(f"{ASSETS}/web02/state", json={"state": "retired"})
    assert admin.delete(f"{ASSETS}/web02").status_code == 204
    change("web01", "web03")
    assert take() == []
    path = "/api/v1/subscriptions/1"
    dead, _ = admin.get(f"{path}/deliveries", query_string={"status": "dead"}).json["items"]
    assert "rack_light" in dead["error"]
    assert "rack_light" in admin.get(path).json["last_error"]
    refused = admin.post(f"{path}/deliveries/resend-all")
    assert (refused.status_code, "rack_light" in refused.json["error"]["message"]) == (409, True)
    etag = {"If-Match": admin.get(path).headers["ETag"]}
    mended = admin.patch(path, json={"query": "hostname:web01"}, headers=etag)
    assert mended.status_code == 200, mended.text
    assert admin.post(f"{path}/deliveries/resend-all").json == {"count": 1}
    assert what(take()) == [("web01", "disk", "changed")]


def test_the_time_that_a_search_may_take_bounds_nothing_that_follows(app, change, stream):
    change("web01")
    stream(query="hostname:web01", kinds=["disk"])
    change("web01")
    with app.app_context():
        assert fanout.hand_out(db.session) == 1
        if db.engine.dialect.name == "postgresql":
            assert db.session.scalar(text("SHOW statement_timeout")) == "0"
        db.session.commit()
    assert count(app, Delivery) == 1


def test_what_nobody_wants_in_the_end_is_kept_nowhere(app, change, stream, worker):
    change("web01")
    stream(query="hostname:other", kinds=["disk"])
    change("web01")
    assert count(app, Outbox) == 1
    worker.once()
    assert count(app, Outbox) == count(app, Delivery) == 0


def test_a_refused_report_tells_nothing(app, post, make_report, stream):
    stream()
    post(make_report("web01", {"disk": [{"slot": "1"}]}, sig="0" * 64))
    assert count(app, Outbox) == 0


def test_one_event_that_two_want_is_kept_until_both_have_it(app, change, stream):
    change("web01")
    first, second = stream("first", kinds=["disk"]), stream("second", kinds=["disk"])
    change("web01")
    (told,) = first()
    assert count(app, Outbox) == 1
    assert second() == [told]
    assert count(app, Outbox) == 0


def test_an_item_that_is_too_large_is_told_by_what_differs(post, make_report, stream):
    take = stream(kinds=["disk"])
    large = {"slot": "1", "note": "x" * 40_000, "other": "x" * 40_000, "state": "a"}
    post(make_report("web01", {"disk": [large]}, seq=1, age_ms=0))
    post(make_report("web01", {"disk": [large | {"state": "b"}]}, seq=2, age_ms=0))
    post(make_report("web01", {"disk": [large | {"note": "y" * 40_000}]}, seq=3, age_ms=0))
    first, second = take()
    assert (first["before"], first["after"]) == ({"state": "a"}, {"state": "b"})
    assert first["is_cut"] is second["is_cut"] is True
    assert (second["before"], second["after"]) == (None, None)
    assert second["fields"] == ["note", "state"]
