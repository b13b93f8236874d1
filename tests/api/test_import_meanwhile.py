"""What happens beside an import whose rows all stay, or none."""

import time
from threading import Event

import pytest
from sqlalchemy import text

from cmdb_api.extensions import db
from cmdb_api.services import assets, locking

LOCKS = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"


@pytest.fixture
def whole(app):
    """Return a function that registers hosts as such an import does, and gives the session."""

    def whole(*hostnames, **how):
        locking.begin(db.session)
        locking.hold_all_names(db.session, **how)
        for name in hostnames:
            assets.register(db.session, hostname=name, actor="anna", state="offline")
        return db.session

    return whole


def test_a_report_of_a_host_that_is_being_imported_waits_and_is_recorded(
    app, whole, post, make_report, at_once, writer
):
    is_begun = Event()

    def import_():
        with app.app_context():
            session = whole("web01")
            is_begun.set()
            # Time for the report to come to where it waits.
            time.sleep(0.3)
            session.commit()

    def report():
        is_begun.wait()
        return post(make_report("web01", {"disk": [{"slot": "1"}]}))

    _, (line,) = at_once(import_, report)
    assert line["result"] == "recorded"
    assert writer.get("/api/v1/assets/web01").json["state"] == "offline"


@pytest.mark.parametrize(("kept", "locks"), [(True, 1), (False, 0)])
def test_it_takes_one_lock_for_all_names(app, whole, kept, locks):
    """PostgreSQL has room for some thousands of locks."""
    with app.app_context():
        session = whole("web01", "web02", "web03", kept=kept)
        if session.get_bind().dialect.name == "postgresql":
            assert session.scalar(text(LOCKS)) == locks
        session.rollback()
        locking.hold_names(session, "web01", "web02")
        if session.get_bind().dialect.name == "postgresql":
            assert session.scalar(text(LOCKS)) == 3
