"""The minion's settings: every default with its unit, and how the layers are merged.

Defaults < minion config ``cmdb:`` < pillar ``cmdb:``, merged key by key.
"""

import copy
import difflib

DEFAULTS = {
    # The API's address, as "https://cmdb.example.com". Without it reports wait in the spool.
    "url": None,
    # This host's key: 64 hex digits, printed by `cmdb key HOST` where the API runs.
    "key": None,
    # File with the CA certificates that the API's certificate is checked against; None: system's.
    "ca_file": None,
    # Proxy on the way to the API, as "http://proxy.example.com:3128". Never from the environment.
    "proxy": None,
    # Longest wait for one answer of the API, seconds.
    "timeout": 30,
    # Time limit of a collector that has none of its own, seconds.
    "limit": 30,
    # {kind: false} turns a collector off, {kind: true} on; {kind: {enabled: ..., limit: ...}} also
    # gives it a time limit and options of its own.
    "collectors": {},
    # Collectors that are classes: dotted paths, as "mycompany.cmdb.Licences".
    "plugins": [],
    # Answer every question from this bundle or folder instead of from this machine.
    "debug": None,
    "spool": {
        # Where reports wait; None: cmdb/spool in the minion's cachedir.
        "folder": None,
        # Bounds. Past them superseded reports go first; the newest state of a kind always stays.
        "max_reports": 500,
        "max_bytes": 64 * 1024 * 1024,
        # Reports that the API refused are kept for a look, at most this many.
        "max_rejected": 50,
    },
    # What the CMDB tells this host about itself. Nothing here is read by the collectors.
    "asset": {},
}


class SettingsError(Exception):
    """A setting has a value that can't be used; names the setting."""


def merged(*layers):
    """Return the defaults with each layer laid over the one before, key by key."""
    settings = copy.deepcopy(DEFAULTS)
    for layer in layers:
        if layer is None:
            continue
        if not isinstance(layer, dict):
            raise SettingsError(f"cmdb: must be a mapping, not {type(layer).__name__}")
        _lay(settings, _plain(layer), "cmdb")
    return settings


def unknown(settings):
    """Return a line for each setting that nothing reads, with the nearest known name."""
    lines = []
    for known, given, path in (
        (DEFAULTS, settings, "cmdb"),
        (DEFAULTS["spool"], settings["spool"], "cmdb:spool"),
    ):
        for name in given:
            if name not in known:
                near = difflib.get_close_matches(str(name), known, n=1)
                hint = f"; did you mean {near[0]}?" if near else ""
                lines.append(f"unknown setting {path}:{name}{hint}")
    return lines


def collector(settings, kind):
    """Return a collector's settings: ``enabled`` (None where not said), ``limit``, its options."""
    return {"enabled": None, "limit": settings["limit"], **settings["collectors"].get(kind, {})}


def _plain(layer):
    """Copy a layer; ``package: false`` is short for ``package: {enabled: false}``."""
    layer = copy.deepcopy(dict(layer))
    collectors = layer.get("collectors")
    if isinstance(collectors, dict):
        for kind, value in collectors.items():
            if isinstance(value, bool):
                collectors[kind] = {"enabled": value}
            elif value is None:
                collectors[kind] = {}
    return layer


def _lay(settings, layer, path):
    for name, value in layer.items():
        below = settings.get(name)
        if isinstance(below, dict):
            if value is None:
                continue
            if not isinstance(value, dict):
                raise SettingsError(
                    f"{path}:{name} must be a mapping, not {type(value).__name__} ({value!r})"
                )
            _lay(below, value, f"{path}:{name}")
        elif path == "cmdb:collectors" and not isinstance(value, dict):
            raise SettingsError(f"{path}:{name} must be true, false or a mapping, not {value!r}")
        else:
            settings[name] = value
