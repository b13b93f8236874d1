"""The settings, layered as ``default_settings`` says, and checked: a wrong one stops the start."""

import difflib
import ipaddress
import json
import os
import re

from flask import Config

from cmdb_api import default_settings, oidc_settings
from cmdb_api.errors import SettingsError
from cmdb_api.services import times

PREFIX = "CMDB_"
FILE = "CMDB_SETTINGS"
REQUIRED = ("SECRET_KEY", "MASTER_SECRET")
SECRETS = (*REQUIRED, "MASTER_SECRET_PREVIOUS")
SHORTEST_SECRET = 16
# Numbers of which 0 stands for "without bound".
MAY_BE_ZERO = ("HISTORY_DAYS", "SESSION_IDLE_MINUTES", "TRUSTED_PROXIES", "AUDIT_DAYS")
# Settings that are one of a few words.
CHOICES = {"UNKNOWN_HOSTS": ("accept", "review", "refuse")}
# Settings that give kinds a length of time.
DURATIONS = ("COVERAGE_WINDOWS",)
# Settings that list networks.
NETWORKS = ("WEBHOOK_ALLOWED_NETWORKS",)
# Settings of the libraries that a site may want, beside ours and Flask's own.
LIBRARIES = {"SQLALCHEMY_ENGINE_OPTIONS": dict, "SQLALCHEMY_ECHO": bool}

_DEFAULTS = {name: value for name, value in vars(default_settings).items() if name.isupper()}
# What has no default yet is a secret: text.
_TYPES = {name: str if value is None else type(value) for name, value in _DEFAULTS.items()}
_TYPES |= LIBRARIES


def load(config, overrides, environ=os.environ):
    """Fill the app's configuration; raises SettingsError with one line that says what is wrong."""
    config["DEBUG"] = False  # never taken from FLASK_DEBUG
    config.update(_DEFAULTS)
    known = config.keys() | LIBRARIES.keys()
    # Where each setting comes from that is not at its default.
    config.origins = {}
    for source, layer in (
        (FILE, _file(environ.get(FILE), config.root_path)),
        ("environment", _environment(environ)),
        ("create_app", overrides),
    ):
        for name, value in layer.items():
            _check(source, name, value, known)
        config.update(layer)
        config.origins |= dict.fromkeys(layer, source)
    _check_secrets(config)
    oidc_settings.check(config)


def _file(path, root):
    if not path:
        return {}
    layer = Config(root)
    try:
        layer.from_pyfile(os.path.abspath(path))
    except OSError as error:
        raise SettingsError(f"{FILE} names {path}: {os.strerror(error.errno)}") from error
    except (SyntaxError, NameError, ImportError, LookupError, TypeError, ValueError) as error:
        raise SettingsError(f"{FILE} names {path}: {type(error).__name__}: {error}") from error
    return layer


def _environment(environ):
    return {
        name: _parsed(name, text)
        for name, text in _named(environ)
        if name != FILE.removeprefix(PREFIX)
    }


def _named(environ):
    return [
        (name.removeprefix(PREFIX), text)
        for name, text in environ.items()
        if name.startswith(PREFIX)
    ]


def _parsed(name, text):
    """Return text as it stands where text is wanted, else as JSON where it is JSON."""
    if _TYPES.get(name) is str:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _check(source, name, value, known):
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise SettingsError(f"unknown setting {_spoken(source, name)}{hint}")
    wanted = _TYPES.get(name)
    if wanted is None or (value is None and _DEFAULTS.get(name) is None):
        return
    if not isinstance(value, wanted) or (isinstance(value, bool) and wanted is not bool):
        raise SettingsError(
            f"{_spoken(source, name)} must be {_kind(wanted)}, not {_kind(type(value))}"
        )
    if name in DURATIONS:
        _check_durations(_spoken(source, name), value)
    if name in NETWORKS:
        _check_networks(_spoken(source, name), value)
    if name in CHOICES and value not in CHOICES[name]:
        words = ", ".join(CHOICES[name])
        raise SettingsError(f"{_spoken(source, name)} must be one of {words}, not {value}")
    least = 0 if name in MAY_BE_ZERO else 1
    if wanted is int and value < least:
        bound = "more than 0" if least else "0 or more"
        raise SettingsError(f"{_spoken(source, name)} must be {bound}, not {value}")


def _check_durations(name, lengths):
    for kind, text in lengths.items():
        if not isinstance(kind, str) or not re.fullmatch("[a-z][a-z0-9_]{0,63}", kind):
            raise SettingsError(f"{name}: {kind!r} is no kind; write it like package or raid_disk")
        try:
            times.duration(text)
        except (TypeError, ValueError):
            wanted = "write a number and s, m, h, d or w, like 1d"
            raise SettingsError(f"{name}: {kind} has {text!r}; {wanted}") from None


def _check_networks(name, networks):
    for each in networks:
        try:
            ipaddress.ip_network(each if isinstance(each, str) else "")
        except ValueError as error:
            raise SettingsError(
                f"{name}: {each!r} is no network, like 10.20.0.0/16: {error}"
            ) from None


def _spoken(source, name):
    return f"{PREFIX}{name} in the environment" if source == "environment" else f"{name} ({source})"


def _kind(kind):
    names = {str: "a text", int: "a whole number", bool: "true or false", dict: "a dictionary"}
    return names.get(kind, kind.__name__)


def _check_secrets(config):
    if missing := [name for name in REQUIRED if not config[name]]:
        raise SettingsError(
            f"{' and '.join(missing)} not set: set {' and '.join(PREFIX + m for m in missing)} "
            f"in the environment, or in the file that {FILE} names"
        )
    for name in SECRETS:
        if config[name] and len(config[name]) < SHORTEST_SECRET:
            raise SettingsError(
                f"{name} is shorter than {SHORTEST_SECRET} characters; make one with: "
                'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
