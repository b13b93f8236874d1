"""The only door from a collector to the machine: files, links, commands, kernel calls.

Every answer goes through one of the functions below, so it can be captured into a bundle and
replayed on another machine (``cmdb_replay``), and is bounded in time and size.

===================================  =======================================================
read(path), read_bytes(path)         content, or None where the file is not there
need(path), need_bytes(path)         content, or ``Unavailable`` with the reason
glob(pattern), link(path)            sorted paths; a link's resolved target or None
run(argv)                            a command's standard output
once(question, function)             an answer that the collectors of one report share
ask(name, function, *args)           the answer of a call into the kernel
problem(text)                        note what could not be read; it travels in the section
option(name, default)                this collector's setting
===================================  =======================================================
"""

import contextlib
import contextvars
import errno
import glob as _glob
import os
import threading
import time

import cmdb_errors
import cmdb_once as once_
import cmdb_process as process

# A collector knows this module alone.
CollectorError = cmdb_errors.CollectorError
Unavailable = cmdb_errors.Unavailable
ParseError = cmdb_errors.ParseError
TimeLimit = cmdb_errors.TimeLimit
CommandError = cmdb_errors.CommandError

MAX_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
PAGE_BYTES = 4096
MAX_PROBLEMS = 50
MAX_PROBLEM_CHARS = 500
LIMIT_SECONDS = 30.0
# What the kernel answers for an attribute that this device does not have.
NOT_HERE = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.ENODEV,
    errno.ENXIO,
    errno.EINVAL,
    errno.EOPNOTSUPP,
}
DENIED = {errno.EACCES, errno.EPERM}


class Task:
    """What one running collector carries: its options, deadline and problems."""

    def __init__(self, options=None, limit_seconds=LIMIT_SECONDS, pause=contextlib.nullcontext):
        self.options = options or {}
        # A context manager that lets other collectors go on while this one waits.
        self.pause = pause
        self.limit_seconds = limit_seconds
        self.deadline = time.monotonic() + limit_seconds
        self.problems = []
        self.left_out_count = 0

    def note(self, text):
        """Keep one problem line; past the bound they are only counted."""
        if text in self.problems:
            return
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text[:MAX_PROBLEM_CHARS])
        else:
            self.left_out_count += 1

    def lines(self):
        """Return the problem lines, the count of those past the bound last."""
        more = [f"{self.left_out_count} more problems"] if self.left_out_count else []
        return self.problems + more


class Machine:
    """The door to this machine itself. A replay has the same five methods."""

    def read_bytes(self, path):
        """Return a file's bytes; raises OSError."""
        chunks, size = [], 0
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            # In pieces: /proc/sys answers ENOMEM to a read with a large buffer.
            while chunk := os.read(file, CHUNK_BYTES):
                chunks.append(chunk)
                size += len(chunk)
                if size > MAX_BYTES:
                    raise OSError(errno.EFBIG, f"larger than {MAX_BYTES} bytes", path)
                # Short of a whole page is the end, but for /proc, where records stay whole.
                if len(chunk) % PAGE_BYTES and not path.startswith("/proc/"):
                    break
        finally:
            os.close(file)
        return b"".join(chunks)

    def glob(self, pattern):
        """Return the sorted paths that match."""
        return sorted(_glob.glob(pattern))

    def link(self, path):
        """Return the resolved target of a link; raises OSError where there is none."""
        os.readlink(path)
        return os.path.realpath(path)

    def run(self, argv, limit_seconds):
        """Run a command to its end; returns (exit code, stdout, stderr) as bytes."""
        program = process.find(argv[0])
        with pause():
            return process.run([program, *argv[1:]], limit_seconds, MAX_BYTES)

    def ask(self, _name, function, args):
        """Return what the call answers."""
        return function(*args)


_machine = Machine()
_door = contextvars.ContextVar("cmdb_door", default=None)
_task = contextvars.ContextVar("cmdb_task", default=None)
_answers = contextvars.ContextVar("cmdb_answers", default=None)


def door():
    """Return where questions go in this context: this machine, a capture or a replay."""
    return _door.get() or _machine


def is_partial():
    """Return whether a bundle or folder answers that may hold but a part of a machine."""
    return getattr(door(), "partial", False)


def begin(task):
    """Make ``task`` the running collector of this context."""
    _task.set(task)


@contextlib.contextmanager
def through(other):
    """Send all questions through another door (a capture, a replay) within the block."""
    token = _door.set(other)
    try:
        yield other
    finally:
        _door.reset(token)


def option(name, default=None):
    """Return the running collector's setting ``name``."""
    task = _task.get()
    return task.options.get(name, default) if task else default


def problem(text):
    """Note something that could not be read; it travels in the section, beside the items."""
    task = _task.get()
    if task:
        task.note(text)


def read_bytes(path):
    """Return a file's bytes; None where it is not there, or unreadable, which is noted."""
    try:
        return door().read_bytes(path)
    except OSError as error:
        if error.errno not in NOT_HERE:
            problem(f"{path}: {error.strerror or error}")
        return None


