"""``cmdb import assets``: what people declare, out of a CSV file."""

import pytest

from tests.api.test_cli import cmdb, failed, run  # noqa: F401

ASSETS = "/api/v1/assets"
FILE = (
    "\ufeffhostname,rack,position_u,tags,expected.memory.total_bytes,comment\r\n"
    'web01,A12,1,"pci,web",64GiB,"two\r\nlines"\r\n'
    "web02,A12,1,,,\r\n"
    "\r\n"
    "web03,,,,lots,\r\n"
    "web04,A12,2,,,北京\r\n"
)


@pytest.fixture
def rack(writer):
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    writer.post("/api/v1/racks", json={"name": "A12", "data_centre": "FRA1"})


@pytest.fixture
def import_(cmdb, tmp_path):  # noqa: F811
    """Return a function that imports a text."""

    def import_(text, *options):
        file = tmp_path / "assets.csv"
        file.write_bytes(text.encode())
        return cmdb("import", "assets", str(file), *options)

    return import_


def test_rows_are_taken_one_by_one_and_faults_are_told_with_their_line(import_, rack, writer):
    result = import_(FILE)
    assert (result.exit_code, result.stdout) == (1, "2 registered, 2 failed\n")
    first, second = result.stderr.splitlines()
    assert first.startswith("line 4: position_u: unit 1 is not free in rack A12: taken by web01")
    assert second.startswith("line 6: expected.memory.total_bytes: ")
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["rack"], told["tags"]) == ("A12", ["pci", "web"])
    assert told["expected"] == {"memory.total_bytes": 64 * 2**30}
    assert writer.get(f"{ASSETS}/web04").json["comment"] == "北京"
    assert writer.get(f"{ASSETS}/web02").status_code == 404


def test_what_is_imported_again_changes_nothing_and_an_empty_cell_leaves_what_is(
    import_, rack, writer
):
    import_("hostname,rack,position_u\nweb01,A12,3\n")
    assert import_("hostname,rack,position_u\nWEB01,,\n").stdout == "1 as they were\n"
    assert import_("hostname,comment\nweb01,x\n").stdout == "1 changed\n"
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["rack"], told["position_u"], told["comment"]) == ("A12", 3, "x")
    (change, _) = writer.get(f"{ASSETS}/web01/changes").json["items"]
    assert change["actor"].endswith(" (cmdb import)")


def test_a_dry_run_tells_all_that_is_wrong_and_changes_nothing(import_, rack, writer):
    result = import_(FILE, "--dry-run")
    assert result.exit_code == 1
    assert result.stdout.startswith("Nothing is changed, as asked; it would be: 3 registered, 1")
    assert writer.get(ASSETS).json["total"] == 0


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,rack\nweb01,A12\n", "hostname among them"),
        ("hostname,rak\nweb01,A12\n", "did you mean rack?"),
        ("hostname,rack,rack\nweb01,A12,A12\n", "two columns are named rack"),
        ("", "hostname among them"),
    ],
)
def test_a_wrong_head_line_is_told_before_any_row_is_taken(import_, text, told):
    assert told in failed(import_(text))


def test_a_row_of_another_length_is_a_fault_of_that_row(import_, writer):
    result = import_("hostname,comment\nweb01,a,b\nweb02\nweb03,c\n")
    assert result.stdout == "2 failed, 1 registered\n"
    assert "more or fewer cells" in result.stderr
