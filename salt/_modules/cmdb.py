"""The CMDB on this host: run the collectors, report what they found, deliver it.

Collectors are the modules named ``cmdb_<kind>`` (and classes that ``cmdb:plugins`` names).
"""

import collections
import glob
import importlib
import os
import sys
import time

# The library that remembers what all of them were when they were loaded; it goes with them.
_MARKED, _MARK = "cmdb_errors", "__cmdb_stamps__"


def _refresh():
    """
    Drop every library from memory where one on disk is another than when they were loaded.

    A running minion keeps an old library after a new one was synced. This module alone drops them,
    all together, before it or a collector imports one. Where none has changed they stay: Salt may
    load this module again while its functions run, and two copies of a library share no state.
    """
    folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    paths = glob.glob(os.path.join(folder, "utils", "cmdb_*.py"))
    paths += glob.glob(os.path.join(folder, "_utils", "cmdb_*.py"))
    stamps = {path: _stamp(path) for path in paths}
    if getattr(sys.modules.get(_MARKED), _MARK, None) != stamps:
        for name in [name for name, module in sys.modules.items() if _is_library(name, module)]:
            del sys.modules[name]
        importlib.invalidate_caches()
        setattr(importlib.import_module(_MARKED), _MARK, stamps)


def _stamp(path):
    told = os.stat(path)
    return told.st_dev, told.st_ino, told.st_mtime_ns, told.st_size


def _is_library(name, module):
    folder = os.path.dirname(getattr(module, "__file__", None) or "")
    return name.startswith("cmdb_") and os.path.basename(folder) in ("utils", "_utils")


_refresh()

import cmdb_later
import cmdb_plugins
import cmdb_report
import cmdb_run
import cmdb_sequence
import cmdb_settings
import cmdb_source
import cmdb_version
from salt.exceptions import CommandExecutionError

cmdb_anonymise = cmdb_later.library("cmdb_anonymise")
cmdb_deliver = cmdb_later.library("cmdb_deliver")
cmdb_register = cmdb_later.library("cmdb_register")
cmdb_replay = cmdb_later.library("cmdb_replay")

__proxyenabled__ = ["*"]
__virtualname__ = "cmdb"


def __virtual__():
    return __virtualname__


def collect(*kinds, **options):
    """
    Run the collectors and return the report; with ``kinds`` only these, less those of ``exclude``.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb.collect
        salt '*' cmdb.collect cpu memory
        salt '*' cmdb.collect exclude=package,unit
        salt '*' cmdb.collect --return cmdb
    """
    settings = _settings()
    exclude = _names(_options("collect", options, exclude=())["exclude"])
    with _debug(settings):
        return cmdb_report.build(
            __opts__["id"],
            _reported(settings, kinds, exclude),
            via=_via(),
            key=settings["key"],
            seq=cmdb_sequence.advance(_folder("seq")),
        )


def report(*kinds, **options):
    """
    Run the collectors, deliver the report, return a short summary; takes what ``collect`` takes.

    The job succeeds whether or not the API can be reached: ``result`` is then ``spooled``, and
    the report arrives with the next one. It fails where the API refused the report, or where it is
    lost because nothing can be written here either.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb.report
    """
    collected = collect(*kinds, **options)
    sections = collected["sections"]
    summary = {
        "counts": dict(collections.Counter(each["status"] for each in sections.values())),
        "kinds": {kind: _outcome(each) for kind, each in sections.items()},
        **deliver(collected),
    }
    if summary["result"] in ("refused", "lost"):
        __context__["retcode"] = 1
    return summary


def deliver(report=None):
    """
    Deliver a report of ``cmdb.collect`` and whatever else waits; without one only what waits.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb.deliver
    """
    if report is not None and not (isinstance(report, dict) and "sections" in report):
        raise CommandExecutionError("cmdb.deliver takes a report as cmdb.collect returns it")
    return cmdb_deliver.deliver(_settings(), _folder("spool"), report)


def register(test=False, declared=None, **fields):
    """
    Register this host in the CMDB with its key, or declare something else of it.

    Returns ``result``, what changed, and the asset; with ``test=True`` what would change.
    ``declared`` is a mapping of fields, as they may be given one by one too.

    CLI Example:

    .. code-block:: bash

        salt web01 cmdb.register data_centre=FRA1 rack=A12 position_u=17
        salt web01 cmdb.register tags='[pci]' test=True
    """
    ours = {name: value for name, value in fields.items() if not name.startswith("__")}
    wanted, seq = {**(declared or {}), **ours}, cmdb_sequence.advance(_folder("seq"))
    try:
        return cmdb_register.register(_settings(), __opts__["id"], wanted, seq, dry_run=test)
    except cmdb_register.RegisterError as error:
        raise CommandExecutionError(str(error)) from error


