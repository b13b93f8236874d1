"""Racks drawn to scale; assets put into their units, moved, and taken out."""

import html
import re
from typing import NamedTuple

import pytest

from cmdb_api.views.console import elevations
from tests.console.conftest import Driver, _site, log_in_client, token_of
from tests.console.fleet import API

PLACE = "/places/racks/1/place"


class Row(NamedTuple):
    """An asset in a rack."""

    hostname: str
    position_u: int
    height_u: int | None = None
    state: str = "online"
    business_unit: str | None = None


@pytest.fixture(scope="module")
def own_site(make_sqlite_database):
    """Return a Site that the tests of this module change, each with names of its own."""
    yield from _site(make_sqlite_database())


@pytest.fixture
def olga(own_site):
    return log_in_client(own_site.app, "olga")


def place(client, path=PLACE, **typed):
    """Send a form of this page."""
    page = client.get(path)
    given = {"csrf_token": token_of(page), "etag": etag_of(page)} | typed
    return client.post(path, data=given)


def etag_of(page):
    """Return the ETag in the form of a page."""
    found = re.search(r'<input[^>]*name="etag"[^>]*>', page.text)[0]
    return html.unescape(re.search(r'value="([^"]*)"', found)[1])


def make_rack(site, name, *assets, **given):
    """Add a rack of 10 units with assets at 1, 2 …; return its number."""
    writer = Driver(site.app, "write")
    given = {"name": name, "data_centre": "FRA1", "height_u": 10} | given
    number = writer.post(f"{API}/racks", json=given).json["id"]
    place = {"data_centre": "FRA1", "room": given.get("room"), "rack": name}
    for unit, asset in enumerate(assets, 1):
        answer = writer.post(f"{API}/assets", json={"hostname": asset, "position_u": unit} | place)
        assert answer.status_code == 201, answer.text
    return number


def where(site, hostname):
    """Return where an asset stands."""
    told = Driver(site.app, "read").get(f"{API}/assets/{hostname}").json
    return told["rack"], told["position_u"], told["height_u"]


def test_units_are_drawn_from_the_top_and_blocks_as_high_as_they_are():
    rows = [Row("a", 4, 2), Row("b", 1)]
    drawn = [(line.unit, line.row and line.row.hostname, line.span, line.covered)
             for line in elevations.lines(5, rows)]  # fmt: skip
    assert drawn == [
        *((5, "a", 2, False), (4, "a", 0, True)),
        *((3, None, 0, False), (2, None, 0, False), (1, "b", 1, False)),
    ]
    assert elevations.blocks(5, rows) == [(rows[0], 0, 2), (rows[1], 4, 1)]
    assert elevations.largest_gap(5, rows) == 2


def test_what_reaches_over_the_top_is_cut_there():
    (line, *_) = elevations.lines(3, [Row("a", 3, 4)])
    assert (line.unit, line.span) == (3, 1)


def test_colours_have_letters_and_words(site):
    rows = [Row("a", 1, state="offline"), Row("b", 2, business_unit="Shop"), Row(None, 3)]
    with site.app.test_request_context():
        states = elevations.tones(rows, elevations.STATE)
        units = elevations.tones(rows, elevations.UNIT)
    assert [(tone.letter, tone.count) for tone in states.values()] == [("C", 1), ("D", 1), ("?", 1)]
    assert next(iter(units.values())).words == "Shop"
    assert units[None].count == 1 and units[""].count == 1
    css = [tone.css for tone in states.values()]
    assert len(set(css)) == len(css)


def test_an_asset_of_two_units_is_twice_as_high(site, look):
    page = look(site, "vera").page
    page.goto(f"{site.url}/places/racks/1")
    height = {name: page.locator(f"td:has(bdi:text-is('{name}'))").bounding_box()["height"]
              for name in ("web01", "web02", "db01")}  # fmt: skip
    assert height["web01"] == pytest.approx(2 * height["web02"], rel=0.05)
    assert height["db01"] == pytest.approx(4 * height["web02"], rel=0.08)


def test_colours_are_switched_without_a_script(site, look):
    page = look(site, "vera", script=False).page
    page.goto(f"{site.url}/places/racks/1")
    assert "online" in page.locator(".legend").inner_text().lower()
    page.get_by_role("link", name="By business unit").click()
    assert "Shop" in page.locator(".legend").inner_text()
    assert page.locator("td", has_text="web01").get_by_text("Shop").count() == 1


def test_an_asset_is_placed_from_a_free_unit(fresh_site, look):
    page = look(fresh_site, "olga", size="phone").page
    page.goto(f"{fresh_site.url}/places/racks/1")
    page.get_by_role("link", name="place an asset in unit 30").click()
    page.get_by_label("Name of the asset").fill("never01")
    page.get_by_label("Height").fill("3")
    page.get_by_role("button", name="Place it").click()
    page.wait_for_url("**/places/racks/1#unit-32")
    assert page.get_by_role("status").inner_text() == "never01 is placed."
    assert where(fresh_site, "never01") == ("A12", 30, 3)


def test_taken_units_are_told_beside_the_field_with_the_nearest_free_ones(own_site, olga):
    answer = place(olga, hostname="never01", position_u="11", height_u="1")
    assert answer.status_code == 422
    error = re.search(r'id="position_u-error">(.*?)</div></div>', answer.text, re.S)[1]
    assert "web01 (10-11)" in error and "12" in error
    assert 'value="never01"' in answer.text
    assert where(own_site, "never01")[0] is None


