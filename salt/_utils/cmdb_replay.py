"""Capture what collectors were answered, and answer them from that again.

A **bundle** is one JSON file that ``Capture.save`` writes. A **tree** is a folder laid out like a
machine's root: ``TREE/proc/cpuinfo`` answers for /proc/cpuinfo, ``TREE/commands/dmidecode -t 17``
for that command's output (a slash in an argument is written as "_"); ``TREE/commands/dmidecode``
answers for every call of dmidecode that has no file of its own. Whatever is not there is, to the
collectors, not on the machine. No answer ever comes from the machine that replays.
"""

import base64
import errno
import fnmatch
import glob as _glob
import json
import os
import re
import tempfile

import cmdb_source as source

BUNDLE = 1
_HASH = re.compile(rb"^([^:\n]*:)[^:\n]+", re.MULTILINE)


def open_door(path):
    """Return the door that answers from a bundle file or a tree; raises CollectorError."""
    if os.path.isdir(path):
        return Tree(path)
    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError) as error:
        raise source.CollectorError(f"{path} is no bundle and no folder: {error}") from error
    if not isinstance(content, dict) or content.get("bundle") != BUNDLE:
        raise source.CollectorError(f"{path} is no bundle of this version ({BUNDLE})")
    return Bundle(content)


class Capture:
    """A door that passes every question on and keeps the answers."""

    def __init__(self, door):
        self.door = door
        self.content = {"bundle": BUNDLE, "read": {}, "glob": {}, "link": {}, "run": {}, "ask": {}}

    def read_bytes(self, path):
        return self._keep("read", path, lambda: _without_hashes(path, self.door.read_bytes(path)))

    def glob(self, pattern):
        return self._keep("glob", pattern, lambda: self.door.glob(pattern))

    def link(self, path):
        return self._keep("link", path, lambda: self.door.link(path))

    def run(self, argv, limit_seconds):
        return self._keep("run", json.dumps(argv), lambda: self.door.run(argv, limit_seconds))

    def ask(self, name, function, args):
        question = json.dumps([name, *args])
        return self._keep("ask", question, lambda: self.door.ask(name, function, args))

    def save(self, path):
        """Write the bundle, readable by its owner only, whole or not at all."""
        folder = os.path.dirname(os.path.abspath(path))
        os.makedirs(folder, mode=0o700, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".capture-")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(self.content, file, indent=1, sort_keys=True)
        os.replace(temporary, path)

    def _keep(self, verb, question, answer):
        try:
            value = answer()
        except OSError as error:
            self.content[verb][question] = {"errno": error.errno}
            raise
        except source.CollectorError as error:
            self.content[verb][question] = {"error": str(error), "outcome": error.outcome}
            raise
        self.content[verb][question] = {"value": to_json(value)}
        return value


def _without_hashes(path, content):
    """Return passwd without the hashes that some old systems keep in it."""
    return _HASH.sub(rb"\1x", content) if path == "/etc/passwd" else content


class Bundle:
    """A door that answers from a bundle."""

    # It may hold a part of what a machine would answer.
    partial = True

    def __init__(self, content):
        self.content = content

    def read_bytes(self, path):
        return self._answer("read", path)

    def glob(self, pattern):
        if pattern in self.content["glob"]:
            return self._answer("glob", pattern)
        known = {**self.content["read"], **self.content["link"]}
        return sorted(path for path in known if fnmatch.fnmatchcase(path, pattern))

    def link(self, path):
        return self._answer("link", path)

    def run(self, argv, limit_seconds):
        question = json.dumps(argv)
        if question not in self.content["run"]:
            raise source.Unavailable(
                f"this bundle has no answer of {' '.join(argv)}: {argv[0]} is not installed"
            )
        code, stdout, stderr = self._answer("run", question)
        return code, stdout, stderr

    def ask(self, name, function, args):
        return self._answer("ask", json.dumps([name, *args]))

    def _answer(self, verb, question):
        kept = self.content[verb].get(question, {"errno": errno.ENOENT})
        if "errno" in kept:
            raise OSError(kept["errno"], os.strerror(kept["errno"] or 0), question)
        if "error" in kept:
            gone = kept.get("outcome") == source.Unavailable.outcome
            raise (source.Unavailable if gone else source.CollectorError)(kept["error"])
        return from_json(kept["value"])


class Tree:
    """A door that answers from a folder laid out like a machine's root."""

    partial = True

    def __init__(self, root):
        self.root = os.path.realpath(root)

    def read_bytes(self, path):
        with open(self._inside(path), "rb") as file:
            return file.read()

    def glob(self, pattern):
        start = len(self.root.rstrip("/"))
        found = _glob.glob(_glob.escape(self.root.rstrip("/")) + pattern)
        return sorted(path[start:] for path in found)

    def link(self, path):
        os.readlink(self._inside(os.path.dirname(path)) + "/" + os.path.basename(path))
        target = self._inside(path)
        return target[len(self.root.rstrip("/")) :]

    def run(self, argv, limit_seconds):
        words = [os.path.basename(argv[0]), *argv[1:]]
        names = dict.fromkeys(
            f"commands/{name.replace('/', '_')}" for name in (" ".join(words), words[0])
        )
        for name in names:
            path = os.path.join(self.root, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    return 0, file.read(), b""
        looked_for = " and no ".join(names)
        raise source.Unavailable(f"this folder has no {looked_for}: {argv[0]} is not installed")

    def ask(self, name, function, args):
        raise OSError(errno.ENOENT, "a tree answers no kernel call", name)

    def _inside(self, path):
        """Return where a path really leads; a link may not lead out of the tree."""
        seen = 0
        parts, at = path.strip("/").split("/"), self.root
        while parts:
            part = parts.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                at = self.root if at == self.root else os.path.dirname(at)
                continue
            below = os.path.join(at, part)
            if not os.path.islink(below):
                at = below
                continue
            seen += 1
            if seen > 40:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
            target = os.readlink(below)
            if os.path.isabs(target):
                at = self.root
            parts = target.split("/") + parts
        return at


def to_json(value):
    """Return an answer as a bundle holds it: bytes as text where they are text."""
    if isinstance(value, (bytes, bytearray)):
        try:
            text = bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            return {"base64": base64.b64encode(value).decode("ascii")}
        return {"text": text}
    if isinstance(value, (list, tuple)):
        return [to_json(each) for each in value]
    if isinstance(value, dict):
        return {"dict": {str(name): to_json(each) for name, each in value.items()}}
    return value


def from_json(value):
    """Return the answer that a bundle holds."""
    if isinstance(value, list):
        return [from_json(each) for each in value]
    if isinstance(value, dict):
        if "base64" in value:
            return base64.b64decode(value["base64"])
        if "text" in value:
            return value["text"].encode("utf-8")
        return {name: from_json(each) for name, each in value["dict"].items()}
    return value
