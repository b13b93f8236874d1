"""Two assets side by side: what differs, and what is said of names that are none."""

import html
import json
import re

from tests.console.conftest import Driver, log_in_client
from tests.console.fleet import API, sections
from tests.reports import make_report, section

PACKAGES = "/compare?left=web01&right=web02&kind=package"


def test_what_differs_is_told_and_what_does_not_is_left_out(site):
    page = log_in_client(site.app, "vera").get("/compare?left=web01&right=db01").text
    assert "FW2" in page and "FW1" in page
    # Serial numbers differ between any two machines.
    assert "EXAMPLE-D2" not in page
    assert "Only db01 has reported:" in page
    assert "SSD 960" not in page


def test_all_fields_are_shown_where_they_are_asked_for(site):
    client = log_in_client(site.app, "vera")
    page = client.get("/compare?left=web01&right=db01&show=all&ignore_identifiers=false").text
    assert "SSD 960" in page
    assert "EXAMPLE-D2" in page and "EXAMPLE-D5" in page


def test_packages_are_paired_by_their_name(site):
    page = log_in_client(site.app, "vera").get("/compare?left=web01&right=db01&kind=package").text
    row = page[page.index("openssl") :]
    row = row[: row.index("</tr>")]
    assert "openssl · amd64" in row
    assert "3.0.2" in row and "3.0.1" in row
    assert "bash" not in page


def test_a_name_that_is_none_is_told_beside_its_field_with_the_nearest(site, look):
    looker = look(site, "vera")
    looker.open("/compare?left=web01&right=web022")
    page = looker.page
    assert page.input_value('[name="left"]') == "web01"
    assert page.input_value('[name="right"]') == "web022"
    assert page.locator("#side-right-error").inner_text().find("web02") > 0
    assert page.locator("#side-left-error").count() == 0


def test_names_are_suggested_while_one_types(site, look):
    looker = look(site, "vera")
    looker.open("/compare")
    looker.page.locator('[name="left"]').press_sequentially("web0")
    options = looker.page.locator("#names-left option")
    options.first.wait_for(state="attached")
    assert options.evaluate_all("all => all.map(o => o.value)") == ["web01", "web02", "web03"]
    looker.page.fill('[name="left"]', "web01")
    looker.page.fill('[name="right"]', "web02")
    looker.page.get_by_role("button", name="Compare").click()
    looker.page.wait_for_url("**/compare?*right=web02*")
    assert looker.page.get_by_role("link", name="Swap").count() == 1


def test_what_is_typed_is_no_pattern(site):
    client = log_in_client(site.app, "vera")
    fragment = {"HX-Request": "true"}
    for typed in ("*", "%", "w_b", "?"):
        answer = client.get("/compare/names", query_string={"left": typed}, headers=fragment)
        assert "option" not in answer.text, typed


def test_assets_are_compared_as_they_were_in_the_viewers_zone(fresh_site):
    driver = Driver(fresh_site.app, "admin")
    report = make_report("db01", sections("db01", "EXAMPLE-D9", 7), age_ms=1000)
    assert driver.post(f"{API}/reports", json=report).status_code == 200
    client = log_in_client(fresh_site.app, "anna")
    now = client.get("/compare?left=web01&right=db01").text
    then = client.get("/compare?left=web01&right=db01&at=30m").text
    assert "FW7" in now and "FW7" not in then


def _packages(host, version, count, **more):
    rows = [{"name": f"lib{n:04}", "arch": "amd64", "version": version} for n in range(count)]
    rows += [{"name": name, "arch": "amd64", "version": "1"} for name in more.get("only", ())]
    return make_report(host, {"package": section(rows, ["name", "arch"], bulk=True)}, age_ms=10)


def _differ(site, count):
    """Let two hosts have so many packages, each in another version, and one of their own each."""
    driver = Driver(site.app, "admin")
    for host, version in (("web01", "1.0"), ("web02", "2.0")):
        report = _packages(host, version, count, only=[f"of-{host}"])
        assert driver.post(f"{API}/reports", json=report).status_code == 200


