"""JSON read strictly: what Python's parser lets pass and a database does not is refused here."""

import json
from itertools import islice
from math import isinf

from cmdb_api.errors import Malformed

# A report is six levels deep; a few more are for envelopes to come.
MAX_DEPTH = 32
MAX_REPEATED = 20
SHOWN = 100


def parse(data):
    """
    Return the value in JSON bytes, and a line for each name that stood twice in one object.

    Raises Malformed.
    """
    repeated = []

    def named(pairs):
        found = dict(pairs)
        if len(found) != len(pairs) and len(repeated) < MAX_REPEATED:
            repeated.extend(islice(_repeated(pairs), MAX_REPEATED))
        return found

    try:
        text = data.decode("utf-8")
        value = json.loads(
            text, object_pairs_hook=named, parse_constant=_refuse, parse_float=_finite
        )
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8: byte {error.start} is {data[error.start]:#04x}") from error
    except json.JSONDecodeError as error:
        raise Malformed(f"not JSON: {error}{_hint(error)}") from error
    except ValueError as error:
        # Python refuses to read whole numbers of thousands of digits.
        raise Malformed("a number in it has thousands of digits") from error
    except RecursionError as error:
        raise _too_deep() from error
    _check_depth(value)
    return value, repeated


def _repeated(pairs):
    seen = {}
    for name, value in pairs:
        if name in seen:
            yield f"{name[:SHOWN]!r} stood twice in one object; lost: {_shown(seen[name])}"
        seen[name] = value


def _shown(value):
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return repr(value[:SHOWN] if isinstance(value, str) else value)


def _refuse(constant):
    raise Malformed(f"{constant} is not a number that JSON knows")


def _finite(text):
    number = float(text)
    if isinf(number):
        raise Malformed(f"{text[:SHOWN]} is too large a number")
    return number


def _hint(error):
    if error.msg.startswith("Extra data"):
        return "; several reports travel one a line, as Content-Type: application/x-ndjson"
    return ""


def _check_depth(value):
    level = [[value]]
    for _ in range(MAX_DEPTH + 1):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep():
    return Malformed(f"nested more than {MAX_DEPTH} deep")
