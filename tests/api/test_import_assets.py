"""``cmdb import assets``: what people declare, out of a file."""

import openpyxl
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


def test_rows_are_taken_one_by_one_and_faults_are_told_with_their_cell(import_, rack, writer):
    result = import_(FILE)
    assert (result.exit_code, result.stdout) == (1, "2 created, 2 failed\n")
    first, second = result.stderr.splitlines()
    assert first.startswith("C3: unit 1 is not free in rack A12: taken by web01")
    assert second.startswith("E5: lots is not what memory.total_bytes is: ")
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["rack"], told["tags"]) == ("A12", ["pci", "web"])
    assert told["expected"] == {"memory.total_bytes": 64 * 2**30}
    assert told["comment"] == "two\nlines"
    assert writer.get(f"{ASSETS}/web04").json["comment"] == "北京"
    assert writer.get(f"{ASSETS}/web02").status_code == 404


def test_what_is_imported_again_changes_nothing_and_an_empty_cell_leaves_what_is(
    import_, rack, writer
):
    import_("hostname,rack,position_u\nweb01,A12,3\n")
    assert import_("hostname,rack,position_u\nWEB01,,\n").stdout == "1 unchanged\n"
    assert import_("hostname,comment\nweb01,x\n").stdout == "1 changed\n"
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["rack"], told["position_u"], told["comment"]) == ("A12", 3, "x")
    (change, _) = writer.get(f"{ASSETS}/web01/changes").json["items"]
    assert change["actor"].endswith(" (cmdb import)")


def test_a_dry_run_tells_all_that_is_wrong_and_changes_nothing(import_, rack, writer):
    result = import_(FILE, "--dry-run")
    assert result.exit_code == 1
    assert result.stdout.startswith("Nothing is changed, as asked; it would be: 2 created, 2")
    assert writer.get(ASSETS).json["total"] == 0


def test_with_all_or_nothing_one_wrong_row_keeps_all_from_being_taken(import_, rack, writer):
    result = import_(FILE, "--all-or-nothing")
    assert result.exit_code == 1
    assert result.stdout.startswith("Nothing is changed, as a row failed; it would be: 2 created")
    assert writer.get(ASSETS).json["total"] == 0


def test_failed_rows_are_written_to_a_file_that_can_be_imported_once_put_right(
    import_,
    rack,
    tmp_path,
    cmdb,  # noqa: F811
    writer,
):
    again = tmp_path / "again.csv"
    import_(FILE, "--failed", str(again))
    text = again.read_text("utf-8-sig")
    assert text.splitlines()[0].endswith(",comment,Why not imported")
    again.write_text(text.replace("web02,A12,1", "web02,A12,9").replace("lots", "1TiB"))
    result = cmdb("import", "assets", str(again))
    assert (result.exit_code, result.stdout) == (0, "2 created\n")
    assert "is left out: tells why rows failed" in result.stderr
    assert writer.get(f"{ASSETS}/web02").json["position_u"] == 9


def test_columns_can_be_named_left_out_and_kept_for_the_next_time(import_, rack, writer):
    text = "Gerät,Schrank,Preis\nweb01,A12,100\n"
    more = ("--column", "Gerät=hostname", "--column", "Schrank=rack", "--save-mapping", "Liste")
    assert "Preis" in failed(import_(text, *more))
    assert import_(text, *more, "--leave-out", "Preis").stdout == "1 created\n"
    assert import_(text).stdout == "1 unchanged\n"
    assert import_(text.replace("Preis", "Kosten"), "--mapping", "Liste").exit_code == 1
    assert writer.get(f"{ASSETS}/web01").json["rack"] == "A12"


def test_a_workbook_is_imported_and_what_it_names_is_added(cmdb, tmp_path, writer):  # noqa: F811
    book = openpyxl.Workbook()
    book.active.append(["Notes"])
    page = book.create_sheet("Servers")
    page.append(["Server name", "Data center", "Cabinet"])
    page.append(["web01", "FRA1", "A12"])
    book.save(tmp_path / "servers.xlsx")
    result = cmdb(
        "import", "assets", str(tmp_path / "servers.xlsx"), "--create", "data_centre,rack"
    )
    assert (result.exit_code, result.stdout) == (0, "1 created; 2 names added\n")
    assert "sheet Servers is read" in result.stderr
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["data_centre"], told["rack"]) == ("FRA1", "A12")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("machine-ish,rack\nweb01,A12\n", "no column is headed hostname"),
        ("hostname,rak\nweb01,A12\n", "did you mean rack?"),
        (
            "hostname,rack,rack\nweb01,A12,A12\n",
            'column B "rack" and column C "rack" are both rack',
        ),
        ("", "the file is empty"),
    ],
)
def test_a_wrong_head_line_is_told_before_any_row_is_taken(import_, text, told):
    assert told in failed(import_(text))


def test_a_row_of_another_length_is_a_fault_of_that_row(import_, writer):
    result = import_("hostname,comment\nweb01,a,b\nweb02\nweb03,c\n")
    assert result.stdout == "1 created, 2 failed\n"
    assert "C2: its column has no heading" in result.stderr
    assert "A3: the row has fewer cells than the headings" in result.stderr


@pytest.mark.parametrize("before", [(), ("--dry-run",)])
def test_a_file_without_the_name_of_an_import_is_one_of_assets(cmdb, tmp_path, before):  # noqa: F811
    file = tmp_path / "assets.csv"
    file.write_text("hostname\nweb01\n")
    assert "1 created" in cmdb("import", *before, str(file)).stdout
    assert "No such command" in cmdb("import", "puppet").stderr
