"""An asset over time: what changed, how it was, what differs since, and who it is."""

from cmdb_api.extensions import db
from cmdb_api.services import carriers
from tests.console.conftest import Driver, log_in_client
from tests.console.fleet import API


def test_the_timeline_is_grouped_by_day_and_by_report(site, look):
    page = look(site, "vera").page
    page.goto(f"{site.url}/assets/web01/history")
    heads = page.locator(".group-head").all_inner_texts()
    assert "robot" in heads[0]
    assert "a report, 3 changes" in heads[1]
    assert "a report, 1 change" in heads[2]
    page.get_by_text("EXAMPLE-D1 → EXAMPLE-D2").click()
    assert page.locator("del.old", has_text="EXAMPLE-D1").is_visible()
    assert page.locator("ins.new", has_text="EXAMPLE-D2").is_visible()


def test_what_is_asked_for_narrows_the_history(site):
    client = log_in_client(site.app, "vera")
    disks = client.get("/assets/web01/history?kind=disk").text
    assert "EXAMPLE-D2" in disks and "6.1.0-2" not in disks
    assert "6.1.0-2" in client.get("/assets/web01/history?since=30m").text
    assert "EXAMPLE-D1" not in client.get("/assets/web01/history?since=30m").text
    people = client.get("/assets/web01/history?origin=people").text
    assert "Anna Example" in people and "EXAMPLE-D2" not in people
    wrong = client.get("/assets/web01/history?kind=dsk").text
    assert "did you mean disk?" in wrong


def test_a_history_is_exported_as_it_is_shown(site):
    answer = log_in_client(site.app, "vera").get("/assets/web01/history?kind=disk&format=csv")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=history-web01-")
    text = answer.text
    answer.close()
    assert "Old and new" in text.splitlines()[0]
    assert "EXAMPLE-D1 → EXAMPLE-D2" in text
    assert "3.0.2" not in text


def test_times_are_typed_and_told_in_the_viewers_zone(site, look):
    page = look(site, "vera").page
    page.goto(f"{site.url}/assets/web01/at?at=2026-01-15T12:30")
    # The zone of the browser is known from the second page on.
    page.goto(f"{site.url}/assets/web01/at?at=2026-01-15T12:30")
    assert page.input_value('[name="at"]') == "2026-01-15T12:30"
    assert "Times are in Europe/Berlin" in page.inner_text("main")
    page.goto(f"{site.url}/assets/web01/at?at=2026-01-15T12:30:00Z")
    assert page.input_value('[name="at"]') == "2026-01-15T13:30"


def test_an_asset_is_shown_as_it_was_and_what_differs_since(site, look):
    page = look(site, "vera").page
    page.goto(f"{site.url}/assets/web01/at?at=2h")
    assert page.get_by_text("EXAMPLE-D1").is_visible()
    assert page.get_by_text("EXAMPLE-D2").count() == 0
    page.get_by_role("link", name="What is different now").click()
    page.wait_for_url("**/diff?from=*")
    disks = page.get_by_role("region", name="Disks")
    assert "replaced" in disks.inner_text()
    assert disks.locator("del.old").all_inner_texts() == ["FW1", "EXAMPLE-D1"]
    assert disks.locator("ins.new").all_inner_texts() == ["FW2", "EXAMPLE-D2"]


def test_kinds_whose_collector_brought_nothing_then_are_named(site):
    page = log_in_client(site.app, "vera").get("/assets/web01/at?at=10m").text
    assert "These kinds were not known yet" in page
    assert "RAID controllers" in page


def test_a_time_that_is_none_or_before_an_asset_was_known_is_told(site):
    client = log_in_client(site.app, "vera")
    for query, told in (
        ("at?at=nonsense", "A time is wanted"),
        ("at?at=2999-01-01", "is yet to come"),
        ("at?at=2001-01-01", "was not known then"),
        ("diff?from=1h&to=9h", "is later than"),
    ):
        page = client.get(f"/assets/web01/{query}")
        assert page.status_code == 200 and told in page.text, query


def test_identity_tells_who_else_carries_the_same_and_what_is_to_be_decided(site):
    page = log_in_client(site.app, "vera").get("/assets/web02/identity").text
    row = page[page.index("00000002-1111") :]
    assert "/assets/web03" in row[: row.index("</tr>")]
    assert "Names this machine" in row[: row.index("</tr>")]


def test_who_carries_an_identifier_is_told_in_order_up_to_a_number(fresh_site):
    driver = Driver(fresh_site.app, "admin")
    number = driver.get(f"{API}/assets/web02").json["etag"].strip('"').partition("-")[0]
    with fresh_site.app.app_context():
        session = db.session
        told = {row["type"]: row for row in carriers.told(session, int(number), shown=1)}
        none = carriers.told(session, int(number), shown=0)
    assert told["system_uuid"]["also_on"] == ["web03"]
    assert told["system_uuid"]["also_on_count"] == 1
    assert all(row["also_on"] == [] for row in none)
