"""A minion that floods the bus with forged returns costs lines, memory and disk within bounds."""

import errno
import time

import cmdb_durable as durable
import cmdb_intake as intake_
import cmdb_master as master
import pytest

from tests.reports import MASTER_SECRET, make_report


@pytest.fixture
def intake(tmp_path):
    (tmp_path / "secret").write_text(MASTER_SECRET)
    opts = {"cachedir": str(tmp_path), "cmdb": {"secret_file": str(tmp_path / "secret")}}
    wanted = master.settings(opts)
    spool = master.open_spool(wanted, opts)
    return intake_.Intake(spool, master.Keys(wanted, opts), False, intake_.Refusals())


@pytest.fixture
def lines(caplog):
    """Return a function that gives what the intake logged; Salt's own may come between."""
    return lambda: [line for line in caplog.records if line.name == intake_.__name__]


def test_names_that_nobody_has_are_told_within_bounds(intake, monkeypatch, lines):
    monkeypatch.setattr(intake_, "MOST_TOLD", 20)
    for number in range(100):
        name = f"forged{number:03}" + "x" * 10_000
        intake.take([(name, {"id": "y" * 10_000, "report_id": "12345678", "sections": {}})])
    assert len(lines()) == 21
    assert max(len(line.getMessage()) for line in lines()) < 1000
    assert len(intake.told) == len(intake.refusals.faults) == 21
    assert intake.refusals.count == 100
    assert len(intake.spool.aside("rejected")) == 21


def test_what_came_in_place_of_a_report_is_told_once_and_in_one_line(intake, lines):
    for _ in range(5):
        intake.take([("web01\nroot: logged in", "no report\n[ERROR] forged line")])
    (line,) = lines()
    assert "\n" not in line.getMessage()
    assert "it could not collect: no report" in line.getMessage()
    assert intake.refusals.count == 5


def test_a_disk_with_room_for_a_few_takes_all_in_the_end(intake, monkeypatch):
    put, spool = durable.put, intake.spool

    def short(path, content):
        if len(spool.names()) >= 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        put(path, content)

    monkeypatch.setattr(durable, "put", short)
    pairs = [(f"web{n}", make_report(f"web{n}", {"disk": []})) for n in range(10)]
    arrived = []
    while len(arrived) < 10:
        try:
            intake.take(pairs)
        except OSError:
            assert len(spool.names()) == 3
        for path in spool.names():
            waiting = spool.load(path)
            arrived.append(waiting.head["id"])
            spool.settle(waiting)
    assert arrived == [host for host, _ in pairs]


def test_a_full_disk_holds_the_newest_in_memory_and_counts_the_rest(intake, monkeypatch):
    monkeypatch.setattr(intake_, "MOST_HELD", 3)
    monkeypatch.setattr(intake_, "RETRY_SECONDS", 0)
    room = 0

    def put(path, content):
        nonlocal room
        if "web" in path:
            if room == 0:
                raise OSError(28, "No space left on device")
            room -= 1
        return durable_put(path, content)

    durable_put = durable.put
    monkeypatch.setattr(durable, "put", put)
    hands = intake_.Hands(intake)
    reports = [
        make_report(f"web{n:02}", {"cpu": []}, report_id=f"web{n:02}-{n:04}") for n in range(5)
    ]
    assert not hands.take([(each["id"], each, 0) for each in reports])
    room = 1
    assert not hands.take([])
    room = 9
    assert hands.take([])
    state = {}
    intake.refusals.into(state)
    assert state["dropped_count"] == 2
    kept = [intake.spool.load(path).head["id"] for path in intake.spool.names()]
    assert kept == ["web02", "web03", "web04"]


def test_what_a_runner_asked_for_is_kept_and_sent_only_when_it_no_longer_listens(intake):
    report = make_report("web01", {"cpu": []})
    assert intake_.Hands(intake).take([("web01", report, time.time_ns() + 10**9)])
    spool = intake.spool
    assert (spool.names(), len(spool.every()), spool.counts()["later_count"]) == ([], 1, 1)
    assert 0 < spool.seconds_until_due(60) <= 1
    time.sleep(1.1)
    assert len(spool.names()) == 1
