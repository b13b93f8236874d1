"""Two assets side by side: what differs, and what is said of names that are none."""

from tests.console.conftest import Driver, log_in_client
from tests.console.fleet import API, sections
from tests.reports import make_report


def test_what_differs_is_told_and_what_does_not_is_left_out(site):
    page = log_in_client(site.app, "vera").get("/compare?left=web01&right=db01").text
    assert "FW2" in page and "FW1" in page
    # Serial numbers differ between any two machines.
    assert "EXAMPLE-D2" not in page
    assert "Only db01 has reported:" in page
    assert "SSD 960" not in page


def test_all_fields_are_shown_where_they_are_asked_for(site):
    client = log_in_client(site.app, "vera")
    page = client.get("/compare?left=web01&right=db01&show=all&ignore_identifiers=false").text
    assert "SSD 960" in page
    assert "EXAMPLE-D2" in page and "EXAMPLE-D5" in page


def test_packages_are_paired_by_their_name(site):
    page = log_in_client(site.app, "vera").get("/compare?left=web01&right=db01&kind=package").text
    row = page[page.index("openssl") :]
    row = row[: row.index("</tr>")]
    assert "openssl · amd64" in row
    assert "3.0.2" in row and "3.0.1" in row
    assert "bash" not in page


def test_a_name_that_is_none_is_told_beside_its_field_with_the_nearest(site, look):
    looker = look(site, "vera")
    looker.open("/compare?left=web01&right=web022")
    page = looker.page
    assert page.input_value('[name="left"]') == "web01"
    assert page.input_value('[name="right"]') == "web022"
    assert page.locator("#side-right-error").inner_text().find("web02") > 0
    assert page.locator("#side-left-error").count() == 0


def test_names_are_suggested_while_one_types(site, look):
    looker = look(site, "vera")
    looker.open("/compare")
    looker.page.locator('[name="left"]').press_sequentially("web0")
    options = looker.page.locator("#names-left option")
    options.first.wait_for(state="attached")
    assert options.evaluate_all("all => all.map(o => o.value)") == ["web01", "web02", "web03"]
    looker.page.fill('[name="left"]', "web01")
    looker.page.fill('[name="right"]', "web02")
    looker.page.get_by_role("button", name="Compare").click()
    looker.page.wait_for_url("**/compare?*right=web02*")
    assert looker.page.get_by_role("link", name="Swap").count() == 1


def test_what_is_typed_is_no_pattern(site):
    client = log_in_client(site.app, "vera")
    fragment = {"HX-Request": "true"}
    for typed in ("*", "%", "w_b", "?"):
        answer = client.get("/compare/names", query_string={"left": typed}, headers=fragment)
        assert "option" not in answer.text, typed


def test_assets_are_compared_as_they_were_in_the_viewers_zone(fresh_site):
    driver = Driver(fresh_site.app, "admin")
    report = make_report("db01", sections("db01", "EXAMPLE-D9", 7), age_ms=1000)
    assert driver.post(f"{API}/reports", json=report).status_code == 200
    client = log_in_client(fresh_site.app, "anna")
    now = client.get("/compare?left=web01&right=db01").text
    then = client.get("/compare?left=web01&right=db01&at=30m").text
    assert "FW7" in now and "FW7" not in then
