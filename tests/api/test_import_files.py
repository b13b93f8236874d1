"""Files that are not as they should be: each is refused with what to do, or read within bounds."""

import io
import subprocess
import sys
import zipfile

import openpyxl
import pytest
import xlsxwriter

IMPORTS = "/api/v1/imports"
# Reads a file as an import does, and prints the rows that it found and the memory that it took.
CHILD = """
import resource, sys
from cmdb_api.errors import CMDBError
from cmdb_api.services.exchange import reading, tables
from cmdb_api.services.exchange.surveying import survey
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    try:
        found = survey(reading.tables(file.read(), tables.Limits()))
        print(found.row_count, *found.table.notes)
    except CMDBError as error:
        print(error.code)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024)
"""
TEXTS, PART = "xl/sharedStrings.xml", "xl/worksheets/sheet1.xml"
BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.fixture
def database_url(make_sqlite_database):
    """Return a database of one sort: files are read before it is asked."""
    url = make_sqlite_database()
    yield url
    make_sqlite_database.give_back(url, tables=True)


@pytest.fixture
def send(writer):
    """Return a function that imports a file in a dry run and gives the answer."""

    def send(data, name="servers.xlsx", **query):
        query = {"file_name": name, "dry_run": True} | query
        return writer.post(IMPORTS, data=data, query_string=query)

    return send


@pytest.fixture
def told(send):
    """Return the same of what is taken, which gives what became of it."""

    def told(*args, **query):
        answer = send(*args, **query)
        assert answer.status_code == 201, answer.text
        return answer.json

    return told


def workbook(*rows, **cells):
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["hostname", "comment"], *rows):
        book.active.append(row)
    for place, value in cells.items():
        book.active[place] = value
    book.save(file)
    return file.getvalue()


