"""What people declare about simulated hosts: where they stand, whose they are, their fate."""

from datetime import date, timedelta
from urllib.parse import quote

from simulated_hosts import ENVIRONMENTS, MARK, ROLES

CENTRES = {"Frankfurt (simulated)": ("Hall 1", "Hall 2"), "Berlin (simulated)": ("Hall A",)}
RACK_U, PER_RACK_U = 42, 30
PEOPLE = ("Anna Example", "Bert Example", "Chen Example", "Dora Example")
SUPPLIERS = ("Example Systems", "Example Hardware")
# Bought within the last six years, but not in the weeks of the history; days.
BOUGHT_LAST, BOUGHT_FIRST = 75, 6 * 365
LEGACY_DAYS = 5 * 365
SAVED = (
    ("Warranty ends within 90 days", "warranty_until:[now TO now+90d]", "hostname,warranty_until"),
    ("Hardware that fails", "fault:*", "hostname,faults,rack,warranty_until"),
    ("Production databases", "environment:production AND service:Ledger", None),
    ("Disks of one model", "disk.model:MZ7L3960*", "hostname,disk.model,disk.count,rack"),
)


class People:
    """Declares a fleet by an API's Loader."""

    def __init__(self, api, hosts):
        self.api, self.hosts, self.today = api, hosts, date.today()
        rooms = [(centre, room) for centre, rooms in CENTRES.items() for room in rooms]
        self.places = _Places(self.add, rooms)

    def before(self):
        """Do what was done before the first report: all is registered, but for a few."""
        self.master_data()
        for host in self.hosts:
            self.register(host)
        self.order()

    def master_data(self):
        """Add places, owners and the like."""
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
        for centre, rooms in CENTRES.items():
            self.add("data-centres", name=centre, address="Example street 1")
            for room in rooms:
                self.add("rooms", name=room, data_centre=centre)

    def register(self, host):
        """Register a host; a few are left to report without anybody having said so."""
        number = host.number
        if number % 23 == 19:
            return
        days = BOUGHT_LAST + number * 191 % (BOUGHT_FIRST - BOUGHT_LAST)
        tags = [MARK, *(["pci-dss"] if host.business_unit == "Payments" else [])]
        tags += ["legacy"] if days > LEGACY_DAYS else []
        given = {
            "hostname": host.name,
            **self.places.next(host.height_u),
            "environment": host.environment,
            "business_unit": host.business_unit,
            "services": [host.service],
            "contacts": [PEOPLE[number % len(PEOPLE)]],
            "supplier": SUPPLIERS[number % len(SUPPLIERS)],
            "tags": tags,
            **self.bought(days, number),
        }
        if number % 37 == 3:
            given["expected"] = {"memory.module_count": 24}
        self.api.ask("/api/v1/assets", given)

    def bought(self, days, number):
        """Return when it was bought, so many days ago, with a warranty of three to five years."""
        day, years = self.today - timedelta(days=days), 3 + number % 3
        return {
            "purchased_on": day.isoformat(),
            "warranty_until": (day + timedelta(days=years * 1461 // 4)).isoformat(),
            "inventory_number": f"SIM-{number:05}",
        }

    def order(self):
        """Register what does not report yet: planned, delivered into its rack, just started."""
        count = len(self.hosts)
        states = ["online", *["planned"] * (3 + count // 100), *["racked"] * (2 + count // 150)]
        for number, state in enumerate(states):
            _, _, unit, service = ROLES[number % len(ROLES)]
            given = {
                "hostname": f"sim-new-{number:04}",
                "state": state,
                **self.places.next(1),
                "environment": "production",
                "business_unit": unit,
                "services": [service],
                "supplier": SUPPLIERS[number % len(SUPPLIERS)],
                "tags": [MARK],
                "comment": ORDERED[state],
            }
            given |= self.bought(12, count + number) if state != "planned" else {}
            self.api.ask("/api/v1/assets", given)

    def after(self):
        """Do what people and masters did after the reports."""
        for host in self.hosts:
            if host.retired:
                self.move(host, "retired", "sold")
            elif host.offline:
                self.move(host, "offline", "off until its mainboard is replaced")
        known = {
            "kind": "salt",
            "accepted": [host.name for host in self.hosts if not host.silent],
            "pending": ["sim-new-0000", "sim-lost-0001"],
            "up": [host.name for host in self.hosts if not host.quiet],
        }
        self.api.ask("/api/v1/coverage/sources/sim-master", known, method="PUT")
        for name, query, columns in SAVED:
            given = {"name": name, "query": query, "shared": True}
            given |= {"columns": columns.split(",")} if columns else {}
            self.api.ask("/api/v1/saved-queries", given)
        stream = {"name": "sim-chat", "type": "stream", "query": "environment:production"}
        self.api.ask("/api/v1/subscriptions", stream)
        self.import_table()

    def move(self, host, state, comment):
        """Bring a host into another state of its life."""
        given = {"state": state, "comment": comment}
        self.api.ask(f"/api/v1/assets/{quote(host.name)}/state", given)

    def import_table(self):
        """Import a table of a few hosts, in which one row is wrong."""
        rows = [f"{host.name},{PEOPLE[host.number % 4]},moved" for host in self.hosts[:5]]
        rows.append(f"{self.hosts[0].name}-b,Nobody Example,no such contact")
        table = "\r\n".join(("hostname,contacts,comment", *rows, ""))
        path = "/api/v1/imports?file_name=sim-contacts.csv"
        told = self.api.send(path, table.encode(), {"Content-Type": "text/csv"})
        if told["counts"]["failed"] != 1:
            raise RuntimeError(f"{path}: {told['counts']}")

    def add(self, path, **given):
        """Add a piece of master data."""
        self.api.ask(f"/api/v1/{path}", given)


ORDERED = {
    "planned": "on order",
    "racked": "in its rack, waits for its installation",
    "online": "installed, but its key waits to be accepted",
}


class _Places:
    """Gives each host the next free units, rack by rack, the rooms in turn."""

    def __init__(self, add, rooms):
        self.add, self.rooms, self.number, self.unit = add, rooms, 0, RACK_U

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
        self.add("racks", name=self.rack, data_centre=centre, room=room, height_u=RACK_U)
