"""Icons: those of Bootstrap, drawn into the page, so that none is asked for by itself."""

import re
from functools import lru_cache
from pathlib import Path

import flask_bootstrap
from markupsafe import Markup

FILE = Path(flask_bootstrap.__file__).parent / "static/bootstrap5/icons/bootstrap-icons.svg"
_SYMBOL = re.compile(r'<symbol class="[^"]*" viewBox="([^"]*)" id="([^"]*)">(.*?)</symbol>', re.S)


def icon(name, title=None):
    """Return an icon; with a title it says something, without it decorates. May KeyError."""
    return _icon(name, str(title) if title else None)


@lru_cache(maxsize=1024)
def _icon(name, title):
    box, drawn = _all()[name]
    spoken = (
        Markup('role="img" aria-label="{}"').format(title)
        if title
        else Markup('aria-hidden="true"')
    )
    return Markup('<svg class="icon" viewBox="{}" {}>{}</svg>').format(box, spoken, Markup(drawn))


@lru_cache(maxsize=1)
def _all():
    found = _SYMBOL.findall(FILE.read_text("utf-8"))
    return {name: (box, drawn) for box, name, drawn in found}
