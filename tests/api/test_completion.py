"""What may stand next in a search."""

import pytest

from cmdb_api.services.search import completion
from tests.reports import section

FIELDS = "/api/v1/search/fields"
COMPLETE = "/api/v1/search/complete"
ASSETS = "/api/v1/assets"


@pytest.fixture
def fleet(writer, post, make_report):
    writer.post("/api/v1/data-centres", json={"name": "Berlin 1"})
    for name in ("A1", "A2", "B1"):
        writer.post("/api/v1/racks", json={"name": name, "data_centre": "Berlin 1"})
    for host, rack, version, state in (
        ("web01", "A1", "3.0.1", "online"),
        ("web02", "A2", "3.0.1", "online"),
        ("db01", "A2", "1.1.1", "offline"),
        ("old01", "A1", "0.9.8", "retired"),
    ):
        more = {"rack": rack, "tags": ["lab", host]}
        assert writer.post(ASSETS, json={"hostname": host, **more}).status_code == 201
        packages = [
            {"name": "openssl", "arch": "amd64", "version": version},
            {"name": "open-vm-tools", "arch": "amd64", "version": "1"},
            {"name": "g++", "arch": "amd64", "version": "4:12"},
        ]
        sections = {
            "disk": [
                {"slot": "1", "model": "EX PM883", "firmware": host},
                {"slot": "2", "model": "EX PM883"},
            ],
            "host": section([{"place": "os", "os_name": "Debian GNU/Linux"}], ["place"]),
            "package": section(packages, ["name", "arch"], bulk=True),
            "role": [{"slot": "a", "what": "cache"}],
        }
        post(make_report(host, sections))
        assert writer.patch(f"{ASSETS}/{host}", json={"state": state}).status_code == 200


@pytest.fixture
def ask(reader):
    """Return a function that gives [(value, insert, assets)] for a search up to its |."""

    def ask(text, **more):
        query, _, rest = text.partition("|")
        wanted = {"query": query + rest, "position": len(query)} | more
        answer = reader.get(COMPLETE, query_string=wanted)
        assert answer.status_code == 200, answer.text
        ask.answer = answer.json
        items = answer.json["items"]
        return [(item["value"], item["insert"], item["asset_count"]) for item in items]

    return ask


def test_values_come_with_their_counts_the_most_frequent_first(fleet, ask):
    assert ask("rack:") == [("A2", "A2", 2), ("A1", "A1", 1)]
    for text, found in {
        "rack:a1|": [("A1", "A1", 1)],
        "rack:b": [],
        "tag:l": [("lab", "lab", 3)],
        "tags:LA": [("lab", "lab", 3)],
        "data_centre:": [("Berlin 1", '"Berlin 1"', 3)],
        'data_centre:"berl|"': [("Berlin 1", '"Berlin 1"', 3)],
        "state:o": [("online", "online", 2), ("offline", "offline", 1)],
        "hostname:w": [("web01", "web01", 1), ("web02", "web02", 1)],
        "os.name:d": [("Debian GNU/Linux", '"Debian GNU/Linux"', 3)],
        "host.virtual:": [("false", "false", None), ("true", "true", None)],
        "disk.model:": [("EX PM883", '"EX PM883"', 3)],
        "disk.firmware:web02": [("web02", "web02", 1)],
        "disk.slot:2": [("2", "2", 3)],
        "disk.count:": [("2", "2", 3)],
        "disk:(model:e": [("EX PM883", '"EX PM883"', 3)],
        "package.openssl:": [("3.0.1", "3.0.1", 2), ("1.1.1", "1.1.1", 1)],
        'package."g++":<': [("4:12", '"4:12"', 3)],
        "package.name:o": [],
        "role.what:": [("cache", "cache", 3)],
        "rack:(A1 OR A2": [("A2", "A2", 2)],
        "NOT (web OR -rack:A2": [("A2", "A2", 2)],
        "comment:": [],
        "nothing:": [],
        "changed:": [],
        "%:": [],
    }.items():
        assert ask(text) == found, text


def test_names_of_fields_are_completed(fleet, ask):
    assert ask("ra|")[0] == ("rack", "rack:", None)
    assert ask("web AND (os.v|")[0] == ("os.version", "os.version:", None)
    assert ask("disk:(mod|") == [("model", "model:", None)]
    assert ask("disk:(model:x size|") == [("size_bytes", "size_bytes:", None)]
    assert ask("role.|") == [
        ("role.count", "role.count:", None),
        ("role.slot", "role.slot:", None),
        ("role.what", "role.what:", None),
    ]
    assert ask("package.open|") == [
        ("package.open-vm-tools", "package.open-vm-tools:", 3),
        ("package.openssl", "package.openssl:", 3),
    ]
    assert ask("package.g|") == [("package.g++", 'package."g++":', 3)]
    assert ask("zzz") == []
    assert len(ask("")) == 20


