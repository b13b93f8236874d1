"""The agent's settings on this host: a file in minion.d that Salt reads, JSON and so YAML too.

It holds the host's key, so its owner alone can read it.
"""

import json
import re
import ssl
import sys
from urllib.parse import urlsplit

from cmdb_agent import files
from cmdb_agent.errors import AgentError

HEAD = (
    "# Written by cmdb_agent; `python3 -m cmdb_agent install` changes it. Settings of your own,\n"
    "# as `cmdb: {collectors: {package: false}}`, go into another file of this folder.\n"
)
KEY = re.compile("[0-9a-fA-F]{64}")


def load(layout):
    """Return {"cmdb": ..., "agent": ...} of an earlier installation; empty ones where none is."""
    try:
        text = layout.settings.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {"cmdb": {}, "agent": {}}
    try:
        content = json.loads("\n".join(n for n in text.splitlines() if not n.startswith("#")))
        return {"cmdb": dict(content["cmdb"]), "agent": dict(content["cmdb_agent"])}
    except (ValueError, KeyError, TypeError) as error:
        raise AgentError(
            f"{layout.settings} is not as this program wrote it ({error!r}); move it away, then "
            "install again with all options"
        ) from error


def save(layout, cmdb, agent):
    """Write the settings; returns whether that changed anything."""
    content = {
        "cmdb": cmdb,
        "cmdb_agent": agent,
        "module_dirs": [str(layout.library), str(layout.plugins)],
    }
    if str(layout.root) != "/":
        content["root_dir"] = str(layout.root)
    text = HEAD + json.dumps(content, indent=2, sort_keys=True) + "\n"
    return files.put(layout.settings, text.encode(), mode=0o600)


def read_secret(path, what):
    """Return the one line of a file, or of standard input for "-"."""
    try:
        if path == "-":
            text = sys.stdin.read()
        else:
            with open(path, encoding="utf-8") as file:
                text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise AgentError(f"the {what} can't be read from {path}: {reason}") from error
    return text.strip()


def key(text):
    """Check a host's key; what is wrong is told without showing it."""
    if not KEY.fullmatch(text):
        raise AgentError(
            f"the key must be 64 hex digits, not {len(text)} characters of another sort; `cmdb key "
            "HOST` prints it where the API runs"
        )
    return text.lower()


def url(text):
    """Check the API's address."""
    try:
        parts = urlsplit(text)
        valid = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
    except ValueError:
        valid = False
    if not valid or parts.query or parts.fragment:
        raise AgentError(f"--url {text} is no address as https://cmdb.example.com")
    if parts.username or parts.password:
        raise AgentError("--url holds a user name or password; the key alone proves the host")
    return text.rstrip("/")


def ca_file(path):
    """Check that a file holds CA certificates."""
    try:
        ssl.create_default_context(cafile=path)
    except (OSError, ssl.SSLError) as error:
        reason = "it holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
        raise AgentError(f"--ca-file {path} can't be used: {reason}") from error
    return path
