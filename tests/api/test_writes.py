"""A report writes what changed, and no more."""

import pytest
from sqlalchemy import event, text

from cmdb_api.extensions import db
from tests.reports import digest_only, make_report, section

SECTIONS = {
    "disk": section([{"slot": str(n), "size_bytes": n} for n in range(5)]),
    "package": section([{"name": "bash", "version": "5.2"}], ["name"], bulk=True),
    "psu": {"status": "unavailable", "reason": "no ipmitool"},
}
WRITES = ("INSERT", "UPDATE", "DELETE")
ROWS = text(
    "SELECT relname, n_tup_ins, n_tup_upd, n_tup_hot_upd, n_tup_del FROM pg_stat_user_tables"
)


@pytest.fixture
def statements(session):
    """Return the list of the SQL statements that are executed from now on."""
    seen = []

    def note(_connection, _cursor, statement, _parameters, _context, many):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("sections", [SECTIONS, None], ids=["whole", "digests"])
def test_an_unchanged_report_writes_the_status_row_only(post, statements, sections):
    sparse = {k: digest_only(one) if "items" in one else one for k, one in SECTIONS.items()}
    post(make_report(sections=SECTIONS))
    statements.clear()
    (result,) = post(make_report(sections=sections or sparse))
    assert result["result"] == "unchanged"
    assert [s.split()[:2] for s in statements if s.startswith(WRITES)] == [
        ["UPDATE", "asset_status"]
    ]
    read = [s for s in statements if s.startswith("SELECT")]
    assert len(read) == 2


def test_an_unchanged_report_touches_one_row_in_postgresql(
    make_postgres_database, make_app, make_report
):
    app = make_app(make_postgres_database())
    client = app.test_client()
    client.post("/api/v1/reports", json=make_report(sections=SECTIONS))
    with app.app_context():
        before = _row_writes()
        client.post("/api/v1/reports", json=make_report(sections=SECTIONS))
        after = _row_writes()
    new = {
        table: [b - a for a, b in zip(before[table], after[table], strict=True)] for table in after
    }
    assert {table: counts for table, counts in new.items() if any(counts)} == {
        # Rewritten on its own page: no index is touched.
        "asset_status": [0, 1, 1, 0]
    }


def _row_writes():
    db.session.execute(text("SELECT pg_stat_force_next_flush()"))
    db.session.commit()
    found = {name: counts for name, *counts in db.session.execute(ROWS)}
    db.session.rollback()
    return found


@pytest.mark.parametrize("result", ["duplicate", "older", "incomplete"])
def test_what_brings_nothing_writes_nothing(post, statements, result):
    first = make_report(sections=SECTIONS)
    given = {
        "duplicate": first,
        "older": make_report(sections=SECTIONS, age_ms=10_000),
        "incomplete": make_report(sections={"disk": digest_only(section([]))}),
    }[result]
    post(first)
    statements.clear()
    assert post(given)[0]["result"] == result
    assert [s for s in statements if s.startswith(WRITES)] == []


def test_a_changed_disk_rewrites_that_disk_only(post, session, statements):
    post(make_report(sections=SECTIONS))
    items = [*SECTIONS["disk"]["items"][:-1], {"slot": "4", "size_bytes": 99}]
    statements.clear()
    post(make_report(sections=SECTIONS | {"disk": section(items)}))
    written = sorted(
        s.split()[2 if s.startswith("INSERT") else 1] for s in statements if s.startswith(WRITES)
    )
    # A disk of that size was on no host yet, and it counts in what the disks hold together.
    tables = ["asset_facts", "asset_status", "bulk_item", "change", "component", "section"]
    assert written == tables
