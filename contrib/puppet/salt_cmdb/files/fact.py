"""The fact salt_cmdb: the report of this host's collectors, for `cmdb import puppetdb`.

    fact.py SETTINGS            print the fact; collect first where the report is too old
    fact.py SETTINGS --collect  collect, into the cache

A run of Puppet waits for the collectors at most ``limit_seconds``, and once in
``interval_seconds``; meanwhile the report before is told again, with its age. The report travels
gzipped, as text in parts: as plain facts its items would be thousands of rows in PuppetDB.
Python 3.9 and its standard library, no Salt.
"""

import base64
import contextlib
import fcntl
import glob
import gzip
import importlib
import json
import os
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(HERE, "salt", "_modules")
# Puppet warns of facts with longer texts.
PART_CHARS = 4000
OLDEST = (3, 9)


def main(settings_path, collect=False):
    """Print the fact, or fill the cache; returns the exit status."""
    try:
        with open(settings_path, encoding="utf-8") as file:
            settings = json.load(file)
        path = os.path.join(settings["cache_folder"], "report.json.gz")
        if collect:
            keep(report(settings), path)
        else:
            error = refresh(settings, settings_path, path)
            print(json.dumps({"salt_cmdb": fact(path, error)}))
    except (OSError, ValueError, KeyError) as error:
        print(json.dumps({"salt_cmdb": {"error": told(error), "report": []}}))
    return 0


def fact(path, error):
    """Return the fact: the cached report in parts, or why there is none."""
    try:
        with open(path, "rb") as file:
            made_at, packed = os.fstat(file.fileno()).st_mtime, file.read()
    except FileNotFoundError:
        return {"error": error or "nothing was collected yet", "report": []}
    text = base64.b64encode(packed).decode("ascii")
    parts = [text[i : i + PART_CHARS] for i in range(0, len(text), PART_CHARS)]
    return {"age_seconds": max(0, int(time.time() - made_at)), "report": parts}


def refresh(settings, settings_path, path):
    """Collect where the cached report is too old; returns why that failed, or None."""
    if is_fresh(path, settings_path, settings["interval_seconds"]):
        return None
    with open(os.path.join(settings["cache_folder"], "lock"), "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return "another run of Facter is collecting"
        error = run(settings_path, settings["limit_seconds"])
    if error:
        # Facter shows it as a warning; the report before is told again, older.
        sys.stderr.write(error + "\n")
    return error


def is_fresh(path, settings_path, interval):
    """Tell whether the cached report is of these settings and not too old."""
    try:
        made_at = os.stat(path).st_mtime
        return os.stat(settings_path).st_mtime <= made_at and 0 <= time.time() - made_at < interval
    except FileNotFoundError:
        return False


def run(settings_path, limit):
    """Collect in a process of its own, which ends with all it started at the limit."""
    program = [sys.executable, "-I", os.path.abspath(__file__), settings_path, "--collect"]
    with subprocess.Popen(
        program, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as process:
        try:
            _, said = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            for pid in [process.pid, *descendants(process.pid)]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return f"the collectors did not end in {limit} s; raise salt_cmdb::limit_seconds"
    last = said.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"collecting failed: {last}" if process.returncode else None


def descendants(pid):
    """Return the processes that a process has started, and those have; tools have own groups."""
    children = {}
    for path in glob.glob("/proc/[0-9]*/stat"):
        with contextlib.suppress(OSError), open(path, encoding="utf-8", errors="replace") as file:
            # The name before the last bracket may hold anything.
            parent = int(file.read().rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(path.split("/")[2]))
    found, waiting = [], [pid]
    while waiting:
        started = children.get(waiting.pop(), [])
        found += started
        waiting += started
    return found


def report(settings):
    """Run the collectors and return their report; not signed, Puppet's certificate is the proof."""
    if sys.version_info < OLDEST:
        raise SystemExit(f"Python {'.'.join(map(str, OLDEST))} is needed, not {sys.version[:6]}")
    # Beside the sources Puppet would purge it, and Python would compile them at each run.
    sys.pycache_prefix = os.path.join(settings["cache_folder"], "pycache")
    sys.path[:0] = [os.path.join(HERE, "salt", "_utils"), MODULES]
    import cmdb_plugins
    import cmdb_report
    import cmdb_sequence
    import cmdb_settings

    merged = cmdb_settings.merged(settings.get("cmdb"))
    names = sorted(name[:-3] for name in os.listdir(MODULES) if name.endswith(".py"))
    collectors = [collector(name, merged, cmdb_plugins) for name in names]
    collectors += [cmdb_plugins.from_class(dotted, merged) for dotted in merged["plugins"]]
    collectors = [each for each in collectors if cmdb_plugins.is_kind(each.kind)]
    number = cmdb_sequence.advance(os.path.join(settings["cache_folder"], "seq"))
    return cmdb_report.build(os.uname().nodename, collectors, via="puppet", seq=number)


def collector(name, settings, plugins):
    """Return a collector's file as one; a file that does not load is an error of its kind."""
    kind = name[len(plugins.PREFIX) :]
    try:
        collect = importlib.import_module(name).collect
    except Exception:
        return plugins.not_loaded(kind, os.path.join(MODULES, name + ".py"), settings)
    return plugins.from_function(kind, collect, settings, name)


def keep(collected, path):
    """Put a report into the cache; nobody sees half of one."""
    said = json.dumps(collected, separators=(",", ":"), ensure_ascii=True).encode("ascii")
    part = f"{path}.{os.getpid()}"
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(gzip.compress(said, 9, mtime=0))
    os.replace(part, path)


def told(error):
    """Return what went wrong in one line."""
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], collect="--collect" in sys.argv[2:]))
