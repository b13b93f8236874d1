"""Collectors of one report share what tools answer; every report asks anew."""

import threading
import time

import cmdb_raid_controller as raid_controller
import cmdb_raid_disk as raid_disk
import cmdb_raid_volume as raid_volume
import cmdb_replay as replay
import cmdb_run as run
import cmdb_source as source
import pytest

from tests.minion.collectors import raid_samples as samples

RAID = {
    "raid_controller": raid_controller,
    "raid_disk": raid_disk,
    "raid_volume": raid_volume,
}


class Slow(source.Machine):
    """A machine where everything takes a while, and which counts what it is asked."""

    def __init__(self, answer=b"said", seconds=0.1):
        self.answer, self.seconds, self.asked = answer, seconds, []

    def read_bytes(self, path):
        raise FileNotFoundError(2, "not here", path)

    def glob(self, pattern):
        return []

    def run(self, argv, limit_seconds):
        self.asked.append(" ".join(argv))
        if argv[0] == "arcconf":
            time.sleep(min(self.seconds, limit_seconds))
        if self.answer is None or argv[0] != "arcconf":
            raise FileNotFoundError(2, "not found", argv[0])
        if self.seconds > limit_seconds:
            raise source.TimeLimit(f"{argv[0]} took longer than {limit_seconds} s; killed")
        return 0, self.answer, b""


def asking(kind, found, argv=("arcconf",)):
    """Return a collector that keeps what it was answered."""

    def collect():
        try:
            found[kind] = source.run(argv)
        except source.CollectorError as error:
            found[kind] = error
        return []

    return run.Collector(kind, collect, key=("slot",), limit_seconds=5)


def side_by_side(door, kinds):
    """Let collectors of one report ask; return what each was answered."""
    found = {}
    with source.through(door):
        run.sections([asking(kind, found) for kind in kinds])
    return found


def test_those_that_ask_at_the_same_moment_get_one_answer():
    door = Slow()
    assert side_by_side(door, "abc") == {"a": "said", "b": "said", "c": "said"}
    assert door.asked == ["arcconf"]


def test_each_gets_an_error_of_its_own():
    door = Slow(answer=None)
    found = side_by_side(door, "ab")
    assert str(found["a"]) == str(found["b"]) == "arcconf is not installed"
    assert found["a"] is not found["b"]
    assert door.asked == ["arcconf"]


def test_every_report_asks_anew():
    door = Slow(seconds=0)
    for _ in range(2):
        side_by_side(door, "ab")
    assert door.asked == ["arcconf"] * 2


def test_reports_at_the_same_moment_share_nothing():
    door = Slow()
    threads = [threading.Thread(target=side_by_side, args=(door, "ab")) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert door.asked == ["arcconf"] * 2


def test_a_collector_alone_asks_each_time():
    door = Slow(seconds=0)
    with source.through(door):
        source.run(["arcconf"])
        source.run(["arcconf"])
    assert len(door.asked) == 2


def report(door, seconds=5):
    """Run the three collectors as a report does."""
    collectors = [
        run.Collector(
            kind,
            module.collect,
            key=tuple(module.KEY),
            volatile=frozenset(module.VOLATILE),
            slow=True,
            limit_seconds=seconds,
        )
        for kind, module in RAID.items()
    ]
    with source.through(door):
        return run.sections(collectors)


def test_a_report_asks_a_raid_tool_once():
    door = Slow(answer=samples.ARCCONF.encode())
    found = report(door)
    assert {each["status"] for each in found.values()} == {"ok"}
    assert door.asked.count("arcconf getconfig 1") == 1
    assert len(door.asked) == len(set(door.asked))


def test_a_tool_that_hangs_costs_one_time_limit():
    started = time.monotonic()
    found = report(Slow(seconds=60), seconds=0.5)
    assert time.monotonic() - started < 1.2
    assert {each["status"] for each in found.values()} == {"error"}
    assert all("took longer than" in each["error"] for each in found.values())


def test_what_is_captured_replays_to_the_same(tmp_path):
    capture = replay.Capture(Slow(answer=samples.ARCCONF.encode(), seconds=0))
    found = report(capture)
    capture.save(str(tmp_path / "bundle.json"))
    again = report(replay.open_door(str(tmp_path / "bundle.json")))
    for kind in RAID:
        assert again[kind]["digest"] == found[kind]["digest"]


@pytest.mark.parametrize("kind", RAID)
def test_devices_are_not_looked_at_where_none_is_of_a_maker_of_such(machine, kind):
    orphan = "/sys/bus/pci/devices/0000:3b:00.0/class"
    machine({"/proc/bus/pci/devices": "0000\t80861237\t0\t\n", orphan: "0x010400\n"})
    with pytest.raises(source.Unavailable, match=r"no RAID controller$"):
        RAID[kind].collect()
    machine({"/proc/bus/pci/devices": "0000\t9005028b\t0\t\n", "/proc/mdstat": samples.MDSTAT})
    with pytest.raises(source.Unavailable):
        RAID[kind].collect()


def test_a_tool_in_the_path_is_found_and_asked_once_a_report(tmp_path, monkeypatch):
    asked = tmp_path / "asked"
    (tmp_path / "said").write_text(samples.ARCCONF)
    tool = tmp_path / "arcconf"
    tool.write_text(f"#!/bin/sh\necho $* >> {asked}\nsleep 0.1\ncat {tmp_path}/said\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    for count in (1, 2):
        found = report(source.Machine())
        assert [found[kind]["status"] for kind in RAID] == ["ok"] * 3
        assert asked.read_text() == "getconfig 1\n" * count