def test_of_a_kind_with_many_differences_the_first_are_shown_and_where_all_are(fresh_site):
    _differ(fresh_site, 450)
    client = log_in_client(fresh_site.app, "vera")
    page = client.get("/compare?left=web01&right=web02").text
    assert counted(page) == (1, 50, 452)
    assert "lib0049" in page and "lib0050" not in page
    alone = html.unescape(re.search(r'href="([^"]+)">All of Packages alone', page)[1])
    seen = []
    while alone:
        page = client.get(alone).text
        seen += re.findall(r'<th scope="rowgroup"[^>]*><bdi>(\S+)', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        alone = following and html.unescape(following[1])
    assert seen == [*(f"lib{n:04}" for n in range(450)), "of-web01", "of-web02"]
    assert counted(page) == (401, 452, 452)
    assert counted(client.get(html.unescape(_before(page))).text) == (201, 400, 452)
    assert counted(client.get(f"{PACKAGES}&start=99999").text) == (401, 452, 452)
    assert counted(client.get(f"{PACKAGES}&start=x").text) == (1, 200, 452)


def counted(page):
    """Return the first and the last component that a page says it shows, and how many there are."""
    return tuple(map(int, re.search(r"(\d+)\W(\d+) of (\d+)", page).groups()))


def _before(page):
    return re.search(r'rel="prev" href="([^"]+)"', page)[1]


def test_all_fields_are_paged_as_well(fresh_site):
    _differ(fresh_site, 60)
    client = log_in_client(fresh_site.app, "vera")
    page = client.get("/compare?left=web01&right=web02&show=all").text
    assert (
        counted(page) == (1, 50, 62) and "show=all" in re.search(r'href="([^"]+)">All of', page)[1]
    )


def test_the_file_has_every_difference_with_the_name_of_its_field(fresh_site):
    _differ(fresh_site, 300)
    client = log_in_client(fresh_site.app, "vera")
    with client.get(f"{PACKAGES}&start=200&format=jsonl") as answer:
        assert answer.mimetype == "application/x-ndjson"
        rows = [json.loads(line) for line in answer.text.splitlines()]
    differ = [row for row in rows if row["what"] == "differs"]
    assert len(differ) == 300
    assert differ[299] == {
        **{"kind": "Packages", "place": "lib0299 · amd64", "what": "differs"},
        **{"field": "Version", "field_name": "version", "left": "1.0", "right": "2.0"},
    }
    alone = [(row["what"], row["field_name"], row["left"], row["right"]) for row in rows[300:]]
    assert ("only on the left", "name", "of-web01", None) in alone
    assert ("only on the right", "name", None, "of-web02") in alone
    with client.get(f"{PACKAGES}&format=csv") as answer:
        head, *lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert head.endswith("web01,web02") and len(lines) == len(rows)
    with client.get(f"{PACKAGES}&format=xlsx") as answer:
        assert answer.get_data()[:2] == b"PK"


def test_what_people_declare_is_in_the_file_too(site):
    client = log_in_client(site.app, "vera")
    with client.get("/compare?left=web01&right=db01&format=jsonl") as answer:
        rows = [json.loads(line) for line in answer.text.splitlines()]
    page = client.get("/compare?left=web01&right=db01").text
    declared = [row for row in rows if not row["place"]]
    assert declared and all(row["field"] in page for row in declared)
    assert {row["kind"] for row in rows} >= {"Disks"}


def test_what_differs_of_one_asset_since_then_is_paged_and_filed_alike(fresh_site):
    _differ(fresh_site, 120)
    client = log_in_client(fresh_site.app, "vera")
    page = client.get("/assets/web01/diff?from=30m").text
    # One package more is there now, and the two of before are gone.
    assert counted(page) == (1, 50, 123)
    alone = html.unescape(re.search(r'href="([^"]+)">All of Packages alone', page)[1])
    page = client.get(alone).text
    assert "lib0119" in page and "of 123" not in page and "All kinds" in page
    with client.get(f"{alone}&format=jsonl") as answer:
        rows = [json.loads(line) for line in answer.text.splitlines()]
    assert {row["what"] for row in rows} == {"added", "removed"}
    assert {row["place"] for row in rows} >= {"bash · amd64", "of-web01 · amd64"}
    gone = next(row for row in rows if row["what"] == "removed" and row["field_name"] == "version")
    assert (gone["left"], gone["right"]) == ("5.2", None)


def test_each_kind_is_a_jump_away_with_how_many_of_it_differ(site, look):
    page = look(site, "vera").page
    page.goto(f"{site.url}/compare?left=web01&right=db01")
    jumps = page.locator("nav.jumps a")
    told = {each.get_attribute("href"): each.locator(".badge").inner_text() for each in jumps.all()}
    assert len(told) > 1
    for target, count in told.items():
        section = page.locator(target)
        assert section.count() == 1, target
        rows = "tbody tr" if target == "#kind-asset" else "tbody th[scope=rowgroup]"
        names = section.locator(rows)
        assert names.count() == int(count), target
    last = list(told)[-1]
    page.locator(f"nav.jumps a[href='{last}']").click()
    page.locator(f"{last} a.to-top").click()
    assert page.url.endswith("#kinds")


def test_where_all_is_shown_only_what_differs_is_counted(site):
    client = log_in_client(site.app, "vera")

    def counts(query):
        page = client.get(f"/compare?left=web01&right=db01{query}").text
        return dict(re.findall(r'href="#(kind-\w+)">[^<]*<span[^>]*>(\d+)</span>', page))

    some, every = counts(""), counts("&show=all")
    assert some and some.items() <= every.items()
    assert {count for name, count in every.items() if name not in some} <= {"0"}
    assert "jumps" not in client.get("/compare?left=web01&right=web01").text
