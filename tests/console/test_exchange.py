"""Files come in step by step: uploaded, their columns named, tried, imported; and go out again."""

import io
import json
import re
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select, update

from cmdb_api.extensions import db
from cmdb_api.models import ImportUpload
from cmdb_api.services.exchange import uploads
from tests.console import fleet
from tests.console.conftest import (
    Driver,
    Site,
    dispose,
    log_in_client,
    make_site_app,
    posting,
    token_of,
)
from tests.served import served

API = "/api/v1"
SHEET = "Hostname,Cabinet,Remark\nweb01,A12,first\nweb02,A12,second\nnew01,A13,third\n"


class Person:
    """Somebody who imports, without a browser."""

    def __init__(self, app, name):
        self.client = log_in_client(app, name)
        self.token = {"csrf_token": token_of(self.client.get("/preferences"))}

    def post(self, path, **fields):
        return self.client.post(path, data=self.token | fields)

    def upload(self, text, name="servers.csv"):
        """Upload a file; return the answer."""
        data = text if isinstance(text, bytes) else text.encode()
        form = self.token | {"file": (io.BytesIO(data), name)}
        return self.client.post("/exchange/uploads", data=form, content_type="multipart/form-data")

    def get(self, path):
        return self.client.get(path)


@pytest.fixture
def fresh_olga(fresh_site):
    """Return olga, an operator, on a site of one's own."""
    return Person(fresh_site.app, "olga")


@pytest.fixture(scope="module")
def our_site(make_sqlite_database):
    """Return a Site that the tests of this file share, and change: they import of what is new."""
    app = make_site_app(make_sqlite_database())
    admin = Driver(app, "admin")
    known = fleet.build(admin, Driver(app, "relay"), posting(admin))
    with served(app) as address:
        yield Site(address, app, known)
    dispose(app)


@pytest.fixture(scope="module")
def olga(our_site):
    return Person(our_site.app, "olga")


def test_a_sheet_goes_in_through_the_browser_and_its_wrong_rows_come_back(fresh_site, look):
    page = look(fresh_site, "olga").page
    page.goto(fresh_site.url + "/exchange")
    sent = {"name": "racks.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
    page.locator("input[type=file]").set_input_files(sent)
    page.get_by_role("button", name="Upload and look").click()
    assert page.get_by_label("Cabinet").input_value() == "rack"
    assert page.get_by_label("Remark").input_value() == "comment"
    page.get_by_role("button", name="Check").click()
    page.wait_for_url("**/exchange/imports/*")
    assert "Nothing was changed yet" in page.inner_text("main")
    wrong = page.get_by_role("region", name="Cells that are wrong")
    assert "B4" in wrong.inner_text() and "there is no rack A13" in wrong.inner_text()
    assert "/api/" not in wrong.inner_text()
    assert "first" in page.get_by_role("region", name="What would change").inner_text()
    page.get_by_role("button", name="Import 2 assets").click()
    page.wait_for_selector("text=Imported in part")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the wrong rows").click()
    assert "new01" in download.value.path().read_text("utf-8-sig")
    asset = Driver(fresh_site.app, "admin").get(f"{API}/assets/web01").json
    assert asset["comment"] == "first"


def test_it_goes_without_script_and_names_that_lack_are_added_where_asked(our_site, look):
    looker = look(our_site, "olga", script=False, size="phone")
    page = looker.page
    looker.open("/exchange")
    sent = {"name": "racks.csv", "mimeType": "text/csv", "buffer": SHEET.encode()}
    page.locator("input[type=file]").set_input_files(sent)
    page.get_by_role("button", name="Upload and look").click()
    page.get_by_role("button", name="Check").click()
    page.get_by_role("link", name="Change options").click()
    page.locator('input[name="create"][value="rack"]').check()
    page.get_by_role("button", name="Check").click()
    # A new rack needs a data centre, which this sheet does not name: it is told, not guessed.
    assert "rack" in page.get_by_role("region", name="Cells that are wrong").inner_text().lower()


def test_nothing_changes_before_the_import_and_nobody_else_sees_the_file(fresh_olga, fresh_site):
    upload = fresh_olga.upload(SHEET).location
    tried = fresh_olga.post(
        upload, **{"column-1": "hostname", "column-3": "comment", "mode": "rows"}
    )
    assert re.fullmatch(r"/exchange/imports/\d+", tried.location)
    admin = Driver(fresh_site.app, "admin")
    assert admin.get(f"{API}/assets/web02").json["comment"] == "imported"
    other = Person(fresh_site.app, "anna")
    assert other.get(upload).location == "/exchange"
    assert other.post(f"{upload}/import").location == "/exchange"
    other.post(f"{upload}/drop")
    shown = other.get(tried.location).text
    assert "What would change" in shown and "/import" not in shown.replace("/imports", "")
    assert fresh_olga.get(upload).status_code == 200


def test_that_new_assets_become_online_is_told_where_the_file_says_no_state(fresh_olga):
    told = "1 asset is new, and the file does not tell its state"
    for field, is_told in (("comment", True), ("state", False)):
        upload = fresh_olga.upload("Hostname,Said\nnew07,planned\n").location
        asked = {"column-1": "hostname", "column-2": field, "mode": "rows"}
        page = fresh_olga.get(fresh_olga.post(upload, **asked).location).text
        assert "new07" in page and (told in page) is is_told, field


def test_what_was_chosen_is_what_is_imported(olga, our_site):
    upload = olga.upload(SHEET).location
    fields = {"column-1": "hostname", "column-2": "", "column-3": "inventory_number"}
    olga.post(upload, **fields, mode="rows", save_mapping="mine")
    done = olga.post(f"{upload}/import")
    told = Driver(our_site.app, "admin").get(f"{API}/assets/new01").json
    assert (told["rack"], told["inventory_number"], told["comment"]) == (None, "third", None)
    # All went well: the file is gone, and its mapping is known the next time.
    assert olga.get(upload).location == "/exchange"
    assert "3 assets were written" in olga.get(done.location).text
    again = olga.get(olga.upload(SHEET).location).text
    assert "headings are those of mapping mine" in again


def test_a_file_without_hostnames_can_be_told_which_column_has_them(olga):
    upload = olga.upload("Box,Where\nweb01,A12\n").location
    page = olga.get(upload)
    assert page.status_code == 422 and "no column is headed hostname" in page.text
    assert 'name="column-1"' in page.text and "Box" in page.text
    told = olga.post(upload, **{"column-1": "hostname", "column-2": "comment", "mode": "rows"})
    assert told.status_code == 302
    assert "A12" in olga.get(told.location).text


def test_two_columns_of_one_field_are_told_and_what_was_chosen_stays(olga):
    upload = olga.upload(SHEET).location
    both = {"column-1": "hostname", "column-2": "comment", "column-3": "comment", "mode": "all"}
    answer = olga.post(upload, **both)
    assert answer.status_code == 422
    assert "two columns are comment" in answer.text
    assert answer.text.count('<option value="comment" selected>') == 2
    assert '<option selected value="all">' in answer.text


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.csv", b"", "empty"),
        ("a.xlsx", b"no workbook", "is no .xlsx workbook"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), ""),
        ("a.pdf", b"%PDF-1.4 x", "wanted"),
    ],
)
def test_what_is_no_table_is_refused_beside_the_field(olga, name, data, told):
    answer = olga.upload(data, name)
    assert answer.status_code == 422
    error = re.search(r'id="file-error">(.*?)</div></div>', answer.text, re.S)[1]
    assert told in error


