"""What hosts and people wrote is text on every page, and no secret is on any."""

import logging
from html.parser import HTMLParser

import pytest
from sqlalchemy import select

from cmdb_api.extensions import db
from cmdb_api.models import Account, Asset, Subscription, Token
from cmdb_api.services import canonical
from tests import reports
from tests.console import hostile, prying, walking
from tests.console.conftest import (
    PASSWORD,
    Driver,
    Site,
    dispose,
    log_in_client,
    make_site_app,
    posting,
)

SETTINGS = {
    "SECRET_KEY": "canary-key-that-signs-cookies",
    "MASTER_SECRET_PREVIOUS": "canary-master-secret-of-before",
    "OIDC_ISSUER": "https://id.example.com",
    "OIDC_CLIENT_ID": "cmdb",
    "OIDC_CLIENT_SECRET": "canary-secret-of-the-provider",
}
IN_THE_DATABASE_URL = "canary-password-of-the-database"
SECRETS = (hostile.SECRET, hostile.OLD_SECRET, PASSWORD, reports.MASTER_SECRET, IN_THE_DATABASE_URL)
SECRETS += tuple(SETTINGS[name] for name in SETTINGS if "SECRET" in name)


class Elements(HTMLParser):
    """Finds the elements and attributes of a page that are none of ours."""

    def __init__(self):
        super().__init__()
        self.foreign = []

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if tag == "x-canary" or any("canary" in name for name in names):
            self.foreign.append((tag, attrs))
        if tag == "script" and not dict(attrs).get("src"):
            self.foreign.append((tag, attrs))
        if "style" in names or any(name.startswith("on") for name in names):
            self.foreign.append((tag, attrs))


@pytest.fixture(scope="module")
def hostile_site(make_sqlite_database):
    """Return a Site whose every text is hostile, and the texts of its secrets."""
    app = make_site_app(make_sqlite_database(), **SETTINGS)
    admin, relay = Driver(app, "admin"), Driver(app, "relay")
    site = Site(None, app, hostile.build(admin, relay, posting(admin)))
    # Of the pages only: the database is open by now.
    url = f"postgresql://cmdb:{IN_THE_DATABASE_URL}@db.example/cmdb?password={IN_THE_DATABASE_URL}"
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    site.secrets = (*SECRETS, admin.token, relay.token, *kept_secrets(app))
    yield site
    dispose(app)


def kept_secrets(app):
    """Return the secrets that the database has: of webhooks, of passwords, of tokens; host keys."""
    with app.app_context():
        columns = (Subscription.secret, Account.password_hash, Token.hash)
        kept = [each for column in columns for each in db.session.scalars(select(column))]
        hosts = db.session.scalars(select(Asset.hostname))
        kept += [canonical.host_key(reports.MASTER_SECRET, host) for host in hosts]
    found = [each.hex() if isinstance(each, bytes) else each for each in kept if each]
    assert len(found) > 8
    return found


@pytest.fixture(scope="module")
def hostile_client(hostile_site):
    client = log_in_client(hostile_site.app, "anna")
    with client.session_transaction() as session:
        # The token of her session lies in the cookie alone.
        hostile_site.secrets = (*hostile_site.secrets, session["_user_id"])
    return client


def check_page(answer, path):
    """Look that a page gained no element and ran nothing; return what it says."""
    text = answer.get_data().decode("utf-8", "replace")
    if answer.mimetype == "text/html":
        page = Elements()
        page.feed(text)
        assert not page.foreign, (path, page.foreign[:5])
        assert "49canary" not in text, f"{path} ran a template"
        assert "cmdb_api/" not in text, f"{path} shows where our code is"
    return text


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", walking.names())
def test_a_page_gains_no_element_and_tells_no_secret(
    hostile_site, hostile_client, caplog, name, language
):
    caplog.set_level(logging.DEBUG)
    path = walking.address(name, hostile_site.known)
    answer = hostile_client.get(path, headers={"Accept-Language": language})
    # What was asked for may be wrong here: cp1252 has no emoji.
    assert answer.status_code < 400 or answer.status_code == 422, (
        path,
        answer.status_code,
        answer.text[:300],
    )
    text = check_page(answer, path)
    answer.close()
    told = [secret for secret in hostile_site.secrets if secret in text or secret in caplog.text]
    assert not told, f"{path} tells {told}"


HEADERS = {
    "Accept-Language": f"{hostile.PLAIN.encode('ascii', 'ignore').decode()};q=9,en;q=x,*;q=1e9",
    "Referer": 'http://localhost/assets/<x-canary>"x-canary=1',
    "X-Forwarded-Host": "<x-canary>.evil.example",
    "X-Forwarded-Proto": "javascript",
    "X-Forwarded-Prefix": "/<x-canary>",
    "X-Original-URL": "/admin",
    "User-Agent": "<x-canary>{{7*7}}canary",
    "HX-Request": "<x-canary>",
    "HX-Current-URL": "javascript:canary()",
    "If-None-Match": "<x-canary>",
    "Range": "bytes=0-0,<x-canary>",
}
COOKIES = ("cmdb_theme", "cmdb_density", "cmdb_language", "cmdb_zone", "cmdb_oidc", "cmdb_x")
ASKED = (
    "columns",
    "view",
    "next",
    "sort",
    "query",
    "q",
    "cursor",
    "start",
    "limit",
    "name",
    "like",
)
VALUES = (hostile.EVIL, f"hostname:{hostile.NAME}", f"=cmd(),{hostile.PLAIN}")


@pytest.mark.parametrize("name", [name for name in walking.names() if "?" not in name])
def test_what_an_address_or_a_browser_says_is_text(hostile_site, hostile_client, name):
    path = walking.address(name, hostile_site.known)
    client, kept = hostile_site.app.test_client(), hostile_client.get_cookie("cmdb_session")
    client.set_cookie("cmdb_session", kept.value)
    for cookie in COOKIES:
        client.set_cookie(cookie, "<x-canary>\"'{{7*7}}canary")
    for value in VALUES:
        asked = {name: value for name in ASKED}
        for more in (asked, asked | {"format": "csv"}, {hostile.EVIL: value, "query": value}):
            answer = client.get(path, query_string=more, headers=HEADERS)
            assert answer.status_code < 500, (path, more)
            text = check_page(answer, path)
            assert "evil.example" not in text + answer.headers.get("Location", ""), path
            assert not any(secret in text for secret in hostile_site.secrets), path
            assert "\r" not in str(answer.headers.get("Content-Disposition")), path
            answer.close()


def test_what_a_form_is_answered_with_is_text_and_tells_no_secret(hostile_site, caplog):
    """The last: it changes what is there."""
    caplog.set_level(logging.DEBUG)
    app = hostile_site.app
    prying.watch(app)
    client = log_in_client(app, "anna")
    token, answered = prying.token(client), 0
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        ends = rule.endpoint in ("console.login.out", "console.webhooks.test")
        if not rule.endpoint.startswith("console.") or "POST" not in rule.methods or ends:
            continue
        path = walking.filled(rule, hostile_site.known)
        asked = prying.names(client, "POST", path, data={"csrf_token": token})
        for value in (hostile.EVIL, hostile.NAME, "1"):
            given = dict.fromkeys(asked, value) | {"csrf_token": token}
            answer = client.post(path, data=given, headers=HEADERS)
            assert answer.status_code < 500, path
            text = check_page(answer, path)
            told = [secret for secret in hostile_site.secrets if secret in text]
            assert not told, f"{path} tells {told}"
            answered += answer.status_code in (200, 409, 422)
    assert answered > 60
    assert not [secret for secret in hostile_site.secrets if secret in caplog.text]
