"""The order of lists of assets."""

import base64
import json

import pytest

from cmdb_api.services.search import sorting
from tests.reports import section

ASSETS = "/api/v1/assets"
SEARCH = "/api/v1/search"
# Of each host: what is declared, and bytes of memory; in the order of names.
HOSTS = {
    "a1": ({"rack": "B1", "warranty_until": "2027-01-31"}, 64),
    "b1": ({"rack": "a2", "position_u": 3}, None),
    "c1": ({}, 32),
    "d1": ({"rack": "a2", "position_u": 9, "warranty_until": "2026-01-31"}, 2**40),
    "e1": ({"state": "planned"}, 64),
    "f1": ({}, None),
}

# What the hosts' order is.
ORDERS = {
    "hostname": "a1 b1 c1 d1 e1 f1",
    "-hostname": "f1 e1 d1 c1 b1 a1",
    "-hostname,rack": "f1 e1 d1 c1 b1 a1",
    "rack": "b1 d1 a1 c1 e1 f1",
    "-rack": "a1 b1 d1 c1 e1 f1",
    "rack,-position_u": "d1 b1 a1 c1 e1 f1",
    "rack,-memory.total_bytes,hostname": "d1 b1 a1 e1 c1 f1",
    "memory.total_bytes": "c1 a1 e1 d1 b1 f1",
    "-memory.total_bytes,-hostname": "d1 e1 a1 c1 f1 b1",
    "warranty_until": "d1 a1 b1 c1 e1 f1",
    "-warranty_until": "a1 d1 b1 c1 e1 f1",
    "-os.name": "e1 d1 c1 a1 b1 f1",
    "state,-memory.count": "a1 c1 d1 b1 f1 e1",
    "-reported_at,hostname": "e1 d1 c1 a1 b1 f1",
    "reported": "a1 c1 d1 e1 b1 f1",
    "-changed_at": "f1 e1 d1 c1 b1 a1",
    "-registered_at,via": "f1 e1 d1 c1 b1 a1",
    "expected.disk.count,supplier,serial": "a1 b1 c1 d1 e1 f1",
    " , ": "a1 b1 c1 d1 e1 f1",
}


@pytest.fixture
def fleet(writer, post, make_report):
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    for name in ("B1", "a2"):
        writer.post("/api/v1/racks", json={"name": name, "data_centre": "FRA1"})
    for host, (more, size) in HOSTS.items():
        assert writer.post(ASSETS, json={"hostname": host, **more}).status_code == 201
        if size:
            system = section([{"place": "os", "os_name": f"os {host}"}], ["place"])
            memory = [{"slot": "1", "size_bytes": size}]
            post(make_report(host, {"memory": memory, "host": system}))


@pytest.fixture
def order(reader):
    """Return a function that gives the names in an order, page by page."""

    def order(sort, limit=100, address=SEARCH, **more):
        found, cursor = [], {}
        while True:
            wanted = {"sort": sort, "limit": limit, **cursor, **more}
            answer = reader.get(address, query_string=wanted)
            assert answer.status_code == 200, answer.text
            found += [item["hostname"] for item in answer.json["items"]]
            if not answer.json["next_cursor"]:
                return " ".join(found)
            cursor = {"cursor": answer.json["next_cursor"]}

    return order


def test_assets_are_ordered_and_missing_values_come_last(fleet, order):
    for sort, found in ORDERS.items():
        assert order(sort) == found, sort


def test_each_page_goes_on_where_the_one_before_ended(fleet, order):
    for sort, found in ORDERS.items():
        assert order(sort, limit=4, address=ASSETS) == found, sort
    for sort in ("rack,-position_u", "memory.total_bytes", "-warranty_until", "-changed_at"):
        assert order(sort, limit=1) == ORDERS[sort], sort


def test_rows_that_come_meanwhile_move_nothing(fleet, reader, writer):
    first = reader.get(SEARCH, query_string={"sort": "rack,-position_u", "limit": 2}).json
    writer.post(ASSETS, json={"hostname": "a0", "rack": "a2", "position_u": 20})
    writer.post(ASSETS, json={"hostname": "z0", "rack": "B1"})
    more = {"sort": "rack,-position_u", "cursor": first["next_cursor"]}
    rest = reader.get(SEARCH, query_string=more).json
    names = [item["hostname"] for item in rest["items"]]
    assert names == ["a1", "z0", "c1", "e1", "f1"]


