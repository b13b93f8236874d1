"""How fast questions about 10 000 hosts are answered, through HTTP, on PostgreSQL.

``python benchmarks/query.py --keep FOLDER [--rounds 100]``, in the environment of ``make``, asks
the fleet that ``fleet.py --keep FOLDER`` loaded; without a folder it loads one first, which takes
minutes. The API is served as ``cmdb serve`` does, by 2 workers. Each round asks every question
once, with hosts, parts and packages of its own; median and p95 of the rounds are printed beside the
target. Times are those of one client on one connection, on this machine.

What PuppetDB took for the like on a fleet of 2300 hosts is quoted, not measured here: 9 ms for a
count of hosts, 7600 ms for one package over all of them.
"""

import http.client
import json
import random
import statistics
import sys
import time
from urllib.parse import quote, urlencode

import fleet
import machines

from cmdb_api.services import pages

WORKERS, WARM, SAMPLE = 2, 3, 40
PREFIX = "/api/v1"
SEARCHES = {
    "search: name": "hostname:*7*",
    "search: three fields": "os.name:Debian* AND disk.model:MZ7* AND NOT tag:lab",
    "search: a fact": "memory.total_bytes:>=512G",
    "search: facts and a state": "cpu.core_count:>=32 AND host.virtual:false AND state:online",
    "search: version of a package": "package.openssl:<3.2",
    "search: a kernel, not patched": "os.kernel:5.14* AND package.sudo:* AND NOT package.bash:>5",
    "search: network": "address:192.0.2.0/24",
    "search: one component": "disk:(model:*MZ7L* AND size_bytes:>=512G)",
    "search: one of many components": "memory:(manufacturer:Samsung AND size_bytes:>=16G)",
    "search: driver": "nic.driver:bnxt*",
    "search: changed, reported": "changed:>now-7d AND reported:>now-30d",
    "search: a word": "PowerEdge",
    "search: an address": "02:1b:00:00:07:01",
    "search: the start of a serial": "serial:ME12*",
}
TABLES = {
    "table: the usual columns": ("/search", {"limit": 50}),
    "table: in the order of a fact": (
        "/search",
        {"limit": 50, "columns": "rack,disk.model,package.bash", "sort": "-memory.total_bytes"},
    ),
    "table: in the order of changes": ("/search", {"limit": 50, "sort": "-changed_at"}),
    "table: completion of a value": ("/search/complete", {"query": "disk.model:"}),
    "table: completion of a package": ("/search/complete", {"query": "package.lib"}),
}
# Milliseconds, p95.
TARGETS = {
    "assets, first page": 50,
    "assets, a page in the middle": 50,
    "one asset": 50,
    "part by serial number": 20,
    "changes of the last day": 50,
    "changes of the last day, grouped": 50,
    "asset a year ago, 1000 changes": 100,
    "package over all hosts": 100,
    "package, one version": 100,
    "coverage": None,
    "coverage, what is missing": None,
    "findings": None,
    **dict.fromkeys((*SEARCHES, *TABLES), 100),
}


