"""A package's versions and hosts are shown, and what was mistyped is told."""

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


def test_a_mistyped_name_is_told_with_the_nearest(site):
    client = log_in_client(site.app, "vera")
    answer = client.get("/packages?name=opensl")
    assert answer.status_code == 200
    assert "openssl" in answer.text.split('role="alert"')[1][:200]
    assert client.get("/packages?name=%07").status_code == 200
    assert "Type the name of a package" in client.get("/packages?name=+").text


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
