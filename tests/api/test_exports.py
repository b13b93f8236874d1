"""Assets as files."""

import csv
import gzip
import io
import json
import re
from datetime import datetime

import jsonschema
import openpyxl
import pytest
from sqlalchemy import select, text

from cmdb_api.extensions import db
from cmdb_api.models import Asset, AuditEntry
from cmdb_api.services.exchange import exporting, snapshot
from cmdb_api.services.search import titles

ASSETS, EXPORTS = "/api/v1/assets", "/api/v1/exports/assets."
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SCHEMA = "/api/v1/schemas/asset-1.json"
NAMES = (
    "hostname,comment,tags,position_u,purchased_on,host.virtual,memory.total_bytes,reported_at,"
    "expected.disk.count,disk.slot"
)
HOST = {"os_name": "Debian GNU/Linux", "virtualisation": "physical"}


@pytest.fixture
def fleet(writer, post, make_report):
    """Two servers: web01 is declared and reports, db01 waits to be installed."""
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    writer.post("/api/v1/racks", json={"name": "A12", "data_centre": "FRA1"})
    web = {"rack": "A12", "position_u": 17, "comment": "=1+1", "tags": ["a, b", "pci"]}
    web |= {"purchased_on": "2026-01-31", "expected": {"disk.count": 2}}
    writer.post(ASSETS, json={"hostname": "web01"} | web)
    writer.post(ASSETS, json={"hostname": "db01", "state": "planned", "comment": "-5"})
    memory = [{"slot": "A1", "size_bytes": 2**36}, {"slot": "A2", "size_bytes": 2**36}]
    sections = {"host": [HOST], "memory": memory, "disk": [{"slot": "0:1"}]}
    sections |= {"psu": {"status": "error", "error": "a fault", "traceback": "…"}}
    post(make_report("web01", sections))


@pytest.fixture
def export(reader):
    """Return a function that exports and gives the answer, read to its end."""

    def export(form, who=reader, **query):
        with who.get(f"{EXPORTS}{form}", query_string=query) as answer:
            assert int(answer.headers["Content-Length"]) == len(answer.data)
            return answer

    return export


def book(answer):
    assert answer.status_code == 200, answer.text
    return openpyxl.load_workbook(io.BytesIO(answer.data))


def table(answer, delimiter=","):
    assert answer.status_code == 200, answer.text
    text = io.StringIO(answer.data.decode("utf-8-sig"), newline="")
    return [*csv.reader(text, delimiter=delimiter, strict=True)]


def lines(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.data.splitlines()]


def test_a_sheet_has_numbers_days_and_times_and_no_formula(fleet, export):
    answer = export("xlsx", columns=NAMES)
    sheet, about = book(answer).worksheets
    heads, db01, web01 = sheet.iter_rows()
    assert [cell.value for cell in heads] == [titles.title(name) for name in NAMES.split(",")]
    values = {name: cell for name, cell in zip(NAMES.split(","), web01, strict=True)}
    assert (values["comment"].value, values["comment"].data_type) == ("=1+1", "s")
    assert values["tags"].value == '"a, b", pci'
    assert (values["position_u"].value, values["position_u"].data_type) == (17, "n")
    assert values["purchased_on"].value == datetime(2026, 1, 31)
    assert values["purchased_on"].number_format == "yyyy-mm-dd"
    assert (values["host.virtual"].value, values["memory.total_bytes"].value) == (False, 2**37)
    assert values["reported_at"].is_date
    assert values["expected.disk.count"].value == 2
    assert [cell.value for cell in db01] == ["db01", "-5", *[None] * 8]
    assert (sheet.title, sheet.freeze_panes, sheet.auto_filter.ref) == ("Assets", "B2", "A1:J3")
    assert all(heads[0].parent.column_dimensions[letter].width >= 8 for letter in "ABC")
    assert about.title == "About"


def test_the_second_sheet_tells_what_was_asked_for(fleet, export):
    query = {"query": "comment:=1+1", "sort": "-hostname", "state": ["online", "planned"]}
    about = book(export("xlsx", columns="hostname,memory.total_bytes", **query))["About"]
    told = {row[0]: row[1:] for row in about.iter_rows(values_only=True) if row[0]}
    assert told["By"][0] == "anna"
    assert told["Search"][0] == "comment:=1+1"
    assert told["State"][0] == "online, planned"
    assert told["Sorted by"][0] == "-hostname"
    assert told["Assets"][0] == 1
    assert told["Memory (bytes)"] == ("memory.total_bytes", "number", "bytes")
    assert isinstance(told["Made at (UTC)"][0], datetime)
    assert not any(cell.data_type == "f" for row in about.iter_rows() for cell in row)


