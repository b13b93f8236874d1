"""Made-up servers of a made-up fleet, and what each reports over eight weeks.

Hardware and packages are those of ``benchmarks/machines.py``; here they get names, places, switch
ports, filesystems, services, and things that happen to them. The same number gives the same host.
"""

import hashlib
import random

from benchmarks import fleet, machines
from cmdb_api.services import canonical
from tests.reports import digest_only, section

MARK = "simulated"
DAY_MS = fleet.DAY_MS
GIB = 2**30
WEEKS = 8
# Role: what is in its name, how many of a hundred, the business unit, the service.
ROLES = (
    ("web", 30, "Shop", "Web shop"),
    ("app", 25, "Shop", "Checkout"),
    ("db", 15, "Payments", "Ledger"),
    ("cache", 10, "Shop", "Web shop"),
    ("search", 8, "Search", "Product search"),
    ("hv", 8, "Platform", "Virtualisation"),
    ("gpu", 4, "Search", "Ranking"),
)
ENVIRONMENTS = ("production", "production", "production", "staging", "test")
LISTENS = {
    "web": (("tcp", 80, "nginx"), ("tcp", 443, "nginx")),
    "app": (("tcp", 8080, "java"),),
    "db": (("tcp", 5432, "postgres"),),
    "cache": (("tcp", 6379, "redis-server"),),
}
UNITS = ("cron", "ssh", "salt-minion", "chrony", "rsyslog", "systemd-journald")


class SimulatedHost(machines.Host):
    """One server of the simulated fleet."""

    def __init__(self, number):
        super().__init__(number)
        self.role_name, _, self.business_unit, self.service = _role(number)
        self.name = f"sim-{self.role_name}-{number:04}"
        self.environment = ENVIRONMENTS[number % len(ENVIRONMENTS)]
        self.first_ms = (WEEKS * 7 - number * 37 % 40) * DAY_MS + number * 7919 % DAY_MS
        self.height_u = {"storage": 2, "gpu": 4}.get(self.model, 1)

    @property
    def cloned(self):
        """Tell whether it was cloned from the host before it, with its identifiers."""
        return self.number % 97 == 42

    @property
    def silent(self):
        """Tell whether it has not reported for days."""
        return self.number % 41 == 17

    @property
    def failing(self):
        """Tell whether a collector of it fails."""
        return self.number % 29 == 11

    def identity(self):
        if self.cloned:
            twin = SimulatedHost(self.number - 1)
            return super().identity() | {
                name: twin.identity()[name] for name in ("machine_id", "system_uuid")
            }
        return super().identity()


class Teller(fleet.Teller):
    """Makes the reports of one simulated host."""

    def __init__(self, number, now_ms, secret):
        self.host, self.now_ms = SimulatedHost(number), now_ms
        self.key = canonical.host_key(secret, self.host.name)
        self.draw = random.Random(f"story {number}")

    def story(self):
        """Return all its reports, oldest first, of the time since it was new."""
        state, age = fleet.State(0, 0), self.host.first_ms
        reports = [self.report(self.whole(state, 0), age)]
        for week in range(WEEKS - 1, -1, -1):
            age = self._patched_ms(week)
            if age >= self.host.first_ms or (self.host.silent and week == 0):
                continue
            swapped = state.swapped + (self.draw.random() < 0.04)
            state = fleet.State(state.level + 1, swapped)
            reports.append(self.report(self.whole(state, WEEKS - week), age))
        if not self.host.silent:
            reports.append(self.report(self.last(state), self.host.number * 7919 % (1200 * 1000)))
        return reports

    def whole(self, state, moment):
        """Return all sections of a state."""
        found = self.sections(state, moment) | self._more(state, moment)
        if self.host.failing and moment > WEEKS // 2:
            found["psu"] = failed("psu")
        return found

    def last(self, state):
        """Return the newest report: mostly what it was, and what happened today."""
        found = self.whole(state, WEEKS + 1)
        number = self.host.number
        if number % 61 == 5 and found.get("raid_volume", {}).get("items"):
            items = [dict(item) for item in found["raid_volume"]["items"]]
            items[0] |= {"state": "degraded", "missing_count": 1}
            found["raid_volume"] = section(items, ("place",), took_ms=2)
        if number % 53 == 9:
            items = found["memory"]["items"][:-1]
            found["memory"] = section(items, ("slot",), serial="serial", took_ms=2)
        keep = {"raid_volume", "memory", "filesystem", "psu"}
        return {
            kind: one if kind in keep or "items" not in one else digest_only(one)
            for kind, one in found.items()
        }

    def _patched_ms(self, week):
        """Return how long ago the patches of a week came: each environment has its day."""
        day = {"test": 6, "staging": 4}.get(self.host.environment, 2)
        return week * 7 * DAY_MS + day * DAY_MS + self.host.number * 977 % (3 * fleet.HOUR_MS)

    def _more(self, state, moment):
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
        kernel = {"kernel": f"{host.system[3].partition('-')[0]}-{30 + state.level // 3}"}
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


def _role(number):
    place, total = number * 61 % 100, 0
    for role in ROLES:
        total += role[1]
        if place < total:
            return role
    return ROLES[0]
