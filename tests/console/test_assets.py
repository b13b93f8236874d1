"""The list of assets: searches, completion, columns, narrowing, files; and finding anything."""

import json

import pytest

from cmdb_api.errors import Invalid
from cmdb_api.views.console import searching
from tests.console.conftest import Driver, log_in_client


@pytest.fixture(scope="module")
def client(site):
    """Return a client that looks as the viewer does."""
    return log_in_client(site.app, "vera")


def test_a_wrong_search_is_told_beside_the_box_with_its_character_marked(client):
    page = client.get("/assets", query_string={"query": "hostname:web* AND rak:A12"})
    assert page.status_code == 200
    assert "<mark>r</mark>ak:A12" in page.text
    assert "did you mean rack?" in page.text


def test_columns_stand_in_the_order_in_which_they_were_chosen(client):
    page = client.get("/assets?columns=package.openssl,hostname,disk.firmware").text
    order = [page.index(word) for word in ("package.openssl", "Hostname</a>", "Disk firmware")]
    assert order == sorted(order)
    assert "3.0.2" in page and "FW2" in page


def test_an_unknown_column_is_told_and_the_others_are_shown(client):
    page = client.get("/assets?columns=hostname,nosuch")
    assert page.status_code == 200
    assert "there is no column nosuch" in page.text
    assert "web01" in page.text


def test_a_column_is_moved_by_a_link(client):
    page = client.get("/assets/columns?columns=rack,hostname&query=web").text
    assert "columns=hostname,rack" in page.replace("%2C", ",")
    assert '<input type="hidden" name="query" value="web">' in page


@pytest.mark.parametrize(
    ("query", "term", "whole"),
    [
        ("", "rack:A12", "rack:A12"),
        ("web", "NOT rack:A12", "web AND NOT rack:A12"),
        ("a OR b", "rack:A12", "(a OR b) AND rack:A12"),
    ],
)
def test_a_search_is_narrowed_without_changing_what_it_asked(query, term, whole):
    assert searching.narrowed(query, term) == whole


def test_a_search_that_is_wrong_is_not_narrowed():
    with pytest.raises(Invalid):
        searching.narrowed("(a", "rack:A12")


@pytest.mark.parametrize(
    ("value", "term"),
    [
        ("A12", "rack:A12"),
        ('a "b" (c)', 'rack:"a \\"b\\" (c)"'),
        ("not", 'rack:"not"'),
        (None, "NOT rack:*"),
        (True, "rack:true"),
    ],
)
def test_a_term_asks_for_exactly_the_value(value, term):
    assert searching.term("rack", value) == term
    assert searching.opposite(searching.opposite(term)) == term


def test_each_narrowing_that_is_offered_finds_what_it_says(client):
    every = _names(client, {})
    for term in ("rack:A12", "environment:production", "tags:lb", "board.model:*"):
        only, other = _names(client, {"query": term}), _names(client, {"query": f"NOT {term}"})
        assert only and only < every
        assert only | other == every and not only & other


def test_files_have_what_the_page_shows(client):
    asked = {"query": "rack:*", "columns": "rack,hostname", "sort": "-hostname"}
    lines = _file(client, asked | {"format": "csv"}).decode("utf-8-sig").splitlines()
    assert lines == ["Rack,Hostname", "A12,web02", "A12,web01", "A12,db01"]
    told = _file(client, asked | {"format": "jsonl"}).splitlines()
    assert [json.loads(line)["hostname"] for line in told] == ["web02", "web01", "db01"]
    assert _file(client, asked | {"format": "xlsx"})[:2] == b"PK"


def test_a_viewer_is_offered_no_edit_of_many(client):
    assert "/assets/bulk" not in client.get("/assets").text
    assert client.get("/assets/bulk?all=1").status_code == 403


def test_a_search_is_completed_by_the_keyboard(site, look):
    looker = look(site, "vera")
    looker.open("/assets")
    box = looker.page.get_by_role("combobox", name="Search")
    box.press_sequentially("rack:A1")
    looker.page.get_by_role("option", name="A12").wait_for()
    box.press("ArrowDown")
    assert looker.page.locator('[role="option"][aria-selected="true"]').count() == 1
    box.press("Enter")
    assert box.input_value() == "rack:A12"
    assert looker.page.locator('[role="option"]:visible').count() == 0
    box.press("Enter")
    looker.page.wait_for_url("**query=rack**")
    assert looker.page.get_by_role("link", name="db01").count() == 1


def test_escape_closes_the_suggestions_and_keeps_the_text(site, look):
    looker = look(site, "vera")
    looker.open("/assets")
    box = looker.page.get_by_role("combobox", name="Search")
    box.press_sequentially("envir")
    looker.page.get_by_role("option").first.wait_for()
    box.press("Escape")
    assert box.input_value() == "envir"
    assert box.get_attribute("aria-expanded") == "false"


def test_a_column_narrows_the_list_without_a_script(site, look):
    looker = look(site, "vera", script=False)
    looker.open("/assets")
    looker.page.locator('summary[aria-label="Narrow by Environment"]').click()
    looker.page.get_by_role("link", name="All but those with production").click()
    assert looker.page.locator('input[name="query"]').input_value() == "NOT environment:production"
    assert looker.page.get_by_role("link", name="db01").count() == 1
    assert looker.page.get_by_role("link", name="web01", exact=True).count() == 0


