"""Values as people write them, without quotes: addresses, moments, versions, paths.

Lucene's grammar ends a field's name at each colon, and has meanings for ~ ^ / and -. In a value
they stand for themselves: until it is parsed, another character stands for each, so that every
place in the text stays what it is.
"""

import re

# Code points that are no characters: nobody writes them.
_HIDDEN = {letter: chr(0xFDD0 + n) for n, letter in enumerate(":~^/+-'<>=!\"")}
_HIDE, _SHOW = str.maketrans(_HIDDEN), str.maketrans({v: k for k, v in _HIDDEN.items()})
_QUOTED = r'"(?:[^"\\]|\\.)*"'
# A bracket, or all up to the next bracket or space, with quotes as a whole.
_PIECE = re.compile(rf'[()\[\]{{}}]|(?:{_QUOTED}|\\.|[^\s()\[\]{{}}"\\]|["\\])+', re.DOTALL)
_FIELD = re.compile(rf'(?:{_QUOTED}|\\.|[^:"<>\\])+:', re.DOTALL)
_SIGN = re.compile("[<>]=?")
_ADDRESS = re.compile("[0-9a-fA-F]{0,4}(?::[0-9a-fA-F*?]{0,4}){2,19}[0-9.*?]{0,15}(?:/[0-9]{1,3})?")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+([zZ]|[+-][0-9:]+)?")
_REGEX = re.compile("/.*/", re.DOTALL)


def hidden(text):
    """Return a search in which what belongs to a value has no meaning for the grammar."""
    found, end, in_range = [], 0, False
    for piece in _PIECE.finditer(text):
        found.append(text[end : piece.start()])
        end, word = piece.end(), piece[0]
        if word in "([{)]}":
            in_range = word in "[{" or (in_range and word in "()")
            found.append(word)
        else:
            found.append(_value(word) if in_range else _term(word))
    return "".join([*found, text[end:]])


def shown(text):
    """Return a text with the characters that were hidden in it."""
    return text.translate(_SHOW)


def _term(word):
    """Hide what has no meaning in one term, like ``-field:>=value``."""
    start = 1 if word[0] in "+-!" else 0
    rest = word[start:]
    if _ADDRESS.fullmatch(rest) or _MOMENT.fullmatch(rest):
        return word[:start] + _value(rest)
    field = _FIELD.match(rest)
    name = field[0] if field else ""
    sign = _SIGN.match(rest, len(name))
    if not field and not sign:
        return word
    head = sign.end() if sign else len(name)
    is_version = sign or name.startswith("package.")
    # The quotes of a field's name are its own.
    named = name.replace('"', _HIDDEN['"'])
    return word[:start] + named + rest[len(name) : head] + _value(rest[head:], version=is_version)


def _value(word, *, version=False):
    if word.startswith('"') or _REGEX.fullmatch(word):
        return word
    first, rest = word[:1], word[1:].replace(":", _HIDDEN[":"])
    if version:
        rest = rest.replace("~", _HIDDEN["~"]).replace("^", _HIDDEN["^"])
    return first.translate(_HIDE) + rest
