"""What one collection costs, ours and other inventory tools' side by side in one run.

``python benchmarks/collect.py [--rounds N]``, in the environment of ``make``. All rounds of all
candidates are interleaved, so that a noisy machine disturbs each alike; medians are printed, and
their ratio to facter's. One more run of each, under ``strace`` and not timed, counts the processes
it starts and the files it opens.

- warm: ``cmdb.collect`` again and again in one process with Salt's loader
- forked job: as a minion runs a published job: a fork of a process that has Salt loaded, which
  then loads our modules and collects; ``test.ping`` the same way is what a fork alone costs
- salt-call: ``salt-call --local cmdb.collect``, a process from nothing; ``test.ping`` beside it
- ``salt-call --local grains.items``, ``facter --json``, ``fusioninventory-inventory``, ``ohai``,
  ``lshw -json``: those that are installed

"Components" are the things a tool names one by one: our items; the others' entries that have a
name of their own (packages, disks, interfaces, mounts, processors …), as COUNTS reckons them.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
import xml.etree.ElementTree
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parents[1]
PEERS = {
    "facter --json": "facter",
    "fusioninventory-inventory": "fusioninventory-agent",
    "ohai": "ohai",
    "lshw -json": "lshw",
}


class Candidate(NamedTuple):
    """One way to collect: how it is run and timed, traced, and how its output is counted."""

    measure: Callable
    # The command that does the same, for strace; None where a process of its own can't.
    argv: list | None = None
    count: Callable | None = None


class Cost(NamedTuple):
    """What one run took."""

    cpu_seconds: float
    wall_seconds: float
    # The largest process of it; of what runs inside ours: how much it grew.
    peak_bytes: int


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        candidates = make_candidates(Path(folder))
        costs = {name: [] for name in candidates}
        for number in range(rounds + 1):
            for name, candidate in candidates.items():
                cost = candidate.measure()
                if number:  # the first fills the page cache
                    costs[name].append(cost)
        traces = {name: trace(candidate, Path(folder)) for name, candidate in candidates.items()}
        found = {name: components(candidate) for name, candidate in candidates.items()}
    show(costs, traces, found, rounds)


def make_candidates(folder):
    """Return {name: Candidate}."""
    # A copy, as synced to a minion: its byte code is kept, whatever the environment says.
    shutil.copytree(PROJECT / "salt", folder / "salt")
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    functions = load(folder)
    salt_call = [
        *(sys.executable, "-W", "ignore", "-c"),
        "import sys; from salt.scripts import salt_call; sys.exit(salt_call())",
        *("--local", "--config-dir", folder, "-m", folder / "salt", "--out=json"),
    ]
    # Our collectors alone, in a process without Salt: what strace sees of it is theirs.
    alone = [sys.executable, str(PROJECT / "tests/minion/report_alone.py")]
    collect = functions["cmdb.collect"]
    candidates = {
        "warm cmdb.collect": Candidate(lambda: in_line(collect), alone, count_items),
        "forked job cmdb.collect": Candidate(
            lambda: forked(lambda: load_anew(folder)["cmdb.collect"]())
        ),
        "forked job test.ping": Candidate(lambda: forked(lambda: load_anew(folder)["test.ping"]())),
        "salt-call cmdb.collect": external([*salt_call, "cmdb.collect"], count_items),
        "salt-call test.ping": external([*salt_call, "test.ping"]),
        "salt-call grains.items": external([*salt_call, "grains.items"], count_grains),
    }
    for line, package in PEERS.items():
        name, *words = line.split()
        if path := shutil.which(name):
            candidates[line] = external([path, *words], COUNTS[name])
        else:
            print(f"{name} is not installed: apt-get install {package}", file=sys.stderr)
    for kind, section in collect()["sections"].items():
        said = len(section["items"]) if "items" in section else section.get("reason")
        print(f"{kind:<16} {section['status']:<12} {said or section.get('error', '')}")
    return candidates


def external(argv, count=None):
    """Return the Candidate of a command."""
    argv = [str(word) for word in argv]
    return Candidate(lambda: command(argv), argv, count)


def load(folder):
    warnings.simplefilter("ignore")
    import salt.config
    import salt.loader

    (folder / "minion").write_text(json.dumps({"root_dir": str(folder), "id": "bench"}))
    opts = salt.config.minion_config(str(folder / "minion"))
    opts.update(
        file_client="local",
        module_dirs=[str(folder / "salt")],
        grains={},
        pillar={},
        cmdb={"key": "0" * 64},
    )
    load.opts = opts
    return salt.loader.minion_mods(opts, utils=salt.loader.utils(opts))


def load_anew(folder):
    """Make the loader as a job's process does; Salt itself is imported already."""
    import salt.loader

    return salt.loader.minion_mods(load.opts, utils=salt.loader.utils(load.opts))


def in_line(function):
    """Run a function here. Its memory is what the process has beyond what it had before."""
    before = resident("VmRSS")
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    started, cpu = time.perf_counter(), time.process_time()
    function()
    taken = time.process_time() - cpu, time.perf_counter() - started
    return Cost(*taken, max(0, resident("VmHWM") - before))


