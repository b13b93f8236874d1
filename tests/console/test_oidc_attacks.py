"""A login by a provider that is not the one that was begun here logs nobody into the console."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from cmdb_api.extensions import db
from cmdb_api.models import Account
from tests.api.test_oidc import issuer  # noqa: F401 - the provider
from tests.console.conftest import dispose, make_site_app, token_of
from tests.console.test_oidc_console import CALLBACK

LOGIN = "/api/v1/oidc/login"
COOKIE = "cmdb_oidc"


@pytest.fixture
def make(make_sqlite_database, issuer):  # noqa: F811
    """Return a function that makes an app which takes logins of the provider."""
    made = []

    def make(**more):
        settings = {
            "OIDC_ISSUER": issuer,
            "OIDC_CLIENT_ID": "cmdb",
            "OIDC_CLIENT_SECRET": "example",
        }
        settings |= {"OIDC_CREATE_ACCOUNTS": True} | more
        made.append(make_site_app(make_sqlite_database(), **settings))
        return made[-1]

    yield make
    for app in made:
        dispose(app)


def agree(client, issuer, subject="2001", target="/me", **claims):  # noqa: F811
    """Begin a login in the console and be somebody; return what comes back: {name: value}."""
    told = {"preferred_username": "ines"} | claims
    requests.put(f"{issuer}/users/{subject}", json=told, timeout=5).raise_for_status()
    place = client.get(LOGIN, query_string={"next": target})
    sent = requests.post(place.location, data={"sub": subject}, allow_redirects=False, timeout=5)
    query = parse_qs(urlsplit(sent.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def is_refused(client, answer, *words):
    """Look that an answer is a page that says why, and that nobody is logged in."""
    assert (answer.status_code, answer.mimetype) == (403, "text/html"), answer.text[:300]
    assert "<h1" in answer.text and 'href="/login?next=' in answer.text
    assert all(word in answer.text for word in words), answer.text
    assert client.get("/me").status_code == 302


def test_what_does_not_belong_to_this_login_is_refused(make, issuer):  # noqa: F811
    client = make().test_client()
    given = agree(client, issuer)
    for wrong in (
        *({"state": ""}, {"state": "x"}, {"state": "\u00e9"}, {"state": "x" * 900}),
        *({"iss": "https://other.example.com"}, {"code": "forged"}, {"code": ""}),
    ):
        is_refused(client, client.get(CALLBACK, query_string=given | wrong), "again")
    # Of an earlier login of the same browser: its nonce is another.
    later = agree(client, issuer)
    mixed = {"code": agree(client, issuer)["code"], "state": later["state"]}
    is_refused(client, client.get(CALLBACK, query_string=mixed), "begin again")


def test_a_code_is_worth_one_login(make, issuer):  # noqa: F811
    client, thief = (app := make()).test_client(), app.test_client()
    given = agree(client, issuer)
    kept = client.get_cookie(COOKIE, path=CALLBACK).value
    assert client.get(CALLBACK, query_string=given).location == "/me"
    thief.set_cookie(COOKIE, kept, path=CALLBACK)
    is_refused(thief, thief.get(CALLBACK, query_string=given), "begin again")
    # Without the cookie it is not known that it was begun in the console.
    nobody = app.test_client()
    assert nobody.get(CALLBACK, query_string=given).status_code == 403
    assert nobody.get("/me").status_code == 302


def test_nobody_is_logged_in_as_somebody_else_by_a_link(make, issuer):  # noqa: F811
    """An attacker's answer of the provider, sent to a victim who began a login of their own."""
    attacker, victim = (app := make()).test_client(), app.test_client()
    given = agree(attacker, issuer, "6666", preferred_username="mallory")
    victim.get(LOGIN, query_string={"next": "/me"})
    is_refused(victim, victim.get(CALLBACK, query_string=given), "begin again")


def test_what_the_provider_says_of_a_refusal_is_text(make, issuer):  # noqa: F811
    client = make().test_client()
    for said in ("access_denied", "<x-canary>{{7*7}}canary", "x" * 3000):
        state = parse_qs(urlsplit(client.get(LOGIN, query_string={"next": "/me"}).location).query)
        given = {"state": state["state"][0], "error": "access_denied", "error_description": said}
        answer = client.get(CALLBACK, query_string=given)
        is_refused(client, answer, "the provider refused the login")
        assert "<x-canary" not in answer.text and "49canary" not in answer.text
        assert len(answer.text) < 20_000


def test_who_has_no_account_gets_none_where_none_are_made(make, issuer):  # noqa: F811
    app = make(OIDC_CREATE_ACCOUNTS=False)
    client = app.test_client()
    given = agree(client, issuer, "2002", preferred_username="olga")
    is_refused(client, client.get(CALLBACK, query_string=given), "oidc_subject to")


def test_a_login_that_another_key_signed_was_not_begun_here(make, issuer):  # noqa: F811
    other = make(SECRET_KEY="another example secret key").test_client()
    given = agree(other, issuer, target="/admin")
    client = make().test_client()
    client.set_cookie(COOKIE, other.get_cookie(COOKIE, path=CALLBACK).value, path=CALLBACK)
    answer = client.get(CALLBACK, query_string=given)
    assert answer.status_code == 403
    assert client.get("/me").status_code == 302


def test_a_session_of_before_is_another_after_it(make, issuer):  # noqa: F811
    attacker, client = (app := make()).test_client(), app.test_client()
    planted_token = token_of(attacker.get("/login"))
    planted = attacker.get_cookie("cmdb_session").value
    client.set_cookie("cmdb_session", planted)
    assert client.get(CALLBACK, query_string=agree(client, issuer)).status_code == 302
    assert client.get("/me").status_code == 200
    assert client.get_cookie("cmdb_session").value != planted
    assert client.post("/logout", data={"csrf_token": planted_token}).status_code == 403
    attacker.set_cookie("cmdb_session", planted)
    assert attacker.get("/me").status_code == 302


def test_who_is_disabled_here_is_not_let_in_by_the_provider(make, issuer):  # noqa: F811
    app = make()
    client = app.test_client()
    assert client.get(CALLBACK, query_string=agree(client, issuer, "2003")).status_code == 302
    with app.app_context():
        db.session.query(Account).filter_by(name="ines").update({"enabled": False})
        db.session.commit()
    assert client.get("/me").status_code == 302
    again = app.test_client()
    is_refused(again, again.get(CALLBACK, query_string=agree(again, issuer, "2003")), "disabled")