def plugins():
    """
    Return each collector: on or off, where it comes from, and what it says when run now.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb.plugins
    """
    settings = _settings()
    collectors = _collectors(settings, ())
    with _debug(settings):
        sections = cmdb_run.sections(collectors)
    return {each.kind: _plugin(each, sections[each.kind]) for each in collectors}


def status():
    """
    Return how delivery stands: what waits, what was refused, the last success and error.

    CLI Example:

    .. code-block:: bash

        salt '*' cmdb.status
    """
    settings = _settings()
    told = {
        "version": cmdb_version.VERSION,
        "id": __opts__["id"],
        "url": settings["url"],
        "has_key": bool(settings["key"]),
        "settings_problems": [
            *cmdb_settings.unknown(settings, _kinds(settings)),
            *map(_no_kind, _misnamed(settings)),
        ],
    }
    try:
        spool = cmdb_deliver.open_spool(settings, _folder("spool"))
        state = spool.state()
        told.update(spool.counts(), spool_folder=spool.folder)
    except OSError as error:
        return {**told, "last_error": f"the spool can't be used: {error}"}
    for name in ("superseded_count", "refused_count", "last_success_at"):
        told[name] = state.get(name, 0 if name.endswith("_count") else None)
    told["last_error"], told["last_error_at"] = state.get("last_error"), state.get("last_error_at")
    return told


def capture(path=None, *kinds, **options):
    """
    Write all that the collectors read on this host into a bundle; return where it is.

    The bundle replays on any machine: set ``cmdb:debug`` to its path. It holds serial numbers,
    addresses and names, and is readable by its owner only. With ``anonymise=True`` each of these
    is replaced by one stand-in of the same shape, wherever it stands; look into the bundle before
    you give it away: a name that no field of the report holds is not known to be one.

    CLI Example:

    .. code-block:: bash

        salt web01 cmdb.capture
        salt web01 cmdb.capture /tmp/web01.json disk nic
        salt web01 cmdb.capture /tmp/somebody.json disk nic anonymise=True
    """
    anonymise = _options("capture", options, anonymise=False)["anonymise"]
    host = "anonymised" if anonymise else __opts__["id"]
    name = f"{host}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json"
    path = path or _folder("capture", name)
    _check_target(path)
    settings = _settings()
    with cmdb_source.through(cmdb_replay.Capture(cmdb_source.door())) as door:
        built = cmdb_report.build(__opts__["id"], _reported(settings, kinds), via=_via())
    if anonymise:
        door.content = cmdb_anonymise.anonymise(door.content, built)
    try:
        door.save(path)
    except OSError as error:
        raise CommandExecutionError(f"the bundle can't be written to {path}: {error}") from error
    return {
        "path": path,
        "size_bytes": os.path.getsize(path),
        "kinds": {kind: each["status"] for kind, each in built["sections"].items()},
    }


def replay(path, *kinds):
    """
    Return the report of another machine: from its bundle, or from a folder laid out like its root.

    FOLDER/proc/cpuinfo answers for that file, FOLDER/commands/dmidecode for that command's output.
    The report has no signature, so that nobody takes it for this host's.

    CLI Example:

    .. code-block:: bash

        salt-call --local cmdb.replay /tmp/web01.json
        salt-call --local cmdb.replay /tmp/folder board memory
    """
    settings = {**_settings(), "debug": os.path.abspath(path)}
    with _debug(settings):
        return cmdb_report.build(__opts__["id"], _reported(settings, kinds), via=_via())


def _check_target(path):
    """Raise where a bundle must not be written: the path was meant as a kind, or is taken."""
    if not os.path.isabs(str(path)):
        raise CommandExecutionError(
            f"the bundle's path comes first, as /tmp/{__opts__['id']}.json, and must be absolute, "
            f"not {path!r}; with '' for the path it is written where the minion keeps its bundles"
        )
    if os.path.exists(path):
        if not os.path.isfile(path):
            raise CommandExecutionError(f"{path} is there, and no file")
        try:
            cmdb_replay.open_door(path)
        except cmdb_source.CollectorError as error:
            raise CommandExecutionError(f"{path} is there, and not overwritten: {error}") from error


def _settings():
    try:
        return cmdb_settings.merged(__opts__.get("cmdb"), __pillar__.get("cmdb"))
    except cmdb_settings.SettingsError as error:
        raise CommandExecutionError(f"settings of the CMDB: {error}") from error