def changed(data, parts):
    """Return a workbook with other parts; a function makes one of what was there."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w", 8) as new:
        for name in {*old.namelist(), *parts}:
            part = old.read(name) if name in old.namelist() else b""
            given = parts.get(name, part)
            new.writestr(name, given(part) if callable(given) else given)
    return file.getvalue()


GOOD = workbook(["web01", "x"])


@pytest.mark.parametrize(
    ("data", "name", "status", "said"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", 415, "without a password"),
        (changed(GOOD, {"xl/vbaProject.bin": b"x"}), "a.xlsm", 415, "has macros"),
        (
            changed(GOOD, {"xl/externalLinks/externalLink1.xml": b"<x/>"}),
            "a.xlsx",
            415,
            "Break Link",
        ),
        (changed(GOOD, {"mimetype": b"x"}), "a.ods", 415, "another sort"),
        (changed(GOOD, {PART: lambda old: BOMB.encode() + old}), "a.xlsx", 400, "document type"),
        (changed(GOOD, {PART: lambda old: old[:-40]}), "a.xlsx", 400, "damaged"),
        (
            changed(GOOD, {PART: b"<x" + b" a='1'" * 400_000 + b"/>"}),
            "a.xlsx",
            400,
            "markup longer",
        ),
        (GOOD[:-100], "a.xlsx", 400, "no .xlsx workbook"),
        (b"hostname\nweb01\n", "a.xlsx", 400, "though it says so"),
        (b"%PDF-1.7 ...", "a.pdf", 400, "no .xlsx workbook"),
        (b"x", "a.pdf", 415, ".pdf files can't be read"),
        (b"hostname\nweb\x0001\n", "a.csv", 400, "line 2 has a NUL character"),
        (b'hostname\n"web01\n', "a.csv", 400, "row 2 is no CSV"),
        (b'{"hostname": "web01"\n', "a.jsonl", 400, "line 1: not JSON"),
        (b'["web01"]\n', "a.jsonl", 400, "an object is wanted"),
        (b"\n \n", "a.csv", 400, "the file is empty"),
    ],
)
def test_what_can_not_be_read_is_refused_with_what_to_do(send, data, name, status, said):
    answer = send(data, name)
    assert (answer.status_code, said in answer.json["error"]["message"]) == (status, True), (
        answer.text
    )


def test_more_than_the_settings_allow_is_refused(make_app, database_url, app, send):
    app.config.update(MAX_IMPORT_ROWS=10, MAX_IMPORT_COLUMNS=3, MAX_IMPORT_LENGTH=100_000)
    many = "hostname\n" + "".join(f"web{n}\n" for n in range(11))
    assert "more than 10 rows" in send(many, "a.csv").json["error"]["message"]
    assert "more than 10 rows" in send("{}\n" * 12, "a.jsonl").json["error"]["message"]
    assert "cell E2 has a value" in send(workbook(E2="x")).json["error"]["message"]
    assert "larger than 100000 bytes" in send(bytes(100_001), "a.csv").json["error"]["message"]
    app.config.update(MAX_IMPORT_INFLATED_LENGTH=1000)
    assert "once unpacked" in send(GOOD).json["error"]["message"]


@pytest.mark.parametrize(
    ("text", "encoding", "note"),
    [
        ("主机名,备注\nweb01,北京\n", "utf-8", ""),
        ("主机名,备注\nweb01,北京\n", "utf-8-sig", ""),
        ("主机名,备注\nweb01,北京\n", "utf-16", ""),
        ("主机名,备注\nweb01,北京\n", "utf-16-le", "read as UTF-16"),
        ("主机名,备注\nweb01,北京\n", "gb18030", "GB18030"),
        ("hostname;comment\nweb01;München, Größe\n", "cp1252", "Windows-1252"),
        ("sep=;\r\nhostname;comment\r\nweb01;a,b\r\n", "utf-8", ""),
        ("hostname\tcomment\nweb01\ta,b\n", "utf-8", ""),
    ],
)
def test_the_characters_and_the_separator_of_csv_are_found_out(told, text, encoding, note):
    found = told(text.encode(encoding), "a.csv")
    fields = found["preview"][0]["fields"]
    assert fields["comment"][1] in text
    assert note in "".join(found["notes"])
    assert bool(note) == bool(found["notes"])


def test_a_formula_counts_by_its_result_and_without_one_is_a_fault_of_its_cell(told):
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["hostname", "comment"])
    page.write(1, 0, "web01")
    page.write_formula(1, 1, "=1+1", value="two")
    page.write(2, 0, "web02")
    page.write_formula(2, 1, "=1/0", value="#DIV/0!")
    book.close()
    found = told(file.getvalue())
    assert found["preview"][0]["fields"]["comment"] == [None, "two"]
    assert (
        found["failures"][0]["cell"],
        "#DIV/0!" in found["failures"][0]["reason"],
    ) == ("B3", True)
    found = told(workbook(["web01", "=1+1"]))
    assert "a formula whose result is not in the file" in found["failures"][0]["reason"]


def test_headings_are_found_below_a_title_and_over_two_rows(told):
    book, file = openpyxl.Workbook(), io.BytesIO()
    page = book.active
    for row in (
        ["Servers of 2026"],
        [],
        ["主机名", "位置"],
        [None, "机柜", "备注"],
        ["web01", None, "x"],
    ):
        page.append(row)
    for area in ("A1:C1", "A3:A4", "B3:C3"):
        page.merge_cells(area)
    book.save(file)
    found = told(file.getvalue())
    assert [column["field"] for column in found["columns"]] == ["hostname", "rack", "comment"]
    assert found["counts"]["created"] == 1


def test_a_merged_cell_is_that_of_all_its_rows_and_makes_no_row_of_empty_ones(told):
    book, file = openpyxl.Workbook(), io.BytesIO()
    page = book.active
    for row in (["hostname", "comment"], ["web01", "x"], ["web02"], [], ["web03"]):
        page.append(row)
    page.merge_cells("B2:B4")
    book.save(file)
    found = told(file.getvalue())
    comments = {row["hostname"]: row["fields"].get("comment") for row in found["preview"]}
    assert comments == {"web01": [None, "x"], "web02": [None, "x"], "web03": None}
    assert (found["counts"]["rows"], found["counts"]["empty"]) == (3, 1)


def test_numbers_with_zeros_in_front_and_days_of_chinese_formats_are_as_they_are_shown(told):
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "date_1904": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["hostname", "固资号", "采购日期"])
    page.write_row(1, 0, ["web01"])
    page.write_number(1, 1, 4711, book.add_format({"num_format": "000000"}))
    page.write_number(1, 2, 44226, book.add_format({"num_format": 31}))
    book.close()
    fields = told(file.getvalue())["preview"][0]["fields"]
    assert fields["inventory_number"] == [None, "004711"]
    assert fields["purchased_on"] == [None, "2025-01-31"]


def test_another_sheet_is_taken_by_its_name_and_the_nearest_is_told(send):
    assert "did you mean Sheet?" in send(GOOD, sheet="Shet").json["error"]["message"]
    assert send(GOOD, sheet="sheet").status_code == 201


@pytest.mark.parametrize(
    ("body", "said"),
    [
        # A gigabyte of spaces once unpacked.
        (b"<sheetData>" + b" " * 2**20 * 300, "too_large"),
        (b"<sheetData>" + b"<row></row>" * 1_000_000, "0 after row"),
        (b'<sheetData><row r="1048576"><c r="A1048576"><v>1</v></c></row>', "0 after row"),
        (b"<sheetData><row><c t='inlineStr'><is><t>" + b"x" * 2**20 * 40, "malformed"),
    ],
)
def test_a_bomb_takes_little_memory(tmp_path, body, said):
    head = b"<worksheet><sheetData><row><c t='inlineStr'><is><t>hostname</t></is></c></row>"
    part = head + body.removeprefix(b"<sheetData>") + b"</sheetData></worksheet>"
    path = tmp_path / "bomb.xlsx"
    path.write_bytes(changed(GOOD, {PART: part}))
    assert path.stat().st_size < 5 * 2**20
    child = [sys.executable, "-c", CHILD, str(path)]
    found, more_mib = subprocess.run(
        child, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert found.startswith(said)
    assert int(more_mib) < 100


def test_a_number_whose_last_digits_a_spreadsheet_dropped_is_a_fault_of_its_cell(told):
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["hostname", "inventory_number"])
    sheet.write_row(1, 0, ["web01", 1234567890123456789])
    sheet.write_row(2, 0, ["web02", 123456789012345])
    sheet.write_row(3, 0, ["web03", "1234567890123456789"])
    book.close()
    result = told(file.getvalue())
    assert [fault["cell"] for fault in result["failures"]] == ["B2"]
    assert "15 digits" in result["failures"][0]["reason"]
    assert result["counts"]["created"] == 2
