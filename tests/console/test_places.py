"""Places: how full they are, and what is found in them by name."""

import html
import re

import pytest

from cmdb_api.extensions import db
from cmdb_api.services import fullness
from tests.console.conftest import Driver, Site, _site, dispose, log_in_client, make_site_app
from tests.console.fleet import API
from tests.console.test_queries import counted
from tests.served import served


@pytest.fixture(scope="module")
def own_site(make_sqlite_database):
    """Return a Site that the tests of this module change, each with names of its own."""
    yield from _site(make_sqlite_database())


@pytest.fixture
def client(own_site):
    return log_in_client(own_site.app, "olga")


def add(site, path, **given):
    """Add a piece of master data, or an asset, through the API."""
    answer = Driver(site.app, "write").post(f"{API}/{path}", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json.get("id")


def test_a_place_says_how_many_units_are_used(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    add(fresh_site, "racks", name="B1", data_centre="FRA1", height_u=10)
    add(fresh_site, "assets", hostname="app01", rack="B1", position_u=1, height_u=3)
    add(fresh_site, "assets", hostname="app02", rack="B1")
    text = client.get("/places").text
    assert "3 of 10 U used" in text
    assert "7 of 42 U used" in text
    assert "10 of 52 U used" in text
    assert "5 assets" in text


def test_a_name_leaves_what_has_it_and_what_it_is_in(fresh_site):
    client = log_in_client(fresh_site.app, "vera")
    add(fresh_site, "racks", name="B1", data_centre="FRA1")
    add(fresh_site, "data-centres", name="BER2")
    text = client.get("/places?name=a12").text
    assert "FRA1" in text and "Hall 2" in text and "A12" in text
    assert "B1<" not in text and "BER2" not in text
    assert "Nothing fits" in client.get("/places?name=nosuch").text
    with fresh_site.app.app_context():
        (centre,) = fullness.tree(db.session, name="hall*")
        (room,) = centre["rooms"]
        assert [rack["name"] for rack in room["racks"]] == ["A12"]
        assert centre["roomless"] == []
        (centre,) = fullness.tree(db.session, name="fra1")
        assert [rack["name"] for rack in centre["roomless"]] == ["B1"]


def test_a_data_centre_shows_what_is_in_it_but_in_no_rack(own_site, client):
    add(own_site, "assets", hostname="loose01", data_centre="FRA1", room="Hall 2")
    add(own_site, "assets", hostname="loose02", data_centre="FRA1")
    text = client.get("/places/data-centres/1").text
    assert "loose01" in text and "loose02" in text and "web01" in text
    text = client.get("/places/rooms/1").text
    assert "loose01" in text and "loose02" not in text


def test_the_list_of_what_is_in_no_rack_is_the_same(own_site, client):
    name = 'Old "hall" \\ 1'
    number = add(own_site, "data-centres", name=name)
    add(own_site, "assets", hostname="alone01", data_centre=name)
    page = client.get(f"/places/data-centres/{number}").text
    address = page.split('">Show them as a list')[0].rpartition('href="')[2]
    listed = client.get(address.replace("&amp;", "&")).text
    assert "/assets/alone01" in listed and "/assets/db01" not in listed


def test_an_empty_record_says_what_to_do_first(make_sqlite_database, look):
    app = make_site_app(make_sqlite_database())
    with served(app) as address:
        looker = look(Site(address, app, {}), "olga")
        looker.open("/places")
        looker.page.locator(".empty a", has_text="Add a data centre").click()
        looker.page.get_by_label("Name *").fill("MUC1")
        looker.page.get_by_role("button", name="Add", exact=True).click()
        looker.page.wait_for_url("**/master/data-centres/1")
        assert looker.page.locator("h1").inner_text() == "MUC1"
    dispose(app)


def test_many_racks_are_drawn_a_page_at_a_time(own_site, client):
    number = add(own_site, "rooms", name="Many", data_centre="FRA1")
    for rack in range(45):
        add(own_site, "racks", name=f"C{rack:02}", data_centre="FRA1", room="Many")
    text = client.get(f"/places/rooms/{number}").text
    assert "C39" in text and "C40" not in text
    text = client.get(f"/places/rooms/{number}?start=40").text
    assert "C40" in text and "C39" not in text
    assert client.get(f"/places/rooms/{number}?start=99999").status_code == 200


def test_more_racks_need_no_more_queries(own_site, client):
    paths = ("/places", "/places/data-centres/1", "/places/rooms/1", "/places/racks/1")
    # Once before, for what is noted once a minute.
    before = [_queries(own_site, client, path) for path in paths * 2][len(paths) :]
    for number in range(5):
        add(own_site, "racks", name=f"D{number}", data_centre="FRA1", room="Hall 2")
        add(own_site, "assets", hostname=f"d{number}", rack=f"D{number}", position_u=1)
    assert [_queries(own_site, client, path) for path in paths] == before
    assert max(before) <= 12


def test_a_place_that_is_not_there_is_told(site):
    client = log_in_client(site.app, "vera")
    for path in ("data-centres/99", "rooms/99", "racks/99", f"racks/{10**30}"):
        assert client.get(f"/places/{path}").status_code == 404, path


def test_a_viewer_is_offered_nothing_to_add(site):
    client = log_in_client(site.app, "vera")
    assert "/master/racks/add" not in client.get("/places").text
    assert "/place" not in client.get("/places/racks/1").text.replace("/places", "")


def _queries(site, client, path):
    with counted(site.app) as statements:
        assert client.get(path).status_code == 200
    return len(statements)


def _filled(site):
    """Add racks of which the last by name is the fullest, and one that is empty."""
    driver = Driver(site.app, "admin")
    for name, height in (("Z9", 10), ("B1", 20)):
        rack = {"name": name, "data_centre": "FRA1", "room": "Hall 2", "height_u": height}
        assert driver.post("/api/v1/racks", json=rack).status_code == 201
    given = {"rack": "Z9", "position_u": 1, "height_u": 8}
    assert driver.patch("/api/v1/assets/never01", json=given).status_code == 200


def test_places_are_shown_fullest_first(fresh_site):
    _filled(fresh_site)
    client = log_in_client(fresh_site.app, "vera")
    racks = lambda query: re.findall(  # noqa: E731
        r'<li><a href="/places/racks/\d+"><bdi>(\w+)<', client.get(f"/places{query}").text
    )
    assert racks("") == ["A12", "B1", "Z9"]
    assert racks("?sort=-used_percent") == ["Z9", "A12", "B1"]


def test_racks_are_a_table_in_any_order_and_a_file(fresh_site):
    _filled(fresh_site)
    client = log_in_client(fresh_site.app, "vera")

    def racks(query=""):
        page = client.get(f"/places?view=table{query}").text
        return re.findall(r'<a href="/places/racks/\d+"><bdi>(\w+)<', page)

    assert racks() == ["A12", "B1", "Z9"]
    assert racks("&sort=-used_percent") == ["Z9", "A12", "B1"]
    assert racks("&sort=height_u") == ["Z9", "B1", "A12"]
    assert racks("&sort=-name&limit=2") == ["Z9", "B1"] and racks("&name=z*") == ["Z9"]
    wrong = client.get("/places?view=table&sort=used_percnt").text
    assert "did you mean used_percent?" in wrong
    first = client.get("/places?view=table&sort=-name&limit=2").text
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    assert ">A12<" in client.get(following).text
    with client.get("/places?sort=-used_percent&format=csv") as answer:
        rows = [line.split(",") for line in answer.text.splitlines()[1:]]
    assert rows[0][:7] == ["Z9", "FRA1", "Hall 2", "80", "2", "2", "10"]
    assert [row[0] for row in rows] == ["Z9", "A12", "B1"]


def test_a_server_of_many_units_finds_the_racks_that_have_them_beside_each_other(fresh_site):
    _filled(fresh_site)
    driver = Driver(fresh_site.app, "admin")
    for number, unit in enumerate((10, 1, 6)):
        given = {"hostname": f"box{number}", "rack": "B1", "position_u": unit, "height_u": 2}
        assert driver.post("/api/v1/assets", json=given).status_code == 201
    client = log_in_client(fresh_site.app, "vera")

    def racks(query):
        asked = {"view": "table", "columns": "name,largest_gap", "format": "csv", "query": query}
        with client.get("/places", query_string=asked | {"sort": "-largest_gap"}) as answer:
            return [line.split(",") for line in answer.text.splitlines()[1:]]

    # Of A12 units 10-11, 14 and 20-23 of 42 are taken; of B1 1-2, 6-7 and 10-11 of 20.
    assert racks("") == [["A12", "19"], ["B1", "9"], ["Z9", "2"]]
    assert racks("largest_gap:>=9") == [["A12", "19"], ["B1", "9"]]
    for name, gap in racks(""):
        number = driver.get(f"/api/v1/racks?name={name}").json["items"][0]["id"]
        page = client.get(f"/places/racks/{number}").text
        assert re.search(rf"Largest gap</dt><dd>{gap} U<", page)


def test_a_rack_leads_to_the_changes_of_what_is_in_it_and_to_its_own(fresh_site):
    client = log_in_client(fresh_site.app, "vera")
    page = client.get("/places/racks/1").text
    links = [html.unescape(link) for link in re.findall(r'href="([^"]*changes[^"]*)"', page)]
    within, own = (next(n for n in links if n.startswith(p)) for p in ("/changes?", "/master/"))
    assert "web01" in client.get(within).text
    told = client.get(own).text
    assert "A12" in told and "Added" in told


@pytest.mark.parametrize("cursor", ["x", "WyJhIl0", "Wy05XQ"])
def test_a_page_of_racks_that_is_none_breaks_nothing(site, cursor):
    answer = log_in_client(site.app, "vera").get(f"/places?view=table&cursor={cursor}")
    assert answer.status_code == 200
