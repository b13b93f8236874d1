"""A number that this host never uses twice and always raises; it tells a report from a replay.

It is the time, milliseconds since 1970, or one more than the number before where the clock was set
back. A clock that was far ahead leaves no trace: from then on the time counts again.
"""

import fcntl
import logging
import os
import time

log = logging.getLogger(__name__)

FAR_AHEAD_MS = 24 * 3600 * 1000


def advance(path):
    """Return the next number and keep it in the file; the time alone where that can't be."""
    now = time.time_ns() // 1_000_000
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "a+", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            number = after(file.read(), now)
            file.seek(0)
            file.truncate()
            file.write(str(number))
    except (OSError, UnicodeDecodeError) as error:
        log.warning("%s can't be kept: %s", path, error)
        return now
    return number


def after(kept, now):
    """Return the number after the one in the text ``kept``."""
    last = int(kept) if kept.isdigit() and len(kept) < 20 else 0
    return now if last > now + FAR_AHEAD_MS else max(last + 1, now)
