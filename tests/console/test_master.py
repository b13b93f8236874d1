"""Master data: all sorts listed, added, edited and removed; what people changed is told."""

import html
import re

import pytest

from tests.console.conftest import Driver, _site, log_in_client, token_of
from tests.console.fleet import API
from tests.console.test_queries import counted

SORTS = {
    "data-centres": {"address": "Example street 2"},
    "rooms": {"data_centre": "FRA1"},
    "racks": {"place": "FRA1 / Hall 2", "height_u": "24"},
    "environments": {},
    "services": {"business_unit": "Shop"},
    "business-units": {},
    "contacts": {"email": "team@example.com", "phone": "+49 30 23125 000"},
    "suppliers": {"email": "sales@example.com"},
    "asset-types": {},
    "tags": {},
}


@pytest.fixture(scope="module")
def own_site(make_sqlite_database):
    """Return a Site that the tests of this module change, each with names of its own."""
    yield from _site(make_sqlite_database())


@pytest.fixture
def olga(own_site):
    return log_in_client(own_site.app, "olga")


def send(client, path, **typed):
    """Send the form of a page as it is, but for what is typed."""
    page = client.get(path)
    return client.post(path, data={"csrf_token": token_of(page), "etag": etag_of(page)} | typed)


def etag_of(page):
    """Return the ETag in the form of a page."""
    found = re.search(r'<input[^>]*name="etag"[^>]*>', page.text)[0]
    return html.unescape(re.search(r'value="([^"]*)"', found)[1])


def text_of(answer):
    """Return the text of a file."""
    text = answer.get_data().decode("utf-8-sig")
    answer.close()
    return text


def error_of(page, field):
    """Return what is told beside a field."""
    return re.search(rf'id="{field}-error">(.*?)</div></div>', page.text, re.S)[1]


