"""The messages of services in English, as the console's translators get them.

A text with values, ``f"there is no field {name}{hint}"``, is the template
``there is no field {0}{1}``. ``python tools/messages.py`` prints those that the Chinese catalogue
lacks (+), and those that it has in vain (-); ``--update`` brings it to date.
"""

import ast
import re
import sys
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from marshmallow import fields, validate

PROJECT = Path(__file__).parents[1]
CATALOG = PROJECT / "cmdb_api/translations/zh/LC_MESSAGES/services.po"

# What may tell people at the console something, and what of it speaks to hosts and programs only.
FOLDERS = ("services", "schemas")
FILES = ("views/errors.py",)
# Of these, what is raised.
RAISING = ("views/console", "views/limits.py")
_ELSEWHERE = re.compile(
    r"schemas/(report|example\w*|coverage|registration)\.py|services/(puppet\w*|reasons|admission|"
    r"signing|bodies|documents|registration|health|locking|overseeing|placeholders|"
    r"part_items|quarantine|inventory|kept|companion\w*|access/(seen|visibility)|events/sending|"
    r"exchange/(headings|states|about)|search/titles\w*)\.py"
)
# Arguments that no message is made of.
_NO_MESSAGE = {
    "metadata",
    "description",
    "example",
    "examples",
    "server_default",
    "postgresql_where",
}
_NO_MESSAGES = re.compile(r"(_|ngettext|(sa\.)?text|strftime|log\..*|re\..*|.*\.split)\Z")
# Patterns of text, SQL and other things for machines.
_MACHINE = re.compile(
    r"error=\"|\{\}|yyyy|tag:lab|Online shop|\\[a-z]|\(\?|\[0-9\]|\n  |"
    r"\b(SELECT|select|COALESCE|PRAGMA|IN \(|Bearer realm)\b"
)
# How marshmallow puts the bounds of a Range together.
_LEAST, _MOST = "greater than or equal to {0}", "less than or equal to {0}"
_WORDS = re.compile(r"[a-z]{2}")


def extracted():
    """Return the templates of all messages."""
    found = {*_of_libraries(), *_of_settings()}
    for path in _paths():
        found |= _read([ast.parse(path.read_text("utf-8"))])
    for path in _raising():
        tree = ast.parse(path.read_text("utf-8"))
        found |= _read(node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise))
    return found


def _read(nodes):
    reader = _Reader()
    for node in nodes:
        if node is not None:
            reader.visit(node)
    return reader.found


def _paths():
    root = PROJECT / "cmdb_api"
    found = [path for name in FOLDERS for path in sorted((root / name).rglob("*.py"))]
    found += [root / name for name in FILES]
    return [path for path in found if not _ELSEWHERE.search(path.as_posix())]


def _raising():
    for name in RAISING:
        path = PROJECT / "cmdb_api" / name
        yield from sorted(path.glob("*.py")) if path.is_dir() else [path]


def _of_libraries():
    """Yield what marshmallow says of values, with its own named places."""
    kinds = (fields.Field, fields.String, fields.Integer, fields.Boolean, fields.List)
    for kind in (*kinds, fields.Float, fields.DateTime, fields.Dict, fields.Nested):
        for text in kind.default_error_messages.values():
            yield named(text)
    yield from (named(text) for name, text in vars(validate.Length).items() if "message" in name)
    yield from (f"Must be {bound}." for bound in (_LEAST, _MOST, f"{_LEAST} and {_MOST[:-3]}{{1}}"))
    yield named(validate.OneOf.default_message)
    yield "Unknown field."


def _of_settings():
    """Return what the page of settings says of each."""
    sys.path.insert(0, str(PROJECT))
    from cmdb_api import settings_told

    return settings_told.comments().values()


def named(text):
    """Return a template with numbers for its names."""
    names = iter(range(9))
    return re.sub(r"\{\w+\}", lambda _: f"{{{next(names)}}}", text)


class _Reader(ast.NodeVisitor):
    """Collects the texts of a module that read as words, but for its docstrings and its log."""

    def __init__(self):
        self.found, self._documented, self._shown = set(), set(), set()

    def visit(self, node):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            self._documented.add(body[0].value)
        super().visit(node)

    def visit_Call(self, node):
        # What goes through gettext is in the catalogue of pages.
        called = ast.unparse(node.func)
        if called == "Field":
            # What a field of a list is, as its help says.
            self._shown.update(each for each in node.keywords if each.arg == "description")
        if not _NO_MESSAGES.match(called):
            self.generic_visit(node)

    def visit_keyword(self, node):
        if node.arg not in _NO_MESSAGE or node in self._shown:
            self.generic_visit(node)

    def visit_JoinedStr(self, node):
        places = [each for each in node.values if isinstance(each, ast.FormattedValue)]
        numbers = iter(range(len(places)))
        self._add(
            "".join(
                each.value if isinstance(each, ast.Constant) else f"{{{next(numbers)}}}"
                for each in node.values
            )
        )
        for place in places:
            self.visit(place.value)

    def visit_Constant(self, node):
        if isinstance(node.value, str) and node not in self._documented:
            self._add(node.value)

    def _add(self, text):
        bare = re.sub(r"\{\d\}", "", text)
        if " " in text.strip() and _WORDS.search(bare) and not _MACHINE.search(text):
            self.found.add(text)


def catalog():
    """Return {template: its Chinese} of the catalogue."""
    if not CATALOG.exists():
        return {}
    with CATALOG.open("rb") as file:
        return {each.id: each.string for each in read_po(file, locale="zh") if each.id}


def update():
    """Add what is new to the catalogue, and take away what no service says."""
    known, made = catalog(), Catalog(locale="zh", fuzzy=False)
    for text in sorted(extracted()):
        made.add(text, known.get(text, ""))
    with CATALOG.open("wb") as file:
        write_po(file, made, omit_header=True, width=0)


if __name__ == "__main__":
    if "--update" in sys.argv:
        update()
    known, wanted = catalog(), extracted()
    for text in sorted(wanted):
        if not known.get(text):
            print("+", repr(text))
    for text in sorted(set(known) - wanted):
        print("-", repr(text))
