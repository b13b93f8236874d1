"""The simulated fleet of `make demo`: what it shows, and that it goes on while the demo is up."""

import json
import time
import urllib.request
from urllib.parse import quote

import pytest
import simulated_present
from processes import free_ports
from simulated import TAKEN, Loader
from simulated_hosts import INTERVAL_MS
from simulated_people import SAVED
from simulated_present import AGAIN_MS, AT_ONCE, CHANGE_EACH, Present
from simulated_reports import Teller

from benchmarks.fleet import MASTER_SECRET, Api
from cmdb_api.services import facts

HOSTS = 24
NOW_MS = 1_800_000_000_000


class Fleet:
    """A simulated fleet that was loaded into an API."""

    def __init__(self, api):
        self.url = f"http://127.0.0.1:{api.port}"
        self.token = api.cmdb("token", "create", "--scope", "admin", "--name", "simulation")
        self.loader = Loader(self.url, self.token, MASTER_SECRET, say=lambda _: None)
        # As if it had been loaded an interval ago: each host's turn to report has come.
        self.loader.now_ms -= INTERVAL_MS
        self.tellers = self.loader.load(HOSTS)

    def ask(self, path):
        headers = {"Authorization": f"Bearer {self.token}"}
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def found(self, query):
        """Return {hostname: asset} of a search."""
        path = f"assets?state=any&standing=any&limit=100&query={quote(query)}"
        return {asset["hostname"]: asset for asset in self.ask(path)["items"]}

    def present(self):
        return Present(self.loader, self.tellers)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fleet")
    with Api(f"sqlite:///{folder}/cmdb.sqlite3") as api:
        yield Fleet(api)


def tellers(count):
    return [Teller(number, NOW_MS, MASTER_SECRET) for number in range(count)]


def items(sections):
    """Return {kind: {place: item}} of sections."""
    return {
        kind: {item[one["key"][0]]: item for item in one["items"]}
        for kind, one in sections.items()
        if one.get("items")
    }


def with_items(report):
    return {kind for kind, one in report["sections"].items() if "items" in one}


def turns(present, now_ms):
    """Let a fleet report all that is due."""
    while present.turns[0][0] <= now_ms:
        present.turn(now_ms)


def test_all_that_can_fail_fails_on_some_host():
    told = set()
    for teller in tellers(70):
        found = items(teller.newest())
        told |= {name for name in facts.FAULTS if facts.observe(facts.FACTS[name], found)}
    assert told == {"raid_volume.faults", "raid_disk.faults", "smart.faults", "psu.faults"}


def test_behind_each_degraded_volume_is_a_disk_that_failed_or_is_gone_or_new():
    seen = set()
    for teller in tellers(180):
        found = items(teller.newest())
        for volume in found.get("raid_volume", {}).values():
            disks = [found["raid_disk"].get(place) for place in volume["members"]]
            states = {disk["state"] for disk in disks}
            if volume["state"] == "optimal":
                assert (states, volume["missing_count"], len(disks)) == ({"online"}, 0, 2)
                continue
            assert volume["state"] == "degraded"
            # Whatever is missing is in no slot any more; what failed in its slot is not missing.
            assert len(disks) + volume["missing_count"] == 2
            seen |= states - {"online"} if len(disks) == 2 else {"missing"}
    assert seen == {"failed", "rebuilding", "missing"}


def test_the_same_number_gives_the_same_reports():
    one, two = (Teller(5, NOW_MS, MASTER_SECRET).story() for _ in range(2))
    assert one == two


def test_nothing_of_the_history_is_in_the_wrong_order_at_whatever_hour_it_starts():
    for hour in range(0, 24, 3):
        for number in (1, 5, 7):
            story = Teller(number, NOW_MS + hour * 3600_000, MASTER_SECRET).story()
            moments = [report["seq"] for report in story]
            assert moments == sorted(set(moments))
            assert with_items(story[-2]) <= {"lldp", "raid_disk", "raid_volume", "smart"}


def test_a_report_carries_only_what_is_news():
    teller = Teller(1, NOW_MS, MASTER_SECRET)
    first, *later = teller.story()
    assert "cpu" in with_items(first)
    assert all("cpu" not in with_items(report) for report in later)
    assert with_items(teller.at(NOW_MS + INTERVAL_MS)) == set()
    teller.happen(2)
    report = teller.at(NOW_MS + INTERVAL_MS)
    assert with_items(report) == {"lldp"}
    # Until the API has it.
    assert with_items(teller.at(NOW_MS + 2 * INTERVAL_MS)) == {"lldp"}
    teller.took(report)
    assert with_items(teller.at(NOW_MS + 2 * INTERVAL_MS)) == set()


