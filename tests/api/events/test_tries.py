"""The log of deliveries: each try, through a real receiver, and how long it is kept."""

import socket
from datetime import timedelta

import pytest
from sqlalchemy import event as events
from sqlalchemy import func, insert, select

from cmdb_api.extensions import db
from cmdb_api.models import Asset, Delivery, DeliveryTry, Outbox
from cmdb_api.models.types import now
from cmdb_api.services.events import keeping, outcomes, waiting
from tests.api.events.conftest import PATH


@pytest.fixture
def log(admin):
    """Return a function that gives the log of the first subscription, all pages of it."""

    def log(number=1, **asked):
        rows, cursor = [], None
        while True:
            more = {"cursor": cursor} if cursor else {}
            answer = admin.get(f"{PATH}/{number}/tries", query_string=asked | more)
            assert answer.status_code == 200, answer.text
            rows += answer.json["items"]
            if not (cursor := answer.json["next_cursor"]):
                return rows

    return log


def test_each_try_is_told_with_what_was_answered(
    subscribe, receiver, worker, change, clock, log, told
):
    change("web01")
    subscribe(kinds=["disk"])
    change("web01")
    answers = iter([(503, {}, b"try later"), (None, {}, b""), (204, {}, b"")])
    receiver.answer = lambda event: next(answers)
    for _ in range(3):
        worker.once()
        clock.goes(minutes=20)
    rows = log()
    assert [(r["outcome"], r["status_code"], r["attempt"]) for r in rows] == [
        *(("delivered", 204, 3), ("failed", None, 2), ("failed", 503, 1))
    ]
    assert [r["error"] for r in rows] == [
        *(None, "the connection was closed without an answer", "answered 503: try later")
    ]
    (_, headers, _) = receiver.requests[-1]
    assert {r["event"] for r in rows} == {headers["webhook-id"]}
    same = {"hostname": "web01", "asset": "web01", "kind": "disk", "place": "1"}
    assert all(same | {"action": "changed"} == {n: r[n] for n in (*same, "action")} for r in rows)
    assert all(0 <= r["duration_ms"] < 2000 for r in rows)
    assert rows[0]["at"] > rows[1]["at"] > rows[2]["at"]
    # What is told of the event was gone when it was delivered; the log of it is not.
    assert told()["pending_count"] == 0


def test_what_is_refused_and_who_is_gone_are_told_apart(subscribe, receiver, worker, change, log):
    change("web01", "web02")
    subscribe(kinds=["disk"])
    change("web01", "web02")
    receiver.answer = lambda event: 422 if event["host"] == "web01" else 410
    worker.once()
    assert {r["hostname"]: (r["outcome"], r["status_code"]) for r in log()} == {
        "web01": ("refused", 422),
        "web02": ("gone", 410),
    }
    assert [r["hostname"] for r in log(outcome="refused")] == ["web01"]
    assert [r["hostname"] for r in log(query="status_code:>=420")] == ["web01"]
    assert [r["hostname"] for r in log(query="NOT outcome:refused")] == ["web02"]


def test_the_log_is_searched_by_event_and_asset_and_ordered(
    subscribe, receiver, worker, change, admin, log
):
    change("web01", "web02", "web03")
    assert admin.patch("/api/v1/assets/web02", json={"tags": ["lab"]}).status_code == 200
    subscribe(kinds=["disk"])
    for _ in range(3):
        change("web01", "web02", "web03")
    worker.once()
    rows = log(limit=2)
    assert len(rows) == len({r["id"] for r in rows}) == 9
    assert [r["id"] for r in rows] == sorted((r["id"] for r in rows), reverse=True)
    wanted = rows[4]
    assert [r["id"] for r in log(query=f"event:{wanted['event']}")] == [wanted["id"]]
    assert {r["hostname"] for r in log(query="tag:lab AND outcome:delivered")} == {"web02"}
    assert {r["hostname"] for r in log(query="NOT tag:lab")} == {"web01", "web03"}
    ordered = [(r["hostname"], r["id"]) for r in log(sort="hostname,id", limit=2)]
    assert ordered == sorted(ordered)
    wrong = admin.get(f"{PATH}/1/tries?outcome=lost")
    assert (wrong.status_code, list(wrong.json["error"]["fields"])) == (422, ["outcome"])
    wrong = admin.get(f"{PATH}/1/tries?sort=nosuch&query=outcome:lost")
    assert wrong.status_code == 422


