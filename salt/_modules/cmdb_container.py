"""Containers of Docker, Podman and containerd, running or not.

Source: the engine's own socket, asked for its lists and nothing else (option ``sockets``: {path:
engine}); needs root or the engine's group. A machine without such a socket is unavailable, an
engine that does not answer an error. Containers of Kubernetes come and go with its pods and are
left out (option ``kubernetes``: true shows them). What Docker runs by containerd is Docker's.

===========  ====  ======================================================================
engine       str   "docker", "podman" or "containerd"
name         str   with engine the identity; of containerd "NAMESPACE/NAME" outside "default"
image        str   name and tag that it was made from
image_id     str   "sha256:…" of the image
id           str   the engine's identifier; another one after it was made anew
state        str   "running", "exited", "created", "paused", "restarting", "dead"
health       str   "healthy", "unhealthy", "starting"; None where nothing checks it; volatile
status       str   the engine's words, "Up 3 hours"; volatile
created_at   str   when it was made, UTC
command      str   what it runs, without its arguments, which may hold secrets
ports        list  "0.0.0.0:8080->80/tcp"; "80/tcp" where it is not reachable from outside
networks     list  names of the networks that it is in
mounts       list  "/srv/data:/data", with the names of volumes
project      str   of Docker Compose
===========  ====  ======================================================================
"""

import json
import re
import time

import cmdb_later as later
import cmdb_source as source
import cmdb_text as text

containerd = later.library("cmdb_containerd")
dockerd = later.library("cmdb_dockerd")

__load__ = ["collect"]

KEY = ["engine", "name"]
VOLATILE = ["health", "status"]
SLOW = True

CONTAINERD, KUBERNETES = "containerd", "k8s.io"
SOCKETS = {
    "/run/docker.sock": "docker",
    "/run/podman/podman.sock": "podman",
    "/run/containerd/containerd.sock": CONTAINERD,
    "/run/k3s/containerd/containerd.sock": CONTAINERD,
}
LIMIT_SECONDS = 10.0
LAST_TIME = 1 << 33
_HEALTH = re.compile(r"\((?:health: )?(healthy|unhealthy|starting)\)")


def collect():
    """
    Return this machine's containers.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_container.collect
    """
    told = {}
    for path, engine in dict(source.option("sockets", SOCKETS)).items():
        if source.glob(path):
            found = _containerd(path) if engine == CONTAINERD else parse(_docker(path), engine)
            told.setdefault(engine, []).extend(found)
    if not told:
        raise source.Unavailable("no socket of Docker, Podman or containerd is on this machine")
    # One engine may have several sockets.
    return [item for items in told.values() for item in text.unique(items, "name")]


def parse(said, engine):
    """Turn an engine's list of containers, JSON, into items."""
    try:
        found = json.loads(said)
    except (ValueError, RecursionError) as error:
        raise source.ParseError(f"{engine}, JSON: {error}") from None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise source.ParseError(f"{engine}: no list of containers: {str(said)[:200]}")
    items = [_item(each, engine) for each in found if not _is_hidden(each)]
    return text.unique([item for item in items if item["name"]], "name")


def parse_containerd(told):
    """Turn what containerd told, a dict a container, into items."""
    items = [
        _item_of_containerd(said) for said in told if not _is_hidden({"Labels": said["labels"]})
    ]
    return text.unique([item for item in items if item["name"]], "name")


def _item(said, engine):
    status = _word(said.get("Status"))
    health = _HEALTH.search(status or "")
    names = said.get("Names") if isinstance(said.get("Names"), list) else [said.get("Names")]
    identifier = _word(said.get("Id"))
    networks = _dict(_dict(said.get("NetworkSettings")).get("Networks"))
    return {
        "engine": engine,
        "name": _name(names) or identifier,
        "image": _word(said.get("Image")),
        "image_id": _word(said.get("ImageID")),
        "id": identifier,
        "state": (_word(said.get("State")) or "").lower() or None,
        "health": health.group(1) if health else None,
        "status": status,
        "created_at": _time(said.get("Created")),
        # Of a bundle that was captured before the answer was reduced: its first word.
        "command": ((_word(said.get("Command")) or "").split() or [None])[0],
        "ports": _sorted(map(_port, _dicts(said.get("Ports")))),
        "networks": _sorted(map(_word, networks)),
        "mounts": _sorted(map(_mount, _dicts(said.get("Mounts")))),
        "project": _word(_dict(said.get("Labels")).get(dockerd.PROJECT)),
    }


def _item_of_containerd(said):
    return {
        "engine": CONTAINERD,
        "name": text.clean(said["name"]),
        "image": text.clean(said["image"]),
        "image_id": text.clean(said["image_id"]),
        "id": text.clean(said["id"]),
        "state": said["state"],
        "created_at": _time(said["created"]),
        "command": text.clean(said["command"]),
        "mounts": _sorted(map(text.clean, said["mounts"])),
        "project": text.clean(said["labels"].get(dockerd.PROJECT)),
    }


def _is_hidden(said):
    labels = _dict(said.get("Labels"))
    return dockerd.POD in labels and not source.option("kubernetes")


def _name(names):
    """Return the container's own name: links of others to it have two parts."""
    words = [word.strip("/") for word in map(_word, names) if word]
    own = [word for word in words if word and "/" not in word]
    return own[0] if own else None


def _port(said):
    inside = f"{_number(said.get('PrivatePort'))}/{_word(said.get('Type')) or 'tcp'}"
    outside = _number(said.get("PublicPort"))
    if not outside:
        return inside
    address = _word(said.get("IP")) or "0.0.0.0"
    return f"{f'[{address}]' if ':' in address else address}:{outside}->{inside}"


def _mount(said):
    where = _word(said.get("Name")) or _word(said.get("Source"))
    target = _word(said.get("Destination"))
    return f"{where}:{target}" if where and target else target


def _time(seconds):
    if isinstance(seconds, int) and 0 < seconds < LAST_TIME:
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    return None


def _word(said):
    return text.clean(said) if isinstance(said, str) else None


def _number(said):
    return said if isinstance(said, int) and 0 <= said < 65536 else 0


def _dict(said):
    return said if isinstance(said, dict) else {}


def _dicts(said):
    return [each for each in said if isinstance(each, dict)] if isinstance(said, list) else []


def _sorted(words):
    return sorted({word for word in words if word})


def _docker(path):
    return _ask(path, "docker", dockerd.ask)


def _containerd(path):
    left_out = [] if source.option("kubernetes") else [KUBERNETES]
    return parse_containerd(_ask(path, CONTAINERD, containerd.ask, left_out))


def _ask(path, name, function, *args):
    """Return the engine's answer; raises Unavailable without the right to ask it."""
    limit = float(source.option("limit_seconds", LIMIT_SECONDS))
    try:
        return source.ask(name, function, path, limit, *args, limit_seconds=limit)
    except PermissionError:
        raise source.Unavailable(f"no right to ask {path}: run as root") from None
    except OSError as error:
        raise source.CollectorError(f"{path}: {error}") from error
