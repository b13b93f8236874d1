"""Webhooks: each change is posted to a real HTTP server, signed, in order, whatever fails."""

import base64
import json
import socket
import ssl
import threading
import time
from threading import Barrier

import pytest
from sqlalchemy import func, select
from standardwebhooks import Webhook, WebhookVerificationError

from cmdb_api.errors import SettingsError
from cmdb_api.extensions import db
from cmdb_api.models import Delivery, Outbox
from cmdb_api.models.types import now
from cmdb_api.services.events import deliveries, fanout, outcomes, posting, subscriptions, tries
from cmdb_api.worker import Worker
from tests.api.events.conftest import LOOPBACK, PATH
from tests.puppet.certificates import Authority


def rows(app, model):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


def test_a_change_is_posted_signed_and_forgotten(app, subscribe, receiver, worker, change, told):
    made = subscribe()
    change("web01")
    receiver.answer = lambda event: 200
    worker.once()
    assert [event["action"] for event in receiver.events] == ["reported"]
    change("web01")
    worker.once()
    (path, headers, body) = receiver.requests[-1]
    event = json.loads(body)
    assert path == "/hook?team=a"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"].startswith("salt-cmdb/")
    assert headers["webhook-id"] == event["id"]
    assert Webhook(made["secret"]).verify(body, headers) == event
    another = base64.b64encode(b"another secret of 24 bytes").decode()
    with pytest.raises(WebhookVerificationError):
        Webhook(f"whsec_{another}").verify(body, headers)
    assert (event["type"], event["host"], event["kind"]) == ("cmdb.change", "web01", "disk")
    assert (event["place"], event["action"], event["fields"]) == ("1", "changed", ["firmware"])
    assert (event["before"]["firmware"], event["after"]["firmware"]) == ("FW1", "FW2")
    assert rows(app, Delivery) == rows(app, Outbox) == 0
    fares = told()
    assert (fares["delivered_count"], fares["pending_count"]) == (2, 0)
    assert fares["oldest_pending_at"] is fares["failing_since"] is None


def test_a_receiver_that_fails_for_an_hour_gets_every_event_in_order(
    subscribe, receiver, worker, change, clock, told
):
    hosts = [f"web{n:02}" for n in range(3)]
    change(*hosts)
    subscribe(kinds=["disk"])
    receiver.answer = lambda event: 503
    expected = []
    for _ in range(12):
        expected.append(change(*hosts))
        worker.once()
        clock.goes(minutes=5)
    fares = told()
    assert fares["pending_count"] == 36
    assert fares["failing_since"]
    assert fares["last_error"] == "answered 503"
    # It is left alone, longer each time.
    assert 5 <= len(receiver.requests) <= 12
    assert fares["oldest_pending_seconds"] >= 0
    receiver.answer = lambda event: 204
    clock.goes(minutes=20)
    worker.once()
    for host in hosts:
        assert receiver.of(host) == expected
    assert told()["pending_count"] == 0
    assert told()["failing_since"] is None


def test_what_one_event_is_refused_for_holds_its_host_alone(
    subscribe, receiver, worker, change, clock, told, make_client
):
    change("web01", "web02")
    subscribe(kinds=["disk"])
    first = change("web01", "web02")
    second = change("web01", "web02")
    receiver.answer = lambda event: 422 if event["host"] == "web01" else 204
    worker.once()
    assert (receiver.of("web01"), receiver.of("web02")) == ([], [first, second])
    assert told()["failing_since"] is None
    waiting = make_client("admin").get(f"{PATH}/1/deliveries").json["items"]
    assert [(one["attempts"], one["error"]) for one in waiting] == [
        (1, "answered 422"),
        (0, None),
    ]
    third = change("web01", "web02")
    worker.once()
    assert receiver.of("web02") == [first, second, third]
    receiver.answer = lambda event: 204
    clock.goes(minutes=1)
    worker.once()
    assert receiver.of("web01") == [first, second, third]


def test_an_event_that_is_never_taken_is_dead_after_72_hours_and_can_be_sent_again(
    subscribe, receiver, worker, change, clock, told, make_client
):
    change("web01")
    subscribe(kinds=["disk"])
    first = change("web01")
    second = change("web01")
    receiver.answer = lambda event: 400 if event["after"]["firmware"] == first else 204
    worker.once()
    for _ in range(10):
        clock.goes(hours=8)
        worker.once()
    assert receiver.of("web01") == [second]
    assert (told()["pending_count"], told()["dead_count"]) == (0, 1)
    admin = make_client("admin")
    (dead,) = admin.get(f"{PATH}/1/deliveries?status=dead").json["items"]
    assert dead["event"]["after"]["firmware"] == first
    assert admin.post(f"{PATH}/1/deliveries/{dead['id']}/resend").json == {"count": 1}
    receiver.answer = lambda event: 204
    worker.once()
    assert receiver.of("web01") == [second, first]
    assert told()["dead_count"] == 0


