"""A simulated fleet with weeks of history, sent through the real API: for the demo's pages.

Everything in it is marked: names begin with ``sim-``, assets have the tag ``simulated``.
"""

import gzip
import json
import time
import urllib.error
import urllib.request
from collections import Counter
from datetime import date, timedelta
from urllib.parse import quote

from simulated_hosts import ENVIRONMENTS, MARK, ROLES, Teller

CENTRES = {"Frankfurt (simulated)": ("Hall 1", "Hall 2"), "Berlin (simulated)": ("Hall A",)}
RACK_U, PER_RACK_U = 42, 30
PEOPLE = ("Anna Example", "Bert Example", "Chen Example", "Dora Example")
SUPPLIERS = ("Example Systems", "Example Hardware")
REPORTS_AT_ONCE = 150
TAKEN, RETRY = ("recorded", "unchanged"), "retry"
# Of the two machines that report under one name: somebody is to decide which it is.
MEANT = "refused (identity_conflict)"
SAVED = (
    ("Warranty ends within 90 days", "warranty_until:[now TO now+90d]", "hostname,warranty_until"),
    ("Production databases", "environment:production AND service:Ledger", None),
    ("Disks of one model", "disk.model:MZ7L3960*", "hostname,disk.model,disk.count,rack"),
)


