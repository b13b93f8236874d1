"""What an .xlsx file holds beside its cells: its sheets, their texts, and which cells are dates.

It is looked at before anything is unpacked: what is too large, encrypted, has macros or leads to
other files is refused, with what to do.
"""

import io
import posixpath
import re
import zipfile
import zlib
from typing import NamedTuple

from cmdb_api.errors import Malformed, TooLarge, Unsupported
from cmdb_api.services.exchange import xml_events
from cmdb_api.services.exchange.cells import LONGEST, unescaped

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_PARTS = 2000
# Texts of a workbook, and their characters altogether.
MOST_TEXTS, MOST_CHARACTERS = 1_000_000, 64 * 1024 * 1024
# Formats that need no words: those of dates, some of them Chinese and Japanese ones.
DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
_QUOTED = re.compile(r'"[^"]*"|\\.|_.|\[[^\]]*\]')
_SAVE = "save it as an Excel workbook (.xlsx)"


class Sheet(NamedTuple):
    """A sheet: its name, where its cells are, and whether people see it."""

    name: str
    part: str
    visible: bool


class Package:
    """An .xlsx file."""

    def __init__(self, data, limits):
        self.zip = _opened(data)
        try:
            self._check(limits)
            self._read()
        except BROKEN as error:
            raise Malformed(f"the workbook is damaged: {error}") from error

    def open(self, part):
        """Return the stream of a part."""
        return self.zip.open(part)

    def _check(self, limits):
        parts = self.zip.infolist()
        names = [part.filename.lower() for part in parts]
        if len(parts) > MOST_PARTS or len({*names}) != len(names):
            raise Malformed("the workbook has more parts than any, or two of one name")
        _check_sort(names)
        for part in parts:
            if part.flag_bits & 1:
                raise Unsupported(f"the workbook is encrypted; {_SAVE} without a password")
            if part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unsupported(f"the workbook is packed in a way that none is; {_SAVE}")
        size = sum(part.file_size for part in parts)
        if size > limits.unpacked:
            raise TooLarge(
                f"the workbook has {size} bytes once unpacked, at most {limits.unpacked} are "
                "taken; delete empty rows and columns beyond the data, or send it in pieces"
            )

    def _read(self):
        main = _first(self._relations("").values(), "xl/workbook.xml")
        book = self._part(main, _Book())
        self.from_1904, related = book.from_1904, self._relations(main)
        self.sheets = [
            Sheet(name, related[number], visible)
            for name, number, visible in book.sheets
            if "worksheets/" in related.get(number, "") and related[number] in self.names
        ]
        folder = posixpath.dirname(main)
        self.texts = self._part(f"{folder}/sharedStrings.xml", Texts()).found
        self.styles = self._part(f"{folder}/styles.xml", _Styles()).found()

    @property
    def names(self):
        """Return the names of its parts."""
        return self.zip.NameToInfo

    def _part(self, name, reader):
        """Give a part to a reader, if there is one; return it."""
        if name in self.names:
            with self.zip.open(name) as stream:
                xml_events.whole(stream, reader, name)
        return reader

    def _relations(self, part):
        """Return {id: part} of the parts that one refers to."""
        folder, name = posixpath.split(part)
        found = self._part(posixpath.join(folder, "_rels", f"{name}.rels"), _Relations()).found
        return {
            number: posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            for number, target in found.items()
        }


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


class _Book:
    def __init__(self):
        self.sheets, self.from_1904 = [], False

    def start(self, name, given):
        if name == "workbookPr":
            self.from_1904 = given.get("date1904") in ("1", "true")
        elif name == "sheet" and len(self.sheets) < MOST_PARTS:
            number = next((v for k, v in given.items() if k.rpartition(":")[2] == "id"), "")
            visible = given.get("state", "visible") == "visible"
            self.sheets.append((given.get("name", ""), number, visible))

    def text(self, data):
        pass

    def end(self, name):
        pass


class _Relations(_Book):
    def __init__(self):
        self.found = {}

    def start(self, name, given):
        if name == "Relationship" and given.get("TargetMode") != "External":
            self.found[given.get("Id", "")] = given.get("Target", "")
            if given.get("Type", "").endswith("/officeDocument"):
                self.found = {"": given.get("Target", "")} | self.found


class _Styles(_Book):
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


def _first(parts, usual):
    return next((part for part in parts if part.endswith("workbook.xml")), usual)


def _opened(data):
    if data.startswith(OLE):
        told = "it is an old .xls workbook, or has a password"
        raise Unsupported(f"{told}; {_SAVE} without a password")
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Malformed(f"it is no .xlsx workbook: {error}") from error


def _check_sort(names):
    """Raise where it is something else than a plain workbook."""
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        raise Unsupported(f"the workbook has macros; {_SAVE}, which has none")
    if any("externallinks/" in name for name in names):
        raise Unsupported(
            "the workbook has links to other files; break them (Data > Edit Links > Break Link), "
            "or copy the values into a new workbook"
        )
    if "mimetype" in names or any(name.endswith("workbook.bin") for name in names):
        raise Unsupported(f"it is a workbook of another sort; {_SAVE}, or as CSV")
    if "[content_types].xml" not in names:
        raise Malformed(f"it is a ZIP file, but no workbook; {_SAVE}")
