"""Batches: many reports in one transaction give what they give one by one."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, text

from cmdb_api.extensions import db
from cmdb_api.models import Asset, AssetStatus, BulkItem, Change, Component, Section
from cmdb_api.services import batch
from cmdb_api.services.standing import REMEMBERED_NUMBERED
from cmdb_api.views.api import reports as view
from tests.api.test_sequences import some_sections
from tests.reports import digest_only, make_report, section

URL = "/api/v1/reports"
NDJSON = {"Content-Type": "application/x-ndjson"}
DISK = {"disk": section([{"slot": "1", "size_bytes": 10}])}
SPARSE = {"disk": digest_only(DISK["disk"])}


def lines(client, given):
    answer = client.post(URL, data="\n".join(map(json.dumps, given)), headers=NDJSON)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


# The host, its sections, how old it is, its number, which report before comes again, what is wrong.
steps = st.tuples(
    st.sampled_from(["a", "b", "B", "c"]),
    some_sections,
    st.integers(0, 5),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 6),
    st.sampled_from([None, None, None, None, None, "sig", "id"]),
)
_tests = itertools.count(1)


def given_reports(given_steps):
    made = []
    for host, sections, age, number, again, wrong in given_steps:
        members = {} if number is None else {"seq": number}
        report = make_report(host, sections, **members) | {"age_ms": age * 1000}
        made.append(report | ({wrong: "0" * 64 if wrong == "sig" else "a b"} if wrong else {}))
        if again is not None and again < len(made):
            made.append(made[again])
    return made


def in_batches(client, given, size, moment):
    """Post the reports in requests of so many, at one moment; return their results."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "now", lambda: moment)
        return [
            {name: value for name, value in result.items() if name != "report_id"}
            for start in range(0, len(given), size)
            for result in lines(client, given[start : start + size])
        ]


def alone(client, given, size, moment):
    """Post the same, but each report in a transaction of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view, "TOGETHER", 1)
        return in_batches(client, given, size, moment)


ROWS = (Asset, AssetStatus, Section, Component, Change)
# What numbers and clocks of the database give.
OWN = ("id", "asset_id", "bulk_ids", "created_at", "recorded_at")


def content(app):
    """Return all that is recorded, by host name, without what is this database's own."""
    with app.app_context():
        names = dict(map(tuple, db.session.execute(select(Asset.id, Asset.hostname))))
        packages = {row.id: [row.kind, row.hash] for row in db.session.scalars(select(BulkItem))}
        found = []
        for model in ROWS:
            for row in db.session.execute(select(model.__table__)).mappings():
                own = {name: row[name] for name in row if name not in OWN}
                ids = row.get("bulk_ids") or ()
                host = names[row.get("asset_id", row.get("id"))]
                found.append((model.__name__, host, own, sorted(packages[n] for n in ids)))
        db.session.rollback()
        return sorted(map(repr, found))


def empty(app):
    with app.app_context():
        for table in reversed(db.metadata.sorted_tables):
            db.session.execute(table.delete())
        db.session.commit()


def again_as_digests(given):
    """Return reports that say the same later, as digests: most of them change nothing."""
    return [
        make_report(
            report["id"],
            {kind: digest_only(one) for kind, one in report["sections"].items()},
            **({"seq": 100 + number} if "seq" in report else {}),
        )
        for number, report in enumerate(given)
        if " " not in report["id"]
    ]


def check_same(apps, given_steps, size):
    given, moment = given_reports(given_steps), datetime.now(UTC)
    later = again_as_digests(given)
    told, records = [], []
    for app, post in zip(apps, (in_batches, alone), strict=True):
        empty(app)
        client = app.test_client()
        first = post(client, given, size, moment)
        told.append(first + post(client, later, size, moment + timedelta(minutes=1)))
        records.append(content(app))
    assert told[0] == told[1]
    assert records[0] == records[1]


@pytest.fixture
def two_apps(make_app, make_database):
    """Return two apps on two databases of one sort."""
    return [make_app(make_database()) for _ in range(2)]


def bounded(examples):
    harmless = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=examples, deadline=None, suppress_health_check=harmless)


@bounded(30)
@given(given_steps=st.lists(steps, max_size=8), size=st.sampled_from([2, 5, 200]))
def test_a_batch_records_what_its_reports_record_one_by_one(two_apps, given_steps, size):
    check_same(two_apps, given_steps, size)


