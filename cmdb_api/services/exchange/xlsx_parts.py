"""Readers of the parts of an .xlsx file that stand beside its cells; see ``xml_events``."""

import re

from cmdb_api.errors import TooLarge
from cmdb_api.services.exchange.cells import LONGEST, unescaped

MOST_SHEETS = 2000
# Texts of a workbook, and their characters altogether.
MOST_TEXTS, MOST_CHARACTERS = 1_000_000, 64 * 1024 * 1024
# Formats that need no words: those of dates, some of them Chinese and Japanese ones.
DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]')


class Texts:
    """Reads the texts of cells; how they are spoken, which some have beside them, is left out."""

    def __init__(self):
        self.found, self.size = [], 0
        self.pieces, self.inside, self.spoken = [], False, False

    def start(self, name, given):
        if name == "si":
            self.pieces = []
        elif name == "rPh":
            self.spoken = True
        self.inside = name == "t" and not self.spoken

    def text(self, data):
        if self.inside:
            self.size += len(data)
            if self.size > MOST_CHARACTERS:
                raise TooLarge(f"the workbook has texts of more than {MOST_CHARACTERS} characters")
            self.pieces.append(data)

    def end(self, name):
        self.inside = False
        if name == "rPh":
            self.spoken = False
        elif name == "si":
            if len(self.found) == MOST_TEXTS:
                raise TooLarge(f"the workbook has more than {MOST_TEXTS} texts")
            self.found.append(unescaped("".join(self.pieces))[: LONGEST + 1])


class Book:
    def __init__(self):
        self.sheets, self.from_1904 = [], False

    def start(self, name, given):
        if name == "workbookPr":
            self.from_1904 = given.get("date1904") in ("1", "true")
        elif name == "sheet" and len(self.sheets) < MOST_SHEETS:
            number = next((v for k, v in given.items() if k.rpartition(":")[2] == "id"), "")
            visible = given.get("state", "visible") == "visible"
            self.sheets.append((given.get("name", ""), number, visible))

    def text(self, data):
        pass

    def end(self, name):
        pass


class Relations(Book):
    def __init__(self):
        self.found = {}

    def start(self, name, given):
        if name == "Relationship" and given.get("TargetMode") != "External":
            self.found[given.get("Id", "")] = given.get("Target", "")
            if given.get("Type", "").endswith("/officeDocument"):
                self.found = {"": given.get("Target", "")} | self.found


class Styles(Book):
    """Reads which styles of cells are dates, and which are numbers with zeros in front."""

    def __init__(self):
        self.formats, self.styles, self.inside = {}, [], False

    def start(self, name, given):
        if name == "numFmt":
            self.formats[given.get("numFmtId")] = given.get("formatCode", "")
        elif name == "cellXfs":
            self.inside = True
        elif name == "xf" and self.inside:
            self.styles.append(given.get("numFmtId", "0"))

    def end(self, name):
        if name == "cellXfs":
            self.inside = False

    def found(self):
        """Return {number of a style: "date", or how many digits it shows at least}."""
        told = {str(number): self._of(number) for number in {*self.styles}}
        return {str(n): told[style] for n, style in enumerate(self.styles) if told[style]}

    def _of(self, number):
        code = self.formats.get(number)
        if code is None:
            return "date" if number.isdecimal() and int(number[:9]) in DATE_FORMATS else None
        if re.fullmatch("0{2,40}", code):
            return len(code)
        plain = _QUOTED.sub("", code.partition(";")[0]).lower().replace("general", "")
        return "date" if re.search("[dmyhs]", plain) else None
