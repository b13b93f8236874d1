"""A first look at a table: where its headings are, what its columns are, how its days are written.

Nothing is written before all of a table was read once: what can't be read is told by then.
"""

from dataclasses import dataclass, field

from cmdb_api.errors import Invalid
from cmdb_api.services.exchange import dates, headings, mapping
from cmdb_api.services.exchange.headings import EITHER, HOSTNAME
from cmdb_api.services.exchange.tables import Fault, Table

# Rows with a value among which the headings are looked for.
LOOKED_AT = 30
DAYS = ("purchased_on", "warranty_until")
# Values of a column that decide what it is.
MOST_VALUES = 1000
SHOWN = 12


@dataclass
class Survey:
    """What a table has."""

    table: Table
    # The number of the row of headings; rows are those below.
    head: int
    headings: dict
    columns: list
    row_count: int = 0
    # Those that sum up others, and are left out.
    sum_count: int = 0
    last: int = 0
    # {column number: which orders of day and month its cells show}
    orders: dict = field(default_factory=dict)
    # {column number: {value in lower case}} of columns that may be one field or another.
    values: dict = field(default_factory=dict)

    @property
    def empty_count(self):
        """Return how many rows without a value stand between the others."""
        return max(self.last - self.head - self.row_count - self.sum_count, 0)

    def rows(self):
        """Yield the rows below the headings."""
        return (row for row in self.table.rows() if row.number > self.head and not sums_up(row))


def survey(tables, *, given=None, saved=None, kept=(), kinds=()):
    """
    Return the Survey of the first of these tables that has a column of hostnames.

    ``given``, ``saved`` and ``kinds`` are as of ``mapping.decide``; of the mappings that are
    ``kept``, as (name, {heading: field}), one that has the same headings is taken where nothing
    else is said.
    Raises Invalid where none has.
    """
    seen = []
    kept = {} if given or saved else {_marks(columns): (name, columns) for name, columns in kept}
    for table in tables:
        found = _headings(table, given, saved, kept, seen)
        if found is not None:
            if _marks(found[1].values()) in kept:
                name, saved = kept[_marks(found[1].values())]
                table.notes.append(f"its headings are those of mapping {name}, which is taken")
            if len(tables) > 1:
                others = ", ".join(each.sheet for each in tables if each is not table)
                table.notes.append(f"sheet {table.sheet} is read; there are also: {others[:500]}")
            head, named = found
            return _look(table, head, named, mapping.decide(named, given, saved, kinds))
    raise _no_hostname(seen)


def sums_up(row):
    """Tell whether a row is no asset, but the sum of others: "合计", and nothing but numbers."""
    first, *others = (value for _, value in sorted(row.cells.items()))
    return headings.is_sum(_text(first)) and all(map(_is_figure, others))


def _is_figure(value):
    if isinstance(value, str):
        return value.strip()[:1].isdigit() or not _text(value)
    return isinstance(value, (int, float, Fault))


def _marks(texts):
    return frozenset(map(headings.plain, texts))


def _headings(table, given, saved, kept, seen):
    """Return the number and the texts of the row of headings; None where there is none."""
    if table.headings is not None:
        seen.append(table.headings)
        is_one = mapping.hostname_in(table.headings, given, saved)
        is_one = is_one or _marks(table.headings.values()) in kept
        return (0, table.headings) if is_one else None
    found, place = None, None
    for count, row in enumerate(table.rows()):
        texts = {at: _text(value) for at, value in row.cells.items() if _text(value)}
        if _marks(texts.values()) in kept:
            return row.number, texts
        at = mapping.hostname_in(texts, given, saved)
        # A heading that is merged over two rows has those of its parts in the second.
        if found and not (at == place and row.number == found[0] + 1):
            return found
        if at is not None:
            found, place = (row.number, texts), at
        elif count >= LOOKED_AT:
            break
        seen.append(texts)
    return found


def _look(table, head, named, columns):
    days = {column.number for column in columns if column.field in DAYS}
    either = {column.number for column in columns if _may_be(column)}
    found = Survey(table, head, named, columns, last=head)
    found.orders = {at: set() for at in days}
    found.values = {at: set() for at in either}
    sums = []
    for row in table.rows():
        if row.number <= head:
            continue
        found.last = row.number
        if sums_up(row):
            sums.append(row.number)
            continue
        found.row_count += 1
        for at in days & row.cells.keys():
            if shown := dates.order(row.cells[at]):
                found.orders[at].add(shown)
        for at in either & row.cells.keys():
            if len(found.values[at]) < MOST_VALUES:
                found.values[at].add(_text(row.cells[at]).lower())
    found.sum_count = len(sums)
    if sums:
        shown = ", ".join(map(str, sums[:SHOWN])) + (" …" if len(sums) > SHOWN else "")
        table.notes.append(f"left out, as they sum up others: {len(sums)} (row {shown})")
    return found


def _may_be(column):
    return column.how == mapping.GUESSED and headings.plain(column.heading) in EITHER


def _text(value):
    return " ".join(str(value).split()) if isinstance(value, (str, int)) else ""


def _no_hostname(seen):
    texts = [text for row in seen for text in row.values()][:SHOWN]
    told = f"; the first cells are: {', '.join(text[:40] for text in texts)}" if texts else ""
    hint = next((hint for text in texts if HOSTNAME in (hint := headings.hint(text))), "")
    return Invalid.of(
        "columns",
        f"no column is headed {HOSTNAME} (主机名), which names each row's asset{told}{hint}. Head "
        f'it so, or say which one it is, like {{"{texts[0] if texts else "A"}": "{HOSTNAME}"}}',
        details={"headings": texts},
    )
