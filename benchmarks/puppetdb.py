"""What an import from PuppetDB costs: benchmarks/puppetdb.py [NODES]

Starts a real PuppetDB, stores NODES (300) nodes with facts and as many with a whole report of this
machine, and imports them into SQLite: first all, then none that moved, then all unchanged.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from contrib.puppet import build  # noqa: E402
from tests.puppet import certificates, puppetdb  # noqa: E402
from tests.puppet.facts import SERVER  # noqa: E402


def main(count):
    """Run the benchmark in a folder that goes away with it."""
    with tempfile.TemporaryDirectory(prefix="cmdb-puppetdb-") as folder:
        run(pathlib.Path(folder), count)


def run(folder, count):
    (folder / "pdb").mkdir()
    started = time.monotonic()
    with puppetdb.server(folder / "pdb", certificates.Authority(folder / "ca")) as pdb:
        waited, megabytes = time.monotonic() - started, pdb.memory_bytes() / 1e6
        print(f"PuppetDB: {waited:.0f} s to start, {megabytes:.0f} MB resident", flush=True)
        fact = this_host(folder)
        print(f"fact salt_cmdb: {len(json.dumps(fact)) / 1000:.1f} kB", flush=True)
        environ = os.environ | settings(folder)
        cmdb(environ, "db", "upgrade")
        for minutes, title in ((60, "first"), (60, "not moved"), (30, "unchanged")):
            store(pdb, count, fact, datetime.now(UTC).replace(microsecond=0), minutes)
            started = time.monotonic()
            said, size = cmdb(environ, "import", "puppetdb", pdb.url)
            took = time.monotonic() - started
            rate = 2 * count / took
            print(f"{title}: {took:.1f} s, {rate:.0f} nodes/s, {size:.0f} MB; {said}", flush=True)


def this_host(folder):
    """Return the fact of this machine."""
    files = build.build(folder) / "files"
    options = {"interval_seconds": 0, "limit_seconds": 60, "cache_folder": str(folder), "cmdb": {}}
    (folder / "settings.json").write_text(json.dumps(options))
    program = [sys.executable, "-I", files / "fact.py", folder / "settings.json"]
    return json.loads(subprocess.run(program, capture_output=True, check=True).stdout)["salt_cmdb"]


STORED = {}


def store(pdb, count, fact, now, minutes):
    """Store facts that were made so many minutes ago, where that has not been done."""
    if minutes in STORED:
        return
    STORED[minutes] = now
    for number in range(count):
        for name, facts in ((f"plain{number}", SERVER), (f"whole{number}", {"salt_cmdb": fact})):
            moment = now - timedelta(minutes=minutes)
            pdb.replace_facts(name, facts | {"number": number}, producer_timestamp=moment)


def settings(folder):
    return {
        "CMDB_SECRET_KEY": "an example secret key",
        "CMDB_MASTER_SECRET": "an example master secret",
        "CMDB_SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/cmdb.sqlite3",
    }


def cmdb(environ, *args):
    """Run the command line; return what it said and its largest size, MB."""
    program = [sys.executable, "-m", "cmdb_api", *args]
    with tempfile.TemporaryFile("w+") as told:
        process = subprocess.Popen(program, cwd=ROOT, env=environ, stdout=told, stderr=told)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        said = told.read().strip()
    if process.returncode:
        sys.exit(said)
    return said, used.ru_maxrss / 1000


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
