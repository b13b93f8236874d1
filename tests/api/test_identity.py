"""Which machine reports under a name: renamed, cloned, reinstalled, replaced, or two at once."""

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text

from cmdb_api.extensions import db
from cmdb_api.models import IdentityEvidence
from cmdb_api.services import canonical
from tests.api.test_findings import statements
from tests.machines import disks, machine, parts
from tests.reports import MASTER_SECRET, digest_only, make_report

FINDINGS = "/api/v1/findings"
HOUR = 3600 * 1000


@pytest.fixture
def found(reader):
    """Return a function that gives the findings of these filters."""
    return lambda **filters: reader.get(FINDINGS, query_string=filters).json["items"]


@pytest.fixture
def only(found, reader):
    """Return a function that gives the one identity finding of these filters, with evidence."""

    def only(**filters):
        (one,) = found(kind="identity", **filters)
        return reader.get(f"{FINDINGS}/{one['id']}").json

    return only


@pytest.fixture
def decide(writer):
    """Return a function that decides about a finding and gives the answer."""

    def decide(finding, decision, status=200, **more):
        given = {"decision": decision} | more
        answer = writer.post(f"{FINDINGS}/{finding['id']}/decision", json=given)
        assert answer.status_code == status, answer.text
        return answer.json

    return decide


@pytest.fixture
def say(post):
    """Return a function that reports as a machine and gives the result line."""

    def say(host, identity, given=None, **more):
        name = identity.get("hostname", host)
        sections = {"disk": disks(name) if given is None else given}
        (result,) = post(make_report(host, sections, identity=identity, **more))
        return result

    return say


@pytest.fixture
def serials(reader):
    """Return a function that gives the serial numbers of an asset's disks."""

    def serials(host):
        found = reader.get(f"/api/v1/assets/{host}").json["components"].get("disk", ())
        return [disk["serial"] for disk in found]

    return serials


ONE, TWO = machine("one"), machine("two")


def of(identity, **other):
    return identity | other


def test_a_machine_that_stays_itself_is_no_finding(say, found):
    for _ in range(2):
        say("web01", ONE)
    say("web01", of(ONE, macs=[*ONE["macs"], "52:54:00:aa:bb:cc"]))
    say("web01", of(ONE, system_uuid=None, board_serial=None))
    say("web02", TWO)
    assert found() == []


def test_a_new_name_with_the_identity_of_a_silent_one_is_a_rename(say, only):
    say("web01", ONE)
    say("web02", ONE)
    one = only()
    assert (one["subject"], one["hostname"], one["other"]) == ("rename", "web02", "web01")
    assert "web01 was renamed" in one["message"]
    assert f"machine-id equal: {ONE['machine_id']}" in one["evidence"]["reasons"]
    assert one["evidence"]["shared"]["board_serial"] == [ONE["board_serial"].lower()]
    assert set(one["evidence"]["reported_at"]) == {"web01", "web02"}
    assert {each["decision"] for each in one["possible"]} >= {"rename", "merge", "clone", "ignore"}


def test_it_is_a_clone_once_the_old_name_reports_again(say, only):
    say("web01", ONE)
    say("web02", ONE)
    rename = only()
    say("web01", ONE)
    clone = only()
    assert clone["id"] == rename["id"] and clone["subject"] == "clone"
    assert "web01" in clone["message"] and "both report" in clone["message"]
    assert {each["decision"] for each in clone["possible"]} >= {"clone", "merge", "ignore"}


def test_it_is_a_clone_too_when_the_old_name_reports_among_others(say, only, post):
    say("web01", ONE)
    say("web02", ONE)
    post(
        make_report("web01", {"disk": disks("one")}, identity=ONE),
        make_report("db01", identity=TWO),
    )
    assert only()["subject"] == "clone"


def test_an_image_used_for_two_is_told_by_its_machine_id(say, only):
    say("web01", ONE)
    say("web02", of(TWO, machine_id=ONE["machine_id"]))
    say("web01", ONE)
    one = only()
    assert one["subject"] == "clone" and "one image was used for both" in one["message"]
    assert any("system UUID differs" in reason for reason in one["evidence"]["reasons"])


