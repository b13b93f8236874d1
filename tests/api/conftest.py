"""The app on each sort of database, and reports posted to it."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from cmdb_api import create_app
from cmdb_api.extensions import db
from cmdb_api.services.access import tokens
from tests import reports


@pytest.fixture
def make_app():
    """Return a function that makes an app on a database; settings can be overridden."""
    apps = []

    def make(url, **settings):
        app = create_app(
            **{
                "TESTING": True,
                # A failure is answered as in real use: no test shall pass over a 500.
                "PROPAGATE_EXCEPTIONS": False,
                "SECRET_KEY": "an example secret key",
                "MASTER_SECRET": reports.MASTER_SECRET,
                "SQLALCHEMY_DATABASE_URI": url,
            }
            | settings
        )
        apps.append(app)
        return app

    yield make
    for app in apps:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


@pytest.fixture
def app(make_app, database_url):
    """Return the app on a new database; the test runs on SQLite and on PostgreSQL."""
    return make_app(database_url)


@pytest.fixture
def client(app):
    """Return a client that speaks to the app without a network."""
    return app.test_client()


@pytest.fixture
def session(app):
    """Return a database session in an app context, to look at the record directly."""
    with app.app_context():
        yield db.session


@pytest.fixture
def make_report():
    """Return ``tests.reports.make_report``: make_report(host, sections, key=..., **members)."""
    return reports.make_report


@pytest.fixture
def post(client):
    """Return a function that posts reports as NDJSON, gzipped, and gives their result lines."""

    def post(*given):
        body = "\n".join(json.dumps(report) for report in given)
        answer = client.post(
            "/api/v1/reports",
            data=gzip.compress(body.encode()),
            headers={"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
        )
        assert answer.status_code == 200, answer.text
        return [json.loads(line) for line in answer.text.splitlines()]

    return post


@pytest.fixture
def make_token(app):
    """Return a function that makes a token and gives its text."""

    def make(scope="read", **more):
        with app.app_context():
            _, text = tokens.create(db.session, **{"name": "anna", "scope": scope} | more)
            db.session.commit()
        return text

    return make


@pytest.fixture
def make_client(app, make_token):
    """Return a function that makes a client whose token has this scope."""

    def make(scope, **more):
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {make_token(scope, **more)}"
        return client

    return make


@pytest.fixture
def reader(make_client):
    """Return a client that may read."""
    return make_client("read")


@pytest.fixture
def writer(make_client):
    """Return a client that may read and write."""
    return make_client("write")


@pytest.fixture
def at_once():
    """Return a function that calls others, each in a thread of its own, at one moment."""

    def at_once(*calls):
        together = Barrier(len(calls))

        def run(call):
            together.wait()
            return call()

        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(run, calls))

    return at_once