def _options(function, given, **defaults):
    """
    Return the options of a function that takes kinds, the defaults where none is given.

    Salt 3006 takes no keyword that stands after *kinds by its name; Salt adds __pub_… itself.
    """
    ours = {name: value for name, value in given.items() if not name.startswith("__")}
    if unknown := sorted(set(ours) - set(defaults)):
        raise CommandExecutionError(f"cmdb.{function} has no option {', '.join(unknown)}")
    return {**defaults, **ours}


def _names(value):
    """Return a list of kinds that came as one, or as a text with commas."""
    names = value.split(",") if isinstance(value, str) else value or ()
    return [name.strip() for name in names if name.strip()]


def _collectors(settings, kinds, exclude=()):
    """Return the collectors found, or those of ``kinds``; raises where one is not known."""
    files = _files()
    found = dict.fromkeys(files)
    for dotted in settings["plugins"]:
        each = cmdb_plugins.from_class(str(dotted), settings)
        found[each.kind] = each
    if unknown := sorted({*kinds, *exclude} - set(found)):
        raise CommandExecutionError(
            f"no collector for {', '.join(unknown)}; there are: {', '.join(sorted(found))}"
        )
    wanted = sorted(set(kinds or found) - set(exclude))
    chosen = [found[kind] or _collector(kind, files[kind], settings) for kind in wanted]
    return [_asked_for(each, settings) if each.kind in kinds else each for each in chosen]


def _asked_for(collector, settings):
    """Return a collector that was named: it runs, unless the settings turn it off."""
    said = cmdb_settings.collector(settings, collector.kind)["enabled"]
    return collector._replace(enabled=said is not False)


def _reported(settings, kinds, exclude=()):
    """Return the collectors that a report may hold; raises where another was asked for."""
    found = _collectors(settings, kinds, exclude)
    if kinds and (wrong := [_no_kind(each) for each in found if not _is_kind(each)]):
        raise CommandExecutionError("; ".join(wrong))
    return [each for each in found if _is_kind(each)]


def _misnamed(settings):
    """Return the collectors that no report may hold, because of their names."""
    files = _files().items()
    wrong = [(kind, path) for kind, path in files if not cmdb_plugins.is_kind(kind)]
    found = [cmdb_plugins.from_file(kind, path, settings) for kind, path in wrong]
    found += [cmdb_plugins.from_class(dotted, settings) for dotted in settings["plugins"]]
    return [each for each in found if not _is_kind(each)]


def _is_kind(collector):
    return cmdb_plugins.is_kind(collector.kind)


def _no_kind(collector):
    return f"{collector.origin}: {collector.fault[0]}"


def _files():
    """Return {kind: path} of the collectors' files that Salt knows; none is loaded for it."""
    prefix = cmdb_plugins.PREFIX
    return {
        name[len(prefix) :]: path
        for name, (path, *_) in sorted(__salt__.file_mapping.items())
        # Salt 3006 also lists what Python keeps: cmdb_disk.cpython-310.
        if name.startswith(prefix) and name.isidentifier()
    }


def _kinds(settings):
    classes = (cmdb_plugins.from_class(dotted, settings) for dotted in settings["plugins"])
    return {*_files(), *(each.kind for each in classes)}


def _collector(kind, path, settings):
    if found := cmdb_plugins.from_file(kind, path, settings):
        return found
    function = f"{cmdb_plugins.PREFIX}{kind}.collect"
    if function in __salt__:
        return cmdb_plugins.from_function(kind, __salt__[function], settings, path)
    return cmdb_plugins.not_loaded(kind, path, settings)


def _outcome(section):
    """Return how a collector did, in a word; what went wrong in a line."""
    if section["status"] != "error":
        return section["status"]
    return f"error: {section['error'].splitlines()[0]}"


def _plugin(collector, section):
    told = {"enabled": collector.enabled, "origin": collector.origin, "status": section["status"]}
    for name in ("reason", "error", "problems", "took_ms"):
        if section.get(name):
            told[name] = section[name]
    if "items" in section:
        told["item_count"] = len(section["items"])
    return told


def _debug(settings):
    """Replay within the block where ``cmdb:debug`` names a bundle or folder."""
    if not settings["debug"]:
        return cmdb_source.through(cmdb_source.door())
    try:
        return cmdb_source.through(cmdb_replay.open_door(settings["debug"]))
    except cmdb_source.CollectorError as error:
        raise CommandExecutionError(f"replay: {error}") from error


def _via():
    # So salt-ssh calls the folder that it keeps on its target.
    if os.path.basename(os.path.normpath(__opts__.get("root_dir") or "")) == "running_data":
        return "ssh"
    return "agent" if __opts__.get("file_client") == "local" else "salt"


def _folder(*names):
    return os.path.join(__opts__["cachedir"], "cmdb", *names)