def test_a_uuid_in_the_other_byte_order_is_the_same(say, only):
    other = str(uuid.UUID(bytes=uuid.UUID(ONE["system_uuid"]).bytes_le)).upper()
    say("web01", of(ONE, machine_id=None, board_serial=None, macs=[]))
    say("web02", {"system_uuid": other})
    assert only()["evidence"]["shared"].keys() == {"system_uuid"}


def test_a_reinstall_under_a_new_name_is_told_as_such(say, only):
    say("web01", ONE)
    say("web02", of(ONE, machine_id=TWO["machine_id"]))
    one = only()
    assert one["subject"] == "rename" and "reinstalled and renamed" in one["message"]


def test_a_new_board_is_a_board_swap(say, only, decide, found, serials):
    say("web01", ONE)
    swapped = of(ONE, board_serial="NEWBOARD1", system_uuid=TWO["system_uuid"])
    assert say("web01", swapped, disks("one"))["result"] in ("recorded", "unchanged")
    one = only()
    assert (one["subject"], one["hostname"], one["other"]) == ("board_swap", "web01", None)
    told = f"board serial differs: {ONE['board_serial'].lower()} -> newboard1"
    assert told in one["evidence"]["reasons"]
    assert one["evidence"]["known"]["reported_at"] < one["evidence"]["new"]["reported_at"]
    assert decide(one, "confirm")["status"] == "decided"
    say("web01", swapped, disks("one"))
    assert found() == []
    say("web01", of(swapped, board_serial="NEWBOARD2"), disks("one"))
    assert only()["id"] == one["id"], "another board is another cause"


def test_a_new_machine_id_on_the_same_hardware_is_a_reinstall(say, only):
    say("web01", ONE)
    say("web01", of(ONE, machine_id=TWO["machine_id"]))
    assert only()["subject"] == "reinstall" and "reinstalled" in only()["message"]


def test_two_machines_under_one_name_never_mix_their_parts(say, only, serials, reader):
    say("web01", ONE, disks("one"))
    for _ in range(3):
        refused = say("web01", TWO, disks("two"))
        assert refused["result"] == "refused"
        assert refused["error"]["code"] == "identity_conflict"
        assert refused["error"]["status"] == 403
        assert serials("web01") == [disk["serial"] for disk in parts("one")]
        assert say("web01", ONE, disks("one"))["result"] == "unchanged"
    one = only()
    assert one["subject"] == "conflict" and "two machines report as web01" in one["message"]
    assert one["evidence"]["known"]["identifiers"]["machine_id"] == [ONE["machine_id"]]
    assert one["evidence"]["new"]["identifiers"]["machine_id"] == [TWO["machine_id"]]
    changes = reader.get("/api/v1/assets/web01/changes").json["items"]
    assert {change["action"] for change in changes} == {"baseline"}


def test_two_machines_in_one_request_do_not_mix_either(post, serials):
    first = make_report("web01", {"disk": disks("one")}, identity=ONE)
    post(first)
    given = [
        make_report("web01", {"disk": disks(name)}, identity=machine(name))
        for name in ("two", "one", "two", "one")
    ]
    results = [result["result"] for result in post(*given)]
    assert results == ["refused", "unchanged", "refused", "unchanged"]
    assert serials("web01") == [disk["serial"] for disk in parts("one")]


def test_two_machines_of_one_image_do_not_alternate(say, serials):
    copy = of(TWO, machine_id=ONE["machine_id"])
    say("web01", ONE, disks("one"))
    say("web01", copy, disks("two"))
    assert say("web01", ONE, disks("one"))["error"]["code"] == "identity_conflict"
    assert say("web01", copy, disks("two"))["result"] == "unchanged"
    assert serials("web01") == [disk["serial"] for disk in parts("two")]


def test_a_conflict_is_over_once_the_other_is_gone(make_app, database_url, post, say, only, found):
    app = make_app(database_url, IDENTITY_SETTLE_SECONDS=1)
    client = app.test_client()

    def tell(identity):
        return client.post("/api/v1/reports", json=make_report("web01", {}, identity=identity))

    tell(ONE)
    assert tell(TWO).status_code == 403
    assert only()["subject"] == "conflict"
    tell(ONE)
    assert only()["subject"] == "conflict"
    for _ in range(24):
        threading.Event().wait(0.1)
    tell(ONE)
    assert found() == []


