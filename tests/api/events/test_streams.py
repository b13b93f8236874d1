"""Streams: whoever reads takes the oldest events, and says which it has."""

import pytest

PATH = "/api/v1/subscriptions"


@pytest.fixture
def relay(make_client, admin):
    """Make a stream of disks; return a client of scope relay, as a Salt master has it."""
    made = admin.post(PATH, json={"name": "Salt", "type": "stream", "kinds": ["disk"]})
    assert made.status_code == 201
    assert made.json["secret"] is None
    return make_client("relay")


def take(client, query=""):
    answer = client.get(f"{PATH}/salt/events{query}")
    assert answer.status_code == 200, answer.text
    return answer.json


def test_events_stay_until_they_are_acked(relay, change, worker, told):
    change("web01", "web02")
    numbers = [change("web01", "web02") for _ in range(3)]
    assert take(relay) == {"items": [], "pending_count": 0}
    worker.once()
    first = take(relay, "?limit=4")
    assert first["pending_count"] == 6
    assert take(relay, "?limit=4") == first
    ids = [event["id"] for event in first["items"]]
    assert relay.post(f"{PATH}/salt/ack", json={"ids": ids[:3]}).json == {"count": 3}
    # What was acked already, and what never was, is no error: an answer may have been lost.
    again = [*ids[:3], "evt_99999_1"]
    assert relay.post(f"{PATH}/salt/ack", json={"ids": again}).json == {"count": 0}
    rest = take(relay)["items"]
    assert rest[0]["id"] == ids[3]
    every = [*first["items"][:3], *rest]
    for host in ("web01", "web02"):
        assert [e["after"]["firmware"] for e in every if e["host"] == host] == numbers
    assert (told()["pending_count"], told()["delivered_count"]) == (3, 3)
    assert told()["oldest_pending_seconds"] >= 0


def test_a_name_that_no_stream_has_is_told_with_the_nearest(relay, subscribe):
    answer = relay.get(f"{PATH}/sald/events")
    assert answer.status_code == 404
    assert "did you mean Salt?" in answer.json["error"]["message"]
    subscribe()
    for answer in (
        relay.get(f"{PATH}/tickets/events"),
        relay.post(f"{PATH}/tickets/ack", json={"ids": []}),
    ):
        assert answer.status_code == 409
        assert "is a webhook" in answer.json["error"]["message"]


def test_what_is_no_id_of_an_event_is_told(relay):
    huge = f"evt_{10**30}_1"
    for text in ("evt_x_1", "evt_1", "evt_1_g", "evt_1_1_1", "1", "evt_-1_1", "", huge):
        answer = relay.post(f"{PATH}/salt/ack", json={"ids": [text]})
        assert answer.status_code == 422
        assert answer.json["error"]["fields"]["ids"] == [f"{text!r} is no id of an event"]


def test_who_may_read_and_who_may_ack(relay, make_client, client):
    ack = {"ids": []}
    for scope, reads, acks in (
        ("relay", 200, 200),
        ("read", 200, 403),
        ("write", 200, 200),
        ("admin", 200, 200),
    ):
        one = make_client(scope)
        assert one.get(f"{PATH}/salt/events").status_code == reads
        assert one.post(f"{PATH}/salt/ack", json=ack).status_code == acks
    assert client.get(f"{PATH}/salt/events").status_code == 401
    assert client.post(f"{PATH}/salt/ack", json=ack).status_code == 401


def test_a_stream_that_nobody_reads_is_bounded_and_says_so(relay, change, worker, clock, told):
    change("web01")
    change("web01")
    worker.once()
    clock.goes(days=29)
    worker.once()
    assert take(relay)["pending_count"] == 1
    clock.goes(days=2)
    worker.once()
    assert take(relay)["pending_count"] == 0
    assert told()["expired_count"] == 1
