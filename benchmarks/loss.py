"""Whether a report is ever lost: a fleet reports while everything on the way is broken at random.

``python benchmarks/loss.py [--seconds 120] [--minions 200]``, in the environment of ``make``. Half
of the minions deliver by themselves, from spools of their own; the others give their reports to a
relay, the engine's two sides in a process of its own. Meanwhile the API and the relay are killed
(SIGKILL), PostgreSQL crashes, and connections are cut in the middle of a request or an answer.

A report is an obligation once a minion's delivery or the relay has said that it is kept. At the
end the newest section of every (host, kind) must be in the record, nothing recorded twice, nothing
under another host, and a new report must pass within 60 s. Exit status 0 says so.
"""

import argparse
import contextlib
import json
import os
import random
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "salt/_utils")]

import cmdb_canonical as canonical  # noqa: E402
import cmdb_deliver as deliver  # noqa: E402
import cmdb_intake as intake_  # noqa: E402
import cmdb_master as master  # noqa: E402
import cmdb_relay as relay  # noqa: E402
import cmdb_settings as settings_  # noqa: E402

from tests import postgres  # noqa: E402

KINDS = ("cpu", "memory", "disk", "package")
WORKERS = 4
FRESH_SECONDS = 60
SETTLE_SECONDS = 120


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--minions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.part:
        return PARTS[given.part[0]](*given.part[1:])
    seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
    print(f"seed {seed}")
    with (
        tempfile.TemporaryDirectory(prefix="cmdb-loss-") as folder,
        postgres.restartable() as database,
    ):
        return run(given, random.Random(seed), Path(folder), database)


def run(given, chance, folder, database):
    """Break and report for the time given, then look what is in the record."""
    secret = secrets.token_hex()
    (folder / "secret").write_text(secret)
    with contextlib.ExitStack() as stack:
        api = stack.enter_context(Api(folder, secret, database))
        cutter = stack.enter_context(Cutter(api.port, chance))
        engine = stack.enter_context(Program("relay", folder, cutter.port))
        hosts = [f"host{number:03}" for number in range(given.minions)]
        workers = [
            stack.enter_context(
                Program(
                    "minions", folder, cutter.port, number, given.seconds, *hosts[number::WORKERS]
                )
            )
            for number in range(WORKERS)
        ]
        faults = Counter()
        ends = time.monotonic() + given.seconds
        while time.monotonic() < ends:
            time.sleep(chance.uniform(0.5, 3))
            faults[break_something(chance, api, engine, database, cutter)] += 1
        cutter.calm()
        print("faults:", ", ".join(f"{name} {count}" for name, count in sorted(faults.items())))
        for worker in workers:
            worker.ended(60)
        fresh = [fresh_report(cutter, secret), fresh_by_relay(api, folder, secret)]
        faults_left = settle(api, folder)
        return verdict(api, folder, hosts, fresh, faults_left)


def break_something(chance, api, engine, database, cutter):
    """Break one thing and mend it; returns its name."""
    name = chance.choice(("API killed", "relay killed", "database crashed", "connections cut"))
    if name == "API killed":
        api.kill()
        time.sleep(chance.uniform(0, 2))
        api.start()
    elif name == "relay killed":
        engine.kill()
        time.sleep(chance.uniform(0, 1))
        engine.start()
    elif name == "database crashed":
        database.crash()
        time.sleep(chance.uniform(0, 2))
        database.start()
    else:
        cutter.cut_often(chance.uniform(1, 3))
    return name


class Program:
    """A part of this file, run as a program of its own."""

    def __init__(self, *words):
        self.words = [str(word) for word in words]
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        self.process = subprocess.Popen([sys.executable, __file__, "--part", *self.words])

    def kill(self):
        self.process.kill()
        self.process.wait()

    def ended(self, limit_seconds):
        if self.process.wait(limit_seconds):
            raise SystemExit(f"{self.words[0]} failed")


