"""What is done with a file that was uploaded: a first look at it, and its import."""

from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

from flask import g
from sqlalchemy.exc import OperationalError

from cmdb_api.errors import CMDBError
from cmdb_api.extensions import db
from cmdb_api.services import facts
from cmdb_api.services.dialects import dialect
from cmdb_api.services.exchange import headings, importing, mapping, uploads
from cmdb_api.services.exchange.known import Known
from cmdb_api.services.exchange.tables import letters, number
from cmdb_api.views import importing as imports

# Rows of a file that a first look reads: a page is not to take as long as an import.
LOOKED_AT, SAMPLES, LONGEST = 200, 3, 60
# Rows among which headings are that no one knows.
HEADINGS_WITHIN = 10


@dataclass
class Look:
    """What a file seems to have: its sheets, its columns, some values of each."""

    sheets: list = field(default_factory=list)
    sheet: str | None = None
    columns: list = field(default_factory=list)
    # {column number: texts}
    samples: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    error: CMDBError | None = None

    def heading_of(self, column):
        """Return what names a column to an import: its heading, its letters where that is none."""
        plain = headings.plain(column.heading)
        alike = [each for each in self.columns if headings.plain(each.heading) == plain]
        return column.heading if plain and len(alike) == 1 else letters(column.number)


def check(upload, data):
    """Raise a CMDBError where a file is none that can be read."""
    tables = imports.tables_of(data, upload["file_type"], {"file_name": upload["file_name"]})
    next(iter(tables[0].rows()), None)


def look(upload, data, asked):
    """Return the Look at a file, read as is asked."""
    found, asked, tables = Look(), asked | {"file_name": upload["file_name"]}, []
    try:
        every = imports.tables_of(data, upload["file_type"], asked | {"sheet": None})
        found.sheets = [table.sheet for table in every if table.sheet]
        wanted = (
            imports.tables_of(data, upload["file_type"], asked) if asked.get("sheet") else every
        )
        for table in wanted:
            table.rows = _some(table.rows)
        tables = wanted
        survey = imports.survey_in(tables, asked)
        # What is here is read for columns alone that may be a room or a data centre.
        known = Known(db.session) if survey.values else None
        found.columns = importing.decided(known, survey)
        found.sheet, found.notes = survey.table.sheet, survey.table.notes
        found.samples = _samples(survey.rows())
    except CMDBError as error:
        db.session.rollback()
        found.error, found.columns = error, _columns(error, tables)
    return found


def _some(rows):
    return lambda: islice(rows(), LOOKED_AT)


def _samples(rows):
    found = {}
    for row in islice(rows, LOOKED_AT):
        for at, value in row.cells.items():
            texts = found.setdefault(at, [])
            text = str(getattr(value, "shown", value))[:LONGEST]
            if text.strip() and text not in texts and len(texts) < SAMPLES:
                texts.append(text)
    return found


def _columns(error, tables):
    """Return the columns that an error tells of, else what seem to be the headings."""
    if told := error.details.get("columns"):
        return [
            mapping.Column(number(each["column"]), each["heading"], each["field"], each["how"])
            for each in told
        ]
    with suppress(CMDBError):
        rows = [table.headings or _widest(table) for table in tables]
        found = next((row for row in rows if row), {})
        return [mapping.Column(at, found[at], None, mapping.UNKNOWN) for at in sorted(found)]
    return []


def _widest(table):
    """Return the texts of the row that has the most of them."""
    rows = (
        {at: " ".join(text.split()) for at, text in row.cells.items() if isinstance(text, str)}
        for row in islice(table.rows(), HEADINGS_WITHIN)
    )
    return max(rows, key=len, default={})


def fields():
    """Return the names of the fields that a column can be: declared ones, expected ones."""
    expected = [f"{headings.EXPECTED}{fact.name}" for fact in facts.every()]
    return list(headings.FIELDS), expected


def do(upload, asked, *, dry_run):
    """Import a file, or try it; return the number of the run. Commits."""
    owner, upload_id = g.bearer.owner, upload["id"]
    uploads.begin(db.session, upload_id, owner=owner)
    db.session.commit()
    run_id = None
    try:
        data = uploads.content(db.session, upload_id, owner=owner)
        db.session.rollback()
        how = {"leave_out_unknown": True, **asked, "dry_run": dry_run}
        how["save_mapping"] = None if dry_run else asked.get("save_mapping")
        run_id = imports.run(
            data,
            actor=g.bearer.name,
            owner=owner,
            type=upload["file_type"],
            file_name=upload["file_name"],
            progress=_progress(upload_id, owner),
            **how,
        )
    finally:
        db.session.rollback()
        uploads.end(db.session, upload_id, owner=owner, run_id=run_id)
        db.session.commit()
    return run_id


def _progress(upload_id, owner):
    """Return what tells how far an import is, in transactions of its own."""

    def tell(done, count, *, held):
        # SQLite has one writer, and that is the import itself until it commits.
        if held and dialect(db.session) == "sqlite":
            return
        with suppress(OperationalError), db.engine.begin() as connection:
            uploads.hear(connection, upload_id, done, count, owner=owner)

    return tell
