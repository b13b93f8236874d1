"""What is declared beside what is observed, and the findings where they differ."""

import pytest
from sqlalchemy import select

from cmdb_api.errors import Conflict
from cmdb_api.models import Asset, AssetStatus, Change, Finding
from cmdb_api.services import drift_decisions
from tests.reports import section

GIB = 1 << 30
ASSETS = "/api/v1/assets"
MEMORY = "memory.total_bytes"
FAILED = {"status": "error", "error": "ParseError: no"}


def memory(*sizes):
    return section([{"slot": f"DIMM {n}", "size_bytes": size} for n, size in enumerate(sizes)])


def disks(*serials):
    return section([{"slot": f"ata-{n}", "serial": s} for n, s in enumerate(serials)])


@pytest.fixture
def expect(writer):
    """Return a function that declares what is expected of web01."""

    def expect(expected, *, status=200):
        answer = writer.patch(f"{ASSETS}/web01", json={"expected": expected})
        assert answer.status_code == status, answer.text
        return answer.json

    return expect


@pytest.fixture
def found(session):
    """Return a function that gives the findings of drift by fact: (status, message)."""

    def found():
        session.rollback()
        rows = session.scalars(select(Finding).where(Finding.kind == "drift")).all()
        return {row.subject: (row.status, row.message) for row in rows}

    return found


@pytest.fixture
def compared(reader):
    """Return a function that gives (declared, observed, differs) by fact."""

    def compared(host="web01"):
        answer = reader.get(f"{ASSETS}/{host}")
        assert answer.status_code == 200, answer.text
        rows = answer.json["declared_observed"]
        return {row["name"]: (row["declared"], row["observed"], row["differs"]) for row in rows}

    return compared


def test_expected_values_are_merged_fact_by_fact(writer, expect):
    given = {"memory.total_bytes": "64GiB", "disk.count": 4}
    answer = writer.post(ASSETS, json={"hostname": "web01", "expected": given})
    assert answer.status_code == 201, answer.text
    assert answer.json["expected"] == {MEMORY: 64 * GIB, "disk.count": 4}
    told = expect({"disk.count": None, "os.name": "Debian*", "os.id": ""})["expected"]
    assert told == {MEMORY: 64 * GIB, "os.name": "Debian*"}
    assert expect({})["expected"] == told
    assert expect(None)["expected"] is None


def test_what_can_not_be_expected_is_named_and_nothing_is_written(writer, expect):
    writer.post(ASSETS, json={"hostname": "web01"})
    error = expect({"memory.total": 5, "disk.count": "four"}, status=422)["error"]
    assert set(error["fields"]) == {"expected.memory.total", "expected.disk.count"}
    assert "did you mean memory.total_bytes" in error["fields"]["expected.memory.total"][0]
    assert writer.get(f"{ASSETS}/web01").json["expected"] is None
    for wrong in ([], "64GiB", 5):
        expect(wrong, status=422)


def test_a_kind_of_a_user_s_own_can_be_counted_once_it_was_reported(expect, post, make_report):
    post(make_report("web01", {"disk": []}))
    error = expect({"licence.count": 2}, status=422)["error"]
    assert "licence.count is no fact" in error["message"]
    post(make_report("web01", {"licence": [{"slot": "a"}]}))
    assert expect({"licence.count": 2})["expected"] == {"licence.count": 2}


def test_drift_opens_with_a_report_and_closes_with_another(
    writer, post, make_report, found, compared
):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB", "disk.count": 2}})
    assert compared() == {"disk.count": (2, None, False), MEMORY: (64 * GIB, None, False)}
    assert found() == {}
    post(make_report("web01", {"memory": memory(32 * GIB), "disk": disks("A", "B")}))
    message = "memory.total_bytes is 32 GiB, 64 GiB is declared"
    assert found() == {MEMORY: ("open", message)}
    assert compared() == {"disk.count": (2, 2, False), MEMORY: (64 * GIB, 32 * GIB, True)}
    post(make_report("web01", {"memory": memory(32 * GIB, 32 * GIB)}))
    assert found() == {MEMORY: ("closed", message)}
    post(make_report("web01", {"disk": disks("A")}))
    assert found()["disk.count"] == ("open", "disk.count is 1, 2 is declared")


