"""Any sequence of edits of racks and what stands in them: no unit is ever taken twice."""

import itertools

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

API = "/api/v1"
HEIGHTS = st.integers(1, 6)
# The numbers of a host and a rack, a unit and a height.
PLACES = st.tuples(
    st.integers(0, 2), st.sampled_from([0, 0, 0, 1]), st.integers(1, 6), st.integers(1, 3)
)
_numbers = itertools.count(1)


class Racks(RuleBasedStateMachine):
    """Racks as the API keeps them, beside a dictionary of what should stand where."""

    racks, hosts = Bundle("racks"), Bundle("hosts")

    def __init__(self, writer, admin):
        super().__init__()
        self.writer, self.admin = writer, admin
        # Many runs share a database: each has names of its own.
        self.number = next(_numbers)
        self.centres = [f"dc {self.number} {letter}" for letter in "ab"]
        for name in self.centres:
            self.expect(201, "post", "data-centres", {"name": name})
        # {rack: [id, height, data centre]}, {host: [rack, unit, height] or None}, {host: state}
        self.heights, self.places, self.states = {}, {}, {}
        self.touched = set()

    def expect(self, status, method, path, body=None):
        client = self.admin if (method, path[:7]) == ("delete", "assets/") else self.writer
        answer = getattr(client, method)(f"{API}/{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json if status != 204 else None

    def free(self, host, rack, unit, height):
        """Tell whether the model has room for a host there."""
        wanted = range(unit, unit + height)
        return all(
            other == host or place[0] != rack or place[1] is None or not overlap(place, wanted)
            for other, place in self.places.items()
            if place
        )

    @initialize(target=racks)
    def begin_with_racks(self):
        return multiple(self.add_rack(6, 0), self.add_rack(4, 1))

    @initialize(target=hosts)
    def begin_with_hosts(self):
        return multiple(*(self.add_host() for _ in range(3)))

    @rule(target=racks, height=HEIGHTS, centre=st.integers(0, 1))
    def another_rack(self, height, centre):
        return self.add_rack(height, centre)

    @rule(target=hosts)
    def another_host(self):
        return self.add_host()

    def add_rack(self, height, centre):
        name = f"rack {self.number} {len(self.heights)}"
        given = {"name": name, "height_u": height, "data_centre": self.centres[centre]}
        made = self.expect(201, "post", "racks", given)
        self.heights[name] = [made["id"], height, self.centres[centre]]
        return name

    def add_host(self):
        name = f"host-{self.number}-{len(self.states)}"
        self.expect(201, "post", "assets", {"hostname": name})
        self.places[name], self.states[name] = None, "online"
        return name

    @rule(wanted=st.lists(PLACES, min_size=1, max_size=5))
    def place_some(self, wanted):
        hosts, racks = list(self.states), list(self.heights)
        for host, rack, unit, height in wanted:
            self.place(hosts[host % len(hosts)], racks[rack % len(racks)], unit, height)

    def place(self, host, rack, unit, height):
        if self.states[host] is None:
            return
        given = {"rack": rack, "position_u": unit, "height_u": height}
        if self.heights[rack] is None or unit + height - 1 > self.heights[rack][1]:
            status = 422
        elif not self.free(host, rack, unit, height):
            status = 409
        else:
            status, self.places[host] = 200, [rack, unit, height]
        told = self.expect(status, "patch", f"assets/{host}", given)
        if status == 409:
            self.check_gap(told["error"]["details"]["free"], host, rack, unit, height)

    def check_gap(self, free, host, rack, unit, height):
        starts = range(1, self.heights[rack][1] - height + 2)
        fitting = [start for start in starts if self.free(host, rack, start, height)]
        if free is None:
            assert fitting == []
        else:
            assert free in fitting
            assert abs(free - unit) == min(abs(start - unit) for start in fitting)

    @rule(host=hosts, rack=racks)
    def place_somewhere(self, host, rack):
        self.expect(200, "patch", f"assets/{host}", {"rack": rack})
        if self.places[host] is None or self.places[host][0] != rack:
            self.places[host] = [rack, None, None]

    @rule(host=hosts, unit=st.integers(1, 7))
    def shift(self, host, unit):
        rack, _, height = self.places[host] or [None, None, None]
        height = height or 1
        if rack is None or unit + height - 1 > self.heights[rack][1]:
            status = 422
        elif not self.free(host, rack, unit, height):
            status = 409
        else:
            status, self.places[host] = 200, [rack, unit, height]
        self.expect(status, "patch", f"assets/{host}", {"position_u": unit})

    @rule(host=hosts, field=st.sampled_from(["rack", "data_centre", "position_u"]))
    def take_out(self, host, field):
        self.expect(200, "patch", f"assets/{host}", {field: None})
        place = self.places[host]
        self.places[host] = [place[0], None, None] if place and field == "position_u" else None

    @rule(rack=racks, height=HEIGHTS)
    def resize(self, rack, height):
        tops = [p[1] + p[2] - 1 for p in self.places.values() if p and p[0] == rack and p[1]]
        fits = max(tops, default=0) <= height
        path = f"racks/{self.heights[rack][0]}"
        self.expect(200 if fits else 409, "patch", path, {"height_u": height})
        if fits:
            self.heights[rack][1] = height

    @rule(rack=racks, centre=st.integers(0, 1))
    def move_rack(self, rack, centre):
        name = self.centres[centre]
        self.expect(200, "patch", f"racks/{self.heights[rack][0]}", {"data_centre": name})
        self.heights[rack][2] = name
        self.touched.update(h for h, p in self.places.items() if p and p[0] == rack)

    @rule(rack=consumes(racks))
    def remove_rack(self, rack):
        used = any(place and place[0] == rack for place in self.places.values())
        self.expect(409 if used else 204, "delete", f"racks/{self.heights[rack][0]}")
        if not used:
            self.heights[rack] = None

    @rule(host=hosts)
    def retire(self, host):
        self.expect(200, "patch", f"assets/{host}", {"state": "retired"})
        self.states[host] = "retired"

    @rule(host=consumes(hosts))
    def delete(self, host):
        self.expect(204, "delete", f"assets/{host}")
        self.states[host] = self.places[host] = None

    @invariant()
    def every_elevation_is_as_it_should_be(self):
        for rack, known in self.heights.items():
            if known is None:
                continue
            number, height, centre = known
            shown = self.expect(200, "get", f"racks/{number}/elevation")
            wanted, loose = {unit: None for unit in range(height, 0, -1)}, set()
            for host, place in self.places.items():
                if place and place[0] == rack and place[1] is None:
                    loose.add(host)
                elif place and place[0] == rack:
                    for unit in range(place[1], place[1] + place[2]):
                        assert wanted[unit] is None
                        wanted[unit] = host
            told = {
                row["unit"]: row["asset"] and row["asset"]["hostname"] for row in shown["units"]
            }
            assert told == wanted
            assert list(told) == list(wanted)
            assert {row["hostname"] for row in shown["without_position"]} == loose
            assert shown["used_units"] == sum(host is not None for host in wanted.values())
            assert shown["rack"]["data_centre"] == centre

    @invariant()
    def what_moved_along_is_where_its_rack_is(self):
        for host in self.touched:
            if self.states[host] is not None:
                told = self.expect(200, "get", f"assets/{host}")
                place = self.places[host]
                assert told["rack"] == (place and place[0])
                assert place is None or told["data_centre"] == self.heights[place[0]][2]
        self.touched.clear()


def overlap(place, wanted):
    taken = range(place[1], place[1] + place[2])
    return taken.start < wanted.stop and wanted.start < taken.stop


def test_no_unit_is_taken_twice_whatever_is_done(make_client):
    writer, admin = make_client("write"), make_client("admin")
    run_state_machine_as_test(
        lambda: Racks(writer, admin),
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
