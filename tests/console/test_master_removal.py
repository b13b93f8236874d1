"""Several pieces of master data removed at once: asked about, each by itself, and what became."""

import re
from html import unescape

import pytest

from tests.console.conftest import Driver, log_in_client, token_of
from tests.console.fleet import API
from tests.console.test_chosen import PICK
from tests.console.test_pages import _check_readable
from tests.console.test_queries import counted


def made(site, path, **given):
    """Add a piece through the API; return its number."""
    answer = Driver(site.app, "write").post(f"{API}/{path}", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json.get("id")


def ask(client, path, picks, **more):
    """Return the page that asks about the chosen ones."""
    token = token_of(client.get(f"/master/{path}"))
    sent = {"csrf_token": token, "pick": picks} | more
    return client.post(f"/master/{path}/remove-chosen", data=sent)


def sure(client, path, page):
    """Send the form of the page that asks; return the page of what became of each."""
    names = ("csrf_token", "sure", "next", "pick", "etag", "name")
    form = page.text.partition('<form method="post" class="card')[2].partition("</form>")[0]
    sent = {
        name: [unescape(text) for text in re.findall(rf'name="{name}" value="([^"]*)"', form)]
        for name in names
    }
    return client.post(f"/master/{path}/remove-chosen", data=sent)


def test_of_those_chosen_the_used_ones_stay_and_say_by_what(fresh_site, look):
    for name in ("spare 1", "spare 2"):
        made(fresh_site, "tags", name=name)
    page = look(fresh_site, "olga", script=False).page
    page.goto(f"{fresh_site.url}/master/tags?sort=-name")
    for box in page.locator("tbody input").all():
        box.check()
    page.get_by_role("button", name="Remove the chosen").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Remove 2 of these?"
    used = page.locator("tbody tr")
    assert used.count() == 1 and used.inner_text().split() == ["lb", "1", "asset"]
    uses = used.get_by_role("link", name="1 asset").get_attribute("href")
    page.get_by_role("button", name="Remove 2").click()
    assert "2 are removed." in page.get_by_role("status").inner_text()
    assert page.get_by_text("removed", exact=True).count() == 2
    page.get_by_role("link", name="Back to the list").click()
    assert page.url.endswith("/master/tags?sort=-name")
    assert page.locator("tbody tr").count() == 1
    page.goto(f"{fresh_site.url}/master/changes?actor=OLGA")
    assert page.locator("tbody tr").count() == 2
    page.goto(fresh_site.url + uses)
    assert page.locator("tbody tr").count() == 1


@pytest.mark.parametrize("size", ["wide", "phone"])
def test_its_pages_hold_any_names_and_are_readable(fresh_site, look, size):
    for name in ("x" * 255, "<script>alert(1)</script>", "\u202egnp.exe", "{{7*7}}"):
        made(fresh_site, "tags", name=name)
    page = look(fresh_site, "olga", size=size).page
    page.goto(f"{fresh_site.url}/master/tags")
    page.get_by_label("Choose all on this page").check()
    page.get_by_role("button", name="Remove the chosen").click()
    for button in ("Remove 4", None):
        _check_readable(page, page.url, size, "light")
        assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
        if button:
            page.get_by_role("button", name=button).click()
    assert "4 are removed." in page.get_by_role("status").inner_text()


def test_what_is_changed_used_or_gone_meanwhile_is_told_and_spoils_nothing(fresh_site):
    client, robot = log_in_client(fresh_site.app, "olga"), Driver(fresh_site.app, "write")
    names = ("changed", "gone", "used", '<b>&free"')
    numbers = {name: made(fresh_site, "tags", name=name) for name in names}
    page = ask(client, "tags", [*numbers.values(), 99_999])
    assert "Remove 4 of these?" in page.text and "1 of the chosen is gone already." in page.text
    robot.patch(f"{API}/tags/{numbers['changed']}", json={"description": "later"})
    robot.delete(f"{API}/tags/{numbers['gone']}")
    robot.patch(f"{API}/assets/web01", json={"tags": ["used"]})
    told = sure(client, "tags", page).text
    assert "1 is removed." in told and "3 were left as they are" in told
    rows = [re.sub(r"<[^>]*>|\s+", " ", row) for row in told.split("<tr>")[2:]]
    assert ["meanwhile" in row for row in rows] == [True, True, True, False]
    assert "changed it meanwhile" in rows[0] and rows[0].split()[0] == "changed"
    assert "Somebody else removed it" in rows[1] and rows[1].split()[0] == "gone"
    assert "in use meanwhile" in rows[2] and "1 asset" in rows[2]
    assert "&lt;b&gt;&amp;free&#34;" in rows[3]
    left = {each["name"] for each in robot.get(f"{API}/tags").json["items"]}
    assert {"changed", "used"} <= left and not left & {"gone", names[3]}


def test_each_sort_says_what_uses_its_pieces_in_few_queries(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    for path, said in (
        ("data-centres", ("2 rooms|1 room", r"\d+ racks?", r"\d+ assets?")),
        ("rooms", ("1 rack", r"\d+ assets?")),
        ("racks", ("3 assets",)),
        ("business-units", (r"\d+ assets?",)),
    ):
        picks = PICK.findall(client.get(f"/master/{path}").text)
        with counted(fresh_site.app) as statements:
            told = ask(client, path, picks).text
        # The list that has the token is counted too.
        assert len(statements) <= 20, path
        for text in said:
            assert re.search(rf'href="[^"]*query=[^"]*">({text})<', told), (path, text)


def test_units_that_limit_somebody_are_in_use(fresh_site):
    number = made(fresh_site, "business-units", name="Only Lena")
    admin = Driver(fresh_site.app, "admin")
    given = {"name": "lena", "role": "viewer", "limited": True, "business_units": ["Only Lena"]}
    answer = admin.post(f"{API}/accounts", json=given | {"password": "correct horse battery"})
    assert answer.status_code == 201, answer.text
    told = ask(log_in_client(fresh_site.app, "olga"), "business-units", [number]).text
    assert "None of these can be removed" in told and "1 user" in told and "Remove 1" not in told


def test_racks_are_removed_from_the_table_of_places(fresh_site, look):
    made(fresh_site, "racks", name="empty", data_centre="FRA1")
    page = look(fresh_site, "olga", size="phone").page
    page.goto(f"{fresh_site.url}/places?view=table&query=name:empty")
    page.get_by_label("Choose empty").check()
    page.get_by_role("button", name="Remove the chosen").click()
    page.get_by_role("button", name="Remove 1").click()
    page.get_by_role("link", name="Back to the list").click()
    assert page.url.endswith("/places?view=table&query=name:empty")
    assert page.get_by_text("Nothing fits").count()


def test_nothing_chosen_or_another_address_to_go_back_to_is_harmless(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    answer = ask(client, "tags", [], next="/master/tags?name=l")
    assert answer.location == "/master/tags?name=l"
    assert "Nothing was chosen" in client.get(answer.location).text
    for back in ("https://evil.example/", "//evil.example", "/logout", "/master/tags\nx"):
        assert ask(client, "tags", ["x", "9" * 30], next=back).location == "/master/tags", back
    token = token_of(client.get("/master/tags"))
    # Without what was looked at nothing is removed.
    number = made(fresh_site, "tags", name="kept")
    for more in ({}, {"etag": '"1-1"', "name": "kept"}, {"etag": "", "name": ""}):
        sent = {"csrf_token": token, "sure": "1", "pick": number} | more
        assert client.post("/master/tags/remove-chosen", data=sent).status_code == 200
    assert "kept" in client.get("/master/tags").text
