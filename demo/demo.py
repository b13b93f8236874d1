"""Show the whole path on this machine: a Salt master and minion, the API, a recorded change.

Everything lives below ``.demo/`` and on free ports of 127.0.0.1. Ctrl-C ends it all.
"""

import argparse
import fcntl
import getpass
import json
import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from processes import Failed, Processes, free_ports

PROJECT = Path(__file__).resolve().parent.parent
ROOT = PROJECT / ".demo"
BIN = Path(sys.executable).parent
MINION = "demo01"
USER = "demo"
ROLES = ROOT / "server-roles"
# As the simulated hosts do it; the name is none that a highstate would take away.
REPORTING = {"function": "cmdb.report", "minutes": 10, "run_on_start": False, "return_job": False}
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Demo:
    """One run of the demo."""

    def __init__(self, sockets):
        self.started = time.monotonic()
        self.sockets = sockets
        self.publish_port, self.return_port, self.api_port = free_ports(3)
        self.url = f"http://127.0.0.1:{self.api_port}"
        self.read_token = self.password = None
        self.master_secret = secrets.token_hex()
        self.present = None
        self.processes = Processes(
            ROOT,
            {
                # Salt finds its programs by PATH; nothing else of the reader's set-up counts.
                "PATH": f"{BIN}:{os.environ.get('PATH', os.defpath)}",
                "HOME": os.environ.get("HOME", "/"),
                "LANG": "C.UTF-8",
                "PYTHONWARNINGS": "ignore::DeprecationWarning",
                "CMDB_SETTINGS": str(ROOT / "cmdb.cfg"),
            },
            start_in=PROJECT,
        )

    def run(self, once, fleet=0):
        """Go the whole path, print what was recorded, and stay up unless ``once``."""
        self.write_settings()
        self.start_api()
        self.start_salt()
        self.collect_twice()
        if fleet:
            self.simulate(fleet)
        self.summary()
        if once:
            print("\n`make demo` alone stays up after this, and says how to ask the API and Salt.")
            return
        self.how_to_go_on()
        if self.present:
            self.present.start()
        print("\nRunning until Ctrl-C.", flush=True)
        while True:
            self.processes.check()
            time.sleep(1)

    def say(self, text):
        print(f"[{time.monotonic() - self.started:5.1f} s] {text}", flush=True)

    def write_settings(self):
        self.say(f"writing settings below {ROOT}")
        common = {"user": getpass.getuser(), "root_dir": str(ROOT), "log_level": "warning"}
        ports = {"publish_port": self.publish_port}
        _write(
            "conf/master",
            {
                **common,
                **ports,
                "interface": "127.0.0.1",
                "ret_port": self.return_port,
                "sock_dir": f"{self.sockets}/master",
                "auto_accept": True,
                "worker_threads": 3,
                "file_roots": {
                    "base": [str(PROJECT / name) for name in ("srv_salt", "demo/salt", "salt")]
                },
                "pillar_roots": {"base": [str(ROOT / "pillar")]},
            },
        )
        _write(
            "conf/minion",
            {
                **common,
                **ports,
                "id": MINION,
                "master": "127.0.0.1",
                "master_port": self.return_port,
                "sock_dir": f"{self.sockets}/minion",
                "acceptance_wait_time": 1,
                "schedule": {"report": REPORTING},
            },
        )
        (ROOT / "cmdb.cfg").write_text(
            f"SECRET_KEY = {secrets.token_hex()!r}\n"
            f"MASTER_SECRET = {self.master_secret!r}\n"
            f"SQLALCHEMY_DATABASE_URI = 'sqlite:///{ROOT}/cmdb.sqlite3'\n"
        )
        ROLES.write_text("# What this server is for, and who answers for it.\nweb = team-shop\n")

    def cmdb(self, *words):
        return self.processes.run([sys.executable, "-m", "cmdb_api", *words]).strip()

    def start_api(self):
        self.say("making the database (SQLite), a token and the minion's key")
        self.cmdb("db", "upgrade")
        self.read_token = self.cmdb("token", "create", "--scope", "read")
        write_token = self.cmdb("token", "create", "--scope", "write")
        self.password = self.cmdb("user", "create", USER, "--role", "admin", "--generate")
        key = self.cmdb("key", MINION)
        settings = {"url": self.url, "key": key, "collectors": {"role": {"path": str(ROLES)}}}
        _write("pillar/top.sls", {"base": {"*": ["cmdb"]}})
        _write("pillar/cmdb.sls", {"cmdb": settings})
        self.say(f"starting the API on {self.url}")
        self.processes.start(
            "api",
            [sys.executable, "-m", "cmdb_api", "serve", "--bind", f"127.0.0.1:{self.api_port}"],
        )
        self.wait("the API", lambda: self.get("/healthz"))
        centre = {"data_centre": "Example 1"}
        self.get("/api/v1/data-centres", write_token, {"name": centre["data_centre"]})
        self.get("/api/v1/racks", write_token, {"name": "A-07", **centre})
        asset = {"hostname": MINION, "rack": "A-07", "position_u": 12}
        self.get("/api/v1/assets", write_token, asset)
        self.say(f"registered {MINION}")

    def start_salt(self):
        self.say("starting a Salt master and minion")
        for name in ("salt-master", "salt-minion"):
            self.processes.start(name, [BIN / name, "-c", ROOT / "conf"])
        accepted = ROOT / "etc/salt/pki/master/minions" / MINION
        self.wait("the minion's key", accepted.exists)
        self.wait("the minion", lambda: self.salt("test.ping", "--timeout=5") is True)
        self.say("the minion answers; syncing the modules")
        self.salt("saltutil.sync_all")

    def collect_twice(self):
        self.say(f"salt '{MINION}' cmdb.collect --return cmdb")
        self.collect()
        self.wait("the first report", lambda: self.asset()["last_report"])
        self.say(f"editing {ROLES}: the role web goes to another team; collecting again")
        ROLES.write_text(ROLES.read_text().replace("team-shop", "team-platform"))
        self.collect()
        self.wait("the recorded change", self.changes)

    def collect(self):
        report = self.salt("cmdb.collect", "--return=cmdb")
        if not isinstance(report, dict) or "sections" not in report:
            raise Failed(f"cmdb.collect returned no report: {report}")

    def salt(self, *words):
        out = self.processes.run(
            [BIN / "salt", "-c", ROOT / "conf", MINION, *words, "--out=json", "--static"]
        )
        return json.loads(out).get(MINION)

    def get(self, path, token=None, body=None):
        """Return the API's answer; a body makes it a POST."""
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode() if body else None,
            headers={
                "Authorization": f"Bearer {token or self.read_token}",
                "Content-Type": "application/json",
            },
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def asset(self):
        return self.get(f"/api/v1/assets/{MINION}")

    def changes(self):
        return self.get(f"/api/v1/changes?asset={MINION}&action=changed")["items"]

    def wait(self, what, ready, limit_seconds=90):
        """Wait until ``ready()`` is true; the failures meanwhile are those of starting up."""
        deadline = time.monotonic() + limit_seconds
        while True:
            self.processes.check()
            try:
                if ready():
                    return
                trouble = "not there yet"
            except (OSError, ValueError, Failed) as error:
                trouble = error
            if time.monotonic() > deadline:
                raise Failed(f"waited {limit_seconds} s for {what}: {trouble}; logs are in {ROOT}")
            time.sleep(0.25)

    def simulate(self, count):
        """Add a simulated fleet, clearly marked as such."""
        # It needs packages that the rest of the demo does without.
        sys.path.insert(0, str(PROJECT))
        from simulated import Loader
        from simulated_present import Present

        token = self.cmdb("token", "create", "--scope", "admin", "--name", "simulation")
        loader = Loader(self.url, token, self.master_secret, self.say)
        self.present = Present(loader, loader.load(count))
        logging.basicConfig(filename=ROOT / "simulated.log", level=logging.INFO)

    def summary(self):
        """Print what the API recorded."""
        asset, changes = self.asset(), self.changes()
        print(f"\nWhat the API recorded of {asset['hostname']}")
        place = f"rack {asset['rack']}, unit {asset['position_u']}"
        print(f"  stands in   {asset['data_centre']}, {place}")
        report = asset["last_report"]
        print(f"  last report {report['reported_at']}, by {report['via']}")
        print("\n  kind             components  outcome")
        for kind, each in sorted(asset["kinds"].items()):
            reason = f": {each['reason']}" if each["reason"] else ""
            print(f"  {kind:<16} {each['item_count']:>10}  {each['status']}{reason}")
        print("\n  The change")
        for change in changes:
            for field in change["changes"]:
                place = f"{change['kind']} {change['place']}, {field['field']}"
                print(f"  {change['at']}  {place}: {field['old']} -> {field['new']}")

    def how_to_go_on(self):
        print(f"\nOpen the console\n  {self.url}/")
        print(f"  user      {USER}\n  password  {self.password}")
        salt = f"{_short(BIN / 'salt')} -c {_short(ROOT / 'conf')}"
        print(f"\nAsk the API\n  export TOKEN={self.read_token}")
        for path in (
            "/api/v1/assets",
            f"/api/v1/assets/{MINION}",
            "/api/v1/changes",
            "/api/v1/coverage/missing?window=30m",
        ):
            print(f"  curl -s -H \"Authorization: Bearer $TOKEN\" '{self.url}{path}'")
        print(f"  {self.url}/api/v1/docs describes it all")
        print(f"\nAsk Salt (from {PROJECT})")
        for words in (
            "cmdb.collect cpu memory",
            "cmdb.collect --return cmdb",
            "cmdb.plugins",
            "cmdb.status",
            "state.highstate",
        ):
            print(f"  {salt} '*' {words}")
        print(f"  echo 'db = team-data' >> {_short(ROLES)}; {salt} '*' cmdb.report")
        if self.present:
            print("\nThe simulated servers go on reporting; now and then something of one changes.")

    def end(self):
        """End all that was started."""
        if self.present:
            self.present.end()
        self.processes.end()


