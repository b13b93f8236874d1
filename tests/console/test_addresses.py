"""What stands in an address by a name that means something to Flask means nothing to a page."""

import re

import pytest

from tests.console import walking
from tests.console.conftest import Driver, log_in_client

NAMES = ("endpoint", "values", "_scheme", "_external", "_anchor", "_method", "hostname", "number")


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_shown_whatever_names_its_address_has(site, name):
    client = log_in_client(site.app, "anna")
    for rule in walking.rules():
        path = walking.filled(rule, site.known)
        answer = client.get(path, query_string={name: "example"})
        assert answer.status_code < 500, (path, name)
        answer.close()


def test_links_of_a_list_keep_what_was_asked_for_and_stay_here(site):
    client = log_in_client(site.app, "anna")
    page = client.get("/assets?q=web&_scheme=javascript&_external=1&environment=%26x")
    links = [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', page.text)]
    (file,) = (link for link in links if "format=csv" in link)
    assert file.startswith("/assets?q=web&_scheme=javascript&_external=1&environment=%26x&")
    assert not [link for link in links if "//" in link]


def test_another_name_of_an_asset_leads_to_it_with_all_that_was_asked(fresh_site):
    driver = Driver(fresh_site.app, "admin")
    assert driver.put("/api/v1/assets/web01/aliases/www").status_code < 300
    client = log_in_client(fresh_site.app, "anna")
    answer = client.get("/assets/www?fields=1&_scheme=javascript&endpoint=x")
    assert answer.status_code == 302
    assert answer.location == "/assets/web01?fields=1&_scheme=javascript&endpoint=x"
