"""Parts that are moved, removed, returned, doubled and reported late: where each is and was.

The model keeps, for each kind of each host, what the newest report had at each place. Of one kind
all stays are compared with it; of several that tell of the same parts, that these are one place.
"""

import itertools
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.reports import make_report, section

MINUTE = timedelta(minutes=1)
# Each example has hosts and serial numbers of its own; the steps of one are minutes.
LONG_AGO = timedelta(days=3)
HOSTS, SLOTS = st.sampled_from("abc"), st.sampled_from("123")
SERIALS = ("X", "Y")
_numbers = itertools.count(1)


class Stay(NamedTuple):
    """A part at a place: minutes since the machine began; ``gone`` is None while it is there."""

    host: str
    place: str
    since: int
    seen: int
    gone: int | None


class Kind:
    """What is known of one kind of one host."""

    def __init__(self, host):
        self.host, self.at, self.state, self.stays = host, None, {}, {}

    def take(self, at, state):
        """Take a report, unless a newer one was taken."""
        if self.at is not None and at < self.at:
            return
        for place in self.state.keys() | state.keys():
            old, new = self.state.get(place), state.get(place)
            if old != new:
                self._leave(old, place, at)
                self._come(new, place, at)
        self.at, self.state = at, dict(state)

    def _leave(self, serial, place, at):
        if serial is not None:
            known = self.stays[serial]
            (stay,) = (s for s in known if s.place == place and s.gone is None)
            known[known.index(stay)] = stay._replace(seen=self.at, gone=at)

    def _come(self, serial, place, at):
        if serial is None:
            return
        known = self.stays.setdefault(serial, [])
        # Away and back in one moment is no time away.
        same = next((s for s in known if s.place == place and s.gone == at), None)
        if same:
            known[known.index(same)] = same._replace(gone=None)
        else:
            known.append(Stay(self.host, place, at, at, None))

    def of(self, serial):
        """Return the stays of a part, those that go on seen until now."""
        return [
            s if s.gone is not None else s._replace(seen=self.at)
            for s in self.stays.get(serial, ())
        ]


class Parts(RuleBasedStateMachine):
    """Bays of three hosts, what is in them, and what their reports say."""

    kinds = ("disk",)

    def __init__(self, post, reader):
        super().__init__()
        self.post, self.reader = post, reader
        self.name = f"m{next(_numbers)}"
        self.base = datetime.now(UTC).replace(microsecond=0) - LONG_AGO
        self.now, self.bays, self.told, self.sent, self.late = 0, {}, {}, [], []
        self.is_checked = True

    @rule(host=HOSTS, slot=SLOTS, serial=st.sampled_from(SERIALS))
    def put(self, host, slot, serial):
        """Another part of that number, where the first is elsewhere: a cloned one."""
        if serial not in [s for (h, _), s in self.bays.items() if h == host]:
            self.bays[host, slot] = serial

    @precondition(lambda self: self.bays)
    @rule(data=st.data(), host=HOSTS, slot=SLOTS)
    def move(self, data, host, slot):
        """What was in the other bay goes to the first one."""
        old = data.draw(st.sampled_from(sorted(self.bays)))
        others = [s for (h, bay), s in self.bays.items() if h == host and (h, bay) != old]
        if self.bays[old] in others or old == (host, slot):
            return
        moved, other = self.bays.pop(old), self.bays.get((host, slot))
        self.bays[host, slot] = moved
        if other and other not in [s for (h, _), s in self.bays.items() if h == old[0]]:
            self.bays[old] = other

    @precondition(lambda self: self.bays)
    @rule(data=st.data())
    def remove(self, data):
        del self.bays[data.draw(st.sampled_from(sorted(self.bays)))]

    @rule(host=HOSTS, data=st.data())
    def report(self, host, data):
        self.now += 1
        self._send([self._report(host, self._some(data))], self.now)

    @rule(host=HOSTS, data=st.data(), slot=SLOTS)
    def report_twice_in_a_moment(self, host, data, slot):
        """The part was moved between the two, which have one time."""
        self.now += 1
        first = self._report(host, self._some(data))
        if own := sorted(bay for bay in self.bays if bay[0] == host):
            moved = self.bays.pop(own[0])
            self.bays[host, slot] = moved
        self._send([first, self._report(host, self._some(data))], self.now)

    @rule(host=HOSTS, data=st.data())
    def note_what_comes_late(self, host, data):
        self.now += 1
        self.late.append((self._report(host, self._some(data)), self.now))

    @precondition(lambda self: self.late)
    @rule()
    def deliver_late(self):
        report, at = self.late.pop(0)
        self._send([report], at)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def deliver_again(self, data):
        report, at = data.draw(st.sampled_from(self.sent[-5:]))
        (line,) = self.post(report | {"age_ms": self._age(at)})
        assert line["result"] == "duplicate"

    def _some(self, data):
        if len(self.kinds) == 1:
            return self.kinds
        return data.draw(st.sampled_from([self.kinds, *((kind,) for kind in self.kinds)]))

    def _report(self, host, kinds):
        bays = sorted((slot, serial) for (h, slot), serial in self.bays.items() if h == host)
        items = {
            kind: [{"slot": f"{kind}-{slot}", "serial": self._serial(s)} for slot, s in bays]
            for kind in kinds
        }
        made = {kind: section(given, serial="serial") for kind, given in items.items()}
        return make_report(self._host(host), made | {"psu": section([])})

    def _send(self, reports, at):
        self.is_checked = False
        lines = self.post(*(report | {"age_ms": self._age(at)} for report in reports))
        assert {line["result"] for line in lines} <= {"recorded", "unchanged", "older"}, lines
        for report, line in zip(reports, lines, strict=True):
            if line["result"] != "older":
                self.sent.append((report, at))
            for kind in self.kinds:
                if kind in report["sections"]:
                    items = report["sections"][kind]["items"]
                    state = {item["slot"]: item["serial"] for item in items}
                    name = report["id"], kind
                    self.told.setdefault(name, Kind(report["id"])).take(at, state)

    def _age(self, at):
        age = datetime.now(UTC) - self.base - at * MINUTE
        return age // timedelta(milliseconds=1)

    def _host(self, host):
        return f"{self.name}{host}"

    def _serial(self, serial):
        return f"{self.name}-{serial}".upper()

    def _minute(self, text):
        return text and round((datetime.fromisoformat(text) - self.base) / MINUTE)

    def _stay(self, entry):
        until, gone = entry.get("until") or entry["seen_at"], entry.get("gone_at")
        times = (self._minute(text) for text in (entry["since"], until, gone))
        return Stay(entry["hostname"], entry["place"], *times)

    def _look_up(self, serial):
        answer = self.reader.get(f"/api/v1/parts?serial={self._serial(serial)}")
        if answer.status_code == 404:
            return None
        (found,) = answer.json["items"]
        return found

    @precondition(lambda self: not self.is_checked)
    @invariant()
    def each_part_is_where_the_reports_had_it(self):
        self.is_checked = True
        for serial in SERIALS:
            known = [s for kind in self.told.values() for s in kind.of(self._serial(serial))]
            found = self._look_up(serial)
            assert (found is None) == (not known)
            if found:
                now, before = ([self._stay(e) for e in found[n]] for n in ("now", "before"))
                self.check(serial, known, now, before, found["flags"])
                _check_journey(found)

    def check(self, serial, known, now, before, flags):
        """Compare with the model, where one kind tells."""
        there = {s for s in known if s.gone is None and not _is_outdated(s, known)}
        assert set(now) == there
        assert sorted(before, key=str) == sorted((s for s in known if s not in there), key=str)
        assert flags == ["in_two_hosts"] * _is_doubled(known, there)


