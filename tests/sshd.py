"""An sshd of our own on 127.0.0.1: a target of salt-ssh that has nothing but it and python3."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/bin:/sbin")
SFTP = next(
    (
        path
        for path in ("/usr/lib/openssh/sftp-server", "/usr/libexec/openssh/sftp-server")
        if os.path.exists(path)
    ),
    "internal-sftp",
)


@contextlib.contextmanager
def running(folder):
    """Run one with its keys in ``folder``, which no other user can look into; yield its port."""
    assert SSHD, "sshd is missing; Debian: apt-get install openssh-server"
    port = free_port()
    for name in ("host", "key"):
        words = ("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name)
        subprocess.run(words, check=True)
    shutil.copy(folder / "key.pub", folder / "authorized_keys")
    settings = {
        "ListenAddress": f"127.0.0.1:{port}",
        "HostKey": folder / "host",
        "AuthorizedKeysFile": folder / "authorized_keys",
        "PidFile": folder / "pid",
        "PasswordAuthentication": "no",
        "PermitRootLogin": "prohibit-password",
        "UsePAM": "no",
        # Where /tmp is everybody's, sshd would trust no key below it.
        "StrictModes": "no",
        "Subsystem": f"sftp {SFTP}",
    }
    lines = [f"{name} {value}" for name, value in settings.items()]
    (folder / "sshd_config").write_text("\n".join(lines) + "\n")
    if os.geteuid() == 0:
        # Debian's sshd drops its rights there.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    with open(folder / "sshd.log", "wb") as log:
        daemon = subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=log)
    try:
        _wait_for(port, daemon, folder / "sshd.log")
        yield port
    finally:
        daemon.terminate()
        daemon.wait(10)


def entry(folder, port, name, **more):
    """Return an entry of a roster that leads to it; each name has its own folder there."""
    return {
        "host": "127.0.0.1",
        "port": port,
        "user": getpass.getuser(),
        "priv": str(folder / "key"),
        "set_path": "/usr/sbin:/usr/bin:/sbin:/bin",
        "thin_dir": str(folder / f"thin-{name}"),
        "ssh_options": ["StrictHostKeyChecking=no", f"UserKnownHostsFile={folder}/known_hosts"],
        **more,
    }


def free_port():
    """Return a port of 127.0.0.1 on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_for(port, daemon, log):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert daemon.poll() is None, log.read_text()
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"sshd does not answer: {log.read_text()}")
