"""The fact of contrib/puppet by itself: plain Python, a cache, a time limit."""

import base64
import contextlib
import gzip
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import cmdb_canonical as canonical
import jsonschema
import pytest

from contrib.puppet import build
from tests.minion.schema import REPORT

# Puppet's soft limit of a text in a fact.
LONGEST = 4096
SLEEPER = """
import cmdb_source
KEY = ["place"]
SLOW = True
def collect():
    cmdb_source.run(["sleep", "58.25"])
    return []
"""


class Host:
    """A host with the module's files, where the fact can be told."""

    def __init__(self, folder):
        self.folder, self.files = folder, build.build(folder) / "files"
        self.cache = folder / "cache"
        self.cache.mkdir()
        self.settings = folder / "settings.json"
        self.set()

    def set(self, interval_seconds=1500, limit_seconds=60, **cmdb):
        given = {"interval_seconds": interval_seconds, "limit_seconds": limit_seconds}
        given |= {"cache_folder": str(self.cache), "cmdb": cmdb}
        self.settings.write_text(json.dumps(given))

    def add(self, kind, said):
        (self.files / "salt/_modules" / f"cmdb_{kind}.py").write_text(said)

    def tell(self, settings=None):
        """Return the fact, and what was said beside it."""
        ended = subprocess.run(
            [
                sys.executable,
                "-I",
                "-W",
                "error",
                self.files / "fact.py",
                settings or self.settings,
            ],
            capture_output=True,
            text=True,
        )
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)["salt_cmdb"], ended.stderr


def unpacked(fact):
    return json.loads(gzip.decompress(base64.b64decode("".join(fact["report"]))))


def commands():
    """Yield the command line of each process."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes()


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_it_carries_the_report_of_all_collectors(host):
    fact, said = host.tell()
    assert said == ""
    report = unpacked(fact)
    jsonschema.validate(report, REPORT)
    assert report["via"] == "puppet"
    assert {"disk", "nic", "package", "unit"} <= report["sections"].keys()
    for kind, section in report["sections"].items():
        assert section["status"] in ("ok", "unavailable", "disabled"), (kind, section)
        if "items" in section:
            assert section["digest"] == canonical.digest(section["items"], section["key"])


def test_it_is_small_enough_for_puppetdb(host):
    fact, _ = host.tell()
    assert max(map(len, fact["report"])) <= LONGEST
    assert len(json.dumps(fact)) < 100_000
    assert len(fact["report"]) < 25


def test_it_is_collected_once_in_an_interval(host):
    first, _ = host.tell()
    again, _ = host.tell()
    assert unpacked(again)["report_id"] == unpacked(first)["report_id"]
    os.utime(host.cache / "report.json.gz", (time.time() - 1600,) * 2)
    later, _ = host.tell()
    assert unpacked(later)["report_id"] != unpacked(first)["report_id"]
    assert unpacked(later)["seq"] > unpacked(first)["seq"]


def test_it_says_how_old_its_report_is(host):
    host.set(interval_seconds=3600)
    host.tell()
    for path, age in ((host.settings, 2000), (host.cache / "report.json.gz", 900)):
        os.utime(path, (time.time() - age,) * 2)
    fact, _ = host.tell()
    assert 900 <= fact["age_seconds"] < 910


def test_new_settings_count_at_once(host):
    host.tell()
    host.set(collectors={"package": False})
    assert unpacked(host.tell()[0])["sections"]["package"] == {"status": "disabled"}


def test_collectors_that_take_too_long_hold_up_no_run_of_puppet(host):
    first, _ = host.tell()
    host.add("sleeper", SLEEPER)
    host.set(limit_seconds=1)
    start = time.monotonic()
    fact, said = host.tell()
    assert time.monotonic() - start < 10
    assert said == "the collectors did not end in 1 s; raise salt_cmdb::limit_seconds\n"
    assert unpacked(fact) == unpacked(first)
    assert b"sleep\x0058.25\x00" not in commands()


def test_a_collector_that_does_not_load_is_an_error_of_its_kind(host):
    host.add("broken", "import nothing_of_this_name\n")
    sections = unpacked(host.tell()[0])["sections"]
    assert sections["broken"]["status"] == "error"
    assert "nothing_of_this_name" in sections["broken"]["error"]
    assert sections["package"]["status"] == "ok"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda host: host.set(limit=-1), "collecting failed: cmdb_settings.SettingsError: cmdb:"),
        (lambda host: host.settings.write_text("{"), "JSONDecodeError: "),
        (lambda host: host.settings.write_text("{}"), "KeyError: 'cache_folder'"),
        (lambda host: host.settings.unlink(), "FileNotFoundError: "),
        (lambda host: host.cache.rmdir(), "No such file or directory: "),
    ],
)
def test_what_keeps_it_from_collecting_is_told_in_the_fact(host, change, told):
    change(host)
    fact, _ = host.tell()
    assert fact["report"] == []
    assert told in fact["error"]


def test_a_file_in_the_module_that_is_no_collectors_is_not_salts():
    copied = {path.name for path in Path(build.SALT / "_modules").glob(build.PARTS["_modules"])}
    assert "cmdb.py" not in copied
    assert "cmdb_disk.py" in copied
