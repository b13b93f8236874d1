"""One import from its bytes to its kept result: for the API and the command line."""

from flask import current_app

from cmdb_api.extensions import db
from cmdb_api.schemas import imports as schemas
from cmdb_api.services import kinds
from cmdb_api.services.exchange import failed_rows, mapping, mappings, reading, runs
from cmdb_api.services.exchange.importing import Importer, Options
from cmdb_api.services.exchange.surveying import survey
from cmdb_api.services.exchange.tables import TYPES, Limits


def run(data, *, actor, owner, type=None, progress=None, **asked):
    """
    Import a table as ``schemas.ImportQuery`` asks; return the number of the run.

    Good rows are committed as they come; with mode all, and of a dry run, nothing before the end.
    ``progress(done, rows, held=...)`` is told how far it is; held: a transaction is under way.
    """
    found = survey_of(data, type, asked)
    if not asked["leave_out_unknown"]:
        mapping.check_unknown(found, dry_run=asked["dry_run"])
    whole = asked["mode"] == schemas.ALL
    options = Options(actor, asked["dry_run"], whole, frozenset(asked["create"]))
    importer = Importer(db.session, found, schemas.check, options)
    held = options.dry_run or whole
    if progress:
        progress(0, found.row_count, held=False)
    for done in importer.run():
        if not held:
            db.session.commit()
        if progress:
            progress(done, found.row_count, held=held)
    applied = not (options.dry_run or (whole and importer.outcome.failed))
    if applied:
        db.session.commit()
    else:
        db.session.rollback()
    return _keep(importer, asked, {"actor": actor, "owner": owner}, applied)


def survey_of(data, type, asked):
    """Return the Survey of a table that is to be imported as is asked."""
    return survey_in(tables_of(data, type, asked), asked)


def survey_in(tables, asked):
    """Return the Survey of one of these tables."""
    given = asked.get("columns") and mappings.checked(db.session, asked["columns"])
    saved = asked.get("mapping") and mappings.named(db.session, asked["mapping"])
    known = {"kept": mappings.kept(db.session), "kinds": kinds.strange(db.session)}
    return survey(tables, given=given, saved=saved, **known)


def tables_of(data, type, asked):
    """Return the tables that a file has, within the limits of this site."""
    config = current_app.config
    limits = Limits(
        config["MAX_IMPORT_ROWS"],
        config["MAX_IMPORT_COLUMNS"],
        config["MAX_IMPORT_INFLATED_LENGTH"],
    )
    how = {name: asked.get(name) for name in ("sheet", "encoding")}
    return reading.tables(data, limits, name=asked.get("file_name"), type=type, **how)


def _keep(importer, asked, who, applied):
    """Keep what became of an import, and its failed rows."""
    table, failed = importer.survey.table, importer.outcome.failed
    told = importer.told() | {"mode": asked["mode"], "applied": applied, "notes": table.notes}
    told |= {"format": table.format, "sheet": table.sheet}
    file = failed and failed_rows.write(importer.survey, importer.columns, failed)
    number = runs.add(
        db.session,
        **who,
        file_name=asked.get("file_name"),
        dry_run=asked["dry_run"],
        result=told,
        failed=(file, TYPES[table.format]) if file else None,
        keep_days=current_app.config["IMPORT_KEEP_DAYS"],
        cells=importer.outcome.cells(importer.columns),
    )
    db.session.commit()
    if asked.get("save_mapping"):
        mappings.keep(db.session, asked["save_mapping"], importer.columns)
        db.session.commit()
    return number
