"""What browsers are told with each answer, and what other sites and late visitors can't do."""

import pytest

from cmdb_api.views.headers import POLICY
from tests.console import walking
from tests.console.conftest import PASSWORD, log_in_client, token_of

HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# Errors, redirects, files, JSON; (method, path).
ANSWERS = (
    *(("GET", "/"), ("GET", "/no-such-page"), ("PUT", "/assets"), ("POST", "/login")),
    *(("GET", "/assets?format=csv"), ("GET", "/assets?format=xlsx"), ("GET", "/-/app.css")),
    *(("GET", "/-/no.css"), ("GET", "/assets/no-such-host"), ("GET", "/preferences/language/zh")),
    *(("GET", "/api/v1/assets"), ("GET", "/api/v1/nothing"), ("GET", "/healthz")),
    *(("OPTIONS", "/assets"), ("HEAD", "/"), ("GET", "/exchange/template-en.xlsx")),
)


@pytest.fixture(scope="module")
def vera(site):
    return log_in_client(site.app, "vera")


@pytest.fixture(scope="module")
def anna(site):
    return log_in_client(site.app, "anna")


@pytest.mark.parametrize("method, path", ANSWERS)
@pytest.mark.parametrize("who", ["anna", "nobody"])
def test_every_answer_has_the_headers(site, anna, who, method, path):
    client = anna if who == "anna" else site.app.test_client()
    answer = client.open(path, method=method)
    answer.close()
    assert {name: answer.headers.getlist(name) for name in HEADERS} == {
        name: [value] for name, value in HEADERS.items()
    }


@pytest.mark.parametrize("name", walking.names())
def test_no_page_is_kept_by_a_browser(site, anna, name):
    answer = anna.get(walking.address(name, site.known))
    answer.close()
    assert "no-store" in answer.headers.get("Cache-Control", ""), answer.headers


def test_files_that_tell_nothing_are_kept(site):
    answer = site.app.test_client().get("/-/app.css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_of_a_login_is_for_us_alone(site, scheme):
    client = site.app.test_client()
    base = f"{scheme}://cmdb.example"
    form = {"name": "vera", "password": PASSWORD}
    form["csrf_token"] = token_of(client.get("/login", base_url=base))
    headers = {"Referer": f"{base}/login"}
    answer = client.post("/login", data=form, base_url=base, headers=headers)
    assert answer.status_code == 302, answer.text
    (cookie,) = answer.headers.getlist("Set-Cookie")
    flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= flags
    assert ("secure" in flags) == (scheme == "https")
    assert not any(flag.startswith("domain") for flag in flags)


def test_a_form_token_from_before_the_login_is_none_after_it(site):
    client = site.app.test_client()
    planted = token_of(client.get("/login"))
    form = {"csrf_token": planted, "name": "vera", "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 302
    answer = client.post("/logout", data={"csrf_token": planted})
    assert answer.status_code == 403
    assert client.get("/me").status_code == 200


def test_a_logout_ends_the_cookie_that_somebody_kept(site):
    client, thief = log_in_client(site.app, "vera"), site.app.test_client()
    kept = client.get_cookie("cmdb_session").value
    thief.set_cookie("cmdb_session", kept)
    assert thief.get("/me").status_code == 200
    client.post("/logout", data={"csrf_token": token_of(client.get("/preferences"))})
    thief = site.app.test_client()
    thief.set_cookie("cmdb_session", kept)
    assert thief.get("/me").status_code == 302


@pytest.mark.parametrize(
    "target",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example"),
        *("/\t/evil.example", "/%09/evil.example\n", "\t//evil.example", " //evil.example"),
        *("javascript:alert(1)", "http:evil.example", "///evil.example", "/\n/evil.example"),
        *("http://[evil", "//[", "/\x00/evil.example", "/\r\nSet-Cookie: x=1"),
    ],
)
def test_no_next_leads_to_another_site(site, anna, target):
    for path in ("/login", "/preferences/language/en"):
        answer = anna.get(path, query_string={"next": target})
        assert answer.status_code == 302, (path, answer.status_code)
        to = answer.headers["Location"]
        assert to == "/" or (to.startswith("/") and to[1:2] not in ("/", "\\")), to
        assert not any(c in to for c in "\t\r\n\0\\"), repr(to)


def test_a_host_header_of_another_site_is_in_no_address(site):
    for path in ("/", "/login", "/no-such-page", "/assets"):
        answer = site.app.test_client().get(path, headers={"Host": "evil.example"})
        assert "evil.example" not in answer.text
        assert "evil.example" not in answer.headers.get("Location", "")


def test_what_another_site_sends_is_not_kept_for_after_a_login(site):
    answer = site.app.test_client().post(
        "/assets/web01/edit",
        data={"comment": "planted"},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status_code == 401
    assert "planted" not in answer.text


def test_passwords_are_not_tried_without_end(fresh_site):
    client = fresh_site.app.test_client()
    token, told = token_of(client.get("/login")), []
    for number in range(40):
        form = {"csrf_token": token, "name": "vera", "password": f"wrong {number}"}
        told.append(client.post("/login", data=form).status_code)
        if told[-1] == 429:
            break
    assert told[-1] == 429, told
    form = {"csrf_token": token, "name": "vera", "password": PASSWORD}
    assert client.post("/login", data=form).status_code == 429
