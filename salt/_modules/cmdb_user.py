"""Accounts of this machine, and who may become root.

Source: /etc/passwd and /etc/group; the names that /etc/sudoers and what it includes give rights
to (needs root). /etc/shadow is never read, and no password, hash or command of sudo is told.
Left out are system accounts that can't log in (option ``system``: true shows them). Accounts that
a directory service knows are not on this machine.

==========  ====  ======================================================================
name        str   the identity
uid         int   user number
gid         int   number of the primary group
group       str   name of the primary group
groups      list  other groups that list it as a member
full_name   str   the first part of the comment field
home        str   home folder
shell       str   program that a login starts
login       bool  False where the shell lets nobody in
system      bool  True for accounts of the system and its services
sudo        list  entries of sudoers that name it or a group of its: "alice", "%wheel", "ALL"
==========  ====  ======================================================================
"""

import re

import cmdb_source as source
import cmdb_text as text

__load__ = ["collect"]

KEY = ["name"]

SUDOERS = "/etc/sudoers"
NO_LOGIN = ("nologin", "false", "sync", "shutdown", "halt", "true", "git-shell", "sbnologin")
FIRST_USER = 1000
NOBODY = 65534
MAX_INCLUDES = 100
_INCLUDE = re.compile(r'[@#]include(dir)?[ \t]+"?([^"\n]+?)"?[ \t]*')
_ALIAS = re.compile(r"User_Alias\s+(.*)", re.DOTALL)
_OTHER = re.compile(r"(?:Defaults|Cmnd_Alias|Cmd_Alias|Host_Alias|Runas_Alias)\b")
_WHO = re.compile(r"((?:[^\s,=:\\]|\\.)+(?:\s*,\s*(?:[^\s,=:\\]|\\.)+)*)\s+[^=]+=")


def collect():
    """
    Return this machine's accounts.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_user.collect
    """
    found = re.search(r"^UID_MIN\s+(\d+)", source.read("/etc/login.defs") or "", re.MULTILINE)
    first = text.integer(found.group(1)) if found else FIRST_USER
    items = parse(
        source.need("/etc/passwd"), source.read("/etc/group") or "", _sudoers(), first or FIRST_USER
    )
    return [item for item in items if source.option("system") or _is_shown(item)]


def parse(passwd, group, sudoers=None, first=FIRST_USER):
    """Turn passwd, group and the names in sudoers (None: unknown) into items."""
    groups = _groups(group)
    names = {gid: name for name, (gid, _) in reversed(groups.items())}
    items = {}
    for number, line in enumerate(passwd.splitlines(), 1):
        fields = line.split(":")
        uid, gid = (text.integer(fields[at]) if len(fields) == 7 else None for at in (2, 3))
        if uid is None or gid is None or not text.clean(fields[0]):
            # The system skips it as well. What it says stays here: it may hold a hash.
            if line.strip() and not line.startswith(("#", "+", "-")):
                source.problem(f"/etc/passwd, line {number}: not an account")
            continue
        item = _item(fields, uid, gid, first)
        member = sorted(name for name, (_, members) in groups.items() if item["name"] in members)
        item["group"], item["groups"] = names.get(gid), member
        item["sudo"] = _sudo(item, sudoers)
        items.setdefault(item["name"], item)
    if not items:
        raise source.ParseError("/etc/passwd: no account in it")
    return list(items.values())


def parse_sudoers(said):
    """
    Return (names that are given rights, {alias: names}, paths of files that are included).

    A folder that is included ends with "/".
    """
    names, aliases, includes = set(), {}, []
    for line in re.sub(r"\\\r?\n", " ", said).splitlines():
        line = line.strip()
        include = _INCLUDE.fullmatch(line)
        if include:
            folder, path = include.group(1), text.clean(include.group(2)) or "/"
            includes.append(path.rstrip("/") + "/" if folder else path)
            continue
        line = re.sub(r"(?<![\\%+])#(?!\d).*", "", line).strip()
        alias = _ALIAS.fullmatch(line)
        if alias:
            for part in alias.group(1).split(":"):
                name, _, members = part.partition("=")
                aliases[name.strip()] = _list(members)
        elif line and not _OTHER.match(line):
            who = _WHO.match(line)
            names |= _list(who.group(1)) if who else set()
    return names, aliases, includes


def _item(fields, uid, gid, first):
    name, full_name, home, shell = (text.clean(fields[at]) for at in (0, 4, 5, 6))
    program = (shell or "").rpartition("/")[2]
    return {
        "name": name,
        "uid": uid,
        "gid": gid,
        "full_name": text.clean((full_name or "").split(",")[0]),
        "home": home,
        # An empty field means the Bourne shell.
        "shell": shell or "/bin/sh",
        "login": program not in NO_LOGIN,
        "system": uid < first or uid == NOBODY,
    }


def _is_shown(item):
    return item["login"] or not item["system"]


def _groups(said):
    """Return {name: (gid, members)}."""
    groups = {}
    for line in said.splitlines():
        fields = line.split(":")
        gid = text.integer(fields[2]) if len(fields) == 4 else None
        if gid is not None and text.clean(fields[0]):
            members = set(filter(None, map(text.clean, fields[3].split(","))))
            groups.setdefault(text.clean(fields[0]), (gid, members))
    return groups


def _sudo(item, sudoers):
    if sudoers is None:
        return None
    own = {item["name"], f"#{item['uid']}", "ALL", f"%#{item['gid']}"}
    own |= {f"%{name}" for name in [*item["groups"], item["group"]] if name}
    return sorted(own & sudoers)


def _list(words):
    names = {re.sub(r"\\(.)", r"\1", word.strip()) for word in words.split(",")}
    return {name for name in names if name and not name.startswith("!")}


def _sudoers():
    """Return the names that sudo gives rights to, aliases resolved; None where it can't be read."""
    paths, seen, names, aliases = [SUDOERS], set(), set(), {}
    while paths and len(seen) < MAX_INCLUDES:
        path = paths.pop(0)
        if path in seen:
            continue
        seen.add(path)
        said = source.read(path)
        if said is None:
            if source.glob(path):
                return None
            continue
        more, named, includes = parse_sudoers(said)
        names |= more
        aliases.update(named)
        for each in includes:
            each = each if each.startswith("/") else f"/etc/{each}"
            # sudo itself leaves out what has a dot or ends with "~".
            inside = [p for p in source.glob(each + "*") if not re.search(r"\.|~$", p[len(each) :])]
            paths += inside if each.endswith("/") else [each]
    return _resolved(names, aliases)


def _resolved(names, aliases):
    done = set()
    while names - done:
        name = min(names - done)
        done.add(name)
        names = names | aliases.get(name, set())
    return names
