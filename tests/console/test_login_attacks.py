"""Nobody gets in by trying, by planting, by going through what others left, or as another."""

import re
from contextlib import contextmanager

import argon2
import pytest
from sqlalchemy import event

from cmdb_api.extensions import db
from cmdb_api.services.access import accounts
from tests.console.conftest import (
    PASSWORD,
    Driver,
    Site,
    dispose,
    log_in_client,
    make_site_app,
    token_of,
)

API = "/api/v1"
SECURE = {"X-Forwarded-Proto": "https", "Host": "cmdb.example"}
KEPT = (
    *(
        "[" * 100_000,
        '[["name", "\\ud800"]]',
        '[["\\u0000", {"a": [1]}]]',
        "5",
        "null",
        "{",
        "[[]]",
    ),
    *(
        '{"ab": 1}',
        '[["<x-canary>", "<script>canary()</script>"]]',
        '[["csrf_token", "x"]]',
        "1" * 5000,
    ),
)


def make(url, **settings):
    app = make_site_app(url, **settings)
    with app.app_context():
        for name in ("vera", "dora"):
            given = {"name": name, "role": "viewer", "password": PASSWORD}
            accounts.add(db.session, given | {"enabled": name == "vera"})
        db.session.commit()
    return app


@pytest.fixture
def app(make_sqlite_database):
    """Return an app with people of its own: each test tries to log in too often."""
    app = make(make_sqlite_database())
    yield app
    dispose(app)


def attempt(client, name, password="a wrong password", **more):
    """Send the form of the login page; return the answer."""
    form = {"csrf_token": token_of(client.get("/login")), "name": name, "password": password}
    return client.post("/login", data=form | more)


@contextmanager
def counted(monkeypatch, app):
    """Count the statements and the checks of passwords while the block lasts."""
    told, verify = {"statements": [], "passwords": 0}, argon2.PasswordHasher.verify

    def check(*args):
        told["passwords"] += 1
        return verify(*args)

    def note(_connection, _cursor, statement, *_):
        told["statements"].append(statement)

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    with monkeypatch.context() as patch:
        patch.setattr(argon2.PasswordHasher, "verify", check)
        yield told
    event.remove(engine, "before_cursor_execute", note)


def test_a_name_that_is_nobodys_is_as_much_work_and_answered_alike(app, monkeypatch):
    found = {}
    for name in ("vera", "nobody", "dora", "x' OR 1=1 --"):
        client = app.test_client()
        token = token_of(client.get("/login"))
        with counted(monkeypatch, app) as told:
            form = {"csrf_token": token, "name": name, "password": "a wrong password"}
            answer = client.post("/login", data=form)
        alert = re.search(r'role="alert">([^<]+)<', answer.text)[1]
        found[name] = (answer.status_code, alert, told)
    assert found["vera"][2]["passwords"] == 1
    assert len({str(each) for each in found.values()}) == 1, found


def test_tries_in_the_console_and_of_the_api_are_counted_together(app):
    client, program = app.test_client(), app.test_client()
    for _ in range(3):
        assert attempt(client, "vera").status_code == 422
    sent = {"name": "VERA", "password": "a wrong password"}
    for _ in range(2):
        assert program.post(f"{API}/sessions", json=sent).status_code == 401
    refused = attempt(client, "vera", PASSWORD)
    assert refused.status_code == 429
    assert "try again in" in refused.text and 'value="vera"' in refused.text
    assert program.post(f"{API}/sessions", json=sent | {"password": PASSWORD}).status_code == 429
    assert client.get("/me").status_code == 302
    # Others are not kept out by it.
    assert attempt(app.test_client(), "anna", PASSWORD).status_code == 302


def test_many_names_from_one_address_wait(app):
    client = app.test_client()
    told = [attempt(client, f"name{number}").status_code for number in range(22)]
    assert told[:20] == [422] * 20 and told[20:] == [429] * 2


def test_the_old_password_is_not_tried_without_end_by_who_took_a_session(app):
    client = log_in_client(app, "vera")
    told = []
    for number in range(7):
        form = {
            "csrf_token": token_of(client.get("/me/password")),
            "old_password": f"wrong {number}",
        }
        new = "a long sentence of nobody"
        given = form | {"new_password": new, "again": new, "new_password_again": new}
        told.append(client.post("/me/password", data=given).status_code)
    assert 422 in told and told[-1] == 429, told
    assert attempt(app.test_client(), "anna", PASSWORD).status_code == 302


@pytest.mark.parametrize("kept", KEPT, ids=range(len(KEPT)))
def test_what_was_kept_over_a_login_is_text(app, kept):
    answer = attempt(app.test_client(), "vera", PASSWORD, kept=kept, next="/assets")
    assert answer.status_code in (200, 302)
    assert "<x-canary" not in answer.text and "<script>c" not in answer.text
    # That of the page's own forms, and none that was kept.
    assert 'name="csrf_token" value="x"' not in answer.text