def read(path):
    """Return a file's text as ``read_bytes`` does; bytes that are not UTF-8 become U+FFFD."""
    content = read_bytes(path)
    return None if content is None else content.decode("utf-8", "replace")


def need_bytes(path):
    """Return a file's bytes; raises Unavailable with the reason where it can't be read."""
    try:
        return door().read_bytes(path)
    except OSError as error:
        if error.errno in NOT_HERE:
            raise Unavailable(f"{path} is not on this machine") from None
        if error.errno in DENIED:
            raise Unavailable(f"no right to read {path}: run as root") from None
        raise CollectorError(f"{path}: {error.strerror}") from error


def need(path):
    """Return a file's text; raises as ``need_bytes`` does."""
    return need_bytes(path).decode("utf-8", "replace")


def glob(pattern):
    """Return the sorted paths that match a shell pattern."""
    return door().glob(pattern)


def link(path):
    """Return the absolute path that a link leads to, None where it is no link."""
    try:
        return door().link(path)
    except OSError:
        return None


def run(argv, ok=(0,), limit_seconds=None):
    """
    Return a command's standard output as text; bytes that are not UTF-8 become U+FFFD.

    Raises Unavailable where it is not installed or may not be run, CommandError on an exit code
    that is not in ``ok``, TimeLimit where it takes longer than ``limit_seconds`` (default and
    bound: what is left of the collector's own limit).
    """
    argv = [str(word) for word in argv]
    left = seconds_left()
    limit = left if limit_seconds is None else min(limit_seconds, left)
    try:
        code, stdout, stderr = once(argv, lambda: door().run(argv, limit), limit)
    except OSError as error:
        if error.errno in NOT_HERE:
            raise Unavailable(f"{argv[0]} is not installed") from None
        if error.errno in DENIED:
            raise Unavailable(f"no right to run {argv[0]}: run as root") from None
        raise CollectorError(f"{argv[0]}: {error.strerror}") from error
    stdout, stderr = stdout.decode("utf-8", "replace"), stderr.decode("utf-8", "replace")
    if code not in ok:
        raise CommandError(argv, code, stdout, stderr)
    return stdout


def ask(name, function, *args, limit_seconds=None):
    """
    Return what ``function(*args)`` answers: a kernel call that no file stands for.

    ``name`` and ``args`` name the question in a bundle; the answer is bytes or plain JSON data.
    With ``limit_seconds`` it runs in a daemon thread that is abandoned at the limit
    (TimeLimit): a call that blocks in the kernel can't be stopped.
    """
    way = door()
    if limit_seconds is None:
        return way.ask(name, function, args)
    return abandonable(
        lambda: way.ask(name, function, args),
        limit_seconds=min(limit_seconds, seconds_left()),
        what=" ".join([name, *map(str, args)]),
    )


def abandonable(function, limit_seconds, what):
    """Return what ``function()`` returns or raises; raises TimeLimit when it takes too long."""
    answer = {}

    def work():
        try:
            answer["value"] = function()
        except Exception as error:
            answer["error"] = error
        except BaseException as error:
            answer["error"] = ended(what, error)

    context = contextvars.copy_context()
    # A daemon thread, not a pool: a pool's threads are joined when the process ends.
    thread = threading.Thread(target=context.run, args=(work,), daemon=True, name=f"cmdb {what}")
    with pause():
        thread.start()
        thread.join(limit_seconds)
    if "error" in answer:
        raise answer["error"]
    if "value" not in answer:
        raise too_long(what, limit_seconds)
    return answer["value"]


def too_long(what, limit_seconds):
    """Return the error of what was given up at its limit."""
    return TimeLimit(f"{what} took longer than {round(limit_seconds, 2):g} s; abandoned")


def ended(what, error):
    """Return the error that stands for a try to end the process (SystemExit and its like)."""
    wrapped = CollectorError(f"{what} raised {type(error).__name__}: {error}")
    wrapped.__cause__ = error
    return wrapped


def once(question, function, limit_seconds=None):
    """
    Return what ``function()`` returned or raised when this report first asked this question.

    ``question`` is a list of texts; outside of a report it is asked each time.
    """
    answers = _answers.get()
    if answers is None:
        return function()
    return answers.get(tuple(question), function, limit_seconds, pause)


@contextlib.contextmanager
def sharing():
    """Let the collectors that run within the block share what commands answer."""
    token = _answers.set(once_.Answers())
    try:
        yield
    finally:
        _answers.reset(token)


def pause():
    """Return a block within which other collectors go on, as this one waits."""
    task = _task.get()
    return task.pause() if task else contextlib.nullcontext()


def seconds_left():
    """Return what is left of the running collector's time limit."""
    task = _task.get()
    return max(0.0, task.deadline - time.monotonic()) if task else LIMIT_SECONDS
