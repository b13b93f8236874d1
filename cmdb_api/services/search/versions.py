"""Which of two versions of a package is the newer, as dpkg and rpm see it. No database.

A version is [epoch:]version[-release]. What the version that is asked for does not name is not
compared: 3.0.13-1~deb12u1 is neither less nor more than 3.0.13.
"""

import re
from typing import NamedTuple

from cmdb_api.services.search.values import COMPARE

# Architectures by the names that only Debian has; those of both tell nothing.
_DEBIAN = frozenset(
    (
        *("all", "amd64", "arm64", "armel", "armhf", "i386", "hurd-i386", "kfreebsd-amd64"),
        *("loong64", "mips", "mipsel", "mips64el", "powerpc", "ppc64el", "x32"),
    )
)
_BOTH = frozenset((None, "", "s390x", "riscv64", "ppc64", "alpha", "ia64", "sparc64", "sh4"))
_DIST = re.compile(r"\.(?:el|fc|amzn|mga|oe|lp|al|ocs|tl|suse|cm|azl|ph|module)[\d+_.]")
_WORDS = re.compile(r"([0-9]+)|([A-Za-z]+)|([~^])")
_TURNS = re.compile(r"([^0-9]*)([0-9]*)")
# Alpine's suffixes, in the signs that rpm has for what comes before and after.
_BEFORE = re.compile("_(alpha|beta|pre|rc)")
_AFTER = re.compile("_(cvs|svn|git|hg|p)")


class Version(NamedTuple):
    """A version's parts; None is what it does not name."""

    epoch: int | str | None
    version: str
    release: str | None


def is_rpm(arch, version):
    """Tell whether a package's versions are ordered as rpm does, by what it says of itself."""
    if arch in _BOTH:
        return _DIST.search(f"{version}.") is not None
    return arch not in _DEBIAN


def meets(installed, sign, asked, *, rpm):
    """Tell whether an installed version is to the asked one as the sign says."""
    return COMPARE[sign](compare(installed, asked, rpm=rpm), 0)


def compare(installed, asked, *, rpm):
    """Return -1, 0 or 1: whether an installed version is older, as old, or newer."""
    have, want = split(installed), split(asked)
    pairs = [(have.version, want.version)]
    if want.epoch is not None:
        pairs.insert(0, (have.epoch or "0", want.epoch))
    if want.release is not None:
        pairs.append((have.release or "", want.release))
    compare_one = _compare_rpm if rpm else _compare_dpkg
    return next(filter(None, (compare_one(*pair) for pair in pairs)), 0)


def meets_text(text, sign, asked):
    """Tell the same of a text that is no package's version, "6.1.0-28-amd64": as far as asked."""
    right = _rpm(asked)
    left = _rpm(text)[: len(right)]
    return COMPARE[sign](_compare(left, right, [_END]), 0)


def split(text):
    """Return the parts of a version."""
    found = re.match("([0-9]+):", text)
    rest = text[found.end() :] if found else text
    version, dash, release = rest.rpartition("-")
    return Version(found and found[1], version if dash else rest, release if dash else None)


def _compare_dpkg(one, other):
    return _compare(_dpkg(one), _dpkg(other), [(0,), (0, "")])


def _compare_rpm(one, other):
    return _compare(_rpm(one), _rpm(other), [_END])


def _compare(left, right, end):
    """Compare what two versions sort by; the shorter goes on with ``end``."""
    for one, other in ((left, right), (right, left)):
        one += end * ((len(other) - len(one)) // len(end))
    return (left > right) - (left < right)


def _dpkg(text):
    """Return what dpkg sorts by: letters before other signs, ~ before the end."""
    key = []
    for word, digits in _TURNS.findall(text):
        key += [(*map(_order, word), 0), _digits(digits)]
    return key


def _order(letter):
    if letter == "~":
        return -1
    return ord(letter) if letter.isalpha() else ord(letter) + 0x110000


def _digits(text):
    """Return what numbers sort by, however long: of two, the longer is the larger."""
    number = text.lstrip("0")
    return len(number), number


def _rpm(text):
    """Return what rpm sorts by: ~, the end, ^, words, numbers; signs only part them."""
    text = _AFTER.sub(r"^\1", _BEFORE.sub(r"~\1", text))
    key = []
    for digits, word, sign in _WORDS.findall(text):
        key.append((4, *_digits(digits)) if digits else (3, 0, word) if word else _SIGNS[sign])
    return key


_END = (1, 0, "")
_SIGNS = {"~": (0, 0, ""), "^": (2, 0, "")}
