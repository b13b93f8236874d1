"""The merged areas of a sheet: each gives its value to all of its rows, in its first column."""

import re

from cmdb_api.errors import Malformed, TooLarge
from cmdb_api.services.exchange import xml_events
from cmdb_api.services.exchange.tables import number
from cmdb_api.services.exchange.xlsx_package import BROKEN

MOST_MERGED = 100_000
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\b[^>]*?\bref=[\"']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})[\"']"
)
_END = re.compile(rb"</(?:\w+:)?sheetData\s*>|<(?:\w+:)?sheetData\s*/>")


class Merged:
    """The merged areas of a sheet, as its rows pass by."""

    def __init__(self, areas):
        # The next one is the last.
        self.coming = sorted(areas, reverse=True)
        # {column: (last row, value)}
        self.open = {}

    def fill(self, row):
        """Return a row with the values of the areas that it is in; rows come in their order."""
        while self.coming and self.coming[-1][0] <= row.number:
            first, column, last = self.coming.pop()
            if first == row.number and column in row.cells:
                self.open[column] = last, row.cells[column]
        self.open = {at: area for at, area in self.open.items() if area[0] >= row.number}
        filled = {at: value for at, (_, value) in self.open.items()}
        return row._replace(cells=filled | row.cells) if filled else row


def areas(package, sheet):
    """Read a sheet's merged areas of several rows; they stand behind all of its cells."""
    found, tail, behind = [], b"", False
    try:
        with package.open(sheet.part) as stream:
            while chunk := stream.read(xml_events.CHUNK):
                tail += chunk
                if not behind and (match := _END.search(tail)):
                    behind, tail = True, tail[match.end() :]
                if behind:
                    last = 0
                    for match in _MERGED.finditer(tail):
                        found.append(match.groups())
                        last = match.end()
                    tail = tail[last:]
                    if len(found) > MOST_MERGED:
                        raise TooLarge(f"the sheet has more than {MOST_MERGED} merged areas")
                # As long as what is looked for may be cut.
                tail = tail[-200:]
    except BROKEN as error:
        raise Malformed(f"sheet {sheet.name} is damaged: {error}") from error
    each = ((int(top), number(left.decode()), int(low)) for left, top, _, low in found)
    return Merged([area for area in each if area[0] < area[2]])
