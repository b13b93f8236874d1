"""What runs the report again and again: a timer of systemd, or a line of cron where that is not."""

import hashlib
import os
import re
import shlex
import subprocess

from cmdb_agent import files, layout
from cmdb_agent.errors import AgentError

NAME = "salt-cmdb"
UNIT_SECONDS = {"m": 60, "h": 3600, "d": 86400}

# No PrivateTmp and the like: collectors look at the host's mounts, not at ours.
SERVICE = """[Unit]
Description=Report this host to the CMDB
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart={command}
Nice=10
IOSchedulingClass=idle
TimeoutStartSec=15min
"""
TIMER = """[Unit]
Description=Report this host to the CMDB every {interval}

[Timer]
OnCalendar={calendar}
RandomizedDelaySec={splay_seconds}
Persistent=true

[Install]
WantedBy=timers.target
"""


def seconds(text):
    """Return the seconds of "30m", "6h" or "1d"."""
    match = re.fullmatch(r"([0-9]{1,5})([mhd])", text)
    if not match:
        raise AgentError(f"{text!r} is no length of time; write 30m, 6h or 1d")
    return int(match.group(1)) * UNIT_SECONDS[match.group(2)]


def calendar(interval):
    """Return the interval as systemd's OnCalendar; only what divides an hour or a day has one."""
    minutes, hours = interval // 60, interval // 3600
    if minutes and interval < 3600 and 60 % minutes == 0:
        return f"*:0/{minutes}"
    if interval % 3600 == 0 and hours and 24 % hours == 0:
        return f"0/{hours}:00" if hours < 24 else "00:00"
    raise AgentError("--interval must divide an hour or a day, as 10m, 30m, 1h, 6h, 1d")


def cron(interval, host):
    """Return the interval as the five fields of cron; each host has a minute of its own."""
    calendar(interval)
    offset = int(hashlib.sha256(host.encode()).hexdigest(), 16) % (interval // 60)
    if interval < 3600:
        return f"{','.join(str(m) for m in range(offset, 60, interval // 60))} * * * *"
    hours = range(offset // 60, 24, interval // 3600)
    return f"{offset % 60} {','.join(map(str, hours))} * * *"


def units(command, interval, splay_seconds):
    """Return {file name: text} of the service and its timer."""
    return {
        f"{NAME}.service": SERVICE.format(command=" ".join(map(_word, command))),
        f"{NAME}.timer": TIMER.format(
            interval=interval, calendar=calendar(seconds(interval)), splay_seconds=splay_seconds
        ),
    }


def cron_line(command, interval, host, user=None):
    """Return the line for a crontab, or with ``user`` for a file of /etc/cron.d."""
    # A bare % means a new line to cron. The spool remembers how it went; mail is for errors.
    words = " ".join(shlex.quote(word).replace("%", r"\%") for word in command)
    fields = [cron(seconds(interval), host), *([user] if user else []), words]
    return " ".join(fields) + " >/dev/null"


def runs_here(where):
    """Tell whether systemd runs timers here; below a trial's folder nothing is started."""
    if where.mode == layout.USER:
        return os.path.isdir(os.path.join(os.environ.get("XDG_RUNTIME_DIR", "/nowhere"), "systemd"))
    return where.mode == layout.SYSTEM and os.path.isdir("/run/systemd/system")


def put_units(where, texts):
    """Write the units and start the timer; returns whether a file changed."""
    changed = [files.put(where.units / name, text.encode()) for name, text in texts.items()]
    if runs_here(where):
        systemctl(where, "daemon-reload")
        systemctl(where, "enable", "--now", f"{NAME}.timer")
        if any(changed):
            systemctl(where, "restart", f"{NAME}.timer")
    return any(changed)


def remove(where):
    """Remove every timer of ours; returns the paths that were there."""
    return remove_units(where) + [path for path in (where.cron,) if files.remove(path)]


def remove_units(where):
    """Stop the timer of systemd and remove its files; returns their paths."""
    paths = [where.units / f"{NAME}.timer", where.units / f"{NAME}.service"]
    found = [path for path in paths if path.exists()]
    if found and runs_here(where):
        systemctl(where, "disable", "--now", f"{NAME}.timer")
    for path in found:
        files.remove(path)
    if found and runs_here(where):
        systemctl(where, "daemon-reload")
    return found


def systemctl(where, *words):
    """Run systemctl for the system or the user and return its output."""
    argv = ["systemctl", *(["--user"] if where.mode == layout.USER else []), *words]
    try:
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AgentError(f"{' '.join(argv)}: {error}") from error
    if ended.returncode:
        raise AgentError(f"{' '.join(argv)}: {ended.stderr.strip() or ended.stdout.strip()}")
    return ended.stdout


def _word(text):
    """Return a word as ExecStart takes it."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{text}"' if re.search(r"[\s;'\"\\]", text) else text
