"""A part is found by its serial number, and its journey is told in sentences."""

import re

from tests.console.conftest import Driver, log_in_client, posting
from tests.reports import make_report, section


def disk(serial):
    item = {"slot": "0:1:0", "vendor": "EXAMPLE", "model": "SSD 960", "serial": serial}
    return {"disk": section([item], serial="serial")}


def listed(client, query=""):
    """Return the serial numbers that a page lists."""
    page = client.get(f"/parts{query}").text
    return re.findall(r'name="pick" value="\S+ (\S+) ', page)


def test_all_parts_are_listed_until_something_narrows_them(site):
    client = log_in_client(site.app, "vera")
    every = listed(client)
    assert every == sorted(every) and {"EXAMPLE-D2", "EXAMPLE-B-WEB01"} <= {*every}
    # What is in no host any more is found by its serial number alone.
    assert "EXAMPLE-D1" not in every
    assert listed(client, "?kind=disk") == [f"EXAMPLE-D{n}" for n in (2, 3, 4, 5)]
    assert '<option value="disk" selected>' in client.get("/parts?kind=disk").text
    assert listed(client, "?vendor=example&model=ssd") == [f"EXAMPLE-D{n}" for n in (2, 3, 4, 5)]
    assert "No part fits" in client.get("/parts?vendor=nobody").text


def test_one_part_is_shown_with_where_it_was_and_what_took_its_place(site, look):
    looker = look(site, "vera")
    looker.open("/parts")
    looker.page.fill('input[name="serial"]', "example-d1")
    looker.page.click("form[role=search] button")
    assert looker.page.locator("article h2").inner_text().strip() == "EXAMPLE-D1"
    assert "Replaced in web01 0:1:0 by EXAMPLE-D2." in looker.page.locator(".journey").inner_text()
    looker.page.click(".journey a:has-text('EXAMPLE-D2')")
    assert looker.page.locator("article h2").inner_text().strip() == "EXAMPLE-D2"
    assert "web01" in looker.page.locator("article .facts").first.inner_text()


def test_the_beginning_of_a_serial_number_lists_all_and_one_mistyped_offers_that(site, look):
    looker = look(site, "vera")
    looker.open("/parts?serial=EXAMPLE-RD")
    looker.page.click("text=Look for all that begin so")
    assert looker.page.locator("tbody tr").count() == 2
    looker.open("/parts?serial=EX*")
    assert "3 or more characters" in looker.page.locator("[role=alert]").inner_text()


def test_all_parts_of_a_host_are_listed_and_filed(site):
    client = log_in_client(site.app, "vera")
    page = client.get("/parts?asset=db01").text
    assert "EXAMPLE-RD0" in page and "EXAMPLE-D1<" not in page
    with client.get("/parts?asset=db01&format=csv") as answer:
        assert "EXAMPLE-RD0" in answer.text and "First seen in db01 0:32:0." in answer.text
    assert "nosuch" in client.get("/parts?asset=nosuch").text.split('role="alert"')[1]


def test_a_part_that_moved_and_one_in_two_hosts_are_told(fresh_site):
    post = posting(Driver(fresh_site.app, "admin"))
    hour = 3_600_000
    post(make_report("src01", disk("EXAMPLE-MOVE"), age_ms=300 * hour))
    post(make_report("src01", disk("EXAMPLE-NEW"), age_ms=200 * hour))
    post(make_report("dst01", disk("EXAMPLE-MOVE"), age_ms=100 * hour))
    post(make_report("dst02", disk("EXAMPLE-NEW")))
    client = log_in_client(fresh_site.app, "vera")
    moved = client.get("/parts?serial=EXAMPLE-MOVE").text
    assert "Back after 4 days: moved from" in moved
    twice = client.get("/parts?serial=EXAMPLE-NEW").text
    assert "in two hosts at once" in twice
    assert "In two hosts at once:" in twice


def test_a_part_tells_whom_to_call_when_it_fails(fresh_site):
    driver = Driver(fresh_site.app, "admin")
    supplier = {"name": "Example Disks", "email": "rma@example.com", "phone": "+49 30 5550 199"}
    assert driver.post("/api/v1/suppliers", json=supplier).status_code == 201
    given = {"supplier": "Example Disks", "warranty_until": "2099-01-31"}
    assert driver.patch("/api/v1/assets/web01", json=given).status_code == 200
    text = log_in_client(fresh_site.app, "vera").get("/parts?serial=EXAMPLE-D2").text
    assert "Whom to call" in text and "2099-01-31" in text and "days left" in text
    assert "Example Disks" in text and 'href="tel:+4930' in text and "Anna Example" in text
    # One that is in no host now has nobody to be called about it.
    text = log_in_client(fresh_site.app, "vera").get("/parts?serial=EXAMPLE-D1").text
    assert "Whom to call" not in text
