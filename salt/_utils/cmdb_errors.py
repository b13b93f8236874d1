"""The errors of the minion's side. ``outcome`` says what one means for the collector's section."""

try:
    # Salt shows its message alone where a person calls one collector: ``cmdb_disk.collect``.
    from salt.exceptions import CommandExecutionError as _Shown
except ImportError:
    _Shown = Exception

MAX_SAID_CHARS = 500


class CollectorError(_Shown):
    """A collector could not do its work; the base of all errors on the minion's side."""

    outcome = "error"


class Unavailable(CollectorError):
    """What a collector needs is not on this machine, or it lacks the right to read it."""

    outcome = "unavailable"


class ParseError(CollectorError):
    """A tool or file said something its parser does not understand; names the line."""


class TimeLimit(CollectorError):
    """A command or call did not end within its time limit."""


class CommandError(CollectorError):
    """A command ended with an unexpected exit code; has ``code``, ``stdout`` and ``stderr``."""

    def __init__(self, argv, code, stdout, stderr):
        said = (stderr.strip() or stdout.strip())[-MAX_SAID_CHARS:]
        super().__init__(f"{' '.join(argv)} ended with exit code {code}: {said or 'no output'}")
        self.code, self.stdout, self.stderr = code, stdout, stderr
