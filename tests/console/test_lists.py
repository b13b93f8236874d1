"""What every list does: searched, ordered, narrowed by a column, chosen from."""

import csv
import io
import re
from urllib.parse import urlencode

import pytest
from flask import url_for

from cmdb_api.views.console.search_help import LISTS
from tests.console.conftest import log_in_client

PICKS = re.compile(r'name="pick" value="([^"]+)"')


@pytest.fixture
def admin(site):
    return log_in_client(site.app, "anna")


def rows_of(client, address):
    """Return the rows of the file of a list."""
    joined = "&" if "?" in address else "?"
    return read(client.get(f"{address}{joined}format=csv"))


def read(answer):
    """Return the rows of a file."""
    with answer:
        assert answer.mimetype == "text/csv", answer.text
        return list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))


def test_a_list_is_searched_in_its_own_fields(admin):
    every = rows_of(admin, "/admin/audit?columns=action,actor")
    logins = rows_of(admin, "/admin/audit?columns=action,actor&query=action:login+AND+actor:anna")
    assert 0 < len(logins) < len(every)
    assert {row["Who"] for row in logins} == {"anna"}
    others = rows_of(admin, "/admin/audit?columns=action,actor&query=NOT+action:login")
    assert {row["Action"] for row in logins}.isdisjoint(row["Action"] for row in others)


def test_a_list_is_ordered_by_a_column_on_all_its_pages(admin):
    found, address = [], "/admin/audit?sort=actor,-id&columns=id,actor&limit=3"
    while address and len(found) < 60:
        page = admin.get(address).get_data(as_text=True)
        found += re.findall(r'name="pick" value="(\d+)"', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following and following[1].replace("&amp;", "&")
    whole = [
        row["Number"] for row in rows_of(admin, "/admin/audit?sort=actor,-id&columns=id,actor")
    ]
    # Each file is an entry of its own.
    assert len(found) > 9 and found == [number for number in whole if number in found]
    actors = [row["Who"] for row in rows_of(admin, "/admin/audit?sort=actor&columns=actor")]
    assert actors == sorted(actors, key=lambda name: (name == "", name.lower()))


def test_pages_are_turned_back_to_the_first(admin):
    address, shown = "/admin/audit?sort=id&columns=id&limit=2", []
    for _ in range(4):
        text = admin.get(address).get_data(as_text=True)
        shown.append(text)
        address = re.search(r'rel="next" href="([^"]+)"', text)[1].replace("&amp;", "&")
    picked = lambda text: re.findall(r'name="pick" value="(\d+)"', text)  # noqa: E731
    count = lambda text: re.search(r'class="count">\s*(\S+)', text)[1]  # noqa: E731
    text = shown.pop()
    while shown:
        back = re.search(r'rel="prev" href="([^"]+)"', text)[1].replace("&amp;", "&")
        before, text = shown.pop(), admin.get(back).get_data(as_text=True)
        assert (picked(text), count(text)) == (picked(before), count(before))
    assert 'rel="prev"' not in text and "cursor=" not in back and count(text).startswith("1")
    # Another order begins at its own first page.
    assert "back=" not in re.search(r'href="([^"]*sort=-id[^"]*)"', shown_again(admin))[1]


def shown_again(admin):
    text = admin.get("/admin/audit?sort=id&columns=id&limit=2").get_data(as_text=True)
    second = re.search(r'rel="next" href="([^"]+)"', text)[1].replace("&amp;", "&")
    return admin.get(second).get_data(as_text=True)


def test_a_wrong_search_or_order_says_where_and_what_there_is(admin):
    page = admin.get("/admin/audit?query=actor:anna+AND+nosuch:1&sort=nosuch")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "there is nothing nosuch to order by; it can be id, at, actor" in text
    text = admin.get("/admin/audit?query=actor:anna+AND+nosuch:1").get_data(as_text=True)
    assert "at character 16: there is no field nosuch" in text and "<mark>n</mark>" in text
    text = admin.get("/admin/audit?query=action:loggin").get_data(as_text=True)
    assert "action is one of" in text


def test_a_column_narrows_to_a_value_and_to_all_others(admin):
    page = admin.get("/admin/audit?query=actor:anna").get_data(as_text=True)
    only = re.search(r'href="([^"]+)" aria-label="Only with login"', page)[1].replace("&amp;", "&")
    other = re.search(r'href="([^"]+)" aria-label="All but those with login"', page)[1]
    assert "action%3Alogin" in only
    kept = {row["Action"] for row in rows_of(admin, only)}
    left = {row["Action"] for row in rows_of(admin, other.replace("&amp;", "&"))}
    assert kept == {"login"} and left and "login" not in left


def test_the_chosen_rows_are_a_file_of_their_own(admin):
    page = admin.get("/admin/audit?columns=id,what&limit=5").get_data(as_text=True)
    numbers = re.findall(r'name="pick" value="(\d+)"', page)
    action = re.search(r'action="(/admin/audit/picked[^"]*)"', page)[1].replace("&amp;", "&")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)[1]
    # What comes meanwhile moves no row out of what was shown.
    sent = {"pick": numbers[1:3], "format": "csv", "csrf_token": token}
    found = read(admin.post(action.replace("limit=5", "limit=20"), data=sent))
    assert [row["Number"] for row in found] == numbers[1:3]
    assert set(found[0]) == {"Number", "What"}


