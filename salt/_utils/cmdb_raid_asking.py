"""Asking a RAID tool, and saying why where its answer is of no use."""

import re

import cmdb_source as source

NO_RIGHTS = (
    r"administrator rights|root privileges?|be (?:run (?:as|by) )?(?:the )?(?:root|super-?user)\b"
    r"|permission denied|operation not permitted|run as root|requires root"
)
MAX_REFUSAL_CHARS = 1000


class Silent(source.Unavailable, source.ParseError):
    """A tool answered, but of something else than it was asked for."""


def not_understood(tool, output):
    """Return the ParseError that shows how an output begins."""
    lines = [line.strip() for line in (output or "").splitlines() if line.strip()]
    return source.ParseError(f"{tool}: not understood: {' / '.join(lines[:3])[:300] or 'nothing'}")


def silent(tool, kind):
    """Return the error for an answer that neither tells of a kind nor that there is none."""
    return Silent(f"{tool} says nothing of {kind}")


def said_by(argv, **options):
    """
    Return what a tool printed, whatever its exit code: many end with one that tells nothing.

    Raises as ``cmdb_source.run`` does where it printed nothing or was killed by a signal, and
    Unavailable where all that it printed is that only root may ask it.
    """
    try:
        said = source.run(argv, **options)
    except source.CommandError as error:
        _check_rights(argv[0], f"{error.stdout}\n{error.stderr}")
        if error.code > 0 and error.stdout.strip():
            return _plain(error.stdout)
        raise
    _check_rights(argv[0], said)
    return _plain(said)


def _plain(said):
    # Some write to a terminal whatever their output is.
    return said.replace("\r\n", "\n").replace("\r", "\n")


def _check_rights(tool, said):
    if len(said) <= MAX_REFUSAL_CHARS and re.search(NO_RIGHTS, said, re.I):
        raise source.Unavailable(f"no right to run {tool}: run as root")
