"""A made-up fleet, reported through the real API: what the other benchmarks measure.

``python benchmarks/fleet.py --hosts 10000 --keep FOLDER``, in the environment of ``make``, loads a
PostgreSQL in FOLDER, which stays: ``query.py --keep FOLDER`` measures it as often as is wanted.
``--database URL`` loads another, empty one. The first 20 hosts have 1000 changes each over a year;
in the last day three of ten hosts took a round of patches, and one of a hundred got a disk.
"""

import argparse
import contextlib
import functools
import gzip
import hashlib
import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT)]

from benchmarks import machines  # noqa: E402
from cmdb_api.services import canonical  # noqa: E402
from tests import postgres  # noqa: E402
from tests.reports import MASTER_SECRET, digest_only, make_report, section  # noqa: E402

HOUR_MS = 3600_000
DAY_MS = 24 * HOUR_MS
# As on a server of its own; what is committed needs not outlive the machine. Here the clock runs
# fast: autovacuum looks as often in a made-up hour as it does in a real one, or less.
SERVER = (
    "autovacuum_naptime=1s",
    *("fsync=off", "synchronous_commit=off", "max_wal_size=4GB", "shared_buffers=512MB"),
    *("listen_addresses=", "max_connections=60", "timezone=UTC"),
)
LONG, CHANGES = 20, 1000
BATCH, SENDERS = 50, 2


class State(NamedTuple):
    """How far a host has come: rounds of patches, disks swapped."""

    level: int
    swapped: int


class Teller:
    """Makes the reports of one host."""

    def __init__(self, number, now_ms):
        self.host, self.now_ms = machines.Host(number), now_ms
        self.key = canonical.host_key(MASTER_SECRET, self.host.name)

    def report(self, sections, age_ms):
        """Return a signed report of so long ago."""
        at = self.now_ms - age_ms
        name = f"{self.host.name} {at} {' '.join(sections)}"
        return make_report(
            self.host.name,
            sections,
            key=self.key,
            report_id=hashlib.sha256(name.encode()).hexdigest()[:32],
            collected_at=datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            identity=self.host.identity(),
            seq=at,
            age_ms=age_ms,
        )

    def sections(self, state, moment=0, kinds=None):
        """Return whole sections of a state, of some kinds or of all."""
        host, volatile = self.host, self.host.volatile(moment)
        items = host.hardware(state.swapped)
        if kinds is None or "package" in kinds:
            items["package"] = host.packages(state.level)
        missing = {} if kinds else host.missing()
        found = {
            kind: {"status": "unavailable", "reason": why, "took_ms": 1}
            for kind, why in missing.items()
        }
        for kind in items.keys() - found if kinds is None else kinds:
            more = {"serial": "serial"} if kind in machines.SERIALS else {}
            more |= {"volatile": volatile[kind]} if kind in volatile else {}
            more |= {"bulk": True} if kind == "package" else {}
            key = machines.KEYS.get(kind, ("slot",))
            found[kind] = section(items[kind], key, took_ms=2, **more)
        return found

    def unchanged(self, state, age_ms, moment=0):
        """Return a report as it travels when nothing changed but what is volatile."""
        return self.report(digests(self.sections(state, moment)), age_ms)


def digests(sections):
    return {kind: digest_only(one) if "items" in one else one for kind, one in sections.items()}


def drives(host):
    """Return the kinds that tell of a swapped disk."""
    if host.counts.get("raid_disk"):
        return ["raid_disk"]
    return ["disk", "smart"] if host.counts.get("smart") else ["disk"]


def first(teller):
    """Return a host's first state and report, a month to a year ago."""
    number = teller.host.number
    long = number < LONG
    state = State(0 if long else number % 3, 0)
    age_ms = (396 if long else 30 + number * 7 % 350) * DAY_MS
    return state, teller.report(teller.sections(state), age_ms)


def history(teller, state, count):
    """Return the state and the reports after so many changes over the year: patches, disks."""
    reports, rounds = [], count // (machines.ROUND + 1)
    for number in range(rounds):
        state = State(state.level + 1, state.swapped + 1)
        kinds = ["package", *drives(teller.host)]
        age_ms = int((360 - number * 355 / rounds) * DAY_MS)
        reports.append(teller.report(teller.sections(state, number, kinds), age_ms))
    return state, reports


def last_day(teller, state):
    """Return the state and the reports of a host's last day."""
    number, kinds = teller.host.number, []
    if number % 10 < 3:
        state, kinds = State(state.level + 1, state.swapped), ["package"]
    if number % 100 == 7:
        state = State(state.level, state.swapped + 1)
        kinds += drives(teller.host)
    age_ms = (1 + number * 13 % 22) * HOUR_MS + number * 977 % HOUR_MS
    return state, [teller.report(teller.sections(state, 0, kinds), age_ms)] if kinds else []


