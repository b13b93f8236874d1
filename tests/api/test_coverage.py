"""Who did not report, and why."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import select, update

from cmdb_api.extensions import db
from cmdb_api.models import Asset, CoverageHost, CoverageSource, Refusal
from cmdb_api.models.types import now
from cmdb_api.services import sources
from cmdb_api.services.access import tokens
from cmdb_api.services.reasons import HINTS, OF_AGENT, OF_STRANGER, REASONS, function, hint
from tests.reports import make_report as signed
from tests.reports import section

COVERAGE = "/api/v1/coverage"
MISSING = f"{COVERAGE}/missing"
SOURCES = f"{COVERAGE}/sources"
HOUR = 3_600_000


def told(answer):
    assert answer.status_code == 200, answer.text
    return {item["hostname"]: item["reason"] for item in answer.json["items"]}


def items(answer):
    assert answer.status_code == 200, answer.text
    return {item["hostname"]: item for item in answer.json["items"]}


@pytest.fixture
def make_report():
    """Return a function that makes reports of hosts whose clocks are right."""

    def make(host, sections, **members):
        collected = now() - timedelta(milliseconds=members.get("age_ms", 0))
        clock = {"collected_at": collected.strftime("%Y-%m-%dT%H:%M:%SZ")}
        return signed(host, sections, **(clock | members))

    return make


@pytest.fixture
def relay(make_client):
    """Return a client of a master."""
    return make_client("relay")


@pytest.fixture
def push(relay):
    """Return a function that says what a master knows; it may say more of the answer."""

    def push(name="salt01", *, status=200, **given):
        answer = relay.put(f"{SOURCES}/{name}", json={"kind": "salt"} | given)
        assert answer.status_code == status, answer.text
        return answer.json

    return push


@pytest.fixture
def fleet(writer, post, make_report):
    """Three hosts: one never seen, one silent for an hour, one that has just reported."""
    writer.post("/api/v1/assets", json={"hostname": "never01"})
    post(
        make_report("silent01", {"disk": []}, age_ms=HOUR),
        make_report("web01", {"disk": []}),
    )


def test_silent_hosts_and_those_never_seen_are_told_with_the_reason(fleet, reader):
    answer = reader.get(MISSING)
    assert told(answer) == {"never01": "never_seen", "silent01": "silent"}
    assert answer.json["salt_target"] == "never01,silent01"
    assert answer.json["total"] == 2
    never, silent = answer.json["items"]
    assert never["reported_at"] is None
    assert never["registered_at"] is not None
    assert never["since"] == never["registered_at"]
    assert silent["reported_at"] is not None
    assert silent["registered_at"] is None
    assert silent["since"] == silent["reported_at"]


def test_the_window_says_how_old_a_report_may_be(fleet, reader):
    assert set(told(reader.get(f"{MISSING}?window=59m"))) == {"never01", "silent01"}
    assert set(told(reader.get(f"{MISSING}?window=2h"))) == {"never01"}


def test_a_report_that_was_under_way_for_long_does_not_count_as_new(reader, post, make_report):
    post(make_report("web01", {"disk": []}, age_ms=86_400_000))
    assert told(reader.get(MISSING)) == {"web01": "silent"}


FAILED = {"status": "error", "error": "ParseError: no"}
OFF = {"status": "disabled"}
WITHOUT = {"status": "unavailable", "reason": "storcli64 is not installed"}


def test_a_host_whose_reports_bring_nothing_was_not_collected(reader, post, make_report):
    post(
        make_report("empty01", {}),
        make_report("without01", {"raid_disk": WITHOUT, "psu": OFF}),
        make_report("off01", {"disk": OFF, "psu": OFF}),
        make_report("failed01", {"disk": FAILED, "psu": OFF}),
        make_report("half01", {"disk": FAILED, "nic": []}),
        make_report("late01", {"disk": []}, age_ms=HOUR),
    )
    post(make_report("late01", {"disk": FAILED}))
    answer = reader.get(MISSING)
    assert told(answer) == {
        "empty01": "nothing_collected",
        "failed01": "collector_failing",
        "late01": "collector_failing",
        "off01": "collector_disabled",
        "without01": "nothing_collected",
    }
    assert answer.json["total"] == 5
    assert all(item["reported_at"] for item in answer.json["items"])
    assert items(answer)["failed01"]["detail"] == "disk: ParseError: no"
    assert items(answer)["failed01"]["since"] is None
    assert items(answer)["late01"]["since"] < items(answer)["late01"]["reported_at"]
    assert "late01" not in told(reader.get(f"{MISSING}?window=2h"))
    # Items that arrive late count by when they were collected.
    post(make_report("late01", {"nic": []}, age_ms=60_000))
    assert "late01" not in told(reader.get(MISSING))


def test_many_failing_collectors_are_counted(reader, post, make_report):
    post(make_report("web01", {f"kind{n}": FAILED for n in range(5)}))
    detail = items(reader.get(MISSING))["web01"]["detail"]
    assert detail.startswith("kind0: ParseError: no; kind1: ")
    assert detail.endswith("; and 2 more")


def test_one_kind_can_be_asked_for_with_the_sections_own_reason(reader, post, make_report):
    post(
        make_report("all01", {"disk": [], "raid_disk": []}),
        make_report("failed01", {"disk": [], "raid_disk": FAILED}),
        make_report("late01", {"raid_disk": []}, age_ms=HOUR),
        make_report("none01", {"disk": []}),
        make_report("off01", {"disk": [], "raid_disk": OFF}),
        make_report("silent01", {"raid_disk": []}, age_ms=HOUR),
        make_report("without01", {"disk": [], "raid_disk": WITHOUT}),
    )
    post(make_report("late01", {"disk": []}))
    answer = reader.get(f"{MISSING}?kind=raid_disk")
    late = items(answer)["late01"]["since"]
    assert {name: (one["reason"], one["detail"]) for name, one in items(answer).items()} == {
        "failed01": ("collector_failing", "ParseError: no"),
        "late01": ("nothing_collected", f"no report since {late} has brought raid_disk"),
        "none01": ("collector_missing", None),
        "off01": ("collector_disabled", "disabled"),
        "silent01": ("silent", None),
        "without01": ("collector_unavailable", "storcli64 is not installed"),
    }
    assert items(answer)["late01"]["since"] < items(answer)["late01"]["reported_at"]
    assert set(told(reader.get(f"{MISSING}?kind=disk"))) == {"silent01"}
    two = reader.get(f"{MISSING}?kind=raid_disk&window=2h")
    assert set(told(two)) == {"failed01", "none01", "off01", "without01"}


@pytest.mark.parametrize("window", ["", "0m", "30", "-5m", "1.5h", "half an hour", "9999999w"])
def test_a_wrong_window_is_named_with_an_example(reader, window):
    for path in (MISSING, COVERAGE):
        answer = reader.get(path, query_string={"window": window})
        assert answer.status_code == 422
        (message,) = answer.json["error"]["fields"]["window"]
        assert "30m" in message


def test_wrong_reasons_and_kinds_are_named(reader):
    answer = reader.get(f"{MISSING}?reason=bored&kind=A%20B")
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"reason", "kind"}


def test_a_kind_that_nobody_knows_is_named_with_the_nearest(reader, post, make_report):
    post(make_report("web01", {"licences": []}))
    for kind, near in (("dsk", "; did you mean disk?"), ("licence", "; did you mean licences?")):
        answer = reader.get(f"{MISSING}?kind={kind}")
        assert answer.status_code == 404
        assert answer.json["error"]["message"] == f"no host ever reported {kind}{near}"
    assert told(reader.get(f"{MISSING}?kind=licences")) == {}
    # One of ours may be asked for before anybody reported it.
    assert told(reader.get(f"{MISSING}?kind=gpu")) == {"web01": "collector_missing"}


def test_hints_say_what_can_be_done_without_salt_where_there_is_none(
    writer, push, post, make_report
):
    writer.post("/api/v1/assets", json={"hostname": "never01"})
    writer.post("/api/v1/assets", json={"hostname": "known01"})
    post(
        make_report("agent01", {"disk": []}, via="agent", age_ms=HOUR),
        make_report("web01", {"disk": []}, via="salt", age_ms=HOUR),
    )
    push(accepted=["known01"])
    hints = {name: one["hint"] for name, one in items(writer.get(MISSING)).items()}
    assert hints["agent01"].endswith("python3 -m cmdb_agent status")
    assert hints["web01"].endswith("salt web01 cmdb.status; then: salt web01 cmdb.report")
    assert hints["never01"].startswith("no Salt master or roster names it")
    assert hints["known01"].startswith("install it: salt known01 state.apply cmdb")


def test_the_list_comes_in_pages(writer):
    for number in range(5):
        writer.post("/api/v1/assets", json={"hostname": f"web0{number}"})
    first = writer.get(f"{MISSING}?limit=3")
    assert first.json["salt_target"] == "web00,web01,web02"
    assert first.json["total"] == 5
    rest = writer.get(f"{MISSING}?limit=3&cursor={first.json['next_cursor']}")
    assert rest.json["salt_target"] == "web03,web04"
    assert rest.json["next_cursor"] is None


def test_a_name_that_salt_would_read_as_two_is_no_target(writer):
    writer.post("/api/v1/assets", json={"hostname": "db01,db02"})
    answer = writer.get(MISSING)
    assert set(told(answer)) == {"db01,db02"}
    assert answer.json["salt_target"] == ""


def test_hosts_that_a_master_knows_are_expected_though_they_are_no_asset(push, reader):
    pushed = push(
        accepted=["down01", "fresh01"],
        pending=["new01"],
        denied=["twice01"],
        rejected=["away01"],
        up=["fresh01"],
    )
    assert (pushed["hosts"], pushed["ignored"]) == (5, [])
    answer = reader.get(MISSING)
    assert told(answer) == {
        "down01": "minion_down",
        "fresh01": "never_seen",
        "new01": "key_pending",
        "twice01": "key_denied",
    }
    assert answer.json["salt_target"] == "down01,fresh01"
    assert all(item["since"] == pushed["pushed_at"] for item in answer.json["items"])
    assert items(answer)["new01"]["hint"].endswith("salt-key -a new01")
    assert items(answer)["new01"]["detail"] == f"as salt01 said at {pushed['pushed_at']}"
    assert reader.get("/api/v1/assets").json["total"] == 0


def test_hosts_of_a_roster_are_expected(push, reader):
    failure = {"reason": "unreachable", "detail": "Connection refused"}
    push("roster", kind="roster", hosts=["edge01", "edge02"], failures={"edge02": failure})
    answer = reader.get(MISSING)
    assert told(answer) == {"edge01": "never_seen", "edge02": "unreachable"}
    assert items(answer)["edge02"]["detail"].startswith("Connection refused; as roster said at")
    assert answer.json["salt_target"] == "edge01,edge02"


def test_pushed_knowledge_explains_silence_of_assets_in_any_case(fleet, push, reader, post):
    push(accepted=["SILENT01", "web01"], rejected=["never01"], up=["web01"])
    answer = reader.get(MISSING)
    assert told(answer) == {"never01": "key_rejected", "silent01": "minion_down"}
    # Salt's names differ by case: the target is what Salt calls it.
    assert answer.json["salt_target"] == "SILENT01"
    assert "salt SILENT01 test.ping" in items(answer)["silent01"]["hint"]


def test_a_host_that_reported_is_not_missing_whatever_a_master_says(fleet, push, reader):
    failure = {"reason": "modules_not_synced", "detail": "'cmdb.collect' is not available"}
    push(pending=["web01"], accepted=["silent01"], up=["silent01"], failures={"silent01": failure})
    assert told(reader.get(MISSING)) == {"never01": "never_seen", "silent01": "modules_not_synced"}


def test_who_is_up_may_be_unknown(fleet, push, reader):
    push(accepted=["silent01"])
    assert told(reader.get(MISSING))["silent01"] == "silent"
    push(accepted=["silent01"], up=None)
    assert told(reader.get(MISSING))["silent01"] == "silent"
    push(accepted=["silent01"], up=[])
    assert told(reader.get(MISSING))["silent01"] == "minion_down"


def test_a_push_replaces_what_the_same_source_said(push, reader):
    push(pending=["a01", "b01", "c01"])
    push("salt02", pending=["z01"])
    push(accepted=["b01"], pending=["c01"], up=["b01"])
    assert told(reader.get(MISSING)) == {
        "b01": "never_seen",
        "c01": "key_pending",
        "z01": "key_pending",
    }


def test_since_when_stays_as_long_as_nothing_changes(push, reader):
    first = push(pending=["a01", "b01"])["pushed_at"]
    second = push(pending=["a01"], denied=["b01"])["pushed_at"]
    since = {name: one["since"] for name, one in items(reader.get(MISSING)).items()}
    assert since == {"a01": first, "b01": second}
    assert first < second


@pytest.mark.parametrize("kind", [None, "disk"])
def test_missing_hosts_are_found_and_ordered_by_since_when_they_are(
    writer, reader, post, push, make_report, kind
):
    post(make_report("old01", {"disk": [], "psu": []}, age_ms=5 * HOUR))
    post(make_report("silent01", {"disk": []}, age_ms=3 * HOUR))
    post(make_report("late01", {"disk": []}, age_ms=4 * HOUR))
    post(make_report("late01", {"disk": FAILED}))
    writer.post("/api/v1/assets", json={"hostname": "never01"})
    push(pending=["new01"], accepted=["listed01"])
    asked = {"kind": kind} if kind else {}

    def listed(**more):
        answer = reader.get(MISSING, query_string=asked | more)
        assert answer.status_code == 200, answer.text
        return [(item["hostname"], item["since"]) for item in answer.json["items"]]

    found = listed(sort="since")
    assert [host for host, _ in found][:3] == ["old01", "late01", "silent01"]
    assert {host for host, _ in found[3:]} == {"never01", "new01", "listed01"}
    times = [since for _, since in found]
    assert None not in times and times == sorted(times)
    down = listed(sort="-since")
    assert [since for _, since in down] == sorted(times, reverse=True)
    pages, cursor = [], {}
    while cursor is not None:
        query = asked | {"sort": "since", "limit": 2} | cursor
        page = reader.get(MISSING, query_string=query).json
        pages += [(item["hostname"], item["since"]) for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]} if page["next_cursor"] else None
    assert pages == found
    assert [host for host, _ in listed(query="since:<now-210m", sort="since")] == [
        "old01",
        "late01",
    ]
    assert {host for host, _ in listed(query="NOT since:<now-1h")} == {
        host for host, _ in found[3:]
    }


def test_of_two_masters_the_one_that_accepted_a_host_counts(push, reader):
    push("salt01", pending=["web01"], rejected=["web02"])
    push("salt02", accepted=["web01", "web02"], up=["web01"])
    push("salt03", accepted=["web01", "web02"], up=["web02"])
    assert told(reader.get(MISSING)) == {"web01": "never_seen", "web02": "never_seen"}


def test_what_can_not_be_taken_of_a_push_is_named_and_the_rest_is_taken(push, reader):
    pushed = push(
        accepted=["web01", "WEB01", "a b", "x" * 256],
        pending=["\0", "web02"],
        denied=["web01"],
        up=["web02", "web09"],
        failures={"web09": {"reason": "silent"}, "web01": {"reason": "strange", "detail": "a\0"}},
    )
    assert pushed["hosts"] == 2
    assert pushed["ignored"] == [
        "accepted: WEB01 is accepted too, which counts",
        "accepted: 'a b' can't be the name of an asset",
        f"accepted: '{'x' * 255}' can't be the name of an asset",
        "pending: '\\x00' can't be the name of an asset",
        "denied: web01 is accepted too, which counts",
        "up: 'web02' is not among the accepted",
        "up: 'web09' is not among the accepted",
        "failures: 'web09' is not among the hosts",
    ]
    answer = reader.get(MISSING)
    assert told(answer) == {"web01": "collection_failed", "web02": "key_pending"}
    assert items(answer)["web01"]["detail"].startswith("strange: a\ufffd; as salt01 said")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "kind"),
        ({"kind": "dns"}, "kind"),
        ({"kind": "salt", "hosts": []}, "hosts"),
        ({"kind": "roster", "accepted": []}, "accepted"),
        ({"kind": "roster", "up": None}, "up"),
        ({"kind": "salt", "accepted": "web01"}, "accepted"),
        ({"kind": "salt", "accepted": [1]}, "accepted.0"),
        ({"kind": "salt", "failures": {"web01": {}}}, "failures.web01.value.reason"),
        ({"kind": "salt", "nonsense": []}, "nonsense"),
    ],
    ids=str,
)
def test_a_wrong_push_is_named_and_changes_nothing(push, relay, reader, given, field):
    push(pending=["a01"])
    answer = relay.put(f"{SOURCES}/salt01", json=given)
    assert answer.status_code == 422
    assert list(answer.json["error"]["fields"]) == [field]
    assert told(reader.get(MISSING)) == {"a01": "key_pending"}


def test_a_wrong_name_of_a_source_is_named(relay):
    answer = relay.put(f"{SOURCES}/a%20b", json={"kind": "salt"})
    assert answer.status_code == 422
    assert list(answer.json["error"]["fields"]) == ["name"]


def test_a_source_is_forgotten_with_all_that_it_said(push, relay, reader):
    push(pending=["a01"])
    assert relay.delete(f"{SOURCES}/salt01").status_code == 204
    assert told(reader.get(MISSING)) == {}
    answer = relay.delete(f"{SOURCES}/salt01")
    assert (answer.status_code, answer.json["error"]["message"]) == (
        404,
        "there is no source salt01",
    )


@pytest.mark.parametrize(
    ("scope", "reads", "pushes"),
    [("relay", 200, 200), ("read", 200, 403), ("write", 200, 403), ("admin", 200, 200)],
)
def test_masters_read_and_push_and_readers_read(make_client, scope, reads, pushes):
    client = make_client(scope)
    assert client.get(MISSING).status_code == reads
    assert client.get(COVERAGE).status_code == reads
    assert client.put(f"{SOURCES}/salt01", json={"kind": "salt"}).status_code == pushes


@pytest.fixture
def age(session):
    """Return a function that makes all that was pushed or refused older."""

    def age(**length):
        past = now() - timedelta(**length)
        for model, column in ((CoverageSource, "pushed_at"), (Refusal, "at")):
            session.execute(update(model).values({column: past}))
        session.execute(update(CoverageHost).values(since=past))
        session.commit()

    return age


def test_a_source_that_was_silent_for_a_day_is_stale_and_downs_nobody(push, reader, age):
    push(accepted=["web01"], up=[], pending=["new01"])
    age(hours=23)
    (source,) = reader.get(COVERAGE).json["sources"]
    assert source["stale"] is False
    assert told(reader.get(MISSING))["web01"] == "minion_down"
    age(hours=25)
    (source,) = reader.get(COVERAGE).json["sources"]
    assert source["stale"] is True
    assert told(reader.get(MISSING)) == {"web01": "never_seen", "new01": "key_pending"}


def test_a_refused_report_is_why_a_host_is_missing(fleet, client, reader, post, make_report, age):
    post(make_report("silent01", {"disk": []}, key="0" * 64))
    post(make_report("never01", {"disk": []}, version=5))
    answer = reader.get(MISSING)
    assert told(answer) == {"never01": "report_refused", "silent01": "report_refused"}
    one = items(answer)["silent01"]
    assert one["detail"].startswith("the signature is not silent01's")
    assert one["since"] > one["reported_at"]
    assert "cmdb key silent01" in one["hint"]
    assert items(answer)["never01"]["detail"] == "version: Not a valid string"
    age(hours=2)
    assert told(reader.get(MISSING))["never01"] == "report_refused"


def test_only_refusals_of_known_hosts_are_kept_and_one_of_each(client, session, post, make_report):
    post(make_report("web01", {"disk": []}))

    def kept():
        session.rollback()
        return session.execute(select(Refusal.why, Refusal.at)).all()

    for number in range(20):
        post(make_report(f"other{number}", {"disk": []}, sig="0" * 64))
        post(make_report(f"other{number}\ud800\0", {"disk": []}, sig="0" * 64))
    post("no report", {"id": 5}, {"id": "", "schema": 1})
    assert kept() == []
    post(*(make_report("WEB01", {"disk": []}, sig=f"{n}" * 64) for n in range(9)))
    (first,) = kept()
    # The same again is not written for a minute; another is at once.
    post(make_report("WEB01", {"disk": []}, sig="0" * 64))
    assert kept() == [first]
    client.post("/api/v1/reports", json=make_report("web01", {"disk": []}, seq="one" * 1000))
    (second,) = kept()
    assert second.why.startswith("seq: ")
    assert second.at > first.at


def test_a_refusal_before_the_newest_report_is_no_reason(reader, post, make_report, age):
    post(make_report("web01", {"disk": []}, age_ms=HOUR))
    post(make_report("web01", {"disk": []}, sig="0" * 64))
    assert told(reader.get(MISSING)) == {"web01": "report_refused"}
    age(hours=2)
    assert told(reader.get(MISSING)) == {"web01": "silent"}


def test_what_a_master_knows_goes_before_an_old_refusal(reader, post, make_report, push, age):
    post(make_report("web01", {"disk": []}, age_ms=86_400_000))
    post(make_report("web01", {"disk": []}, sig="0" * 64))
    age(hours=2)
    push(accepted=["web01"], up=[])
    assert told(reader.get(MISSING)) == {"web01": "minion_down"}


def test_a_host_whose_clock_was_wrong_before_it_fell_silent_is_told_so(reader, post, make_report):
    post(
        make_report("web01", {"disk": []}, age_ms=HOUR, collected_at="2020-01-01T00:00:00Z"),
        # Collected now, it says, and an hour ago: its clock is ahead, which explains nothing yet.
        signed("web02", {"disk": []}, age_ms=HOUR),
    )
    answer = reader.get(MISSING)
    assert told(answer) == {"web01": "clock_wrong", "web02": "silent"}
    assert items(answer)["web01"]["detail"].endswith(" behind")
    assert items(answer)["web02"]["detail"].startswith("the host's clock was 59 min")


def test_reasons_can_be_asked_for(fleet, push, reader):
    push(pending=["new01"])
    answer = reader.get(f"{MISSING}?reason=key_pending&reason=silent")
    assert told(answer) == {"new01": "key_pending", "silent01": "silent"}
    assert answer.json["total"] == 2
    first = reader.get(f"{MISSING}?reason=key_pending&reason=silent&limit=1")
    rest = reader.get(
        f"{MISSING}?reason=key_pending&reason=silent&cursor={first.json['next_cursor']}"
    )
    assert [*told(first), *told(rest)] == ["new01", "silent01"]


def test_the_summary_counts_by_reason_kind_and_source(fleet, push, reader, post, make_report):
    post(make_report("web02", {"disk": section([]), "raid_disk": WITHOUT, "psu": FAILED}))
    pushed = push(accepted=["web01", "web02"], pending=["new01"], up=["web01"])
    told = reader.get(COVERAGE).json
    none = {"collected": 0, "error": 0, "unavailable": 0, "disabled": 0, "window_seconds": 1800}
    assert told == {
        "expected": 5,
        "collected": 2,
        "missing": {"key_pending": 1, "never_seen": 1, "silent": 1},
        "not_expected": {},
        "window_seconds": 1800,
        "kinds": {
            "disk": none | {"hosts": 3, "collected": 2},
            "psu": none | {"hosts": 1, "error": 1},
            "raid_disk": none | {"hosts": 1, "unavailable": 1},
        },
        "sources": [
            {
                "name": "salt01",
                "kind": "salt",
                "pushed_at": pushed["pushed_at"],
                "stale": False,
                "hosts": {"accepted": 2, "pending": 1},
            }
        ],
    }
    assert reader.get(f"{COVERAGE}?window=2h").json["collected"] == 3


def test_the_summary_of_an_empty_record_is_all_zero(reader):
    assert reader.get(COVERAGE).json == {
        "expected": 0,
        "collected": 0,
        "missing": {},
        "not_expected": {},
        "window_seconds": 1800,
        "kinds": {},
        "sources": [],
    }


def test_a_failure_that_a_master_met_is_told_in_its_words(reader, post, make_report, push):
    post(make_report("web01", {"disk": FAILED, "nic": []}, age_ms=HOUR))
    failure = {"reason": "collector_failing", "detail": "Traceback: no."}
    pushed = push(accepted=["web01"], up=["web01"], failures={"web01": failure})
    one = items(reader.get(MISSING))["web01"]
    assert one["detail"] == f"Traceback: no; as salt01 said at {pushed['pushed_at']}"


def test_too_many_hosts_of_one_source_are_refused(push, monkeypatch):
    monkeypatch.setattr(sources, "MAX_HOSTS", 2)
    told = push(status=413, accepted=["a", "b"], pending=["c"])
    assert told["error"]["message"] == "3 hosts of one source; at most 2 are taken"


def test_pushes_of_one_source_at_the_same_moment_leave_one_of_them(app, make_token, reader):
    headers = {"Authorization": f"Bearer {make_token('relay')}"}
    lists = [[f"{letter}{number:02}" for number in range(20)] for letter in "abcd"]
    together = Barrier(len(lists))

    def put(names):
        together.wait()
        body = {"kind": "salt", "pending": [*names, "both01"]}
        return app.test_client().put(f"{SOURCES}/salt01", json=body, headers=headers).status_code

    with ThreadPoolExecutor(len(lists)) as pool:
        assert list(pool.map(put, lists)) == [200] * len(lists)
    assert sorted(told(reader.get(f"{MISSING}?limit=99"))) in [
        sorted([*names, "both01"]) for names in lists
    ]


@pytest.mark.parametrize("special", [{}, OF_AGENT, OF_STRANGER])
@pytest.mark.parametrize("reason", HINTS)
def test_a_hint_is_one_line_that_is_safe_to_paste(reason, special):
    line = hint(reason, "web01;rm${IFS}x", special)
    assert "\n" not in line
    assert ";rm" not in line.replace("'web01;rm${IFS}x'", "")


ASSETS = "/api/v1/assets"


def test_only_assets_that_are_online_and_count_are_expected(writer, push, reader, session):
    for state in ("planned", "racked", "online", "offline", "retired"):
        answer = writer.post(ASSETS, json={"hostname": f"{state}01", "state": state})
        assert answer.status_code == 201, answer.text
    for standing in ("review", "ignored"):
        writer.post(ASSETS, json={"hostname": f"{standing}01"})
        same = Asset.hostname_key == f"{standing}01"
        session.execute(update(Asset).where(same).values(standing=standing))
    session.commit()
    names = ("planned01", "retired01", "review01", "ignored01", "new01")
    push(accepted=[*names, "online01"])
    assert told(reader.get(MISSING)) == {"online01": "never_seen", "new01": "never_seen"}
    summary = reader.get(COVERAGE).json
    assert summary["expected"] == 2
    assert summary["not_expected"] == {
        **{"ignored": 1, "offline": 1, "planned": 1, "racked": 1, "retired": 1, "review": 1}
    }
    writer.post(f"{ASSETS}/planned01/state", json={"state": "online"})
    assert "planned01" in told(reader.get(MISSING))


def test_kinds_of_assets_that_need_not_report_do_not_count(writer, reader, post, make_report):
    post(make_report("web01", {"disk": []}), make_report("web02", {"disk": []}))
    writer.post(f"{ASSETS}/web02/state", json={"state": "offline"})
    assert reader.get(COVERAGE).json["kinds"]["disk"]["hosts"] == 1


def test_a_key_or_an_entry_by_another_name_of_an_asset_is_that_asset(
    writer, push, reader, post, make_report
):
    post(make_report("web01", {"disk": []}), make_report("web02", {"disk": []}, age_ms=HOUR))
    for host in ("web01", "web02"):
        answer = writer.put(f"{ASSETS}/{host}/aliases/{host}.example.com")
        assert answer.status_code == 200, answer.text
    push(accepted=["web01.example.com", "WEB02.example.com"], up=["web01.example.com"])
    answer = reader.get(MISSING)
    assert told(answer) == {"web02": "minion_down"}
    assert answer.json["salt_target"] == "WEB02.example.com"
    assert items(answer)["web02"]["known_as"] == ["WEB02.example.com"]
    assert "as salt01 said at" in items(answer)["web02"]["detail"]
    assert reader.get(COVERAGE).json["expected"] == 2


@pytest.fixture
def short(make_app, database_url):
    """Return the app where names match in short and in full."""
    return make_app(database_url, MATCH_SHORT_NAMES=True)


def test_short_and_full_names_are_one_host_where_the_settings_say_so(short, make_report):
    client = short.test_client()
    with short.app_context():
        _, text = tokens.create(db.session, name="anna", scope="admin")
        db.session.commit()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    for host in ("web01", "db01.example.com", "db02.a.example", "db02.b.example"):
        answer = client.post(ASSETS, json={"hostname": host})
        assert answer.status_code == 201, answer.text
    source = {"kind": "salt", "accepted": ["web01.example.com", "db01", "db02"]}
    assert client.put(f"{SOURCES}/salt01", json=source).status_code == 200
    answer = client.get(MISSING)
    assert told(answer) == dict.fromkeys(
        ("web01", "db01.example.com", "db02", "db02.a.example", "db02.b.example"), "never_seen"
    )
    assert answer.json["salt_target"] == "db01,db02,web01.example.com"
    assert items(answer)["web01"]["known_as"] == ["web01.example.com"]


def test_a_host_that_is_refused_as_unknown_is_not_just_never_seen(
    make_app, database_url, make_report
):
    app = make_app(database_url, UNKNOWN_HOSTS="refuse")
    client = app.test_client()
    with app.app_context():
        _, text = tokens.create(db.session, name="anna", scope="admin")
        db.session.commit()
    headers = {"Authorization": f"Bearer {text}"}
    client.put(f"{SOURCES}/salt01", json={"kind": "salt", "accepted": ["Web01"]}, headers=headers)
    answer = client.post("/api/v1/reports", json=make_report("Web01", {"disk": []}))
    assert answer.status_code == 403
    answer = client.get(MISSING, headers=headers)
    assert told(answer) == {"Web01": "not_registered"}
    assert items(answer)["Web01"]["hint"].endswith("asset register Web01; or POST /api/v1/assets")
    assert items(answer)["Web01"]["since"]
    client.post(ASSETS, json={"hostname": "Web01"}, headers=headers)
    assert told(client.get(MISSING, headers=headers)) == {"Web01": "never_seen"}


@pytest.fixture
def slow(make_app, database_url):
    """Return a client where hosts may be an hour late, and packages a day."""
    windows = {"COVERAGE_WINDOW_SECONDS": 7000, "COVERAGE_WINDOWS": {"package": "1d"}}
    app = make_app(database_url, **windows)
    with app.app_context():
        _, text = tokens.create(db.session, name="anna", scope="read")
        db.session.commit()
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {text}"
    return client


def test_kinds_that_are_collected_less_often_have_a_window_of_their_own(slow, post, make_report):
    post(
        make_report("daily01", {"package": []}, age_ms=20 * HOUR),
        make_report("late01", {"package": []}, age_ms=25 * HOUR),
        make_report("silent01", {"package": [], "disk": []}, age_ms=3 * HOUR),
    )
    post(make_report("daily01", {"disk": []}), make_report("late01", {"disk": []}))
    assert told(slow.get(MISSING)) == {"silent01": "silent"}
    assert told(slow.get(f"{MISSING}?kind=disk")) == {"silent01": "silent"}
    answer = slow.get(f"{MISSING}?kind=package")
    assert told(answer) == {"late01": "nothing_collected"}
    since = items(answer)["late01"]["since"]
    assert items(answer)["late01"]["detail"] == f"no report since {since} has brought package"
    # One that is asked for counts for all.
    assert set(told(slow.get(f"{MISSING}?kind=package&window=2d"))) == set()
    assert set(told(slow.get(f"{MISSING}?kind=package&window=4h"))) == {"daily01", "late01"}
    summary = slow.get(COVERAGE).json
    assert summary["window_seconds"] == 7000
    none = {"error": 0, "unavailable": 0, "disabled": 0}
    assert summary["kinds"] == {
        "disk": none | {"hosts": 3, "collected": 2, "window_seconds": 7000},
        "package": none | {"hosts": 3, "collected": 2, "window_seconds": 86400},
    }


def kinds_of(answer):
    assert answer.status_code == 200, answer.text
    return {one["kind"]: one for one in answer.json["kinds"]}


def test_the_kinds_of_one_asset_are_told_with_what_mends_them(slow, post, make_report):
    post(
        make_report("web01", {"package": [], "unit": [], "licence": []}, age_ms=20 * HOUR),
        make_report("web01", {"disk": [], "psu": FAILED, "raid_disk": WITHOUT, "fru": OFF}),
    )
    answer = slow.get(f"{ASSETS}/WEB01/coverage")
    kinds = kinds_of(answer)
    assert answer.json["expected"] is True
    assert (answer.json["overdue"], answer.json["reason"]) == (False, None)
    assert {"memory", "licence"} <= set(kinds)
    told = {kind: (one["overdue"], one["reason"], one["status"]) for kind, one in kinds.items()}
    assert told["disk"] == (False, None, "ok")
    assert told["package"] == (False, None, "ok")
    assert told["unit"] == (True, "nothing_collected", "ok")
    assert told["licence"] == (True, "nothing_collected", "ok")
    assert told["psu"] == (True, "collector_failing", "error")
    assert told["raid_disk"] == (True, "collector_unavailable", "unavailable")
    assert told["fru"] == (True, "collector_disabled", "disabled")
    assert told["memory"] == (True, "collector_missing", None)
    assert kinds["psu"]["detail"] == "ParseError: no"
    assert kinds["psu"]["command"] == "salt -L web01 cmdb.report psu"
    assert kinds["memory"]["command"] == "salt -L web01 saltutil.sync_all"
    assert "saltutil.sync_all" in kinds["memory"]["hint"]
    assert kinds["fru"]["command"] is None
    assert 0 <= kinds["disk"]["age_seconds"] < 60
    assert kinds["memory"]["age_seconds"] is None
    assert abs(kinds["package"]["age_seconds"] - 20 * 3600) < 60
    assert kinds["package"]["window_seconds"] == 86400
    assert kinds["unit"]["detail"].endswith(" has brought unit")
    assert kinds_of(slow.get(f"{ASSETS}/web01/coverage?window=30d"))["unit"]["overdue"] is False


def test_the_kinds_of_a_host_that_is_silent_have_its_reason(
    writer, push, reader, post, make_report
):
    post(make_report("web01", {"disk": []}, age_ms=HOUR))
    push(accepted=["web01"], up=[])
    answer = reader.get(f"{ASSETS}/web01/coverage")
    assert (answer.json["overdue"], answer.json["reason"]) == (True, "minion_down")
    assert answer.json["hint"].startswith("start it on the host")
    disk = kinds_of(answer)["disk"]
    assert (disk["reason"], disk["status"], disk["command"]) == ("minion_down", "ok", None)
    writer.post(f"{ASSETS}/web01/state", json={"state": "offline"})
    answer = reader.get(f"{ASSETS}/web01/coverage")
    assert (answer.json["expected"], answer.json["not_expected"]) == (False, "offline")
    assert answer.json["reason"] is None
    assert not any(one["overdue"] or one["reason"] for one in answer.json["kinds"])
    writer.post(ASSETS, json={"hostname": "new01"})
    answer = reader.get(f"{ASSETS}/new01/coverage")
    assert answer.json["reason"] == "never_seen"
    assert kinds_of(answer)["disk"]["reason"] == "never_seen"
    assert reader.get(f"{ASSETS}/web09/coverage").status_code == 404


def test_coverage_of_a_host_that_only_a_master_knows_says_so(push, reader):
    push(accepted=["down1"], pending=["wait1"], rejected=["bad1"])
    push("salt02", accepted=["down1"])
    answer = reader.get(f"{ASSETS}/DOWN1/coverage")
    assert answer.status_code == 404
    assert answer.json["error"]["message"] == (
        "DOWN1 is no asset, only salt01 and salt02 know it: see /coverage/missing"
    )
    message = reader.get(f"{ASSETS}/wait1/coverage").json["error"]["message"]
    assert message == "wait1 is no asset, only salt01 knows it: see /coverage/missing"
    message = reader.get(f"{ASSETS}/bad1/coverage").json["error"]["message"]
    assert message == "bad1 is no asset, only salt01 knows it, and its key is rejected"
    message = reader.get(f"{ASSETS}/down2/coverage").json["error"]["message"]
    assert message.startswith("there is no asset down2")


TARGET = f"{COVERAGE}/target"


def test_the_commands_that_mend_are_given_by_reason(push, reader, post, make_report):
    post(
        make_report("silent01", {"disk": []}, age_ms=HOUR),
        make_report("silent02", {"disk": []}, age_ms=HOUR),
        make_report("failed01", {"disk": FAILED}),
        make_report("agent01", {"disk": []}, via="agent", age_ms=HOUR),
    )
    failure = {"reason": "modules_not_synced"}
    push(
        accepted=["silent01", "SILENT02", "failed01", "new01", "bare01"],
        pending=["pending01"],
        failures={"bare01": failure},
    )
    push("roster", kind="roster", hosts=["edge01", "it's01"])
    answer = reader.get(TARGET)
    assert answer.status_code == 200, answer.text
    assert answer.json == {
        "items": [
            {
                "reason": "collector_failing",
                "tool": "salt",
                "hosts": 1,
                "commands": ["salt -L failed01 cmdb.report"],
            },
            {
                "reason": "modules_not_synced",
                "tool": "salt",
                "hosts": 1,
                "commands": ["salt -L bare01 saltutil.sync_all"],
            },
            {
                "reason": "never_seen",
                "tool": "salt-ssh",
                "hosts": 2,
                "commands": ["salt-ssh -L 'edge01,it'\"'\"'s01' cmdb.report"],
            },
            {
                "reason": "never_seen",
                "tool": "salt",
                "hosts": 1,
                "commands": ["salt -L new01 state.apply cmdb"],
            },
            {
                "reason": "silent",
                "tool": "salt",
                "hosts": 2,
                "commands": ["salt -L silent01,SILENT02 cmdb.report"],
            },
        ],
        "left_out": {"key_pending": 1, "silent": 1},
    }
    one = reader.get(f"{TARGET}?reason=silent&kind=disk").json
    assert [each["commands"] for each in one["items"]] == [
        ["salt -L silent01,SILENT02 cmdb.report disk"]
    ]
    assert reader.get(f"{TARGET}?kind=dsk").status_code == 404
    assert reader.get(f"{TARGET}?window=1x").status_code == 422


def test_a_command_has_a_thousand_hosts_at_most_and_fits_a_shell(push, reader):
    push(accepted=[f"web{number:04}" for number in range(2001)])
    (item,) = reader.get(TARGET).json["items"]
    assert item["hosts"] == 2001
    names = [line.split()[2].split(",") for line in item["commands"]]
    assert [len(part) for part in names] == [1000, 1000, 1]
    push(accepted=[f"{number:04}" + "x" * 240 for number in range(1000)])
    (item,) = reader.get(TARGET).json["items"]
    assert max(map(len, item["commands"])) < 128 * 1024
    assert sum(line.count(",") + 1 for line in item["commands"]) == 1000


@pytest.mark.parametrize("tool", ["salt", "salt-ssh"])
@pytest.mark.parametrize("reason", REASONS)
def test_what_salt_runs_for_a_reason_is_a_plain_function(reason, tool):
    told = function(reason, tool, "disk")
    assert told is None or told.replace(".", "").replace("_", "").replace(" ", "").isalpha()


def test_the_page_for_users_tells_of_every_reason():
    page = (Path(__file__).parents[2] / "docs/coverage.md").read_text(encoding="utf-8")
    assert [reason for reason in REASONS if f"`{reason}`" not in page] == []
