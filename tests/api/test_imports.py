"""Tables imported through the API."""

import io
import json

import openpyxl
import pytest

API = "/api/v1"
ASSETS, IMPORTS, MAPPINGS = f"{API}/assets", f"{API}/imports", f"{API}/import-mappings"
CSV, LINES = {"Content-Type": "text/csv"}, {"Content-Type": "application/x-ndjson"}


@pytest.fixture
def send(writer):
    """Return a function that imports a text, or bytes, and gives the answer."""

    def send(data, headers=CSV, **query):
        data = data.encode() if isinstance(data, str) else data
        return writer.post(IMPORTS, data=data, headers=headers, query_string=query)

    return send


@pytest.fixture
def import_(send):
    """Return the same of what is taken, which gives what became of it."""

    def import_(data, headers=CSV, **query):
        answer = send(data, headers, **query)
        assert answer.status_code == 201, answer.text
        return answer.json

    return import_


@pytest.fixture
def places(writer):
    writer.post(f"{API}/data-centres", json={"name": "FRA1"})
    writer.post(f"{API}/data-centres", json={"name": "BER"})
    writer.post(f"{API}/rooms", json={"name": "Room 2", "data_centre": "FRA1"})
    writer.post(f"{API}/racks", json={"name": "A12", "room": "Room 2", "data_centre": "FRA1"})
    writer.post(f"{API}/racks", json={"name": "A12", "data_centre": "BER"})


def fault(send, data, headers=CSV, **query):
    answer = send(data, headers, **query)
    assert 400 <= answer.status_code < 500, answer.text
    return answer.json["error"]


def test_what_became_of_an_import_is_told_and_kept(send, writer, places):
    answer = send("主机名,机柜,数据中心,价格\nweb01,A12,FRA1,9\n", leave_out_unknown=True)
    told = answer.json
    assert answer.headers["Location"] == f"{IMPORTS}/{told['id']}"
    assert writer.get(answer.headers["Location"]).json == told
    assert [(c["column"], c["field"], c["how"]) for c in told["columns"]] == [
        ("A", "hostname", "heading"),
        ("B", "rack", "heading"),
        ("C", "data_centre", "heading"),
        ("D", None, "unknown"),
    ]
    (row,) = told["preview"]
    assert (row["row"], row["hostname"], row["created"]) == (2, "web01", True)
    assert row["fields"]["room"] == [None, "Room 2"]
    (listed,) = writer.get(IMPORTS).json["items"]
    assert listed.items() <= told.items()
    assert writer.get(f"{IMPORTS}/{told['id']}/failed").status_code == 404
    assert writer.get(f"{IMPORTS}/99").status_code == 404


def test_a_dry_run_gives_the_same_answer_and_writes_nothing(import_, writer, places):
    text = "hostname,rack,position_u,tags\nweb01,BER / A12,1,x\nweb02,BER / A12,1,\n"
    dry, real = import_(text, dry_run=True), import_(text)
    assert (dry["applied"], real["applied"]) == (False, True)
    apart = ("id", "at", "dry_run", "applied")
    assert {k: v for k, v in dry.items() if k not in apart} == {
        k: v for k, v in real.items() if k not in apart
    }
    assert dry["failures"][0]["cell"] == "C3"
    assert writer.get(ASSETS).json["total"] == 1


def test_a_column_that_is_not_known_is_refused_until_somebody_says_what_it_is(send, writer):
    error = fault(send, "hostname,rak\nweb01,A12\n")
    assert 'column B "rak" is no field; did you mean rack?' in error["message"]
    assert writer.get(ASSETS).json["total"] == 0
    assert send("hostname,rak\nweb01,x\n", columns='{"rak": null}').status_code == 201
    error = fault(send, "hostname,rak\nweb01,x\n", columns='{"rak": "rck"}')
    assert "rck is no field that people declare; did you mean rack?" in error["message"]
    assert (
        "no column Rock" in fault(send, "hostname\nweb01\n", columns='{"Rock": "rack"}')["message"]
    )


def test_a_table_without_hostnames_is_refused_and_told_how_they_are_headed(send):
    error = fault(send, "Sever,rack\nweb01,A12\n")
    assert "no column is headed hostname (主机名)" in error["message"]
    assert error["details"]["headings"][:2] == ["Sever", "rack"]


def test_observed_columns_are_left_out_and_told_what_they_could_be(import_):
    told = import_("hostname,IP地址,内存\nweb01,192.0.2.1,64\n")
    assert told["columns"][1]["how"] == "observed"
    assert "import it as expected.host.addresses" in told["columns"][1]["why"]


