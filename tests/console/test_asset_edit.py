"""Assets are described in forms: nothing typed is lost, nothing is changed but what was edited."""

import re

import pytest

from tests.console.conftest import Driver, log_in_client, token_of
from tests.console.fleet import API, GIB


@pytest.fixture
def driver(fresh_site):
    """Return what looks at assets through the API."""
    return Driver(fresh_site.app, "admin")


@pytest.fixture
def client(fresh_site):
    return log_in_client(fresh_site.app, "anna")


def of(driver, hostname="web01"):
    return driver.get(f"{API}/assets/{hostname}").json


def test_an_asset_is_registered_and_another_like_it(fresh_site, look, driver):
    page = look(fresh_site, "olga").page
    page.goto(f"{fresh_site.url}/assets/register?hostname=new02")
    assert page.input_value('[name="hostname"]') == "new02"
    page.select_option('[name="state"]', "planned")
    page.select_option('[name="rack"]', "FRA1 / Hall 2 / A12")
    page.fill('[name="position_u"]', "30")
    page.locator('[name="tags"]').nth(1).fill("fresh, with a comma")
    page.fill('[name="expected-name"] >> nth=0', "memory.total_bytes")
    page.fill('[name="expected-value"] >> nth=0', "64GiB")
    page.get_by_role("button", name="Register, and add another like it").click()
    page.wait_for_url("**/register?like=new02")
    asset = of(driver, "new02")
    assert (asset["state"], asset["data_centre"], asset["room"]) == ("planned", "FRA1", "Hall 2")
    assert (asset["rack"], asset["position_u"]) == ("A12", 30)
    assert asset["tags"] == ["fresh, with a comma"]
    assert asset["expected"] == {"memory.total_bytes": 64 * GIB}
    assert page.input_value('[name="rack"]') == "FRA1 / Hall 2 / A12"
    assert page.input_value('[name="expected-value"] >> nth=0') == "64GiB"
    assert page.input_value('[name="hostname"]') == page.input_value('[name="position_u"]') == ""


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(fresh_site, look, driver):
    page = look(fresh_site, "olga").page
    page.goto(f"{fresh_site.url}/assets/web01/edit")
    page.locator('[name="contacts"]').nth(1).fill("Ana Example")
    page.fill('[name="expected-name"] >> nth=1', "memory.module_cont")
    page.fill('[name="expected-value"] >> nth=1', "4")
    page.fill('[name="comment"]', "two lines\nof text")
    page.get_by_role("button", name="Save").click()
    assert "Anna Example" in page.locator("#contacts-error").inner_text()
    assert "memory.module_count" in page.locator("#expected-error").inner_text()
    assert page.input_value('[name="comment"]') == "two lines\nof text"
    assert page.input_value('[name="expected-name"] >> nth=1') == "memory.module_cont"
    assert of(driver)["comment"] is None
    page.locator('[name="contacts"]').nth(1).fill("")
    page.fill('[name="expected-name"] >> nth=1', "memory.module_count")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/assets/web01")
    asset = of(driver)
    assert asset["comment"] == "two lines\nof text"
    assert asset["expected"] == {"memory.total_bytes": 128 * GIB, "memory.module_count": 4}


def test_what_was_not_edited_is_not_changed(client, driver):
    before = of(driver)
    form = filled(client, "/assets/web01/edit") | {"comment": "new"}
    assert client.post("/assets/web01/edit", data=form).status_code == 303
    after = of(driver)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"comment", "etag"}
    (change, *_) = driver.get(f"{API}/assets/web01/changes?kind=asset").json["items"]
    assert (change["actor"], change["fields"]) == ("anna", ["comment"])


def test_a_warranty_before_the_purchase_is_refused_beside_its_field(client, driver):
    form = filled(client, "/assets/web01/edit") | {"purchased_on": "2026-12-01"}
    assert client.post("/assets/web01/edit", data=form).status_code == 303
    form = filled(client, "/assets/web01/edit") | {"warranty_until": "2026-11-30"}
    wrong = client.post("/assets/web01/edit", data=form)
    assert wrong.status_code == 422
    beside = re.search(r'id="warranty_until-error"[^>]*>(.*?)</', wrong.text, re.DOTALL)[1]
    assert "2026-11-30" in beside and "2026-12-01" in beside
    assert 'value="2026-11-30"' in wrong.text