@pytest.mark.slow
@bounded(150)
@given(given_steps=st.lists(steps, max_size=20), size=st.sampled_from([2, 5, 200]))
def test_long_batches_record_what_their_reports_record_one_by_one(two_apps, given_steps, size):
    check_same(two_apps, given_steps, size)


@pytest.fixture
def statements(session):
    """Return the list of the SQL statements that are executed from now on."""
    seen = []

    def note(_connection, _cursor, statement, _parameters, _context, many):
        seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield seen
    event.remove(db.engine, "before_cursor_execute", note)


def test_unchanged_reports_share_their_statements(post, statements):
    hosts = [f"web{number:02}" for number in range(40)]
    post(*(make_report(host, DISK) for host in hosts))
    statements.clear()
    results = post(*(make_report(host, SPARSE) for host in hosts))
    assert {result["result"] for result in results} == {"unchanged"}
    words = [statement.split()[0] for statement in statements]
    assert [word for word in words if word != "BEGIN"] == ["SELECT", "SELECT", "UPDATE"]


def test_several_reports_of_one_host_in_a_batch_follow_each_other(post, session):
    post(make_report("web01", DISK, seq=1))
    one, two = (make_report("web01", SPARSE, seq=number) for number in (2, 3))
    failed = make_report("web01", {"disk": {"status": "error", "error": "no"}}, seq=4)
    five = make_report("web01", SPARSE, seq=5)
    results = post(one, two, one, failed, five, two, failed)
    assert [r["result"] for r in results] == [
        *("unchanged", "unchanged", "duplicate", "recorded", "recorded", "duplicate", "duplicate")
    ]
    status = session.scalars(select(AssetStatus)).one()
    assert (status.seq, status.report_id) == (5, five["report_id"])
    assert len(status.recent) == REMEMBERED_NUMBERED


def test_a_late_report_in_a_batch_does_not_hide_the_newest_one(post, session):
    post(make_report("web01", DISK | {"nic": section([])}, seq=1, age_ms=5000))
    newest = make_report("web01", {"nic": digest_only(section([]))}, seq=10, age_ms=1000)
    late = make_report("web01", SPARSE, seq=5)
    assert [r["result"] for r in post(newest, late)] == ["unchanged", "unchanged"]
    status = session.scalars(select(AssetStatus)).one()
    assert (status.seq, status.report_id) == (10, newest["report_id"])
    assert status.ages["disk"][2:] == [5, 5]


def test_a_fault_of_the_database_in_a_batch_is_told_of_that_report_alone(post, session):
    hosts = ["web01", "web02", "web03"]
    post(*(make_report(host, DISK) for host in hosts))
    broken = session.scalar(select(Asset.id).where(Asset.hostname == "web02"))
    if session.get_bind().dialect.name == "sqlite":
        condition, fault = f"new.asset_id = {broken}", "SELECT RAISE(ABORT, 'a broken disk')"
        session.execute(
            text(
                "CREATE TRIGGER broken BEFORE UPDATE ON asset_status "
                f"WHEN {condition} BEGIN {fault}; END"
            )
        )
    else:
        session.execute(
            text(
                "ALTER TABLE asset_status ADD CONSTRAINT broken "
                f"CHECK (asset_id <> {broken} OR seq IS NULL)"
            )
        )
    session.commit()
    results = post(*(make_report(host, SPARSE, seq=5) for host in hosts))
    undo = {"sqlite": "DROP TRIGGER broken"}.get(
        session.get_bind().dialect.name, "ALTER TABLE asset_status DROP CONSTRAINT broken"
    )
    session.execute(text(undo))
    session.commit()
    assert [r["result"] for r in results] == ["unchanged", "retry", "unchanged"]


@pytest.fixture
def at_once(app):
    """Return a function that posts batches, each from a thread of its own, at one moment."""

    def at_once(*batches):
        together = Barrier(len(batches))

        def post(given):
            together.wait()
            return [result["result"] for result in lines(app.test_client(), given)]

        with ThreadPoolExecutor(len(batches)) as pool:
            return list(pool.map(post, batches))

    return at_once


HOSTS = [f"web{number:02}" for number in range(30)]


