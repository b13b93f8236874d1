"""What people and masters tell of a made-up fleet: places, units, tags, expectations, minion keys.

``furnish`` does it through the API, once a database: what pages of the console have to show beside
what hosts report.
"""

import http.client
import json
import time

import fleet
import machines

CENTRES, ROOMS, RACKS, IN_A_RACK = 4, 3, 25, 16
UNITS = ("Shop", "Payments", "Search", "Platform", "Data", "Office")
TAGS = [f"tag{number:03}" for number in range(200)]
PLACED, EXPECTING, PENDING = 800, 60, 40
TWIN = "twin.example.com"


def furnish(api, hosts):
    """Tell the API about so many hosts, where nobody did before."""
    teller = Teller(api)
    if teller.ask("GET", "data-centres")["items"]:
        return
    for resource, names in (
        *(("environments", ("production", "staging", "test")), ("business-units", UNITS)),
        *(("tags", TAGS), ("contacts", [f"Person {number}" for number in range(150)])),
    ):
        for name in names:
            teller.ask("POST", resource, {"name": name})
    racks = list(_places(teller))
    table = "".join(_rows(racks, min(PLACED, hosts)))
    teller.ask("POST", "imports", table.encode(), "text/csv")
    for number in range(min(EXPECTING, hosts)):
        wrong = {"expected": {"cpu.socket_count": 64}}
        teller.ask("PATCH", f"assets/{machines.Host(number).name}", wrong)
    teller.ask("POST", "import-mappings", {"name": "a list", "columns": {"Cabinet": "rack"}})
    teller.ask("POST", "saved-queries", {"name": "web", "query": "tag:tag001", "shared": True})
    teller.ask("POST", "subscriptions", {"name": "chat", "type": "stream"})
    _keys(teller, hosts)
    _twin(api)


def _places(teller):
    """Add data centres, rooms and racks; yield the names of each rack."""
    for centre in range(CENTRES):
        names = {"data_centre": f"DC{centre}"}
        teller.ask("POST", "data-centres", {"name": names["data_centre"]})
        for room in range(ROOMS):
            teller.ask("POST", "rooms", names | {"name": f"Hall {room}"})
            for rack in range(RACKS):
                place = names | {"room": f"Hall {room}", "name": f"R{rack:02}"}
                teller.ask("POST", "racks", place | {"height_u": 42})
                yield place


def _rows(racks, count):
    """Yield the lines of a table that places so many hosts."""
    fields = "hostname", "data_centre", "room", "rack", "position_u", "height_u"
    yield ",".join((*fields, "business_unit", "environment", "tags")) + "\n"
    for number in range(count):
        place = racks[number // IN_A_RACK % len(racks)]
        unit = 1 + number % IN_A_RACK * 2
        told = machines.Host(number).name, place["data_centre"], place["room"], place["name"]
        more = UNITS[number % len(UNITS)], "production", TAGS[number % len(TAGS)]
        yield ",".join(map(str, (*told, unit, 2, *more))) + "\n"


def _keys(teller, hosts):
    """Let a master tell its minion keys: of all hosts, and of some that never reported."""
    names = [machines.Host(number).name for number in range(hosts)]
    new = [f"new{number:03}.example.com" for number in range(PENDING)]
    keys = {"kind": "salt", "accepted": [*names, *(f"lost-{name}" for name in new)]}
    teller.ask("PUT", "coverage/sources/salt01", keys | {"pending": new, "up": names})


def _twin(api):
    """Report a machine under another name: somebody has to decide."""
    teller = fleet.Teller(1, int(time.time() * 1000))
    teller.host.name = TWIN
    teller.key = fleet.canonical.host_key(fleet.MASTER_SECRET, TWIN)
    told = teller.report(teller.sections(fleet.State(0, 0)), fleet.HOUR_MS)
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=60)
    fleet.post(connection, [told])


class Teller:
    """Asks the API as an admin."""

    def __init__(self, api):
        self.connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=300)
        self.token = api.cmdb("token", "create", "--scope", "admin")

    def ask(self, method, path, given=None, mimetype="application/json"):
        """Return what the API answers; end where it refuses."""
        body = given if isinstance(given, bytes | None) else json.dumps(given)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": mimetype}
        self.connection.request(method, f"/api/v1/{path}", body, headers)
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {text.decode()}")
        return json.loads(text)
