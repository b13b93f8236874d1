"""Values of facts: as people declare them, as they are compared with what is, and as they are told.

No database: plain data in, plain data out.
"""

import re
from fnmatch import fnmatchcase
from fractions import Fraction

from cmdb_api.errors import Invalid
from cmdb_api.services import addresses, facts, nearest
from cmdb_api.services.facts import BYTES, FLAG, KEPT_PERCENT, LIST, MORE_PERCENT, NUMBER, TEXT
from cmdb_api.services.quarantine import INT64, tidy

MOST_FACTS = 200
MOST_VALUES, LONGEST = 500, 1024
# Characters of a wrong value that its error shows.
_TOLD = 100
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,9})?) ?([A-Za-z]{1,3})")
_DECIMAL = {"B": 1} | {f"{letter}B": 1000**n for n, letter in enumerate("KMGTP", 1)}
_BINARY = {f"{letter}IB": 1024**n for n, letter in enumerate("KMGTP", 1)}
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}
_WANTED = {
    BYTES: "a whole number of bytes, or a size like 64GiB (1024s) or 1.92TB (1000s)",
    NUMBER: "a whole number from 0 on",
    FLAG: "true or false",
    TEXT: f"text of 1 to {LONGEST} characters",
    LIST: f"a list of text, each of 1 to {LONGEST} characters",
}


def check(expected, kinds=()):
    """
    Return {fact: value} with sizes as numbers; None, which takes a fact away, also for "" and [].

    ``kinds`` are known beside ours. Raises Invalid with all that is wrong, by ``expected.<fact>``.
    """
    if not isinstance(expected, dict) or len(expected) > MOST_FACTS:
        raise Invalid.of("expected", f"facts with their values are wanted, at most {MOST_FACTS}")
    found, faults = {}, {}
    for name, value in expected.items():
        fact = facts.find(name, kinds)
        if fact is None:
            faults[f"expected.{tidy(name, 64)}"] = _unknown(name, kinds)
        elif value in (None, "", []):
            found[name] = None
        elif (read := _read(fact, value)) is not None:
            found[name] = read
        else:
            faults[f"expected.{name}"] = f"{_wrong(fact, value)} is not {_wanted(fact, value)}"
    if faults:
        text = "; ".join(f"{field}: {text}" for field, text in faults.items())
        raise Invalid(text, fields={field: [text] for field, text in faults.items()})
    return found


def differs(fact, declared, observed, *, rough=False):
    """
    Tell whether what is observed is not what is declared; what is not observed does not differ.

    ``rough`` tells that a number is the kernel's, which keeps some of it for itself.
    """
    if observed is None:
        return False
    if fact.type == LIST:
        missing = [text for text in declared if not any(_like(text, each) for each in observed)]
        return bool(missing) or (not fact.among and len(set(observed)) != len(set(declared)))
    if fact.type == NUMBER:
        if rough:
            least, most = 100 - KEPT_PERCENT, 100 + MORE_PERCENT
            return not declared * least <= observed * 100 <= declared * most
        return abs(observed - declared) * 100 > declared * fact.percent
    return observed != declared if fact.type == FLAG else not _like(declared, observed)


def spoken(fact, declared, observed):
    """Return both values as people read them; in full where they would read the same."""
    both = [told(fact, value) for value in (declared, observed)]
    if both[0] == both[1]:
        both = [_shown(value) for value in (declared, observed)]
    return both


def told(fact, value):
    """Return a value as people read it, sizes rounded."""
    if fact.unit == BYTES and value is not None:
        return _size(value, fact.binary)
    if fact.type == LIST and value is not None:
        return ", ".join(value) or "none"
    return _shown(value)


def _unknown(name, kinds):
    known = [fact.name for fact in facts.every(kinds)]
    hint = nearest.hint(name, known) or "; GET /api/v1/facts lists them"
    return f"{_shown(name)} is no fact{hint}"


def _read(fact, value):
    """Return a declared value as it is stored; None where it can't be one of this fact."""
    if fact.type == NUMBER:
        return _number(fact, value)
    if fact.type == FLAG:
        value = _FLAGS.get(value.lower(), value) if isinstance(value, str) else value
        return value if isinstance(value, bool) else None
    if fact.type != LIST:
        return _formed(fact, value)
    found = [_formed(fact, each) for each in _each(fact, value)]
    if not found or len(found) > MOST_VALUES or None in found:
        return None
    return sorted({text.lower(): text for text in found}.values())


def _each(fact, value):
    """Return what a list, or one text for it, has: parted by commas; addresses also by blanks."""
    if not isinstance(value, str):
        return value if isinstance(value, list) else [value]
    parted = re.split(r"[\s,]+" if fact.form else ",", value)
    return [text for text in parted if text.strip()]


def _formed(fact, value):
    """Return text in its fact's form; None where it is none."""
    text = _text(value)
    return addresses.read(fact.form, text) if text and fact.form else text


def _wrong(fact, value):
    """Return a value that is refused as its error shows it; of addresses those that are none."""
    if fact.form and fact.type == LIST:
        value = [each for each in _each(fact, value) if _formed(fact, each) is None] or value
    return _shown(value, _TOLD)


def _number(fact, value):
    if isinstance(value, str):
        size = _SIZE.fullmatch(value.strip()) if fact.unit == BYTES else None
        factor = (_DECIMAL | _BINARY).get(size[2].upper()) if size else None
        if factor:
            value = round(Fraction(size[1]) * factor)
        elif re.fullmatch("[0-9]{1,19}", value.strip()):
            value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if whole and value >= 0 and value in INT64 else None


def _text(value):
    text = value.strip() if isinstance(value, str) else ""
    plain = text.isprintable() and len(text) <= LONGEST
    return text if text and plain else None


def _wanted(fact, value):
    wanted = _WANTED.get(fact.unit) or _WANTED[fact.type]
    if fact.form:
        wanted = addresses.wanted(fact.form, several=fact.type == LIST)
    if fact.unit == BYTES and isinstance(value, str):
        size = re.fullmatch(r"([0-9.]{1,20}) ?([kKMGTP])", value.strip())
        if size:
            return f"clear: {size[1]}{size[2]}iB (1024s) or {size[1]}{size[2]}B (1000s)?"
    return f"what {fact.name} is: {wanted}"


def _like(declared, observed):
    """Compare text in any case; hardware addresses however they are written."""
    if "*" in declared or "?" in declared:
        return fnmatchcase(observed.lower(), declared.lower().replace("[", "[[]"))
    return _plain(declared) == _plain(observed)


def _plain(text):
    low = text.lower().strip()
    mac = re.fullmatch("([0-9a-f]{2}[:-]){5}[0-9a-f]{2}", low)
    return low.replace("-", ":") if mac else low


def _size(value, binary):
    step, units = (1024, "KMGTP") if binary else (1000, "kMGTP")
    for power in range(5, 0, -1):
        if value >= step**power:
            number = f"{value / step**power:.2f}".rstrip("0").rstrip(".")
            return f"{number} {units[power - 1]}{'iB' if binary else 'B'}"
    return f"{value} B"


def _shown(value, longest=200):
    if value is None:
        return "not observed"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (dict, list)):
        value = ", ".join(map(str, value)) if isinstance(value, list) else "an object"
    return tidy(str(value), longest)