@pytest.mark.parametrize(
    ("wanted", "place"),
    [
        ("WEB01", "/assets/WEB01"),
        ("rack:A12", "/assets?query=rack:A12"),
        ("db*", "/assets/db01"),
        ("", "/assets"),
    ],
)
def test_what_means_one_thing_is_gone_to(client, wanted, place):
    answer = client.get("/find", query_string={"q": wanted})
    assert (answer.status_code, answer.location) == (302, place)


def test_find_shows_assets_parts_that_are_gone_and_places(fresh_site):
    client = log_in_client(fresh_site.app, "vera")
    assert "web02" in client.get("/find?q=192.0.2.10").text
    gone = client.get("/find?q=EXAMPLE-D1").text
    assert "in no host now" in gone
    assert "/master/racks/" in client.get("/find?q=A12").text


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("web 02", {"web02"}),
        ("02  WEB", {"web02"}),
        ('"web 02"', set()),
        ("192.0.2.", {"db01", "web01", "web02"}),
        ("00:00", {"db01", "web01", "web02"}),
        ("0000.5e00", {"db01", "web01", "web02"}),
        ("00:00:5e:01", set()),
        ("EXAMPLE-B-web0", {"web01", "web02"}),
    ],
)
def test_what_is_known_in_part_is_found(client, wanted, found):
    page = client.get("/find", query_string={"q": wanted}, follow_redirects=True)
    shown = {name for name in ("db01", "web01", "web02") if f'href="/assets/{name}"' in page.text}
    assert shown == found


def test_a_gone_part_is_found_by_the_beginning_of_its_serial_number(fresh_site):
    client = log_in_client(fresh_site.app, "vera")
    gone = client.get("/find?q=example-d1").text
    assert "Parts with this serial number" in gone
    part = client.get("/find?q=Example-D").text
    assert "Parts whose serial number begins so" in part
    assert "in no host now" in part
    assert 'href="/parts?serial=Example-D*"' in part
    hint = client.get("/find?q=Example-X").text
    assert "search among all" in hint


def test_a_place_is_found_by_the_whole_phrase(client):
    assert "/master/rooms/" in client.get("/find?q=hall+2").text
    assert "/master/rooms/" not in client.get("/find?q=2+hall").text


def test_more_assets_than_are_shown_are_counted_and_linked(fresh_site):
    admin = Driver(fresh_site.app, "admin")
    for number in range(23):
        admin.post("/api/v1/assets", json={"hostname": f"box{number:02}.example.com"})
    client = log_in_client(fresh_site.app, "vera")
    page = client.get("/find?q=box+example").text
    assert "The first 20 of 23 assets" in page
    assert 'href="/assets?query=box+example"' in page
    assert "23" in client.get("/assets?query=box+example").text


@pytest.mark.parametrize(
    "wanted", ["no-such-thing", "<script>", "a\0b", "x" * 900, "2001:db8::7", "fe80::1"]
)
def test_what_is_not_found_gets_hints(client, wanted):
    page = client.get("/find", query_string={"q": wanted})
    assert page.status_code == 200
    assert "search among all" in page.text


def _file(client, asked):
    with client.get("/assets", query_string=asked) as answer:
        assert answer.status_code == 200
        return answer.data


def _names(client, asked):
    return {*_file(client, asked | {"columns": "hostname", "format": "csv"}).decode().split()[1:]}


def test_nine_columns_are_shown_where_nobody_chose(site):
    client = log_in_client(site.app, "vera")
    heads = client.get("/assets").text.partition("<tbody>")[0].count('<th scope="col"')
    assert heads == 9
    chosen = client.get("/assets?columns=hostname,tags").text.partition("<tbody>")[0]
    assert chosen.count('<th scope="col"') == 2


def test_the_actions_on_an_asset_are_on_its_page_for_those_who_may(site):
    paths = [f"/assets/web01/{name}" for name in ("edit", "state", "names")]
    olga = log_in_client(site.app, "olga").get("/assets/web01").text
    assert all(f'href="{path}"' in olga for path in paths)
    vera = log_in_client(site.app, "vera").get("/assets/web01").text
    assert not any(f'href="{path}"' in vera for path in paths)


def test_a_list_is_ordered_by_a_second_column_without_a_script(site, look):
    looker = look(site, "vera", script=False)
    looker.open("/assets?columns=hostname,rack,environment,state&sort=-rack")
    looker.page.locator("summary", has_text="Then by").click()
    menu = looker.page.locator(".then-by")
    assert menu.get_by_role("link", name="Rack").count() == 0
    menu.get_by_role("link", name="Hostname, the other way round").click()
    assert looker.page.url.endswith("sort=-rack%2C-hostname")
    names = looker.page.locator("tbody a.host").all_inner_texts()
    assert names[:3] == ["web02", "web01", "db01"]
    head = looker.page.locator("thead")
    assert head.locator("[aria-sort=descending]").inner_text().strip() == "Rack"
    assert head.get_by_role("link", name="Hostname").locator("small").inner_text() == "2"


def test_shift_and_a_click_order_what_is_alike(site, look):
    looker = look(site, "vera")
    looker.open("/places?view=table&sort=-largest_gap")
    looker.page.locator("th a", has_text="Assets").click(modifiers=["Shift"])
    looker.page.wait_for_url("**sort=-largest_gap%2Casset_count*")
    looker.page.locator("th a", has_text="Assets").click()
    looker.page.wait_for_url("**sort=asset_count*")


def test_a_list_in_its_usual_or_a_wrong_order_offers_no_second_one(client):
    for path in ("/assets", "/assets?sort=nosuch", "/findings?view=table"):
        assert "Then by" not in client.get(path).text, path
