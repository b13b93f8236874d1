"""Installed packages, one item for each name and architecture.

Source: the dpkg status file (and status.d, as distroless images have it), else the rpm database
(its file where it is SQLite, else through Python's ``rpm`` or one ``rpm -qa``), else the database
of apk or pacman. Packages that are
removed but for their configuration, or not unpacked, are left out. What may be installed in
several versions at once (kernels, signing keys) is one item, the newest in ``version``: an upgrade
is a change.

==============  ====  ==========================================================
name            str   with arch the identity
arch            str   "amd64", "noarch" …
version         str   with epoch and release as the package manager writes them
older_versions  list  other versions that are installed beside it
==============  ====  ==========================================================
"""

import contextlib
import re

import cmdb_later as later
import cmdb_source as source
import cmdb_text as text

rpmdb = later.library("cmdb_rpmdb")
rpmlist = later.library("cmdb_rpmlist")

__load__ = ["collect"]

KEY = ["name", "arch"]
BULK = True
TOOLS = {"rpm": "package rpm; only where its database is not SQLite"}

DPKG = "/var/lib/dpkg/status"
# What follows the two words of a Status where the files of the package are not on the disk.
DPKG_GONE = (" not-installed", " config-files", " half-installed")
APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
PACMAN = "/var/lib/pacman/local/*/desc"
# One is a link to the other where both are there.
RPM_SQLITE = ("/var/lib/rpm/rpmdb.sqlite", "/usr/lib/sysimage/rpm/rpmdb.sqlite")
RPM = (
    *RPM_SQLITE,
    *("/var/lib/rpm/Packages", "/var/lib/rpm/Packages.db"),
    "/usr/lib/sysimage/rpm/*[Pp]ackages*",
)
RPM_FORMAT = "%{NAME}\\t%{EPOCH}\\t%{VERSION}\\t%{RELEASE}\\t%{ARCH}\\n"
# With the line's end in the literal start, a search skips the other lines 20 times faster.
_DPKG_FIELD = re.compile(r"\n(Package|Status|Version|Architecture):([^\n]*)")
_PACMAN_FIELD = re.compile(r"^%(NAME|VERSION|ARCH)%\r?\n([^\n]+)", re.MULTILINE)
_APK_FIELD = re.compile(r"\n([PVA]):([^\n]*)")
_RUNS = re.compile(r"([0-9]+)|([a-zA-Z]+)|(~)")


def collect():
    """
    Return this machine's packages.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb_package.collect
    """
    dpkg = source.read(DPKG)
    parts = [source.read(path) for path in source.glob(DPKG + ".d/*") if not path.endswith("sums")]
    if dpkg or parts:
        return parse_dpkg("\n\n".join(filter(None, [dpkg, *parts])))
    if any(map(source.glob, RPM)):
        return parse_rpm(_ask_rpm())
    for path in APK:
        if source.glob(path):
            return parse_apk(source.need(path))
    if source.glob(PACMAN):
        return parse_pacman({path: source.need(path) for path in source.glob(PACMAN)})
    if source.is_partial():
        with contextlib.suppress(source.Unavailable):
            return parse_rpm(_run_rpm())
    raise source.Unavailable("no package database of dpkg, rpm, apk or pacman is on this machine")


def parse_dpkg(status):
    """Turn a dpkg status file into items."""
    found = _records(_DPKG_FIELD, status, first="Package")
    # In status.d what is listed is installed; only dpkg's own file says so.
    found = [said for said in found if not said.get("Status", "").endswith(DPKG_GONE)]
    return _items(
        [(said["Package"], said.get("Version"), said.get("Architecture")) for said in found],
        "dpkg status",
    )


def parse_rpm(said):
    """Turn a list of rpm's, in our format or one of its own, into items."""
    found = []
    for name, epoch, version, release, arch in rpmlist.records(said):
        version = "-".join(filter(None, (version, release)))
        found.append([name, f"{epoch}:{version}" if epoch and epoch != "0" else version, arch])
    return _items(found, "rpm")


def parse_apk(installed):
    """Turn apk's database into items."""
    found = _records(_APK_FIELD, installed, first="P")
    return _items([(said["P"], said.get("V"), said.get("A")) for said in found], "apk")


def parse_pacman(descriptions):
    """Turn pacman's files, {path: text}, one a package, into items; a broken one is a problem."""
    found = []
    for path, said in descriptions.items():
        fields = {name: text.clean(value) for name, value in _PACMAN_FIELD.findall(said)}
        if not fields.get("NAME") or not fields.get("VERSION"):
            source.problem(f"{path}: no name and version of a package in it")
            continue
        found.append((fields.get("NAME"), fields.get("VERSION"), fields.get("ARCH")))
    return _items(found, "pacman")


def version_key(version):
    """Return what versions of one package sort by: runs of digits as numbers, ~ before all."""
    key = []
    for digits, word, tilde in _RUNS.findall(version):
        number = digits.lstrip("0")
        # Of two numbers the longer is the larger; of one length, the text decides.
        found = (1, len(number), number) if digits else (-2, 0, "") if tilde else (0, 0, word)
        key.append(found)
    # The end comes after "~" and before anything else.
    return [*key, (-1, 0, "")]


def _records(field, said, first):
    """Return a dict for each stanza; ``first`` is the field that every stanza begins with."""
    records = []
    for name, words in field.findall("\n" + said):
        words = words.strip()
        words = words if words.isprintable() else text.clean(words)
        if name == first:
            records.append({name: words})
        elif records and words:
            records[-1].setdefault(name, words)
    return records


def _items(found, where):
    """Return one item for each name and arch of [name, version, arch]."""
    versions = {}
    for name, version, arch in found:
        if name and version:
            versions.setdefault((name, arch or None), set()).add(version)
        elif name:
            source.problem(f"{where}: {name} has no version")
    if not versions:
        raise source.ParseError(f"{where}: no package in it")
    items = []
    for (name, arch), several in versions.items():
        newest, *older = _newest_first(several)
        item = {"name": name, "arch": arch, "version": newest}
        items.append({**item, "older_versions": sorted(older)} if older else item)
    return items


def _newest_first(versions):
    if len(versions) == 1:
        return list(versions)
    return sorted(versions, key=lambda version: (version_key(version), version), reverse=True)


def _ask_rpm():
    """Return the lines of the first way to the database that works here."""
    ways = [(_rpm_library,)]
    for path in source.glob(RPM_SQLITE[0]) or source.glob(RPM_SQLITE[1]):
        ways.insert(0, (rpmdb.read, path))
    for function, *args in ways:
        try:
            return source.ask("rpm", function, *args)
        except (ImportError, OSError):
            # Not in this Python, not settled, or in a form that only rpm itself knows.
            continue
    return _run_rpm()


def _run_rpm():
    try:
        return source.run(["rpm", "-qa", "--qf", RPM_FORMAT])
    except source.Unavailable as error:
        raise source.Unavailable(f"{error}: install the package rpm to read its database") from None


def _rpm_library():
    import rpm

    return "".join(header.sprintf(RPM_FORMAT) for header in rpm.TransactionSet().dbMatch())