def test_all_wrong_cells_are_told_page_by_page_and_as_a_file(fresh_olga):
    rows = "".join(f"bad name {n},x\n" for n in range(230))
    upload = fresh_olga.upload("hostname,comment\n" + rows).location
    fields = {"column-1": "hostname", "column-2": "comment", "mode": "rows"}
    address, seen = fresh_olga.post(upload, **fields).location, []
    run = address
    while address:
        page = fresh_olga.get(address).text
        seen += re.findall(r"<strong>(A\d+)</strong>", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following and following[1].replace("&amp;", "&")
    assert seen == [f"A{n}" for n in range(2, 232)]
    file = fresh_olga.get(f"{run}?format=csv")
    assert len(file.text.splitlines()) == 231
    file.close()


def test_a_file_that_is_worked_on_is_not_taken_twice_and_tells_how_far_it_is(
    fresh_olga, fresh_site
):
    upload = fresh_olga.upload(SHEET).location
    fields = {"column-1": "hostname", "column-3": "comment", "mode": "rows"}
    fresh_olga.post(upload, **fields)
    number = int(upload.rpartition("/")[2])
    with fresh_site.app.app_context():
        owner = db.session.scalar(select(ImportUpload.owner_key).where(ImportUpload.id == number))
        uploads.begin(db.session, number, owner=owner)
        uploads.hear(db.session, number, 500, 3000, owner=owner)
        db.session.commit()
    told = fresh_olga.get(f"{upload}/progress").json
    assert (told["done"], told["count"]) == (500, 3000)
    assert "500 of 3,000 rows" in told["text"]
    assert "being worked on" in fresh_olga.get("/exchange").text
    fresh_olga.post(f"{upload}/import")
    assert "being worked on already" in fresh_olga.get(upload).text
    # Whoever works on it was not heard of for long: they are gone.
    with fresh_site.app.app_context():
        gone = uploads.now() - 2 * uploads.SILENT
        db.session.execute(update(ImportUpload).values(heard_at=gone))
        db.session.commit()
    assert fresh_olga.get(f"{upload}/progress").json["text"] is None
    assert "/imports/" in fresh_olga.post(f"{upload}/import").location


def test_what_was_tried_is_found_again_where_the_answer_got_lost(olga):
    upload = olga.upload(SHEET).location
    fields = {"column-1": "hostname", "column-3": "comment", "mode": "rows"}
    result = olga.post(upload, **fields).location
    assert f'href="{result}"' in olga.get("/exchange").text


def test_a_failed_import_leaves_the_file_free_to_try_again(olga):
    upload = olga.upload(SHEET).location
    wrong = {"column-1": "hostname", "column-2": "hostname", "mode": "rows"}
    assert olga.post(upload, **wrong).status_code == 422
    right = {"column-1": "hostname", "column-3": "comment", "mode": "rows"}
    assert olga.post(upload, **right).status_code == 302


def test_uploads_are_bounded_and_forgotten(fresh_olga, fresh_site):
    for _ in range(uploads.MOST + 2):
        last = fresh_olga.upload(SHEET).location
    with fresh_site.app.app_context():
        owner = ImportUpload.owner_key
        counts = db.session.execute(select(owner, func.count()).group_by(owner)).all()
        assert max(count for _owner, count in counts) == uploads.MOST
        old = uploads.now() - uploads.KEPT * 2
        db.session.execute(update(ImportUpload).values(at=old))
        db.session.commit()
    assert fresh_olga.get(last).location == "/exchange"
    fresh_olga.upload(SHEET)
    with fresh_site.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(ImportUpload)) == 1


