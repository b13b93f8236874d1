"""What differs: an asset between two moments, two assets at one."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from cmdb_api.models import Change
from cmdb_api.services import times
from tests.reports import make_report, section

DIFF = "/api/v1/assets/web01/diff"
TWO = "/api/v1/diff?left=web01&right=web02"
HOUR_MS = 3600 * 1000


def ago(hours):
    return times.text(datetime.now(UTC) - timedelta(hours=hours))


@pytest.fixture
def reported(post):
    """Return a function that posts a report of a host, collected so many hours ago."""

    def reported(hours, sections, host="web01"):
        (result,) = post(make_report(host, sections, age_ms=int(hours * HOUR_MS)))
        assert result["result"] in ("recorded", "unchanged"), result

    return reported


@pytest.fixture
def between(reader):
    """Return a function that gives what differs on web01 between so and so many hours ago."""

    def between(start, end=None, **query):
        query |= {"from": ago(start)} | ({} if end is None else {"to": ago(end)})
        answer = reader.get(DIFF, query_string=query)
        assert answer.status_code == 200, answer.text
        return answer.json

    return between


def disks(*sizes, **more):
    rows = [{"slot": str(n), "size_bytes": size} | more for n, size in enumerate(sizes, 1)]
    return {"disk": section(rows, serial="serial")}


def test_each_difference_is_told_with_old_and_new(reported, between):
    def rows(*given):
        keys = ("slot", "serial", "size_bytes")
        return {"disk": section([dict(zip(keys, one)) for one in given], serial="serial")}  # noqa: B905

    reported(9, rows(("1", "A", 1), ("2", "B", 2), ("3", "C", 3), ("5", "E", 5)))
    reported(7, rows(("1", "A", 9), ("2", "X", 2), ("4", "D", 4), ("5", "E", 5)))
    told = between(8)
    assert (told["declared"], told["same"]) == ([], [])
    assert [
        (one["place"], one["action"], one["changes"]) for one in told["kinds"]["disk"]["items"]
    ] == [
        ("1", "changed", [{"field": "size_bytes", "old": 1, "new": 9}]),
        ("2", "replaced", [{"field": "serial", "old": "B", "new": "X"}]),
        ("3", "removed", []),
        ("4", "added", []),
    ]
    added = told["kinds"]["disk"]["items"][3]
    assert (added["before"], added["after"]["serial"]) == (None, "D")


def test_what_came_back_is_no_difference(reported, between):
    for hours, size in ((9, 1), (7, 2), (5, 1)):
        reported(hours, disks(size))
    told = between(8)
    assert (told["kinds"], told["same"]) == ({}, ["disk"])
    assert between(8, 6)["kinds"]["disk"]["items"][0]["changes"][0]["new"] == 2


def test_fields_and_kinds_that_were_not_known_before_are_named(reported, between):
    reported(9, disks(1))
    reported(7, disks(1, firmware="F1") | {"psu": [{"slot": "1"}]})
    told = between(8)
    assert told["kinds"] == {"disk": {"items": [], "new_fields": ["firmware"]}}
    assert told["unknown_from"] == ["psu"]
    assert between(6)["same"] == ["disk", "psu"]


def test_items_that_are_named_otherwise_now_are_the_same(reported, between):
    rows = [{"slot": "1", "name": "sda", "size_bytes": 1}, {"slot": "2", "name": "sdb"}]
    reported(9, {"disk": section(rows, ["name"])})
    rows = [{"slot": "1", "name": "sda", "size_bytes": 5}, {"slot": "2", "name": "sdb"}]
    reported(7, {"disk": section(rows, ["slot"])})
    (item,) = between(8)["kinds"]["disk"]["items"]
    assert (item["place"], item["action"]) == ("1", "changed")


def test_what_people_declared_differs_too(reported, between, writer, session):
    reported(9, disks(1))
    writer.patch("/api/v1/assets/web01", json={"comment": "hi", "purchased_on": "2026-01-31"})
    edit = session.scalars(select(Change).where(Change.actor.is_not(None))).one()
    edit.at -= timedelta(hours=5)
    session.commit()
    assert between(8)["declared"] == [
        {"field": "purchased_on", "old": None, "new": "2026-01-31"},
        {"field": "comment", "old": None, "new": "hi"},
    ]
    assert between(4)["declared"] == []


def test_one_kind_can_be_asked_for(reported, between):
    reported(9, disks(1) | {"psu": [{"slot": "1"}]})
    assert between(8, kind="psu")["same"] == ["psu"]


@pytest.mark.parametrize(
    ("query", "field", "text"),
    [
        ("", "from", "Missing data"),
        ("from=2h&to=3h", "from", "is later than to"),
        ("from=99h", "from", "was not known then"),
        ("from=2h&to=2999-01-01", "to", "is yet to come"),
        ("from=never", "from", "A time is wanted"),
        ("from=2h&kind=dsk", "kind", "did you mean disk?"),
    ],
)
def test_what_is_wrong_is_named(reported, reader, query, field, text):
    reported(9, disks(1))
    answer = reader.get(f"{DIFF}?{query}")
    assert answer.status_code in (404, 422)
    assert text in answer.json["error"]["fields"][field][0]


def two(reader, more=""):
    answer = reader.get(TWO + more)
    assert answer.status_code == 200, answer.text
    return answer.json


def test_two_assets_are_compared_place_by_place(reported, reader):
    reported(5, disks(1, 2, 3))
    reported(5, disks(1, 9) | {"psu": [{"slot": "1"}]}, "web02")
    told = two(reader)
    assert (told["left"], told["right"]) == ("web01", "web02")
    assert told["kinds"]["disk"] == {
        "same_count": 1,
        "differing": [
            {
                "place": "2",
                "right_place": "2",
                "fields": [{"field": "size_bytes", "left": 2, "right": 9, "identifier": False}],
            }
        ],
        "only_left": [{"place": "3", "fields": {"slot": "3", "size_bytes": 3}}],
        "only_right": [],
    }
    assert (told["only_left"], told["only_right"]) == ([], ["psu"])


def test_identifiers_are_left_out_or_marked(reported, reader):
    for host, serial, mac in (("web01", "A", "02:00:00:00:00:01"), ("web02", "B", "02:0a")):
        sections = disks(1, serial=serial) | {"nic": section([{"port": "1", "mac": mac}], ["port"])}
        reported(5, sections, host)
    told = two(reader)
    assert [kind["same_count"] for kind in told["kinds"].values()] == [1, 1]
    (row,) = two(reader, "&ignore_identifiers=false&kind=disk")["kinds"]["disk"]["differing"]
    assert row["fields"] == [{"field": "serial", "left": "A", "right": "B", "identifier": True}]


def test_packages_are_compared_by_name(reported, reader):
    for host, version, arch in (("web01", "1", "amd64"), ("web02", "2", "arm64")):
        rows = [
            {"name": "bash", "arch": arch, "version": version},
            {"name": f"only-{host}", "arch": arch, "version": "1"},
        ]
        reported(5, {"package": section(rows, ["name", "arch"], bulk=True)}, host)
    told = two(reader)["kinds"]["package"]
    (bash,) = told["differing"]
    assert [(f["field"], f["left"], f["right"]) for f in bash["fields"]] == [
        ("arch", "amd64", "arm64"),
        ("version", "1", "2"),
    ]
    assert [row["fields"]["name"] for row in told["only_left"]] == ["only-web01"]
    assert [row["fields"]["name"] for row in told["only_right"]] == ["only-web02"]


def test_two_assets_are_compared_as_they_were(reported, reader):
    reported(9, disks(1))
    reported(9, disks(1), "web02")
    reported(5, disks(2))
    assert two(reader, f"&at={ago(7)}")["kinds"]["disk"]["same_count"] == 1
    assert two(reader)["kinds"]["disk"]["same_count"] == 0


def test_what_is_declared_is_compared(reported, reader, writer):
    for name, comment in (("web01", "one"), ("web02", "other")):
        writer.post("/api/v1/assets", json={"hostname": name, "comment": comment})
    assert two(reader)["declared"] == [
        {"field": "comment", "left": "one", "right": "other", "identifier": False}
    ]


def test_an_unknown_asset_is_named_by_its_side(reported, reader):
    reported(5, disks(1))
    answer = reader.get(TWO)
    assert answer.status_code == 404
    assert answer.json["error"]["fields"]["right"] == ["there is no asset web02; there is web01"]
