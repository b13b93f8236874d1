"""``cmdb worker`` as a process of its own, and beside ``cmdb serve``."""

import contextlib
import os
import signal
import subprocess
import sys
import threading

import flask_migrate
import pytest

from cmdb_api.worker import Worker
from tests.api.test_serve import answers, free_port, group, until
from tests.reports import MASTER_SECRET

PATIENCE = 20
# Of what does not depend on the sort of database.
ON_ONE_DATABASE = pytest.mark.parametrize("make_database", ["sqlite"], indirect=True)


@pytest.fixture
def app(make_app, empty_database_url):
    app = make_app(empty_database_url, WEBHOOK_ALLOWED_NETWORKS=["127.0.0.0/8"])
    with app.app_context():
        flask_migrate.upgrade()
    return app


@pytest.fixture
def start(empty_database_url, tmp_path):
    """Return a function that starts the command `cmdb` in a process group of its own."""
    started = []

    def start(*words):
        env = {name: value for name, value in os.environ.items() if not name.startswith("CMDB_")}
        env |= {
            "CMDB_SECRET_KEY": "an example secret key",
            "CMDB_MASTER_SECRET": MASTER_SECRET,
            "CMDB_SQLALCHEMY_DATABASE_URI": empty_database_url,
            "CMDB_WEBHOOK_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
        }
        command = [sys.executable, "-m", "cmdb_api", *words]
        with open(tmp_path / "log", "a") as log:
            process = subprocess.Popen(command, env=env, stderr=log, start_new_session=True)
        started.append(process)
        return process

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_it_delivers_and_one_that_is_killed_half_way_loses_nothing(
    app, start, subscribe, receiver, change, clock, tmp_path
):
    change("web01")
    subscribe(kinds=["disk"])
    expected = [change("web01") for _ in range(30)]

    def kill(event):
        if event["after"]["firmware"] == expected[24] and process.poll() is None:
            process.kill()
            process.wait()
        return 204

    receiver.answer = kill
    process = start("worker")
    assert process.wait(PATIENCE) == -signal.SIGKILL, (tmp_path / "log").read_text()
    assert receiver.of("web01") == expected[:25]
    # The one that is gone holds the webhook for a while.
    Worker(app, clock=clock).once()
    assert len(receiver.events) == 25
    clock.goes(minutes=5)
    Worker(app, clock=clock).once()
    ids = [event["id"] for event in receiver.events]
    assert len(ids) > len(set(ids)) == 30
    assert list(dict.fromkeys(receiver.of("web01"))) == expected
    again = receiver.of("web01")[25:]
    assert again == expected[-len(again) :]


@ON_ONE_DATABASE
def test_it_stops_at_once_when_told_though_a_receiver_is_slow(
    app, start, subscribe, receiver, change, told
):
    change("web01")
    subscribe(kinds=["disk"])
    change("web01")
    process = start("worker")

    def slow(event):
        process.terminate()
        assert process.wait(PATIENCE) == 0
        return 204

    receiver.answer = slow
    until(lambda: receiver.requests)
    # Nothing is the receiver's fault, and the webhook is free for the next worker.
    assert (told()["failures"], told()["pending_count"]) == (0, 1)
    receiver.answer = lambda event: 204
    start("worker")
    until(lambda: told()["pending_count"] == 0)


@ON_ONE_DATABASE
def test_a_slow_receiver_holds_up_no_other(app, start, subscribe, receiver, change, told):
    change("web01")
    subscribe(kinds=["disk"], name="slow", url=receiver.url.replace("team=a", "slow"))
    subscribe(kinds=["disk"], name="quick")
    change("web01")
    quick, plain = threading.Event(), receiver.take

    def take(path, headers, body):
        if "slow" in path:
            quick.wait(PATIENCE)
        told = plain(path, headers, body)
        quick.set()
        return told

    receiver.take = take
    start("worker")
    until(lambda: told(1)["delivered_count"] == told(2)["delivered_count"] == 1)
    assert [path for path, _, _ in receiver.requests] == ["/hook?team=a", "/hook?slow"]


@ON_ONE_DATABASE
def test_the_server_keeps_a_worker_and_both_end_together(app, start, subscribe, receiver, change):
    change("web01")
    subscribe(kinds=["disk"])
    port = free_port()
    process = start("serve", "--workers", "1", "--bind", f"127.0.0.1:{port}")
    until(lambda: answers(f"http://127.0.0.1:{port}"))

    def worker():
        for pid in group(process.pid):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline") as file:
                if "\0worker\0" in file.read():
                    return pid
        return None

    until(worker)
    killed = worker()
    os.kill(killed, signal.SIGKILL)
    until(lambda: worker() not in (killed, None))
    first = change("web01")
    until(lambda: receiver.of("web01") == [first])
    # It ends with its server, also where that is killed.
    process.kill()
    process.wait()
    until(lambda: group(process.pid) == [])


@ON_ONE_DATABASE
def test_a_server_can_be_run_without(app, start):
    port = free_port()
    process = start("serve", "--no-worker", "--workers", "1", "--bind", f"127.0.0.1:{port}")
    until(lambda: answers(f"http://127.0.0.1:{port}"))
    assert len(group(process.pid)) == 2
