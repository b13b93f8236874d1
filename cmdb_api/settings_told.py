"""The settings in effect as people may see them: each with its comment, and no secret."""

import inspect
import re
from functools import lru_cache

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from cmdb_api import default_settings
from cmdb_api.settings import SECRETS

HIDDEN = "***"
_SECRET = re.compile("SECRET|PASSWORD|TOKEN")
# Who logs in where, in an address: //user:password@
_LOGIN = re.compile(r"//[^/@\s]*@")
DATABASE = "SQLALCHEMY_DATABASE_URI"


def every(config):
    """Return each setting: name, value, default, origin (None: the default), whether secret."""
    origins = getattr(config, "origins", {})
    return [
        {
            "name": name,
            "about": about,
            "value": shown(name, config[name]),
            "default": shown(name, getattr(default_settings, name)),
            "is_secret": is_secret(name),
            "is_set": config[name] is not None,
            "origin": origins.get(name),
        }
        for name, about in comments().items()
    ]


def is_secret(name):
    """Tell whether the value of a setting is shown to nobody."""
    return name in SECRETS or bool(_SECRET.search(name))


def shown(name, value):
    """Return a value as it may be shown; what is secret of it is left out."""
    if value is None:
        return None
    if is_secret(name):
        return HIDDEN
    if name == DATABASE:
        return _database(value)
    return _scrubbed(value)


def _database(url):
    """Return where a database is: its password, and its options, which may hold one, left out."""
    try:
        return make_url(url).set(query={}).render_as_string(hide_password=True)
    except (ArgumentError, ValueError):
        return HIDDEN


def _scrubbed(value):
    if isinstance(value, str):
        return _LOGIN.sub(f"//{HIDDEN}@", value)
    if isinstance(value, dict):
        return {key: _scrubbed(each) for key, each in value.items()}
    return [_scrubbed(each) for each in value] if isinstance(value, (list, tuple)) else value


@lru_cache(maxsize=1)
def comments():
    """Return {name: the comment above it}; what follows without one shares it."""
    found, comment, fresh = {}, [], True
    for line in inspect.getsource(default_settings).splitlines():
        if line.startswith("#"):
            comment = [*([] if fresh else comment), line.lstrip("# ")]
            fresh = False
        elif name := re.match("([A-Z][A-Z0-9_]*) = ", line):
            found[name[1]] = " ".join(comment)
            fresh = True
        elif not line:
            comment, fresh = [], True
    return found
