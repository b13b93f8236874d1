"""Containers of containerd, asked at its socket: its namespaces, their containers and tasks.

``ask`` gives a dict a container: name, id, image, image_id, labels, created, state, command and
mounts. It asks for lists and nothing else. A container's specification holds its environment,
with secrets in it: only the command's first word and the mounts are taken.
"""

import json

import cmdb_grpc as grpc
import cmdb_protobuf as protobuf

# Docker runs its own here, and tells of them itself.
DOCKER = ("moby", "plugins.moby")
# Others may hold secrets.
LABELS = ("nerdctl/name", "io.kubernetes.", "com.docker.compose.project")
_KIND = "io.cri-containerd.kind"
STATES = {1: "created", 2: "running", 3: "exited", 4: "paused", 5: "paused"}
_SERVICE = "/containerd.services.{}.v1.{}/List"
_NAMESPACES, _CONTAINERS, _TASKS, _IMAGES = (
    _SERVICE.format(name.lower(), name) for name in ("Namespaces", "Containers", "Tasks", "Images")
)
# What is bound from the host; the others are the kernel's, the same in all of them.
_BIND = ("bind", "rbind")


def ask(path, limit_seconds, left_out=()):
    """Return what containerd tells of all containers but those of namespaces that are left out."""
    found = []
    with grpc.Channel(path, limit_seconds) as channel:
        for name in namespaces(channel.call(_NAMESPACES)):
            if name in DOCKER or name in left_out:
                continue
            header = [("containerd-namespace", name)]
            answers = [channel.call(each, b"", header) for each in (_CONTAINERS, _TASKS, _IMAGES)]
            found += [{**each, "name": _name(name, each)} for each in containers(*answers)]
    # A container of a pod that was started anew leaves the old one behind.
    return sorted(found, key=lambda said: (said["name"], -said["created"], said["id"]))


def _name(space, said):
    """Return a name that lasts: an identifier is made anew each time."""
    labels = said["labels"]
    pod = [labels.get(f"io.kubernetes.{each}") for each in ("pod.namespace", "pod.name")]
    pod = [*pod, labels.get("io.kubernetes.container.name")]
    name = labels.get("nerdctl/name") or ("/".join(pod) if all(pod) else said["id"])
    return name if space == "default" else f"{space}/{name}"


def namespaces(answer):
    """Return the names in an answer to ListNamespaces."""
    found = protobuf.messages(protobuf.fields(answer), 1)
    return sorted(filter(None, (protobuf.text(each, 1) for each in found)))


def containers(answer, tasks=b"", images=b""):
    """Turn a namespace's answers to ListContainers, ListTasks and ListImages into dicts."""
    running = protobuf.messages(protobuf.fields(tasks), 1)
    # Of a task the container's own process has the container's name, or none.
    states = {
        protobuf.text(task, 1) or protobuf.text(task, 2): STATES.get(protobuf.integer(task, 4))
        for task in running
    }
    digests = _digests(images)
    found = []
    for said in protobuf.messages(protobuf.fields(answer), 1):
        identifier, image = protobuf.text(said, 1), protobuf.text(said, 3)
        labels = protobuf.pairs(said, 2)
        if labels.get(_KIND) == "sandbox":
            # It only holds a pod's network.
            continue
        created = next(iter(protobuf.messages(said, 8)), {})
        found.append(
            {
                "id": identifier,
                "image": image,
                "image_id": digests.get(image),
                "labels": {name: labels[name] for name in labels if name.startswith(LABELS)},
                "created": protobuf.integer(created, 1),
                # Without a task it does not run; nobody tells whether it ever did.
                "state": states.get(identifier, "created"),
                **_of_specification(said),
            }
        )
    return found


def _digests(answer):
    """Return {name of an image: digest} of an answer to ListImages."""
    found = {}
    for image in protobuf.messages(protobuf.fields(answer), 1):
        target = next(iter(protobuf.messages(image, 3)), {})
        found[protobuf.text(image, 1)] = protobuf.text(target, 2) or None
    return found


def _of_specification(said):
    """Return the command and the mounts of a container's OCI specification."""
    packed = next(iter(protobuf.messages(said, 5)), {})
    try:
        runs = json.loads(protobuf.text(packed, 2) or "{}")
    except (ValueError, RecursionError):
        runs = {}
    process = runs.get("process") if isinstance(runs, dict) else None
    words = process.get("args") if isinstance(process, dict) else None
    mounts = runs.get("mounts") if isinstance(runs, dict) else None
    mounts = [each for each in mounts if isinstance(each, dict)] if isinstance(mounts, list) else []
    return {
        "command": str(words[0]) if isinstance(words, list) and words else None,
        "mounts": [
            f"{mount.get('source')}:{mount.get('destination')}"
            for mount in mounts
            if mount.get("type") in _BIND and mount.get("source") and mount.get("destination")
        ],
    }
