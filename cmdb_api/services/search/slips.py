"""What people write as other programs take it: here it would find nothing, so it is told.

In quotes all of it stands for itself. No database: plain data in, plain data out.
"""

import re

_JOINING = {"and": "AND", "&&": "AND", "&": "AND", "or": "OR", "||": "OR", "not": "NOT"}
# "rack=A12", "memory.total_bytes>64G", or such a sign between spaces.
_COMPARED = re.compile(r"(?:([^\W\d][\w.]*)(?=.))?(==?|!=|<>|[<>]=?|\uff1a)(.*)", re.DOTALL)
_QUOTES = "\"'`\u2018\u2019\u201c\u201d\u201e\u00ab\u300c\uff02\uff07"


def check(text, *, is_free):
    """Raise ValueError where a word is none; ``is_free``: no field stands before it."""
    if len(text) > 1 and text[0] in _QUOTES and text[-1] in _QUOTES + "\u00bb\u300d":
        raise ValueError(f'write "{text[1:-1]}": quotes are " here, not {text[0]}')
    if not is_free:
        return
    if join := _JOINING.get(text):
        raise ValueError(f'write {join} to join terms, or "{text}" in quotes')
    if compared := _COMPARED.fullmatch(text):
        _tell(*compared.groups())


def _tell(field, sign, value):
    if not field:
        text = "a field and a colon come first, as in rack:A12 or memory.total_bytes:>=64G"
        raise ValueError(f"{sign} is not expected here; {text}")
    before, behind = ("NOT " if sign in ("!=", "<>") else ""), (sign if sign[0] in "<>" else "")
    behind = "" if before else behind
    raise ValueError(f'write {before}{field}:{behind}{value}, or "{field}{sign}{value}" in quotes')