class PartsOfKinds(Parts):
    """The same, told by two kinds that are not always collected together."""

    kinds = ("disk", "smart")

    def check(self, serial, known, now, before, flags):
        hosts = [s.host for s in now]
        assert len(set(hosts)) == len(hosts)
        assert set(hosts) <= {host for host in {s.host for s in known} if self._has(host, serial)}
        for one, other in itertools.combinations([*now, *before], 2):
            if one.host == other.host:
                early, late = sorted((one, other), key=lambda s: (s.since, s.gone or 10**6))
                assert early.gone is not None
                assert early.gone <= late.since
            elif not flags:
                assert not _overlap(one, other)
        for host in {s.host for s in known} - set(hosts):
            assert not self._has(host, serial) or [s for s in before if s.host != host]
        assert set(flags) <= {"in_two_hosts"}

    def _has(self, host, serial):
        """Tell whether a kind has it and no other has missed it since."""
        number, told = self._serial(serial), {k: self.told.get((host, k)) for k in self.kinds}
        told = {name: kind for name, kind in told.items() if kind}
        return any(
            number in kind.state.values()
            and all(
                number in other.state.values()
                or max((s.gone for s in other.of(number)), default=0) <= kind.at
                for other in told.values()
            )
            for kind in told.values()
        )


def _is_outdated(stay, known):
    """Tell whether it was seen in another host since, where it is no longer either."""
    return any(o.host != stay.host and o.since > stay.seen and o.gone is not None for o in known)


def _is_doubled(known, there):
    return any(
        _overlap(a, b) or {a, b} <= there
        for a, b in itertools.combinations(known, 2)
        if a.host != b.host
    )


def _overlap(one, other):
    return one.since < other.seen and other.since < one.seen


def _check_journey(found):
    """Follow the events: unless it was doubled they lead from place to place, to where it is."""
    times = [event["at"] for event in found["journey"]]
    assert times == sorted(times)
    if found["flags"]:
        return
    here = None
    for event in found["journey"]:
        if event["event"] in ("removed", "replaced"):
            assert event["from"] == here
            here = None
        else:
            assert (event["event"] == "moved") == (here is not None)
            here = event["to"]
            assert event["from"] is None or event["event"] in ("moved", "back")
    assert [here] * (here is not None) == [
        {name: one[name] for name in ("hostname", "kind", "place")} for one in found["now"]
    ]


@pytest.mark.parametrize("machine", [Parts, PartsOfKinds])
def test_a_part_is_in_one_place_and_its_journey_leads_there(machine, post, reader):
    # The fixtures of one test serve all of its examples: each has hosts of its own.
    harmless = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    run_state_machine_as_test(
        lambda: machine(post, reader),
        settings=settings(
            max_examples=10, stateful_step_count=15, deadline=None, suppress_health_check=harmless
        ),
    )
