"""The fleet's changes with like ones together, and what flaps folded."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from cmdb_api.extensions import db
from cmdb_api.models import Asset
from cmdb_api.services import grouping, likeness, times
from tests.reports import make_report, section

GROUPS = "/api/v1/changes/groups"
MINUTE_MS = 60_000


def ago(minutes):
    return times.text(datetime.now(UTC) - timedelta(minutes=minutes))


def made(host, minutes, sections):
    return make_report(host, sections, age_ms=int(minutes * MINUTE_MS), identity={})


@pytest.fixture
def reported(post):
    """Return a function that posts a report of a host, collected so many minutes ago."""

    def reported(host, minutes, sections):
        (result,) = post(made(host, minutes, sections))
        assert result["result"] in ("recorded", "unchanged"), result

    return reported


@pytest.fixture
def groups(reader):
    """Return a function that gives the lines of a window; those of baselines only if asked for."""

    def groups(baselines=False, **query):
        answer = reader.get(GROUPS, query_string=query)
        assert answer.status_code == 200, answer.text
        return [one for one in answer.json["items"] if baselines or one["action"] != "baseline"]

    return groups


def package(version, name="bash"):
    rows = [{"name": name, "version": version}, {"name": "zsh", "version": "5"}]
    return {"package": section(rows, ["name"], bulk=True)}


def disk(serial, size=1):
    rows = [{"slot": "1", "serial": serial, "size_bytes": size}]
    return {"disk": section(rows, serial="serial")}


def nic(carrier, **more):
    rows = [{"port": "1", "carrier": carrier, "mac": "02:00:00:00:00:01"} | more]
    return {"nic": section(rows, ["port"])}


def test_the_same_change_on_many_hosts_is_one_line(post, groups):
    post(*(made(f"web{n:02}", 90, package("1")) for n in range(25)))
    post(*(made(f"web{n:02}", 60 - n, package("2")) for n in range(25)))
    (line,) = groups()
    assert (line["kind"], line["place"], line["action"]) == ("package", "bash", "changed")
    assert line["changes"] == [{"field": "version", "old": "1", "new": "2"}]
    assert (line["host_count"], line["change_count"]) == (25, 25)
    assert line["hosts"] == [f"web{n:02}" for n in range(20)]
    assert line["first_at"] < line["last_at"]
    assert line["example"]["hostname"] == "web00"
    assert line["flapped"] is None


def test_other_values_are_another_line(reported, groups):
    for host, new in (("web01", "2"), ("web02", "3"), ("web03", "2")):
        reported(host, 90, package("1"))
        reported(host, 60, package(new))
    assert sorted((one["changes"][0]["new"], one["hosts"]) for one in groups()) == [
        ("2", ["web01", "web03"]),
        ("3", ["web02"]),
    ]


def test_serial_numbers_and_addresses_make_no_other_line(reported, groups):
    for host in ("web01", "web02"):
        reported(host, 90, disk(f"OLD-{host}") | nic(True, ipv4=[f"192.0.2.{host[-1]}/24"]))
        reported(host, 60, disk(f"NEW-{host}") | nic(True, ipv4=[f"198.51.100.{host[-1]}/24"]))
    assert sorted((one["kind"], one["action"], one["host_count"]) for one in groups()) == [
        ("disk", "replaced", 2),
        ("nic", "changed", 2),
    ]


def test_what_comes_or_goes_alike_is_one_line(reported, groups):
    for host in ("web01", "web02"):
        reported(host, 90, disk(f"A-{host}"))
        rows = [{"slot": str(n), "serial": f"{host}{n}", "size_bytes": n} for n in (1, 2)]
        reported(host, 60, {"disk": section(rows, serial="serial")})
        reported(host, 30, disk(f"{host}1"))
    told = {one["action"]: one for one in groups()}
    assert [told[name]["host_count"] for name in ("added", "removed")] == [2, 2]
    assert told["added"]["after"] == {"slot": "2", "size_bytes": 2}


def test_the_baselines_of_new_hosts_are_one_line_for_each_kind(post, groups):
    post(*(made(f"web{n:02}", 60, disk("A", size=n) | package("1")) for n in range(40)))
    told = {one["kind"]: one for one in groups(baselines=True)}
    assert {kind: one["host_count"] for kind, one in told.items()} == {"disk": 40, "package": 40}
    assert told["disk"]["action"] == "baseline"


def test_a_field_that_came_to_many_hosts_is_one_line_of_its_own(reported, groups):
    for host in ("web01", "web02"):
        reported(host, 90, nic(True))
        reported(host, 60, nic(True, mtu=1500))
    told = [(one["fields"], one["host_count"]) for one in groups(baselines=True)]
    assert sorted(told, key=str) == [(["carrier", "mac", "port"], 2), (["mtu"], 2)]


def test_the_same_edit_of_many_assets_is_one_line(groups, writer):
    for n in range(3):
        writer.post("/api/v1/assets", json={"hostname": f"web{n}", "comment": f"number {n}"})
        writer.patch(f"/api/v1/assets/web{n}", json={"inventory_number": f"IT-{n}"})
        writer.patch(f"/api/v1/assets/web{n}", json={"tags": ["new"]})
    told = {(one["action"], *one["fields"]): one for one in groups(kind="asset")}
    tagged = told["changed", "tags"]
    assert (tagged["host_count"], tagged["example"]["actor"]) == (3, "anna")
    assert tagged["changes"] == [{"field": "tags", "old": None, "new": ["new"]}]
    assert told["changed", "inventory_number"]["host_count"] == 3
    (registered,) = [one for key, one in told.items() if key[0] == "added"]
    assert registered["host_count"] == 3


def flap(reported, host, times, start=300, more=None):
    for n in range(times + 1):
        reported(host, start - 10 * n, nic(n % 2 == 0) | (more or {}))


def test_a_line_says_how_many_people_made_it(groups, make_client, reported):
    reported("web01", 5, disk("EXAMPLE-D1"))
    reported("web01", 3, disk("EXAMPLE-D2"))
    for name, hosts in (("anna", ("db01", "db02")), ("bert", ("db03",))):
        client = make_client("write", name=name)
        for host in hosts:
            given = {"hostname": host, "comment": "by hand"}
            assert client.post("/api/v1/assets", json=given).status_code == 201
    client.patch("/api/v1/assets/db03", json={"comment": "moved"})
    made = {(one["kind"], one["action"]): one["actor_count"] for one in groups()}
    assert made == {("asset", "added"): 2, ("asset", "changed"): 1, ("disk", "replaced"): 0}


def test_what_changes_to_and_fro_is_one_line(reported, groups):
    flap(reported, "web01", 5)
    (line,) = groups()
    assert line["flapped"] == {"times": 5, "between": [{"carrier": True}, {"carrier": False}]}
    assert (line["host_count"], line["change_count"]) == (1, 5)


def test_what_flaps_alike_on_many_hosts_is_one_line(reported, groups):
    for host in ("web01", "web02", "web03"):
        flap(reported, host, 4)
    (line,) = groups()
    assert (line["hosts"], line["change_count"]) == (["web01", "web02", "web03"], 12)


def test_three_changes_are_no_flapping(reported, groups):
    flap(reported, "web01", 3)
    assert [(one["flapped"], one["change_count"]) for one in groups()] == [(None, 2), (None, 1)]


def test_values_that_do_not_return_are_no_flapping(reported, groups):
    for n in range(6):
        reported("web01", 300 - 10 * n, package(str(n)))
    assert [one["flapped"] for one in groups()] == [None] * 5


def test_another_change_of_a_place_that_flaps_is_a_line_of_its_own(reported, groups):
    flap(reported, "web01", 5)
    reported("web01", 5, nic(False, mac="02:00:00:00:00:02"))
    told = [(one["flapped"] is not None, one["changes"][0]["field"]) for one in groups()]
    assert told == [(False, "mac"), (True, "carrier")]


def test_a_disk_that_is_replaced_again_and_again_does_not_flap(reported, groups):
    for n in range(6):
        reported("web01", 300 - 10 * n, disk(f"SERIAL-{n}"))
    (line,) = groups()
    assert (line["action"], line["flapped"], line["change_count"]) == ("replaced", None, 5)


def test_a_serial_number_that_comes_back_again_and_again_flaps(reported, groups):
    for n in range(6):
        reported("web01", 300 - 10 * n, disk("AB"[n % 2]))
    (line,) = groups()
    assert line["flapped"]["times"] == 5
    assert {one["serial"] for one in line["flapped"]["between"]} == {"A", "B"}


def test_a_component_that_comes_and_goes_flaps(reported, groups):
    for n in range(7):
        rows = [{"slot": "1"}, {"slot": "2"}][: 1 + n % 2]
        reported("web01", 300 - 10 * n, {"disk": section(rows)})
    (line,) = groups()
    assert (line["place"], line["flapped"]["times"]) == ("2", 6)
    assert line["flapped"]["between"] in ([None, {"slot": "2"}], [{"slot": "2"}, None])


def test_each_line_tells_the_assets_that_it_is_about(reported, app):
    for minutes, carrier in zip((90, 80, 70, 60, 50), (True, False) * 3, strict=False):
        for host in ("web01", "web02"):
            reported(host, minutes, nic(carrier) | package("1" if minutes > 60 else "2"))
    reported("web03", 90, nic(True) | package("1"))
    reported("web03", 40, nic(False) | package("2"))
    with app.app_context():
        lines = grouping.page(db.session, limit=100)["items"]
        known = dict(db.session.execute(select(Asset.hostname, Asset.id)).all())
        told = {line["line"]: {known[name] for name in line["hosts"]} for line in lines}
        assert {bool(line["flapped"]) for line in lines} == {True, False}
        for name, ids in told.items():
            assert grouping.of(db.session, [name]) == ids, name
        assert grouping.of(db.session, list(told)) == set(known.values())
        assert grouping.of(db.session, list(told), asset="web03") == {known["web03"]}
        later = datetime.now(UTC) - timedelta(minutes=45)
        assert grouping.of(db.session, list(told), since=later) == {known["web03"]}
        for nothing in ([], ["x"], ["::" + "9" * 19], ["disk:added:0", "::-1", "'"]):
            assert grouping.of(db.session, nothing) == set()


def test_the_window_is_a_day_unless_another_is_asked_for(reported, groups):
    reported("web01", 60 * 50, package("1"))
    reported("web01", 60 * 40, package("2"))
    reported("web01", 60, package("3"))
    assert [one["changes"][0]["new"] for one in groups()] == ["3"]
    assert [one["changes"][0]["new"] for one in groups(since="2d")] == ["3", "2"]
    assert [one["changes"][0]["new"] for one in groups(until="30h")] == ["2"]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_hold_each_line_once_though_changes_come_meanwhile(reported, reader, limit):
    for n in range(7):
        reported(f"web{n}", 90, package("1"))
        reported(f"web{n}", 60, package(f"2.{n % 4}"))
    flap(reported, "web0", 4)
    whole = reader.get(GROUPS).json["items"]
    assert len(whole) == 7
    seen, cursor = [], None
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = reader.get(GROUPS, query_string=query).json
        seen += answer["items"]
        reported(f"web{len(seen)}-new", 0, package("1"))
        if (cursor := answer["next_cursor"]) is None:
            break
    assert seen == whole


def test_lines_are_chosen_by_kind_asset_origin_and_actor(reported, groups, writer):
    for host in ("web01", "web02"):
        reported(host, 90, package("1") | disk("A"))
        reported(host, 60, package("2") | disk("B"))
    writer.patch("/api/v1/assets/web01", json={"comment": "hi"})
    assert [one["kind"] for one in groups(kind="disk")] == ["disk"]
    assert [one["host_count"] for one in groups(asset="WEB01", kind="disk")] == [1]
    assert [one["kind"] for one in groups(origin="people")] == ["asset"]
    assert {one["kind"] for one in groups(origin="hosts")} == {"disk", "package"}
    assert [one["kind"] for one in groups(actor="anna")] == ["asset"]
    assert groups(actor="berta") == []


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        ("since=40d", "since", "more than 31 days before until"),
        ("since=2h&until=3h", "since", "not before until"),
        ("kind=pakage", "kind", "did you mean package?"),
        ("origin=nobody", "origin", "people, hosts"),
        ("cursor=abc", "cursor", "not a cursor"),
    ],
)
def test_what_is_wrong_is_named(reader, query, field, text):
    answer = reader.get(f"{GROUPS}?{query}")
    assert answer.status_code in (404, 422)
    assert text in answer.json["error"]["fields"][field][0]


def test_lines_are_as_the_document_says(reported, groups, client):
    flap(reported, "web01", 4)
    schemas = client.get("/api/v1/openapi.json").json["components"]["schemas"]
    (line,) = groups()
    assert set(line) == set(schemas["Group"]["properties"])
    assert set(line["flapped"]) == set(schemas["Flapped"]["properties"])


CHANGES = "/api/v1/assets/web01/changes"


def test_on_an_asset_what_flaps_is_folded_where_that_is_asked_for(reported, reader):
    flap(reported, "web01", 6, more=package("1"))
    reported("web01", 5, nic(True) | package("2"))
    assert len(reader.get(CHANGES).json["items"]) == 9
    rows = reader.get(f"{CHANGES}?fold=true").json["items"]
    told = [
        (row["kind"], row["action"], row["flapped"] and row["flapped"]["times"]) for row in rows
    ]
    assert told[:2] == [("package", "changed", None), ("nic", "changed", 6)]
    assert [action for _, action, _ in told[2:]] == ["baseline", "baseline"]


def test_what_flapped_before_the_window_is_not_folded(reported, reader):
    flap(reported, "web01", 4)
    rows = reader.get(CHANGES, query_string={"fold": "true", "since": ago(275)}).json["items"]
    assert [row["flapped"] for row in rows] == [None, None]


def test_a_change_is_told_with_the_others_of_its_report(reported, reader):
    reported("web01", 90, package("1") | disk("A"))
    reported("web01", 60, package("2") | disk("B"))
    told = reader.get("/api/v1/changes/WEB01/4").json
    assert (told["kind"], told["changes"]) == (
        "package",
        [{"field": "version", "old": "1", "new": "2"}],
    )
    assert [one["kind"] for one in told["others"]] == ["disk"]
    assert told["others_count"] == 1


@pytest.mark.parametrize("number", ["9", str(2**64), "0"])
def test_a_change_that_is_none_is_told_with_those_that_there_are(reported, reader, number):
    reported("web01", 90, package("1"))
    answer = reader.get(f"/api/v1/changes/web01/{number}")
    assert answer.status_code == 404
    assert f"web01 has no change {number}; it has 1 to 1" in answer.json["error"]["message"]


def test_likeness_is_a_number_that_every_database_keeps():
    what = {"place": "1", "fields": ["a"], "before": {"a": 1}, "after": {"a": 2}}
    number = likeness.of("disk", "changed", **what)
    assert 0 <= number < 2**63
    assert number == likeness.of("disk", "changed", **what)
    assert number != likeness.of("disk", "changed", **what | {"after": {"a": True}})
    assert likeness.of("disk", "baseline", **what, first=True) is None
    assert likeness.of("disk", "rekeyed", **what) is None