def test_what_was_silent_is_replaced_and_its_parts_are_gone(say, only, serials, reader, decide):
    both = {"disk": disks("one"), "psu": [{"slot": "1", "serial": "PSU1"}]}
    say("web01", ONE, disks("one"), age_ms=3 * HOUR)
    report = make_report("web01", both, identity=ONE, age_ms=2 * HOUR)
    assert reader.post("/api/v1/reports", json=report).json["result"] == "recorded"
    assert say("web01", TWO, disks("two"))["result"] == "recorded"
    one = only()
    assert one["subject"] == "replaced" and "taken over the name" in one["message"]
    assert serials("web01") == [disk["serial"] for disk in parts("two")]
    asset = reader.get("/api/v1/assets/web01").json
    psu = asset["kinds"]["psu"]
    assert psu["status"] == "unavailable" and "not yet reported by the machine" in psu["reason"]
    assert not asset["components"].get("psu")
    changes = reader.get("/api/v1/assets/web01/changes?limit=10").json["items"]
    resets = {change["kind"]: change for change in changes if change["action"] == "reset"}
    assert resets.keys() == {"disk", "psu"}
    number = resets["disk"]["seq"]
    kept = reader.get(f"/api/v1/changes/web01/{number}").json["before"]["items"]
    assert {item["serial"] for item in kept.values()} == {d["serial"] for d in parts("one")}
    assert {change["action"] for change in changes} == {"reset", "baseline"}
    assert decide(one, "confirm")["status"] == "decided"
    assert say("web01", ONE, disks("one"))["error"]["code"] == "identity_conflict"
    assert serials("web01") == [disk["serial"] for disk in parts("two")]


def test_a_past_state_is_rebuilt_from_before_the_replacement(say, reader):
    say("web01", ONE, disks("one"), age_ms=2 * HOUR)
    say("web01", TWO, disks("two"))
    at = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    past = reader.get("/api/v1/assets/web01", query_string={"at": at}).json
    told = {disk["serial"] for disk in past["components"]["disk"]}
    assert told == {disk["serial"] for disk in parts("one")}


def test_the_parts_of_a_machine_that_was_replaced_are_followed(say, reader):
    say("web01", ONE, disks("one"), age_ms=2 * HOUR)
    say("web01", TWO, disks("two"))
    serial = parts("one")[0]["serial"]
    (part,) = reader.get("/api/v1/parts", query_string={"serial": serial}).json["items"]
    assert part["now"] == [] and part["before"][0]["hostname"] == "web01"


def test_a_replaced_machine_that_brings_digests_only_is_asked_for_items(say, post, serials):
    say("web01", ONE, disks("one"), age_ms=2 * HOUR)
    bare = {"disk": digest_only(disks("one"))}
    (result,) = post(make_report("web01", bare, identity=TWO))
    assert result["result"] == "incomplete" and result["wanted"] == ["disk"]
    assert serials("web01") == [disk["serial"] for disk in parts("one")]


def test_a_late_report_of_the_machine_before_is_just_older(say, found, serials):
    say("web01", ONE, disks("one"), age_ms=3 * HOUR)
    say("web01", TWO, disks("two"))
    assert say("web01", ONE, disks("one"), age_ms=2 * HOUR)["result"] == "older"
    assert [one["subject"] for one in found()] == ["replaced"]
    assert serials("web01") == [disk["serial"] for disk in parts("two")]


def test_a_machine_with_a_slower_clock_is_taken_too(say, serials):
    say("web01", ONE, disks("one"), age_ms=2 * HOUR, seq=2_000_000)
    assert say("web01", TWO, disks("two"), seq=1_000_000)["result"] == "recorded"
    assert say("web01", TWO, disks("two", 3), seq=1_000_001)["changes"] == 1
    assert len(serials("web01")) == 3


def test_the_right_one_of_two_is_taken_once_a_person_says_so(say, only, decide, serials, found):
    say("web01", ONE, disks("one"))
    say("web01", TWO, disks("two"))
    one = only()
    assert {each["decision"] for each in one["possible"]} == {"replace", "ignore", "mute"}
    decide(one, "replace", comment="the old one was taken out")
    assert serials("web01") == [disk["serial"] for disk in parts("one")]
    assert say("web01", TWO, disks("two"))["result"] == "recorded"
    assert serials("web01") == [disk["serial"] for disk in parts("two")]
    assert found() == []
    assert say("web01", ONE, disks("one"))["result"] == "refused"
    assert only()["id"] == one["id"] and len(only()["decisions"]) == 1


