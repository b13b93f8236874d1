"""A table into the record, chunk by chunk: what differs is written, what can't be is told by cell.

Nothing is committed here: ``run`` yields where that is possible. Rows that are as the record has
them cost a comparison; those that are plain are written together, the others one by one.
"""

from itertools import islice
from typing import NamedTuple

from cmdb_api.errors import Forbidden
from cmdb_api.services import locking
from cmdb_api.services.access import visibility
from cmdb_api.services.exchange import mapping
from cmdb_api.services.exchange.chunk import Chunk
from cmdb_api.services.exchange.entries import Reader
from cmdb_api.services.exchange.known import Known
from cmdb_api.services.exchange.outcome import Outcome

CHUNK = 500


class Options(NamedTuple):
    """How a table is imported."""

    actor: str
    # Nothing is to stay of it: nobody needs to be kept waiting for names.
    dry_run: bool = False
    # All of its rows stay, or none.
    whole: bool = False
    # Fields whose names are made where the record lacks them.
    create: frozenset = frozenset()


class Importer:
    """Imports a table that was surveyed; ``check`` is as of ``entries.Reader``."""

    def __init__(self, session, survey, check, options):
        if options.create and visibility.units(session) is not None:
            text = "adding names is not for who is limited to business units; leave create out"
            raise Forbidden(text)
        self.session, self.survey, self.options = session, survey, options
        self.columns = decided(Known(session), survey)
        self.reader = Reader(self.columns, survey.orders, check, options.create)
        self.outcome = Outcome()
        # {an asset's id, and its name in lower case: the row that named it}
        self.rows = {}

    def run(self):
        """Take all rows; yield how many were taken so far, after each chunk of them."""
        locking.begin(self.session)
        if self.options.whole or self.options.dry_run:
            locking.hold_all_names(self.session, kept=not self.options.dry_run)
        rows, taken = self.survey.rows(), 0
        while some := list(islice(rows, CHUNK)):
            locking.begin(self.session)
            Chunk(self, some).take()
            taken += len(some)
            yield taken
        if self.reader.lacking and visibility.units(self.session) is None:
            fields = ",".join(sorted(self.reader.lacking))
            self.survey.table.notes.append(f"names that are missing can be added: create={fields}")

    def told(self):
        """Return what became of it, for a program."""
        told = self.outcome.told(self.survey, self.columns)
        return told | {"columns": [column.told() for column in self.columns]}


def decided(known, survey):
    """Return the columns; one that may be a room or a data centre is what its values are."""
    fields = {column.field for column in survey.columns}
    return [
        column._replace(field="data_centre", how=mapping.BY_VALUES)
        if column.number in survey.values
        and "data_centre" not in fields
        and not any(known.find("room", text) for text in survey.values[column.number])
        else column
        for column in survey.columns
    ]
