"""Run one command: in a group of its own, bounded in time and output, never leaving a zombie."""

import contextlib
import errno
import os
import selectors
import shutil
import signal
import subprocess
import time

import cmdb_errors as errors

# A minion started by an init system often lacks the sbin folders where hardware tools live.
TOOL_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def find(name):
    """Return the path of a program; raises OSError where it is not there or can't be run."""
    program = shutil.which(name, path=_path())
    if program is None:
        found = os.path.exists(name) if os.sep in name else False
        raise OSError(errno.EACCES if found else errno.ENOENT, "not found", name)
    return program


def run(argv, limit_seconds, max_bytes):
    """
    Run a program, by its path, to its end; returns (exit code, stdout, stderr) as int and bytes.

    Raises OSError where it can't be started, TimeLimit where it takes longer than
    ``limit_seconds``, CollectorError where it writes more than ``max_bytes``; it is then killed
    with all that it started.
    """
    process = subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"PATH": _path(), "LC_ALL": "C", "HOME": os.environ.get("HOME", "/")},
        start_new_session=True,
        cwd="/",
    )
    try:
        return _drain(process, argv, limit_seconds, max_bytes)
    except errors.CollectorError:
        _kill(process)
        raise
    finally:
        process.stdout.close()
        process.stderr.close()


def _path():
    own = os.environ.get("PATH", "").split(os.pathsep)
    return os.pathsep.join(dict.fromkeys([*filter(None, own), *TOOL_FOLDERS]))


def _drain(process, argv, limit_seconds, max_bytes):
    """Read both pipes until they close; the limit holds for a grandchild that keeps them open."""
    deadline = time.monotonic() + limit_seconds
    chunks = {process.stdout: [], process.stderr: []}
    size = 0
    with selectors.DefaultSelector() as selector:
        for pipe in chunks:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for ready, _ in selector.select(max(0.0, deadline - time.monotonic())):
                chunk = os.read(ready.fd, 65536)
                chunks[ready.fileobj].append(chunk)
                size += len(chunk)
                if not chunk:
                    selector.unregister(ready.fileobj)
            if size > max_bytes:
                raise errors.CollectorError(
                    f"{' '.join(argv)} wrote more than {max_bytes} bytes; killed"
                )
            if time.monotonic() >= deadline and selector.get_map():
                raise errors.TimeLimit(
                    f"{' '.join(argv)} took longer than {round(limit_seconds, 2):g} s; killed"
                )
    try:
        code = process.wait(max(0.0, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        raise errors.TimeLimit(
            f"{' '.join(argv)} took longer than {round(limit_seconds, 2):g} s; killed"
        ) from None
    return code, b"".join(chunks[process.stdout]), b"".join(chunks[process.stderr])


def _kill(process):
    """Kill the whole group and reap its leader; one that is stuck in the kernel is left behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    # Where even this takes too long, subprocess reaps it at this process's next Popen.
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(1)