class Api:
    """The API under gunicorn on the database."""

    def __init__(self, folder, secret, database):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "api.log"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PROJECT),
            "CMDB_SECRET_KEY": secrets.token_hex(),
            "CMDB_MASTER_SECRET": secret,
            "CMDB_SQLALCHEMY_DATABASE_URI": "postgresql+psycopg://postgres@/postgres?host="
            f"{database.folder}",
        }

    def __enter__(self):
        self._cmdb("db", "upgrade")
        self.token = self._cmdb("token", "create", "--scope", "read")
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()

    def start(self):
        serve = ("serve", "--workers", "2", "--bind", f"127.0.0.1:{self.port}")
        with open(self.log, "ab") as log:
            # Without its database it does not start; a service manager would try again, too.
            again = ("sh", "-c", 'until "$@"; do sleep 0.5; done', "sh")
            self.process = subprocess.Popen(
                [*again, sys.executable, "-m", "cmdb_api", *serve],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def get(self, path):
        request = urllib.request.Request(
            self.url + path, headers={"Authorization": f"Bearer {self.token}"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def _cmdb(self, *words):
        return subprocess.run(
            [sys.executable, "-m", "cmdb_api", *words],
            env=self.environment, check=True, capture_output=True, text=True,
        ).stdout.strip()  # fmt: skip


class Cutter:
    """A relay of connections to the API that cuts some, in the middle of what passes."""

    def __init__(self, port, chance):
        self.target, self.chance, self.rate = port, chance, 0.02
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        self.often_until = 0.0

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def cut_often(self, seconds):
        self.often_until = time.monotonic() + seconds

    def calm(self):
        self.rate = self.often_until = 0.0

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client):
        with (
            contextlib.suppress(OSError),
            client,
            socket.create_connection(("127.0.0.1", self.target), timeout=10) as server,
        ):
            back = threading.Thread(target=self._pump, args=(server, client), daemon=True)
            back.start()
            self._pump(client, server)
            back.join(60)

    def _pump(self, source, target):
        with contextlib.suppress(OSError):
            while chunk := source.recv(16384):
                rate = 0.5 if time.monotonic() < self.often_until else self.rate
                if self.chance.random() < rate:
                    target.sendall(chunk[: self.chance.randrange(len(chunk))])
                    for each in (source, target):
                        with contextlib.suppress(OSError):
                            each.shutdown(socket.SHUT_RDWR)
                    return
                target.sendall(chunk)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


def make_report(host, number, kinds, key):
    """Return a signed report whose items tell its host and number."""
    sections = {}
    for kind in kinds:
        items = [{"slot": "a", "host": host, "number": number}, {"slot": "b", "host": host}]
        sections[kind] = {
            "status": "ok",
            "digest": canonical.digest_of(items),
            "key": ["slot"],
            "items": items,
        }
    report = {
        "schema": 1,
        "id": host,
        "report_id": f"{host}-{number:08}",
        "collected_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "via": "salt",
        "version": "1",
        "identity": {"hostname": host},
        # A time could be that of the report before: none would tell which is newer.
        "seq": number,
        "sections": sections,
    }
    return {**report, "sig": canonical.sign(report, key)}


def relay_part(folder, port):
    """Be the engine: take reports from a socket, say that they are kept, send them."""
    wanted = master.settings(
        {
            "cmdb": {
                "url": f"http://127.0.0.1:{port}",
                "secret_file": f"{folder}/secret",
                "timeout": 10,
                "spool": {"folder": f"{folder}/relay", "max_reports": 300},
            }
        }
    )
    opts = {"cachedir": str(folder)}
    spool = master.open_spool(wanted, opts)
    refusals = intake_.Refusals()
    delivery = relay.Delivery(spool, wanted, refusals)
    intake = intake_.Intake(spool, master.Keys(wanted, opts), False, refusals)
    threading.Thread(target=delivery.run, daemon=True).start()
    path = f"{folder}/bus"
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    lock = threading.Lock()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        while True:
            talk, _ = listener.accept()
            threading.Thread(
                target=_serve, args=(talk, intake, delivery, lock), daemon=True
            ).start()


def _serve(talk, intake, delivery, lock):
    with talk, talk.makefile("rwb") as file:
        for line in file:
            report = json.loads(line)
            with lock:
                kept = intake.take([(report["id"], report)])
            delivery.wake()
            file.write(b"kept\n" if kept else b"no\n")
            file.flush()


def minions_part(folder, port, worker, seconds, *hosts):
    """Be some minions: report in a loop; write down what was kept at the end."""
    chance = random.Random(int(worker))
    secret = Path(folder, "secret").read_text()
    keys = {host: canonical.host_key(secret, host) for host in hosts}
    kept, made, told = {}, Counter(), Counter()
    ends = time.monotonic() + float(seconds)
    while time.monotonic() < ends:
        host = chance.choice(hosts)
        kinds = KINDS if chance.random() < 0.3 else chance.sample(KINDS, chance.randint(1, 3))
        made[host] += 1
        report = make_report(host, made[host], kinds, keys[host])
        own = int(host[-1]) % 2
        said = _by_itself(folder, port, report) if own else _by_relay(folder, report)
        told[said] += 1
        if said not in ("lost", "no"):
            kept.setdefault(host, {}).update(dict.fromkeys(kinds, made[host]))
    content = {"kept": kept, "made": made, "told": told}
    Path(folder, f"kept-{worker}.json").write_text(json.dumps(content))
    return 0


def _by_itself(folder, port, report):
    settings = settings_.merged(
        {"url": f"http://127.0.0.1:{port}", "timeout": 3, "spool": {"max_reports": 3}}
    )
    return deliver.deliver(settings, f"{folder}/spool/{report['id']}", report)["result"]


def _by_relay(folder, report):
    """Return what the relay said; where it is gone, what becomes of the report is not known."""
    try:
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(20)
            talk.connect(f"{folder}/bus")
            with talk.makefile("rwb") as file:
                file.write(json.dumps(report).encode() + b"\n")
                file.flush()
                return file.readline().decode().strip() or "no"
    except OSError:
        time.sleep(0.05)
        return "no"


def fresh_by_relay(api, folder, secret):
    """The same through the relay."""
    started = time.monotonic()
    key = canonical.host_key(secret, "fresh2")
    report = make_report("fresh2", 1, KINDS, key)
    while _by_relay(folder, report) != "kept":
        if time.monotonic() - started > FRESH_SECONDS:
            return None
    while time.monotonic() - started < FRESH_SECONDS:
        with contextlib.suppress(OSError):
            if api.get("/api/v1/assets/fresh2")["last_report"]:
                return time.monotonic() - started
        time.sleep(0.2)
    return None


def fresh_report(cutter, secret):
    """Return the seconds until a report of a new host was recorded; None past the limit."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        key = canonical.host_key(secret, "fresh")
        settings = settings_.merged({"url": f"http://127.0.0.1:{cutter.port}", "timeout": 5})
        said = deliver.deliver(settings, folder, make_report("fresh", 1, KINDS, key))
        while said["result"] not in ("recorded", "delivered"):
            if time.monotonic() - started > FRESH_SECONDS:
                return None
            time.sleep(0.2)
            said = deliver.deliver(settings, folder)
    return time.monotonic() - started


def settle(api, folder):
    """Deliver what is left in the minions' spools, wait for the relay; returns what still waits."""
    settings = settings_.merged({"url": api.url, "timeout": 30})
    ends = time.monotonic() + SETTLE_SECONDS
    left = [path for path in (folder / "spool").glob("*") if path.is_dir()]
    while left and time.monotonic() < ends:
        left = [
            path for path in left if deliver.deliver(settings, str(path))["result"] == "spooled"
        ]
    while waiting(folder / "relay") and time.monotonic() < ends:
        time.sleep(0.2)
    return len(left) + waiting(folder / "relay")


def waiting(folder):
    return sum(path.name[0].isdigit() for path in folder.glob("*.json"))


def verdict(api, folder, hosts, fresh, left):
    """Print what is missing; return the exit status."""
    books = [json.loads(path.read_text()) for path in folder.glob("kept-*.json")]
    kept = {host: kinds for book in books for host, kinds in book["kept"].items()}
    made = {host: count for book in books for host, count in book["made"].items()}
    told = sum((Counter(book["told"]) for book in books), Counter())
    lost, foreign, twice, obligations = [], [], [], 0
    for host in hosts:
        components = api.get(f"/api/v1/assets/{host}")["components"] if host in kept else {}
        for kind, number in kept.get(host, {}).items():
            obligations += 1
            found = [each["fields"].get("number") for each in components.get(kind, ())]
            # What is newer than the last that was said to be kept may have come through as well.
            if not any(each and number <= each <= made[host] for each in found):
                lost.append((host, kind, number, found))
        every = [each["fields"] for kind in components.values() for each in kind]
        foreign += [each for each in every if each["host"] != host]
        twice += repeated(api, host) if host in kept else []
    superseded = sum(
        json.loads(path.read_text()).get("superseded_count", 0)
        for path in folder.glob("**/state.json")
    )
    print("said to the minions:", ", ".join(f"{name} {n}" for name, n in sorted(told.items())))
    print(f"reports made {sum(made.values())}, superseded and dropped {superseded}")
    print(
        f"obligations {obligations}: lost {len(lost)}, foreign {len(foreign)}, "
        f"applied twice {len(twice)}, still waiting {left}"
    )
    for name, seconds in zip(("by a minion", "by the relay"), fresh, strict=True):
        passed = "did not pass" if seconds is None else f"passed after {seconds:.1f} s"
        print(f"a fresh report {name} {passed}")
    for each in [*lost, *foreign, *twice][:20]:
        print("  ", each)
    bad = lost or foreign or twice or left or None in fresh or not obligations
    print("FAILED" if bad else "no report was lost")
    return 1 if bad else 0


def repeated(api, host):
    """Return the changes of a host that were recorded more than once."""
    seen, path = Counter(), f"/api/v1/assets/{host}/changes?limit=1000"
    cursor = ""
    while cursor is not None:
        page = api.get(path + (f"&cursor={cursor}" if cursor else ""))
        for change in page["items"]:
            seen[json.dumps([change[name] for name in ("kind", "place", "action", "after")])] += 1
        cursor = page["next_cursor"]
    return [(host, each, count) for each, count in seen.items() if count > 1]


PARTS = {"relay": relay_part, "minions": minions_part}

if __name__ == "__main__":
    sys.exit(main())