def test_what_is_completed_can_be_asked(fleet, ask, reader):
    for text in ("data_centre:", "os.name:D", 'package."g++":', "package.openssl:", "disk.model:"):
        for _, insert, count in ask(text):
            start = ask.answer["start"]
            answer = reader.get(ASSETS, query_string={"query": text[:start] + insert})
            assert answer.status_code == 200, answer.text
            assert answer.json["total"] == count, (text, insert)


def test_the_place_of_what_is_replaced_is_told(ask):
    for text, start, field in (
        ("web AND ra", 8, None),
        ("web AND -ra", 9, None),
        ("rack:A", 5, "rack"),
        ("rack:>=A", 7, "rack"),
        ("a rack:(x OR A", 13, "rack"),
        ("disk:(model:x", 12, "disk.model"),
        ('rack:"A b', 5, "rack"),
        ("(rack:x) fo", 9, None),
        ("warranty_until:[2026-01-01 TO 20", 30, "warranty_until"),
    ):
        ask(text)
        told = ask.answer
        assert (told["start"], told["end"], told["field"]) == (start, len(text), field), text


def test_a_field_can_be_asked_for_by_itself(fleet, reader):
    answer = reader.get(COMPLETE, query_string={"field": "rack", "prefix": "A"}).json
    assert [item["value"] for item in answer["items"]] == ["A2", "A1"]
    assert answer["field"] == "rack"


def test_all_fields_are_listed(fleet, reader):
    items = {item["name"]: item for item in reader.get(FIELDS).json["items"]}
    assert list(items) == sorted(items)
    rack, tags = items["rack"], items["tags"]
    assert (rack["type"], rack["search"], rack["column"], rack["sort"]) == ("text", *[True] * 3)
    assert (tags["search"], tags["column"], tags["sort"]) == (True, True, False)
    assert items["memory.total_bytes"]["unit"] == "bytes"
    assert (items["etag"]["search"], items["etag"]["column"]) == (False, True)
    assert items["role.what"]["kind"] == "role"
    few = reader.get(FIELDS, query_string={"prefix": "Warranty"}).json["items"]
    assert [item["name"] for item in few] == ["warranty_until"]
    for name, item in items.items():
        if item["column"]:
            wanted = {"columns": name, "limit": 1}
            answer = reader.get("/api/v1/search", query_string=wanted)
            assert answer.status_code == 200, (name, answer.text)


def test_every_name_that_orders_does(fleet, reader):
    items = reader.get(FIELDS).json["items"]
    names = [item["name"] for item in items if item["sort"]]
    assert len(names) > 40
    for start in range(0, len(names), 5):
        sort = ",".join(names[start : start + 5])
        answer = reader.get(ASSETS, query_string={"sort": sort, "limit": 1})
        assert answer.status_code == 200, (sort, answer.text)


def test_the_limited_learn_no_names_of_the_fleet(fleet, session):
    names = {item["name"] for item in completion.fields(session, limited=True)}
    assert "rack" in names
    assert not any(name.startswith("role.") for name in names)
    assert completion.complete(session, "role.", limited=True)["items"] == []


def test_the_limited_learn_values_of_their_own_assets_alone(fleet, writer, make_client):
    made = writer.post("/api/v1/business-units", json={"name": "Shop"}).json
    writer.patch(f"{ASSETS}/web02", json={"business_unit": "Shop"})
    limited = make_client("read", business_units=[made["id"]])
    for query, found in {
        "rack:": [("A2", 1)],
        "tag:": [("lab", 1), ("web02", 1)],
        "hostname:": [("web02", 1)],
        "disk.firmware:": [("web02", 1)],
        "disk.model:": [("EX PM883", 1)],
        "os.name:": [("Debian GNU/Linux", 1)],
        "package.openssl:": [("3.0.1", 1)],
        "package.open": [("package.open-vm-tools", 1), ("package.openssl", 1)],
        "disk.count:": [("2", 1)],
    }.items():
        items = limited.get(COMPLETE, query_string={"query": query}).json["items"]
        assert [(item["value"], item["asset_count"]) for item in items] == found, query
    table = {"columns": "package.openssl,disk.firmware,tags", "sort": "-disk.count"}
    told = limited.get("/api/v1/search", query_string=table).json
    assert told["items"] == [
        {
            "hostname": "web02",
            "package.openssl": "3.0.1",
            "disk.firmware": ["web02"],
            "tags": ["lab", "web02"],
        }
    ]
    assert told["total"] == 1


def test_what_can_not_be_completed_is_told(reader):
    for wanted in ({"position": 5, "query": "rack"}, {"position": -1}, {"position": "x"}):
        assert reader.get(COMPLETE, query_string=wanted).status_code == 422
    for text in ('"', '\\"', "((((", "a:b:c:", "]]]", ":", '-:"', "\u0130:", "package.", "a.b.c:"):
        answer = reader.get(COMPLETE, query_string={"query": text})
        assert answer.status_code == 200, (text, answer.text)
