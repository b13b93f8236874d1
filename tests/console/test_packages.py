"""A package's versions and hosts are shown, and what was mistyped is told."""

import html
import re
from urllib.parse import parse_qs, urlsplit

from tests.console.conftest import log_in_client


def test_each_version_of_a_package_is_counted_and_leads_to_its_hosts(site):
    client = log_in_client(site.app, "vera")
    text = client.get("/packages?name=openssl").text
    assert "2 versions" in text
    assert "web02" in text and "3.0.2" in text
    only = client.get("/packages?name=openssl&version=3.0.2").text
    assert ">web01<" in only and ">web02<" not in only


def test_a_version_leads_to_the_search_that_finds_the_same_hosts(site, look):
    looker = look(site, "vera")
    looker.open("/packages?name=openssl")
    row = looker.page.locator("table.versions tr", has_text="3.0.2")
    address = urlsplit(row.locator("a").last.get_attribute("href"))
    assert parse_qs(address.query)["query"] == ['package.openssl:"3.0.2"']
    row.locator("a").last.click()
    assert looker.page.locator("td a.host").all_inner_texts() == ["web01"]


def test_versions_are_narrowed_as_searches_narrow_them(site):
    client = log_in_client(site.app, "vera")
    page = client.get("/packages", query_string={"name": "openssl", "version": "<3.0.2"}).text
    assert ">web02<" in page and ">web01<" not in page and "2 versions" in page
    page = client.get("/packages", query_string={"name": "openssl", "version": "<0.1"}).text
    assert "No host has it in such a version." in page
    wrong = client.get("/packages", query_string={"name": "openssl", "version": "<"})
    assert wrong.status_code == 200 and 'role="alert"' in wrong.text
    assert "is-invalid" in wrong.text and "begin so" not in wrong.text


def test_a_mistyped_name_is_told_with_the_nearest(site):
    client = log_in_client(site.app, "vera")
    answer = client.get("/packages?name=opensl")
    assert answer.status_code == 200
    assert "openssl" in answer.text.split('role="alert"')[1][:200]
    assert client.get("/packages?name=%07").status_code == 200
    assert 'href="/packages?name=opensl*"' in answer.text


def names(client, query=""):
    """Return what a page lists of packages: (name, hosts, versions)."""
    page = client.get(f"/packages{query}").text
    row = r"<bdi>(\S+)</bdi></a></td>\s*<td[^>]*>(\d+)</td>\s*<td[^>]*>(\d+)</td>"
    return [(name, int(hosts), int(versions)) for name, hosts, versions in re.findall(row, page)]


def test_all_packages_are_listed_with_their_hosts_and_versions(site):
    client = log_in_client(site.app, "vera")
    every = [("bash", 4, 1), ("openssl", 4, 2)]
    assert names(client) == every and names(client, "?name=+") == every
    assert names(client, "?sort=-name") == every[::-1]
    assert names(client, "?name=OPEN*") == every[1:]
    assert "Nothing fits" in client.get("/packages?name=zz*").text
    with client.get("/packages?name=*&format=csv") as answer:
        assert answer.text.splitlines()[1:] == ["bash,4,1", "openssl,4,2"]
    first = client.get("/packages?limit=1").text
    following = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    assert ">openssl<" in client.get(following).text


def test_hosts_of_a_package_are_found_and_ordered_by_its_version(site):
    client = log_in_client(site.app, "vera")

    def hosts(**asked):
        page = client.get("/packages", query_string={"name": "openssl"} | asked).text
        return re.findall(r'name="pick" value="(\S+)"', page)

    assert hosts(query="version:3.0.2") == ["web01"]
    assert hosts(query="version:<3.0.2 AND hostname:web*") == ["web02", "web03"]
    assert hosts(sort="-version")[0] == "web01" and hosts(sort="version")[-1] == "web01"
    assert hosts(query="arch:arm64") == [] and len(hosts(query="arch:amd64")) == 4


def test_the_file_has_the_hosts_that_are_shown(site):
    client = log_in_client(site.app, "vera")
    with client.get("/packages?name=openssl&version=3.0.2&format=csv") as answer:
        assert answer.mimetype == "text/csv"
        assert "web01" in answer.text and "web02" not in answer.text


def test_a_version_with_quotes_makes_no_other_search():
    from cmdb_api.services.search import grammar
    from cmdb_api.views.console import packages

    term = grammar.read(packages._search("libstdc++6", 'a"b\\ OR c'))
    assert term.field == "package.libstdc++6"
    assert [wanted.text for wanted in term.all_wanted] == ['a"b\\ OR c']
