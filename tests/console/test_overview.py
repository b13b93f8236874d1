"""The first page tells how the fleet stands; each of its figures leads to what it counts."""

from cmdb_api.extensions import db
from cmdb_api.services.access import accounts
from tests.console.conftest import PASSWORD, dispose, log_in_client, make_site_app


def test_each_state_leads_to_as_many_assets(site, look):
    looker = look(site, "vera")
    looker.open("/")
    online = looker.page.locator(".figures a", has_text="online")
    count = int(online.locator("strong").inner_text())
    assert count == 5
    online.click()
    assert looker.page.locator("tbody tr").count() == count


def test_bars_lead_to_a_search_that_shows_exactly_these(site, look):
    looker = look(site, "vera", script=False)
    for name in ("Debian GNU/Linux 12", "Example Inc", "not reported"):
        looker.open("/")
        row = looker.page.locator(".chart-bars tr", has_text=name).first
        count = int(row.locator("td.number").inner_text())
        row.locator("a").click()
        assert looker.page.locator("tbody tr").count() == count, name


def test_what_is_missing_and_what_is_open_lead_to_their_lists(site):
    text = log_in_client(site.app, "vera").get("/").text
    assert "/coverage?reason=key_pending" in text
    assert "/findings?kind=identity" in text
    assert "<bdi>EXAMPLE-D1</bdi> → <bdi>EXAMPLE-D2</bdi>" in text


def test_failing_hardware_leads_to_what_fails(site, look):
    looker = look(site, "vera", script=False)
    looker.open("/")
    looker.page.locator(".figures a", has_text="failing hardware").click()
    rows = looker.page.locator("tbody tr")
    assert rows.count() == 1
    assert "RAID volume 0:0: degraded" in rows.inner_text()
    assert "Disk behind a RAID controller 0:32:1 (EXAMPLE-RD1): failed" in rows.inner_text()


def test_charts_have_their_numbers_as_a_table(site, look):
    looker = look(site, "vera", script=False)
    looker.open("/")
    days = looker.page.locator("section", has=looker.page.locator("#days"))
    days.locator("summary").click()
    assert days.locator("tbody tr").count() == 30


def test_an_empty_cmdb_says_what_to_do_next(make_sqlite_database):
    app = make_site_app(make_sqlite_database())
    with app.app_context():
        accounts.add(db.session, {"name": "vera", "role": "viewer", "password": PASSWORD})
        db.session.commit()
    text = log_in_client(app, "olga").get("/").text
    assert "cmdb.report" in text and "cmdb token create --scope relay" in text
    assert "Register an asset" in text
    assert "Register an asset" not in log_in_client(app, "vera").get("/").text
    dispose(app)
