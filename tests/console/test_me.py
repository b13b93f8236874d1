"""One's own account: password, sessions, tokens; and what becomes of a session that is over."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest

from cmdb_api.extensions import db
from cmdb_api.models import Token
from cmdb_api.models.access import SESSION
from tests.console.conftest import PASSWORD, log_in_client, token_of

OTHER = "four quiet marble lamps"


def post(client, path, page="/preferences", **fields):
    """Send a form with the token of a page."""
    return client.post(path, data={"csrf_token": token_of(client.get(page))} | fields)


def end_all_sessions(app):
    with app.app_context():
        db.session.execute(db.delete(Token).where(Token.kind == SESSION))
        db.session.commit()


def test_a_password_is_changed_and_other_sessions_end(fresh_site):
    app = fresh_site.app
    mine, other = log_in_client(app, "vera"), log_in_client(app, "vera")
    wrong = post(mine, "/me/password", "/me/password", old_password="wrong one", new_password=OTHER)
    assert wrong.status_code == 422
    assert "not the password" in wrong.text
    assert OTHER not in wrong.text
    weak = post(
        mine, "/me/password", "/me/password", old_password=PASSWORD, new_password="vera1234"
    )
    assert weak.status_code == 422
    right = post(mine, "/me/password", "/me/password", old_password=PASSWORD, new_password=OTHER)
    assert right.status_code == 303
    assert mine.get("/me").status_code == 200
    assert other.get("/me").status_code == 302
    log_in_client(app, "vera", OTHER)


def test_guessing_the_old_password_is_slowed_down(fresh_site):
    client, statuses = log_in_client(fresh_site.app, "vera"), []
    for number in range(40):
        fields = {"old_password": f"guess number {number}", "new_password": OTHER}
        answer = post(client, "/me/password", "/me/password", **fields)
        statuses.append(answer.text)
        if "not the password" not in answer.text:
            break
    assert "not the password" not in statuses[-1], "39 guesses were looked at"
    assert len(statuses) < 40


def test_the_text_of_ones_own_token_is_shown_once_and_works_until_it_is_revoked(fresh_site):
    app = fresh_site.app
    client = log_in_client(app, "olga")
    answer = post(client, "/me/tokens/add", name="nightly", scope="read", lasts="30d")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    text = answer.text.split("Authorization: Bearer ")[1].split("<")[0]
    header = {"Authorization": f"Bearer {text}"}
    told = app.test_client().get("/api/v1/accounts/me", headers=header)
    assert (told.json["name"], told.json["scope"]) == ("olga", "read")
    page = client.get("/me").text
    assert "nightly" in page
    assert text not in page
    number = told.json["token_id"]
    other = log_in_client(app, "anna")
    assert post(other, f"/me/tokens/{number}/revoke").status_code == 404, "it is olga's"
    assert post(client, f"/me/tokens/{number}/revoke").status_code == 303
    assert app.test_client().get("/api/v1/accounts/me", headers=header).status_code == 401


def test_nobody_makes_a_token_that_may_more_than_they(fresh_site):
    client = log_in_client(fresh_site.app, "vera")
    for scope in ("write", "admin", "relay"):
        answer = post(client, "/me/tokens/add", name="more", scope=scope, lasts="30d")
        assert answer.status_code == 422, scope
    assert "more" not in client.get("/me").text.split("Your tokens")[1].split("</table>")[0][400:]


def test_a_session_of_ones_own_is_ended_and_no_one_elses(fresh_site):
    app = fresh_site.app
    mine, other = log_in_client(app, "vera"), log_in_client(app, "vera")
    anna = log_in_client(app, "anna")
    with app.app_context():
        numbers = db.session.scalars(db.select(Token.id).where(Token.kind == SESSION)).all()
    first, second, annas = numbers[-3:]
    assert post(mine, f"/me/sessions/{annas}/end").status_code == 404
    assert post(mine, f"/me/sessions/{second}/end").status_code == 303
    assert other.get("/me").status_code == 302
    assert mine.get("/me").status_code == 200
    assert anna.get("/me").status_code == 200
    log_in_client(app, "vera")
    assert post(mine, "/me/sessions/end-others").status_code == 303
    assert mine.get("/me").text.count("this one") == 1
    assert first


def test_after_a_logout_the_old_cookie_is_worth_nothing(fresh_site):
    client = log_in_client(fresh_site.app, "vera")
    kept = client.get_cookie("cmdb_session").value
    assert post(client, "/logout").status_code == 302
    thief = fresh_site.app.test_client()
    thief.set_cookie("cmdb_session", kept)
    assert thief.get("/me").status_code == 302


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_is_for_browsers_alone_and_for_tls_where_there_is_tls(site, scheme):
    client = site.app.test_client()
    base = {"base_url": f"{scheme}://localhost"}
    page = client.get("/login", **base)
    form = {"csrf_token": token_of(page), "name": "vera", "password": PASSWORD}
    headers = {"Referer": f"{scheme}://localhost/login"}
    before = client.get_cookie("cmdb_session").value
    answer = client.post("/login", data=form, headers=headers, **base)
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert ("Secure" in cookie) == (scheme == "https")
    assert before not in cookie


def test_what_was_typed_when_the_session_was_over_is_sent_after_the_login(fresh_site, look):
    looker = look(fresh_site, "anna")
    looker.open("/admin/webhooks/add")
    page = looker.page
    page.fill('input[name="name"]', "late")
    page.select_option('select[name="type"]', "stream")
    for kind in ("disk", "memory"):
        page.check(f'[name="kinds"][value="{kind}"]')
    end_all_sessions(fresh_site.app)
    page.click("main form button.btn-primary")
    assert "What you typed is kept" in page.locator(".alert").inner_text()
    page.fill('input[name="name"]', "anna")
    page.fill('input[name="password"]', PASSWORD)
    page.click('form[action="/login"] button')
    page.click("main form button.btn-primary")
    page.wait_for_url(lambda url: urlsplit(url).path.startswith("/admin/webhooks/"))
    assert "late is made" in page.locator(".alert-success").inner_text()
    chosen = page.locator('label:has([name="kinds"]:checked)').all_inner_texts()
    assert [words.strip() for words in chosen] == ["Disks", "Memory modules"]


def test_a_file_that_was_sent_when_the_session_was_over_is_said_to_be_lost(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    form = {
        "csrf_token": token_of(client.get("/exchange")),
        "file": (BytesIO(b"hostname\n"), "a.csv"),
    }
    end_all_sessions(fresh_site.app)
    headers = {"Origin": "http://localhost", "Referer": "http://localhost/exchange"}
    asked = client.post("/exchange/uploads", data=form, headers=headers)
    assert asked.status_code == 401
    assert "A file is not kept" in asked.text
    again = {"csrf_token": token_of(asked), "name": "olga", "password": PASSWORD}
    again["next"] = asked.text.split('name="next"')[1].split('value="')[1].split('"')[0]
    answer = client.post("/login", data=again)
    assert (answer.status_code, answer.location) == (302, "/exchange")


def test_a_page_that_is_asked_for_after_the_session_is_shown_after_the_login(fresh_site, look):
    looker = look(fresh_site, "vera")
    end_all_sessions(fresh_site.app)
    looker.open("/me?x=1")
    assert "Your session has ended" in looker.page.locator(".alert").inner_text()
    looker.page.fill('input[name="name"]', "vera")
    looker.page.fill('input[name="password"]', PASSWORD)
    looker.page.click('form[action="/login"] button')
    looker.page.wait_for_url("**/me?x=1")