def test_expected_facts_are_imported_as_sizes_and_lists(import_, writer):
    told = import_(
        "hostname,内存,IP,expected.disk.count\nweb01,64GiB,192.0.2.1;192.0.2.2,4\nweb02,64G,,x\n",
        columns='{"内存": "expected.memory.total_bytes", "IP": "expected.host.addresses"}',
    )
    expected = writer.get(f"{ASSETS}/web01").json["expected"]
    assert expected["memory.total_bytes"] == 64 * 2**30
    assert (expected["host.addresses"], expected["disk.count"]) == (["192.0.2.1", "192.0.2.2"], 4)
    assert {each["cell"]: "64GiB" in each["reason"] for each in told["failures"]} == {
        "B3": True,
        "D3": False,
    }


def test_an_empty_cell_leaves_a_value_and_none_takes_it_away(import_, writer):
    import_("hostname,comment,tags\nweb01,old,a\n")
    import_("hostname,comment,tags\nweb01,,-\n")
    assert writer.get(f"{ASSETS}/web01").json["comment"] == "old"
    told = import_("hostname,comment,tags\nweb01,(none),（无）\n")
    assert told["preview"][0]["fields"] == {"comment": ["old", None], "tags": [["a"], None]}
    web = writer.get(f"{ASSETS}/web01").json
    assert (web["comment"], web["tags"]) == (None, [])


def test_two_rows_of_one_asset_are_told_apart_by_any_of_its_names(import_, writer):
    writer.post(ASSETS, json={"hostname": "web01"})
    writer.put(f"{ASSETS}/web01/aliases/www", json={})
    told = import_("hostname,comment\nweb01,a\nWEB01,b\nwww,c\nnew,d\nNew,e\n")
    assert {each["row"] for each in told["failures"]} >= {3, 6}
    assert "row 2 is of this asset already" in told["failures"][0]["reason"]


def test_assets_that_swap_their_units_find_them_free(import_, writer, places):
    head = "hostname,data_centre,rack,position_u\n"
    import_(f"{head}a,BER,A12,1\nb,BER,A12,2\nc,BER,A12,3\n")
    told = import_(f"{head}a,BER,A12,2\nb,BER,A12,3\nc,BER,A12,4\n")
    assert told["counts"]["failed"] == 1
    assert told["counts"]["changed"] == 2


def test_a_name_that_several_racks_have_is_refused_with_its_places(import_, places):
    (told,) = import_("hostname,rack\nweb01,A12\n")["failures"]
    assert "A12 may be BER / A12, FRA1 / Room 2 / A12" in told["reason"]


def test_a_column_of_machine_rooms_is_what_its_values_are(import_, writer, places):
    told = import_("主机名,机房\nweb01,FRA1\n")
    assert (told["columns"][1]["field"], told["columns"][1]["how"]) == ("data_centre", "values")
    assert import_("主机名,机房\nweb02,Room 2\n")["columns"][1]["field"] == "room"
    assert writer.get(f"{ASSETS}/web02").json["data_centre"] == "FRA1"


def test_names_are_added_where_that_is_asked_for_and_told(import_, writer):
    text = "hostname,data_centre,room,rack,supplier\nweb01,FRA1,Room 2,A12,Example Ltd\n"
    assert import_(text)["counts"]["failed"] == 1
    create = {"create": "data_centre,room,rack,supplier"}
    assert import_(text, dry_run=True, **create)["made_count"] == 4
    assert writer.get(f"{API}/racks").json["total"] == 0
    told = import_(text, **create)
    assert {"resource": "racks", "name": "A12"} in told["made"]
    (rack,) = writer.get(f"{API}/racks").json["items"]
    assert (rack["data_centre"], rack["room"]) == ("FRA1", "Room 2")


def test_a_mapping_is_kept_and_found_again_by_its_headings(import_, send, writer):
    given = {
        "name": "Finanz",
        "columns": {"Gerät": "hostname", "Schrank": "Comment", "Preis": None},
    }
    answer = writer.post(MAPPINGS, json=given)
    assert answer.status_code == 201
    assert answer.json["columns"]["Schrank"] == "comment"
    told = import_("Gerät,Schrank,Preis\nweb01,links,9\n")
    assert "its headings are those of mapping Finanz" in told["notes"][0]
    assert writer.get(f"{ASSETS}/web01").json["comment"] == "links"
    assert import_("Gerät,Schrank\nweb01,rechts\n", mapping="finanz")["counts"]["changed"] == 1
    assert "did you mean Finanz?" in fault(send, "a\nb\n", mapping="Finans")["message"]


