"""Whether the database is there and as new as this code."""

import re
from functools import cache
from pathlib import Path

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import make_url

from cmdb_api.errors import Busy
from cmdb_api.extensions import migrate

UPGRADE = "run: cmdb db upgrade"


def check(engine):
    """Raise Busy where the database is not at the revision of this code."""
    with engine.connect() as connection:
        there = set(MigrationContext.configure(connection).get_current_heads())
    if not there:
        raise Busy(f"the database has no tables yet; {UPGRADE}")
    if there != _heads():
        raise Busy(f"the database is not at the revision of this release; {UPGRADE}")


@cache
def _heads():
    return set(ScriptDirectory(migrate.directory).get_heads())


def why(error, url):
    """Return one line on why a database failed: its own words, and what to do where it is plain."""
    url = make_url(url)
    told = str(error.orig or error).strip().splitlines()[0]
    folder = Path(url.database or "").parent
    if url.get_backend_name() == "sqlite" and not folder.is_dir():
        told = f"the folder {folder} does not exist"
    elif re.search("no such (table|column)|(relation|column) .* does not exist", told):
        told = f"{told}; {UPGRADE}"
    return f"database {url.render_as_string(hide_password=True)}: {told}"