def test_headings_are_chinese_where_that_is_asked_for(fleet, export):
    made = book(export("xlsx", columns="hostname,rack,expected.disk.count,psu.slot", language="zh"))
    assert made.sheetnames == ["资产", "说明"]
    heads = [cell.value for cell in made["资产"][1]]
    assert heads[:2] == ["主机名", "机柜"]
    assert [titles.name_of(head) or head for head in heads] == [
        *("hostname", "rack", "expected.disk.count", "psu.slot"),
    ]
    assert table(export("csv", columns="rack", language="zh"))[0] == ["机柜"]


def test_csv_is_what_spreadsheets_take_and_no_formula(fleet, export):
    answer = export("csv", columns=NAMES)
    assert answer.mimetype == "text/csv"
    assert answer.data.startswith(b"\xef\xbb\xbfHostname,")
    assert answer.data.count(b"\r\n") == 3
    _, db01, web01 = table(answer)
    assert db01[:3] == ["db01", "'-5", ""]
    assert web01[1:7] == ["'=1+1", '"a, b", pci', "17", "2026-01-31", "false", str(2**37)]
    assert web01[7].endswith("Z")


def test_csv_has_other_separators_and_no_mark_where_that_is_asked_for(fleet, export):
    answer = export("csv", columns="hostname,tags", bom="false", separator="semicolon")
    assert answer.data.startswith(b"Hostname;Tags\r\n")
    assert table(answer, ";")[2] == ["web01", '"a, b", pci']
    assert table(export("csv", columns="hostname,tags", separator="tab"), "\t")[1] == ["db01", ""]


def test_each_line_is_an_asset_as_the_schema_says(fleet, export, client):
    schema = client.get(SCHEMA).json
    jsonschema.Draft202012Validator.check_schema(schema)
    found = [
        record
        for options in ({}, {"components": "true"}, {"columns": NAMES})
        for record in lines(export("jsonl", **options))
    ]
    assert [record["hostname"] for record in found] == ["db01", "web01"] * 3
    for record in found:
        jsonschema.validate(record, schema)
        # What comes later is no reason to refuse it.
        jsonschema.validate(record | {"more": {"a": 1.5}}, schema)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(record | {"schema": 2}, schema)


def test_a_line_has_all_that_is_declared_and_was_observed(fleet, export):
    db01, web01 = lines(export("jsonl", components="true"))
    declared = web01["declared"]
    assert (declared["rack"], declared["data_centre"]) == ("A12", "FRA1")
    assert (declared["tags"], declared["purchased_on"]) == (["a, b", "pci"], "2026-01-31")
    assert declared["expected"] == {"disk.count": 2}
    assert web01["facts"]["os.name"] == "Debian GNU/Linux"
    assert (web01["facts"]["memory.total_bytes"], web01["facts"]["disk.count"]) == (2**37, 1)
    assert "cpu.model" not in web01["facts"]
    assert web01["identity"]["hostname"] == "web01"
    assert [each["place"] for each in web01["components"]["memory"]["items"]] == ["A1", "A2"]
    assert web01["components"]["disk"]["items"] == [{"place": "0:1", "fields": {"slot": "0:1"}}]
    assert (db01["facts"], db01["components"], db01["reported_at"]) == ({}, {}, None)


def test_a_kind_that_was_never_collected_is_not_an_empty_one(fleet, export, post, make_report):
    post(make_report("web02", {"psu": [], "disk": {"status": "unavailable", "reason": "no"}}))
    *_, web01, web02 = lines(export("jsonl", components="true"))
    assert web01["components"]["psu"] == {
        **{"status": "error", "reason": "a fault", "items_at": None, "items": None},
    }
    assert web02["components"]["psu"]["items"] == []
    assert web02["facts"]["psu.count"] == 0
    assert "psu.count" not in web01["facts"]


