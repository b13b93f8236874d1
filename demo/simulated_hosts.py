"""Made-up servers of a made-up fleet: which there are, and what is the matter with some of them.

Hardware and packages are those of ``benchmarks/machines.py``; here they get names, roles, owners.
The same number gives the same host.
"""

from benchmarks import fleet, machines

MARK = "simulated"
DAY_MS = fleet.DAY_MS
WEEKS = 8
# How often each reports.
INTERVAL_MS = 10 * 60 * 1000
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


class SimulatedHost(machines.Host):
    """One server of the simulated fleet."""

    def __init__(self, number):
        super().__init__(number)
        self.role_name, _, self.business_unit, self.service = _role(number)
        self.name = f"sim-{self.role_name}-{number:04}"
        self.environment = ENVIRONMENTS[number % len(ENVIRONMENTS)]
        self.first_ms = (WEEKS * 7 - number * 37 % 40) * DAY_MS + number * 7919 % DAY_MS
        self.height_u = {"storage": 2, "gpu": 4}.get(self.model, 1)
        # When in the interval its turn is: neighbours come far apart (0.618 is the golden ratio).
        self.turn_ms = number * int(INTERVAL_MS * 0.618) % INTERVAL_MS

    @property
    def cloned(self):
        """Tell whether it was cloned from the host before it, with its identifiers."""
        return self.number % 97 == 42

    @property
    def silent(self):
        """Tell whether it has not reported for days."""
        return self.number % 41 == 17

    @property
    def offline(self):
        """Tell whether somebody took it off, and said so."""
        return self.number % 149 == 6

    @property
    def retired(self):
        """Tell whether somebody retires it in the end."""
        return self.number % 67 == 13

    @property
    def quiet(self):
        """Tell whether no report of it came in the last days."""
        return self.silent or self.offline

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


def _role(number):
    place, total = number * 61 % 100, 0
    for role in ROLES:
        total += role[1]
        if place < total:
            return role
    return ROLES[0]
