"""What changes in the record is fired on the master's bus, where reactors act on it."""

import json
import time
import urllib.request

import pytest

from tests.reports import make_report
from tests.salt.conftest import wait_until

PATIENCE = 60


@pytest.fixture(scope="module")
def ask(relay_api):
    """Return a function that posts JSON to the API and gives the answer."""

    def ask(path, content):
        headers = {
            "Authorization": f"Bearer {relay_api.token}",
            "Content-Type": "application/json",
        }
        body = json.dumps(content).encode()
        request = urllib.request.Request(relay_api.url + path, data=body, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    return ask


@pytest.fixture(scope="module")
def stream(ask):
    """Make the stream that the engine reads, and give how it fares."""
    given = {"name": "salt", "type": "stream", "kinds": ["duty"]}
    return ask("/api/v1/subscriptions", given)


@pytest.fixture
def report(relay_api, ask):
    """Return a function that reports a duty of a minion, as the minion itself would."""

    def report(host, duty):
        key, number = relay_api.key(host), time.time_ns() // 10**6
        items = [{"slot": "duty", "name": duty}]
        made = make_report(host, {"duty": items}, key=key, seq=number, age_ms=0)
        assert ask("/api/v1/reports", made)["result"] in ("recorded", "unchanged")

    return report


@pytest.fixture
def heard(event_listener, relay_master):
    """Return a function that gives the events of ours on the master's bus, in their order."""
    began = time.time()

    def heard():
        events = event_listener.get_events([(relay_master.id, "cmdb/*")], after_time=began)
        return [(e.tag, e.data) for e in sorted(events, key=lambda e: e.stamp)]

    return heard


def waits(relay_api, stream):
    return relay_api.get(f"/api/v1/subscriptions/{stream['id']}")["pending_count"]


def test_a_change_is_fired_on_the_bus_and_a_reactor_acts_on_it(
    salt, relay_api, stream, report, heard, folder
):
    for host in ("web01", "db01"):
        salt(host, "cmdb.collect", "host")
        wait_until(lambda host=host: relay_api.asset(host), PATIENCE)
        report(host, "idle")
    report("web01", "web server")
    wait_until(heard, PATIENCE)
    ((tag, event),) = heard()
    assert tag == "cmdb/change/web01/duty"
    assert (event["host"], event["action"], event["fields"]) == ("web01", "changed", ["name"])
    assert event["after"] == {"slot": "duty", "name": "web server"}
    wait_until((folder / "reacted").exists, PATIENCE)
    assert (folder / "reacted").read_text() == "web server\n"
    wait_until(lambda: waits(relay_api, stream) == 0, PATIENCE)


def test_events_come_in_order_though_the_api_was_away(relay_api, stream, report, heard):
    report("db01", "idle")
    report("db01", "one")
    relay_api.stop()
    relay_api.start()
    report("db01", "two")
    report("db01", "three")

    def names():
        return [event["after"]["name"] for _, event in heard()]

    wait_until(lambda: names()[-1:] == ["three"], PATIENCE)
    # One may come twice: its ack may have been lost.
    assert list(dict.fromkeys(names())) == ["one", "two", "three"]
    wait_until(lambda: waits(relay_api, stream) == 0, PATIENCE)
