"""Old, stolen and altered reports: what was signed once changes nothing a second time."""

import pytest
from sqlalchemy import select

from cmdb_api.models import AssetStatus, Change, Component, Section
from cmdb_api.services import canonical
from cmdb_api.services.standing import REMEMBERED
from tests.reports import MASTER_SECRET, digest_only, make_report, section

A, B, C = ([{"slot": "1", "size_bytes": size}] for size in (10, 20, 30))
FAILED = {"status": "error", "error": "ParseError: no"}
HOUR = 3600 * 1000


@pytest.fixture
def record(session):
    """Return a function that gives all that is recorded, as plain data; without volatile things."""

    def record():
        session.rollback()
        status = session.scalars(select(AssetStatus)).one()
        return {
            "components": sorted(
                (c.kind, c.place, c.data["size_bytes"]) for c in session.scalars(select(Component))
            ),
            "sections": sorted(
                (s.kind, s.status, s.digest) for s in session.scalars(select(Section))
            ),
            "changes": len(session.scalars(select(Change)).all()),
            "ages": status.ages,
            "reported_at": status.reported_at,
            "report_id": status.report_id,
            "seq": status.seq,
            "identity": status.identity,
        }

    return record


@pytest.fixture
def result(post):
    """Return a function that posts one report and gives what became of it."""
    return lambda report: post(report)[0]["result"]


def newer(post, numbers, kind="nic", items=A):
    """Post so many reports of another kind that the reports before them are not remembered."""
    reports = [make_report("web01", {kind: items}, seq=number) for number in numbers]
    for start in range(0, len(reports), 50):
        assert {r["result"] for r in post(*reports[start : start + 50])} <= {
            "recorded",
            "unchanged",
        }


def test_a_replay_takes_no_effect_on_a_kind_that_the_newest_reports_did_not_hold(
    post, result, record
):
    stolen = make_report("web01", {"disk": A}, seq=1)
    assert result(stolen) == "recorded"
    assert result(make_report("web01", {"disk": B}, seq=2)) == "recorded"
    newer(post, range(3, 4 + REMEMBERED))
    before = record()
    for age in (0, 1, HOUR):
        assert result(stolen | {"age_ms": age}) == "older"
    assert record() == before
    assert ("disk", "1", 20) in before["components"]


def test_a_replayed_failure_hides_no_success(post, result, record):
    stolen = make_report("web01", {"disk": FAILED}, seq=1)
    result(stolen)
    result(make_report("web01", {"disk": B}, seq=2))
    newer(post, range(3, 4 + REMEMBERED))
    before = record()
    assert result(stolen | {"age_ms": 0}) == "older"
    assert record() == before


def test_a_replay_does_not_make_old_components_look_fresh(post, result, record):
    stolen = make_report("web01", {"disk": A}, seq=1)
    result(stolen)
    newer(post, range(3, 4 + REMEMBERED))
    before = record()
    assert result(stolen | {"age_ms": 0}) == "older"
    sparse = {"disk": digest_only(section(A))}
    assert result(stolen | {"sections": sparse}) == "older"
    assert record() == before


def test_a_late_report_of_a_kind_is_taken_by_its_number_though_others_came_since(
    post, result, record
):
    result(make_report("web01", {"disk": A}, seq=1, age_ms=2 * HOUR))
    late = make_report("web01", {"disk": B}, seq=2)
    newer(post, range(3, 4 + REMEMBERED))
    assert result(late | {"age_ms": HOUR}) == "recorded"
    assert ("disk", "1", 20) in record()["components"]
    newer(post, range(200, 201 + REMEMBERED))
    before = record()
    assert result(late | {"age_ms": 0}) == "older"
    assert record() == before


def test_late_items_are_taken_by_number_though_the_collector_failed_since(result, record):
    result(make_report("web01", {"disk": A}, seq=1, age_ms=3 * HOUR))
    result(make_report("web01", {"disk": FAILED}, seq=3))
    assert result(make_report("web01", {"disk": B}, seq=2, age_ms=HOUR)) == "recorded"
    assert record()["sections"][0][1] == "error"
    assert record()["components"] == [("disk", "1", 20)]


def test_a_report_without_number_leaves_the_numbers_as_they_are(result, record):
    result(make_report("web01", {"disk": A}, seq=5))
    assert result(make_report("web01", {"disk": B})) == "recorded"
    assert result(make_report("web01", {"disk": A}, seq=5)) == "older"
    assert result(make_report("web01", {"disk": C}, seq=6)) == "recorded"
    assert record()["ages"]["disk"][2:] == [6, 6]


def test_ages_of_a_database_from_before_numbers_are_read(result, record, session):
    result(make_report("web01", {"disk": A}))
    status = session.scalars(select(AssetStatus)).one()
    status.ages = {kind: age[:2] for kind, age in status.ages.items()}
    session.commit()
    assert result(make_report("web01", {"disk": A}, seq=7)) == "unchanged"
    assert record()["ages"]["disk"][2:] == [7, 7]


def other_host(report):
    return report | {"id": "db01"}


def other_id(report):
    return report | {"report_id": "another-id-0001"}


def other_number(report):
    return report | {"seq": 99}


def no_number(report):
    return {name: value for name, value in report.items() if name != "seq"}


def other_digest(report):
    return report | {"sections": {"disk": section(B)}}


def other_time(report):
    return report | {"collected_at": "2026-01-01T00:00:00Z"}


def other_outcome(report):
    return report | {"sections": {"disk": FAILED}}


def one_kind_less(report):
    return report | {"sections": {}}


def other_volatile(report):
    return report | {"sections": {"disk": section(A, volatile={"1": {"used_bytes": 1}})}}


@pytest.mark.parametrize(
    "alter",
    [
        other_host, other_id, other_number, no_number, other_digest, other_time, other_outcome,
        one_kind_less, other_volatile,
    ],
)  # fmt: skip
def test_a_signature_is_good_for_what_it_was_made_for_alone(post, record, alter):
    stolen = make_report("web01", {"disk": A}, seq=5)
    good, forged = make_report("web01", {"disk": A}, seq=4), alter(stolen)
    assert post(good)[0]["result"] == "recorded"
    before = record()
    (alone,) = post(forged)
    assert (alone["result"], alone["error"]["status"]) == ("refused", 403)
    among = post(forged, good, stolen)
    assert sorted(r["result"] for r in among) == ["duplicate", "refused", "unchanged"]
    assert record()["components"] == before["components"]
    assert record()["changes"] == before["changes"]


def test_a_key_of_one_host_speaks_for_no_other(post, record):
    post(make_report("web01", {"disk": A}), make_report("db01", {"disk": A}))
    key = canonical.host_key(MASTER_SECRET, "db01")
    forged = make_report("web01", {"disk": B}, key=key)
    good = make_report("db01", {"disk": A}, key=key)
    assert [r["result"] for r in post(forged, good)] == ["refused", "unchanged"]


@pytest.mark.parametrize("via", ["salt", "ssh", "agent", "puppet", "puppetdb", "by hand"])
def test_the_way_a_report_came_makes_no_difference(post, record, via):
    results = post(
        make_report("web01", {"disk": A}, via=via, age_ms=2000),
        make_report("web01", {"disk": B}, via=via, age_ms=1000),
        make_report("web01", {"disk": B}, via=via),
    )
    assert [r["result"] for r in results] == ["recorded", "recorded", "unchanged"]
    assert record()["components"] == [("disk", "1", 20)]
    assert record()["changes"] == 2