def test_neither_overwrites_the_other(writer, post, make_report, expect):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: 64 * GIB}})
    post(make_report("web01", {"memory": memory(32 * GIB)}))
    told = expect({"disk.count": 1})
    assert told["expected"][MEMORY] == 64 * GIB
    assert told["components"]["memory"][0]["fields"]["size_bytes"] == 32 * GIB


def test_drift_opens_and_closes_with_an_edit(post, make_report, expect, found):
    post(make_report("web01", {"memory": memory(32 * GIB)}))
    expect({MEMORY: "64GiB"})
    assert found()[MEMORY][0] == "open"
    expect({MEMORY: "32GiB"})
    assert found()[MEMORY][0] == "closed"
    expect({MEMORY: "16GiB"})
    assert found()[MEMORY] == ("open", "memory.total_bytes is 32 GiB, 16 GiB is declared")
    expect({MEMORY: None})
    assert found()[MEMORY][0] == "closed"
    expect({MEMORY: "16GiB"})
    expect(None)
    assert found()[MEMORY][0] == "closed"


def test_drift_opens_where_a_host_that_reported_is_registered(writer, post, make_report, found):
    post(make_report("web01", {"memory": memory(32 * GIB)}))
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB"}})
    assert found()[MEMORY][0] == "open"


@pytest.mark.parametrize(
    "outcome",
    [FAILED, {"status": "unavailable", "reason": "needs root"}, {"status": "disabled"}, None],
    ids=str,
)
def test_a_kind_that_is_not_collected_leaves_drift_as_it_was(
    writer, post, make_report, found, compared, outcome
):
    expected = {MEMORY: "64GiB", "disk.count": 1}
    writer.post(ASSETS, json={"hostname": "web01", "expected": expected})
    post(make_report("web01", {"memory": memory(32 * GIB), "disk": disks("A")}))
    before = found()
    assert before[MEMORY][0] == "open"
    sections = {"memory": outcome, "disk": outcome} if outcome else {"nic": []}
    post(make_report("web01", sections))
    assert found() == before
    assert compared()[MEMORY] == (64 * GIB, 32 * GIB, True)


def test_a_kind_that_is_truly_empty_differs(writer, post, make_report, found):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {"disk.count": 1}})
    post(make_report("web01", {"disk": disks("A")}))
    assert found() == {}
    post(make_report("web01", {"disk": []}))
    assert found()["disk.count"] == ("open", "disk.count is 0, 1 is declared")


def test_the_evidence_says_both_values_and_since_when(writer, post, make_report, session, reader):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB"}})
    post(make_report("web01", {"memory": memory(32 * GIB)}))
    finding = session.scalar(select(Finding).where(Finding.kind == "drift"))
    assert finding.hostname == "web01"
    assert finding.evidence == {
        "declared": 64 * GIB,
        "observed": 32 * GIB,
        "unit": "bytes",
        "kinds": ["memory"],
        "since": reader.get(f"{ASSETS}/web01").json["kinds"]["memory"]["items_at"],
    }


def test_bulk_kinds_are_counted(writer, post, make_report, found, compared):
    items = [{"slot": f"p{n}"} for n in range(5)]
    post(make_report("web01", {"package": section(items, bulk=True)}))
    writer.patch(f"{ASSETS}/web01", json={"expected": {"package.count": 5}})
    assert compared() == {"package.count": (5, 5, False)}
    post(make_report("web01", {"package": section(items[1:], bulk=True)}))
    assert found()["package.count"][0] == "open"


def test_an_unchanged_report_costs_nothing_more(writer, post, make_report, session):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB"}})
    report = {"memory": memory(32 * GIB)}
    post(make_report("web01", report))

    def kept():
        session.rollback()
        causes = session.scalar(select(AssetStatus.causes))
        return causes, session.scalar(select(Finding.seen_at))

    before = kept()
    assert f"drift:{MEMORY}" in before[0]
    (line,) = post(make_report("web01", report))
    assert line["result"] == "unchanged"
    assert kept() == before
    lines = post(make_report("web01", report), make_report("web01", report))
    assert [line["result"] for line in lines] == ["unchanged", "unchanged"]
    assert kept() == before


