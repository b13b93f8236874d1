"""The rows of a table as what is given of assets, each with what is wrong in it. No database."""

from dataclasses import dataclass, field

from cmdb_api.services import named, nearest
from cmdb_api.services.exchange import typed
from cmdb_api.services.exchange.headings import EXPECTED, HOSTNAME
from cmdb_api.services.exchange.known import PLACES
from cmdb_api.services.exchange.outcome import Reason
from cmdb_api.services.exchange.tables import Fault
from cmdb_api.services.resources import RESOURCES, TAGS

# What a column gives beside its own field.
BESIDE = {"height_u": "position_u"}
# Master data that has to be there; tags are made as they are needed.
NAMED = tuple(resource for resource in RESOURCES if resource is not TAGS)


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
    """
    Reads rows; ``check(given)`` is the API's: it returns (loaded, {field: [texts]}).

    ``create`` are the fields whose names are made where the record lacks them.
    """

    def __init__(self, columns, orders, check, create=frozenset()):
        self.columns = {column.field: column.number for column in columns if column.field}
        self.headed = {column.number for column in columns}
        self.orders, self.check, self.create = orders, check, create
        # Fields of which the record lacks a name.
        self.lacking = set()

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
        # All that is wrong is told at once, so that a row is mended once.
        told = {reason.field for reason in entry.reasons}
        entry.given, faults = self.check(given)
        for name in (name for name in faults if name not in told):
            self.refuse(entry, name, " ".join(faults[name]), known)
        _spell(entry, known)
        self._look_up(entry, known, told | faults.keys() | self.create)
        return entry

    def _look_up(self, entry, known, but):
        """Note which names the record lacks, but of these fields."""
        for resource in (each for each in NAMED if each.field not in but):
            if missing := known.missing(resource.field, entry.given.get(resource.field)):
                text = named.told(resource, missing, known.spelled.get(resource.field, ()))
                self.refuse(entry, resource.field, text, known)
                self.lacking.add(resource.field)

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


def _spell(entry, known):
    """Take names in wide characters as the plain ones, where these alone are known."""
    for field_ in entry.given.keys() & known.spelled.keys():
        value = entry.given[field_]
        plain = {name: typed.wide(name) for name in known.missing(field_, value)}
        plain = {name: text for name, text in plain.items() if known.has(field_, text)}
        if plain and isinstance(value, list):
            entry.given[field_] = [plain.get(name, name) for name in value]
        elif plain:
            entry.given[field_] = plain[value]


def _nearest(name, value, known):
    """Return names that may have been meant; none where there is such a name."""
    names = known.spelled.get(name) if known else None
    if not names or not isinstance(value, str):
        return ()
    texts = typed.parted(value) if name not in PLACES else [value]
    wrong = (text for text in texts if not known.has(name, text))
    return tuple(each for text in wrong for each in nearest.of(text, names))
