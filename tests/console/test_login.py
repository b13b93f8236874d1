"""People log in, and nothing of the console is shown to who has not."""

from tests.console.conftest import PASSWORD


def test_who_is_not_logged_in_is_asked_to_and_goes_on_where_they_wanted(site, look):
    looker = look(site, None)
    looker.open("/preferences?x=1")
    looker.open("/find?q=web01")
    assert "/login?next=" in looker.page.url
    looker.page.fill('input[name="name"]', "anna")
    looker.page.fill('input[name="password"]', "wrong")
    looker.page.click("form button")
    assert "the name or the password is wrong" in looker.page.locator(".alert").inner_text()
    assert looker.page.input_value('input[name="name"]') == "anna"
    looker.page.fill('input[name="password"]', PASSWORD)
    looker.page.click("form button")
    assert "/login" not in looker.page.url


def test_nobody_is_sent_to_another_site_by_a_login(site):
    client = site.app.test_client()
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:1"):
        page = client.get("/login", query_string={"next": target})
        token = page.text.split('name="csrf_token" type="hidden" value="')[1].split('"')[0]
        form = {"csrf_token": token, "name": "anna", "password": PASSWORD, "next": target}
        answer = client.post("/login", data=form)
        assert (answer.status_code, answer.headers["Location"]) == (302, "/"), target
        client.post("/logout", data={"csrf_token": _token(client)})


def test_a_form_without_our_token_does_nothing(site):
    client = site.app.test_client()
    answer = client.post("/login", data={"name": "anna", "password": PASSWORD})
    assert answer.status_code == 403
    assert "load the page again" in answer.text


def _token(client):
    return client.get("/preferences").text.split('name="csrf_token" value="')[1].split('"')[0]