def test_a_mapping_is_edited_by_one_at_a_time_and_removed(writer):
    made = writer.post(MAPPINGS, json={"name": "A", "columns": {"x": "rack"}}).json
    place = f"{MAPPINGS}/{made['id']}"
    match = {"If-Match": made["etag"]}
    assert writer.patch(place, json={"name": "B"}, headers=match).json["name"] == "B"
    assert writer.patch(place, json={"name": "C"}, headers=match).status_code == 412
    assert writer.post(MAPPINGS, json={"name": "b", "columns": {}}).status_code == 409
    wrong = writer.patch(place, json={"columns": {"x": "serial"}})
    assert "import it as expected.board.serial" in wrong.json["error"]["message"]
    assert writer.delete(place).status_code == 204
    assert writer.get(place).status_code == 404


def test_a_file_comes_in_a_form_too(writer):
    file = (io.BytesIO(b"hostname\nweb01\n"), "servers.csv")
    told = writer.post(IMPORTS, data={"file": file}, content_type="multipart/form-data").json
    assert (told["file_name"], told["counts"]["created"]) == ("servers.csv", 1)
    assert (
        writer.post(IMPORTS, data={"x": "1"}, content_type="multipart/form-data").status_code == 422
    )


def test_who_may_only_read_imports_nothing(reader):
    assert reader.post(IMPORTS, data=b"hostname\nweb01\n", headers=CSV).status_code == 403


def test_lines_with_what_is_declared_are_imported_and_failed_ones_come_back_as_lines(
    import_, writer
):
    lines = [
        {"hostname": "web01", "declared": {"comment": "x", "expected": {"disk.count": 2}}},
        {"hostname": "web02", "columns": {"state": "gone"}, "facts": {"disk.count": 3}},
    ]
    told = import_("\n".join(map(json.dumps, lines)), LINES)
    assert (told["counts"]["created"], told["failures"][0]["field"]) == (1, "state")
    assert writer.get(f"{ASSETS}/web01").json["expected"] == {"disk.count": 2}
    failed = writer.get(f"{IMPORTS}/{told['id']}/failed")
    line = json.loads(failed.text)
    assert line["hostname"] == "web02"
    again = import_(failed.text.replace("gone", "offline"), LINES)
    assert again["counts"]["created"] == 1


@pytest.fixture
def fleet(writer, places, post, make_report):
    """Register assets that have all there is, some of it odd."""
    for path, names in {
        "environments": ["production"],
        "business-units": ["Shop; web"],
        "suppliers": ["Example Ltd"],
        "services": ["a, b", 'c "d"', "e;f"],
        "contacts": ["Team、Web"],
    }.items():
        for name in names:
            writer.post(f"{API}/{path}", json={"name": name})
    odd = {
        **{"rack": "FRA1 / Room 2 / A12", "position_u": 3, "height_u": 2, "tags": ["-", "x;y"]},
        **{"environment": "production", "business_unit": "Shop; web", "supplier": "Example Ltd"},
        **{"services": ["a, b", 'c "d"', "e;f"], "contacts": ["Team、Web"]},
        **{"purchased_on": "1899-01-31", "warranty_until": "2026-01-02"},
        **{"inventory_number": "000123", "comment": "=1+1\n'two\u3000"},
        "expected": {"memory.total_bytes": 2**36, "host.virtual": False, "os.name": "Debian*"},
    }
    assert writer.post(ASSETS, json={"hostname": "web01"} | odd).status_code == 201
    writer.post(ASSETS, json={"hostname": "web02", "state": "planned", "comment": "(x)"})
    post(make_report("web01", {"disk": [{"slot": "1", "serial": "EXAMPLE-0001"}]}))


