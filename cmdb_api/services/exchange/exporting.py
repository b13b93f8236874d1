"""Assets out of the record: as a spreadsheet, as CSV, as JSON Lines.

All that an export tells is of one moment, and it is written a chunk at a time, so that memory does
not grow with the fleet. The file is to be one that nobody sees yet: a failure leaves it unfinished.
"""

from cmdb_api.errors import Invalid
from cmdb_api.models.types import now
from cmdb_api.services.access import audit
from cmdb_api.services.exchange import about, csv_writer, lines_writer, sheet_writer, snapshot
from cmdb_api.services.exchange.records import Chosen, Whole
from cmdb_api.services.search import columns, titles, walking

# What chooses the assets, and their order, of all that is asked for.
FILTERS = ("query", "sort", "state", "standing")
# What the audit log tells of an export.
TOLD = (*FILTERS, "columns", "components")
# Assets whose components are read at once.
WITH_COMPONENTS = 100


def write(session, file, form, *, actor, **wanted):
    """
    Write assets to a binary file in one of ``FORMS``; return how many.

    ``wanted`` has FILTERS, ``columns`` (names, else the usual ones) and ``language``; for csv
    ``bom`` and ``separator``, for jsonl ``components``. What the session has not committed is gone;
    the audit log tells of the export once the caller commits.
    """
    with snapshot.taken(session):
        count = FORMS[form](session, file, wanted | {"actor": actor})
    details = {name: wanted[name] for name in TOLD if wanted.get(name)} | {"rows": count}
    audit.note(session, action=audit.EXPORT, subject=f"assets.{form}", details=details, actor=actor)
    return count


def _xlsx(session, file, wanted):
    at, chosen, headings, rows = now(), *_table(session, wanted)
    return sheet_writer.write(
        *(file, chosen, headings, rows),
        name=about.ASSETS[_language(wanted)],
        about=lambda count, cut: about.sheet(
            *(chosen, headings, wanted), language=_language(wanted), at=at, count=count, cut=cut
        ),
    )


def _csv(session, file, wanted):
    _, headings, rows = _table(session, wanted)
    options = {name: wanted[name] for name in ("bom", "separator") if name in wanted}
    return csv_writer.write(file, headings, rows, **options)


def _jsonl(session, file, wanted):
    names, components = wanted.get("columns"), wanted.get("components", False)
    if names and components:
        raise Invalid.of("components", "not together with columns")
    if names:
        maker = Chosen(session, columns.choose(session, names))
    else:
        maker = Whole(session, components=components)
    most = WITH_COMPONENTS if components else walking.CHUNK
    return lines_writer.write(file, _records(session, maker, most, wanted))


FORMS = {"xlsx": _xlsx, "csv": _csv, "jsonl": _jsonl}


def _table(session, wanted):
    """Return the columns, their headings, and what yields the values of each asset."""
    chosen = columns.choose(session, wanted.get("columns"))
    headings = [titles.title(column.name, _language(wanted)) for column in chosen]
    return chosen, headings, _rows(session, _ids(session, wanted), chosen)


def _rows(session, chunks, chosen):
    for ids in chunks:
        yield from columns.values(session, ids, chosen).values()


def _records(session, maker, most, wanted):
    for ids in _ids(session, wanted):
        for start in range(0, len(ids), most):
            yield from maker.of(ids[start : start + most])


def _ids(session, wanted):
    return walking.ids(session, **{name: wanted.get(name) for name in FILTERS})


def _language(wanted):
    return wanted.get("language") or titles.EN