def test_long_texts_make_no_long_cursor(reader, writer, order):
    for number in range(3):
        more = {"comment": "机" * 5000 + str(number), "inventory_number": "机" * 250}
        writer.post(ASSETS, json={"hostname": f"web{number}", **more})
    sort = "-comment,inventory_number"
    cursor = reader.get(ASSETS, query_string={"sort": sort, "limit": 1}).json["next_cursor"]
    assert len(cursor) < 1000
    assert order(sort, limit=1) == "web0 web1 web2"


def test_filters_hold_in_every_order(fleet, order):
    assert order("-memory.total_bytes", query="rack:*2 OR hostname:c1") == "d1 c1 b1"
    assert order("-memory.total_bytes", state="planned") == "e1"


def test_what_assets_can_not_be_ordered_by_is_told(reader):
    for sort, told in {
        "rak": "did you mean rack?",
        "-memory.total_byte": "did you mean memory.total_bytes",
        "tags": "can't be ordered by tags",
        "disk.model": "can't be ordered by disk.model",
        "package.openssl": "can't be ordered by package.openssl",
        "etag": "can't be ordered by etag",
        "--rack": "nothing -rack",
        "a,b,c,d,e,f": "more than 5",
        "expected.nothing": "nothing expected.nothing",
        "rack'--": "nothing rack'--",
    }.items():
        for address in (ASSETS, SEARCH):
            answer = reader.get(address, query_string={"sort": sort})
            assert answer.status_code == 422, answer.text
            assert told in answer.json["error"]["fields"]["sort"][0]


def test_a_cursor_is_of_one_order(fleet, reader):
    by_rack = reader.get(SEARCH, query_string={"sort": "rack", "limit": 2}).json["next_cursor"]
    by_name = reader.get(SEARCH, query_string={"limit": 2}).json["next_cursor"]
    for sort, cursor in (
        ("-rack", by_rack),
        ("rack,state", by_rack),
        ("memory.total_bytes", by_rack),
        ("", by_rack),
        ("rack", by_name),
        ("rack", "x"),
        ("rack", by_rack[:-4]),
    ):
        answer = reader.get(SEARCH, query_string={"sort": sort, "cursor": cursor})
        assert answer.status_code == 422, (sort, answer.text)
        assert list(answer.json["error"]["fields"]) == ["cursor"]


def test_no_cursor_is_a_fault_of_ours(fleet, reader, session):
    sorts = ("rack", "-memory.total_bytes", "reported_at", "warranty_until", "host.virtual", "")
    odd = (None, "", "\0", "\ud800", 2**63, -(2**70), 1e400, 1.5, True, [], {}, "9999-12-31")
    odd += ("0001-01-01T00:00:00+23:59", "2026-01-01T00:00:00", "9999-12-31T23:59:59-23:59")
    for sort in sorts:
        for value in odd:
            last = [sorting.Order(session, sort).mark, value, "a1"] if sort else [value]
            # Lone surrogates travel escaped.
            told = base64.urlsafe_b64encode(json.dumps(last).encode()).decode()
            asked = {"sort": sort, "cursor": told.rstrip("=")}
            answer = reader.get(ASSETS, query_string=asked)
            assert answer.status_code in (200, 422), (sort, value, answer.text)


def test_what_no_database_takes_is_no_fault_of_ours(reader, post, make_report):
    large = [{"slot": str(n), "size_bytes": 2**63 - 1} for n in (1, 2)]
    post(make_report("web01", {"memory": large}), make_report("web02", {"memory": large[:1]}))
    for sort in ("memory.total_bytes", "-memory.total_bytes"):
        first = reader.get(SEARCH, query_string={"sort": sort, "limit": 1}).json
        wanted = {"sort": sort, "limit": 1, "cursor": first["next_cursor"]}
        answer = reader.get(SEARCH, query_string=wanted)
        assert answer.status_code == 200, answer.text
        assert first["items"] + answer.json["items"] != []
