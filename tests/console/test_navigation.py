"""The navigation says where one is, on every page of a family."""

import re

import pytest

from cmdb_api.views import console
from cmdb_api.views.console import navigation
from tests.console.conftest import log_in_client

# These are reached from the menu of oneself and from the search, or by nobody who looks.
ELSEWHERE = {"files", "find", "login", "me", "preferences", "search_help"}
CURRENT = re.compile(r'<a href="([^"]+)" aria-current="page"><svg')


def test_each_family_of_pages_belongs_to_one_entry():
    of = [(entry.endpoint.split(".")[1], *entry.families) for entry in navigation.ENTRIES]
    found = [family for families in of for family in families]
    assert sorted(found) == sorted({blp.name for blp in console.families()} - ELSEWHERE)


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        ("/assets", "/assets"),
        ("/assets/web01", "/assets"),
        ("/assets/saved", "/assets"),
        ("/parts", "/parts"),
        ("/packages", "/packages"),
        ("/admin", "/admin"),
        ("/admin/settings", "/admin"),
        ("/admin/users", "/admin"),
        ("/admin/tokens/add", "/admin"),
        ("/admin/webhooks", "/admin"),
        ("/admin/audit", "/admin"),
        ("/me", None),
    ],
)
def test_the_entry_of_a_page_is_marked(site, path, entry):
    page = log_in_client(site.app, "anna").get(path)
    assert page.status_code == 200
    # It stands beside the page, and in the menu of small screens.
    assert CURRENT.findall(page.text) == ([entry] * 2 if entry else [])
