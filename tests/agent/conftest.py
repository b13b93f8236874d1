"""The agent's program, run as an administrator runs it, into a folder of the test's own."""

import json
import os
import pwd
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.salt.conftest import PROJECT, Api

NOWHERE = "http://127.0.0.1:1"
KEY = "0123456789abcdef" * 4
SALT_CALL = str(Path(sys.executable).with_name("salt-call"))


class Agent:
    """The program for one tree, as one user."""

    def __init__(self, root, *, where=None, python=sys.executable, user=None, environment=None):
        self.root, self.user, self.python = root, user, python
        self.where = where or ["--root", str(root)]
        self.environment = {"PATH": os.environ["PATH"], **(environment or {})}
        self.config = root / "etc/salt"
        self.settings = self.config / "minion.d/cmdb-agent.conf"
        self.units = root / "etc/systemd/system"
        self.spool = root / "var/cache/salt/minion/cmdb/spool"

    def run(self, *words, text=None, **changed):
        """Run a command of the program and return how it ended."""
        return self.execute([self.python, "-m", "cmdb_agent", *words], text, **changed)

    def execute(self, argv, text=None, **changed):
        return subprocess.run(
            argv,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            capture_output=True,
            text=True,
            cwd=PROJECT,
            env={**self.environment, **changed},
            user=self.user,
            group=self.user and "nogroup",
            extra_groups=[] if self.user else None,
        )

    def install(self, *words, **options):
        ended = self.run("install", *self.where, *words, **options)
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    def refused(self, *words, **options):
        """Install with something wrong; return what is said about it."""
        ended = self.run("install", *self.where, *words, **options)
        assert ended.returncode == 1, ended.stdout
        assert "Traceback" not in ended.stderr
        return ended.stderr

    def status(self):
        ended = self.run("status", *self.where)
        assert ended.stderr == ""
        return ended.returncode, ended.stdout

    def report(self, *before):
        """Run the very command of the unit; return the summary of the report."""
        (line,) = [
            line
            for line in (self.units / "salt-cmdb.service").read_text().splitlines()
            if line.startswith("ExecStart=")
        ]
        argv = [*before, *shlex.split(line.partition("=")[2])]
        ended = self.execute(argv, PATH="/usr/bin:/bin:/usr/sbin")
        assert ended.returncode == 0, ended.stderr
        assert len(ended.stdout.splitlines()) == 1
        return json.loads(ended.stdout)["local"]

    def files(self):
        """Return {path: (mode, time of change)} of what is installed."""
        found = (path for path in self.root.rglob("*") if path.is_file())
        return {
            str(path.relative_to(self.root)): (path.stat().st_mode & 0o777, path.stat().st_mtime_ns)
            for path in found
            if "var" not in path.parts and "__pycache__" not in path.parts
        }


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "key"
    path.write_text(KEY + "\n")
    return path


@pytest.fixture
def agent(tmp_path):
    return Agent(tmp_path / "root")


@pytest.fixture(scope="session")
def api(make_postgres_database, tmp_path_factory):
    api = Api(tmp_path_factory.mktemp("api"), make_postgres_database(tables=False))
    api.start()
    yield api
    if api.process.poll() is None:
        api.stop()


@pytest.fixture
def plain_user():
    """Return the agent of a plain user: nobody, or ourselves where we are one."""
    folder = Path(tempfile.mkdtemp(prefix="cmdb-agent-"))
    user, python = None, sys.executable
    if os.geteuid() == 0:
        user, python = "nobody", _python_for_all()
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    environment = {"HOME": str(folder / "home"), "XDG_RUNTIME_DIR": str(folder / "run")}
    agent = Agent(
        folder / "home/.local/share/salt-cmdb",
        where=["--user", "--salt-call", _salt_call(folder, python)],
        python=python,
        user=user,
        environment=environment,
    )
    agent.units = folder / "home/.config/systemd/user"
    yield agent
    shutil.rmtree(folder)


def _python_for_all():
    """Return a Python of our version that every user can run; ours may lie below /root."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for path in (os.path.realpath(sys.executable), f"/usr/bin/{name}", f"/usr/local/bin/{name}"):
        if os.path.exists(path):
            try:
                subprocess.run([path, "-V"], user="nobody", check=True, capture_output=True)
            except (PermissionError, subprocess.CalledProcessError):
                continue
            return path
    pytest.skip(f"no {name} that the user nobody can run; Debian's package python3 brings it")


def _salt_call(folder, python):
    """Write a salt-call that runs the Salt of the tests under this Python."""
    beside = next(path for path in sys.path if os.path.exists(f"{path}/salt/version.py"))
    path = folder / "salt-call"
    path.write_text(
        f"#!{python}\nimport sys\nsys.path.insert(0, {beside!r})\n"
        "from salt.scripts import salt_call\nsys.exit(salt_call())\n"
    )
    path.chmod(0o755)
    return str(path)
