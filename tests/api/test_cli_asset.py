"""Assets on the command line."""

import json

import pytest

from tests.api.test_cli import cmdb, failed, run  # noqa: F401
from tests.reports import make_report

ASSETS = "/api/v1/assets"
DISK = {"disk": [{"slot": "1"}]}


@pytest.fixture
def asset(cmdb):  # noqa: F811
    """Return a function that runs ``cmdb asset`` and gives what it printed."""

    def asset(*args):
        result = cmdb("asset", *args)
        assert result.exit_code == 0, result.stderr or result.exception
        return result.stdout

    return asset


@pytest.fixture
def refused(cmdb):  # noqa: F811
    """Return a function that runs ``cmdb asset`` and gives the one line with which it failed."""
    return lambda *args: failed(cmdb("asset", *args))


@pytest.fixture
def rack(writer):
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    writer.post("/api/v1/racks", json={"name": "A12", "data_centre": "FRA1"})


def test_an_asset_is_registered_with_all_that_is_declared(asset, rack, writer):
    options = ["--rack", "a12", "--position-u", "17", "--tag", "pci", "--tag", "web"]
    options += ["--state", "planned", "--warranty-until", "2031-01-31"]
    options += ["--expect", "memory.total_bytes=64GiB", "--expect", "os.version=12"]
    assert asset("register", "Web01", *options) == "Web01 is registered.\n"
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["data_centre"], told["rack"], told["position_u"]) == ("FRA1", "A12", 17)
    assert (told["tags"], told["state"]) == (["pci", "web"], "planned")
    assert told["warranty_until"] == "2031-01-31"
    assert told["expected"] == {"memory.total_bytes": 64 * 2**30, "os.version": "12"}
    (change,) = writer.get(f"{ASSETS}/web01/changes").json["items"]
    assert change["actor"].endswith(" (cmdb asset)")


def test_what_can_not_be_registered_is_told_in_a_line(asset, refused, rack, writer):
    asset("register", "web01", "--rack", "A12", "--position-u", "1")
    assert refused("register", "WEB01") == "Error: web01 is registered already"
    said = refused("register", "web02", "--rack", "A13")
    assert "did you mean A12?" in said
    assert "web01" in refused("register", "web02", "--rack", "A12", "--position-u", "1")
    assert "position_u" in refused("register", "web02", "--position-u", "x")
    assert refused("register", "web02", "--expect", "x") == (
        "Error: x is not FIELD=VALUE, like rack=A12"
    )
    assert writer.get(ASSETS).json["total"] == 1


def test_assets_are_listed(asset, rack, post):
    asset("register", "web01", "--rack", "A12", "--position-u", "3", "--tag", "pci")
    asset("register", "db01", "--state", "planned")
    post(make_report("web02", DISK))
    heads, first, second, third = asset("list").splitlines()
    assert heads.split() == [
        *("HOSTNAME", "STATE", "DATA", "CENTRE", "RACK", "UNIT", "TAGS", "LAST", "REPORT"),
    ]
    assert first.split() == ["db01", "planned", "never"]
    assert second.split() == ["web01", "online", "FRA1", "A12", "3", "pci", "never"]
    assert third.split()[:2] == ["web02", "online"]
    assert "never" not in third
    assert len(asset("list", "--name", "web*").splitlines()) == 3
    assert len(asset("list", "--state", "planned", "--state", "retired").splitlines()) == 2
    (line,) = asset("list", "--name", "web01", "--json").splitlines()
    assert (json.loads(line)["hostname"], json.loads(line)["rack"]) == ("web01", "A12")


def test_more_assets_than_a_page_holds_are_listed(asset, writer, monkeypatch):
    monkeypatch.setenv("CMDB_MAX_PAGE_SIZE", "2")
    monkeypatch.setenv("CMDB_PAGE_SIZE", "2")
    for number in range(5):
        writer.post(ASSETS, json={"hostname": f"web0{number}"})
    assert len(asset("list", "--json").splitlines()) == 5


def test_an_asset_is_shown(asset, rack, post):
    asset("register", "web01", "--rack", "A12", "--tag", "pci", "--expect", "disk.count=4")
    post(make_report("web01", DISK | {"psu": {"status": "error", "error": "a\x1bb"}}))
    shown = asset("show", "WEB01")
    lines = dict(line.split(maxsplit=1) for line in shown.splitlines())
    assert (lines["hostname"], lines["rack"], lines["tags"]) == ("web01", "A12", "pci")
    assert lines["expected"] == "disk.count=4"
    assert lines["components"] == "disk 1"
    assert lines["last_report"].endswith("(salt)")
    assert "\x1b" not in shown
    assert "comment" not in lines
    assert json.loads(asset("show", "web01", "--json"))["components"]["disk"][0]["place"] == "1"


