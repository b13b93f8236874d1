"""Passwords: which are taken, how they are kept, and whether one is right.

argon2id with the parameters that OWASP recommends: 19 MiB, two passes. What was hashed with others
is hashed anew when its owner logs in.
"""

import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from cmdb_api.errors import Invalid

SHORTEST, LONGEST = 12, 1024
# What is left of a password without what everybody tries has so many different characters.
FEWEST_DIFFERENT = 5
EVERYBODYS = (
    *("password", "passwort", "passw0rd", "welcome", "willkommen", "letmein", "changeme", "secret"),
    *("qwertyuiop", "qwertzuiop", "asdfghjkl", "0123456789", "123456789", "abcdefghij", "admin"),
    *("cmdb", "salt"),
)

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def check(password, *names, field="password"):
    """Raise Invalid, with the reason, for a password that is too easy to guess."""
    text = _normal(password)
    if len(text) < SHORTEST:
        raise Invalid.of(field, f"a password has {SHORTEST} characters or more; a sentence will do")
    if len(text) > LONGEST:
        raise Invalid.of(field, f"a password has at most {LONGEST} characters")
    left = text.lower()
    for word in sorted(filter(None, (*names, *EVERYBODYS)), key=len, reverse=True):
        left = left.replace(word.lower(), "")
    if len(set(left)) < FEWEST_DIFFERENT:
        raise Invalid.of(
            field,
            "this is what is tried first: a name of the account, a word that everybody takes, or "
            "the same few characters again and again; a few words that belong to nobody will do",
        )


def hashed(password):
    """Return a password as it is kept."""
    return _hasher.hash(_normal(password))


def right(password, kept):
    """Tell whether a password is the one that is kept; where none is, in the same time."""
    try:
        return _hasher.verify(kept or _decoy(), _normal(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept):
    """Tell whether a password was hashed with other parameters than now."""
    return _hasher.check_needs_rehash(kept)


def prepare():
    """Make what the first check of all would wait for."""
    _decoy()


@lru_cache
def _decoy():
    """Return the hash of what is nobody's password."""
    return _hasher.hash("nobody's")


def _normal(password):
    """Return a password in one form, however the keyboard composes its characters."""
    return unicodedata.normalize("NFKC", password)