def main():
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.partition("\n")[0])
    parser.add_argument("--once", action="store_true", help="end after the summary")
    parser.add_argument(
        "--fleet", type=int, default=0, metavar="N", help="add N simulated servers with a history"
    )
    arguments = parser.parse_args()
    ROOT.mkdir(mode=0o700, exist_ok=True)
    with open(ROOT / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"demo: another one is running in {ROOT}; end it first")
        return _run(arguments)


def _run(arguments):
    once = arguments.once
    _empty(ROOT)
    # SIGINT too: a shell starts what it puts into the background with SIGINT ignored.
    for number in ENDING:
        signal.signal(number, _interrupt)
    # Short, because a socket's path must fit in 107 bytes.
    sockets = tempfile.mkdtemp(prefix="cmdb-", dir="/tmp")
    demo = Demo(sockets)
    try:
        demo.run(once, arguments.fleet)
    except KeyboardInterrupt:
        print("\ndemo: interrupted", file=sys.stderr)
        return 130 if once else 0
    except (Failed, urllib.error.URLError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    finally:
        for number in ENDING:
            signal.signal(number, signal.SIG_IGN)
        demo.say("ending all processes")
        demo.end()
        shutil.rmtree(sockets, ignore_errors=True)
    return 0


def _interrupt(_number, _frame):
    raise KeyboardInterrupt


def _empty(folder):
    for entry in folder.iterdir():
        if entry.name == "lock":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _write(name, content):
    """Write a settings file; JSON is YAML too."""
    path = ROOT / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n")


def _short(path):
    return os.path.relpath(path, PROJECT)


if __name__ == "__main__":
    sys.exit(main())
