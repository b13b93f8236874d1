"""How fast reports are recorded: first ones, unchanged ones, changed ones; SQLite and PostgreSQL.

``python benchmarks/ingest.py [--hosts N] [--rounds N]``, in the environment of ``make``. Reports of
made-up hosts (120 hardware items, 400 packages, about 45 KB) go through HTTP to the real API under
gunicorn, in batches of 20 and one by one. Medians over the rounds; the client's own work (signing,
gzip) is done before the clock starts. PostgreSQL is that of the tests, which does not wait for the
disk.
"""

import argparse
import contextlib
import gzip
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from cmdb_api.services import canonical  # noqa: E402
from tests import postgres  # noqa: E402
from tests.reports import MASTER_SECRET, digest_only, make_report, section  # noqa: E402

PORT = 18765
BATCH = 20


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hosts", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{arguments.hosts} hosts, {arguments.rounds} rounds, 2 workers; reports a second\n")
    print(f"{'':<34} {'SQLite':>9} {'PostgreSQL':>11}")
    columns = []
    with tempfile.TemporaryDirectory() as folder, postgres.server() as sockets:
        url = f"postgresql+psycopg://postgres@/postgres?host={sockets}"
        for database in (f"sqlite:///{folder}/cmdb.sqlite3", url):
            with api(database):
                columns.append(measure(arguments.hosts, arguments.rounds))
    for name in columns[0]:
        print(f"{name:<34} {columns[0][name]:>9.0f} {columns[1][name]:>11.0f}")


def measure(count, rounds):
    """Return {what: reports a second}."""
    keys = {f"host{n:05}": canonical.host_key(MASTER_SECRET, f"host{n:05}") for n in range(count)}
    rates = {}

    def run(name, batch, sections):
        reports = [make_report(host, sections(host), key=key) for host, key in keys.items()]
        rates.setdefault(name, []).append(count / post(reports, batch))

    run("first, batches of 20", BATCH, lambda host: hardware(host, 0) | packages(0))
    for number in range(1, rounds + 1):
        same = number - 1

        def digests(host, same=same):
            whole = hardware(host, same) | packages(same)
            return {kind: digest_only(each) for kind, each in whole.items()}

        run("unchanged, digests, batches of 20", BATCH, digests)
        run("unchanged, digests, one by one", 1, digests)
        run(
            "unchanged, whole, batches of 20", BATCH, lambda h, n=same: hardware(h, n) | packages(n)
        )
        run("one disk changed, batches of 20", BATCH, lambda h, n=number: hardware(h, n))
        run("6 packages upgraded, batches of 20", BATCH, lambda h, n=number: packages(n))
    return {name: statistics.median(values) for name, values in rates.items()}


def hardware(host, version):
    """Return sections with 120 items; with each version the first disk's firmware is another."""
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
    return {
        "disk": section(disks, serial="serial"),
        "nic": section(nics, ["port"]),
        "psu": {"status": "unavailable", "reason": "no SMBIOS"},
    }


def packages(version):
    items = [
        {"name": f"package-{n}", "arch": "amd64", "version": f"1.{version if n < 6 else 0}-{n}"}
        for n in range(400)
    ]
    return {"package": section(items, ["name", "arch"], bulk=True)}


def post(reports, batch):
    """Send the reports; return the seconds it took."""
    lines = [json.dumps(report).encode() + b"\n" for report in reports]
    bodies = [
        gzip.compress(b"".join(lines[start : start + batch]), 1)
        for start in range(0, len(lines), batch)
    ]
    connection = http.client.HTTPConnection("127.0.0.1", PORT)
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    started = time.perf_counter()
    for body in bodies:
        connection.request("POST", "/api/v1/reports", body, headers)
        answer = connection.getresponse()
        results = [json.loads(line)["result"] for line in answer.read().splitlines()]
        assert set(results) <= {"recorded", "unchanged"}, results
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


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
        yield
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