def test_an_asset_that_stands_elsewhere_is_moved_only_when_asked_twice(own_site, olga):
    make_rack(own_site, "M1", "m1")
    path = f"/places/racks/{make_rack(own_site, 'M2')}/place"
    typed = {"hostname": "m1", "position_u": "3", "height_u": "1"}
    asked = place(olga, path, **typed)
    assert asked.status_code == 422 and "FRA1 / M1 now" in asked.text
    assert where(own_site, "m1")[0] == "M1"
    typed |= {"etag": etag_of(asked), "sure": "m1"}
    assert olga.post(path, data={"csrf_token": token_of(asked), **typed}).status_code == 303
    assert where(own_site, "m1") == ("M2", 3, 1)


def test_a_rack_is_meant_by_its_room_where_others_have_its_name(own_site, olga):
    here, there = make_rack(own_site, "T1", "t1"), make_rack(own_site, "T1", room="Hall 2")
    page = f"/places/racks/{there}"
    moved = place(olga, "/places/assets/t1/move", rack="FRA1 / Hall 2 / T1", position_u="1")
    assert moved.status_code == 303 and moved.location == f"{page}#unit-1"
    assert "t1</bdi>" in olga.get(page).text
    back = place(olga, f"/places/racks/{here}/place", hostname="t1", position_u="1", sure="t1")
    assert back.status_code == 303 and f"racks/{here}#" in back.location
    assert "t1</bdi>" not in olga.get(page).text


def test_wrong_input_is_told_beside_its_field(olga):
    for typed, text in (
        ({"hostname": "nosuch", "position_u": "1"}, "there is no asset nosuch"),
        ({"hostname": "never01", "position_u": "x"}, "Not a valid integer"),
        ({"hostname": "never01", "position_u": "500"}, "position_u-error"),
        ({"hostname": "never01", "position_u": "42", "height_u": "2"}, "42 units"),
        ({"hostname": "", "position_u": "1"}, "hostname-error"),
    ):
        answer = place(olga, **typed)
        assert answer.status_code == 422, typed
        assert text in answer.text, typed


def test_an_asset_is_moved_and_a_lost_race_is_told(own_site, olga):
    make_rack(own_site, "R1", "r1")
    path = "/places/assets/r1/move"
    page = olga.get(path)
    typed = {"rack": "R1", "position_u": "4", "height_u": "1", "csrf_token": token_of(page)}
    change = {"position_u": 7}
    assert Driver(own_site.app, "write").patch(f"{API}/assets/r1", json=change).json
    lost = olga.post(path, data=typed | {"etag": etag_of(page)})
    assert lost.status_code == 409 and "<td>7</td><td>4</td>" in lost.text
    assert where(own_site, "r1")[1] == 7
    assert olga.post(path, data=typed | {"etag": etag_of(lost)}).status_code == 303
    assert where(own_site, "r1")[1] == 4


def test_an_asset_without_a_unit_stays_in_its_rack(own_site, olga):
    number = make_rack(own_site, "U1", "u1")
    answer = place(olga, "/places/assets/u1/move", rack="U1", position_u="", height_u="2")
    assert answer.status_code == 303
    assert where(own_site, "u1") == ("U1", None, None)
    text = olga.get(f"/places/racks/{number}").text
    assert "unit not known" in text and "Give it a unit" in text


@pytest.mark.parametrize("script", [True, False])
def test_an_asset_is_taken_out(own_site, look, script):
    number = make_rack(own_site, f"O{script}", f"o{script}", room="Hall 2")
    page = look(own_site, "olga", script=script).page
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{own_site.url}/places/assets/o{script}/move")
    page.get_by_role("button", name="Take it out").click()
    page.wait_for_url(f"**/places/racks/{number}")
    assert page.get_by_role("link", name=f"o{script}", exact=True).count() == 0
    told = Driver(own_site.app, "read").get(f"{API}/assets/o{script}").json
    assert (told["rack"], told["room"], told["position_u"]) == (None, "Hall 2", None)


def test_a_viewer_places_nothing(site):
    client = log_in_client(site.app, "vera")
    for path in (PLACE, "/places/assets/web01/move"):
        assert client.get(path).status_code == 403
    token = token_of(client.get("/preferences"))
    sent = client.post("/places/assets/web01/take-out", data={"csrf_token": token})
    assert sent.status_code == 403


def test_an_asset_that_is_placed_keeps_its_height(own_site, olga):
    make_rack(own_site, "height-1", "tall01")
    other = make_rack(own_site, "height-2")
    writer = Driver(own_site.app, "write")
    told = {"position_u": 3, "height_u": 4, "rack": "height-1", "data_centre": "FRA1"}
    assert writer.patch(f"{API}/assets/tall01", json=told).status_code == 200
    path = f"/places/racks/{other}/place"
    asked = place(olga, path, hostname="tall01", position_u="2", height_u="")
    sure = {"sure": "tall01", "etag": etag_of(asked)}
    assert (
        place(olga, path, hostname="tall01", position_u="2", height_u="", **sure).status_code == 303
    )
    known = writer.get(f"{API}/assets/tall01").json
    assert (known["rack"], known["position_u"], known["height_u"]) == ("height-2", 2, 4)