def test_hosts_that_are_known_by_little_never_conflict(say, found):
    for name in ("one", "two"):
        bare = {"hostname": "web01", "machine_id": machine(name)["machine_id"], "macs": []}
        assert say("web01", bare, disks(name))["result"] == "recorded"
    assert found() == []


def test_placeholders_make_nobody_equal(say, found):
    same = {"system_uuid": "03000200-0400-0500-0006-000700080009", "board_serial": "Default string"}
    for host in ("one", "two"):
        say(host, of(machine(host), **same, macs=["02:42:ac:11:00:02"]))
    assert found() == []


def test_fifty_clones_of_a_template_are_no_thousand_findings(post, found, reader):
    def reports():
        return [
            make_report(
                f"vm{n:02}",
                {"disk": disks(f"vm{n:02}")},
                identity=machine(f"vm{n:02}", machine_id=ONE["machine_id"]),
            )
            for n in range(50)
        ]

    for _ in range(2):
        post(*reports())
    assert found() == []
    told = reader.get("/api/v1/assets/vm07/identity").json["identity_evidence"]
    (row,) = [row for row in told if row["type"] == "machine_id"]
    assert row["weight"] == "frequent" and row["also_on_count"] == 49


def test_a_pair_that_shares_nothing_any_more_is_closed(say, only, found):
    say("web01", ONE)
    say("web02", of(TWO, machine_id=ONE["machine_id"]))
    assert only()
    say("web02", TWO)
    assert [one["subject"] for one in found()] == ["reinstall"]
    assert found(status="closed")[0]["subject"] == "rename"


def test_a_pair_that_is_two_is_not_asked_about_again(say, only, decide, found):
    say("web01", ONE)
    say("web02", of(TWO, machine_id=ONE["machine_id"]))
    decide(only(), "clone", comment="both were made from the same image")
    for _ in range(2):
        say("web01", ONE)
        say("web02", of(TWO, machine_id=ONE["machine_id"]))
    say("web02", of(TWO, machine_id=ONE["machine_id"], macs=[*TWO["macs"], *ONE["macs"]]))
    assert found() == []
    say("web02", ONE)
    assert "clone" in [one["subject"] for one in found()]


