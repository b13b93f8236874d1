"""What reports do to the record."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from cmdb_api.models import (
    Asset,
    AssetStatus,
    BulkItem,
    Change,
    Component,
    ComponentAddress,
    Section,
)
from cmdb_api.services.history import state_at
from tests.reports import digest_only, make_report, section

A = {"slot": "1", "serial": "EXAMPLE-A", "size_bytes": 10}
B = {"slot": "2", "serial": "EXAMPLE-B", "size_bytes": 20}
HOUR = 3600 * 1000


@pytest.fixture
def report(post):
    """Return a function that posts one report of web01 with these sections; gives its result."""

    def report(sections, **members):
        given = {
            kind: section(one, serial="serial") if isinstance(one, list) else one
            for kind, one in sections.items()
        }
        (result,) = post(make_report("web01", given, **members))
        return result

    return report


@pytest.fixture
def record(session):
    """Return the record of web01, as plain data."""
    return Record(session)


class Record:
    def __init__(self, session):
        self.session = session

    def _rows(self, statement):
        self.session.rollback()
        return self.session.execute(statement).all()

    def changes(self, kind="disk"):
        c = Change
        rows = self._rows(select(c.action, c.place, c.fields).where(c.kind == kind).order_by(c.seq))
        return [tuple(row) for row in rows]

    def last_change(self):
        self.session.rollback()
        return self.session.scalars(select(Change).order_by(Change.seq.desc()).limit(1)).one()

    def state(self, kind="disk"):
        rows = self._rows(select(Component.place, Component.data).where(Component.kind == kind))
        return dict(map(tuple, rows))

    def section(self, kind="disk"):
        self.session.rollback()
        return self.session.scalars(select(Section).where(Section.kind == kind)).one_or_none()

    def status(self):
        self.session.rollback()
        return self.session.scalars(select(AssetStatus)).one()


def test_the_first_report_of_a_kind_is_one_baseline_mark(report, record):
    assert report({"disk": [A, B]})["result"] == "recorded"
    assert record.changes() == [("baseline", "", ["serial", "size_bytes", "slot"])]
    assert record.last_change().item_count == 2
    assert record.state() == {"1": A, "2": B}


def test_an_unknown_host_is_recorded_without_being_registered(report, session):
    report({"disk": [A]})
    asset = session.scalars(select(Asset)).one()
    assert (asset.hostname, asset.registered_at) == ("web01", None)


def test_hostnames_are_the_same_in_any_case(post, session):
    for host in ("Web01", "web01", "WEB01"):
        post(make_report(host, {"disk": [A]}))
    assert session.scalars(select(Asset.hostname)).all() == ["Web01"]


def test_a_kind_that_comes_later_is_a_baseline_too(report, record):
    report({"disk": [A]})
    assert report({"nic": [{"slot": "x"}]})["changes"] == 0
    assert record.changes("nic") == [("baseline", "", ["slot"])]
    assert record.state() == {"1": A}


def test_a_changed_value_keeps_the_whole_item_before_and_after(report, record):
    report({"disk": [A, B]})
    changed = report({"disk": [A | {"size_bytes": 11}, B]})
    assert (changed["result"], changed["changes"]) == ("recorded", 1)
    change = record.last_change()
    assert (change.action, change.place, change.fields) == ("changed", "1", ["size_bytes"])
    assert (change.before, change.after) == (A, A | {"size_bytes": 11})
    assert (change.hostname, change.report_id) == ("web01", changed["report_id"])


def test_another_serial_at_the_same_place_is_a_replacement(report, record):
    report({"disk": [A]})
    report({"disk": [A | {"serial": "EXAMPLE-C"}]})
    assert record.changes()[1:] == [("replaced", "1", ["serial"])]


def test_a_part_that_moved_is_removed_and_added(report, record):
    report({"disk": [A, B]})
    report({"disk": [A | {"slot": "3"}, B]})
    fields = ["serial", "size_bytes", "slot"]
    assert record.changes()[1:] == [("removed", "1", fields), ("added", "3", fields)]


def test_true_and_one_are_different_values(report, record):
    report({"disk": [{"slot": "1", "x": 1}]})
    report({"disk": [{"slot": "1", "x": True}]})
    assert record.changes()[1:] == [("changed", "1", ["x"])]
    assert record.state()["1"]["x"] is True


def test_an_empty_list_removes_all_of_its_kind_only(report, record):
    report({"disk": [A, B], "nic": [{"slot": "x"}]})
    report({"disk": []})
    assert [action for action, _, _ in record.changes()[1:]] == ["removed", "removed"]
    assert (record.state(), record.state("nic")) == ({}, {"x": {"slot": "x"}})
    assert record.section().item_count == 0


def test_a_field_never_seen_before_is_a_baseline(report, record):
    report({"disk": [A, B]})
    result = report({"disk": [A | {"firmware": "1"}, B | {"firmware": "1"}]})
    assert (result["result"], result["changes"]) == ("recorded", 0)
    assert record.changes()[1:] == [("baseline", "", ["firmware"])]
    assert record.state()["1"]["firmware"] == "1"
    report({"disk": [A | {"firmware": "2"}, B]})
    assert [fields for _, _, fields in record.changes()[2:]] == [["firmware"], ["firmware"]]


def test_a_changed_component_does_not_tell_of_a_field_never_seen_before(report, record):
    report({"disk": [A]})
    report({"disk": [A | {"size_bytes": 11, "firmware": "1"}, B | {"firmware": "1"}]})
    assert record.changes()[1:] == [
        ("baseline", "", ["firmware"]),
        ("changed", "1", ["size_bytes"]),
        ("added", "2", ["firmware", "serial", "size_bytes", "slot"]),
    ]


def test_another_key_rekeys_and_records_real_differences_only(report, record):
    report({"disk": section([A, B])})
    report({"disk": section([A, B | {"size_bytes": 21}], ["serial"])})
    assert record.changes()[1:] == [
        ("rekeyed", "", ["key"]),
        ("changed", "EXAMPLE-B", ["size_bytes"]),
    ]
    assert record.state() == {"EXAMPLE-A": A, "EXAMPLE-B": B | {"size_bytes": 21}}


def test_another_key_rekeys_when_nothing_else_differs(report, record):
    report({"disk": section([A])})
    result = report({"disk": section([A], ["serial"])})
    assert (result["result"], result["changes"]) == ("recorded", 0)
    assert list(record.state()) == ["EXAMPLE-A"]
    assert record.section().key == ["serial"]


def test_a_key_of_new_fields_rekeys_by_the_old_one(report, record):
    report({"disk": section([A, B])})
    new = [A | {"path": "p1"}, B | {"path": "p2"}]
    assert report({"disk": section(new, ["path"])})["changes"] == 0
    assert [action for action, _, _ in record.changes()[1:]] == ["rekeyed", "baseline"]
    assert list(record.state()) == ["p1", "p2"]


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        ({"status": "unavailable", "reason": "storcli64 is not installed"}, "storcli64 is not"),
        ({"status": "error", "error": "ParseError: line 3", "traceback": "in parse"}, "ParseError"),
        ({"status": "disabled"}, ""),
    ],
    ids=["unavailable", "error", "disabled"],
)
def test_a_failed_collector_removes_nothing(report, record, outcome, reason):
    report({"disk": [A]})
    assert report({"disk": outcome})["result"] == "recorded"
    assert (record.state(), len(record.changes())) == ({"1": A}, 1)
    stored = record.section()
    assert stored.status == outcome["status"]
    assert (stored.reason or "").startswith(reason)
    assert stored.traceback == outcome.get("traceback")
    assert report({"disk": outcome})["result"] == "unchanged"

    assert report({"disk": digest_only(section([A]))})["result"] == "recorded"
    stored = record.section()
    assert (stored.status, stored.reason, stored.traceback) == ("ok", None, None)
    assert len(record.changes()) == 1


def test_a_kind_that_failed_from_the_start_gets_its_baseline_later(report, record):
    report({"disk": {"status": "unavailable", "reason": "no rights"}})
    assert (record.section().digest, record.changes()) == (None, [])
    report({"disk": [A]})
    assert [action for action, _, _ in record.changes()] == ["baseline"]


def test_collectors_problems_are_kept_with_their_kind(report, record):
    report({"disk": section([A], problems=["sdb: no answer\0", 5])})
    assert record.section().problems == ["sdb: no answer\ufffd"]
    report({"disk": digest_only(section([A]))})
    assert record.section().problems is None


def test_volatile_values_are_stored_and_never_recorded(report, record):
    warm = {"1": {"temperature_celsius": 31}}
    report({"disk": section([A], volatile=warm)})
    assert record.status().volatile == {"disk": warm}
    hot = {"1": {"temperature_celsius": 70, "note": "a\0", "bad_bytes": "x"}}
    assert report({"disk": digest_only(section([A], volatile=hot))})["result"] == "unchanged"
    status = record.status()
    assert status.volatile == {"disk": {"1": {"temperature_celsius": 70, "note": "a\ufffd"}}}
    assert [note["field"] for note in status.quarantine["disk"]] == ["note", "bad_bytes"]
    assert len(record.changes()) == 1
    report({"disk": [A]})
    assert (record.status().volatile, record.status().quarantine) == ({}, None)


def test_kinds_and_fields_that_nobody_knows_are_stored(report, record):
    report({"my_gadget": section([{"where": "x", "colour": "red"}], ["where"])})
    assert record.state("my_gadget") == {"x": {"where": "x", "colour": "red"}}


def test_a_bad_value_is_set_aside_and_the_old_one_stays(report, record):
    report({"disk": [A, B]})
    bad = [A | {"size_bytes": "ten", "ratio": 0.5}, B | {"size_bytes": 21, "note": "x\0\ud800"}]
    result = report({"disk": bad})
    assert (result["result"], result["changes"]) == ("recorded", 1)
    assert record.state() == {"1": A, "2": B | {"size_bytes": 21, "note": "x\ufffd\ufffd"}}
    noted = {(note["place"], note["field"]): note["raw"] for note in record.section().quarantine}
    assert noted == {
        ("1", "size_bytes"): '"ten"',
        ("1", "ratio"): "0.5",
        ("2", "note"): '"x\\u0000\\ud800"',
    }
    assert report({"disk": digest_only(section(bad))})["result"] == "unchanged"
    report({"disk": [A, B | {"size_bytes": 21}]})
    assert record.section().quarantine is None


def test_whole_numbers_past_64_bits_are_set_aside(report, record):
    report({"disk": [A | {"big": 2**63, "fits": 2**63 - 1}]})
    assert record.state()["1"] == A | {"fits": 2**63 - 1}


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([A, A | {"size_bytes": 5}], "two items at the same place: slot = 1"),
        ([A, {"slot": 1.5}], "item 1 has no place: slot: a number with a fraction"),
        ([{"slot": "x" * 1025}], "item 0 has no place: slot is too long"),
        ([{"slot": "\0"}, {"slot": "\ud800"}], "two items at the same place"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_section_that_contradicts_itself_keeps_its_components(report, record, items, why):
    report({"disk": [A, B], "nic": [{"slot": "x"}]})
    result = report({"disk": items, "nic": [{"slot": "y"}]})
    assert (result["result"], result["changes"]) == ("recorded", 2)
    assert why in result["problems"]["disk"]
    assert (record.state(), record.state("nic")) == ({"1": A, "2": B}, {"y": {"slot": "y"}})
    assert record.section().status == "error"
    assert why in record.section().reason
    again = report({"disk": items})
    assert (again["result"], list(again["problems"])) == ("unchanged", ["disk"])
    assert report({"disk": digest_only(section(items))})["wanted"] == ["disk"]
    report({"disk": [A, B]})
    assert (record.section().status, len(record.changes())) == ("ok", 1)


def test_an_item_that_is_no_object_is_an_error_of_its_section(report, record):
    report({"disk": [A]})
    result = report({"disk": section([]) | {"items": [A, "text"]}})
    assert result["problems"] == {"disk": "item 1 is not an object"}
    assert record.state() == {"1": A}


OK = section([A])
NOT_TAKEN = [
    (None, "it is not an object"),
    ("disk", "it is not an object"),
    ({}, "status must be one of ok, unavailable, error, disabled"),
    ({"status": "fine"}, "status must be one of"),
    ({"status": ["ok"]}, "status must be text"),
    ({"status": "ok"}, "digest is missing"),
    ({"status": "ok", "digest": "abc"}, "digest must be 64 digits"),
    ({"status": "unavailable"}, "reason is missing"),
    ({"status": "error"}, "error is missing"),
    ({"status": "unavailable", "reason": 5}, "reason must be text"),
    ({"status": "error", "error": "no", "traceback": 5}, "traceback must be text"),
    (OK | {"items": {}}, "items must be a list"),
    (OK | {"key": []}, "key must name the fields"),
    (OK | {"key": None}, "key must name the fields"),
    (OK | {"key": "slot"}, "key must be a list"),
    (OK | {"key": [5]}, "key must name the fields"),
    (OK | {"key": ["a\0"]}, "key holds a character"),
    (OK | {"serial": 5}, "serial must be text"),
    (OK | {"serial": "a\0"}, "serial must be the name of a field"),
    (OK | {"bulk": 1}, "bulk must be true or false"),
    (OK | {"volatile": []}, "volatile must be an object"),
]


@pytest.mark.parametrize(("bad", "why"), NOT_TAKEN, ids=lambda value: str(value)[:30])
def test_a_section_whose_head_is_wrong_is_not_taken_and_the_others_are(report, record, bad, why):
    report({"disk": section([A, B]), "nic": [{"slot": "x"}]})
    result = report({"disk": section([]) | {"status": 5}, "nic": [{"slot": "y"}]})
    assert list(result["problems"]) == ["disk"]
    result = report({"disk": bad, "nic": section([{"slot": "z"}])})
    assert (result["result"], list(result["problems"])) == ("recorded", ["disk"])
    assert result["problems"]["disk"].startswith(why)
    assert (record.state(), record.state("nic")) == ({"1": A, "2": B}, {"z": {"slot": "z"}})
    stored = record.section()
    assert (stored.status, stored.reason) == ("error", f"not taken: {result['problems']['disk']}")
    again = report({"disk": bad})
    assert (again["result"], list(again["problems"])) == ("unchanged", ["disk"])
    assert report({"disk": digest_only(section([A, B]))})["result"] == "recorded"
    assert (record.section().status, len(record.changes())) == ("ok", 1)


def test_harmless_faults_of_a_section_are_noted_and_it_is_taken(report, record):
    for number, (name, value) in enumerate(
        [("took_ms", "5"), ("took_ms", True), ("problems", "x")]
    ):
        item = A | {"size_bytes": number}
        assert "problems" not in report({"disk": section([item], **{name: value})})
        assert record.state() == {"1": item}
        (line,) = record.status().problems
        assert line.startswith(f"{name} of section disk ignored: must be")
        assert record.section().problems is None


def test_the_kind_of_peoples_edits_is_reserved(report, record):
    for given in (section([{"slot": "1"}]), {"status": "disabled"}):
        result = report({"asset": given, "disk": [A]})
        assert "reserved" in result["problems"]["asset"]
        assert (record.state("asset"), record.changes("asset")) == ({}, [])
        assert "reserved" in record.section("asset").reason
    assert record.state() == {"1": A}


def test_items_without_any_key_field_share_one_place(report, record):
    assert "problems" not in report({"disk": [{"size_bytes": 1}]})
    assert record.state() == {"[null]": {"size_bytes": 1}}
    assert "problems" in report({"disk": [{"size_bytes": 1}, {"size_bytes": 2}]})


def test_too_many_items_are_an_error_of_their_section(make_app, database_url):
    client = make_app(database_url, MAX_SECTION_ITEMS=1).test_client()
    result = client.post("/api/v1/reports", json=make_report(sections={"disk": [A, B]})).json
    assert result["problems"] == {"disk": "2 items; at most 1 are taken"}


def packages(**versions):
    items = [{"name": name, "version": version} for name, version in versions.items()]
    return section(items, ["name"], bulk=True)


def test_bulk_kinds_are_stored_once_for_all_hosts(post, session):
    for host in ("web01", "web02"):
        post(make_report(host, {"package": packages(bash="5.2", zlib="1.3")}))
    assert len(session.scalars(select(BulkItem).where(BulkItem.kind == "package")).all()) == 2
    assert session.scalars(select(Component)).all() == []
    assert len(set(map(str, session.scalars(select(Section.bulk_ids))))) == 1


def test_an_upgraded_package_is_a_change_of_its_version(report, record):
    report({"package": packages(bash="5.2", zlib="1.3")})
    report({"package": packages(bash="5.3", zlib="1.3")})
    assert record.changes("package")[1:] == [("changed", "bash", ["version"])]
    change = record.last_change()
    assert (change.before["version"], change.after["version"]) == ("5.2", "5.3")
    assert record.section("package").item_count == 2


def test_a_kind_that_becomes_bulk_changes_its_storage_only(report, record, session):
    items = [{"name": "bash", "version": "5.2"}]
    report({"package": section(items, ["name"])})
    assert report({"package": packages(bash="5.2")})["changes"] == 0
    assert record.state("package") == {}
    report({"package": section([{"name": "bash", "version": "5.3"}], ["name"])})
    assert record.changes("package")[1:] == [("changed", "bash", ["version"])]
    assert record.section("package").bulk_ids


def test_serials_and_addresses_can_be_looked_up(report, session):
    nic = {
        "slot": "pci0",
        "serial": " EXAMPLE-N ",
        "mac": "02:00:00:00:00:AA",
        "ipv4": ["192.0.2.1/24"],
        "ipv6": ["2001:DB8::1/64"],
    }
    report({"nic": [nic], "disk": [A]})
    serials = session.scalars(select(Component.serial).order_by(Component.serial)).all()
    assert serials == ["EXAMPLE-A", "EXAMPLE-N"]
    addresses = select(ComponentAddress.address).order_by(ComponentAddress.address)
    assert session.scalars(addresses).all() == ["02:00:00:00:00:aa", "192.0.2.1", "2001:db8::1"]
    session.rollback()
    report({"nic": [nic | {"ipv4": ["192.0.2.2/24", "192.0.2.3/24"], "ipv6": []}]})
    found = ["02:00:00:00:00:aa", "192.0.2.2", "192.0.2.3"]
    assert session.scalars(addresses).all() == found
    session.rollback()
    report({"nic": []})
    assert session.scalars(addresses).all() == []


def test_another_field_as_the_serial_number_is_looked_up(report, session):
    item = A | {"wwn": "EXAMPLE-W"}
    report({"disk": [item]})
    assert report({"disk": section([item], serial="wwn")})["changes"] == 0
    assert session.scalars(select(Component.serial)).all() == ["EXAMPLE-W"]


def test_a_digest_that_is_not_known_is_wanted_and_nothing_is_stored(client, report, record):
    report({"disk": [A]})
    sections = {"disk": section([B]), "nic": section([{"slot": "x"}]), "cpu": section([])}
    sparse = make_report("web01", sections | {"disk": digest_only(sections["disk"])})
    answer = client.post("/api/v1/reports", json=sparse)
    assert (answer.status_code, answer.json["result"]) == (409, "incomplete")
    assert answer.json["wanted"] == ["disk"]
    assert (record.state(), record.section("nic")) == ({"1": A}, None)

    whole = sparse | {"sections": sections}
    answer = client.post("/api/v1/reports", json=whole)
    assert (answer.status_code, answer.json["result"]) == (200, "recorded")
    assert record.state() == {"2": B}


def test_an_unknown_host_with_digests_only_leaves_no_asset(post, session):
    (result,) = post(make_report("web09", {"disk": digest_only(section([A]))}))
    assert (result["result"], result["wanted"]) == ("incomplete", ["disk"])
    assert session.scalars(select(Asset)).all() == []


def test_a_report_is_recorded_once_however_often_it_arrives(post, record):
    one = make_report("web01", {"disk": [A]})
    two = make_report("web01", {"disk": [B]})
    for sent, result in ((one, "recorded"), (one, "duplicate"), (two, "recorded")):
        assert post(sent)[0]["result"] == result
    assert post(one | {"age_ms": HOUR}, two, one)[0]["result"] == "duplicate"
    assert len(record.changes()) == 3


def test_many_reports_later_a_report_is_still_known_for_a_duplicate(post):
    first = make_report("web01", {"disk": [A]})
    post(first)
    for size in range(100):
        post(make_report("web01", {"disk": [A | {"size_bytes": size}]}))
    assert post(first)[0]["result"] == "duplicate"


def test_an_old_report_sent_again_with_its_number_changes_nothing(post, record):
    first = make_report("web01", {"disk": [A]}, seq=1)
    assert post(first)[0]["result"] == "recorded"
    post(*(make_report("web01", {"disk": [B]}, seq=number) for number in range(2, 202)))
    before = record.status().reported_at, record.status().ages, len(record.changes())
    assert post(first)[0]["result"] == "older"
    assert post(first | {"age_ms": 0})[0]["result"] == "older"
    status = record.status()
    assert (status.reported_at, status.ages, len(record.changes())) == before
    assert (record.state(), status.seq) == ({"2": B}, 201)


def test_a_late_report_of_a_lower_number_counts_by_its_own_time(report, record):
    report({"disk": [A]}, seq=1000)
    newest = record.status().reported_at
    late = report({"disk": [B], "nic": [{"slot": "x"}]}, seq=5, age_ms=HOUR)
    assert late["result"] == "recorded"
    status = record.status()
    assert (status.reported_at, status.seq) == (newest, 1000)
    assert (record.state(), record.state("nic")) == ({"1": A}, {"x": {"slot": "x"}})
    assert timedelta(milliseconds=status.ages["disk"][1] - status.ages["nic"][1]) > (
        timedelta(minutes=59)
    )


def test_a_number_from_a_clock_that_was_far_ahead_holds_nothing_up(report, record):
    report({"disk": [A]}, seq=2**63 - 1)
    assert record.status().seq is None
    assert report({"disk": [B]}, seq=1000)["result"] == "recorded"
    assert (record.state(), record.status().seq) == ({"2": B}, 1000)


def test_reports_with_and_without_a_number_follow_each_other(report, record):
    for number, item in ((7, A), (None, B), (8, A), (None, B)):
        assert report({"disk": [item]}, seq=number)["result"] == "recorded"
    assert record.status().seq == 8
    assert report({"disk": [A]}, seq=8)["result"] == "older"


def test_a_late_report_does_not_undo_a_newer_one(report, record):
    report({"disk": [B]})
    assert report({"disk": [A]}, age_ms=HOUR)["result"] == "older"
    assert report({"disk": digest_only(section([A]))}, age_ms=HOUR)["result"] == "older"
    assert (record.state(), len(record.changes())) == ({"2": B}, 1)


def test_a_late_report_still_tells_of_kinds_that_no_newer_one_had(report, record):
    report({"disk": [B]})
    newest = record.status().reported_at
    assert report({"disk": [A], "nic": [{"slot": "x"}]}, age_ms=HOUR)["result"] == "recorded"
    assert (record.state(), record.state("nic")) == ({"2": B}, {"x": {"slot": "x"}})
    status = record.status()
    assert status.reported_at == newest
    assert status.ages["nic"][1] < status.ages["disk"][1]


def test_late_items_are_taken_though_the_collector_failed_since(report, record):
    report({"disk": [A]}, age_ms=2 * HOUR)
    report({"disk": {"status": "unavailable", "reason": "no rights"}})
    assert report({"disk": [B]}, age_ms=HOUR)["result"] == "recorded"
    assert record.state() == {"2": B}
    assert (record.section().status, record.section().reason) == ("unavailable", "no rights")


def test_a_late_failure_does_not_hide_a_newer_success(report, record):
    report({"disk": [A]})
    late = report({"disk": {"status": "unavailable", "reason": "no rights"}}, age_ms=HOUR)
    assert late["result"] == "older"
    assert record.section().status == "ok"


def test_times_are_reckoned_by_our_clock_and_the_hosts_skew_is_kept(report, record):
    before = datetime.now(UTC) - timedelta(seconds=61)
    report({"disk": [A]}, age_ms=60_000, collected_at="2020-01-01T00:00:00.25Z")
    status = record.status()
    assert before < status.reported_at < before + timedelta(seconds=30)
    assert timedelta(seconds=60) <= status.received_at - status.reported_at
    skew = datetime(2020, 1, 1, microsecond=250_000, tzinfo=UTC) - status.reported_at
    assert status.clock_skew_ms == skew // timedelta(milliseconds=1)
    assert record.last_change().at == status.reported_at


def test_an_age_past_all_bounds_counts_as_the_bound(report, record, app):
    report({"disk": [A]}, age_ms=10**30)
    age = record.status().received_at - record.status().reported_at
    assert age == timedelta(seconds=app.config["MAX_REPORT_AGE_SECONDS"])


def test_what_is_odd_about_an_envelope_is_noted(client, record):
    report = make_report("web01", {"disk": section([A], colour="red")}, weather="fine")
    body = (
        json.dumps(report).replace('"age_ms"', '"x"').replace('{"schema"', '{"via": "x", "schema"')
    )
    assert client.post("/api/v1/reports", data=body).json["result"] == "recorded"
    assert record.status().problems == [
        "'via' stood twice in one object; lost: 'x'",
        "unknown member 'weather'",
        "unknown member 'colour' of section disk",
    ]


def test_identity_and_envelope_texts_are_cleaned(report, record):
    identity = {"hostname": "w\0", "macs": ["\ud800"], "other": "x\0", "machine_id": None, "n": 5}
    report({}, identity=identity, version="1\0", via="s\0")
    status = record.status()
    assert status.identity == {
        "hostname": "w\ufffd", "macs": ["\ufffd"], "other": "x\ufffd", "machine_id": None,
    }  # fmt: skip
    assert (status.version, status.via) == ("1\ufffd", "s\ufffd")


def test_a_report_without_sections_says_that_the_host_lives(report, record):
    assert report({})["result"] == "unchanged"
    assert record.status().reported_at


def test_persons_edits_are_numbered_with_the_changes_of_reports(report, session):
    report({"disk": [A]})
    session.execute(update(AssetStatus).values(change_count=7))
    session.commit()
    report({"disk": [B]})
    assert session.scalars(select(Change.seq).order_by(Change.seq)).all() == [1, 8, 9]


def test_past_states_are_rebuilt_and_kinds_not_reported_by_then_are_named(report, session, record):
    report({"disk": section([A])}, age_ms=5 * HOUR)
    report({"disk": section([A | {"new": 1}, B]), "nic": [{"slot": "x"}]}, age_ms=3 * HOUR)
    report({"disk": section([B], ["serial"])}, age_ms=HOUR)
    asset_id, now = record.status().asset_id, datetime.now(UTC)

    def hours_ago(hours):
        return state_at(session, asset_id, now - timedelta(hours=hours))[:2]

    assert hours_ago(6) == ({}, ["disk", "nic"])
    assert hours_ago(4) == ({"disk": {"1": A}}, ["nic"])
    assert hours_ago(2)[0]["disk"] == {"1": A | {"new": 1}, "2": B}
    assert hours_ago(0) == ({"disk": {"EXAMPLE-B": B}, "nic": {"x": {"slot": "x"}}}, [])
