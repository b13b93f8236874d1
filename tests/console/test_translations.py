"""Both languages are complete: no text of a page is without its Chinese, nor outside of both."""

import re
from functools import lru_cache
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

PROJECT = Path(__file__).parents[2]
TEXTS = PROJECT / "cmdb_api/translations/zh/LC_MESSAGES/messages.po"
TEMPLATES = PROJECT / "cmdb_api/templates/console"
KEYWORDS = {"_": None, "_l": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
# Where a word means another thing than elsewhere, what it is of comes first.
KEYWORDS["_lp"] = ((1, "c"), 2)
# Names and units that are the same in both languages.
SAME = {"CMDB", "Apache", "OpenAPI", "API", "U", "Salt", "JSON", "CSV"}


@lru_cache(maxsize=1)
def extracted():
    """Return (what it is of, text) of every text of the pages, as translators get it."""
    with (PROJECT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(
        str(PROJECT), methods, options, keywords=KEYWORDS, comment_tags=(), strip_comment_tags=False
    )
    texts = [(message[4], message[2]) for message in found]
    return {(of, text if isinstance(text, str) else tuple(text)) for of, text in texts}


@lru_cache(maxsize=1)
def catalog():
    with TEXTS.open("rb") as file:
        return read_po(file, locale="zh")


def test_every_text_is_in_chinese():
    known = {_id(message): message.string for message in catalog() if message.id}
    missing = sorted(str(text) for text in extracted() if not _whole(known.get(text)))
    assert not missing, f"{len(missing)} texts have no Chinese: {missing[:20]}"


def test_no_text_is_kept_that_no_page_has():
    known = {_id(message) for message in catalog() if message.id}
    assert sorted(map(str, known - extracted())) == []


def test_translations_have_the_places_of_their_texts():
    wrong = []
    for message in catalog():
        for text in _texts(message.string):
            ids = " ".join(_texts(message.id))
            if not set(_places(text)) <= set(_places(ids)):
                wrong.append((message.id, text))
    assert not wrong, wrong[:5]


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=lambda p: p.name)
def test_a_template_has_no_text_outside_of_the_translations(path):
    text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.S)
    text = re.sub(r"\{% block body_class %\}.*?\{% endblock %\}", "", text)
    # Examples of what is typed, which is the same in both.
    text = re.sub(r"<code>.*?</code>", "", text, flags=re.S)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.S)
    spoken = re.findall(r'(?:title|aria-label|alt|data-confirm)="([^"]*)"', text)
    spoken.append(re.sub(r"<[^>]*>", " ", text, flags=re.S))
    words = {word for piece in spoken for word in re.findall(r"[A-Za-z]{2,}", piece)}
    entities = set(re.findall(r"&(\w+);", text))
    assert words - SAME - entities == set()


def _id(message):
    return message.context, message.id


def _whole(string):
    return bool(string) and all(_texts(string))


def _texts(value):
    return [value] if isinstance(value, str) else [text for text in value or () if text is not None]


def _places(text):
    return re.findall(r"%\((\w+)\)|\{(\w*)\}", text)
