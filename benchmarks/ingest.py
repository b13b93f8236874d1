"""How fast reports are recorded: first ones, unchanged ones, changed ones; SQLite and PostgreSQL.

``python benchmarks/ingest.py [--hosts N] [--rounds N]``, in the environment of ``make``. Reports of
made-up hosts (27 kinds, 140 hardware items, 400 packages, about 50 KB) go through HTTP to the real
API under gunicorn with 2 workers: by two senders at once, in batches of 200 and one by one. Medians
over the rounds; the senders' own work (signing, gzip) is done before the clock starts. CPU is that
of the workers and of PostgreSQL, which is that of the tests and does not wait for the disk.
"""

import argparse
import contextlib
import gzip
import http.client
import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from cmdb_api.services import canonical  # noqa: E402
from tests import postgres  # noqa: E402
from tests.reports import MASTER_SECRET, digest_only, make_report, section  # noqa: E402

PORT = 18765
BATCH, SENDERS = 200, 2
TICKS = os.sysconf("SC_CLK_TCK")


class Figures(NamedTuple):
    """Reports a second by the clock, and milliseconds of CPU a report."""

    rate: float
    cpu_ms: float

    def __str__(self):
        return f"{self.rate:>8.0f} /s {self.cpu_ms:>6.2f} ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hosts", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{arguments.hosts} hosts, {arguments.rounds} rounds; reports a second, CPU a report\n")
    print(f"{'':<26} {'SQLite':>21} {'PostgreSQL':>21}")
    columns = []
    with tempfile.TemporaryDirectory() as folder, postgres.server() as sockets:
        server = int((Path(sockets) / "data" / "postmaster.pid").read_text().split()[0])
        for database, others in (
            (f"sqlite:///{folder}/cmdb.sqlite3", []),
            (f"postgresql+psycopg://postgres@/postgres?host={sockets}", [server]),
        ):
            with api(database) as process:
                columns.append(measure(arguments.hosts, arguments.rounds, [process, *others]))
    for name in columns[0]:
        print(f"{name:<26} {columns[0][name]!s:>21} {columns[1][name]!s:>21}")


def measure(count, rounds, processes):
    """Return {what: Figures}."""
    keys = {f"host{n:05}": canonical.host_key(MASTER_SECRET, f"host{n:05}") for n in range(count)}
    found, numbers = {}, itertools.count(int(time.time() * 1000))

    def run(name, batch, sections):
        number = next(numbers)
        reports = [
            make_report(host, sections(host), key=key, seq=number, age_ms=0)
            for host, key in keys.items()
        ]
        cpu = cpu_seconds(processes)
        seconds = post(reports, batch)
        cpu = cpu_seconds(processes) - cpu
        found.setdefault(name, []).append(Figures(count / seconds, cpu / count * 1000))

    run("first, batches", BATCH, lambda host: hardware(host, 0) | packages(0))
    for number in range(1, rounds + 1):
        same = number - 1

        def whole(host, same=same):
            return hardware(host, same) | packages(same)

        def digests(host, whole=whole):
            return {
                kind: digest_only(one) if "items" in one else one
                for kind, one in whole(host).items()
            }

        run("unchanged digests, batches", BATCH, digests)
        run("unchanged digests, single", 1, digests)
        run("unchanged whole, batches", BATCH, whole)
        run("one disk changed, batches", BATCH, lambda h, n=number: hardware(h, n))
        run("6 packages new, batches", BATCH, lambda h, n=number: packages(n))
    return {
        name: Figures(*map(statistics.median, zip(*each, strict=True)))
        for name, each in found.items()
    }


def cpu_seconds(processes):
    """Return the CPU seconds that these processes and all below them took, ended ones too."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            parents[int(stat.parent.name)] = int(fields[1])
            used[int(stat.parent.name)] = sum(map(int, fields[11:15])) / TICKS
    total = 0
    for process in used:
        above = process
        while above and above not in processes:
            above = parents.get(above)
        total += used[process] if above else 0
    return total


def hardware(host, version):
    """Return sections with 140 items; with each version the first disk's firmware is another."""
    disks = [
        {
            "slot": f"pci-0000:00:1f.2-ata-{n}",
            "serial": f"{host}-EX-{n}",
            "size_bytes": 960197124096,
            "model": "Example SSD 960",
            "firmware": f"FW{version if n == 0 else 0}",
            "rotational": False,
        }
        for n in range(60)
    ]
    nics = [
        {"port": f"pci-0000:{n:02x}:00.0", "name": f"eth{n}", "mtu": 1500, "driver": "example"}
        for n in range(60)
    ]
    warm = {disk["slot"]: {"temperature_celsius": 31} for disk in disks[:4]}
    others = {f"kind{n}": section([{"slot": str(n)}], took_ms=1) for n in range(20)}
    missing = {"status": "unavailable", "reason": "storcli64 is not installed"}
    return {
        "disk": section(disks, serial="serial", volatile=warm),
        "nic": section(nics, ["port"]),
        **others,
        **dict.fromkeys(("psu", "raid_disk", "raid_volume", "raid_controller"), missing),
    }


def packages(version):
    items = [
        {"name": f"package-{n}", "arch": "amd64", "version": f"1.{version if n < 6 else 0}-{n}"}
        for n in range(400)
    ]
    return {"package": section(items, ["name", "arch"], bulk=True)}


def post(reports, batch):
    """Send the reports, by some senders at once; return the seconds it took."""
    lines = [json.dumps(report).encode() + b"\n" for report in reports]
    bodies = [
        gzip.compress(b"".join(lines[start : start + batch]), 1)
        for start in range(0, len(lines), batch)
    ]
    started = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as senders:
        list(senders.map(send, [bodies[n::SENDERS] for n in range(SENDERS)]))
    return time.perf_counter() - started


def send(bodies):
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    for body in bodies:
        connection.request("POST", "/api/v1/reports", body, headers)
        answer = connection.getresponse()
        results = [json.loads(line)["result"] for line in answer.read().splitlines()]
        assert set(results) <= {"recorded", "unchanged"}, results
    connection.close()


@contextlib.contextmanager
def api(database):
    """Run the API on this database for as long as the context lasts."""
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
        "CMDB_SECRET_KEY": uuid.uuid4().hex,
        "CMDB_MASTER_SECRET": MASTER_SECRET,
        "CMDB_SQLALCHEMY_DATABASE_URI": database,
    }
    command = [sys.executable, "-m", "cmdb_api"]
    subprocess.run([*command, "db", "upgrade"], env=environment, check=True, capture_output=True)
    process = subprocess.Popen(
        [*command, "serve", "--bind", f"127.0.0.1:{PORT}", "--workers", "2"],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                connection = http.client.HTTPConnection("127.0.0.1", PORT)
                connection.request("GET", "/healthz")
                connection.getresponse().read()
                break
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