class Client:
    """Asks the API on one connection that is kept open."""

    def __init__(self, port, token):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.token, self.headers = token, {"Authorization": f"Bearer {token}"}

    def get(self, path, **query):
        """Return the status, the body and the milliseconds it took."""
        started = time.perf_counter()
        self.connection.request("GET", f"{PREFIX}{path}?{urlencode(query)}", headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        return answer.status, body, (time.perf_counter() - started) * 1000


def main():
    parser = fleet.parser(__doc__, 10_000)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--only", help="a part of the questions' names")
    arguments = parser.parse_args()
    with fleet.database(arguments) as url, fleet.Api(url, WORKERS) as api:
        client = Client(api.port, api.cmdb("token", "create", "--scope", "read"))
        if not (hosts := count(client)):
            print(f"loading {arguments.hosts} hosts", file=sys.stderr)
            fleet.load(api, range(arguments.hosts), int(time.time() * 1000))
            # The server closes a connection that is not used for so long.
            client = Client(api.port, client.token)
            hosts = count(client)
        measure(client, hosts, arguments)


def count(client):
    status, body, _ = client.get("/assets", limit=1)
    if status != 200:
        raise SystemExit(body.decode())
    return json.loads(body)["total"]


def measure(client, hosts, arguments):
    """Ask all questions so many times; print what each took."""
    draw, asked = random.Random(4), questions(client, hosts)
    if arguments.only:
        asked = {name: ask for name, ask in asked.items() if arguments.only in name}
    took, bodies = {name: [] for name in asked}, {}
    for number in range(-WARM, arguments.rounds):
        for name, ask in asked.items():
            path, query = ask(draw)
            status, body, milliseconds = client.get(path, **query)
            if status == 404 and b"there is nothing at" in body:
                bodies[name] = None
            elif status != 200:
                raise SystemExit(f"{name}: {status} {body[:500]!r}")
            elif number >= 0:
                took[name].append(milliseconds)
                bodies[name] = body
    print(f"{hosts} hosts, {arguments.rounds} rounds, {WORKERS} workers; milliseconds\n")
    print(f"{'':<34} {'median':>8} {'p95':>8} {'target':>8} {'rows':>6} {'bytes':>8}")
    for name, times in took.items():
        print(f"{name:<34} {shown(times, TARGETS[name], bodies[name])}")


def shown(times, target, body):
    """Return a line of the table."""
    if body is None:
        return f"{'not there':>8}"
    p95 = statistics.quantiles(times, n=20)[-1]
    wanted = "" if target is None else f"{target}{' ' if p95 <= target else '!'}"
    told = json.loads(body)
    rows = len(told.get("items", ())) or sum(map(len, told.get("components", {}).values()))
    return f"{statistics.median(times):8.1f} {p95:8.1f} {wanted:>9} {rows or '':>5} {len(body):8}"


def memory_of(client, host):
    _, body, _ = client.get(f"/assets/{host}", kind="memory")
    return json.loads(body)["components"]["memory"]


def questions(client, hosts):
    """Return {name: what asks}: each gives a path and a query."""
    middle = pages.cursor(machines.Host(hosts // 2).name)
    _, body, _ = client.get("/packages", name="openssl")
    versions = [row["version"] for row in json.loads(body).get("versions", ())] or ["1"]

    def host(draw):
        return quote(machines.Host(draw.randrange(hosts)).name)

    serials = [
        one["serial"]
        for number in random.Random(5).sample(range(hosts), min(hosts, SAMPLE))
        for one in memory_of(client, quote(machines.Host(number).name))
    ]

    return {
        "assets, first page": lambda draw: ("/assets", {"limit": 50}),
        "assets, a page in the middle": lambda draw: (
            "/assets",
            {"limit": 50, "cursor": middle},
        ),
        "one asset": lambda draw: (f"/assets/{host(draw)}", {}),
        "part by serial number": lambda draw: ("/parts", {"serial": draw.choice(serials)}),
        "changes of the last day": lambda draw: ("/changes", {"since": "24h"}),
        "changes of the last day, grouped": lambda draw: ("/changes/groups", {"since": "24h"}),
        "asset a year ago, 1000 changes": lambda draw: (
            f"/assets/{quote(machines.Host(draw.randrange(fleet.LONG)).name)}",
            {"at": "365d"},
        ),
        "package over all hosts": lambda draw: (
            "/packages",
            {"name": draw.choice(machines.NAMED)},
        ),
        "package, one version": lambda draw: (
            "/packages",
            {"name": "openssl", "version": draw.choice(versions)},
        ),
        "coverage": lambda draw: ("/coverage", {}),
        "coverage, what is missing": lambda draw: ("/coverage/missing", {}),
        "findings": lambda draw: ("/findings", {}),
        **{
            name: lambda draw, text=text: ("/assets", {"query": text, "limit": 50})
            for name, text in SEARCHES.items()
        },
        **{name: lambda draw, asked=asked: asked for name, asked in TABLES.items()},
    }


if __name__ == "__main__":
    main()
