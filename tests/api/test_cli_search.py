"""Searches on the command line."""

import csv
import io
import json

import pytest

from tests.api.test_cli import cmdb, run  # noqa: F401
from tests.reports import make_report

ASSETS = "/api/v1/assets"


@pytest.fixture
def search(cmdb):  # noqa: F811
    """Return a function that runs ``cmdb search`` and gives what it printed."""

    def search(*args, told=""):
        result = cmdb("search", *args)
        assert result.exit_code == 0, result.stderr or result.exception
        assert result.stderr == told
        return result.stdout

    return search


@pytest.fixture
def fleet(writer, post):
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    writer.post("/api/v1/racks", json={"name": "A12", "data_centre": "FRA1"})
    more = {"rack": "A12", "tags": ["pci", "a, b"], "comment": "=1+1"}
    assert writer.post(ASSETS, json={"hostname": "web01", **more}).status_code == 201
    writer.post(ASSETS, json={"hostname": "web02", "state": "planned"})
    writer.post(ASSETS, json={"hostname": "db01"})
    post(make_report("web01", {"memory": [{"slot": "a", "size_bytes": 2**36}]}))


def test_what_is_found_is_a_table(fleet, search):
    chosen = "hostname,rack,memory.total_bytes,tags"
    heads, first, second = search("web*", "--columns", chosen, "--sort", "-hostname").splitlines()
    assert heads.split() == ["HOSTNAME", "RACK", "MEMORY", "(BYTES)", "TAGS"]
    assert first.split() == ["web02"]
    assert second.split() == ["web01", "A12", "64", "GiB", "a,", "b,", "pci"]
    assert search("hostname:nobody").splitlines()[1:] == []
    assert len(search().splitlines()) == 4
    assert [line.split()[0] for line in search("--state", "planned").splitlines()[1:]] == ["web02"]


def test_what_is_found_is_json_or_csv_as_it_is(fleet, search):
    wanted = ["web01", "--columns", "hostname,memory.total_bytes,tags,comment,rack,registered_at"]
    (line,) = search(*wanted, "--format", "json").splitlines()
    told = json.loads(line)
    assert told["registered_at"].endswith("Z")
    assert [*told.values()][:5] == ["web01", 2**36, ["a, b", "pci"], "=1+1", "A12"]
    heads, row = csv.reader(io.StringIO(search(*wanted, "--format", "csv")))
    assert heads == list(told)
    assert row[:5] == ["web01", str(2**36), '"a, b", pci', "'=1+1", "A12"]


def test_a_part_of_what_is_found_is_told_as_one(fleet, search):
    more = "2 of 3 assets; --all shows all\n"
    assert len(search("--limit", "2", told=more).splitlines()) == 3
    assert len(search("--limit", "3").splitlines()) == 4
    assert len(search("--all", "--limit", "1").splitlines()) == 4


def test_a_saved_search_is_asked(fleet, search, make_client):
    given = {"name": "ours", "query": "web*", "columns": ["hostname", "rack"], "shared": True}
    assert make_client("read").post("/api/v1/saved-queries", json=given).status_code == 201
    heads, *rows = search("--saved", "OURS").splitlines()
    assert heads.split() == ["HOSTNAME", "RACK"]
    assert len(rows) == 2
    assert len(search("db01", "--saved", "ours", "--columns", "state").splitlines()) == 2


def test_fields_are_listed(fleet, search):
    heads, first, *_ = search("--fields").splitlines()
    assert heads.split() == ["NAME", "TYPE", "UNIT", "FOR", "DESCRIPTION"]
    assert first.split()[0] == "address"
    (line,) = search("--fields", "memory.total").splitlines()[1:]
    assert line.split()[:4] == ["memory.total_bytes", "number", "bytes", "search,column,sort"]


def test_what_is_wrong_is_pointed_at(cmdb):  # noqa: F811
    result = cmdb("search", "web01 AND disk.modl:x")
    assert (result.exit_code, result.stdout) == (1, "")
    said, shown, caret = result.stderr.splitlines()
    assert said.startswith("Error: query: at character 11: there is no field disk.modl")
    assert shown == "  web01 AND disk.modl:x"
    assert caret == "            ^"
    # Wide letters take two columns.
    assert cmdb("search", "机柜 AND rak:x").stderr.splitlines()[2] == "           ^"


def test_other_mistakes_are_told_in_a_line(cmdb):  # noqa: F811
    for words, said in (
        (["--columns", "rak"], "columns: there is no column rak; did you mean rack"),
        (["--sort", "tags"], "sort: assets can't be ordered by tags"),
        (["--saved", "x"], "there is no saved search x"),
    ):
        result = cmdb("search", *words)
        assert result.exit_code == 1
        (line,) = result.stderr.splitlines()
        assert said in line
    assert cmdb("search", "--limit", "0").exit_code == 2