def test_a_test_is_in_the_log_and_no_event_of_a_host(subscribe, receiver, admin, log):
    subscribe()
    sent = admin.post(f"{PATH}/1/test").json
    receiver.answer = lambda event: (500, {}, b"oh")
    admin.post(f"{PATH}/1/test")
    bad, good = log()
    assert (good["event"], good["action"], good["outcome"]) == (
        *(sent["event"]["id"], "test", "delivered"),
    )
    assert good["outbox_id"] is good["hostname"] is good["kind"] is None
    assert (bad["outcome"], bad["error"]) == ("failed", "answered 500: oh")
    assert len(log(query="NOT action:test")) == 0


def test_a_receiver_that_can_t_be_reached_is_told_of(subscribe, worker, change, log):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    change("web01")
    subscribe(url=f"http://127.0.0.1:{port}/")
    change("web01")
    worker.once()
    (one,) = log()
    assert (one["status_code"], one["outcome"]) == (None, "failed")
    assert "onnection" in one["error"]


def test_an_asset_that_is_gone_or_renamed_stays_in_the_log(
    app, subscribe, worker, change, admin, log
):
    change("web01", "web02")
    subscribe(kinds=["disk"])
    change("web01", "web02")
    worker.once()
    with app.app_context():
        asset = db.session.scalar(select(Asset).where(Asset.hostname == "web02"))
        asset.hostname = asset.hostname_key = "db02"
        db.session.commit()
    assert admin.patch("/api/v1/assets/web01", json={"state": "retired"}).status_code == 200
    gone = admin.delete("/api/v1/assets/web01")
    assert gone.status_code == 204, gone.text
    assert {r["hostname"]: r["asset"] for r in log()} == {"web01": None, "web02": "db02"}


def test_who_is_no_admin_sees_no_log_and_a_webhook_that_is_gone_has_none(
    subscribe, worker, change, admin, make_client, log
):
    subscribe()
    change("web01")
    worker.once()
    assert log()
    assert make_client("write").get(f"{PATH}/1/tries").status_code == 403
    assert admin.get(f"{PATH}/99/tries").status_code == 404
    assert admin.get(f"{PATH}/{2**63}/tries").status_code == 404
    assert admin.delete(f"{PATH}/1").status_code == 204
    assert admin.get(f"{PATH}/1/tries").status_code == 404


def test_a_stream_has_no_log(admin, change, worker, log):
    assert admin.post(PATH, json={"name": "salt", "type": "stream"}).status_code == 201
    change("web01")
    worker.once()
    assert log() == []


def fill(app, counts, *, number=1, at=None):
    """Put so many tries of each outcome into a log."""
    with app.app_context():
        rows = [
            {
                "subscription_id": number,
                "event_id": f"evt_{n}_0",
                "action": "changed",
                "kind": "disk",
            }
            | {"at": at or now(), "duration_ms": 1, "attempt": 1, "outcome": outcome}
            for outcome, count in counts.items()
            for n in range(count)
        ]
        db.session.execute(insert(DeliveryTry.__table__), rows)
        db.session.commit()


def kept(app):
    with app.app_context():
        query = select(DeliveryTry.outcome, func.count()).group_by(DeliveryTry.outcome)
        return dict(map(tuple, db.session.execute(query)))


def test_the_newest_tries_of_each_outcome_are_kept(app, subscribe, worker, monkeypatch):
    monkeypatch.setattr(keeping, "TRIES", 20)
    for name in ("tickets", "chat"):
        subscribe(name=name)
    # What went well, however often, pushes out no failure.
    fill(app, {"failed": 3, "delivered": 50, "refused": 21})
    fill(app, {"delivered": 20}, number=2)
    worker.once()
    assert kept(app) == {"failed": 3, "delivered": 40, "refused": 20}
    with app.app_context():
        own = DeliveryTry.subscription_id == 1, DeliveryTry.outcome == outcomes.TAKEN
        ids = db.session.scalars(select(DeliveryTry.event_id).where(*own)).all()
    assert sorted(ids) == sorted(f"evt_{n}_0" for n in range(30, 50))


