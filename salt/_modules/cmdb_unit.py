"""Services and the other units of the init system: what starts at boot, what may, what must not.

Source: systemd's unit files and the links that enable them, running services from the control
groups; scripts of System V and OpenRC by the links of their run levels. Units that a generator
makes (mounts of fstab) and other names of a unit are left out, and types that follow from others
(option ``types``: service, socket, timer, path, mount, automount).

=========  ====  ==========================================================================
name       str   "sshd.service"; a script of System V or OpenRC has no ending; the identity
system     str   "systemd", "sysv" or "openrc"
state      str   "enabled", "enabled-runtime", "disabled", "masked", "masked-runtime", "static"
                 (nothing enables it, others start it), "indirect" (through another one),
                 "linked" (its file lies elsewhere)
path       str   its file, links resolved; None for masked ones
overrides  list  files that change parts of it, in /etc and /run
running    bool  of a service: True while it has processes; volatile
=========  ====  ==========================================================================
"""

import re

import cmdb_source as source

__load__ = ["collect"]

KEY = ["name"]
VOLATILE = ["running"]
BULK = True

TYPES = ("service", "socket", "timer", "path", "mount", "automount")
# The first that has a unit decides; what a person or another program set comes first.
FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
SETTING = (("/etc/systemd/system", ""), ("/run/systemd/system", "-runtime"))
LINK_FOLDERS = ("wants", "requires", "upholds")
CONTROL_GROUPS = ("/sys/fs/cgroup/", "/sys/fs/cgroup/systemd/", "/sys/fs/cgroup/unified/")
_INSTALL = re.compile(r"^\[Install\][^\n]*((?:\n(?!\[)[^\n]*)*)", re.MULTILINE)
_ENABLES = re.compile(r"^(?:WantedBy|RequiredBy|UpheldBy|Alias)[ \t]*=[ \t]*[^\s#;]", re.MULTILINE)
_ALSO = re.compile(r"^(?:Also|DefaultInstance)[ \t]*=[ \t]*[^\s#;]", re.MULTILINE)
_START = re.compile(r"/rc([0-6S])\.d/([SK])[0-9]{2}([^/]+)")


def collect():
    """
    Return this machine's units.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_unit.collect
    """
    items = _systemd() + parse_openrc(source.glob("/etc/runlevels/*/*"), _openrc_scripts())
    native = {item["name"].rpartition(".")[0] for item in items}
    scripts = parse_sysv(source.glob("/etc/rc[0-6S].d/*") or source.glob("/etc/rc.d/rc[0-6S].d/*"))
    items += [item for item in scripts if item["name"] not in native]
    if not items:
        raise source.Unavailable("no units of systemd, System V or OpenRC are on this machine")
    known = {item["name"]: item for item in reversed(items)}
    return [known[name] for name in sorted(known)]


def parse_install(said):
    """Return what a unit's file says of enabling it: "disabled", "indirect" or "static"."""
    if "[Install]" not in said:
        return "static"
    section = "".join(_INSTALL.findall(said.replace("\r\n", "\n")))
    if _ENABLES.search(section):
        return "disabled"
    return "indirect" if _ALSO.search(section) else "static"


def parse_sysv(links):
    """Turn the links of System V's run levels into items; started at 2 to 5 is enabled."""
    started = {}
    for path in links:
        match = _START.search(path)
        if match and match.group(3) != "README":
            level, letter, name = match.groups()
            started[name] = started.get(name, False) or (letter == "S" and level in "2345S")
    return [_script(name, "sysv", started[name]) for name in sorted(started)]


def parse_openrc(links, scripts):
    """Turn the links of OpenRC's run levels, and its scripts, into items."""
    enabled = {path.rpartition("/")[2] for path in links}
    names = enabled | {path.rpartition("/")[2] for path in scripts}
    return [_script(name, "openrc", name in enabled) for name in sorted(names)]


def _script(name, system, enabled):
    state = "enabled" if enabled else "disabled"
    return {"name": name, "system": system, "state": state, "path": f"/etc/init.d/{name}"}


def _openrc_scripts():
    scripts = source.glob("/etc/init.d/*") if source.glob("/etc/runlevels/*") else []
    # Shell libraries lie beside them.
    return [path for path in scripts if not path.endswith((".sh", "/README"))]


def _systemd():
    files = _unit_files(tuple(source.option("types", TYPES)))
    if not files:
        return []
    targets = {path: source.link(path) for path in files.values()}
    enabling = [(suffix, _enabled(folder)) for folder, suffix in SETTING]
    overrides, running = _overrides(), _running()
    items = []
    instances = {name for _, names in enabling for name in names if _template(name) in files}
    for name in sorted({*files, *instances}):
        path = files.get(name) or files[_template(name)]
        target = targets[path]
        if target and target != "/dev/null" and not _same(target, name):
            # Another name of a unit.
            continue
        masked = target == "/dev/null"
        item = {"name": name, "system": "systemd", "path": None if masked else target or path}
        item["state"] = _state(name, path, target, enabling)
        item["overrides"] = overrides.get(name)
        if name.endswith(".service") and "@." not in name and running is not None:
            item["running"] = name in running
        items.append(item)
    return items


def _unit_files(types):
    """Return {name: path} of the files that count."""
    files = {}
    folders = FOLDERS
    if source.link("/lib"):
        # Where /lib is a link it is /usr/lib, which has been looked at.
        folders = FOLDERS[:-1]
    for folder in folders:
        for path in source.glob(f"{folder}/*.*"):
            name = path.rpartition("/")[2]
            if name.rpartition(".")[2] in types:
                files.setdefault(name, path)
    return files


def _enabled(folder):
    """Return the names that links in this folder enable."""
    paths = [path for each in LINK_FOLDERS for path in source.glob(f"{folder}/*.{each}/*")]
    names = {path.rpartition("/")[2] for path in paths}
    for path in source.glob(f"{folder}/*.*"):
        target = source.link(path)
        if target and target != "/dev/null":
            own, name = path.rpartition("/")[2], target.rpartition("/")[2]
            # A link of another name is what "Alias=" asked for.
            names |= {name} if own != name and target.startswith(FOLDERS) else set()
    return names


def _state(name, path, target, enabling):
    runtime = "-runtime" if path.startswith("/run/") else ""
    if target == "/dev/null":
        return f"masked{runtime}"
    for suffix, names in enabling:
        instance = "@." in name and any(_template(each) == name for each in names)
        if name in names or instance:
            return f"enabled{suffix}"
    if target and not target.startswith(FOLDERS):
        return f"linked{runtime}"
    said = source.read(path)
    return parse_install(said) if said is not None else None


def _overrides():
    found = {}
    for folder, _ in SETTING:
        for path in source.glob(f"{folder}/*.d/*.conf"):
            found.setdefault(path.split("/")[-2][:-2], []).append(path)
    return found


def _running():
    """Return the names of services that have processes; None where it can't be seen."""
    for root in CONTROL_GROUPS:
        slices = ("*.slice", "*.slice/*.slice")
        paths = [path for each in slices for path in source.glob(f"{root}{each}/*.service")]
        if paths:
            return {path.rpartition("/")[2] for path in paths}
    return None


def _template(name):
    """Return the template of an instance: "getty@.service" of "getty@tty1.service"."""
    head, at, tail = name.partition("@")
    return f"{head}@.{tail.rpartition('.')[2]}" if at else name


def _same(target, name):
    return target.rpartition("/")[2] in (name, _template(name))