def test_batches_in_opposite_order_wait_for_each_other_in_no_ring(
    at_once, app, session, monkeypatch
):
    at_once([make_report(host, DISK) for host in HOSTS])
    monkeypatch.setattr(view, "TOGETHER", 7)
    # The order of the hosts within a request is ours; here it is the sender's.
    numbers = itertools.count()
    monkeypatch.setattr(view, "_order", lambda line: next(numbers))
    for turn in range(4):
        changed = {"disk": section([{"slot": "1", "size_bytes": 100 + turn}])}
        some = [
            make_report(host, changed if n % 5 == 0 else SPARSE) for n, host in enumerate(HOSTS)
        ]
        others = [make_report(host, SPARSE) for host in reversed(HOSTS)]
        for results in at_once(some, others, some[10:], others[:20]):
            assert set(results) <= {"recorded", "unchanged", "duplicate", "incomplete", "older"}
    session.rollback()
    for status in session.scalars(select(AssetStatus)):
        assert len(set(status.recent)) == len(status.recent)


def test_a_report_that_two_masters_deliver_is_recorded_once(at_once, session):
    first = [make_report(host, DISK) for host in HOSTS]
    second = [
        make_report(host, {"disk": section([{"slot": "1", "size_bytes": 20}])}) for host in HOSTS
    ]
    third = [
        make_report(host, {"disk": digest_only(second[0]["sections"]["disk"])}) for host in HOSTS
    ]
    for some, result in ((first, "recorded"), (second, "recorded"), (third, "unchanged")):
        results = at_once(some, list(reversed(some)))
        for one, other in zip(results[0], reversed(results[1]), strict=True):
            assert sorted((one, other)) == ["duplicate", result]
    changes = session.scalars(select(Change.action)).all()
    assert sorted(changes) == ["baseline"] * len(HOSTS) + ["changed"] * len(HOSTS)


def test_a_report_that_comes_twice_in_one_batch_is_recorded_once(post, session):
    new = make_report("web01", DISK)
    assert [r["result"] for r in post(new, new, new)] == ["recorded", "duplicate", "duplicate"]
    same = make_report("web01", SPARSE)
    assert [r["result"] for r in post(same, same)] == ["unchanged", "duplicate"]
    assert session.scalars(select(Change.action)).all() == ["baseline"]


def test_a_host_that_another_writes_to_holds_up_no_batch(make_postgres_database, make_app):
    app = make_app(make_postgres_database(), DATABASE_LOCK_SECONDS=1)
    client = app.test_client()
    lines(client, [make_report(host, DISK) for host in HOSTS])
    with app.app_context():
        held = db.engine.connect()
        held.execute(
            text(
                "SELECT * FROM asset_status JOIN asset ON id = asset_id "
                "WHERE hostname = 'web05' FOR UPDATE"
            )
        )
        given = [make_report(host, SPARSE) for host in [*HOSTS, "web05"]]
        found = lines(client, given)
        held.rollback()
        held.close()
    results = [r["result"] for r in found]
    assert [r["id"] for r in found if r["result"] == "retry"] == ["web05", "web05"]
    assert results.count("unchanged") == len(HOSTS) - 1
    assert {r["result"] for r in lines(client, given)} == {"duplicate", "unchanged"}


def test_a_request_that_takes_too_long_is_answered_before_its_end(post, monkeypatch):
    monkeypatch.setattr(view, "LONGEST", -1)
    (first, second) = post(make_report("web01", DISK), make_report("web02", DISK))
    for result in (first, second):
        assert (result["result"], result["error"]["code"]) == ("retry", "busy")


def test_nothing_is_written_where_a_batch_brings_nothing(post, statements):
    report = make_report("web01", DISK)
    post(report)
    statements.clear()
    assert [r["result"] for r in post(report, report)] == ["duplicate", "duplicate"]
    assert [s for s in statements if s.startswith(("INSERT", "UPDATE", "DELETE"))] == []


def test_what_brings_news_is_left_by_a_batch(session, app, post):
    post(make_report("web01", DISK))
    envelopes = [
        view.schema.load(make_report(host, sections))
        for host, sections in (("web01", {"disk": section([])}), ("web01", SPARSE), ("new01", DISK))
    ]
    taken = batch.ingest_unchanged(session, envelopes, datetime.now(UTC), app.config)
    session.rollback()
    assert taken == [None, None, None]