def made(site, path, **given):
    """Add a piece through the API; return its number."""
    answer = Driver(site.app, "write").post(f"{API}/{path}", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json.get("id")


def one(site, path, number):
    """Return a piece as the API tells of it."""
    return Driver(site.app, "read").get(f"{API}/{path}/{number}").json


@pytest.mark.parametrize("path", SORTS)
def test_each_sort_is_added_edited_listed_and_removed(own_site, olga, path):
    typed = {"name": f"New {path}", "description": "two\nlines"} | SORTS[path]
    added = send(olga, f"/master/{path}/add", **typed)
    assert added.status_code == 303, added.text
    number = int(added.location.rpartition("/")[2])
    told = one(own_site, path, number)
    assert told["description"] == "two\nlines"
    for name, text in SORTS[path].items():
        if name == "place":
            assert (told["data_centre"], told["room"]) == ("FRA1", "Hall 2")
        else:
            assert str(told[name]) == text
    typed |= {"name": f"Other {path}", "description": ""}
    assert send(olga, f"/master/{path}/{number}", **typed).status_code == 303
    listed = olga.get(f"/master/{path}?name=other").text
    assert f"Other {path}" in listed and f"New {path}" not in listed
    page = olga.get(f"/master/{path}/{number}").text
    assert f'<span class="old">New {path}</span> → <span class="new">Other {path}</span>' in page
    assert send(olga, f"/master/{path}/{number}/remove").status_code == 303
    assert olga.get(f"/master/{path}/{number}").status_code == 404
    edits = olga.get(f"/master/changes?resource={path}&actor=OLGA").text
    assert edits.partition("<tbody>")[2].count(f"Other {path}</bdi>") == 2 and "Removed" in edits


def test_a_name_that_is_taken_is_told_beside_it_and_what_was_typed_stays(own_site, olga):
    answer = send(olga, "/master/racks/add", name="a12", place="FRA1 / Hall 2", height_u="10")
    assert answer.status_code == 422
    assert "already" in error_of(answer, "name")
    assert 'value="a12"' in answer.text and 'value="10"' in answer.text
    assert '<option selected value="FRA1 / Hall 2">' in answer.text
    elsewhere = send(olga, "/master/racks/add", name="a12", place="FRA1", height_u="")
    assert elsewhere.status_code == 303
    told = one(own_site, "racks", int(elsewhere.location.rpartition("/")[2]))
    assert (told["room"], told["height_u"]) == (None, 42)


def test_wrong_input_is_told_beside_its_field(olga):
    for path, typed, field in (
        ("racks", {"name": "", "place": "FRA1"}, "name"),
        ("racks", {"name": "X1", "place": ""}, "place"),
        ("racks", {"name": "X1", "place": "FRA1", "height_u": "900"}, "height_u"),
        ("racks", {"name": "X1", "place": "FRA1", "height_u": "ten"}, "height_u"),
        ("racks", {"name": "X / 1", "place": "FRA1", "height_u": "1"}, "name"),
        ("rooms", {"name": "x" * 256, "data_centre": "FRA1"}, "name"),
        ("rooms", {"name": "X1", "data_centre": "nosuch"}, "data_centre"),
    ):
        answer = send(olga, f"/master/{path}/add", **typed)
        assert answer.status_code == 422, typed
        assert error_of(answer, field), typed


def test_a_rack_gets_no_lower_than_what_stands_in_it(own_site, olga):
    answer = send(olga, "/master/racks/1", name="A12", place="FRA1 / Hall 2", height_u="20")
    assert answer.status_code == 422 and "db01" in error_of(answer, "height_u")
    assert one(own_site, "racks", 1)["height_u"] == 42


def test_a_lost_race_shows_theirs_and_ones_own(own_site, olga):
    number = made(own_site, "contacts", name="Team Race", phone="1")
    path = f"/master/contacts/{number}"
    page = olga.get(path)
    theirs = {"phone": "2", "description": "theirs"}
    assert Driver(own_site.app, "write").patch(f"{API}/contacts/{number}", json=theirs).json
    typed = {"csrf_token": token_of(page), "name": "Team Race", "phone": "3", "description": ""}
    lost = olga.post(path, data=typed | {"etag": etag_of(page)})
    assert lost.status_code == 409
    assert "<td>2</td><td>3</td>" in lost.text and "<td>theirs</td><td>" in lost.text
    assert one(own_site, "contacts", number)["phone"] == "2"
    assert olga.post(path, data=typed | {"etag": etag_of(lost)}).status_code == 303
    assert one(own_site, "contacts", number)["phone"] == "3"


def test_what_was_not_touched_stays_as_somebody_else_saved_it(own_site, look):
    number = made(own_site, "contacts", name="Team Slow", phone="1", email="a@example.com")
    page = look(own_site, "olga").page
    page.goto(f"{own_site.url}/master/contacts/{number}")
    theirs = {"phone": "2", "description": "two\nlines"}
    assert Driver(own_site.app, "write").patch(f"{API}/contacts/{number}", json=theirs).json
    page.fill('[name="email"]', "b@example.com")
    page.get_by_role("button", name="Save").click()
    assert "b@example.com" in page.locator(".alert-warning").inner_text()
    assert page.input_value('[name="phone"]') == "2"
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".alert-success")
    now = one(own_site, "contacts", number)
    found = now["phone"], now["email"], now["description"]
    assert found == ("2", "b@example.com", "two\nlines")


def test_what_is_used_stays_and_links_lead_to_what_uses_it(own_site, olga):
    for path, number, links in (
        ("racks", 1, ["/assets/web01", "/assets/db01"]),
        ("data-centres", 1, ["/master/rooms/1", "/master/racks/1"]),
        ("business-units", 1, ["/assets/web01"]),
    ):
        answer = send(olga, f"/master/{path}/{number}/remove")
        assert answer.status_code == 409
        for link in links:
            assert f'href="{link}"' in answer.text, (path, link)
        assert one(own_site, path, number)["id"] == number


def test_a_piece_that_was_edited_meanwhile_is_not_removed(own_site, olga):
    number = made(own_site, "tags", name="edited meanwhile")
    path = f"/master/tags/{number}/remove"
    page = olga.get(path)
    change = {"description": "in use soon"}
    assert Driver(own_site.app, "write").patch(f"{API}/tags/{number}", json=change).json
    answer = olga.post(path, data={"csrf_token": token_of(page), "etag": etag_of(page)})
    assert answer.status_code == 409 and "Somebody else changed" in answer.text
    assert one(own_site, "tags", number)["id"] == number


