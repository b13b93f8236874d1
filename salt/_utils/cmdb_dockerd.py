"""The list of containers that Docker's and Podman's engines give at their sockets.

One GET, nothing else is ever asked; of the answer only what ``FIELDS`` and ``LABELS`` name is kept
and of a command its first word: arguments and other labels may hold secrets.
"""

import errno
import json

QUESTION = "/containers/json?all=1"
MAX_BYTES = 16 * 1024 * 1024
FIELDS = (
    *("Id", "Names", "Image", "ImageID", "Command", "Created", "State", "Status", "Ports"),
    *("Labels", "Mounts", "NetworkSettings"),
)
POD, PROJECT = "io.kubernetes.pod.uid", "com.docker.compose.project"
LABELS = (POD, PROJECT)


def ask(path, limit_seconds):
    """Return what the engine at ``path`` answers, JSON; raises OSError."""
    return reduced(_get(path, limit_seconds))


def reduced(body):
    """Return an answer with no more in it than is told; as it is where it is no list."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return body
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        return body
    return json.dumps([_reduced(each) for each in found])


def _reduced(said):
    kept = {name: said[name] for name in FIELDS if name in said}
    if isinstance(kept.get("Labels"), dict):
        kept["Labels"] = {name: kept["Labels"][name] for name in LABELS if name in kept["Labels"]}
    words = kept.pop("Command", None)
    # Podman has them apart.
    words = words.split() if isinstance(words, str) else words
    return {**kept, "Command": words[0] if words and isinstance(words, list) else None}


def _get(path, limit_seconds):
    """Return the body of the answer to the one GET."""
    import http.client
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as talk:
        talk.settimeout(limit_seconds)
        talk.connect(path)
        connection = http.client.HTTPConnection("localhost")
        connection.sock = talk
        try:
            connection.request("GET", QUESTION)
            answer = connection.getresponse()
            body = answer.read(MAX_BYTES + 1)
        except http.client.HTTPException as error:
            raise OSError(errno.EPROTO, f"no HTTP: {error or type(error).__name__}") from error
    if answer.status != 200 or len(body) > MAX_BYTES:
        raise OSError(errno.EPROTO, f"HTTP {answer.status}, {len(body)} bytes: {body[:200]!r}")
    return body.decode("utf-8", "replace")
