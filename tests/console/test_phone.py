"""Lists on a phone: a row is a card, nothing scrolls sideways; and what filters are called."""

import pytest

from tests.console.conftest import log_in_client

LISTS = (
    *("/assets", "/changes", "/changes?view=each", "/coverage", "/coverage/kinds", "/admin/audit"),
    *("/admin/users", "/admin/tokens", "/master/racks", "/master/changes", "/find?q=web", "/me"),
    *("/assets/saved", "/exchange/imports", "/packages?name=openssl", "/assets/help"),
)
WIDER = """boxes => boxes.filter(box => box.querySelector(".rows, .stacked"))
    .map(box => box.scrollWidth - box.clientWidth)"""


def test_no_list_is_scrolled_sideways_on_a_phone(site, look):
    looker = look(site, "anna", size="phone")
    for path in LISTS:
        looker.open(path)
        wider = looker.page.locator(".table-box").evaluate_all(WIDER)
        assert not any(wider), (path, wider)


def test_a_row_on_a_phone_says_what_each_value_is_and_can_be_chosen(site, look):
    page = look(site, "anna", size="phone").page
    page.goto(site.url + "/assets")
    row = page.locator("tbody tr").filter(has_text="web01")
    told = row.locator("td[data-label='State']").evaluate(
        "cell => getComputedStyle(cell, '::before').content"
    )
    assert told == '"State"'
    # Nothing lies over the box.
    row.locator("input[type=checkbox]").check()
    assert page.locator(".bulk").is_visible()


def test_the_bar_of_what_is_chosen_shows_when_something_is(site, look):
    page = look(site, "anna").page
    page.goto(site.url + "/assets")
    assert not page.locator(".bulk").is_visible()
    page.locator("tbody input[type=checkbox]").first.check()
    assert page.locator(".bulk").is_visible()


def test_without_script_the_bar_of_what_is_chosen_is_there(site, look):
    page = look(site, "anna", script=False).page
    page.goto(site.url + "/assets")
    assert page.locator(".bulk .btn-primary").is_visible()


def test_the_name_of_a_host_is_on_one_line_where_there_is_room(site, look):
    page = look(site, "anna").page
    page.goto(site.url + "/changes?view=each")
    heights = page.locator("td a.host").evaluate_all("all => all.map(each => each.offsetHeight)")
    assert heights and max(heights) < 30


@pytest.mark.parametrize(
    ("path", "label"),
    [("/changes?since=soon", "Since"), ("/coverage?window=nonsense", "Within")],
)
def test_a_filter_that_is_wrong_is_called_as_on_the_page(site, path, label):
    answer = log_in_client(site.app, "anna").get(path)
    assert f"<strong>{label}</strong>:" in answer.text


def test_a_heading_has_no_unit_that_its_values_say(site):
    text = log_in_client(site.app, "anna").get("/assets?columns=hostname,memory.total_bytes").text
    assert "Memory" in text and "(bytes)" not in text


WITHIN = """() => {
  const box = document.querySelector(".narrow-menu[open] > ul").getBoundingClientRect();
  return box.left >= 0 && box.right <= document.documentElement.clientWidth;
}"""


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_the_menu_of_a_column_stays_in_the_window(site, look, size):
    page = look(site, "anna", size=size).page
    page.goto(
        site.url + "/assets?columns=hostname,rack,environment,business_unit,os.name,tags,state"
    )
    menus = page.locator(".narrow-menu > summary")
    assert menus.count() > 1
    for number in range(menus.count()):
        menus.nth(number).click()
        # It is moved a moment after it has opened.
        page.wait_for_function(WITHIN, timeout=5000)
        menus.nth(number).click()


@pytest.mark.parametrize("path", ["/parts", "/assets", "/changes", "/findings", "/coverage"])
def test_filters_stand_behind_one_line_on_a_phone_and_beside_the_search_elsewhere(site, look, path):
    page = look(site, "anna", size="phone", script=False).page
    page.goto(site.url + path)
    field = page.locator(".fold select").first
    assert not field.is_visible() and page.locator("input[name=query]").is_visible()
    assert page.locator("form.filters[role=search]").bounding_box()["height"] < 200
    page.locator(".fold summary").click()
    assert field.is_visible()
    wide = look(site, "anna").page
    wide.goto(site.url + path)
    assert wide.locator(".fold select").first.is_visible()
    assert not wide.locator(".fold summary").is_visible()
    search, beside = (
        wide.locator(each).first.bounding_box() for each in (".search-box", ".fold label")
    )
    assert beside["x"] > search["x"] and beside["y"] < search["y"] + search["height"]


def test_filters_that_are_asked_for_are_in_sight_on_a_phone(site, look):
    page = look(site, "anna", size="phone").page
    page.goto(f"{site.url}/parts?kind=disk")
    assert page.locator(".fold select[name=kind]").is_visible()
    assert page.locator(".fold select[name=kind]").input_value() == "disk"
    page.goto(f"{site.url}/parts?query=kind:disk")
    assert not page.locator(".fold select[name=kind]").is_visible()