def resident(name):
    """Return a number of bytes from this process's status."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(rf"^{name}:\s+(\d+)", status, re.MULTILINE).group(1)) * 1024


def forked(function):
    started = time.perf_counter()
    pid = os.fork()
    if not pid:
        # As a job finds it: our modules are not loaded in the parent.
        for name in [name for name in sys.modules if "cmdb" in name]:
            del sys.modules[name]
        function()
        os._exit(0)
    return finished(pid, started)


def command(argv):
    """Run a program; facter ends with 1 where it may not read one fact, and prints the others."""
    started = time.perf_counter()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cost = finished(process.pid, started, codes=(0, 1))
    process.returncode = 0
    return cost


def finished(pid, started, codes=(0,)):
    """Wait for a child and return what it and its children took."""
    _, status, usage = os.wait4(pid, 0)
    assert os.waitstatus_to_exitcode(status) in codes
    wall = time.perf_counter() - started
    return Cost(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024)


def trace(candidate, folder):
    """Return (processes started, files opened) of one run under strace; None without it."""
    if candidate.argv is None or not shutil.which("strace"):
        return None
    path = folder / "trace"
    calls = "trace=execve,fork,vfork,clone,clone3,open,openat,?stat,?newfstatat,?access,?faccessat"
    argv = ["strace", "-f", "-qq", "-o", path, "-e", calls, *candidate.argv]
    subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    text = path.read_text(errors="replace")
    # Of our collectors alone only what comes after the interpreter and the imports.
    text = text.partition("/collectors-begin-here")[2] or text
    # A thread is no process; a call that another one interrupted is told in two lines.
    forks = re.findall(r"^\d+ +(?:v?fork|clone3?)\((?!.*CLONE_THREAD)", text, re.MULTILINE)
    opened = re.findall(r"^\d+ +open(?:at)?\((?!.*= -1 )", text, re.MULTILINE)
    return len(forks), len(opened)


def components(candidate):
    """Return how many components one run names, None where that can't be said."""
    if candidate.argv is None or candidate.count is None:
        return None
    ended = subprocess.run(candidate.argv, capture_output=True, text=True, errors="replace")
    return candidate.count(ended.stdout)


def count_items(text):
    told = json.loads(text)
    sections = told.get("local", told)["sections"].values()
    return sum(len(section.get("items", ())) for section in sections)


def count_grains(text):
    """Count interfaces, disks, processors and GPUs: all that grains name one by one."""
    grains = json.loads(text)["local"]
    lists = ("disks", "ssds", "gpus", "hwaddr_interfaces", "lvm", "mdadm")
    return sum(len(grains.get(name, ())) for name in lists) + bool(grains.get("cpu_model"))


def count_facts(text):
    """Count what facter keeps by name: interfaces, disks, partitions, mounts, processors …"""
    facts = json.loads(text)
    lists = ("disks", "partitions", "mountpoints", "ssh")
    found = sum(len(facts.get(name, ())) for name in lists)
    found += len(facts.get("networking", {}).get("interfaces", ()))
    return found + facts.get("processors", {}).get("physicalcount", 0)


def count_elements(text):
    """Count the elements below CONTENT that stand for one thing each."""
    content = xml.etree.ElementTree.fromstring(text).find("CONTENT")
    apart = {"ENVS", "PROCESSES", "ACCESSLOG", "VERSIONCLIENT"}
    return sum(element.tag not in apart for element in content)


def count_ohai(text):
    told = json.loads(text)
    lists = [told.get("packages"), told.get("block_device"), told.get("network", {})]
    lists[2] = lists[2].get("interfaces")
    lists.append(told.get("filesystem", {}).get("by_pair"))
    return sum(len(each or ()) for each in lists)


def count_nodes(text):
    """Count lshw's nodes."""
    told = json.loads(text)
    todo, found = list(told) if isinstance(told, list) else [told], 0
    while todo:
        todo += todo.pop().get("children", ())
        found += 1
    return found


COUNTS = {
    "facter": count_facts,
    "fusioninventory-inventory": count_elements,
    "ohai": count_ohai,
    "lshw": count_nodes,
}


def show(costs, traces, found, rounds):
    medians = {
        name: [statistics.median(each) for each in zip(*cost, strict=True)]
        for name, cost in costs.items()
    }
    print(f"\nmedian of {rounds} rounds")
    print(f"{'':<26}   CPU ms   wall ms  peak MB  children  files  components  CPU to facter's")
    peer = medians.get("facter --json")
    for name, (cpu, wall, peak) in medians.items():
        children, files = traces[name] or ("", "")
        count = "" if found[name] is None else found[name]
        ratio = f"1/{peer[0] / cpu:.1f}" if peer and cpu < peer[0] else ""
        print(
            f"{name:<26} {cpu * 1000:8.1f} {wall * 1000:9.1f} {peak / 1e6:8.1f} "
            f"{children:>9} {files:>6} {count:>11}  {ratio:>15}"
        )
    own = medians["forked job cmdb.collect"][0] - medians["forked job test.ping"][0]
    print(f"{'ours in a forked job':<26} {own * 1000:8.1f}   (collect less ping)")
    print("Peak of warm: what the process grew by. Children and files of warm: of the collectors.")


if __name__ == "__main__":
    main()
