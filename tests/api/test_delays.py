"""Reports that are longer on their way than others: which is newer, their numbers tell.

Who sends a report reckons its age beforehand. What it then takes on its way makes it look newer.
"""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from cmdb_api.models import AssetStatus, Section
from cmdb_api.services.history import state_at
from cmdb_api.services.locking import find
from tests.reports import make_report

A, B, C = ([{"slot": "1", "size_bytes": size}] for size in (10, 20, 30))
FAILED = {"status": "error", "error": "ParseError: no"}
SECOND, HOUR = 1000, 3600 * 1000
KINDS = "gadget", "thing", "widget"

_hosts = (f"host{number}" for number in itertools.count(1))


@pytest.fixture
def results(post):
    """Return a function that posts reports in one request and gives what became of each."""
    return lambda *reports: [answer["result"] for answer in post(*reports)]


@pytest.fixture
def status(session):
    """Return a function that gives web01's status row."""

    def status():
        session.rollback()
        return session.scalars(select(AssetStatus)).one()

    return status


@pytest.fixture
def items(session):
    """Return a function that gives {kind: {place: item}} of a host, as it is now."""

    def items(host="web01"):
        asset_id = find(session, host).asset_id
        session.rollback()
        return state_at(session, asset_id, datetime.now(UTC) + timedelta(days=1)).kinds

    return items


def size(items, kind="disk"):
    return items()[kind]["1"]["size_bytes"]


def test_a_report_that_was_long_on_its_way_does_not_outdo_the_next(results, items, status):
    assert results(make_report(sections={"disk": A}, seq=1)) == ["recorded"]
    quick = make_report(sections={"disk": B}, seq=2, age_ms=5 * SECOND)
    assert results(quick) == ["recorded"]
    assert size(items) == 20
    assert status().report_id == quick["report_id"]
    assert results(make_report(sections={"disk": A}, seq=3, age_ms=2 * SECOND)) == ["recorded"]
    assert size(items) == 10


def test_nor_does_it_where_the_next_changes_nothing_and_comes_in_a_batch(results, status):
    results(make_report(sections={"disk": A}, seq=1))
    batch = [
        make_report(sections={"disk": A}, seq=number, age_ms=age)
        for number, age in ((2, 6 * SECOND), (3, 5 * SECOND), (4, 8 * SECOND))
    ]
    # By their ages the last goes first; no kind is left without the newest.
    assert results(*batch) == ["older", "older", "unchanged"]
    assert status().report_id == batch[2]["report_id"]
    assert status().ages["disk"][2:] == [4, 4]


def test_a_failure_that_was_long_on_its_way_does_not_outdo_what_came_after(results, items, session):
    results(make_report(sections={"disk": A}, seq=1, age_ms=HOUR))
    results(make_report(sections={"disk": FAILED}, seq=2))
    assert results(make_report(sections={"disk": B}, seq=3, age_ms=SECOND)) == ["recorded"]
    assert size(items) == 20
    assert session.scalars(select(Section)).one().status == "ok"


def test_a_report_between_two_others_brings_the_kinds_that_the_second_does_not(
    results, items, status
):
    results(make_report(sections={"cpu": A}, seq=1))
    last = make_report(sections={"disk": C}, seq=3, age_ms=SECOND)
    results(last)
    assert results(make_report(sections={"cpu": B, "disk": B}, seq=2)) == ["recorded"]
    assert size(items, "cpu") == 20
    assert size(items, "disk") == 30
    assert status().report_id == last["report_id"]


def test_reports_without_a_number_are_compared_by_time(results, items):
    results(make_report(sections={"disk": A}, seq=1, age_ms=2 * HOUR))
    results(make_report(sections={"disk": B}))
    assert results(make_report(sections={"disk": C}, seq=2, age_ms=HOUR)) == ["older"]
    assert size(items) == 20
    assert results(make_report(sections={"disk": C}, seq=3)) == ["recorded"]
    assert results(make_report(sections={"disk": A}, age_ms=HOUR)) == ["older"]
    # From here on the numbers tell again.
    assert results(make_report(sections={"disk": A}, seq=4, age_ms=HOUR)) == ["recorded"]
    assert size(items) == 10


def test_items_without_a_number_are_not_outdone_by_older_ones_once_a_failure_with_one_came(
    results, items
):
    results(make_report(sections={"disk": A}, seq=1, age_ms=3 * HOUR))
    results(make_report(sections={"disk": B}, age_ms=HOUR))
    results(make_report(sections={"disk": FAILED}, seq=3))
    assert results(make_report(sections={"disk": C}, seq=2, age_ms=2 * HOUR)) == ["older"]
    assert size(items) == 20


def test_the_time_on_the_way_of_one_report_is_no_clock_skew_of_the_next(results, status):
    collected_at = datetime.now(UTC) - timedelta(hours=1)
    results(make_report(sections={"disk": A}, seq=1))
    stamp = collected_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    report = make_report(sections={"disk": B}, seq=2, age_ms=HOUR, collected_at=stamp)
    assert results(report) == ["recorded"]
    assert abs(status().clock_skew_ms) < 60 * SECOND
    assert "clock" not in status().causes


sections = st.dictionaries(
    st.sampled_from(KINDS), st.sampled_from(["ok", "ok", "ok", "failed"]), min_size=1
)
# What it holds, its place in the order of arrival, what its age is off by, whether it comes again.
reports = st.tuples(sections, st.integers(0, 9), st.integers(0, 5), st.booleans())


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(given_reports=st.lists(reports, min_size=1, max_size=12), most=st.integers(1, 4))
def test_the_highest_number_of_each_kind_is_in_the_record(
    post, items, session, given_reports, most
):
    """However they are delayed, whatever their order, in whatever batches, once or twice."""
    host, newest, failed, arriving = next(_hosts), {}, {}, []
    for number, (kinds, arrival, off, again) in enumerate(given_reports, 1):
        said = {
            kind: [{"slot": "1", "number": number}] if outcome == "ok" else FAILED
            for kind, outcome in kinds.items()
        }
        newest.update({kind: number for kind, outcome in kinds.items() if outcome == "ok"})
        failed.update({kind: outcome == "failed" for kind, outcome in kinds.items()})
        report = make_report(host, said, seq=number, age_ms=(20 - number + off) * SECOND)
        arriving += [(arrival, report), (arrival + off, report)] if again else [(arrival, report)]
    arriving = [report for _, report in sorted(arriving, key=lambda pair: pair[0])]
    while arriving:
        post(*arriving[:most])
        del arriving[:most]
    found = {kind: state["1"]["number"] for kind, state in items(host).items()}
    assert found == newest
    asset_id = find(session, host).asset_id
    rows = session.scalars(select(Section).where(Section.asset_id == asset_id))
    assert {row.kind: row.status == "error" for row in rows} == failed
    session.rollback()
