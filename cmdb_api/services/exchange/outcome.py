"""What became of an import: counts, the first of what changed and failed, and every failed row."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from cmdb_api.services.exchange.tables import letters

# How many of the rows that changed and of the cells that failed are told.
SHOWN = 100
CREATED, CHANGED, UNCHANGED, FAILED = "created", "changed", "unchanged", "failed"


class Reason(NamedTuple):
    """Why a row failed at a column, and the names that may have been meant."""

    column: int
    field: str
    value: object
    text: str
    nearest: tuple = ()


@dataclass
class Outcome:
    """What became of the rows so far."""

    counts: Counter = field(default_factory=Counter)
    preview: list = field(default_factory=list)
    # {row number: [Reason]}
    failed: dict = field(default_factory=dict)
    # [(resource, name)] of the master data that was made.
    made: list = field(default_factory=list)

    def fail(self, row, reasons):
        """Note why a row failed."""
        self.failed[row] = reasons

    def cells(self, columns):
        """Yield all cells for which rows failed."""
        names = {column.number: column.heading for column in columns}
        for row, reasons in sorted(self.failed.items()):
            yield from (_told(row, reason, names) for reason in reasons)

    def told(self, survey, columns):
        """Return it for a program."""
        cells = [*islice(self.cells(columns), SHOWN)]
        return {
            "counts": {
                "rows": survey.row_count,
                **{name: self.counts[name] for name in (CREATED, CHANGED, UNCHANGED)},
                FAILED: len(self.failed),
                "empty": survey.empty_count,
            },
            "preview": self.preview,
            "failures": cells,
            "made": [{"resource": path, "name": name} for path, name in self.made[:SHOWN]],
            "made_count": len(self.made),
        }


def _told(row, reason, headings):
    return {
        "row": row,
        "column": letters(reason.column),
        "cell": f"{letters(reason.column)}{row}",
        "heading": headings.get(reason.column),
        "field": reason.field,
        "value": None if reason.value is None else str(reason.value)[:200],
        "reason": reason.text,
        "nearest": list(reason.nearest),
    }
