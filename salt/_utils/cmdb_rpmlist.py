"""The lists that ``rpm -qa`` prints: of our format, of its own, and of ``rpm -qai``.

``records`` gives (name, epoch, version, release, arch) of each package, whatever the form.
"""

import re

import cmdb_source as source
import cmdb_text as text

FIELDS = ("Name", "Epoch", "Version", "Release", "Architecture")
_ARCH = (
    r"noarch|x86_64(?:_v[234])?|i[3-6]86|athlon|aarch64|armv\d\w*|ppc(?:64(?:le)?)?|s390x?|riscv64"
    r"|loongarch64|ia64|alpha|sparc\w*|mips\w*|src|\(none\)"
)


def records(said):
    """Return the packages of a list; raises ParseError at a line that is none."""
    lines = said.splitlines()
    if any(line.startswith("Name        : ") for line in lines):
        return _of_blocks(lines)
    whole = re.compile(rf"(\S+)-(?:(\d+):)?([^-\s]+)-([^-\s]+?)(?:\.({_ARCH}))?(?:\s.*)?")
    return [_of_line(number, line, whole) for number, line in enumerate(lines, 1)]


def _of_line(number, line, whole):
    words = line.split("\t")
    if len(words) == len(FIELDS):
        return [_word(word) for word in words]
    match = whole.fullmatch(line)
    if not match:
        raise source.ParseError(f"rpm, line {number} has {len(words)} fields: {line[:200]}")
    return [_word(word) for word in match.groups()]


def _of_blocks(lines):
    # A label fills twelve columns, which tells it from a word in a description.
    label = re.compile(rf"(?=.{{12}}: )({'|'.join(FIELDS)}) *: +(\S+)")
    found = []
    for match in filter(None, map(label.match, lines)):
        if match.group(1) == FIELDS[0]:
            found.append({})
        if found:
            found[-1].setdefault(*match.groups())
    return [[_word(each.get(field)) for field in FIELDS] for each in found]


def _word(word):
    return None if word == "(none)" else text.clean(word)
