"""One edit of many assets: chosen, shown, done one by one."""

from cmdb_api.services import bulk_edits
from tests.console.conftest import log_in_client, token_of

API = "/api/v1"
FIELDS = {"state": "", "environment": "", "comment": "", "why": ""}


def test_an_edit_adds_and_takes_by_what_is_there_in_any_case():
    edit = bulk_edits.Edit({"environment": "Production"}, {"tags": ["new", "LB"]}, {"tags": ["x"]})
    known = {"environment": "production", "tags": ["lb", "X"], "services": []}
    assert edit.of(known) == {"tags": ["lb", "new"]}
    assert bulk_edits.Edit({"comment": None}, {}, {}).of({"comment": ""}) == {}


def test_chosen_assets_are_edited_in_the_browser(fresh_site, look):
    looker = look(fresh_site, "olga")
    page = looker.page
    looker.open("/assets")
    for name in ("web02", "db01"):
        page.get_by_label(f"Choose {name}", exact=True).check()
    page.get_by_role("button", name="Edit the chosen").click()
    assert page.locator("h1").inner_text() == "Edit 2 assets"
    page.get_by_label("Environment", exact=True).first.select_option("production")
    page.locator("#tags_add").fill("patched")
    page.get_by_role("button", name="Show what changes").click()
    assert page.locator("h1").inner_text() == "2 assets change"
    page.get_by_role("button", name="Change 2 assets").click()
    assert "2 assets were changed." in page.locator("main").inner_text()
    client = log_in_client(fresh_site.app, "olga")
    told = client.get("/assets?query=tag:patched AND environment:production&columns=hostname").text
    assert "/assets/web02" in told and "/assets/db01" in told


def test_what_is_refused_is_told_of_each_and_nothing_else_is_lost(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    page = client.get("/assets/bulk?all=1&query=hostname:*&state=any")
    ids = page.text.split('name="ids"')[1].split('value="')[1].split('"')[0]
    sent = FIELDS | {"csrf_token": token_of(page), "ids": ids, "state": "offline", "why": "move"}
    seen = client.post("/assets/bulk", data=sent | {"step": "preview"})
    assert seen.status_code == 200 and "Nothing is done yet" in seen.text
    assert "offline" not in client.get("/assets/web01").text.partition("<h1")[2][:200]
    done = client.post("/assets/bulk", data=sent | {"step": "do"}).text
    assert "old01 is retired" in done
    assert "1 asset was refused and is as it was." in done
    changes = client.get("/assets/web01/history").text
    assert "move" in changes


def test_a_name_that_is_not_known_stands_beside_its_field_before_anything_is_done(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    page = client.get("/assets/bulk?all=1&query=hostname:web*")
    ids = page.text.split('name="ids"')[1].split('value="')[1].split('"')[0]
    sent = FIELDS | {"csrf_token": token_of(page), "ids": ids, "step": "preview"}
    wrong = client.post("/assets/bulk", data=sent | {"environment": "nosuch"})
    assert wrong.status_code == 422 and "nosuch" in wrong.text
    assert 'id="environment-error"' in wrong.text
    empty = client.post("/assets/bulk", data=sent)
    assert empty.status_code == 422 and "Nothing is to change" in empty.text
    both = client.post("/assets/bulk", data=sent | {"comment": "x", "clear": "comment"})
    assert both.status_code == 422 and "Either a value" in both.text
    tag = client.post("/assets/bulk", data=sent | {"tags_add": "x" * 300})
    assert tag.status_code == 422 and 'id="tags_add-error"' in tag.text


def test_too_many_at_once_are_refused_with_what_to_do(site, monkeypatch):
    from cmdb_api.views.console import bulk

    monkeypatch.setattr(bulk, "MOST", 1)
    monkeypatch.setattr(bulk_edits, "MOST", 1)
    page = log_in_client(site.app, "olga").get("/assets/bulk?all=1").text
    assert "at most 1 are edited at once" in page
    assert 'name="step"' not in page


def test_viewers_edit_nothing(site):
    client = log_in_client(site.app, "vera")
    token = token_of(client.get("/preferences"))
    sent = FIELDS | {"csrf_token": token, "ids": "1", "state": "offline", "step": "do"}
    assert client.post("/assets/bulk", data=sent).status_code == 403