def test_what_is_emptied_is_taken_away(client, driver):
    form = filled(client, "/assets/web01/edit")
    empty = {"tags": "", "environment": "", "warranty_until": "", "rack": "", "expected-value": ""}
    assert client.post("/assets/web01/edit", data=form | empty).status_code == 303
    asset = of(driver)
    assert (asset["tags"], asset["environment"], asset["warranty_until"]) == ([], None, None)
    assert (asset["rack"], asset["position_u"], asset["expected"]) == (None, None, None)


def test_taken_units_are_told_with_the_nearest_free_place_which_one_button_takes(
    fresh_site, look, driver
):
    page = look(fresh_site, "olga", size="phone").page
    page.goto(f"{fresh_site.url}/assets/web01/edit")
    page.fill('[name="position_u"]', "13")
    page.get_by_role("button", name="Save").click()
    told = page.locator("#position_u-error").inner_text()
    assert "taken by web02" in told and "unit 12" in told
    page.get_by_role("button", name="Save with unit 12").click()
    page.wait_for_url("**/assets/web01")
    assert (of(driver)["position_u"], of(driver)["height_u"]) == (12, 2)


def test_after_a_lost_race_what_was_typed_wins_and_all_else_stays_theirs(fresh_site, look, driver):
    page = look(fresh_site, "olga").page
    page.goto(f"{fresh_site.url}/assets/web01/edit")
    edited = {"comment": "theirs", "environment": None, "inventory_number": "I 7"}
    assert driver.patch(f"{API}/assets/web01", json=edited).status_code == 200
    page.fill('[name="comment"]', "mine")
    page.get_by_role("button", name="Save").click()
    told = page.locator(".alert-warning").inner_text()
    assert "Somebody else changed this" in told
    assert "theirs" in told and "mine" in told
    for untouched in ("Environment", "Inventory", "Tags", "Rack", "Expected"):
        assert untouched not in told, untouched
    assert of(driver)["comment"] == "theirs"
    # A second one who is quicker.
    again = {"height_u": 3, "expected": {"memory.total_bytes": "64GiB"}}
    assert driver.patch(f"{API}/assets/web01", json=again).status_code == 200
    page.get_by_role("button", name="Save").click()
    assert "Somebody else changed this" in page.locator(".alert-warning").inner_text()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/assets/web01")
    now = of(driver)
    assert (now["comment"], now["environment"], now["inventory_number"]) == ("mine", None, "I 7")
    assert (now["height_u"], now["expected"]) == (3, {"memory.total_bytes": 64 * 1024**3})


def test_what_was_typed_for_an_asset_that_is_gone_is_not_lost(client, driver):
    form = filled(client, "/assets/never01/edit") | {"comment": "an hour of work"}
    assert driver.delete(f"{API}/assets/never01").status_code == 204
    headers = {"Origin": "http://localhost"}
    answer = client.post("/assets/never01/edit", data=form, headers=headers)
    assert answer.status_code == 404
    assert "What you typed is not saved" in answer.text and "an hour of work" in answer.text
    assert "csrf_token" not in answer.text.partition("What you typed")[2].partition("</dl>")[0]


def test_an_asset_is_renamed_and_found_by_both_names(client, driver):
    form = filled(client, "/assets/web01/edit") | {"hostname": "www01"}
    answer = client.post("/assets/web01/edit", data=form)
    assert answer.headers["Location"].endswith("/assets/www01")
    assert of(driver, "web01")["hostname"] == "www01"
    identity = client.get("/assets/www01/identity").text
    assert "Former name" in identity and "Other name" in identity


def test_another_name_is_added_and_taken_away(fresh_site, look, driver):
    page = look(fresh_site, "olga").page
    page.goto(f"{fresh_site.url}/assets/web01/names")
    page.fill('[name="alias"]', "web02")
    page.get_by_role("button", name="Add the name").click()
    assert "web02" in page.locator(".alert-danger").inner_text()
    page.fill('[name="alias"]', "www")
    page.get_by_role("button", name="Add the name").click()
    page.get_by_role("button", name="Remove www").wait_for()
    assert of(driver)["aliases"] == ["www"]
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Remove www").click()
    page.get_by_text("It has no other name").wait_for()
    assert of(driver)["aliases"] == []