def test_two_clones_that_report_at_the_same_moment_are_found(app, found):
    clients = [app.test_client() for _ in range(4)]
    barrier = threading.Barrier(4)

    def tell(number):
        barrier.wait()
        report = make_report(
            f"vm{number}", identity=machine(f"vm{number}", machine_id="c0" + "1d" * 15)
        )
        clients[number].post("/api/v1/reports", json=report)

    threads = [threading.Thread(target=tell, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pairs = {frozenset((one["hostname"], one["other"])) for one in found()}
    assert len(pairs) == 6


def test_the_identifiers_of_an_asset_are_shown(say, reader):
    say("web01", ONE)
    say("web01", of(ONE, board_serial="NEWBOARD1", macs=["02:42:ac:11:00:02"]))
    say("web02", ONE)
    told = reader.get("/api/v1/assets/web01/identity").json
    assert told["hostname"] == "web01"
    rows = {(row["type"], row["value"]): row for row in told["identity_evidence"]}
    machine_id = rows["machine_id", ONE["machine_id"]]
    assert machine_id["weight"] == "strong" and machine_id["also_on"] == ["web02"]
    assert machine_id["until"] is None and machine_id["since"]
    assert rows["board_serial", ONE["board_serial"].lower()]["until"]
    assert rows["mac", "02:42:ac:11:00:02"]["weight"] == "placeholder"
    assert reader.get("/api/v1/assets/web9/identity").status_code == 404


def test_a_record_from_before_evidence_was_kept_is_judged_by_its_last_identity(say, only, session):
    say("web01", ONE)
    session.query(IdentityEvidence).delete()
    session.execute(text("UPDATE asset_status SET causes = '{}'"))
    session.commit()
    say("web02", ONE)
    assert session.query(IdentityEvidence).count() == 4
    session.rollback()
    say("web01", of(ONE, machine_id=TWO["machine_id"]))
    subjects = sorted(one["subject"] for one in (only(subject="reinstall"), only(subject="clone")))
    assert subjects == ["clone", "reinstall"]


def test_clones_from_before_evidence_was_kept_are_found(say, only, found, session):
    say("web01", ONE)
    say("web02", ONE)
    for statement in (
        "DELETE FROM finding",
        "DELETE FROM identity_evidence",
        "UPDATE asset_status SET causes = '{}'",
    ):
        session.execute(text(statement))
    session.commit()
    say("web01", ONE)
    assert found() == []
    say("web02", ONE)
    assert only()["subject"] == "clone"


def test_what_was_found_about_two_is_closed_when_one_is_removed(say, found, make_client):
    say("web01", ONE)
    say("web02", ONE)
    admin = make_client("admin")
    admin.post("/api/v1/assets/web01/state", json={"state": "retired"})
    assert len(found()) == 1
    assert admin.delete("/api/v1/assets/web01").status_code == 204
    assert found() == [] and found(status="closed")[0]["other"] is None
    say("web02", ONE)
    assert found() == []


def test_a_finding_that_goes_with_its_asset_this_moment_is_a_reason_to_try_again(
    app, say, found, database_url
):
    if database_url.startswith("sqlite"):
        pytest.skip("one writer at a time")
    say("web01", ONE)
    say("web02", ONE)
    assert len(found()) == 1

    def removed(_connection, _cursor, statement, *_):
        if statement.startswith("INSERT INTO finding") and not done:
            done.append(statement)
            with engine.begin() as another:
                another.execute(text("DELETE FROM finding"))

    other = ONE | {"macs": [*ONE["macs"], "52:54:00:aa:bb:cc"]}
    with app.app_context():
        engine, done = db.engine, []
    event.listen(engine, "after_cursor_execute", removed)
    told = say("web01", other)
    assert (told["result"], told["error"]["code"]) == ("retry", "busy")
    assert say("web01", other)["result"] == "unchanged"
    assert len(found()) == 1


def test_an_unchanged_identity_is_neither_read_nor_written(say, session):
    say("web01", ONE)
    with statements() as seen:
        assert say("web01", ONE)["result"] == "unchanged"
    assert not [s for s in seen if "identity_evidence" in s or "finding" in s]


def test_renaming_lets_the_old_record_go_on_under_the_new_name(say, only, decide, reader, found):
    say("web01", ONE, disks("one"), age_ms=HOUR)
    say("web02", ONE, disks("one", 3))
    told = decide(only(), "rename", comment="moved to the new scheme")
    assert told["status"] == "decided" and told["hostname"] == "web02"
    asset = reader.get("/api/v1/assets/web02").json
    assert asset["aliases"] == ["web01"]
    assert reader.get("/api/v1/assets/web01").json["hostname"] == "web02"
    listed = reader.get("/api/v1/assets").json["items"]
    assert [one["hostname"] for one in listed] == ["web02"]
    changes = reader.get("/api/v1/assets/web02/changes").json["items"]
    added = [
        change for change in changes if change["action"] == "added" and change["kind"] == "disk"
    ]
    assert [change["place"] for change in added] == ["2"]
    edit = next(change for change in changes if change["kind"] == "asset")
    assert edit["actor"] == "anna" and "moved to the new scheme" in edit["after"]["why"]
    assert say("web02", ONE, disks("one", 3))["result"] == "unchanged"
    assert found() == []


def test_a_report_that_is_signed_by_the_old_name_goes_on_too(say, only, decide, reader):
    say("web01", ONE, age_ms=HOUR)
    say("web02", ONE)
    decide(only(), "rename")
    key = canonical.host_key(MASTER_SECRET, "web01")
    assert say("web01", ONE, key=key)["result"] == "unchanged"
    assert len(reader.get("/api/v1/assets").json["items"]) == 1


def test_a_former_machine_that_comes_back_is_a_conflict_however_long_the_other_was_silent(
    say, serials, decide, found
):
    say("web01", ONE, disks("one"), age_ms=7 * HOUR)
    say("web01", TWO, disks("two"), age_ms=5 * HOUR)
    kept = serials("web01")
    assert say("web01", ONE, disks("one"), age_ms=3 * HOUR)["error"]["code"] == "identity_conflict"
    assert serials("web01") == kept
    (conflict,) = [each for each in found() if each["subject"] == "conflict"]
    decide(conflict, "replace")
    assert say("web01", ONE, disks("one"), age_ms=1 * HOUR)["result"] == "recorded"