class Loader:
    """Sends a fleet to an API, with an admin's token and the master secret of its host keys."""

    def __init__(self, url, token, secret, say=print):
        self.url, self.token, self.secret, self.say = url, token, secret, say
        self.now_ms = int(time.time() * 1000)
        self.places, self.results = None, Counter()

    def load(self, count):
        """Send so many hosts with their history, and what people made of them."""
        self.say(f"simulating {count} servers with weeks of history")
        self.master_data(count)
        tellers = [Teller(number, self.now_ms, self.secret) for number in range(count)]
        for teller in tellers:
            self.register(teller.host)
        self.report(tellers)
        self.after(tellers)

    def master_data(self, count):
        """Add places, owners and the like; find a place in a rack for each host."""
        for name in dict.fromkeys(ENVIRONMENTS):
            self.add("environments", name=name)
        for name in dict.fromkeys(role[2] for role in ROLES):
            self.add("business-units", name=name)
        for name, unit in {role[3]: role[2] for role in ROLES}.items():
            self.add("services", name=name, business_unit=unit)
        for name in PEOPLE:
            email = f"{name.split()[0].lower()}@example.com"
            self.add("contacts", name=name, email=email, phone="+49 30 5550 100")
        for name in SUPPLIERS:
            self.add("suppliers", name=name, email="support@example.com")
        self.add("tags", name=MARK, description="Made up by `make demo`: no such server exists")
        for name in ("pci-dss", "edge", "legacy"):
            self.add("tags", name=name)
        self.places = self._racks(count)

    def _racks(self, count):
        """Yield (data centre, room, rack, lowest free unit) as racks fill."""
        rooms = [(centre, room) for centre, rooms in CENTRES.items() for room in rooms]
        for centre in CENTRES:
            self.add("data-centres", name=centre, address="Example street 1")
        for centre, room in rooms:
            self.add("rooms", name=room, data_centre=centre)
        return _Places(self, rooms)

    def register(self, host):
        """Register a host; a few are left to report without anybody having said so."""
        number = host.number
        if number % 23 == 19:
            return
        today, bought = date.today(), timedelta(days=200 + number * 7 % 1500)
        tags = [MARK, *(["pci-dss"] if host.business_unit == "Payments" else [])]
        tags += ["legacy"] if bought.days > 1400 else []
        given = {
            "hostname": host.name,
            **self.places.next(host.height_u),
            "environment": host.environment,
            "business_unit": host.business_unit,
            "services": [host.service],
            "contacts": [PEOPLE[number % len(PEOPLE)]],
            "supplier": SUPPLIERS[number % len(SUPPLIERS)],
            "tags": tags,
            "purchased_on": (today - bought).isoformat(),
            "warranty_until": (today - bought + timedelta(days=1825)).isoformat(),
            "inventory_number": f"SIM-{number:05}",
        }
        if number % 37 == 3:
            given["expected"] = {"memory.module_count": 24}
        self.ask("/api/v1/assets", given)

    def report(self, tellers):
        """Send all reports, the oldest first."""
        waiting, started = [], time.monotonic()
        for teller in tellers:
            waiting += teller.story()
            if len(waiting) >= REPORTS_AT_ONCE or teller is tellers[-1]:
                self.post(waiting)
                waiting = []
        self.say(f"  their reports took {time.monotonic() - started:.0f} s: {self._told()}")

    def _told(self):
        """Return what became of the reports, in words; what was not meant to be stands out."""
        told = ", ".join(f"{count} {result}" for result, count in self.results.most_common())
        odd = self.results.keys() - {*TAKEN, MEANT}
        return f"{told}; NOT MEANT: {', '.join(sorted(odd))}" if odd else told

    def post(self, reports):
        """Send reports as a master does, those that are to be sent again once more."""
        told = self._post(reports)
        late = [report for result, report in told if result == RETRY]
        told = [each for each in told if each[0] != RETRY]
        told += self._post(late) if late else []
        self.results.update(result for result, _ in told)

    def _post(self, reports):
        """Send reports; return (what became of it, report) for each."""
        now_ms = int(time.time() * 1000)
        aged = [one | {"age_ms": max(now_ms - one["seq"], 0)} for one in reports]
        body = gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in aged), 1)
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        request = urllib.request.Request(f"{self.url}/api/v1/reports", body, headers)
        with urllib.request.urlopen(request, timeout=300) as answer:
            lines = [json.loads(line) for line in answer.read().splitlines()]
        return [(_result(line), report) for line, report in zip(lines, reports, strict=True)]

    def after(self, tellers):
        """Do what people and masters did afterwards."""
        hosts = [teller.host for teller in tellers]
        for host in hosts[13::67]:
            self.ask(f"/api/v1/assets/{quote(host.name)}/state", {"state": "retired"})
        for number in range(3):
            given = {"hostname": f"sim-new-{number:04}", "tags": [MARK], "comment": "on order"}
            self.ask("/api/v1/assets", given)
        known = {"kind": "salt", "accepted": [host.name for host in hosts if not host.silent]}
        known |= {"pending": ["sim-new-0000", "sim-lost-0001"], "up": known["accepted"]}
        self.ask("/api/v1/coverage/sources/sim-master", known, method="PUT")
        for name, query, columns in SAVED:
            given = {"name": name, "query": query, "shared": True}
            given |= {"columns": columns.split(",")} if columns else {}
            self.ask("/api/v1/saved-queries", given)
        stream = {"name": "sim-chat", "type": "stream", "query": "environment:production"}
        self.ask("/api/v1/subscriptions", stream)
        self.import_table(hosts)

    def import_table(self, hosts):
        """Import a table of a few hosts, in which one row is wrong."""
        rows = [f"{host.name},{PEOPLE[host.number % 4]},moved" for host in hosts[:5]]
        rows.append(f"{hosts[0].name}-b,Nobody Example,no such contact")
        table = "\r\n".join(("hostname,contacts,comment", *rows, ""))
        path = "/api/v1/imports?file_name=sim-contacts.csv"
        told = self.send(path, table.encode(), {"Content-Type": "text/csv"})
        if told["counts"]["failed"] != 1:
            raise RuntimeError(f"{path}: {told['counts']}")

    def add(self, path, **given):
        """Add a piece of master data."""
        self.ask(f"/api/v1/{path}", given)

    def ask(self, path, body, method="POST"):
        """Send JSON; raises with what the API says where it refuses."""
        headers = {"Content-Type": "application/json"}
        return self.send(path, json.dumps(body).encode(), headers, method)

    def send(self, path, data, headers, method="POST"):
        """Send a body; raises with what the API says where it refuses."""
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        request = urllib.request.Request(self.url + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()}") from error


def _result(line):
    """Return what became of a report, with the reason where it was refused."""
    code = line.get("error", {}).get("code")
    return f"refused ({code})" if line["result"] == "refused" else line["result"]


class _Places:
    """Gives each host the next free units, rack by rack, the rooms in turn."""

    def __init__(self, loader, rooms):
        self.loader, self.rooms, self.number, self.unit = loader, rooms, 0, RACK_U

    def next(self, height_u):
        """Return where the next host of this height stands."""
        if self.unit + height_u > PER_RACK_U:
            self._open()
        unit = self.unit
        # Some room for air, as racks have it.
        self.unit += height_u + (self.number + unit) % 3 // 2
        centre, room = self.room
        found = {"data_centre": centre, "room": room, "rack": self.rack}
        return found | {"position_u": unit, "height_u": height_u}

    def _open(self):
        self.room = self.rooms[self.number % len(self.rooms)]
        self.number += 1
        self.rack, self.unit = f"R{self.number:02}", 1
        centre, room = self.room
        self.loader.add("racks", name=self.rack, data_centre=centre, room=room, height_u=RACK_U)
