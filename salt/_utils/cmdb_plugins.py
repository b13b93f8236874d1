"""Find out what a collector says about itself: from a module's function, or from a class."""

import importlib
import importlib.util
import traceback

import cmdb_run as run
import cmdb_settings as settings_
import cmdb_source as source

PREFIX = "cmdb_"


def from_function(kind, collect, settings, origin=""):
    """Return the Collector of a module, read from the constants beside its ``collect``."""
    return _collector(kind, collect, collect.__globals__.get, settings, origin)


def from_class(dotted, settings):
    """
    Return the Collector of a class with ``process(self, source)``.

    ``initial(cls)``, where there is one, is called before the class is made. The kind is the
    class's ``KIND``, else its name in lower case; KEY, SERIAL and so on are class attributes.
    """
    kind = dotted.rpartition(".")[2].lower()
    try:
        cls = _load(dotted)
        kind = getattr(cls, "KIND", kind)
    except Exception as error:
        return broken(kind, dotted, f"{type(error).__name__}: {error}", settings)

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
    if isinstance(limit, bool) or not isinstance(limit, (int, float)) or limit <= 0:
        error = f"cmdb:collectors:{kind}:limit must be a number of seconds, not {limit!r}"
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
