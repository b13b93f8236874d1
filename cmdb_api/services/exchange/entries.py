"""The rows of a table as what is given of assets, each with what is wrong in it. No database."""

from dataclasses import dataclass, field

from cmdb_api.services import nearest
from cmdb_api.services.exchange import typed
from cmdb_api.services.exchange.headings import EXPECTED, HOSTNAME
from cmdb_api.services.exchange.known import PLACES
from cmdb_api.services.exchange.outcome import Reason
from cmdb_api.services.exchange.tables import Fault

# What a column gives beside its own field.
BESIDE = {"height_u": "position_u"}


@dataclass
class Entry:
    """One row: what it gives, and why it failed."""

    number: int
    cells: dict
    given: dict = field(default_factory=dict)
    reasons: list = field(default_factory=list)
    asset_id: int | None = None
    before: dict | None = None

    @property
    def hostname(self):
        """Return the name of its asset."""
        return self.given[HOSTNAME]


class Reader:
    """Reads rows; ``check(given)`` is the API's: it returns (loaded, {field: [texts]})."""

    def __init__(self, columns, orders, check):
        self.columns = {column.field: column.number for column in columns if column.field}
        self.headed = {column.number for column in columns}
        self.orders, self.check = orders, check

    def read(self, row, known):
        """Return the Entry of a row."""
        entry = Entry(row.number, row.cells)
        for at in row.cells.keys() - self.headed:
            entry.reasons.append(Reason(at, None, row.cells[at], "its column has no heading"))
        if row.width is not None and row.width < max(self.headed):
            self.refuse(entry, HOSTNAME, "the row has fewer cells than the headings")
        given = self._given(entry, known)
        if not given.get(HOSTNAME) and not any(r.field == HOSTNAME for r in entry.reasons):
            self.refuse(entry, HOSTNAME, "the row names no asset")
        if not entry.reasons:
            entry.given, faults = self.check(given)
            for name, texts in faults.items():
                self.refuse(entry, name, " ".join(texts), known)
        return entry

    def _given(self, entry, known):
        given, expected = {}, {}
        for name, at in self.columns.items():
            value = entry.cells.get(at)
            if typed.is_empty(name, value):
                continue
            names = known.names.get(name, ())
            try:
                found = typed.read(name, value, self.orders.get(at, ()), names)
            except ValueError as error:
                self.refuse(entry, name, str(error))
                continue
            for field_, each in found.items():
                if field_.startswith(EXPECTED):
                    expected[field_.removeprefix(EXPECTED)] = each
                elif given.setdefault(field_, each) != each:
                    said = f"{entry.cells[at]} and {field_} {given[field_]} contradict each other"
                    self.refuse(entry, name, said)
        return given | ({"expected": expected} if expected else {})

    def refuse(self, entry, name, text, known=None):
        """Note why a field of a row can't be, at the cell that it is in."""
        at = self.columns.get(name) or self.columns.get(BESIDE.get(name)) or self.columns[HOSTNAME]
        value = entry.cells.get(at)
        value = value.shown if isinstance(value, Fault) else value
        entry.reasons.append(Reason(at, name, value, text, _nearest(name, value, known)))


def _nearest(name, value, known):
    """Return names that may have been meant; none where there is such a name."""
    names = known.spelled.get(name) if known else None
    if not names or not isinstance(value, str):
        return ()
    texts = typed.parted(value) if name not in PLACES else [value]
    wrong = (text for text in texts if not known.has(name, text))
    return tuple(each for text in wrong for each in nearest.of(text, names))
