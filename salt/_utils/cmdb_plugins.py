"""Find out what a collector says about itself: from a module's function, or from a class."""

import importlib
import importlib.util
import os
import re
import traceback
import types

import cmdb_later as later
import cmdb_run as run
import cmdb_settings as settings_
import cmdb_source as source

PREFIX = "cmdb_"
# The API takes no other names, and refuses a report whole that holds one.
KIND = re.compile(r"[a-z][a-z0-9_]{0,63}")
NO_KINDS = ("asset",)
# What Salt's loader puts into a module, or looks for in one.
NEEDS_SALT = {
    *("__salt__", "__opts__", "__grains__", "__pillar__", "__context__", "__utils__", "__proxy__"),
    *("__virtual__", "__virtualname__", "__init__", "__func_alias__", "salt"),
}
# {path: (what the file was, its module or None)}; it goes when a library changes.
_loaded = {}


def is_kind(name):
    """Tell whether a report may hold a kind of this name."""
    return bool(KIND.fullmatch(name)) and name not in NO_KINDS


def from_function(kind, collect, settings, origin=""):
    """Return the Collector of a module, read from the constants beside its ``collect``."""
    return _collector(kind, collect, collect.__globals__.get, settings, origin)


def from_file(kind, path, settings):
    """
    Return the Collector of a file; None where it takes Salt's own loader to load it.

    That gives each module copies of options, grains and functions, which costs a job more than all
    that our collectors do; they ask for none of it.
    """
    if not is_kind(kind):
        return _misnamed(kind, path, settings)
    stamp = _stamp(path)
    if stamp is None or _loaded.get(path, (None,))[0] != stamp:
        _loaded[path] = stamp, _import(kind, path)
    module = _loaded[path][1]
    if module is None or not callable(getattr(module, "collect", None)):
        return None
    return from_function(kind, module.collect, settings, path)


def _import(kind, path):
    try:
        spec = importlib.util.spec_from_file_location(PREFIX + kind, path)
        code = spec.loader.get_code(spec.name)
        if not NEEDS_SALT.isdisjoint(_names(code)):
            return None
        module = importlib.util.module_from_spec(spec)
        with later.libraries_at_hand():
            exec(code, module.__dict__)
    except Exception:
        # Salt's loader meets the same, or not; it says why.
        return None
    return module


def _names(code):
    """Yield all names that a module's code asks for."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names(constant)
            yield constant.co_name


def _stamp(path):
    try:
        told = os.stat(path)
    except OSError:
        return None
    return told.st_ino, told.st_mtime_ns, told.st_size


def from_class(dotted, settings):
    """
    Return the Collector of a class with ``process(self, source)``.

    ``initial(cls)``, where there is one, is called before the class is made. The kind is the
    class's ``KIND``, else its name in lower case; KEY, SERIAL and so on are class attributes.
    """
    kind = dotted.rpartition(".")[2].lower()
    try:
        cls = _load(dotted)
        kind = str(getattr(cls, "KIND", kind))
    except Exception as error:
        return broken(kind, dotted, f"{type(error).__name__}: {error}", settings)
    if not is_kind(kind):
        return _misnamed(kind, dotted, settings)

    def collect():
        if getattr(cls, "initial", None):
            cls.initial()
        return cls().process(source)

    def constant(name, default):
        return getattr(cls, name, default)

    return _collector(kind, collect, constant, settings, dotted)


def broken(kind, origin, error, settings, trace=None):
    """Return a Collector that can't run; its section says why."""
    wanted = settings_.collector(settings, kind)
    return run.Collector(
        kind=kind,
        collect=None,
        enabled=wanted["enabled"] is not False,
        origin=origin,
        fault=(error, trace or traceback.format_exc()),
    )


def _misnamed(kind, origin, settings):
    error = (
        f"{kind!r} is no name of a kind, and no report holds it: a small letter, then at most 63 "
        f"small letters, digits and _, and not {', '.join(NO_KINDS)}"
    )
    return broken(kind, origin, error, settings, "none: the name is wrong")


def not_loaded(kind, path, settings):
    """Return the Collector of a file that Salt did not load; its section says why."""
    try:
        spec = importlib.util.spec_from_file_location("cmdb_that_does_not_load", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    except Exception as error:
        return broken(kind, path, f"{type(error).__name__}: {error}", settings)
    if not hasattr(module, "__virtual__"):
        return broken(kind, path, f"{path} has no function collect()", settings, "none: it loads")

    def collect():
        raise source.Unavailable(_refusal(module))

    return _collector(kind, collect, module.__dict__.get, settings, path)


def _refusal(module):
    """Return why a module's ``__virtual__`` keeps Salt from loading it."""
    try:
        said = module.__virtual__()
    except NameError:
        # It asks for grains or options, which only Salt gives it.
        said = False
    reason = said[1] if isinstance(said, tuple) and len(said) > 1 else None
    return reason or "its __virtual__() says that it is not for this host"


def _load(dotted):
    module, _, name = dotted.rpartition(".")
    if not module:
        raise source.CollectorError(f"cmdb:plugins: {dotted!r} is no dotted path of a class")
    return getattr(importlib.import_module(module), name)


def _collector(kind, collect, constant, settings, origin):
    wanted = settings_.collector(settings, kind)
    enabled, limit = wanted.pop("enabled"), wanted.pop("limit")
    if error := settings_.limit_fault(settings, kind):
        return broken(kind, origin, error, settings, "none: a setting is wrong")
    key = constant("KEY", ())
    return run.Collector(
        kind=kind,
        collect=collect,
        key=(key,) if isinstance(key, str) else tuple(key),
        serial=constant("SERIAL", None),
        volatile=frozenset(constant("VOLATILE", ())),
        slow=bool(constant("SLOW", False)),
        bulk=bool(constant("BULK", False)),
        # A collector that costs or tells too much says ENABLED = False and waits to be asked for.
        enabled=constant("ENABLED", True) if enabled is None else bool(enabled),
        limit_seconds=float(limit),
        options=wanted,
        origin=origin,
    )