COLUMNS = (
    "hostname,aliases,etag,state,asset_type,data_centre,room,rack,position_u,height_u,environment,"
    "business_unit,supplier,services,contacts,tags,purchased_on,warranty_until,inventory_number,"
    "comment,reported_at,address,disk.count,disk.serial,"
    "expected.memory.total_bytes,expected.host.virtual,expected.os.name"
)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("form", ["xlsx", "csv", "jsonl"])
def test_what_was_exported_is_imported_without_a_change(fleet, import_, writer, form, language):
    query = {"columns": COLUMNS} | ({"language": language} if form != "jsonl" else {})
    answer = writer.get(f"{API}/exports/assets.{form}", query_string=query)
    assert answer.status_code == 200, answer.text
    before = [writer.get(f"{ASSETS}/{name}").json["etag"] for name in ("web01", "web02")]
    told = import_(answer.data, {"Content-Type": answer.content_type})
    answer.close()
    assert told["counts"] == {"rows": 2, "unchanged": 2} | dict.fromkeys(
        ("created", "changed", "failed", "empty"), 0
    ), told["failures"] or told["preview"]
    assert before == [writer.get(f"{ASSETS}/{name}").json["etag"] for name in ("web01", "web02")]


def test_the_whole_record_as_lines_is_imported_without_a_change(fleet, import_, writer):
    answer = writer.get(f"{API}/exports/assets.jsonl")
    told = import_(answer.data, LINES)
    answer.close()
    assert told["counts"]["unchanged"] == told["counts"]["rows"] == 2, told


def test_cells_that_are_wrong_are_marked_in_the_sheet_of_failed_rows(import_, writer):
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.append(["hostname", "U位", "Price"])
    book.active.append(["web01", "top", "=1+1"])
    book.save(file)
    told = import_(file.getvalue(), {}, leave_out_unknown=True)
    data = writer.get(f"{IMPORTS}/{told['id']}/failed").data
    page = openpyxl.load_workbook(io.BytesIO(data)).active
    assert [cell.value for cell in page[1]] == ["hostname", "U位", "Price", "未导入原因"]
    assert "top is no unit of a rack" in page["B2"].comment.text
    assert page["A2"].comment is None


def test_text_that_no_database_takes_is_a_fault_of_its_cell(import_, writer):
    line = '{"hostname": "a\\u0000", "comment": "x\\ud800", "p\\ud800": "\\u0000"}\n'
    told = import_(line, LINES, leave_out_unknown=True, save_mapping="odd")
    assert {fault["field"] for fault in told["failures"]} == {"hostname", "comment"}
    assert writer.get(f"{IMPORTS}/{told['id']}/failed").status_code == 200
    book, file = openpyxl.Workbook(), io.BytesIO()
    for row in (["hostname", "comment"], ["_xD800_", "_x0000__xD800_"]):
        book.active.append(row)
    book.save(file)
    told = import_(file.getvalue(), {})
    assert told["counts"]["failed"] == 1
    data = writer.get(f"{IMPORTS}/{told['id']}/failed").data
    assert openpyxl.load_workbook(io.BytesIO(data)).active["A2"].comment


def test_two_imports_of_one_table_at_once_register_each_asset_once(make_client, at_once, places):
    lines = [f"web{n:02},BER,A12,{n},x,{n % 3}" for n in range(1, 31)]
    data = "\n".join(["hostname,data_centre,rack,position_u,tags,comment", *lines]).encode()
    clients = [make_client("write") for _ in range(2)]

    def send(client):
        return lambda: client.post(IMPORTS, data=data, headers=CSV)

    answers = at_once(*map(send, clients))
    assert [answer.status_code for answer in answers] == [201, 201], [a.text for a in answers]
    counts = [answer.json["counts"] for answer in answers]
    assert sum(each["created"] for each in counts) == 30
    assert sum(each["unchanged"] for each in counts) == 30
    assert clients[0].get(f"{ASSETS}/web30/changes").json["items"][0]["action"] == "added"


def test_an_import_of_who_sees_some_business_units_touches_no_others(
    import_, writer, make_client, places
):
    units = [
        writer.post(f"{API}/business-units", json={"name": name}).json["id"]
        for name in ("Shop", "Bank")
    ]
    import_("hostname,business_unit,data_centre,rack,position_u\nbank01,Bank,BER,A12,1\n")
    before = writer.get(f"{ASSETS}/bank01").json
    shop = make_client("write", name="shop", business_units=units[:1])
    rows = [
        "hostname,business_unit,data_centre,rack,position_u,comment",
        *("bank01,Shop,,,,mine", "shop01,Bank,,,,x", "shop02,Shop,BER,A12,1,x"),
        *("shop03,Shop,BER,A12,2,x", "shop04,,,,,x"),
    ]
    data = "\n".join(rows).encode()
    told = shop.post(IMPORTS, data=data, headers=CSV).json
    assert {fault["row"] for fault in told["failures"]} == {2, 3, 4}
    assert "bank01" not in told["failures"][2]["reason"]
    assert writer.get(f"{ASSETS}/bank01").json == before
    assert writer.get(f"{ASSETS}/shop04").json["business_unit"] == "Shop"
    refused = shop.post(f"{IMPORTS}?create=rack", data=data, headers=CSV)
    assert refused.status_code == 403
    assert [run["id"] for run in shop.get(IMPORTS).json["items"]] == [told["id"]]
    assert shop.get(f"{IMPORTS}/1").status_code == 404
    other = make_client("write", name="shop", business_units=units[1:])
    assert other.get(IMPORTS).json["items"] == []
    assert other.get(f"{IMPORTS}/{told['id']}/failed").status_code == 404