def test_what_is_observed_can_be_accepted_under_a_person_s_name(
    writer, post, make_report, session, found
):
    writer.post(
        ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB", "os.id": "debian"}}
    )
    post(make_report("web01", {"memory": memory(32 * GIB)}))
    finding = session.scalar(select(Finding).where(Finding.kind == "drift"))
    done = drift_decisions.accept_observed(session, finding, actor="anna")
    session.commit()
    assert done == {"declared": 32 * GIB}
    assert session.scalar(select(Asset.expected)) == {MEMORY: 32 * GIB, "os.id": "debian"}
    assert found()[MEMORY][0] == "closed"
    change = session.scalars(select(Change).order_by(Change.seq.desc())).first()
    assert (change.kind, change.actor, change.fields) == ("asset", "anna", ["expected", "why"])


def test_only_what_the_finding_tells_can_be_accepted(writer, post, make_report, session, expect):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB"}})
    post(make_report("web01", {"memory": memory(32 * GIB)}))
    finding = session.scalar(select(Finding).where(Finding.kind == "drift"))
    seen = dict(finding.evidence)
    session.rollback()
    post(make_report("web01", {"memory": memory(16 * GIB)}))
    finding = session.scalar(select(Finding).where(Finding.kind == "drift"))
    assert finding.evidence["observed"] == 16 * GIB
    finding.evidence = seen
    with pytest.raises(Conflict, match="is another now"):
        drift_decisions.accept_observed(session, finding, actor="anna")
    session.rollback()
    expect({MEMORY: None})
    finding = session.scalar(select(Finding).where(Finding.kind == "drift"))
    with pytest.raises(Conflict, match="is not declared any more"):
        drift_decisions.accept_observed(session, finding, actor="anna")
    session.rollback()


def test_what_the_machine_before_had_is_no_drift_of_its_successor(
    writer, post, make_report, found, compared
):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB"}})
    first, second = (
        {
            "hostname": "web01",
            "machine_id": letter * 32,
            "system_uuid": f"{letter * 8}-1111-4111-8111-{letter * 12}",
            "board_serial": f"EXAMPLE{letter}",
            "macs": [f"00:16:3e:00:00:0{letter}"],
        }
        for letter in "ab"
    )
    sections = {"memory": memory(32 * GIB)}
    post(make_report("web01", sections, identity=first, age_ms=7_200_000))
    assert found()[MEMORY][0] == "open"
    (line,) = post(make_report("web01", {"disk": disks("A")}, identity=second))
    assert line["result"] == "recorded", line
    assert compared() == {MEMORY: (64 * GIB, None, False)}
    assert found()[MEMORY][0] == "closed"


@pytest.fixture
def decide(writer):
    """Return a function that decides about the one open finding."""

    def decide(decision, **given):
        (one,) = writer.get("/api/v1/findings?kind=drift").json["items"]
        body = {"decision": decision} | given
        answer = writer.post(f"/api/v1/findings/{one['id']}/decision", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json

    return decide


def test_a_person_accepts_what_is_observed(writer, post, make_report, decide, found, compared):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB"}})
    post(make_report("web01", {"memory": memory(32 * GIB)}))
    decide("accept_observed", comment="bought so")
    assert found()[MEMORY][0] == "decided"
    assert compared() == {MEMORY: (32 * GIB, 32 * GIB, False)}
    (change, *_) = writer.get(f"{ASSETS}/web01/changes?kind=asset").json["items"]
    assert change["actor"] == "anna"
    post(make_report("web01", {"memory": memory(16 * GIB)}))
    assert found()[MEMORY] == ("open", "memory.total_bytes is 16 GiB, 32 GiB is declared")


def test_what_was_ignored_opens_again_where_either_value_changes(
    writer, post, make_report, decide, found, expect
):
    writer.post(ASSETS, json={"hostname": "web01", "expected": {MEMORY: "64GiB"}})
    post(make_report("web01", {"memory": memory(32 * GIB)}))
    decide("ignore")
    post(make_report("web01", {"memory": memory(32 * GIB), "disk": []}))
    post(make_report("web01", {"memory": memory(16 * GIB, 16 * GIB)}))
    assert found()[MEMORY][0] == "decided"
    post(make_report("web01", {"memory": memory(16 * GIB)}))
    assert found()[MEMORY][0] == "open"
    decide("ignore")
    expect({MEMORY: "128GiB"})
    assert found()[MEMORY] == ("open", "memory.total_bytes is 16 GiB, 128 GiB is declared")
