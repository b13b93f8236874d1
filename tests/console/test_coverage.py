"""Who did not report is shown with why, and with the command that mends it."""

import csv
import io

from cmdb_api.extensions import db
from cmdb_api.models.finding import KINDS as FINDING_KINDS
from cmdb_api.services import coverage, reasons
from cmdb_api.views.console import coverage_texts, finding_texts
from tests.console.conftest import log_in_client, token_of


def test_a_host_that_is_missing_stands_there_with_the_command_that_mends_it(site, look):
    looker = look(site, "olga")
    looker.open("/coverage")
    row = looker.page.locator("tbody tr", has_text="new01")
    assert "Key not accepted" in row.inner_text()
    assert row.locator("code").all_inner_texts() == ["salt-key -a new01"]
    assert row.locator("[data-copy]").is_visible()
    # It is no asset yet.
    assert row.locator("a.host").count() == 0


def test_a_reason_narrows_the_list_and_is_counted(site, look):
    looker = look(site, "vera", script=False)
    looker.open("/coverage")
    looker.page.click(".reasons a:has-text('Key not accepted')")
    hosts = looker.page.locator("tbody tr td:nth-child(2)").all_inner_texts()
    assert [each.split()[0] for each in hosts] == ["new01"]
    looker.page.click("text=Commands for all of them")
    assert "Mended one by one, or elsewhere" in looker.page.inner_text("main")


def test_one_command_takes_all_hosts_of_a_reason(site):
    client = log_in_client(site.app, "vera")
    text = client.get("/coverage/commands?kind=psu").text
    assert "cmdb.report psu" in text or "saltutil.sync_all" in text
    assert "salt -L" in text


def test_each_kind_shows_who_fails_and_leads_there(site, look):
    looker = look(site, "vera")
    looker.open("/coverage/kinds")
    row = looker.page.locator("tr", has=looker.page.locator("th", has_text="Power supplies"))
    row.locator("a", has_text="1").click()
    assert "kind=psu" in looker.page.url
    assert "db01" in looker.page.locator("tbody").inner_text()
    looker.open("/coverage/kinds")
    assert "salt01" in looker.page.inner_text("main")


def test_what_is_asked_wrongly_is_told_on_the_page(site):
    client = log_in_client(site.app, "vera")
    for path in ("/coverage", "/coverage/commands", "/coverage/kinds"):
        answer = client.get(f"{path}?window=soon")
        assert answer.status_code == 200
        assert "a duration is wanted" in answer.text.lower(), path
    assert "no host ever reported nosuch" in client.get("/coverage?kind=nosuch").text
    assert client.get("/coverage?reason=nosuch&kind=%00").status_code == 200


def test_all_that_is_missing_is_filed_with_its_commands(site):
    client = log_in_client(site.app, "vera")
    with client.get("/coverage?format=csv&columns=hostname,reason,commands") as answer:
        assert "new01,Key not accepted,salt-key -a new01" in answer.text.replace('"', "")


def test_the_file_has_the_commands_that_the_page_shows(site):
    client = log_in_client(site.app, "vera")
    with client.get("/coverage?format=csv") as answer:
        rows = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
        (row,) = (each for each in rows if each["Host"] == "new01")
    words, *commands = row["What mends it"].splitlines()
    assert words.startswith("Compare its fingerprint") and commands == ["salt-key -a new01"]


def test_the_agent_is_installed_with_our_own_address(site):
    hint = reasons.hint(reasons.NEVER_SEEN, "URL01", reasons.OF_STRANGER)
    with site.app.test_request_context(base_url="https://cmdb.example.com"):
        assert coverage_texts.commands(hint) == [
            "salt-key -a URL01",
            "python3 -m cmdb_agent install --url https://cmdb.example.com --key-file -",
            "cmdb key URL01",
        ]


def test_every_reason_and_kind_of_finding_has_its_words():
    assert coverage_texts.REASONS.keys() == set(reasons.REASONS)
    assert finding_texts.KINDS.keys() == set(FINDING_KINDS)


def test_the_commands_of_every_hint_can_be_pasted_as_they_are():
    tables = ({}, reasons.OF_AGENT, reasons.OF_STRANGER)
    found = {
        reason: coverage_texts.commands(reasons.hint(reason, "web01", special))
        for special in tables
        for reason in {**reasons.HINTS, **special}
    }
    assert found[reasons.DENIED] == ["salt-key -d web01"]
    for reason in reasons.REASONS:
        for command in coverage_texts.commands(reasons.hint(reason, "web01")):
            assert ";" not in command and "then" not in command, command
    hint = reasons.hint(reasons.DOWN, "we'b; 01")
    assert coverage_texts.commands(hint)[0] == "systemctl start salt-minion"


def test_the_numbers_by_reason_are_those_of_the_list(fresh_site):
    with fresh_site.app.test_request_context():
        windows = coverage.Windows.of(fresh_site.app.config)
        for kind in (None, "psu"):
            counts = coverage.counts(db.session, windows=windows, kind=kind)
            assert counts["expected"] - counts["collected"] == sum(counts["missing"].values()) > 0
            for reason, count in counts["missing"].items():
                asked = {"windows": windows, "kind": kind, "reason": [reason], "limit": 1}
                page = coverage.missing(db.session, clock_skew_seconds=300, **asked)
                assert page["total"] == count, reason
    client = log_in_client(fresh_site.app, "vera")
    page = client.get("/coverage?reason=key_pending&reason=key_pending&limit=1").text
    assert "1\u20131 of 1" in page


def test_the_counts_by_reason_follow_a_search(fresh_site):
    client = log_in_client(fresh_site.app, "vera")
    page = client.get("/coverage?query=hostname:new*").text
    assert "4 of 6 hosts reported" in page and "Key not accepted" in page
    assert 'class="reason"' in page and page.count('class="reason"') == 1
    assert "1\u20131 of 1" in page
    sent = {"csrf_token": token_of(client.get("/me")), "pick": ["never01", "x\0"]}
    commands = client.post("/coverage/commands", data=sent).text
    assert "For 1 chosen host." in commands and "Minion down" in commands
    assert "Key not accepted</" not in commands.partition("<main")[2]
