"""Logins by a real OpenID Connect provider, on loopback."""

import base64
import os
import socket
import subprocess
import sys
import time
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from joserfc import jwk, jwt
from sqlalchemy import select

from cmdb_api import create_app
from cmdb_api.errors import Forbidden, SettingsError
from cmdb_api.models import Account, AuditEntry
from cmdb_api.services.access import oidc
from tests import reports
from tests.api import people
from tests.api.people import on_sqlite

LOGIN, CALLBACK = "/api/v1/oidc/login", "/api/v1/oidc/callback"
ACCOUNTS = "/api/v1/accounts"


@pytest.fixture(scope="module")
def issuer():
    """Return the URL of a provider that lets everybody be whom they say."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env=os.environ | {"NO_COLOR": "1"}, **quiet) as process:
        try:
            _wait_for(url)
            yield url
        finally:
            process.terminate()


def _wait_for(url):
    for _ in range(300):
        try:
            return requests.get(f"{url}/.well-known/openid-configuration", timeout=5)
        except requests.ConnectionError:
            time.sleep(0.1)
    raise AssertionError("the provider does not start")


@pytest.fixture
def settings(issuer):
    return {
        **{"OIDC_ISSUER": issuer, "OIDC_CLIENT_ID": "cmdb", "OIDC_CLIENT_SECRET": "example"},
        "OIDC_CREATE_ACCOUNTS": True,
    }


@pytest.fixture
def make_oidc(make_app, database_url, settings):
    """Return a function that makes an app which takes logins of the provider."""
    return lambda **more: make_app(database_url, **settings | more)


@pytest.fixture
def admin(make_client):
    """Return a client whose token may do everything."""
    return make_client("admin", name="root token")


def agree(client, issuer, subject, **claims):
    """Begin a login, be somebody at the provider; return the query with which it sends back."""
    requests.put(f"{issuer}/users/{subject}", json=claims, timeout=5).raise_for_status()
    place = client.get(LOGIN)
    assert place.status_code == 302, place.text
    answer = requests.post(place.location, data={"sub": subject}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    assert urlsplit(answer.headers["Location"]).path == CALLBACK
    return urlsplit(answer.headers["Location"]).query


def log_in(app, issuer, subject, **claims):
    """Log in by the provider; return the answer of the callback."""
    client = app.test_client()
    return client.get(f"{CALLBACK}?{agree(client, issuer, subject, **claims)}")


def refused(answer, status=403):
    assert answer.status_code == status, answer.text
    return answer.json["error"]["message"]


@on_sqlite
def test_who_is_sent_to_the_provider_proves_that_it_was_this_login(make_oidc, issuer):
    answer = make_oidc().test_client().get(LOGIN)
    sent = parse_qs(urlsplit(answer.location).query)
    assert answer.location.startswith(f"{issuer}/oauth2/authorize?")
    assert sent["code_challenge_method"] == ["S256"]
    assert (sent["scope"], sent["client_id"]) == (["openid profile email"], ["cmdb"])
    assert sent["redirect_uri"] == [f"http://localhost{CALLBACK}"]
    assert len({*sent["state"], *sent["nonce"], *sent["code_challenge"]}) == 3
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert sent["nonce"][0] not in answer.headers["Cache-Control"]


def test_a_new_person_gets_an_account_and_a_session(make_oidc, issuer, session):
    app = make_oidc()
    claims = {"preferred_username": "anna", "name": "Anna Example", "email": "anna@example.com"}
    answer = log_in(app, issuer, "1001", **claims)
    assert answer.status_code == 200, answer.text
    assert (answer.json["account"], answer.json["scope"]) == ("anna", "read")
    assert answer.headers["Cache-Control"] == "no-store"
    header = {"Authorization": f"Bearer {answer.json['token']}"}
    me = app.test_client().get(f"{ACCOUNTS}/me", headers=header).json
    assert (me["name"], me["role"], me["full_name"]) == ("anna", "viewer", "Anna Example")
    account = session.scalar(select(Account))
    assert account.oidc_subject == f"{issuer} 1001"
    assert account.password_hash is None
    entry = session.scalar(select(AuditEntry))
    assert (entry.action, entry.actor, entry.details) == ("login", "anna", {"by": "oidc"})
    # Whatever they are called now.
    again = log_in(app, issuer, "1001", preferred_username="anna.example")
    assert again.json["account"] == "anna"


@on_sqlite
def test_a_local_account_of_the_same_name_is_not_taken_over(make_oidc, issuer, admin):
    app, told = make_oidc(), people.add(admin, "Anna", role="admin")
    said = refused(log_in(app, issuer, "1001", preferred_username="anna"))
    assert f"oidc_subject to: {issuer} 1001" in said
    place = f"{ACCOUNTS}/{told['id']}"
    assert admin.patch(place, json={"oidc_subject": f"{issuer} 1001"}).status_code == 200
    answer = log_in(app, issuer, "1001", preferred_username="anna")
    assert (answer.json["account"], answer.json["scope"]) == ("Anna", "admin")


@on_sqlite
def test_who_has_no_account_is_refused_where_none_are_made(make_oidc, issuer, admin):
    said = refused(log_in(make_oidc(OIDC_CREATE_ACCOUNTS=False), issuer, "1001"))
    assert "no account is linked" in said
    (entry,) = admin.get("/api/v1/audit").json["items"]
    assert (entry["action"], entry["what"]) == ("refused", f"GET {CALLBACK}")


@on_sqlite
def test_a_name_that_is_none_here_is_refused_and_told(make_oidc, issuer):
    app = make_oidc()
    for name in (None, "", "anna b", "anna (cmdb asset)", "a" * 101, 5, ["x"]):
        answer = log_in(app, issuer, "1001", preferred_username=name)
        assert "OIDC_NAME_CLAIM" in refused(answer)


@on_sqlite
def test_a_disabled_account_does_not_log_in(make_oidc, issuer, admin):
    app = make_oidc()
    log_in(app, issuer, "1001", preferred_username="anna")
    (account,) = admin.get(ACCOUNTS).json["items"]
    admin.patch(f"{ACCOUNTS}/{account['id']}", json={"enabled": False})
    assert "disabled" in refused(log_in(app, issuer, "1001", preferred_username="anna"))


def test_the_groups_of_the_provider_give_the_role_at_each_login(make_oidc, issuer, admin):
    roles = {"ops": "operator", "boss": "admin", "all": "viewer"}
    app = make_oidc(OIDC_ROLE_CLAIM="groups", OIDC_ROLES=roles)
    for groups, scope in ((["all", "ops"], "write"), (["boss", "x"], "admin"), ("all", "read")):
        answer = log_in(app, issuer, "1001", preferred_username="anna", groups=groups)
        assert answer.json["scope"] == scope
    for groups in ([], ["x"], None, [["ops"]], {"ops": 1}):
        answer = log_in(app, issuer, "1001", preferred_username="anna", groups=groups)
        assert "OIDC_ROLES" in refused(answer)


@on_sqlite
def test_who_is_limited_here_does_not_become_an_admin_there(make_oidc, issuer, admin):
    app = make_oidc(OIDC_ROLE_CLAIM="groups", OIDC_ROLES={"boss": "admin"})
    people.add(admin, limited=True, oidc_subject=f"{issuer} 1001")
    assert "limited" in refused(log_in(app, issuer, "1001", groups=["boss"]))


@on_sqlite
def test_a_login_that_was_begun_elsewhere_is_refused(make_oidc, issuer):
    app = make_oidc()
    victim, attacker = app.test_client(), app.test_client()
    query = agree(attacker, issuer, "1001", preferred_username="mallory")
    assert "begin again" in refused(victim.get(f"{CALLBACK}?{query}"))
    victim.get(LOGIN)
    assert "begin again" in refused(victim.get(f"{CALLBACK}?{query}"))


@on_sqlite
def test_a_wrong_state_is_refused(make_oidc, issuer):
    client = make_oidc().test_client()
    given = parse_qs(agree(client, issuer, "1001", preferred_username="anna"))
    for state in ("", "wrong", "\u00e9"):
        answer = client.get(CALLBACK, query_string={"code": given["code"], "state": state})
        assert "begin again" in refused(answer)


@on_sqlite
def test_a_code_of_another_login_is_refused_by_its_nonce(make_oidc, issuer):
    client = make_oidc().test_client()
    first = parse_qs(agree(client, issuer, "1001", preferred_username="anna"))
    second = parse_qs(agree(client, issuer, "1001", preferred_username="anna"))
    mixed = {"code": first["code"], "state": second["state"]}
    assert "not valid" in refused(client.get(CALLBACK, query_string=mixed))


@on_sqlite
def test_a_code_is_taken_once(make_oidc, issuer):
    client = make_oidc().test_client()
    query = agree(client, issuer, "1001", preferred_username="anna")
    cookie = client.get_cookie("cmdb_oidc", path=CALLBACK).value
    assert client.get(f"{CALLBACK}?{query}").status_code == 200
    assert "begin again" in refused(client.get(f"{CALLBACK}?{query}"))
    client.set_cookie("cmdb_oidc", cookie, path=CALLBACK)
    assert "begin again" in refused(client.get(f"{CALLBACK}?{query}"))


@on_sqlite
def test_a_cookie_that_another_secret_signed_is_none(make_oidc, issuer):
    other = make_oidc(SECRET_KEY="another example secret").test_client()
    query = agree(other, issuer, "1001", preferred_username="anna")
    client = make_oidc().test_client()
    forged = other.get_cookie("cmdb_oidc", path=CALLBACK).value
    client.set_cookie("cmdb_oidc", forged, path=CALLBACK)
    assert "begin again" in refused(client.get(f"{CALLBACK}?{query}"))


@on_sqlite
def test_what_the_provider_refuses_is_told(make_oidc, issuer):
    client = make_oidc().test_client()
    state = parse_qs(urlsplit(client.get(LOGIN).location).query)["state"][0]
    said = client.get(CALLBACK, query_string={"state": state, "error": "access_denied"})
    assert "access_denied" in refused(said)
    for more in ({}, {"code": "forged"}, {"code": "x", "iss": "https://other.example.com"}):
        answer = client.get(CALLBACK, query_string={"state": state} | more)
        assert answer.status_code == 403


@on_sqlite
def test_a_provider_that_does_not_answer_is_told_with_when_to_try_again(make_oidc, issuer):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{probe.getsockname()[1]}"
    for url in (nobody, f"{issuer}/users"):
        answer = make_oidc(OIDC_ISSUER=url).test_client().get(LOGIN)
        assert "does not answer" in refused(answer, 503)
        assert answer.headers["Retry-After"] == "30"


@on_sqlite
def test_a_token_for_another_program_is_refused(make_oidc, issuer):
    client = make_oidc().test_client()
    query = agree(client, issuer, "1001", preferred_username="anna")
    other = make_oidc(OIDC_CLIENT_ID="other").test_client()
    other.set_cookie(
        "cmdb_oidc", client.get_cookie("cmdb_oidc", path=CALLBACK).value, path=CALLBACK
    )
    assert other.get(f"{CALLBACK}?{query}").status_code == 403


@on_sqlite
def test_without_the_setting_there_is_none(client):
    for place in (LOGIN, CALLBACK):
        assert "OIDC_ISSUER" in refused(client.get(place), 404)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"OIDC_CLIENT_ID": None}, "OIDC_CLIENT_ID"),
        ({"OIDC_ISSUER": "http://id.example.com"}, "https://"),
        ({"OIDC_ISSUER": "id.example.com"}, "https://"),
        ({"OIDC_REDIRECT_URL": "http://cmdb.example.com/x"}, "OIDC_REDIRECT_URL"),
        ({"OIDC_SCOPES": "profile"}, "openid"),
        ({"OIDC_ROLES": {"ops": "root"}, "OIDC_ROLE_CLAIM": "groups"}, "'root'"),
        ({"OIDC_ROLES": {"ops": "admin"}}, "OIDC_ROLE_CLAIM"),
        ({"OIDC_ROLE_CLAIM": "groups"}, "OIDC_ROLES"),
    ],
)
def test_settings_that_can_not_work_stop_the_start(wrong, told):
    given = {"SECRET_KEY": "an example secret key", "MASTER_SECRET": reports.MASTER_SECRET}
    given |= {"OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "cmdb"}
    given |= {"SQLALCHEMY_DATABASE_URI": "sqlite://"}
    with pytest.raises(SettingsError, match=told):
        create_app(**given | wrong)


KEY = jwk.RSAKey.generate_key(2048, {"kid": "1"})
CONFIG = {"OIDC_ISSUER": "https://id.example.com", "OIDC_CLIENT_ID": "cmdb"}


def id_token(key=KEY, algorithm="RS256", **claims):
    """Return an ID token that is right but for what is given."""
    right = {"iss": CONFIG["OIDC_ISSUER"], "aud": "cmdb", "sub": "1001", "nonce": "n"}
    right |= {"iat": int(time.time()), "exp": int(time.time()) + 60}
    told = {name: value for name, value in (right | claims).items() if value is not None}
    return jwt.encode({"alg": algorithm, "kid": "1"}, told, key, algorithms=[algorithm])


def claims_of(token):
    keys = jwk.KeySet([KEY]).as_dict(private=False)
    return oidc._claims(CONFIG, token, keys, "n")


@pytest.mark.parametrize("more", [{}, {"aud": ["cmdb"]}, {"aud": ["cmdb", "x"], "azp": "cmdb"}])
def test_a_right_id_token_is_taken(more):
    assert claims_of(id_token(**more))["sub"] == "1001"


@pytest.mark.parametrize(
    "more",
    [
        {"iss": "https://other.example.com"},
        {"aud": "other"},
        {"aud": ["other"]},
        {"aud": ["cmdb", "other"]},
        {"azp": "other"},
        {"nonce": "another"},
        {"nonce": None},
        {"sub": None},
        {"exp": None},
        {"exp": int(time.time()) - 3600},
        {"iat": int(time.time()) + 3600},
        {"key": jwk.RSAKey.generate_key(2048, {"kid": "1"})},
        {"key": jwk.OctKey.generate_key(256, {"kid": "1"}), "algorithm": "HS256"},
    ],
)
def test_an_id_token_that_is_wrong_in_anything_is_refused(more):
    with pytest.raises(Forbidden):
        claims_of(id_token(**more))


@pytest.mark.parametrize("token", [None, "", "x", "a.b.c", 5])
def test_what_is_no_id_token_is_refused(token):
    with pytest.raises(Forbidden):
        claims_of(token)


def test_an_id_token_that_nobody_signed_is_refused():
    head, body, _ = id_token().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    for forged in (f"{none}.{body}.", f"{head}.{body}."):
        with pytest.raises(Forbidden):
            claims_of(forged)
