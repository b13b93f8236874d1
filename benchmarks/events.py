"""What a subscription costs a report with one changed disk: without one, with one, with ten.

``python benchmarks/events.py [--hosts N] [--rounds N]``, in the environment of ``make``. Reports of
made-up hosts (60 disks, 60 interfaces) go one by one through the API's own code, without a network,
to SQLite and to the PostgreSQL of the tests. Medians, milliseconds a report, by the clock and of
the API's own CPU; fan-out and delivery are a worker's and not in it. ``unwanted``: there is a
subscription that wants other kinds only.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from benchmarks.ingest import hardware  # noqa: E402
from cmdb_api import create_app  # noqa: E402
from cmdb_api.extensions import db  # noqa: E402
from cmdb_api.models import Subscription  # noqa: E402
from tests import postgres  # noqa: E402
from tests.reports import MASTER_SECRET, make_report  # noqa: E402

CASES = {"none": [], "unwanted": [["cpu"]], "one": [None], "ten": [None] * 10}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--hosts", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres.server() as sockets:
        for name, url in (
            ("SQLite", f"sqlite:///{folder}/cmdb.sqlite3"),
            ("PostgreSQL", f"postgresql+psycopg://postgres@/postgres?host={sockets}"),
        ):
            found = measure(url, arguments.hosts, arguments.rounds)
            for case, took in found.items():
                clock, cpu = (statistics.median(each) for each in zip(*took, strict=True))
                print(f"{name:<12}{case:<10}{clock:8.2f} ms{cpu:8.2f} ms CPU")


def measure(url, hosts, rounds):
    """Return {case: (milliseconds, those of CPU) of each report}; the cases take turns."""
    settings = {"SECRET_KEY": "an example secret key", "MASTER_SECRET": MASTER_SECRET}
    app = create_app(SQLALCHEMY_DATABASE_URI=url, **settings)
    with app.app_context():
        db.create_all()
    client, found = app.test_client(), {case: [] for case in CASES}
    version = 0
    post(client, hosts, version)
    for _ in range(rounds):
        for case, kinds in CASES.items():
            subscribe(app, kinds)
            version += 1
            found[case] += post(client, hosts, version)
    with app.app_context():
        db.engine.dispose()
    return found


def subscribe(app, kinds):
    with app.app_context():
        db.session.query(Subscription).delete()
        for number, wanted in enumerate(kinds):
            name = f"stream{number}"
            db.session.add(Subscription(name=name, name_key=name, type="stream", kinds=wanted))
        db.session.commit()


def post(client, hosts, version):
    """Return (milliseconds, those of CPU) of each report, sent one by one."""
    took = []
    for number in range(hosts):
        host = f"host{number:05}"
        report = make_report(host, hardware(host, version), seq=version + 1, age_ms=0)
        body = json.dumps(report)
        began, cpu = time.perf_counter(), time.thread_time()
        answer = client.post("/api/v1/reports", data=body, content_type="application/json")
        spent = time.perf_counter() - began, time.thread_time() - cpu
        took.append(tuple(1000 * seconds for seconds in spent))
        assert answer.json["result"] == "recorded", answer.text
    return took


if __name__ == "__main__":
    main()
