"""How fast the master's engine delivers, and what it costs the master.

``python benchmarks/engine.py [--reports 5000]``, in the environment of ``make``.

- spool: the engine's sending side and the API (gunicorn, 2 workers, PostgreSQL), from a spool that
  is there: unchanged reports of 35 KB, 1000 hosts. Reports a second, and CPU a report of each side.
- bus: a real master and minion. The minion sends returns of 35 KB as its schedule does; once with
  the engine on, once without. Returns a second, and CPU of the master's processes a return.
"""

import argparse
import contextlib
import getpass
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

PROJECT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(PROJECT), str(PROJECT / "salt/_utils"), str(PROJECT / "demo")]

import cmdb_canonical as canonical  # noqa: E402
import cmdb_intake as intake_  # noqa: E402
import cmdb_master as master  # noqa: E402
import cmdb_relay as relay  # noqa: E402
from processes import Processes, free_ports  # noqa: E402

from tests import postgres  # noqa: E402
from tests.salt.conftest import Api  # noqa: E402

HOSTS = 1000
RETURNS = 500
MINION = "bench01"
# As many minions as that send at the same moment, with the identity of one.
SENDERS = 8
SENDER = """
import json
import os
import time

import salt.channel.client
import salt.crypt


def send(path, senders):
    with open(path) as file:
        lines = file.readlines()
    children, started = [], time.perf_counter()
    for number in range(senders):
        pid = os.fork()
        if not pid:
            _send(lines[number::senders])
            os._exit(0)
        children.append(pid)
    assert not any([os.waitpid(pid, 0)[1] for pid in children])
    return time.perf_counter() - started


def _send(lines):
    auth = salt.crypt.SAuth(__opts__)
    with salt.channel.client.ReqChannel.factory(__opts__) as channel:
        for line in lines:
            load = {**json.loads(line), "cmd": "_return", "tok": auth.gen_token(b"salt")}
            channel.send(load, timeout=60)
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--reports", type=int, default=5000)
    parser.add_argument("--send", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.send:
        return send(*given.send)
    with (
        tempfile.TemporaryDirectory(prefix="cmdb-e-", dir="/tmp") as folder,
        postgres.restartable() as database,
    ):
        folder = Path(folder)
        api = Api(folder, f"postgresql+psycopg://postgres@/postgres?host={database.folder}")
        api.environment["CMDB_PAGE_SIZE"] = "50"
        api.start()
        try:
            (folder / "secret").write_text(api.environment["CMDB_MASTER_SECRET"])
            from_spool(folder, api, database, given.reports)
            through_bus(folder, api)
        finally:
            api.stop()
    return 0


def settings(folder, url):
    return {
        "url": url,
        "secret_file": str(folder / "secret"),
        "spool": {"folder": str(folder / "spool")},
    }


def from_spool(folder, api, database, count):
    """Print how fast a spool empties."""
    opts = {"cachedir": str(folder), "cmdb": settings(folder, api.url)}
    wanted = master.settings(opts)
    spool = master.open_spool(wanted, opts)
    secret = (folder / "secret").read_text()
    numbers = itertools.count(time.time_ns() // 10**6)
    keys = [(f"host{n:04}", canonical.host_key(secret, f"host{n:04}")) for n in range(HOSTS)]
    spool.put_all([make_report(host, key, next(numbers)) for host, key in keys])
    print("recording the first report of each host ...", flush=True)
    first = relay.Delivery(spool, wanted, intake_.Refusals())
    first.deliver()
    # So an engine ends: what the API has is kept.
    first.stop()
    first.run()
    assert not spool.names(), spool.state()
    reports = [make_report(*keys[number % HOSTS], next(numbers)) for number in range(count)]
    for start in range(0, count, HOSTS):
        spool.put_all(reports[start : start + HOSTS])
    size = os.path.getsize(spool.names()[0])
    others = [psutil.Process(api.process.pid), psutil.Process(database.process.pid)]
    before, started = cpu_seconds(others), time.perf_counter()
    argv = [sys.executable, __file__, "--send", folder, api.url]
    process = subprocess.Popen(argv)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0 and not spool.names(), spool.state()
    took = time.perf_counter() - started
    own = usage.ru_utime + usage.ru_stime
    api_cpu = cpu_seconds(others) - before
    print(
        f"spool: {count} unchanged reports of {size / 1000:.0f} KB in {took:.1f} s: "
        f"{count / took:.0f}/s; CPU a report: engine {own / count * 1000:.2f} ms, "
        f"API and PostgreSQL {api_cpu / count * 1000:.2f} ms"
    )


def send(folder, url):
    """Be the engine's sending side until the spool is empty."""
    opts = {"cachedir": folder, "cmdb": settings(Path(folder), url)}
    wanted = master.settings(opts)
    spool = master.open_spool(wanted, opts)
    delivery = relay.Delivery(spool, wanted, intake_.Refusals())
    while spool.names():
        delivery.deliver()
    return 0


