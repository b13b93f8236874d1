"""The language and the time zone of a page: as chosen, else as the browser says."""

import io
from functools import cached_property, lru_cache

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import g, request
from flask_babel import Domain, get_locale
from markupsafe import Markup
from pytz import all_timezones_set

from cmdb_api.extensions import babel

ENGLISH, CHINESE = "en", "zh"
# What each calls itself.
LANGUAGES = {ENGLISH: "English", CHINESE: "简体中文"}
# What the pages of each are marked with.
TAGS = {ENGLISH: "en", CHINESE: "zh-CN"}
LANGUAGE_COOKIE, ZONE_COOKIE = "cmdb_language", "cmdb_zone"


class Texts(Domain):
    """Translations straight from the text files that translators edit."""

    @cached_property
    def folder(self):
        return self.translation_directories[0]

    def get_translations(self):
        # Looked for once a request: a page has a thousand texts.
        found = g.get("console_texts") if g else None
        if found is None:
            found = _translations(self.folder, str(get_locale() or ENGLISH))
            if g:
                g.console_texts = found
        return found


def init_app(app):
    """Let pages of this app speak the languages."""
    babel.init_app(app, locale_selector=language, timezone_selector=zone)
    babel.domain_instance = Texts()
    # Jinja's own, and Flask-Babel's, make each of these texts anew.
    app.jinja_env.globals.update(_=_text, gettext=_text, ngettext=_plural)


def language():
    """Return the language of the page that is being made."""
    if not request:
        return ENGLISH
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    wanted = (code.lower().partition("-")[0] for code in request.accept_languages.values())
    return next((code for code in wanted if code in LANGUAGES), ENGLISH)


def zone():
    """Return the name of the time zone of whoever looks; UTC where that is not known."""
    chosen = request.cookies.get(ZONE_COOKIE) if request else None
    return chosen if chosen in all_timezones_set else "UTC"


def _text(text, /, **variables):
    """Return a text of a template in the language of the page, safe as it is."""
    texts = babel.domain_instance.get_translations()
    return _markup(texts, text) % variables if variables else _bare(texts, text)


def _plural(one, many, count, /, **variables):
    """Return the form of a text that fits a number."""
    texts = babel.domain_instance.get_translations()
    return Markup(texts.ungettext(one, many, count)) % ({"num": count} | variables)


@lru_cache(maxsize=8192)
def _markup(texts, text):
    return Markup(texts.ugettext(text))


@lru_cache(maxsize=8192)
def _bare(texts, text):
    return _markup(texts, text) % {}


def services():
    """Return {text: translation} of what services say, in the language of the page."""
    return _services(babel.domain_instance.folder, str(get_locale() or ENGLISH))


@lru_cache(maxsize=8)
def _services(folder, language):
    try:
        with open(f"{folder}/{language}/LC_MESSAGES/services.po", "rb") as file:
            found = read_po(file, locale=language)
    except FileNotFoundError:
        return {}
    return {each.id: each.string for each in found if each.id and each.string}


@lru_cache(maxsize=8)
def _translations(folder, language):
    path = f"{folder}/{language}/LC_MESSAGES/messages.po"
    try:
        with open(path, "rb") as file:
            catalog = read_po(file, locale=language)
    except FileNotFoundError:
        return NullTranslations()
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)
