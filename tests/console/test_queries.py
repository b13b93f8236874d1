"""How often each page asks the database: never more than queries.json says, nor than 12 times.

After a change that is meant to ask more, ``REWRITE=1 pytest tests/console/test_queries.py`` writes
the file anew.
"""

import contextlib
import json
import os
from pathlib import Path

from sqlalchemy import event

from cmdb_api.extensions import db
from tests.console import walking
from tests.console.conftest import log_in_client

MOST = 12
BASELINE = Path(__file__).with_name("queries.json")


def test_a_page_asks_the_database_as_seldom_as_it_did(fresh_site):
    client = log_in_client(fresh_site.app, "anna")
    counts = {}
    for name in walking.names():
        path = walking.address(name, fresh_site.known)
        with counted(fresh_site.app) as statements:
            answer = client.get(path)
            answer.close()
        assert answer.status_code < 400, (path, answer.status_code)
        counts[name] = len(statements)
    if os.environ.get("REWRITE"):
        BASELINE.write_text(json.dumps(counts, indent=1, sort_keys=True) + "\n")
    known = json.loads(BASELINE.read_text())
    assert counts.keys() == known.keys()
    more = {name: (count, known[name]) for name, count in counts.items() if count > known[name]}
    assert not more, f"pages that ask more than before (now, before): {more}"
    assert {name: count for name, count in counts.items() if count > MOST} == {}


@contextlib.contextmanager
def counted(app):
    """Give the statements that the app sends to its database while the block lasts."""
    statements = []

    def note(_connection, _cursor, statement, *_):
        statements.append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