@pytest.mark.parametrize(
    ("number", "kinds"),
    [(0, {"raid_disk"}), (1, {"package"}), (2, {"lldp"}), (3, {"socket"})],
)
def test_what_happens_to_a_host_is_a_change_of_a_kind(number, kinds):
    teller = Teller(1, NOW_MS, MASTER_SECRET)
    teller.story()
    teller.happen(number)
    assert with_items(teller.at(NOW_MS + INTERVAL_MS)) - {"host"} == kinds


def test_all_reports_are_taken(fleet):
    assert set(fleet.loader.results) <= set(TAKEN), fleet.loader.results


def test_assets_are_in_every_state_of_their_life(fleet):
    planned, racked = fleet.found("state:planned"), fleet.found("state:racked")
    assert len(planned) == 3 and len(racked) == 2
    for asset in [*planned.values(), *racked.values()]:
        assert asset["rack"] and asset["position_u"] and asset["tags"] == ["simulated"]
        assert asset["reported_at"] is None
    assert not any(asset["purchased_on"] for asset in planned.values())
    assert set(fleet.found("state:offline")) == {"sim-db-0006"}
    assert set(fleet.found("state:retired")) == {"sim-hv-0013"}


def test_every_saved_view_has_something_to_show(fleet):
    assert [name for name, query, _ in SAVED if not fleet.found(query)] == []


def test_some_warranties_end_soon_and_some_have_ended(fleet):
    soon = fleet.found("warranty_until:[now TO now+90d]")
    ended = fleet.found("warranty_until:[* TO now-1d]")
    later = fleet.found("warranty_until:[now+90d TO *]")
    assert soon and ended and later and not soon.keys() & ended.keys()
    bought = {each["purchased_on"][:4] for each in (soon | ended | later).values()}
    assert len(bought) >= 5


def test_cables_moved_last_night(fleet):
    told = fleet.ask("changes?kind=lldp&action=changed&since=26h")["items"]
    moved = {change["hostname"] for change in told if change["changes"][0]["field"] == "port"}
    assert moved >= {"sim-db-0001", "sim-web-0002", "sim-search-0003"}


def test_what_is_meant_to_report_goes_on_and_the_rest_stays_silent(fleet):
    present, before = fleet.present(), fleet.found("tag:simulated OR sim-*")
    start_ms = int(time.time() * 1000)
    present.count = CHANGE_EACH - 3
    turns(present, start_ms)
    after = fleet.found("tag:simulated OR sim-*")
    new = {
        name for name, each in after.items() if each["reported_at"] != before[name]["reported_at"]
    }
    hosts = [teller.host for teller in fleet.tellers]
    assert new == {host.name for host in hosts if not (host.silent or host.offline or host.retired)}
    # Who failed, and who is in nobody's record, is so still.
    assert {"sim-cache-0011", "sim-db-0019"} <= new
    assert fleet.ask("coverage")["kinds"]["psu"]["error"] == 1
    assert fleet.ask("changes?since=10m&kind=package")["items"], "something should have changed"
    assert all(at > start_ms for at, _, _ in present.turns)


def test_a_host_whose_items_the_api_lacks_sends_them(fleet):
    present = fleet.present()
    (turn,) = [turn for turn in present.turns if turn[1] == 1]
    present.turns, teller, now_ms = [turn], turn[2], int(time.time() * 1000)
    teller.happen(2)
    # As if it had got there.
    teller.took(teller.at(now_ms - 1000))
    present.turn(now_ms)
    assert present.turns[0][0] == now_ms + AGAIN_MS
    present.turn(now_ms + AGAIN_MS)
    assert present.turns[0][0] > now_ms + 2 * AGAIN_MS
    assert with_items(teller.at(now_ms)) == set()


def test_an_api_that_is_away_or_busy_is_asked_again(fleet):
    present, now_ms = fleet.present(), int(time.time() * 1000) + INTERVAL_MS
    count, away = len(present.turns), Loader("http://127.0.0.1:1", "", MASTER_SECRET)
    present.loader = away
    with pytest.raises(OSError):
        present.turn(now_ms)
    assert len(present.turns) == count
    late = sorted(turn for turn in present.turns if turn[0] == now_ms + AGAIN_MS)
    assert len(late) == min(count, AT_ONCE)
    present.loader = fleet.loader
    turns(present, now_ms + AGAIN_MS)
    assert len(present.turns) == count


def test_nothing_is_printed_and_the_thread_ends_with_the_demo(capfd, caplog, monkeypatch):
    monkeypatch.setattr(simulated_present, "TICK_SECONDS", 0.01)
    (port,) = free_ports(1)
    loader = Loader(f"http://127.0.0.1:{port}", "", MASTER_SECRET)
    present = Present(loader, [Teller(0, 0, MASTER_SECRET)])
    present.start()
    deadline = time.monotonic() + 20
    while "did not take" not in caplog.text and time.monotonic() < deadline:
        time.sleep(0.01)
    assert present.is_alive() and "did not take" in caplog.text
    present.end()
    present.join(20)
    assert not present.is_alive()
    assert capfd.readouterr() == ("", "")
