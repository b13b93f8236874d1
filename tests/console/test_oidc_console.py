"""A login by an OpenID Connect provider that was begun in the console ends in the console."""

from urllib.parse import urlsplit

import pytest
import requests

from tests.api.test_oidc import agree, issuer  # noqa: F401 - the provider
from tests.console.conftest import Site, dispose, make_site_app
from tests.served import served

CALLBACK = "/api/v1/oidc/callback"


@pytest.fixture
def provided(make_sqlite_database, issuer):  # noqa: F811
    """Return a Site that takes logins of the provider."""
    app = make_site_app(
        make_sqlite_database(),
        OIDC_ISSUER=issuer,
        OIDC_CLIENT_ID="cmdb",
        OIDC_CLIENT_SECRET="example",
        OIDC_CREATE_ACCOUNTS=True,
    )
    with served(app) as address:
        yield Site(address, app, {"issuer": issuer})
    dispose(app)


def test_who_begins_in_the_console_comes_back_to_the_page_they_wanted(provided, chromium):
    issuer = provided.known["issuer"]  # noqa: F811
    claims = {"preferred_username": "ines"}
    requests.put(f"{issuer}/users/1001", json=claims, timeout=5).raise_for_status()
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{provided.url}/me?x=1")
    page.click("text=your organisation")
    assert page.url.startswith(issuer)
    page.fill('input[name="sub"]', "1001")
    page.locator('button, input[type="submit"]').first.click()
    page.wait_for_url(f"{provided.url}/me?x=1")
    assert "ines" in page.locator("main").inner_text()
    assert page.locator("text=Change your password").count() == 0
    context.close()


def log_in(provided, target, **claims):
    """Begin a login with this ``next``; return the client and the answer of the callback."""
    client, issuer = provided.app.test_client(), provided.known["issuer"]  # noqa: F811
    requests.put(f"{issuer}/users/1002", json=claims, timeout=5).raise_for_status()
    place = client.get("/api/v1/oidc/login", query_string={"next": target})
    sent = requests.post(place.location, data={"sub": "1002"}, allow_redirects=False, timeout=5)
    query = urlsplit(sent.headers["Location"]).query
    return client, client.get(f"{CALLBACK}?{query}")


def test_nobody_is_sent_to_another_site(provided):
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "/" * 3000):
        client, answer = log_in(provided, target, preferred_username="ines")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/"), target
        assert client.get("/me").status_code == 200


def test_what_is_refused_is_told_on_a_page(provided):
    client, answer = log_in(provided, "/me", preferred_username="anna")
    assert answer.status_code == 403
    assert answer.mimetype == "text/html"
    assert "oidc_subject" in answer.text
    assert 'href="/login?next=/me">Try to log in again<' in answer.text
    assert client.get("/me").status_code == 302


def test_who_did_not_begin_in_the_console_is_answered_in_json(provided):
    client, issuer = provided.app.test_client(), provided.known["issuer"]  # noqa: F811
    query = agree(client, issuer, "1003", preferred_username="otto")
    answer = client.get(f"{CALLBACK}?{query}")
    assert answer.json["account"] == "otto"
    assert client.get("/me").status_code == 302
