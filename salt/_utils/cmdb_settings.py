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


# {setting: what it must be}; None is always allowed where it is the default.
TEXT, NUMBER, COUNT, TEXTS, MAPPING, SWITCH = (
    "a text",
    "a number above 0",
    "a whole number above 0",
    "a list of texts",
    "a mapping",
    "true or false",
)
KINDS_OF_VALUES = {
    **dict.fromkeys(("url", "key", "ca_file", "proxy", "debug"), TEXT),
    **dict.fromkeys(("timeout", "limit"), NUMBER),
    "plugins": TEXTS,
    **dict.fromkeys(("collectors", "spool", "asset"), MAPPING),
}
SPOOL_VALUES = {
    "folder": TEXT,
    **dict.fromkeys(("max_reports", "max_bytes", "max_rejected"), COUNT),
}


class SettingsError(Exception):
    """A setting has a value that can't be used; names the setting."""


def merged(*layers):
    """Return the defaults with each layer laid over the one before, key by key."""
    settings = copy.deepcopy(DEFAULTS)
    for layer in layers:
        if layer is not None:
            lay(settings, layer)
    check(settings, KINDS_OF_VALUES, DEFAULTS)
    return settings


def lay(settings, layer):
    """Lay one layer over the settings, key by key."""
    if not isinstance(layer, dict):
        raise SettingsError(f"cmdb: must be a mapping, not {_kind(layer)}")
    _lay(settings, _plain(layer), "cmdb")


def check(settings, kinds, defaults):
    """Raise where a setting, or one of the spool, is not of its kind."""
    _check(settings, kinds, defaults, "cmdb")
    _check(settings["spool"], SPOOL_VALUES, defaults["spool"], "cmdb:spool")
    if settings["url"] and "@" in settings["url"].partition("//")[2].partition("/")[0]:
        raise SettingsError("cmdb:url holds a user name or password; none is needed there")


def unknown(settings, kinds):
    """Return a line for each setting that nothing reads, with the nearest known name."""
    return [
        # The formula reads its schedule, and what is declared, from the same pillar.
        *strangers(settings, {*DEFAULTS, "schedule", "declared"}, "cmdb"),
        *strangers(settings["spool"], DEFAULTS["spool"], "cmdb:spool"),
        *strangers(settings["collectors"], kinds, "cmdb:collectors"),
        *addresses(settings),
        *filter(None, (limit_fault(settings, kind) for kind in settings["collectors"])),
    ]


def addresses(settings):
    """Return a line for each address that no request can be made to."""
    return [
        f"cmdb:{name} must be an http:// or https:// address, not {settings[name]!r}"
        for name in ("url", "proxy")
        if settings[name] and not settings[name].lower().startswith(("http://", "https://"))
    ]


def limit_fault(settings, kind):
    """Return what is wrong with a collector's time limit; None where nothing is."""
    limit = collector(settings, kind)["limit"]
    if _fits(limit, NUMBER):
        return None
    return f"cmdb:collectors:{kind}:limit must be a number of seconds, not {limit!r}"


def strangers(given, known, path):
    """Return a line for each name that is not known, with the nearest that is."""
    lines = []
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
                raise SettingsError(f"{path}:{name} must be a mapping, not {_kind(value)}")
            _lay(below, value, f"{path}:{name}")
        elif path == "cmdb:collectors" and not isinstance(value, dict):
            raise SettingsError(f"{path}:{name} must be true, false or a mapping, not {value!r}")
        else:
            settings[name] = value


def _check(settings, wanted, defaults, path):
    for name, kind in wanted.items():
        value = settings[name]
        if not _fits(value, kind) and not (value is None and defaults[name] is None):
            # A number where one is wanted is no secret.
            said = value if kind in (NUMBER, COUNT) and _is_number(value) else _kind(value)
            raise SettingsError(f"{path}:{name} must be {kind}, not {said}")


def _fits(value, kind):
    if kind == TEXT:
        return isinstance(value, str)
    if kind == TEXTS:
        return isinstance(value, list) and all(isinstance(each, str) for each in value)
    if kind == MAPPING:
        return isinstance(value, dict)
    if kind == SWITCH:
        return isinstance(value, bool)
    whole = kind == NUMBER or isinstance(value, int)
    return _is_number(value) and whole and 0 < value < float("inf")


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _kind(value):
    """Return what a value is, in words: a wrong value may be a secret all the same."""
    for base, words in (
        (dict, "a mapping"),
        (list, "a list"),
        (str, "a text"),
        (bool, "a boolean"),
    ):
        if isinstance(value, base):
            return words
    return "nothing" if value is None else "a number"
