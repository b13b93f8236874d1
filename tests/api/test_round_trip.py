"""What went out as a file comes in again: every column, whatever is in it."""

import io
import json

import openpyxl
import pytest

from cmdb_api.services.quarantine import KINDS
from cmdb_api.services.search import columns
from tests import reports

API = "/api/v1"
ASSETS, IMPORTS, EXPORTS = f"{API}/assets", f"{API}/imports", f"{API}/exports/assets."
FORMS = ("xlsx", "csv", "jsonl")
OWN = ("mykind.size_bytes", "mykind.note", "mykind.count", "package.=openssl")
OWN += ("expected.mykind.count",)
# Texts that a spreadsheet would take for a formula, and such that look as if they were marked.
COMMENTS = ("=1+1", "'=1+1", "''=1+1", "'", "'a", "' =1", "-5", "@a", "a\r\n=b")
VALUES = {"str": "'=x", "int": 7, "bool": True, "list": ["'=a, b", "=c"]}


@pytest.fixture
def fleet(writer, post, make_report):
    """Register a host that reports each field that there is, and one for each odd comment."""
    sections = {
        kind: reports.section([{name: VALUES[type_] for name, type_ in fields.items()}], [key])
        for kind, fields in KINDS.items()
        for key in [next(name for name, type_ in fields.items() if type_ == "str")]
    }
    sections["mykind"] = [{"slot": "1", "size_bytes": 5, "note": "=x"}]
    package = {"name": "=openssl", "version": "'=1", "arch": "amd64"}
    sections["package"] = reports.section([package], ["name", "arch"])
    post(make_report("web01", sections))
    for number, text in enumerate(COMMENTS, 1):
        line = " ".join(text.split())
        told = {"hostname": f"web{number:02}", "comment": text, "inventory_number": line}
        told |= {"tags": [line], "expected": {"os.name": line}}
        assert writer.post(ASSETS, json=told).status_code == 201


@pytest.fixture
def import_(writer):
    """Return a function that exports these columns and imports the file again."""

    def import_(form, names, between=lambda: None):
        query = {"columns": ",".join(names)}
        with writer.get(f"{EXPORTS}{form}", query_string=query) as answer:
            assert answer.status_code == 200, answer.text
            data, type_ = answer.data, {"Content-Type": answer.content_type}
        between()
        told = writer.post(IMPORTS, data=data, headers=type_)
        assert told.status_code == 201, told.text
        return told.json

    return import_


@pytest.mark.parametrize("form", FORMS)
def test_each_column_that_there_is_comes_in_again_without_a_change(fleet, import_, form):
    names = [name for name in columns.names() if name != "hostname"]
    parts = [names[start : start + 99] for start in range(0, len(names), 99)]
    for part in [OWN, *parts]:
        told = import_(form, ["hostname", *part])
        assert told["counts"]["unchanged"] == len(COMMENTS), (told["failures"], told["preview"])
        assert {each["how"] for each in told["columns"]} <= {"name", "heading", "observed"}


@pytest.mark.parametrize("form", FORMS)
def test_texts_that_look_like_formulas_are_restored_as_they_were(fleet, import_, writer, form):
    def comments():
        items = writer.get(ASSETS).json["items"]
        return [(item["comment"], item["inventory_number"], item["tags"]) for item in items]

    def edit():
        for number in range(1, len(COMMENTS) + 1):
            told = {"comment": "edited", "inventory_number": "2", "tags": ["other"]}
            assert writer.patch(f"{ASSETS}/web{number:02}", json=told).status_code == 200

    before = comments()
    told = import_(form, ["hostname", "comment", "inventory_number", "tags"], edit)
    assert not told["counts"]["failed"], told["failures"]
    assert comments() == before


def sheet(rows):
    """Return a workbook as Excel writes it, in which only texts in a cell have a ' in front."""
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
        for cell in book.active[book.active.max_row]:
            cell.data_type = "s"
    book.save(file)
    return file.getvalue()


def mended(form, data):
    """Return a file of failed rows with another state."""
    if form == "xlsx":
        rows = openpyxl.load_workbook(io.BytesIO(data)).active.iter_rows(values_only=True)
        return sheet([["online" if value == "wrong" else value for value in row] for row in rows])
    return data.replace(b"wrong", b"online")


HEADS, ROW = ["hostname", "state", "comment", "tags"], ["web01", "wrong", "''=1", "=a, b"]
FILES = {
    "xlsx": sheet([HEADS, ROW]),
    "csv": b"hostname,state,comment,tags\r\nweb01,wrong,''=1,\"'=a, b\"\r\n",
    "jsonl": json.dumps(dict(zip(HEADS, ["web01", "wrong", "'=1", ["=a", "b"]], strict=True))),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_failed_row_comes_back_as_it_was_and_is_imported_once_it_is_mended(writer, form):
    def send(data):
        type_ = {"xlsx": "", "csv": "text/csv", "jsonl": "application/x-ndjson"}[form]
        answer = writer.post(IMPORTS, data=data, headers={"Content-Type": type_})
        assert answer.status_code == 201, answer.text
        return answer.json

    told = send(FILES[form])
    assert told["counts"]["failed"] == 1
    again = send(mended(form, writer.get(f"{IMPORTS}/{told['id']}/failed").data))
    assert again["counts"]["created"] == 1, again["failures"]
    asset = writer.get(f"{ASSETS}/web01").json
    assert (asset["comment"], sorted(asset["tags"])) == ("'=1", ["=a", "b"])


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_text_that_was_cut_is_a_fault_of_its_cell_and_comes_back(writer, form):
    text = "a… [cut: 40000 characters]"
    rows = [["hostname", "comment"], ["web01", text]]
    data = sheet(rows) if form == "xlsx" else "\n".join(map(",".join, rows)).encode()
    told = writer.post(IMPORTS, data=data, headers={"Content-Type": ""}).json
    (fault,) = told["failures"]
    assert (fault["cell"], fault["value"]) == ("B2", text)
    assert "it was too long for a cell" in fault["reason"]
    failed = writer.get(f"{IMPORTS}/{told['id']}/failed").data
    again = writer.post(IMPORTS, data=failed, headers={"Content-Type": ""}).json
    assert again["failures"] == told["failures"]


@pytest.mark.parametrize("form", FORMS)
def test_a_host_that_only_reported_stays_as_it_is_until_a_row_declares_something(
    import_, writer, post, make_report, form
):
    post(make_report("seen01", {"disk": reports.section([{"slot": "1"}])}))
    before = writer.get(f"{ASSETS}/seen01").headers["ETag"]
    assert import_(form, ["hostname", "comment", "disk.count"])["counts"]["unchanged"] == 1
    after = writer.get(f"{ASSETS}/seen01")
    assert (after.headers["ETag"], after.json["registered_at"]) == (before, None)
    sheet = "hostname,comment\nseen01,found it\n"
    told = writer.post(IMPORTS, data=sheet, headers={"Content-Type": "text/csv"})
    assert told.json["counts"]["created"] == 1
    after = writer.get(f"{ASSETS}/seen01").json
    assert after["registered_at"] and after["comment"] == "found it"
