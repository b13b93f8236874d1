"""The console on a port, with a small fleet, and real headless Chromium to look at it."""

import json
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from cmdb_api import create_app
from cmdb_api.extensions import db
from cmdb_api.services.access import accounts, tokens
from tests import reports
from tests.console import fleet
from tests.served import served

PASSWORD = "correct horse battery"
CHROMIUM = "/usr/bin/chromium"
SIZES = {"wide": (1280, 900), "phone": (390, 844)}
SCHEMES = ("light", "dark")


@dataclass
class Site:
    """A console that is served: its address, its app, and the numbers of what is in it."""

    url: str
    app: object
    known: dict


class Driver:
    """What makes the fleet through the API: a client of a token."""

    def __init__(self, app, scope):
        with app.app_context():
            _, self.token = tokens.create(db.session, name="robot", scope=scope)
            db.session.commit()
        self.client = app.test_client()
        self.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.token}"

    def __getattr__(self, name):
        return getattr(self.client, name)


def make_site_app(url, **settings):
    """Return an app on a database with one account of each role: anna, olga, vera."""
    app = create_app(
        **{
            "SECRET_KEY": "an example secret key",
            "MASTER_SECRET": reports.MASTER_SECRET,
            "SQLALCHEMY_DATABASE_URI": url,
        }
        | settings
    )
    with app.app_context():
        for name, role in (("anna", "admin"), ("olga", "operator")):
            accounts.add(db.session, {"name": name, "role": role, "password": PASSWORD})
        db.session.commit()
    return app


def dispose(app):
    """Close an app's connections."""
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def posting(client):
    """Return what posts reports, one by one, and looks that each was taken."""

    def post(report):
        answer = client.post(
            "/api/v1/reports",
            data=json.dumps(report),
            headers={"Content-Type": "application/x-ndjson"},
        )
        (line,) = map(json.loads, answer.text.splitlines())
        assert line["result"] in ("recorded", "unchanged"), line

    return post


@pytest.fixture(scope="session")
def site(make_sqlite_database):
    """Return a Site on SQLite that tests look at, and do not change."""
    yield from _site(make_sqlite_database())


@pytest.fixture
def fresh_site(database_url):
    """Return a Site of one's own, on SQLite and on PostgreSQL, to change."""
    yield from _site(database_url)


def _site(url):
    app = make_site_app(url)
    admin = Driver(app, "admin")
    known = fleet.build(admin, Driver(app, "relay"), posting(admin))
    with served(app) as address:
        yield Site(address, app, known)
    dispose(app)


@pytest.fixture(scope="session")
def chromium():
    """Return a running Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


class Looker:
    """A browser's window that is logged in; what goes wrong on its pages is kept."""

    def __init__(self, context, site):
        self.site, self.context, self.faults = site, context, []
        self.page = context.new_page()
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        self.page.on("request", self._asked)

    def open(self, path):
        """Open a page; return the answer."""
        return self.page.goto(self.site.url + path)

    def _said(self, message):
        # A page of status 404 is told in the console too, and is no fault.
        if (
            message.type in ("error", "warning")
            and "the server responded with a status" not in message.text
        ):
            self.faults.append(f"{self.page.url}: {message.text}")

    def _asked(self, request):
        host = urlsplit(request.url)
        if host.scheme not in ("data", "blob") and not request.url.startswith(self.site.url):
            self.faults.append(f"{self.page.url}: asked {request.url}")


@pytest.fixture
def look(chromium):
    """Return a function that opens a window, logged in as somebody: look(site, "anna", ...)."""
    opened = []

    def look(site, name="anna", *, size="wide", scheme="light", language="en", script=True):
        width, height = SIZES[size]
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            locale={"en": "en-GB", "zh": "zh-CN"}[language],
            java_script_enabled=script,
            timezone_id="Europe/Berlin",
        )
        looker = Looker(context, site)
        opened.append(looker)
        if name:
            log_in(looker, name)
        return looker

    yield look
    for looker in opened:
        looker.context.close()
    faults = [fault for looker in opened for fault in looker.faults]
    assert not faults, "\n".join(faults)


def log_in(looker, name, password=PASSWORD):
    """Log in by the form."""
    looker.open("/login")
    looker.page.locator('input[name="name"]').fill(name)
    looker.page.locator('input[name="password"]').fill(password)
    looker.page.locator('form[action="/login"] button').click()
    looker.page.wait_for_url(lambda url: "/login" not in url)


def log_in_client(app, name, password=PASSWORD, **options):
    """Return a test client that is logged in."""
    client = app.test_client(**options)
    form = {"csrf_token": token_of(client.get("/login")), "name": name, "password": password}
    assert client.post("/login", data=form).status_code == 302
    # That it is used is noted once a minute.
    client.get("/preferences")
    return client


def token_of(answer):
    """Return the token of the forms on a page."""
    return re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.text)[1]
