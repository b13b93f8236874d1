"""The collectors on this very machine."""

import importlib
import os
import subprocess
import sys

import cmdb_canonical as canonical
import pytest

from tests.minion.collectors import live

# An audit hook sees every way that Python has to start a process.
WITHOUT_CHILDREN = """
import sys
def hook(event, args):
    if event in ("subprocess.Popen", "os.fork", "os.forkpty", "os.exec", "os.posix_spawn"):
        print(event, args)
sys.addaudithook(hook)
from tests.minion.collectors import live
for kind in live.KINDS:
    live.collect(kind)
"""
NO_SMBIOS = not os.path.exists("/sys/class/dmi/id") or os.path.exists(
    "/sys/firmware/dmi/tables/DMI"
)


@pytest.mark.skipif(not NO_SMBIOS, reason="this machine's SMBIOS needs dmidecode")
@pytest.mark.skipif(not os.path.exists("/var/lib/dpkg/status"), reason="rpm may be run")
def test_no_collector_starts_a_process():
    path = os.pathsep.join(["salt/_utils", "salt/_modules", "."])
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_CHILDREN],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("kind", live.KINDS)
def test_two_runs_in_a_row_give_the_same_digest(kind):
    module = importlib.import_module(f"cmdb_{kind}")
    volatile = getattr(module, "VOLATILE", [])
    runs = [
        [{f: v for f, v in item.items() if f not in volatile} for item in live.collect(kind)]
        for _ in range(2)
    ]
    first, second = (canonical.digest(items, module.KEY) for items in runs)
    assert first == second
