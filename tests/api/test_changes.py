"""What changed, newest first."""

from datetime import UTC, datetime, timedelta

import pytest

from cmdb_api.models import Asset, Change

CHANGES = "/api/v1/changes"
NOW = datetime.now(UTC).replace(microsecond=123456)


@pytest.fixture
def record(session):
    """Return a function that records changes of assets; each is (hostname, minutes ago, more)."""
    assets, counts = {}, {}

    def record(*rows):
        for hostname, minutes, more in rows:
            if hostname not in assets:
                assets[hostname] = Asset(hostname=hostname, hostname_key=hostname)
                session.add(assets[hostname])
                session.flush()
            counts[hostname] = seq = counts.get(hostname, 0) + 1
            change = {"kind": "disk", "place": str(seq), "action": "changed", "fields": []} | more
            at = NOW - timedelta(minutes=minutes)
            session.add(
                Change(asset_id=assets[hostname].id, hostname=hostname, seq=seq, at=at, **change)
            )
        session.commit()

    return record


def told(answer):
    assert answer.status_code == 200, answer.text
    return [(item["hostname"], item["seq"]) for item in answer.json["items"]]


def test_a_change_tells_old_and_new_side_by_side(record, reader):
    before = {"slot": "1", "size_bytes": 1, "rotational": False, "paths": ["a"]}
    after = {"slot": "1", "size_bytes": 2, "model": "M", "paths": ["a", "b"]}
    fields = ["model", "paths", "rotational", "size_bytes"]
    more = {"before": before, "after": after, "fields": fields, "report_id": "report-1"}
    record(("web01", 0, more))
    (change,) = reader.get(CHANGES).json["items"]
    assert change["changes"] == [
        {"field": "model", "old": None, "new": "M"},
        {"field": "paths", "old": ["a"], "new": ["a", "b"]},
        {"field": "rotational", "old": False, "new": None},
        {"field": "size_bytes", "old": 1, "new": 2},
    ]
    assert (change["before"], change["after"]) == (before, after)
    assert change["report_id"] == "report-1"
    assert change["at"].endswith("Z")


def test_an_addition_a_removal_and_a_baseline_have_no_fields_side_by_side(record, reader):
    record(
        ("web01", 2, {"action": "baseline", "place": "", "fields": ["slot"], "item_count": 8}),
        ("web01", 1, {"action": "added", "after": {"slot": "1"}}),
        ("web01", 0, {"action": "removed", "before": {"slot": "1"}}),
    )
    removed, added, baseline = reader.get(CHANGES).json["items"]
    assert removed["changes"] == added["changes"] == baseline["changes"] == []
    assert (baseline["item_count"], baseline["fields"]) == (8, ["slot"])


def test_a_reported_change_is_told(reader, post, make_report):
    for size in (1, 2):
        post(make_report("web01", {"disk": [{"slot": "1", "size_bytes": size}]}))
    changed, baseline = reader.get("/api/v1/assets/WEB01/changes").json["items"]
    assert changed["changes"] == [{"field": "size_bytes", "old": 1, "new": 2}]
    assert baseline["action"] == "baseline"
    assert changed["actor"] is None


def test_changes_are_filtered(record, reader):
    record(
        ("web01", 50, {"action": "added"}),
        ("web01", 40, {"kind": "nic"}),
        ("db01", 30, {"action": "removed"}),
        ("db01", 20, {"kind": "package"}),
    )
    assert told(reader.get(f"{CHANGES}?asset=WEB01")) == [("web01", 2), ("web01", 1)]
    assert told(reader.get("/api/v1/assets/db01/changes?kind=disk")) == [("db01", 1)]
    assert told(reader.get(f"{CHANGES}?kind=nic&kind=package")) == [("db01", 2), ("web01", 2)]
    assert told(reader.get(f"{CHANGES}?action=added&action=removed")) == [("db01", 1), ("web01", 1)]
    assert told(reader.get(f"{CHANGES}?since=35m")) == [("db01", 2), ("db01", 1)]
    assert told(reader.get(f"{CHANGES}?since=45m&until=25m&kind=disk")) == [("db01", 1)]


def test_who_made_a_change_is_a_filter(record, reader):
    record(
        ("web01", 3, {}),
        ("web01", 2, {"kind": "asset", "actor": "anna"}),
        ("db01", 1, {"kind": "asset", "actor": "berta"}),
    )
    assert told(reader.get(f"{CHANGES}?origin=people")) == [("db01", 1), ("web01", 2)]
    assert told(reader.get(f"{CHANGES}?origin=hosts")) == [("web01", 1)]
    assert told(reader.get(f"{CHANGES}?actor=anna")) == [("web01", 2)]
    assert told(reader.get("/api/v1/assets/web01/changes?origin=people")) == [("web01", 2)]


def test_a_kind_that_nobody_knows_is_refused_with_the_nearest(record, reader):
    record(("web01", 3, {}))
    for path in (CHANGES, "/api/v1/assets/web01/changes"):
        answer = reader.get(f"{path}?kind=dsk")
        assert answer.status_code == 404
        assert answer.json["error"]["fields"] == {
            "kind": ["no host ever reported dsk; did you mean disk?"]
        }
    assert told(reader.get(f"{CHANGES}?kind=asset")) == []


def test_since_is_part_of_the_time_and_until_is_not(record, reader):
    record(("web01", 60, {}))
    at = (NOW - timedelta(minutes=60)).isoformat()
    assert told(reader.get(CHANGES, query_string={"since": at})) == [("web01", 1)]
    assert told(reader.get(CHANGES, query_string={"until": at})) == []


@pytest.mark.parametrize(
    "query",
    ["kind=Disk", "kind=%00", "action=gone", "since=yesterday", "until=7", "asset=a/b", "hots=web"],
)
def test_wrong_filters_are_named(reader, query):
    answer = reader.get(f"{CHANGES}?{query}")
    assert answer.status_code == 422
    (field,) = answer.json["error"]["fields"]
    assert field.split(".")[0] == query.partition("=")[0]


@pytest.mark.parametrize("path", [CHANGES, f"{CHANGES}/groups", "/api/v1/assets/web01/changes"])
def test_a_time_that_ends_before_it_begins_is_refused(record, reader, path):
    record(("web01", 60, {}))
    at = NOW.isoformat()
    for query in ({"since": "1d", "until": "2d"}, {"since": at, "until": at}):
        answer = reader.get(path, query_string=query)
        assert answer.status_code == 422, answer.text
        assert answer.json["error"]["fields"] == {"since": ["it is not before until"]}


def test_an_unknown_asset_is_said_to_be_unknown(reader):
    assert reader.get(f"{CHANGES}?asset=web01").status_code == 404


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_pages_hold_each_change_once_though_new_ones_come(record, reader, limit):
    rows = [("web01", n // 3, {}) for n in range(12)] + [("db01", n // 3, {}) for n in range(12)]
    record(*rows)
    whole = told(reader.get(CHANGES))
    assert len(whole) == 24
    seen, cursor = [], None
    while True:
        query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
        answer = reader.get(CHANGES, query_string=query)
        seen += told(answer)
        record(("mail01", -5, {}))
        if (cursor := answer.json["next_cursor"]) is None:
            break
    assert seen == whole


def test_a_cursor_of_another_list_is_refused(record, reader, writer):
    for name in ("a", "b"):
        writer.post("/api/v1/assets", json={"hostname": name})
    cursor = reader.get("/api/v1/assets?limit=1").json["next_cursor"]
    answer = reader.get(f"{CHANGES}?cursor={cursor}")
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"cursor"}
