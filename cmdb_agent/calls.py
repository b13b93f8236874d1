"""Salt on this host: which ``salt-call`` there is, and what our functions say through it."""

import json
import os
import shutil
import subprocess
import sys

from cmdb_agent.errors import AgentError

# Where Salt's own packages put it, which not every PATH holds.
PLACES = ("/usr/bin/salt-call", "/opt/saltstack/salt/salt-call")
LIMIT_SECONDS = 900


def find(given=None, before=None):
    """Return the path of salt-call: given, used before, this Python's own, or first on PATH."""
    if given:
        path = shutil.which(given)
        if not path:
            raise AgentError(f"--salt-call {given} is no program")
        return os.path.abspath(path)
    beside = os.path.join(os.path.dirname(sys.executable), "salt-call")
    for path in (before, beside, shutil.which("salt-call"), *PLACES):
        if path and os.access(path, os.X_OK):
            return os.path.abspath(path)
    raise AgentError(
        "Salt is not installed here: there is no salt-call. Install Salt's package salt-minion and "
        "leave its service off (https://docs.saltproject.io/salt/install-guide/), or `pip install "
        "salt` into an environment and name its bin/salt-call with --salt-call"
    )


def command(salt_call, layout, function, *words):
    """Return the argument list that runs one of our functions on this host alone."""
    places = ("--local", f"--config-dir={layout.config}")
    return [
        salt_call,
        *places,
        "--log-level=warning",
        "--out=json",
        "--out-indent=-1",
        function,
        *words,
    ]


def run(salt_call, layout, function, *words):
    """Run a function and return what it returns."""
    argv = command(salt_call, layout, function, *words)
    try:
        ended = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT_SECONDS
        )
        # Salt 3006 may print a line of its own before.
        returned = json.loads(ended.stdout[ended.stdout.index('{"local"') :])["local"]
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AgentError(f"{' '.join(argv)}: {error}") from error
    except ValueError:
        said = (ended.stderr.strip() or ended.stdout.strip())[-1000:]
        raise AgentError(f"{' '.join(argv)} ended with {ended.returncode}: {said}") from None
    if not isinstance(returned, dict):
        raise AgentError(f"{function}: {returned}")
    return returned
