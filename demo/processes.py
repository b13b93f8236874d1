"""Start programs in groups of their own and leave none of them behind."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import time

PR_SET_PDEATHSIG = 1


class Processes:
    """The programs that were started; all end with ``end``, in the opposite order."""

    def __init__(self, folder, environment, start_in="."):
        self.folder, self.environment, self.start_in = folder, environment, start_in
        self.running = []

    def start(self, name, argv):
        """Start a program that stays; its output goes to ``<name>.log``."""
        with open(self.folder / f"{name}.log", "ab") as log:
            process = self._popen(argv, stdout=log, stderr=subprocess.STDOUT)
        process.name = name
        return process

    def run(self, argv, limit_seconds=120):
        """Run a program to its end; returns its standard output, raises Failed."""
        words = " ".join(map(str, argv))
        process = self._popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            out, err = process.communicate(timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{words} did not end in {limit_seconds} s") from None
        finally:
            self._kill([process])
        if process.returncode:
            raise Failed(f"{words} failed: {(err.strip() or out.strip())[-2000:]}")
        return out

    def check(self):
        """Raise Failed where a program that should stay has ended."""
        for process in self.running:
            if process.poll() is not None:
                log = (self.folder / f"{process.name}.log").read_text(errors="replace")
                raise Failed(f"{process.name} ended by itself:\n{log[-2000:]}")

    def end(self):
        """End all programs and everything they started."""
        self._kill(list(reversed(self.running)))

    def _popen(self, argv, **streams):
        process = subprocess.Popen(
            [str(word) for word in argv],
            stdin=subprocess.DEVNULL,
            env=self.environment,
            cwd=self.start_in,
            start_new_session=True,
            preexec_fn=_end_with_parent,
            **streams,
        )
        self.running.append(process)
        return process

    def _kill(self, processes):
        for process in processes:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + 10
        while any(map(_group_lives, processes)) and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in processes:
            _signal_group(process, signal.SIGKILL)
            process.wait()
            for pipe in filter(None, (process.stdout, process.stderr)):
                pipe.close()
            self.running.remove(process)


class Failed(Exception):
    """A program did not do what it should; the message is for the reader."""


def free_ports(count):
    """Return ports of the loopback interface that nothing listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _signal_group(process, number):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _group_lives(process):
    process.poll()
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def _end_with_parent():
    """Ask the kernel for SIGTERM when the parent dies, however that happens."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