def test_a_viewer_sees_imports_and_exports_but_is_offered_no_upload(site):
    vera = Person(site.app, "vera")
    page = vera.get("/exchange").text
    assert "Upload and look" not in page and "for operators and admins" in page
    assert vera.upload(SHEET).status_code == 403
    assert vera.get("/exchange/imports").status_code == 200


def test_what_a_file_has_is_text_on_every_step(olga):
    evil = "<img src=x onerror=alert(1)>"
    data = json.dumps({"hostname": "web01", evil: evil, "rack": evil}) + "\n"
    upload = olga.upload(data, f"{evil}.jsonl").location
    pages = [olga.get("/exchange").text, olga.get(upload).text]
    fields = {"column-1": "hostname", "column-3": "rack", "mode": "rows"}
    pages.append(olga.get(olga.post(upload, **fields).location).text)
    for page in pages:
        assert "<img" not in page and "&lt;img" in page


@pytest.mark.parametrize(("language", "heading"), [("en", "Hostname"), ("zh", "主机名")])
def test_the_empty_sheet_has_headings_that_an_import_knows(olga, language, heading):
    answer = olga.get(f"/exchange/template-{language}.xlsx")
    data = answer.get_data()
    answer.close()
    sheet = ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml").decode()
    assert heading in sheet
    page = olga.get(olga.upload(data, "template.xlsx").location)
    assert page.status_code == 200
    assert "not known" not in page.text


def test_what_is_exported_to_edit_comes_back_as_it_was(olga):
    file = olga.get("/exchange/export/file?set=declared&as=xlsx")
    data = file.get_data()
    file.close()
    upload = olga.upload(data, "assets.xlsx").location
    page = olga.get(upload).text
    chosen = dict(
        re.findall(r'name="(column-\d+)".*?<option value="([^"]+)" selected>', page, re.S)
    )
    told = olga.get(olga.post(upload, **chosen, mode="all").location).text
    assert "there is nothing to import" in told


@pytest.mark.parametrize(
    ("query", "begins"),
    [
        ("as=csv&set=ticked&columns=hostname&columns=rack&separator=semicolon&bom=false",
         "Hostname;Rack\r\n"),
        ("as=csv&set=ticked&more=hostname,package.openssl&language=zh&bom=false", "主机名,"),
        ("as=jsonl&set=everything&components=true&query=hostname:web01", '{"schema":'),
        ("as=jsonl&set=usual", '{"schema":'),
    ],
)  # fmt: skip
def test_an_export_is_as_it_was_asked_for(site, query, begins):
    answer = log_in_client(site.app, "vera").get(f"/exchange/export/file?{query}")
    text = answer.text
    answer.close()
    assert answer.status_code == 200, text[:300]
    assert text.startswith(begins)
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("query=nosuch:1", "nosuch"),
        ("set=ticked&more=no.such", "no.such"),
        ("sort=nosuch", "nosuch"),
    ],
)
def test_a_wrong_export_is_told_beside_the_field_and_what_was_typed_stays(site, query, told):
    answer = log_in_client(site.app, "vera").get(f"/exchange/export/file?{query}")
    assert answer.status_code == 422
    assert 'class="wrong"' in answer.text and told in answer.text


def test_a_mapping_is_renamed_and_removed_and_a_lost_race_is_told(olga, our_site):
    admin = Driver(our_site.app, "admin")
    page = olga.get("/exchange/mappings/1").text
    etag = re.search(r'name="etag"[^>]*value="([^"]+)"', page)[1].replace("&#34;", '"')
    admin.patch(f"{API}/import-mappings/1", json={"description": "theirs"},
                headers={"If-Match": etag})  # fmt: skip
    lost = olga.post("/exchange/mappings/1", name="better", description="", etag=etag)
    assert lost.status_code == 409 and "theirs" in lost.text
    etag = re.search(r'name="etag"[^>]*value="([^"]+)"', lost.text)[1].replace("&#34;", '"')
    assert olga.post("/exchange/mappings/1", name="better", etag=etag).status_code == 302
    assert "better" in olga.get("/exchange/mappings").text
    olga.post("/exchange/mappings/1/remove")
    assert olga.get("/exchange/mappings/1").location == "/exchange/mappings"