def test_what_may_come_next_is_told_to_those_who_may_see_the_list(site, admin):
    told = admin.get("/search/audit/complete?query=act").json["items"]
    assert [item["insert"] for item in told] == ["actor:", "action:"]
    told = admin.get("/search/audit/complete?query=actor:a").json["items"]
    assert "anna" in [item["value"] for item in told]
    assert admin.get("/search/audit/help").status_code == 200
    viewer = log_in_client(site.app, "vera")
    for address in ("/search/audit/complete?query=actor:a", "/search/audit/help", "/admin/audit"):
        assert viewer.get(address).status_code == 403
    token = re.search(r'name="csrf_token" value="([^"]+)"', viewer.get("/me").text)[1]
    sent = {"pick": "1", "format": "csv", "csrf_token": token}
    assert viewer.post("/admin/audit/picked", data=sent).status_code == 403


def asking(path, **asked):
    """Return the address of a list's page with what is asked of it."""
    return f"{path}{'&' if '?' in path else '?'}{urlencode(asked)}"


def path_of(site, searched):
    """Return the path of a list's page: of one that belongs to something, of the fleet's."""
    of = {"console.bulk.past": "edit", "console.exchange.past": "import"}
    own = {"number": site.known[of.get(searched.above, "subscription")]} if searched.above else {}
    with site.app.test_request_context():
        return url_for(searched.endpoint, **searched.parts, **searched.asked, **own)


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_field_of_a_list_is_asked_for_and_ordered_by(fresh_site, name):
    client, searched = log_in_client(fresh_site.app, "anna"), LISTS[name]
    path = path_of(fresh_site, searched)
    asked = [f"{field}:*" for field in searched.rows.fields] + [q for q, _ in searched.examples]
    asked += [f"NOT {query}" for query in asked[:2]] + ["a*", "zz AND NOT zz"]
    for query in asked:
        page = client.get(asking(path, query=query))
        assert page.status_code == 200 and "search-query-error" not in page.text, (query, page.text)
    for field in searched.rows.sorting:
        for order in (field, f"-{field}"):
            page = client.get(asking(path, sort=order, limit=2))
            assert page.status_code == 200 and "alert-danger" not in page.text, (order, page.text)
            following = re.search(r'rel="next" href="([^"]+)"', page.text)
            if following:
                other = client.get(following[1].replace("&amp;", "&"))
                assert other.status_code == 200 and "alert-danger" not in other.text, order
                one, two = (PICKS.findall(each.text) for each in (page, other))
                assert two and not set(one) & set(two), order


@pytest.mark.parametrize("name", sorted(LISTS))
def test_a_list_offers_its_search_with_help_and_files(site, name):
    client, searched = log_in_client(site.app, "anna"), LISTS[name]
    path = path_of(site, searched)
    page = client.get(asking(path, query=f"{next(iter(searched.rows.fields))}:*")).text
    assert f'data-complete="/search/{name}/complete"' in page and f"/search/{name}/help" in page
    assert "format=csv" in page and "format=xlsx" in page
    help_page = client.get(f"/search/{name}/help").text
    assert all(f"<code>{field}</code>" in help_page for field in searched.rows.fields)
    told = client.get(f"/search/{name}/complete?query=").json["items"]
    assert {item["value"] for item in told} >= set(list(searched.rows.fields)[:20])