def test_tries_are_removed_with_age_some_at_once(app, subscribe, clock, worker, monkeypatch):
    subscribe()
    fill(app, {"delivered": 7}, at=clock() - timedelta(days=31))
    fill(app, {"delivered": 2}, at=clock() - timedelta(days=29))
    monkeypatch.setattr(keeping, "BATCH", 5)
    with app.app_context():
        assert keeping.trim_log(db.session, clock(), 30) == 5
        db.session.commit()
    worker.once()
    assert kept(app) == {"delivered": 2}


def test_many_tries_are_written_at_once(app, subscribe, worker, change, receiver, log):
    hosts = [f"web{n:02}" for n in range(40)]
    change(*hosts)
    subscribe(kinds=["disk"])
    change(*hosts)
    with app.app_context():
        engine, written = db.engine, []

    def note(_connection, _cursor, statement, parameters, _context, executemany):
        if statement.startswith("INSERT INTO delivery_try"):
            written.append(statement)

    events.listen(engine, "before_cursor_execute", note)
    try:
        worker.once()
    finally:
        events.remove(engine, "before_cursor_execute", note)
    assert len(log()) == 40
    assert len(written) <= 40 / 20 + 1


def test_what_waits_is_searched_and_ordered(subscribe, receiver, worker, change, admin):
    change("web01", "web02")
    assert admin.patch("/api/v1/assets/web02", json={"tags": ["lab"]}).status_code == 200
    subscribe(kinds=["disk"])
    for _ in range(2):
        change("web01", "web02")
    receiver.answer = lambda event: 422 if event["host"] == "web01" else 503
    worker.once()

    def ask(**asked):
        answer = admin.get(f"{PATH}/1/deliveries", query_string=asked)
        assert answer.status_code == 200, answer.text
        return [(r["event"]["host"], r["attempts"]) for r in answer.json["items"]]

    every = [("web01", 1), ("web02", 1), ("web01", 0), ("web02", 0)]
    assert ask() == every
    assert ask(query="hostname:web01") == [("web01", 1), ("web01", 0)]
    assert ask(query="attempts:>0 AND kind:disk AND action:changed") == every[:2]
    assert ask(query="error:*422*") == [("web01", 1)]
    assert ask(query="NOT error:*") == every[2:]
    assert ask(query="tag:lab") == [("web02", 1), ("web02", 0)]
    assert ask(query="status:dead") == ask(query="event:evt_x") == []
    assert ask(sort="attempts,-id") == every[::-1]
    first = admin.get(f"{PATH}/1/deliveries").json["items"][0]
    assert ask(query=f"event:{first['event']['id']}") == [("web01", 1)]


def test_what_waits_is_counted_up_to_a_bound(app, subscribe, change):
    subscribe(kinds=["disk"])
    change("web01")
    with app.app_context():
        rows = [{"asset_id": 1, "event": {}, "handed_out": True} for _ in range(9)]
        db.session.execute(insert(Outbox.__table__), rows)
        ids = db.session.scalars(select(Outbox.id).order_by(Outbox.id)).all()[-9:]
        states = [*["dead"] * 4, *["pending"] * 5]
        db.session.execute(
            insert(Delivery.__table__),
            [
                {"subscription_id": 1, "outbox_id": n, "asset_id": 1, "status": state}
                for n, state in zip(ids, states, strict=True)
            ],
        )
        db.session.commit()
        for most, (pending, dead) in {None: (5, 4), 4: (5, 4), 3: (4, 4), 2: (3, 3)}.items():
            told = waiting.of(db.session, [1, 2], now(), most)
            assert (told[1]["pending_count"], told[1]["dead_count"]) == (pending, dead)
            assert told[1]["oldest_pending_at"] == db.session.get(Outbox, ids[4]).created_at
            assert (told[2]["pending_count"], told[2]["oldest_pending_at"]) == (0, None)
