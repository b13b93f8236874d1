"""What each simulated host reports: eight weeks of history, and its newest state from then on.

To what ``benchmarks/machines.py`` tells of hardware and packages come switch ports, filesystems,
services, and things that happen to them.
"""

import hashlib
import random
from functools import partial

import simulated_incidents as incidents
from simulated_hosts import DAY_MS, WEEKS, SimulatedHost

from benchmarks import fleet, machines
from cmdb_api.services import canonical
from tests.reports import digest_only, section

GIB = 2**30
LISTENS = {
    "web": (("tcp", 80, "nginx"), ("tcp", 443, "nginx")),
    "app": (("tcp", 8080, "java"),),
    "db": (("tcp", 5432, "postgres"),),
    "cache": (("tcp", 6379, "redis-server"),),
}
UNITS = ("cron", "ssh", "salt-minion", "chrony", "rsyslog", "systemd-journald")


class Teller(fleet.Teller):
    """Makes the reports of one simulated host."""

    def __init__(self, number, now_ms, secret):
        self.host, self.now_ms = SimulatedHost(number), now_ms
        self.key = canonical.host_key(secret, self.host.name)
        self.draw = random.Random(f"story {number}")
        self.state = fleet.State(0, 0)
        # What happened to it since the demo is up; the digests that the API has.
        self.events, self.known = [], {}

    def story(self):
        """Return all its reports up to now, oldest first, of the time since it was new."""
        host, reports = self.host, [self._told(self.whole(0), self.host.first_ms)]
        for week in range(WEEKS - 1, -1, -1):
            age = self._patched_ms(week)
            if age >= host.first_ms or (host.quiet and week == 0):
                continue
            swapped = self.state.swapped + (self.draw.random() < 0.04)
            self.state = fleet.State(self.state.level + 1, swapped)
            reports.append(self._told(self.whole(WEEKS - week), age))
        if not host.quiet:
            if night := incidents.of_night(host, self.whole(WEEKS + 1)):
                reports.append(self._told(night, self._night_ms()))
            reports.append(self._told(self.newest(), host.turn_ms))
        return reports

    def at(self, now_ms):
        """Return its newest report, collected at this moment."""
        return self.report(self._news(self.newest()), self.now_ms - now_ms)

    def took(self, report):
        """Note what the API has, once it took a report."""
        self.known |= {
            kind: one["digest"] for kind, one in report["sections"].items() if "digest" in one
        }

    def happen(self, number):
        """Let something happen to it, another thing for another number."""
        level, swapped = self.state
        kind = number % 4
        if kind == 0:
            self.state = fleet.State(level, swapped + 1)
        elif kind == 1:
            self.state = fleet.State(level + 1, swapped)
        elif kind == 2:
            self.events.append(partial(incidents.cable_moves, port=41 + number % 8))
        else:
            self.events.append(partial(incidents.port_opens, port=9100 + number % 100))

    def whole(self, moment):
        """Return all sections of its state; ``moment`` is the week, of which disks fill."""
        found = self.sections(self.state, moment) | self._more(moment)
        if moment >= WEEKS:
            found |= incidents.of_restart(self.host, found)
        if self.host.failing and moment > WEEKS // 2:
            found["psu"] = failed("psu")
        return found

    def newest(self):
        """Return all sections as they are now: after the night, and what happened today."""
        found = self.whole(WEEKS + 1)
        found |= incidents.of_night(self.host, found)
        found |= incidents.of_today(self.host, found)
        for event in self.events:
            found |= event(self.host, found)
        return found

    def _told(self, sections, age_ms):
        """Return a report of so long ago, as one that will be taken."""
        report = self.report(self._news(sections), age_ms)
        self.took(report)
        return report

    def _news(self, sections):
        """Return sections as they travel: without the items that the API has."""
        return {
            kind: digest_only(one) if self.known.get(kind, "") == one.get("digest") else one
            for kind, one in sections.items()
        }

    def _night_ms(self):
        """Return how long ago last night was, between an hour and a day: from 3:00 UTC on."""
        start_ms = 3 * fleet.HOUR_MS + self.host.number * 977 % (fleet.HOUR_MS // 2)
        return fleet.HOUR_MS + (self.now_ms - start_ms - fleet.HOUR_MS) % DAY_MS

    def _patched_ms(self, week):
        """Return how long ago the patches of a week came: each environment has its day."""
        day = {"test": 6, "staging": 4}.get(self.host.environment, 2)
        return week * 7 * DAY_MS + day * DAY_MS + self.host.number * 977 % (3 * fleet.HOUR_MS)

    def _more(self, moment):
        host = self.host
        name = host.role_name
        listens = [("tcp", 22, "sshd"), *LISTENS.get(name, ())]
        sockets = [
            {"protocol": p, "address": "0.0.0.0", "port": port, "processes": [program]}
            for p, port, program in listens
        ]
        units = [{"name": f"{each}.service", "running": True} for each in UNITS]
        switch = f"sim-sw-{host.number // 40:02}"
        ports = [
            {"place": f"eno{n + 1}", "interface": f"eno{n + 1}", "protocol": "lldp",
             "switch": f"{switch}{'ab'[n]}", "port": f"Ethernet1/{host.number % 40 + 1}"}
            for n in range(2)
        ]  # fmt: skip
        kernel = {"kernel": f"{host.system[3].partition('-')[0]}-{30 + self.state.level // 3}"}
        return {
            "host": section([machines._host(host, 0) | kernel], ("place",), took_ms=1),
            "lldp": section(ports, ("place",), took_ms=1),
            "socket": section(sockets, ("protocol", "address", "port"), took_ms=3),
            "unit": section(units, ("name",), took_ms=4),
            "filesystem": self._filesystems(moment),
        }

    def _filesystems(self, moment):
        sizes = {"/": 100 * GIB, "/boot": GIB, "/var": 400 * GIB}
        start = int(hashlib.sha256(self.host.name.encode()).hexdigest()[:4], 16) % 60
        share = {"/": 20 + start // 2, "/boot": 30, "/var": min(start + 4 * moment, 97)}
        used = {
            path: {"used_bytes": size * share[path] // 100,
                   "available_bytes": size * (100 - share[path]) // 100}
            for path, size in sizes.items()
        }  # fmt: skip
        items = [
            {"mount_point": path, "device": f"/dev/sda{n + 1}", "type": "ext4", "size_bytes": size}
            for n, (path, size) in enumerate(sizes.items())
        ]
        return section(items, ("mount_point",), volatile=used, took_ms=2)


def failed(kind):
    """Return the section of a collector that failed."""
    return {
        "status": "error",
        "error": "ParseError: Power Supply 2: no line 'Status'",
        "traceback": (
            "Traceback (most recent call last):\n"
            f'  File "cmdb_{kind}.py", line 41, in collect\n'
            "ParseError: Power Supply 2: no line 'Status'\n"
        ),
        "took_ms": 12,
    }
