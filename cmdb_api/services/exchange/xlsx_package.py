"""What an .xlsx file holds beside its cells: its sheets, their texts, and which cells are dates.

It is looked at before anything is unpacked: what is too large, encrypted, has macros or leads to
other files is refused, with what to do.
"""

import io
import posixpath
import zipfile
import zlib
from typing import NamedTuple

from cmdb_api.errors import Malformed, TooLarge, Unsupported
from cmdb_api.services.exchange import xml_events
from cmdb_api.services.exchange.xlsx_parts import Book, Relations, Styles, Texts

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
MOST_PARTS = 2000
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)
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
        book = self._part(main, Book())
        self.from_1904, related = book.from_1904, self._relations(main)
        self.sheets = [
            Sheet(name, related[number], visible)
            for name, number, visible in book.sheets
            if "worksheets/" in related.get(number, "") and related[number] in self.names
        ]
        folder = posixpath.dirname(main)
        self.texts = self._part(f"{folder}/sharedStrings.xml", Texts()).found
        self.styles = self._part(f"{folder}/styles.xml", Styles()).found()

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
        found = self._part(posixpath.join(folder, "_rels", f"{name}.rels"), Relations()).found
        return {
            number: posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            for number, target in found.items()
        }


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
