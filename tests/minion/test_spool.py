"""The spool: nothing is lost in it, and it does not grow without bound."""

import json
import os
import stat
import time
from pathlib import Path

import cmdb_durable as durable
import cmdb_spool as spool_
import pytest


@pytest.fixture
def make_spool(tmp_path):
    def make(**bounds):
        bounds = {"max_reports": 100, "max_bytes": 10**9, "max_rejected": 3, **bounds}
        return spool_.Spool(str(tmp_path / "spool"), **bounds)

    return make


@pytest.fixture
def spool(make_spool):
    return make_spool()


def report(number, sections=None, id_="web01"):
    sections = sections or {"disk": "ok"}
    return {
        "id": id_,
        "report_id": f"report-{number:04}",
        "sections": {kind: {"status": status} for kind, status in sections.items()},
    }


def waiting_ids(spool):
    return [spool.load(path).report["report_id"] for path in spool.names()]


def test_a_report_waits_until_it_is_settled(spool):
    spool.put(report(1))
    waiting = spool.load(spool.names()[0])
    assert waiting.report == report(1)
    spool.settle(waiting)
    assert spool.names() == []


def test_what_waits_is_for_its_owner_only(spool):
    spool.put(report(1))
    assert stat.S_IMODE(os.stat(spool.folder).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(spool.names()[0]).st_mode) == 0o600


def test_the_oldest_comes_first(spool):
    for number in range(3):
        spool.put(report(number))
    assert waiting_ids(spool) == ["report-0000", "report-0001", "report-0002"]


def test_age_counts_by_the_time_since_boot(spool):
    spool.put(report(1))
    path = spool.names()[0]
    content = {"clock": spool.load(path).clock, "report": report(1)}
    # The wall clock was set forward by a day since; the time since boot tells two seconds.
    content["clock"]["wall_ms"] -= 86_400_000
    content["clock"]["boot_ms"] -= 2_000
    durable.write(path, content)
    assert 2_000 <= spool.load(path).age_ms < 60_000


def test_age_counts_by_the_wall_clock_after_a_reboot(spool):
    spool.put(report(1))
    path = spool.names()[0]
    content = {"clock": spool.load(path).clock, "report": report(1)}
    content["clock"] = {
        "boot_id": "another",
        "boot_ms": content["clock"]["boot_ms"] + 10**9,
        "wall_ms": content["clock"]["wall_ms"] - 5_000,
    }
    durable.write(path, content)
    assert 5_000 <= spool.load(path).age_ms < 60_000


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"report": 1}', b'{"report": {}, "clock": {}}', b"\xff\0"]
)
def test_a_file_that_cannot_be_read_is_set_aside_not_deleted(spool, content):
    path = os.path.join(spool.folder, f"{time.time_ns():020d}-x.json")
    Path(path).write_bytes(content)
    assert spool.load(path) is None
    assert spool.names() == []
    (aside,) = spool.aside("corrupt")
    assert Path(aside).read_bytes() == content


@pytest.mark.parametrize("cut", [1, 10, 60])
def test_a_file_that_was_cut_off_is_set_aside(spool, cut):
    spool.put(report(1))
    path = Path(spool.names()[0])
    path.write_bytes(path.read_bytes()[:-cut])
    assert spool.load(str(path)) is None
    assert len(spool.aside("corrupt")) == 1


def test_a_report_comes_back_as_it_was_and_one_of_an_older_version_too(spool):
    told = report(1)
    told["sections"]["disk"].update(digest="0", items=[{"slot": "a"}], key=["slot"], serial="s")
    spool.put(told)
    (path,) = spool.names()
    assert spool.load(path).report == told
    assert "items" not in spool.load(path).head["sections"]["disk"]
    durable.write(path, {"clock": spool.load(path).clock, "report": told})
    assert spool.load(path).report == told


def test_room_is_made_by_dropping_superseded_reports_oldest_first(make_spool):
    spool = make_spool(max_reports=2)
    for number in range(5):
        spool.put(report(number))
    assert spool.make_room() == 3
    assert waiting_ids(spool) == ["report-0003", "report-0004"]


def test_the_newest_section_of_each_kind_stays_where_the_bound_is_passed(make_spool):
    spool = make_spool(max_reports=1)
    spool.put(report(0, {"disk": "ok", "cpu": "ok"}))
    spool.put(report(1, {"disk": "ok"}))
    spool.put(report(2, {"disk": "ok"}))
    spool.put(report(3, {"disk": "ok"}, id_="db01"))
    assert spool.make_room() == 1
    assert waiting_ids(spool) == ["report-0000", "report-0002", "report-0003"]


def test_the_newest_items_stay_when_the_collector_failed_later(make_spool):
    spool = make_spool(max_reports=1)
    spool.put(report(0, {"disk": "ok"}))
    spool.put(report(1, {"disk": "error"}))
    spool.put(report(2, {"disk": "error"}))
    assert spool.make_room() == 1
    assert waiting_ids(spool) == ["report-0000", "report-0002"]


def test_bytes_are_bounded_too(make_spool):
    spool = make_spool(max_bytes=1)
    for number in range(3):
        spool.put(report(number))
    assert spool.make_room() == 2
    assert waiting_ids(spool) == ["report-0002"]


def test_refused_reports_are_kept_for_a_look_and_bounded(spool):
    for number in range(5):
        spool.put(report(number))
        spool.reject(spool.load(spool.names()[0]), {"message": "wrong key"})
    kept = [json.loads(Path(path).read_text()) for path in spool.aside("rejected")]
    assert [each["report"]["report_id"] for each in kept] == [f"report-000{n}" for n in (2, 3, 4)]
    assert kept[0]["error"] == {"message": "wrong key"}


def test_one_process_delivers_at_a_time(spool, make_spool):
    with spool.locked(0) as held:
        assert held
        with make_spool().locked(0.1) as second:
            assert not second
    with make_spool().locked(0) as held:
        assert held


def test_a_lost_or_broken_state_is_an_empty_one(spool):
    assert spool.state() == {}
    spool.remember({"acknowledged": {}})
    assert spool.state() == {"acknowledged": {}}
    with open(os.path.join(spool.folder, "state.json"), "w") as file:
        file.write("{")
    assert spool.state() == {}


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_half_done(spool, monkeypatch, call):
    spool.remember({"a": 1})
    before = sorted(os.listdir(spool.folder))

    def fail(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(spool_.os, call, fail)
    with pytest.raises(OSError, match="No space left"):
        spool.remember({"a": 2})
    monkeypatch.undo()
    assert spool.state() == {"a": 1}
    assert sorted(os.listdir(spool.folder)) == before


def test_what_a_killed_process_left_half_written_is_removed(spool):
    spool.put(report(1))
    for name, age in ((".old.json.1", 7200), (".new.json.2", 0)):
        path = Path(spool.folder, name)
        path.write_text("{")
        os.utime(path, (time.time() - age,) * 2)
    spool.make_room()
    assert sorted(name for name in os.listdir(spool.folder) if name[0] == ".") == [".new.json.2"]
    assert waiting_ids(spool) == ["report-0001"]
