"""Assets are edited from the lists of what they share: like changes, packages."""

import re

from tests.console.conftest import log_in_client, token_of


def hosts(text):
    """Return the hosts that the form of an edit of many is about."""
    return re.findall(
        r"<bdi>([^<]+)</bdi>", text.partition('class="hosts"')[2].partition("</p>")[0]
    )


def test_the_hosts_of_like_changes_are_edited_at_once(fresh_site, look):
    page = look(fresh_site, "olga").page
    page.goto(f"{fresh_site.url}/changes?action=baseline")
    row = page.locator("tbody tr", has_text="Packages: first report")
    row.locator("summary").click()
    named = row.locator(".hosts a").all_inner_texts()
    assert len(named) > 1
    row.get_by_role("checkbox", name="Packages: first report").check()
    page.get_by_role("button", name="Edit these assets").click()
    assert page.locator("h1").inner_text() == f"Edit {len(named)} assets"
    assert sorted(page.locator("p.hosts a").all_inner_texts()) == named
    page.locator("#tags_add").fill("seen")
    page.get_by_role("button", name="Show what changes").click()
    page.get_by_role("button", name=f"Change {len(named)} assets").click()
    page.get_by_role("heading", name="What became of the edit").wait_for()
    page.goto(f"{fresh_site.url}/assets?query=tag:seen&state=any&standing=any")
    assert sorted(page.locator("td a.host").all_inner_texts()) == named


def test_only_hosts_within_the_window_and_the_filters_are_meant(site):
    client = log_in_client(site.app, "olga")
    page = client.get("/changes?action=baseline&query=hostname:web*")
    action = re.search(r'formaction="(/changes/edit[^"]*)"', page.text)[1].replace("&amp;", "&")
    assert "since=" in action and "until=" in action and "query=hostname" in action
    sent = {
        "csrf_token": token_of(page),
        "pick": re.findall(r'name="pick" value="([^"]+)"', page.text),
    }
    found = hosts(client.post(action, data=sent).text)
    assert found and all(name.startswith("web") for name in found)
    assert "db01" in hosts(client.post("/changes/edit", data=sent).text)
    wrong = client.post("/changes/edit?query=nosuch:1", data=sent)
    assert wrong.status_code < 500 and "there is no" in wrong.text and not hosts(wrong.text)
    nothing = client.post("/changes/edit", data=sent | {"pick": ["x", "::1", "disk:added:"]})
    assert "No assets are chosen." in nothing.text


def test_the_hosts_of_packages_are_edited_at_once(fresh_site, look):
    page = look(fresh_site, "olga", script=False, size="phone").page
    page.goto(f"{fresh_site.url}/packages")
    page.get_by_label("Choose openssl", exact=True).check()
    page.get_by_role("button", name="Edit the assets that have these").click()
    named = page.locator("p.hosts a").all_inner_texts()
    page.goto(f"{fresh_site.url}/packages?name=openssl")
    assert named == page.locator("td a.host").all_inner_texts()


def test_who_may_only_read_edits_nothing_from_them(site):
    client = log_in_client(site.app, "vera")
    for path in ("/changes", "/packages"):
        page = client.get(path)
        assert f"{path}/edit" not in page.text
        sent = {"csrf_token": token_of(page), "pick": "openssl"}
        assert client.post(f"{path}/edit", data=sent).status_code == 403