def test_what_a_dead_webhook_was_not_sent_is_dead_in_the_end_and_resent_all_at_once(
    subscribe, receiver, worker, change, clock, told, make_client
):
    change("web01", "web02")
    subscribe(kinds=["disk"])
    expected = [change("web01", "web02") for _ in range(3)]
    receiver.answer = lambda event: 500
    for _ in range(12):
        worker.once()
        clock.goes(hours=8)
    assert (told()["pending_count"], told()["dead_count"]) == (0, 6)
    receiver.answer = lambda event: 204
    assert make_client("admin").post(f"{PATH}/1/deliveries/resend-all").json == {"count": 6}
    worker.once()
    assert receiver.of("web01") == receiver.of("web02") == expected


def test_many_refusals_in_a_row_are_the_webhooks_own_fault(
    subscribe, receiver, worker, change, clock, told
):
    hosts = [f"web{n:02}" for n in range(20)]
    change(*hosts)
    subscribe(kinds=["disk"])
    change(*hosts)
    receiver.answer = lambda event: 404
    worker.once()
    # A wrong path is not asked for each of a fleet's hosts.
    assert len(receiver.requests) == 5
    assert told()["failing_since"]
    receiver.answer = lambda event: 204
    clock.goes(minutes=20)
    worker.once()
    assert sorted(event["host"] for event in receiver.events) == hosts


def test_an_event_that_the_receiver_falls_over_holds_up_no_other_host(
    subscribe, receiver, worker, change, clock
):
    change("web01", "web02")
    subscribe(kinds=["disk"])
    change("web01")
    expected = change("web02")
    receiver.answer = lambda event: 500 if event["host"] == "web01" else 204
    worker.once()
    clock.goes(minutes=1)
    worker.once()
    assert receiver.of("web02") == [expected]


def test_a_receiver_that_is_gone_is_told_nothing_more(subscribe, receiver, worker, change, told):
    change("web01")
    subscribe(kinds=["disk"])
    change("web01")
    receiver.answer = lambda event: 410
    worker.once()
    fares = told()
    assert fares["enabled"] is False
    assert fares["last_error"] == "answered 410; so it is disabled"
    change("web01")
    worker.once()
    assert len(receiver.requests) == 1


def test_a_receiver_says_how_long_it_is_to_be_left_alone(
    subscribe, receiver, worker, change, clock
):
    change("web01")
    subscribe(kinds=["disk"])
    change("web01")
    receiver.answer = lambda event: (429, {"Retry-After": "1800"}, b"slow down")
    worker.once()
    clock.goes(minutes=29)
    worker.once()
    assert len(receiver.requests) == 1
    clock.goes(minutes=2)
    worker.once()
    assert len(receiver.requests) == 2


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((302, {"Location": "http://127.0.0.1:9/"}, b""), "answered 302"),
        ((None, {}, b""), "the connection was closed without an answer"),
        ((500, {}, b"x" * 5000), f"answered 500: {'x' * 200}"),
    ],
)
def test_odd_answers_are_told_and_the_event_waits(
    subscribe, receiver, worker, change, told, answer, fault
):
    change("web01")
    subscribe(kinds=["disk"])
    change("web01")
    receiver.answer = lambda event: answer
    worker.once()
    assert told()["last_error"] == fault
    assert told()["pending_count"] == 1


def test_a_receiver_that_answers_byte_by_byte_is_not_waited_for(
    make_app, database_url, subscribe, change, told, clock
):
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            connection, _ = listener.accept()
            with connection:
                for letter in b"HTTP/1.1 204 No Content\r\n" + b"X-Slow: 1\r\n" * 100:
                    try:
                        connection.sendall(bytes([letter]))
                    except OSError:
                        return
                    done.wait(0.1)

        done = threading.Event()
        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        change("web01")
        subscribe(kinds=["disk"], url=f"http://127.0.0.1:{listener.getsockname()[1]}/")
        change("web01")
        app = make_app(database_url, **LOOPBACK | {"WEBHOOK_TIMEOUT_SECONDS": 1})
        Worker(app, clock=clock).once()
        done.set()
        dripping.join(10)
    assert told()["last_error"] == "no answer within 1 s"


def test_a_new_secret_signs_beside_the_old_one_for_a_while(
    subscribe, receiver, worker, change, clock, make_client
):
    old = subscribe()["secret"]
    answer = make_client("admin").post(f"{PATH}/1/secret", json={})
    new = answer.json["secret"]
    assert new != old
    assert answer.json["old_secret_until"]
    change("web01")
    worker.once()
    _, headers, body = receiver.requests[-1]
    assert Webhook(old).verify(body, headers) == Webhook(new).verify(body, headers)
    clock.goes(hours=25)
    change("web01")
    worker.once()
    _, headers, body = receiver.requests[-1]
    assert len(headers["webhook-signature"].split()) == 1