def story(number, now_ms, changes=CHANGES):
    """Return all reports of one host, oldest first; one of fifty has been silent for long."""
    teller = Teller(number, now_ms)
    state, report = first(teller)
    reports = [report]
    if number < LONG and changes:
        state, more = history(teller, state, changes)
        reports += more
    state, more = last_day(teller, state)
    reports += more
    if number % 50 != 49:
        reports.append(teller.unchanged(state, number * 7919 % (HOUR_MS // 2)))
    return reports


def load(api, numbers, now_ms, make=story):
    """Send what ``make`` returns of each host, by two senders; return the seconds it took."""
    started = time.monotonic()
    ranges = [numbers[start : start + BATCH] for start in range(0, len(numbers), BATCH)]
    send = functools.partial(_send, api.port, now_ms, make)
    with multiprocessing.get_context("fork").Pool(SENDERS) as pool:
        done = 0
        for sent in pool.imap_unordered(send, ranges):
            done += sent
            if sys.stderr.isatty():
                print(f"\r{done} hosts", end="", file=sys.stderr)
    return time.monotonic() - started


def _send(port, now_ms, make, numbers):
    lines = []
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=120)) as api:
        for number in numbers:
            lines += make(number, now_ms)
            if len(lines) >= 4 * BATCH or number == numbers[-1]:
                post(api, lines)
                lines = []
    return len(numbers)


def post(connection, reports):
    """Send reports as a master does; raises where one is not taken."""
    # They were made for one moment; what waited since then has grown older.
    now_ms = int(time.time() * 1000)
    aged = [one | {"age_ms": max(now_ms - one["seq"], 0)} for one in reports]
    body = gzip.compress(b"".join(json.dumps(one).encode() + b"\n" for one in aged), 1)
    headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
    connection.request("POST", "/api/v1/reports", body, headers)
    answer = connection.getresponse()
    lines = [json.loads(line) for line in answer.read().splitlines()]
    again = {line["report_id"] for line in lines if line["result"] == "retry"}
    if wrong := [
        line for line in lines if line["result"] not in ("recorded", "unchanged", "retry")
    ]:
        raise RuntimeError(f"not taken: {wrong[0]}")
    if again:
        time.sleep(1)
        post(connection, [one for one in reports if one["report_id"] in again])


def listening(port, what):
    """Wait until a server listens on a port."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
        time.sleep(0.1)
    raise SystemExit(f"{what} did not start")


class Api:
    """The API on a database, as ``cmdb serve`` runs it, for as long as the context lasts."""

    def __init__(self, database, workers=2):
        self.workers = workers
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "CMDB_SECRET_KEY": "an example secret key",
            "CMDB_MASTER_SECRET": MASTER_SECRET,
            "CMDB_SQLALCHEMY_DATABASE_URI": database,
        }

    def cmdb(self, *words):
        """Run a command; return what it printed."""
        argv = [sys.executable, "-m", "cmdb_api", *words]
        ended = subprocess.run(argv, env=self.environment, capture_output=True, text=True)
        if ended.returncode:
            raise SystemExit(ended.stderr)
        return ended.stdout.strip()

    def __enter__(self):
        self.cmdb("db", "upgrade")
        bind = ["--bind", f"127.0.0.1:{self.port}", "--workers", str(self.workers)]
        argv = [sys.executable, "-m", "cmdb_api", "serve", *bind]
        self.process = subprocess.Popen(argv, env=self.environment, stderr=subprocess.DEVNULL)
        listening(self.port, "the API")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()


@contextlib.contextmanager
def database(arguments):
    """Yield the URL of the database that the arguments name, else of one that goes away."""
    if arguments.database:
        yield arguments.database
        return
    kept = postgres.running_in(Path(arguments.keep).resolve(), SERVER) if arguments.keep else None
    with kept or postgres.restartable(SERVER) as server:
        yield f"postgresql+psycopg://postgres@/postgres?host={server.folder}"


def parser(text, hosts):
    """Return the parser of what all benchmarks of a fleet take."""
    made = argparse.ArgumentParser(description=text.partition("\n")[0])
    made.add_argument("--hosts", type=int, default=hosts)
    made.add_argument("--database", help="URL of another PostgreSQL")
    made.add_argument("--keep", help="folder of a PostgreSQL that stays")
    return made


def main():
    arguments = parser(__doc__, 10_000).parse_args()
    with database(arguments) as url, Api(url) as api:
        seconds = load(api, range(arguments.hosts), int(time.time() * 1000))
    print(f"{arguments.hosts} hosts in {seconds:.0f} s")


if __name__ == "__main__":
    main()