def test_a_form_that_was_kept_is_sent_to_no_other_site(app):
    answer = attempt(
        app.test_client(), "vera", PASSWORD, kept='[["a", "b"]]', next="//evil.example/x"
    )
    assert answer.status_code == 200
    assert "evil.example" not in answer.text


def test_a_session_that_somebody_planted_is_not_logged_in_with(app):
    """The cookie of before a login is worth nothing after it, nor one that nobody signed."""
    attacker, victim = app.test_client(), app.test_client()
    attacker.get("/login")
    planted = attacker.get_cookie("cmdb_session").value
    victim.set_cookie("cmdb_session", planted)
    assert attempt(victim, "vera", PASSWORD).status_code == 302
    assert victim.get("/me").status_code == 200
    assert attacker.get("/me").status_code == 302
    assert victim.get_cookie("cmdb_session").value != planted
    for forged in ("", "x", planted[:-2], "eyJfdXNlcl9pZCI6IjEifQ.x.y", "\xe9", "a" * 3000):
        attacker.set_cookie("cmdb_session", forged)
        assert attacker.get("/me").status_code == 302


def test_what_an_admin_changes_of_an_account_counts_at_once(app):
    admin = Driver(app, "admin")
    client = log_in_client(app, "olga")
    (number,) = (
        each["id"] for each in admin.get(f"{API}/accounts").json["items"] if each["name"] == "olga"
    )
    token = token_of(client.get("/preferences"))
    assert admin.patch(f"{API}/accounts/{number}", json={"role": "viewer"}).status_code == 200
    assert (
        client.post("/master/tags/add", data={"csrf_token": token, "name": "x"}).status_code == 403
    )
    assert admin.patch(f"{API}/accounts/{number}", json={"enabled": False}).status_code == 200
    assert client.get("/me").status_code == 302
    assert client.post("/master/tags/add", data={"csrf_token": token}).status_code == 401


def test_all_other_sessions_end_at_once(app):
    here, there = log_in_client(app, "vera"), log_in_client(app, "vera")
    here.post("/me/sessions/end-others", data={"csrf_token": token_of(here.get("/preferences"))})
    assert here.get("/me").status_code == 200
    assert there.get("/me").status_code == 302


@pytest.mark.parametrize("proxies", [0, 1])
def test_cookies_are_secure_behind_a_proxy_of_ours_alone(make_sqlite_database, proxies):
    app = make(make_sqlite_database(), TRUSTED_PROXIES=proxies)
    client = app.test_client()
    base = "http://cmdb.example"
    token = token_of(client.get("/login", base_url=base, headers=SECURE))
    form = {"csrf_token": token, "name": "vera", "password": PASSWORD}
    answers = []
    if proxies:
        # Over TLS forms of other sites are told by the Referer, too.
        evil = SECURE | {"Referer": "https://evil.example/login"}
        assert client.post("/login", data=form, base_url=base, headers=evil).status_code == 403
    own = SECURE | {"Referer": "https://cmdb.example/login"}
    kept = client.get_cookie("cmdb_session", domain="cmdb.example")
    if kept is None or kept.secure:
        # The test's client sends no secure cookie over plain HTTP, as the proxy does.
        own["Cookie"] = f"cmdb_session={kept.value}" if kept else ""
    answers.append(client.post("/login", data=form, base_url=base, headers=own))
    answers.append(client.get("/preferences/language/zh", base_url=base, headers=SECURE))
    for answer in answers:
        cookies = answer.headers.getlist("Set-Cookie")
        assert answer.status_code == 302 and cookies
        assert all(("; Secure" in each) == bool(proxies) for each in cookies), cookies
    dispose(app)


def test_an_address_that_was_forwarded_by_nobody_of_ours_evades_no_count(app):
    client, told = app.test_client(), []
    for number in range(7):
        form = {"csrf_token": token_of(client.get("/login")), "name": "vera", "password": "wrong"}
        headers = {"X-Forwarded-For": f"192.0.2.{number}"}
        told.append(client.post("/login", data=form, headers=headers).status_code)
    assert told == [422] * 5 + [429] * 2


def test_who_may_do_nothing_is_told_nothing(app):
    """Without a login each page says the same, whether what it asks for is there or not."""
    client, site = app.test_client(), Site(None, app, {})
    Driver(site.app, "admin").post(f"{API}/assets", json={"hostname": "web01"})
    there, not_there = (client.get(f"/assets/{name}") for name in ("web01", "no01"))
    assert there.status_code == not_there.status_code == 302
    assert there.location.replace("web01", "no01") == not_there.location