def test_a_test_event_tells_what_the_receiver_said(subscribe, receiver, make_client):
    secret = subscribe()["secret"]
    receiver.answer = lambda event: (202, {}, b"thanks")
    told = make_client("admin").post(f"{PATH}/1/test").json
    assert (told["is_taken"], told["status"], told["answer"]) == (True, 202, "thanks")
    assert told["error"] is None
    _, headers, body = receiver.requests[-1]
    assert Webhook(secret).verify(body, headers) == told["event"]
    assert told["event"]["type"] == "cmdb.test"
    receiver.server.server_close()
    receiver.answer = lambda event: 500
    told = make_client("admin").post(f"{PATH}/1/test").json
    assert told["is_taken"] is False


def test_an_address_is_checked_at_each_delivery_too(
    make_app, database_url, subscribe, receiver, change, told, clock
):
    subscribe()
    change("web01")
    # The setting was narrowed since; a name that resolves to another address is the same.
    Worker(make_app(database_url), clock=clock).once()
    assert receiver.requests == []
    assert "127.0.0.1, which is not a public one" in told()["last_error"]
    assert told()["pending_count"] == 1


def test_two_workers_at_once_deliver_each_event_once_and_in_order(
    app, subscribe, receiver, change, clock, at_once
):
    hosts = [f"web{n:02}" for n in range(4)]
    change(*hosts)
    subscribe(kinds=["disk"])
    expected = [change(*hosts) for _ in range(10)]
    at_once(*[Worker(app, clock=clock).once for _ in range(3)])
    Worker(app, clock=clock).once()
    for host in hosts:
        assert receiver.of(host) == expected


def test_who_removes_a_webhook_and_who_delivers_for_it_do_not_wait_for_each_other(
    app, subscribe, change, worker, at_once
):
    change("web01")
    number = subscribe(kinds=["disk"])["id"]
    change("web01")
    with app.app_context():
        fanout.hand_out(db.session)
        claim = deliveries.claim(db.session, number, "a worker", now())
        db.session.commit()
        (due,) = deliveries.due(db.session, claim, now())
        db.session.rollback()
    is_locked = Barrier(2)

    def remove():
        with app.app_context():
            subscriptions.try_anew(db.session, number)
            is_locked.wait()
            # Time for the other to come to where it waits.
            time.sleep(0.3)
            subscriptions.remove(db.session, number)
            db.session.commit()

    def take():
        with app.app_context():
            is_locked.wait()
            made = tries.of(due, posting.Answer(204, None, "", 1), outcomes.TAKEN, now())
            deliveries.taken(db.session, claim, [made], now())
            db.session.commit()

    at_once(remove, take)
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Delivery)) == 0


def test_certificates_are_checked_against_the_named_ca(
    make_app, database_url, admin, receiver, change, told, clock, tmp_path
):
    authority = Authority(tmp_path)
    certificate, key = authority.issue("hooks.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    receiver.server.socket = context.wrap_socket(receiver.server.socket, server_side=True)
    url = receiver.url.replace("http:", "https:")
    made = admin.post(PATH, json={"name": "tls", "type": "webhook", "url": url})
    assert made.status_code == 201
    change("web01")
    Worker(make_app(database_url, **LOOPBACK), clock=clock).once()
    assert "its certificate is not accepted" in told()["last_error"]
    clock.goes(minutes=1)
    app = make_app(database_url, **LOOPBACK, WEBHOOK_CA_FILE=str(authority.ca))
    Worker(app, clock=clock).once()
    assert [event["host"] for event in receiver.events] == ["web01"]


def test_a_name_is_resolved_once_for_each_connection_and_all_its_addresses_count(
    monkeypatch, subscribe, receiver, worker, change, clock, told
):
    port, plain = receiver.server.server_address[1], socket.getaddrinfo
    addresses, asked = ["127.0.0.1"], []

    def resolve(host, *args, **more):
        if host != "hooks.example.com":
            return plain(host, *args, **more)
        asked.append(host)
        tcp = (socket.AF_INET, socket.SOCK_STREAM, 6, "")
        return [(*tcp, (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    subscribe(url=f"http://hooks.example.com:{port}/")
    asked.clear()
    change("web01")
    worker.once()
    assert len(receiver.events) == len(asked) == 1
    assert receiver.requests[0][1]["Host"] == f"hooks.example.com:{port}"
    # It means another host now, in part.
    addresses.append("169.254.169.254")
    change("web01")
    worker.once()
    assert len(receiver.events) == 1
    assert "169.254.169.254, which is not a public one" in told()["last_error"]


def test_a_setting_that_is_no_network_stops_the_start(make_app, database_url):
    for wrong in ("10.0.0.1/8", "ten", 10):
        with pytest.raises(SettingsError, match=r"WEBHOOK_ALLOWED_NETWORKS .* is no network"):
            make_app(database_url, WEBHOOK_ALLOWED_NETWORKS=[wrong])