def test_the_next_states_are_offered_and_the_comment_is_kept(fresh_site, look, driver):
    page = look(fresh_site, "olga", script=False).page
    page.goto(f"{fresh_site.url}/assets/web01/state")
    states = page.locator('[name="state"]').evaluate_all("all => all.map(o => o.value)")
    assert states == ["offline", "retired"]
    page.get_by_role("button", name="Change the state").click()
    assert page.locator("#state-error").count() == 1
    page.check('[value="offline"]')
    page.fill('[name="comment"]', "moves to BER")
    page.get_by_role("button", name="Change the state").click()
    assert of(driver)["state"] == "offline"
    (change, *_) = driver.get(f"{API}/assets/web01/changes?kind=asset").json["items"]
    assert change["after"]["why"] == "moves to BER"


def test_a_key_is_revoked_after_a_question(client, driver):
    page = client.get("/assets/web01/key")
    assert "cmdb key &#39;web01&#39;" in page.text
    answer = client.post("/assets/web01/key", data={"csrf_token": token_of(page)})
    assert answer.status_code == 303
    assert driver.get(f"{API}/keys/generations").json["generations"]["web01"] == 2


def test_only_what_never_reported_or_is_retired_is_deleted_with_its_name_typed(client, driver):
    assert "retire it first" in client.get("/assets/web01/delete").text
    form = filled(client, "/assets/never01/delete")
    answer = client.post("/assets/never01/delete", data=form | {"name": "web01"})
    assert answer.status_code == 422 and "This is not the hostname" in answer.text
    answer = client.post("/assets/never01/delete", data=form | {"name": "never01"})
    assert answer.status_code == 303
    assert driver.get(f"{API}/assets/never01").status_code == 404
    # Sent by hand, it is refused all the same.
    form |= {"name": "web01", "etag": of(driver)["etag"]}
    answer = client.post("/assets/web01/delete", data=form)
    assert answer.status_code == 409
    assert driver.get(f"{API}/assets/web01").status_code == 200


def test_who_may_not_is_not_offered_to_and_is_refused(site):
    viewer, operator = log_in_client(site.app, "vera"), log_in_client(site.app, "olga")
    for path in ("register", "web01/edit", "web01/state", "web01/names"):
        assert viewer.get(f"/assets/{path}").status_code == 403, path
        assert operator.get(f"/assets/{path}").status_code == 200, path
    for path in ("web01/key", "web01/delete"):
        assert operator.get(f"/assets/{path}").status_code == 403, path
    page = operator.get("/assets/web01/edit").text
    assert "/assets/web01/state" in page
    assert "/assets/web01/key" not in page and "/assets/web01/delete" not in page
    token = token_of(viewer.get("/preferences"))
    sent = {"csrf_token": token, "alias": "x"}
    assert viewer.post("/assets/web01/names/remove", data=sent).status_code == 403


def filled(client, path):
    """Return what the form at an address sends when nothing is edited."""
    text = client.get(path).text
    form = {"csrf_token": token_of_text(text)}
    for tag in inputs(text):
        form.setdefault(tag["name"], tag.get("value", ""))
    return form


def token_of_text(text):
    return text.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]


def inputs(text):
    """Yield the attributes of the fields of the form on a page, the chosen value of lists too."""
    from html.parser import HTMLParser

    class Fields(HTMLParser):
        found, within, select = [], None, None

        def handle_starttag(self, tag, attrs):
            attrs = dict(attrs)
            if tag == "input" and attrs.get("name") not in (None, "q", "csrf_token"):
                self.found.append(attrs)
            if tag == "select":
                self.select = {"name": attrs["name"], "value": ""}
                self.found.append(self.select)
            if tag == "option" and self.select and "selected" in attrs:
                self.select["value"] = attrs["value"]
            if tag == "textarea":
                self.found.append({"name": attrs["name"], "value": ""})

        def handle_endtag(self, tag):
            if tag == "select":
                self.select = None

    parser = Fields()
    parser.found = []
    parser.feed(text)
    return parser.found
