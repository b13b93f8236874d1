"""What one collection costs, ours and facter's side by side in one run.

``python benchmarks/collect.py [--rounds N]``, in the environment of ``make``. All rounds of all
candidates are interleaved, so that a noisy machine disturbs each alike; medians are printed, and
their ratio to facter's.

- warm: ``cmdb.collect`` again and again in one process with Salt's loader
- forked job: as a minion runs a published job: a fork of a process that has Salt loaded, which
  then loads our modules and collects; ``test.ping`` the same way is what a fork alone costs
- salt-call: ``salt-call --local cmdb.collect``, a process from nothing; ``test.ping`` beside it
- facter: ``facter --json``
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        candidates = make_candidates(Path(folder))
        costs = {name: [] for name in candidates}
        for number in range(rounds + 1):
            for name, measure in candidates.items():
                cost = measure()
                if number:  # the first fills the page cache
                    costs[name].append(cost)
    show(costs, rounds)


def make_candidates(folder):
    """Return {name: function that runs it once and gives (CPU seconds, wall seconds)}."""
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
    candidates = {
        "warm cmdb.collect": lambda: in_line(functions["cmdb.collect"]),
        "forked job cmdb.collect": lambda: forked(lambda: load_anew(folder)["cmdb.collect"]()),
        "forked job test.ping": lambda: forked(lambda: load_anew(folder)["test.ping"]()),
        "salt-call cmdb.collect": lambda: command([*salt_call, "cmdb.collect"]),
        "salt-call test.ping": lambda: command([*salt_call, "test.ping"]),
    }
    if facter := shutil.which("facter"):
        candidates["facter --json"] = lambda: command([facter, "--json"], exit_code=None)
    else:
        print("facter is not installed: apt-get install facter", file=sys.stderr)
    report = functions["cmdb.collect"]()
    for kind, section in report["sections"].items():
        found = len(section["items"]) if "items" in section else section.get("reason")
        print(f"{kind:<10} {section['status']:<12} {found}")
    return candidates


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
    started, cpu = time.perf_counter(), time.process_time()
    function()
    return time.process_time() - cpu, time.perf_counter() - started


def forked(function):
    started = time.perf_counter()
    pid = os.fork()
    if not pid:
        # As a job finds it: our modules are not loaded in the parent.
        for name in [name for name in sys.modules if "cmdb" in name]:
            del sys.modules[name]
        function()
        os._exit(0)
    _, status, usage = os.wait4(pid, 0)
    assert status == 0
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started


def command(argv, exit_code=0):
    """Run a program; facter ends with 1 where it may not read one fact, and prints the others."""
    started = time.perf_counter()
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert exit_code in (None, process.returncode), argv
    return usage.ru_utime + usage.ru_stime, time.perf_counter() - started


def show(costs, rounds):
    medians = {
        name: [statistics.median(each) * 1000 for each in zip(*cost, strict=True)]
        for name, cost in costs.items()
    }
    peer = medians.get("facter --json")
    print(f"\nmedian of {rounds} rounds         CPU ms   wall ms   facter's CPU is")
    for name, (cpu, wall) in medians.items():
        ratio = f"{peer[0] / cpu:8.1f} times" if peer else ""
        print(f"{name:<26} {cpu:9.1f} {wall:9.1f}   {ratio}")
    own = medians["forked job cmdb.collect"][0] - medians["forked job test.ping"][0]
    print(f"{'ours in a forked job':<26} {own:9.1f}             (collect less ping)")


if __name__ == "__main__":
    main()
