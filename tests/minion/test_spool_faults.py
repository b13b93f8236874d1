"""Each write, sync, rename and unlink of the spool fails in turn; what was kept still arrives."""

import errno
import itertools
import os

import cmdb_canonical as canonical
import cmdb_deliver as deliver
import cmdb_durable as durable
import cmdb_intake as intake_
import cmdb_master as master
import cmdb_relay as relay
import cmdb_settings as settings_
import cmdb_spool as spool_
import pytest

from tests.minion.test_deliver import results, server  # noqa: F401 - a fixture

SECRET = "an example master secret"


class Faulty:
    """Stands before a module: the n-th of all calls to the chosen functions fails."""

    def __init__(self, module, names, faults):
        self.module, self.names, self.faults = module, names, faults

    def __getattr__(self, name):
        function = getattr(self.module, name)
        if name not in self.names:
            return function

        def call(*args, **options):
            self.faults.next(name, args)
            return function(*args, **options)

        return call


class Faults:
    """Counts the calls; the one with the number that is to fail does."""

    def __init__(self, number, error):
        self.number, self.error, self.count, self.failed = number, error, 0, None

    def next(self, name, args):
        self.count += 1
        if self.count == self.number:
            self.failed = name
            if name == "write":
                os.write(args[0], args[1][: len(args[1]) // 2])
            raise OSError(self.error, os.strerror(self.error))


@pytest.fixture
def faulty(monkeypatch):
    """Return a function that makes the n-th call of the spool to the disk fail from then on."""

    def make(number, error):
        faults = Faults(number, error)
        calls = ("write", "fsync", "replace", "unlink", "open", "listdir", "makedirs", "close")
        for library in (spool_, durable):
            monkeypatch.setattr(library, "os", Faulty(os, calls, faults))
        return faults

    yield make
    monkeypatch.undo()


def report(host, number):
    items = [{"slot": "a", "number": number}]
    section = {"status": "ok", "digest": canonical.digest_of(items), "key": ["slot"]}
    made = {
        "id": host,
        "report_id": f"{host}-{number:04}",
        "seq": number,
        "sections": {"disk": {**section, "items": items}},
    }
    return {**made, "sig": canonical.sign(made, canonical.host_key(SECRET, host))}


def newest(batches, host):
    """Return the highest number of a host that the server was sent with its items."""
    lines = [line for batch in batches for line in batch if line["id"] == host]
    return max((line["seq"] for line in lines if "items" in line["sections"]["disk"]), default=0)


def each_fault(faulty, attempt):
    """Call ``attempt(faults)`` with each call failing in turn until one passes clean."""
    for number in itertools.count(1):
        faults = faulty(number, (errno.ENOSPC, errno.EIO)[number % 2])
        attempt(faults, f"{number}")
        if faults.failed is None:
            break
    assert number > 10


def test_a_minion_loses_nothing_that_it_said_is_kept(server, faulty, tmp_path):  # noqa: F811
    away = settings_.merged({"url": None})
    here = settings_.merged({"url": server.url, "timeout": 5, "spool": {"max_reports": 2}})

    def attempt(faults, name):
        folder, host = str(tmp_path / name), f"web{name}"
        server.answers = [results("recorded")] * 99
        kept = 0
        for number in range(1, 5):
            said = deliver.deliver(away, folder, report(host, number))
            kept = number if said["result"] == "spooled" else kept
        for number in range(5, 8):
            said = deliver.deliver(here, folder, report(host, number))
            kept = number if said["result"] in ("spooled", "recorded") else kept
        # The disk is well again.
        faults.number = 0
        assert "error" not in deliver.deliver(here, folder)
        assert newest(server.batches, host) >= kept, (name, faults.failed)
        assert kept >= 6, (name, faults.failed)

    each_fault(faulty, attempt)


def test_the_relay_loses_nothing_that_it_took(server, faulty, tmp_path):  # noqa: F811
    (tmp_path / "secret").write_text(SECRET)
    opts = {
        "cachedir": str(tmp_path),
        "cmdb": {
            "url": server.url,
            "secret_file": str(tmp_path / "secret"),
            "timeout": 5,
            "spool": {"max_reports": 2},
        },
    }
    wanted = master.settings(opts)
    keys = master.Keys(wanted, opts)

    def attempt(faults, name):
        host = f"web{name}"
        server.answers = [results("recorded")] * 99
        spool = None
        while spool is None:
            try:
                folder = str(tmp_path / name)
                spool = spool_.Spool(folder, max_reports=2, max_bytes=10**9, max_rejected=2)
            except OSError:
                continue
        refusals = intake_.Refusals()
        delivery = relay.Delivery(spool, wanted, refusals)
        intake = intake_.Intake(spool, keys, False, refusals)
        kept = 0
        for number in range(1, 5):
            pairs = [(host, report(host, number)), ("x", {"id": "x", "sections": {}})]
            try:
                intake.take(pairs)
            except OSError:
                # The engine takes the same again.
                assert intake.take(pairs) == 1
            kept = number
            if number % 2 == 0:
                delivery.deliver()
        faults.number = 0
        assert delivery.deliver() is None
        assert spool.names() == []
        assert newest(server.batches, host) >= kept, (name, faults.failed)

    each_fault(faulty, attempt)


def test_a_report_that_can_not_be_read_is_left_and_told_of(server, tmp_path):  # noqa: F811
    """Nothing is written over or deleted where the disk gives an error on reading."""
    settings = settings_.merged({"url": server.url, "timeout": 5})
    deliver.deliver(settings_.merged({"url": None}), str(tmp_path), report("web01", 1))
    (path,) = (each for each in tmp_path.iterdir() if each.name[0].isdigit())
    content = path.read_bytes()
    path.unlink()
    # To read a folder is an error of the disk to who wants a file, also for root.
    path.mkdir()
    server.answers = [results("recorded")] * 9
    said = deliver.deliver(settings, str(tmp_path), report("web01", 2))
    assert said["result"] == "recorded"
    assert path.name in said["error"]
    path.rmdir()
    path.write_bytes(content)
    assert deliver.deliver(settings, str(tmp_path))["result"] == "delivered"
    assert {line["seq"] for batch in server.batches for line in batch} == {1, 2}