def test_all_that_is_wrong_in_a_row_is_told_at_once(import_, places):
    text = "主机名,数据中心,机柜,负责人,过保日期,状态\nweb01,FRA1,A21,张三、李四,soon,lent\n"
    told = import_(text, create="environment")
    reasons = {f["field"]: f["reason"] for f in told["failures"]}
    assert reasons.keys() == {"rack", "contacts", "warranty_until", "state"}
    assert "no contact 张三" in reasons["contacts"] and "no contact 李四" in reasons["contacts"]
    assert "did you mean A12?" in reasons["rack"]
    assert "names that are missing can be added: create=contacts,rack" in told["notes"]
    told = import_(text, create="contacts,rack")
    assert {f["field"] for f in told["failures"]} == {"warranty_until", "state"}


def test_a_warranty_before_the_purchase_is_a_fault_of_its_cell(import_, writer):
    writer.post(ASSETS, json={"hostname": "web02", "purchased_on": "2026-03-01"})
    text = (
        "hostname,purchased_on,warranty_until\nweb01,2026-03-01,2026-02-28\nweb02,,2026-02-28\n"
        "web03,2026-03-01,2026-03-01\n"
    )
    told = import_(text)
    assert {(f["row"], f["field"]) for f in told["failures"]} == {
        (2, "warranty_until"),
        (3, "warranty_until"),
    }
    assert "end on 2026-02-28, before the purchase on 2026-03-01" in told["failures"][0]["reason"]
    assert told["counts"]["created"] == 1


@pytest.mark.parametrize("row", ["合计,2台,96", "Total:,,96", "小计,,"])
def test_a_row_that_sums_up_others_is_left_out_and_told(import_, writer, row):
    told = import_(f"序号,主机名,备注\n1,web01,x\n\n{row}\n2,web02,y\n")
    assert (told["counts"]["created"], told["counts"]["rows"], told["counts"]["empty"]) == (2, 2, 1)
    assert "left out, as they sum up others: 1 (row 4)" in told["notes"]
    assert (told["columns"][0]["field"], told["columns"][0]["how"]) == (None, "numbers")
    assert [item["hostname"] for item in writer.get(ASSETS).json["items"]] == ["web01", "web02"]


def test_a_host_may_be_called_total(import_):
    assert import_("hostname,comment\ntotal,the accounting\n")["counts"]["created"] == 1


def test_a_dry_run_tells_that_an_unknown_column_would_be_refused(import_, send):
    text = "hostname,Price\nweb01,9\n"
    told = "refused until it is said which fields these columns are, or none: B"
    assert told in import_(text, dry_run=True)["notes"]
    assert import_(text, dry_run=True, leave_out_unknown=True)["notes"] == []
    assert send(text).status_code == 422


def test_what_a_form_has_beside_the_file_is_refused_and_not_passed_over(writer):
    file = io.BytesIO(b"hostname\nweb01\n"), "a.csv"
    form = {"file": file, "dry_run": "true"}
    answer = writer.post(IMPORTS, data=form, content_type="multipart/form-data")
    assert (answer.status_code, [*answer.json["error"]["fields"]]) == (422, ["dry_run"])
    assert "?dry_run=" in answer.json["error"]["message"]
    assert writer.get(ASSETS).json["total"] == 0


def test_names_in_wide_characters_are_those_that_are_known(import_, writer, places):
    def wide(text):
        return "".join(chr(ord(each) + 0xFEE0) for each in text)

    writer.post(f"{API}/tags", json={"name": "web"})
    row = f"web01,{wide('BER')},{wide('a12')},{wide('web')};{wide('db')}"
    assert import_(f"主机名,数据中心,机柜,标签\n{row}\n")["counts"]["created"] == 1
    told = writer.get(f"{ASSETS}/web01").json
    assert (told["rack"], told["data_centre"]) == ("A12", "BER")
    assert told["tags"] == ["web", wide("db")]
