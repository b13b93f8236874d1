"""What a person changes while a report waits for its turn counts for the report."""

import threading

import pytest
from sqlalchemy import text

from cmdb_api.extensions import db
from cmdb_api.services import assets, keys
from tests.reports import make_report

REPORTS = "/api/v1/reports"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"


@pytest.fixture
def app(make_app, make_postgres_database):
    """Return an app on PostgreSQL: on SQLite who waits has read nothing yet."""
    return make_app(make_postgres_database())


@pytest.mark.parametrize(
    ("edit", "why"),
    [
        (lambda: keys.rotate(db.session, "web01", actor="anna"), "forbidden"),
        (lambda: assets.declare(db.session, "web01", actor="anna", state="retired"), "retired"),
    ],
)
def test_a_key_is_revoked_for_the_report_that_waits_too(app, edit, why):
    client, answers = app.test_client(), []
    client.post(REPORTS, json=make_report("web01", {"disk": [{"slot": "1"}]}))
    late = make_report("web01", {"disk": [{"slot": "2"}]})

    def report():
        answers.append(app.test_client().post(REPORTS, json=late).json)

    with app.app_context():
        edit()
        db.session.flush()
        thread = threading.Thread(target=report)
        thread.start()
        _wait_until_somebody_waits(thread)
        db.session.commit()
        thread.join()
    assert answers[0]["result"] == "refused"
    assert answers[0]["error"]["code"] == why


def _wait_until_somebody_waits(thread):
    with db.engine.connect() as connection:
        while thread.is_alive() and not connection.scalar(text(WAITING)):
            connection.rollback()