def test_columns_are_all_that_a_line_has_where_they_are_asked_for(fleet, export):
    _, web01 = lines(export("jsonl", columns="rack,tags,host.virtual,warranty_until"))
    assert web01 == {
        **{"schema": 1, "hostname": "web01"},
        "columns": {
            **{"rack": "A12", "tags": ["a, b", "pci"]},
            **{"host.virtual": False, "warranty_until": None},
        },
    }


def test_an_export_finds_what_the_list_does_in_its_order(fleet, export, reader, writer):
    writer.post(ASSETS, json={"hostname": "web03"})
    writer.patch(f"{ASSETS}/web03", json={"state": "retired"})

    def found(**query):
        query |= {"columns": "hostname"}
        sheet = book(export("xlsx", **query))["Assets"]
        yield [row[0] for row in sheet.iter_rows(2, values_only=True)]
        yield [row[0] for row in table(export("csv", **query))[1:]]
        yield [record["hostname"] for record in lines(export("jsonl", **query))]

    for query in (
        {},
        {"sort": "-hostname"},
        {"query": "NOT rack:A12", "state": "any"},
        {"state": ["retired", "planned"], "sort": "-state"},
        {"query": "hostname:nothing"},
    ):
        page = reader.get(ASSETS, query_string=query).json["items"]
        assert [*found(**query)] == [[asset["hostname"] for asset in page]] * 3, query


def test_an_export_has_a_name_and_is_kept_by_nobody(fleet, export):
    for form, mimetype in (("xlsx", XLSX), ("csv", "text/csv"), ("jsonl", "application/x-ndjson")):
        answer = export(form)
        assert answer.mimetype == mimetype
        named = rf"attachment; filename=assets-\d{{4}}-\d\d-\d\d\.{form}"
        assert re.fullmatch(named, answer.headers["Content-Disposition"])
        assert "no-store" in answer.headers["Cache-Control"]


def test_text_is_packed_for_who_takes_that(fleet, reader):
    for form, packed in (("csv", True), ("jsonl", True), ("xlsx", False)):
        plain, small = (
            reader.get(f"{EXPORTS}{form}", headers={"Accept-Encoding": encoding})
            for encoding in ("gzip;q=0", "gzip, deflate")
        )
        with plain, small:
            assert "Content-Encoding" not in plain.headers
            assert (small.headers.get("Content-Encoding") == "gzip") is packed
            assert int(small.headers["Content-Length"]) == len(small.data)
            assert not packed or gzip.decompress(small.data) == plain.data


def test_what_is_asked_for_wrongly_is_told(reader):
    for form, query, field, told in (
        ("xlsx", {"columns": "hostname,rak"}, "columns", "did you mean"),
        ("csv", {"query": "rak:A12"}, "query", "rak"),
        ("jsonl", {"sort": "tags"}, "sort", "several"),
        ("csv", {"separator": "pipe"}, "separator", "Must be one of"),
        ("xlsx", {"bom": "true"}, "bom", "Unknown field"),
        ("xlsx", {"language": "de"}, "language", "Must be one of"),
        ("jsonl", {"components": "true", "columns": "rack"}, "components", "columns"),
        ("csv", {"state": "gone"}, "state", "Must be one of"),
    ):
        answer = reader.get(f"{EXPORTS}{form}", query_string=query)
        assert answer.status_code == 422, query
        assert told in " ".join(answer.json["error"]["fields"][field]), query


def test_it_needs_a_token_of_scope_read(client, make_client):
    assert client.get(f"{EXPORTS}csv").status_code == 401
    assert make_client("relay").get(f"{EXPORTS}csv").status_code == 403


def test_the_schema_needs_no_token(client):
    answer = client.get(SCHEMA)
    assert (answer.status_code, answer.mimetype) == (200, "application/schema+json")


def test_what_is_read_is_of_one_moment(writer, session, at_once):
    writer.post(ASSETS, json={"hostname": "web01", "comment": "before"})
    with snapshot.taken(session):
        hosts = text("SELECT hostname, comment FROM asset ORDER BY hostname")
        before = session.execute(hosts).all()
        assert before == [("web01", "before")]
        at_once(lambda: writer.patch(f"{ASSETS}/web01", json={"comment": "after"}))
        at_once(lambda: writer.post(ASSETS, json={"hostname": "web02"}))
        assert session.execute(hosts).all() == before
    assert session.execute(hosts).all() == [("web01", "after"), ("web02", None)]


