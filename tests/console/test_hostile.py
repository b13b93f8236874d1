"""What hosts and people wrote is text on every page, and no secret is on any."""

import logging
from html.parser import HTMLParser

import pytest

from tests import reports
from tests.console import hostile, walking
from tests.console.conftest import (
    PASSWORD,
    Driver,
    Site,
    dispose,
    log_in_client,
    make_site_app,
    posting,
)

SECRETS = (hostile.SECRET, PASSWORD, reports.MASTER_SECRET, "an example secret key")


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
    app = make_site_app(make_sqlite_database())
    admin, relay = Driver(app, "admin"), Driver(app, "relay")
    site = Site(None, app, hostile.build(admin, relay, posting(admin)))
    site.secrets = (*SECRETS, admin.token, relay.token)
    yield site
    dispose(app)


@pytest.fixture(scope="module")
def hostile_client(hostile_site):
    return log_in_client(hostile_site.app, "anna")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("name", walking.names())
def test_a_page_gains_no_element_and_tells_no_secret(
    hostile_site, hostile_client, caplog, name, language
):
    caplog.set_level(logging.DEBUG)
    path = walking.address(name, hostile_site.known)
    answer = hostile_client.get(path, headers={"Accept-Language": language})
    data = answer.get_data()
    answer.close()
    # What was asked for may be wrong here: cp1252 has no emoji.
    assert answer.status_code < 400 or answer.status_code == 422, (
        path,
        answer.status_code,
        data[:300],
    )
    text = data.decode("utf-8", "replace")
    if answer.mimetype == "text/html":
        page = Elements()
        page.feed(text)
        assert not page.foreign, (path, page.foreign[:5])
        assert "49canary" not in text, f"{path} ran a template"
        assert "cmdb_api/" not in text, f"{path} shows where our code is"
    told = [secret for secret in hostile_site.secrets if secret in text or secret in caplog.text]
    assert not told, f"{path} tells {told}"