def through_bus(folder, api):
    for name, engines in (("without the engine", []), ("with the engine", [{"cmdb": {}}])):
        root = folder / name.split()[0]
        with bus(root, folder, api, engines) as (salt, process):
            key, numbers = api.key(MINION), itertools.count(time.time_ns() // 10**6)
            lines = root / "returns"
            with open(lines, "w") as file:
                for _ in range(RETURNS):
                    data = {
                        "id": MINION,
                        "fun": "cmdb.collect",
                        "jid": "nocache",
                        "return": make_report(MINION, key, next(numbers)),
                        "retcode": 0,
                        "success": True,
                        "fun_args": [],
                    }
                    file.write(json.dumps(data) + "\n")
            before = cpu_seconds([process])
            took = float(salt("--out=txt", "sender.send", str(lines), str(SENDERS)).split()[-1])
            started = time.perf_counter()
            while engines and any(path.name[0].isdigit() for path in (folder / "spool").iterdir()):
                time.sleep(0.05)
            later = time.perf_counter() - started
            cpu = cpu_seconds([process]) - before
            more = f", all delivered {later:.1f} s later" if engines else ""
            print(
                f"bus {name}: {RETURNS / took:.0f} returns/s{more}; "
                f"CPU of the master {cpu / RETURNS * 1000:.1f} ms a return"
            )


@contextlib.contextmanager
def bus(root, folder, api, engines):
    """Run a master and a minion; yield a function that runs one on it, and the master's process."""
    files = root / "files/_modules"
    files.mkdir(parents=True)
    (files / "sender.py").write_text(SENDER)
    publish, answer = free_ports(2)
    common = {"user": getpass.getuser(), "root_dir": str(root), "log_level": "warning"}
    conf = root / "conf"
    conf.mkdir()
    (conf / "master").write_text(
        json.dumps(
            {
                **common,
                "interface": "127.0.0.1",
                "publish_port": publish,
                "ret_port": answer,
                "auto_accept": True,
                "worker_threads": 2,
                "file_roots": {"base": [str(root / "files")]},
                "module_dirs": [str(PROJECT / "salt")],
                "engines": engines,
                "ext_pillar": [{"cmdb": True}],
                "cmdb": settings(folder, api.url),
            }
        )
    )
    (conf / "minion").write_text(
        json.dumps(
            {
                **common,
                "id": MINION,
                "master": "127.0.0.1",
                "publish_port": publish,
                "master_port": answer,
            }
        )
    )
    tools = Path(sys.executable).parent
    processes = Processes(root, {"PATH": f"{tools}:{os.environ['PATH']}", "HOME": str(root)})
    try:
        started = processes.start("master", [tools / "salt-master", "-c", conf])
        processes.start("minion", [tools / "salt-minion", "-c", conf])

        def salt(*words):
            return processes.run([tools / "salt", "-c", conf, "-t", "120", MINION, *words], 180)

        deadline = time.monotonic() + 90
        while "True" not in _quietly(salt, "test.ping") and time.monotonic() < deadline:
            time.sleep(1)
        salt("saltutil.sync_modules")
        yield salt, psutil.Process(started.pid)
    finally:
        processes.end()
        shutil.rmtree(root / "cache", ignore_errors=True)


def _quietly(salt, *words):
    try:
        return salt(*words)
    except Exception:
        return ""


def make_report(host, key, number):
    """Return a signed report of about 35 KB: hardware, and 370 packages."""
    sections = {}
    for kind, count in (("disk", 24), ("memory", 16), ("nic", 8), ("pci", 60), ("package", 370)):
        items = [
            {"name": f"{kind}-{n:04}", "serial": f"{host}-{kind}-{n}", "model": f"Model {n % 7}"}
            for n in range(count)
        ]
        sections[kind] = {
            "status": "ok",
            "digest": canonical.digest_of(items),
            "key": ["name"],
            "items": items,
        }
    report = {
        "schema": 1,
        "id": host,
        "report_id": f"{host}-{number}",
        "collected_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "via": "salt",
        "version": "1",
        "identity": {"hostname": host},
        "seq": number,
        "sections": sections,
    }
    return {**report, "sig": canonical.sign(report, key)}


def cpu_seconds(processes):
    """Return the CPU that processes and all below them have used."""
    total = 0.0
    for process in processes:
        for each in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = each.cpu_times()
                total += times.user + times.system
    return total


if __name__ == "__main__":
    sys.exit(main())