class Meanwhile(io.BytesIO):
    """A file that does something once, when the first of it is written."""

    def __init__(self, do):
        super().__init__()
        self.do = do

    def write(self, some):
        do, self.do = self.do, None
        if do:
            do()
        return super().write(some)


def test_edits_meanwhile_are_in_no_part_of_an_export(make_client, session, at_once):
    many = [{"hostname": f"h{n:03}", "hostname_key": f"h{n:03}"} for n in range(120)]
    session.execute(db.insert(Asset), [host | {"registered_at": None} for host in many])
    session.commit()
    admin = make_client("admin")

    def edit():
        (changed,) = at_once(lambda: admin.patch(f"{ASSETS}/h118", json={"comment": "new"}))
        (gone,) = at_once(lambda: admin.delete(f"{ASSETS}/h119"))
        assert (changed.status_code, gone.status_code) == (200, 204)

    file, wanted = Meanwhile(edit), {"components": True, "standing": ["any"]}
    assert exporting.write(session, file, "jsonl", actor="anna", **wanted) == 120
    *_, last_but_one, last = map(json.loads, file.getvalue().splitlines())
    assert last_but_one["declared"]["comment"] is None
    assert last["hostname"] == "h119"
    assert admin.get(f"{ASSETS}/h119").status_code == 404


def test_long_lists_are_cut_in_a_sheet_and_told_and_whole_elsewhere(
    post, make_report, export, writer
):
    items = [{"slot": f"{n:02}", "text": f"{n:02}" * 500} for n in range(40)]
    post(make_report("web01", {"thing": items}))
    columns = {"columns": "hostname,thing.text"}
    sheet, about = book(export("xlsx", **columns)).worksheets
    assert sheet["B2"].value.endswith("… [cut: 40078 characters]")
    assert about.cell(about.max_row, 1).value == "thing.text, row 2: 40078"
    assert len(table(export("csv", **columns))[1][1]) == 40078
    assert len(lines(export("jsonl", **columns))[0]["columns"]["thing.text"]) == 40


def test_each_export_is_in_the_audit_log(fleet, export, session):
    export("csv", query="rack:A12", columns="hostname,rack")
    export("xlsx", state="any", sort="-rack")
    export("jsonl", components="true")
    assert export("csv", query="rak:A12").status_code == 422
    logged = select(AuditEntry).where(AuditEntry.action == "export").order_by(AuditEntry.id)
    csv_, xlsx, jsonl = session.scalars(logged).all()
    assert (csv_.actor, csv_.subject, csv_.status) == ("anna", "assets.csv", 200)
    assert csv_.what.startswith("GET /api/v1/exports/assets.csv")
    assert csv_.details == {"query": "rack:A12", "columns": ["hostname", "rack"], "rows": 1}
    assert xlsx.details == {"state": ["any"], "sort": "-rack", "rows": 2}
    assert jsonl.details == {"components": True, "rows": 2}


def test_who_sees_some_business_units_exports_these(fleet, export, writer, make_client):
    given = {"name": "Shop"}
    number = writer.post("/api/v1/business-units", json=given).json["id"]
    writer.patch(f"{ASSETS}/web01", json={"business_unit": "Shop"})
    limited = make_client("read", business_units=[number])
    for components in ("true", "false"):
        (found,) = lines(export("jsonl", limited, components=components))
        assert (found["hostname"], found["facts"]["disk.count"]) == ("web01", 1)
    assert [row[0] for row in table(export("csv", limited, columns="hostname"))[1:]] == ["web01"]
    sheet = book(export("xlsx", limited, columns="hostname"))["Assets"]
    assert [cell.value for cell in sheet["A"]] == ["Hostname", "web01"]


def test_a_saved_search_is_exported_by_its_name(fleet, export, reader):
    wanted = {"name": "In racks", "query": "rack:A12", "columns": ["rack", "hostname"]}
    assert reader.post("/api/v1/saved-queries", json=wanted).status_code == 201
    assert table(export("csv", saved="in racks")) == [["Rack", "Hostname"], ["A12", "web01"]]
    assert table(export("csv", saved="in racks", columns="hostname"))[1:] == [["web01"]]
    assert table(export("csv", saved="in racks", query="comment:-5"))[1:] == [["", "db01"]]
    missing = export("csv", saved="in rack")
    assert (missing.status_code, missing.json["error"]["code"]) == (404, "not_found")
