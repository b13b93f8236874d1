"""What services say, in the language of the page; values in it stay as they are.

Services speak English, in texts of fixed templates (``tools/messages.py`` finds them). A text is
taken apart by its template, and put together anew by the template's translation in ``services.po``.
There, ``{0}`` may hold a message itself, ``{0!t}`` words of the record, like states, and
``{0!l}`` a list. What has no template is shown in English.
"""

import re
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from cmdb_api.errors import for_people
from cmdb_api.services.resources import RESOURCES
from cmdb_api.services.search import titles
from cmdb_api.views.console import labels, language

# Characters that are looked through; messages are not longer, but for what hosts and people wrote.
LONGEST = 8_000
# Messages within messages, at most.
DEEPEST = 3
# Letters that a template of a whole message has; one of fewer fits nearly everything.
TELLING = 5
# Places of a text where a hint may begin that are tried.
TRIED = 3

_NOUNS = re.compile(
    rf"(?<=there is no )({'|'.join(r.noun for r in RESOURCES if ' ' in r.noun)})(?= )"
)
_FIELD = re.compile(r"([a-z_][\w.]{0,63}): ")
_NEXT_FIELD = re.compile(r"; (?=[a-z_][\w.]{0,63}: )")
_HINT = re.compile(r"[;,:] | \(")
# Hints one after the other.
_NEXT_HINT = re.compile(r"(?<=.)(?=; )", re.DOTALL)
_PLACE = re.compile(r"\{\d\}")
_MARKED = re.compile(r"\{(\d)(?:!([tl]))?\}")
# What stands between the words of a list.
_BETWEEN = re.compile(r", | or | and ")


class Template(NamedTuple):
    """The literal pieces of a message, and the parts of its translation: text, or (place, mark)."""

    pieces: tuple
    parts: tuple
    letters: int
    rank: tuple

    def values(self, text):
        """Return the values that stand in a text of this template; None where it is another."""
        first, last = self.pieces[0], self.pieces[-1]
        if not text.startswith(first) or not text.endswith(last):
            return None
        found, at, end = [], len(first), len(text) - len(last)
        for piece in self.pieces[1:-1]:
            # Two places side by side: taken apart by ``_apart``.
            next_at = text.find(piece, at, end) if piece else -1
            if piece and next_at < 0:
                return None
            found.append(text[at:next_at] if piece else None)
            at = next_at + len(piece) if piece else at
        return [*found, text[at:end]] if at <= end else None


def say(text):
    """Return a message in the language of the page."""
    text = str(text)
    return text if len(text) > LONGEST else _spoken(language.language(), for_people(text))


def exact(text):
    """Return a text that is one as it stands, without places, in the language of the page."""
    return language.services().get(text) or text


def say_all(fields):
    """Return {name: texts} of what is wrong with fields, in the language of the page."""
    return {name: [say(text) for text in texts] for name, texts in fields.items()}


def listed(values):
    """Return values in one line, as the language of the page lists them."""
    between = "、" if language.language() == language.CHINESE else ", "
    return between.join(map(str, values))


@lru_cache(maxsize=1024)
def _spoken(_language, text):
    # The same texts stand on page after page.
    known = _known(language.services())
    # A noun of two words is one value, as it is not seen where a name follows.
    whole = _NOUNS.sub(lambda noun: noun[0].replace(" ", "_"), text)
    said = whole if known is None else _whole(known, whole)
    return text if said == whole else said


def _whole(known, text):
    """Return what is said of one field or of several."""
    told = [_of_field(known, part) for part in _NEXT_FIELD.split(text)]
    if None not in told:
        return "；".join([*(each.rstrip("。") for each in told[:-1]), told[-1]])
    said = _said(known, text, 0)
    return text if said is None else said


def _of_field(known, text):
    field = _FIELD.match(text)
    said = _said(known, text[field.end() :], 0) if field else None
    if said is None:
        return _said(known, text, 0)
    return f"{_word(field[1])}：{said}"


def _said(known, text, depth):
    """Return a message in the other language; None where no template fits."""
    exact, templates = known
    if text in exact:
        return exact[text]
    if depth > DEEPEST:
        return None
    for template in templates:
        if template.letters >= TELLING or depth:
            values = template.values(text)
            if values is not None:
                return _filled(known, template, values, depth)
    return _several(known, text, depth) if depth else _sentence(known, text)


def _sentence(known, text):
    """Return a message that a schema made a sentence of; None where it is none."""
    if not text[:1].isupper() or not text.endswith("."):
        return None
    said = _said(known, f"{text[0].lower()}{text[1:-1]}", 1)
    return said and f"{said}。"


def _several(known, text, depth):
    """Return what hints say that stand one after the other; None where one is not known."""
    for place in islice(_NEXT_HINT.finditer(text), TRIED):
        told = _said(known, text[: place.start()], depth + 1)
        rest = told and _said(known, text[place.start() :], depth + 1)
        if rest:
            return told + rest
    return None


def _filled(known, template, values, depth):
    values = _apart(known, values, depth)
    told = []
    for part in template.parts:
        if isinstance(part, str):
            told.append(part)
        else:
            told.append(_part(known, values[part[0]], part[1], depth))
    return "".join(told)


def _apart(known, values, depth):
    """Part the values that stand side by side: the one before is a value, the next is a hint."""
    found = list(values)
    for at, value in enumerate(values):
        if value is None:
            found[at], found[at + 1] = _parted(known, found[at + 1] or "", depth)
    return found


def _parted(known, text, depth):
    for place in islice(_HINT.finditer(text), TRIED):
        if _said(known, text[place.start() :], depth + 1) is not None:
            return text[: place.start()], text[place.start() :]
    return text, ""


def _part(known, text, mark, depth):
    """Return what stands in a message: a message itself, or a value, or words or a list of them."""
    said = _said(known, text, depth + 1) or _sentence(known, text) if " " in text else None
    if said is not None or not mark:
        return text if said is None else said
    words = _BETWEEN.split(text)
    return listed(map(_word, words) if mark == "t" else words)


def _word(name):
    """Return what a word of the record is called."""
    key = name.strip().replace(" ", "_")
    for column in (key, f"{key}s"):
        if column in titles.TITLES:
            return labels.column(column)
    known = {**labels.STATES, **labels.ROLES}
    return str(known[name]) if name in known else name


def _known(texts):
    """Return the texts without places, and the templates, the most literal first."""
    return _compiled(tuple(texts.items())) if texts else None


@lru_cache(maxsize=4)
def _compiled(texts):
    exact = {
        text: said for text, said in texts if not _PLACE.search(text) and text == text.rstrip()
    }
    found = [_template(text, said) for text, said in texts if text not in exact]
    return exact, sorted(found, key=lambda each: each.rank)


def _template(text, said):
    places, begins = len(_PLACE.findall(text)), text.endswith(": ")
    if text.endswith(" "):
        # The beginning of a message; the rest is one itself.
        text, said = f"{text}{{{places}}}", f"{said}{{{places}}}"
    pieces = tuple(_PLACE.split(text))
    pieces_said = _MARKED.split(said)
    parts = [pieces_said[0]]
    for place, mark, literal in zip(*(iter(pieces_said[1:]),) * 3, strict=True):
        parts += [(int(place), mark), literal]
    letters = sum(map(str.isalpha, "".join(pieces)))
    # What only says where comes before what is wrong there; then the most literal.
    return Template(pieces, tuple(parts), letters, (not begins, -letters, -len(pieces)))


FILTERS = {"said": say, "listed": listed}
