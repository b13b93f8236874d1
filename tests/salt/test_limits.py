"""A collector that hangs costs its limit: the job ends, and nothing that it started is left."""

import os
import time

import psutil
import pytest

from tests.salt.conftest import wait_until

MARK = "987654"
COMMAND = f"""
import cmdb_source as source

KEY = ["a"]
SLOW = True


def collect():
    source.run(["sh", "-c", "sleep {MARK} & sleep {MARK}"])
    return []
"""
# To open a FIFO that nobody writes to blocks in the kernel, as statvfs does on a dead NFS server.
CALL = """
import os

import cmdb_source as source

KEY = ["a"]
SLOW = True


def collect():
    path = source.option("path")
    source.ask("open", lambda path: os.open(path, os.O_RDONLY), path)
    return []
"""
LIMIT_SECONDS = 2


@pytest.fixture
def hanging(salt, file_root, pillar, tmp_path):
    """Give the minion three collectors that never end."""
    fifo = tmp_path / "never"
    os.mkfifo(fifo)
    texts = {"hangs": COMMAND, "hangs_too": COMMAND, "blocks": CALL}
    files = {kind: file_root / "_modules" / f"cmdb_{kind}.py" for kind in texts}
    for kind, path in files.items():
        path.write_text(texts[kind])
    limit = {"limit": LIMIT_SECONDS}
    pillar.set(
        collectors={"hangs": limit, "hangs_too": limit, "blocks": {**limit, "path": str(fifo)}}
    )
    salt("saltutil.sync_modules")
    yield fifo
    for path in files.values():
        path.unlink()
    salt("saltutil.sync_modules")


def sleepers():
    """Return the processes that the collectors started, zombies too."""
    found = psutil.process_iter(["cmdline"])
    return [each.pid for each in found if (each.info["cmdline"] or [])[-1:] == [MARK]]


def below(pid):
    """Return the processes below one, {pid: state}."""
    return {each.pid: each.status() for each in psutil.Process(pid).children(recursive=True)}


def test_hanging_collectors_cost_a_job_their_limit_once(salt, minion, hanging):
    before = below(minion.pid)
    started = time.monotonic()
    salt("test.ping")
    alone = time.monotonic() - started
    started = time.monotonic()
    report = salt("cmdb.collect", "hangs", "hangs_too", "blocks", "cpu")
    took = time.monotonic() - started
    # Side by side; one after the other they would take three times as long.
    assert took - alone < 2 * LIMIT_SECONDS, (took, alone)
    sections = report["sections"]
    for kind in ("hangs", "hangs_too", "blocks"):
        assert sections[kind]["status"] == "error"
        assert "TimeLimit" in sections[kind]["error"]
    assert sections["hangs"]["error"].endswith("took longer than 2 s; killed")
    assert sections["blocks"]["error"].endswith("took longer than 2 s; abandoned")
    assert sections["cpu"]["status"] == "ok"
    # The job's own process ends although a thread of it still hangs; no zombie is left either.
    wait_until(lambda: set(below(minion.pid)) <= set(before))
    assert sleepers() == []