def test_what_no_asset_names_is_found(own_site, olga):
    made(own_site, "tags", name="nobody")
    text = olga.get("/master/tags?unused=1").text
    assert "nobody" in text and ">lb<" not in text
    assert ">lb<" in olga.get("/master/tags").text


def test_the_number_of_assets_leads_to_them(own_site, olga):
    made(own_site, "racks", name="twin", data_centre="FRA1")
    made(own_site, "racks", name="twin", data_centre="FRA1", room="Hall 2")
    place = {"rack": "twin", "data_centre": "FRA1", "room": "Hall 2"}
    made(own_site, "assets", hostname="intwin", state="planned", **place)
    page = olga.get("/master/racks?name=twin").text
    (link,) = re.findall(r'href="(/assets\?[^"]*)"', page)
    listed = olga.get(html.unescape(link)).text
    assert "/assets/intwin" in listed and "/assets/db01" not in listed


def test_the_file_of_a_list_has_all_that_is_shown(own_site, olga):
    answer = olga.get("/master/racks?format=csv&columns=name,height_u,asset_count&name=A12")
    lines = text_of(answer).splitlines()
    assert lines[0] == "Name,Height (U),Assets" and "A12,42,3" in lines
    answer = olga.get("/master/changes?format=csv&resource=suppliers&name=Example Ltd")
    assert "Name: Example Ltd" in text_of(answer)


def test_edits_are_found_by_who_and_what_and_of_a_piece(own_site, olga):
    number = made(own_site, "suppliers", name="Acme")
    send(olga, f"/master/suppliers/{number}", name="Acme", phone="7")
    text = olga.get(f"/master/changes?resource=suppliers&number={number}&actor=olga").text
    assert 'Phone: <span class="none">—</span> → <span class="new">7</span>' in text
    assert "robot" not in text.split("<tbody>")[1]
    assert "Nothing fits" in olga.get("/master/changes?actor=nosuch").text
    assert olga.get("/master/changes?since=never&number=x").status_code == 200


def test_several_are_added_in_a_row(own_site, look):
    page = look(own_site, "olga", size="phone").page
    page.goto(f"{own_site.url}/master/rooms/add?data_centre=FRA1")
    for name in ("Hall 8", "Hall 9"):
        page.get_by_label("Name *").fill(name)
        assert page.get_by_label("Data centre").input_value() == "FRA1"
        page.get_by_role("button", name="then another").click()
        assert page.get_by_role("status").inner_text() == f"{name} is added."


def test_each_page_asks_the_database_seldom(site):
    client = log_in_client(site.app, "anna")
    for path in SORTS:
        for address in (f"/master/{path}", f"/master/{path}/1", f"/master/{path}/add"):
            with counted(site.app) as statements:
                status = client.get(address).status_code
            assert status == 200, address
            assert len(statements) <= 12, address


def test_a_viewer_reads_and_changes_nothing(site):
    client = log_in_client(site.app, "vera")
    page = client.get("/master/racks/1").text
    assert 'name="name"' not in page and "/remove" not in page and "FRA1" in page
    assert "/master/racks/add" not in client.get("/master").text
    for path in ("/master/racks", "/places?view=table"):
        assert "remove-chosen" not in client.get(path).text, path
    token = token_of(client.get("/preferences"))
    for path in ("racks/1", "racks/add", "racks/1/remove", "racks/remove-chosen"):
        assert client.post(f"/master/{path}", data={"csrf_token": token}).status_code == 403, path
    assert client.get("/master/racks/1/remove").status_code == 403


def test_a_sort_that_is_not_there_is_told(site):
    client = log_in_client(site.app, "vera")
    for path in ("nosuch", "nosuch/1", f"racks/{10**30}", "racks/99"):
        assert client.get(f"/master/{path}").status_code == 404, path