def test_what_is_declared_is_shown_beside_what_is_observed(asset, post):
    words = ("memory.total_bytes=64GiB", "disk.count=1", "os.name=Debian")
    asset("register", "web01", *(word for text in words for word in ("--expect", text)))
    modules = [{"slot": "a", "size_bytes": 32 * 2**30}]
    post(make_report("web01", DISK | {"memory": modules}))
    lines = asset("show", "web01").splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("declared_observed"))
    shown = [line.removeprefix("declared_observed").strip() for line in lines[first : first + 3]]
    assert shown == [
        "disk.count: declared 1, observed 1",
        "memory.total_bytes: declared 64 GiB, observed 32 GiB",
        "os.name: declared Debian, not observed",
    ]
    assert asset("set", "web01", "expected.memory.total_bytes=64 GiB") == "web01 is as it was.\n"


def test_fields_are_set_and_taken_away(asset, rack, writer):
    asset("register", "web01", "--comment", "a")
    said = asset("set", "web01", "rack=A12", "position-u=17", "tags=b, a", "comment=")
    assert said == "web01 is changed.\n"
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["rack"], told["position_u"], told["tags"]) == ("A12", 17, ["a", "b"])
    assert told["comment"] is None
    assert asset("set", "web01", "tag=a,b") == "web01 is as it was.\n"
    asset("set", "web01", "expected.memory.total_bytes=64GiB", "expected.disk.count=4")
    asset("set", "web01", "expected.disk.count=")
    assert writer.get(f"{ASSETS}/web01").json["expected"] == {"memory.total_bytes": 64 * 2**30}
    asset("set", "web01", "expected=")
    assert writer.get(f"{ASSETS}/web01").json["expected"] in (None, {})
    asset("set", "web01", "hostname=db01", "state=offline")
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["hostname"], told["aliases"], told["state"]) == ("db01", ["web01"], "offline")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rak=A12"], "an asset has no field rak; did you mean rack?"),
        (["zzz=A12"], "an asset has no field zzz; there are asset_type, business_unit"),
        (["A12"], "A12 is not FIELD=VALUE, like rack=A12"),
        (["state=sold"], "state: Must be one of: planned"),
        (["position_u=x"], "position_u"),
        (["purchased_on=soon"], "purchased_on: A day is wanted"),
        (["environment=production"], "there is no environment production"),
        (["expected.disk.cuont=4"], "disk.count"),
        (["hostname=a b"], "hostname"),
    ],
)
def test_what_can_not_be_set_is_told_in_a_line(asset, refused, words, said):
    asset("register", "web01")
    assert said in refused("set", "web01", *words)


def test_an_asset_is_retired_and_removed(asset, refused, post, writer):
    post(make_report("web01", DISK))
    assert "retire it first" in refused("delete", "web01", "--yes")
    assert asset("retire", "web01", "--comment", "sold") == (
        "web01 is retired: its reports are refused from now on.\n"
    )
    assert post(make_report("web01", DISK))[0]["error"]["code"] == "retired"
    assert asset("list").splitlines()[1:] == []
    assert asset("delete", "web01", "--yes") == "web01 is removed.\n"
    assert refused("show", "web01") == "Error: there is no asset web01"


def test_nothing_is_removed_without_a_yes(cmdb, asset, writer):  # noqa: F811
    asset("register", "web01")
    result = cmdb("asset", "delete", "web01")
    assert result.exit_code == 1
    assert writer.get(ASSETS).json["total"] == 1


def test_an_alias_is_given_and_taken(asset, refused, writer):
    asset("register", "web01")
    assert asset("alias", "web01", "shop") == "shop is another name of web01.\n"
    first, second, *_ = asset("show", "shop").splitlines()
    assert (first.split(), second.split()) == (["hostname", "web01"], ["aliases", "shop"])
    assert refused("register", "shop") == "Error: shop is another name of web01"
    assert asset("alias", "web01", "SHOP", "--remove") == "SHOP is no name of web01.\n"
    assert refused("alias", "web01", "shop", "--remove").endswith("it has none")


@pytest.mark.parametrize(
    "words",
    [
        ["register"],
        ["register", "a b"],
        ["register", "web01", "--state", "sold"],
        ["set", "web01"],
        ["list", "--state", "sold"],
        ["alias", "web01"],
    ],
)
def test_wrong_arguments_are_told_with_the_usage(cmdb, words):  # noqa: F811
    result = cmdb("asset", *words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Usage:")


@pytest.mark.parametrize("words", [["show"], ["retire"], ["set", "comment=x"], ["delete", "--yes"]])
def test_an_unknown_asset_is_told_in_a_line(asset, refused, words):
    asset("register", "web01")
    command, *more = words
    assert refused(command, "web1", *more) == "Error: there is no asset web1; there is web01"
