"""Changes are told in sentences, grouped or one by one, and each in full."""

import pytest

from cmdb_api.views.console import change_lines
from tests.console.conftest import log_in_client

BARE = {"before": None, "after": None, "changes": [], "fields": [], "place": ""}


@pytest.fixture
def told(site):
    """Return a function that gives the sentence of a change, in English."""

    def told(**given):
        with site.app.test_request_context():
            return change_lines.plain(BARE | given)

    return told


def row(field, old, new):
    return {"field": field, "old": old, "new": new}


def test_a_change_of_each_sort_is_a_sentence(told):
    replaced = [row("firmware", "1", "2"), row("serial", "EXAMPLE-1", "EXAMPLE-2")]
    assert (
        told(kind="disk", place="0:1:3", action="replaced", changes=replaced)
        == "Disk 0:1:3 replaced: EXAMPLE-1 → EXAMPLE-2"
    )
    version = [row("version", "3.0.1", "3.0.2")]
    assert (
        told(kind="package", place='["openssl","amd64"]', action="changed", changes=version)
        == "Package openssl · amd64: 3.0.1 → 3.0.2"
    )
    module = {"slot": "P0 A1", "size_bytes": 32 * 2**30, "type": "DDR4"}
    assert (
        told(kind="memory", place="P0 A1", action="removed", before=module)
        == "Memory module P0 A1 removed (32 GiB, DDR4)"
    )
    rack = [row("rack", "A12", "B3")]
    assert (
        told(kind="asset", action="changed", actor="anna", changes=rack) == "anna set Rack A12 → B3"
    )
    assert told(kind="asset", action="added", actor="anna") == "anna registered the asset"
    mark = {"kind": "disk", "action": "baseline"}
    assert told(**mark, item_count=40) == "Disks: first report, 40 components"
    assert told(**mark, item_count=40, host_count=3) == "Disks: first report"
    assert told(**mark, item_count=None, fields=["firmware"]) == "Disks: first report of Firmware"


def test_what_flaps_tells_how_often_and_between_what(told):
    flapped = {"times": 8, "between": [{"carrier": True}, {"carrier": False}]}
    text = told(kind="nic", place="0000:3b:00.0", action="changed", flapped=flapped)
    assert text.startswith("Network interface 0000:3b:00.0 changes to and fro, 8 times:")
    assert "yes ⇄" in text and text.endswith("no")


def test_many_fields_are_cut_and_of_many_hosts_only_what_they_share_is_told(told):
    many = [row(f"f{n}", n, n + 1) for n in range(5)]
    assert told(kind="disk", place="x", action="changed", changes=many).endswith("; 2 more")
    serial = [row("serial", "EXAMPLE-1", "EXAMPLE-2")]
    group = {"kind": "disk", "place": "x", "action": "replaced", "changes": serial}
    assert told(**group, host_count=40) == "Disk x replaced"


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "{{7*7}} %(what)s %s", "a" * 4096]
)
def test_what_hosts_and_people_write_is_text(site, hostile):
    given = [
        {"kind": hostile, "place": hostile, "action": "added", "after": {"name": hostile}},
        {"kind": "disk", "place": "x", "action": "changed", "changes": [row(hostile, hostile, 1)]},
        {"kind": "asset", "action": "changed", "actor": hostile, "changes": []},
        {"kind": hostile, "action": "baseline", "item_count": 2},
        {
            "kind": "nic",
            "place": hostile,
            "action": "changed",
            "flapped": {"times": 4, "between": [None, {hostile: hostile}]},
        },
    ]
    with site.app.test_request_context():
        for each in given:
            markup = str(change_lines.sentence(BARE | each))
            assert "<script" not in markup
            assert hostile[:60] in change_lines.plain(BARE | each)


def test_groups_name_their_hosts_and_one_by_one_has_each(site, look):
    looker = look(site, "vera", script=False)
    looker.open("/changes?since=31d&kind=disk")
    line = looker.page.locator("tbody tr", has_text="Disk 0:1:0 replaced: EXAMPLE-D1 → EXAMPLE-D2")
    assert line.locator("a.host").inner_text() == "web01"
    looker.page.click("text=One by one")
    assert "kind=disk" in looker.page.url
    hosts = looker.page.locator("tbody td:nth-child(3)").all_inner_texts()
    assert {"web01", "web02", "db01"} <= set(hosts)


def test_a_group_of_several_hosts_leads_to_its_changes(site, look):
    looker = look(site, "vera")
    looker.open("/changes?since=7d&kind=cpu")
    group = looker.page.locator("tbody tr", has_text="Processors: first report").first
    group.locator("summary").click()
    assert group.locator("a.host").count() > 1
    group.locator("text=One by one").click()
    assert "view=each" in looker.page.url
    assert looker.page.locator("tbody tr").count() > 1


def test_a_change_shows_old_and_new_and_leads_to_its_neighbours(site, look):
    looker = look(site, "vera")
    looker.open("/changes?view=each&asset=web01&kind=disk")
    looker.page.click("text=Disk 0:1:0: Firmware FW1 → FW2")
    assert looker.page.locator("del.old").first.inner_text() == "FW1"
    assert looker.page.locator("ins.new").first.inner_text() == "FW2"
    assert "came with the same report" in looker.page.inner_text("main")
    looker.page.click("a[rel=prev]")
    assert "EXAMPLE-D1 → EXAMPLE-D2" in looker.page.inner_text("h1")
    assert looker.page.locator("a[rel=next]").count() == 1


def test_what_is_asked_wrongly_is_told_and_no_fault(site):
    client = log_in_client(site.app, "vera")
    for query in ("since=soon", "kind=nosuch", "asset=nosuch", "action=x", "since=1h&until=2h"):
        for view in ("", "&view=each"):
            answer = client.get(f"/changes?{query}{view}")
            assert answer.status_code == 200 and "alert-danger" in answer.text, query
    assert "alert-danger" not in client.get("/changes?since=31d").text
    assert client.get("/changes/web01/999999").status_code == 404
    assert client.get("/changes/nosuch/1").status_code == 404


def test_the_file_has_what_is_shown(site):
    client = log_in_client(site.app, "vera")
    with client.get("/changes?view=each&kind=package&action=changed&format=csv") as answer:
        assert "Package openssl · amd64: 3.0.1 → 3.0.2" in answer.text
        assert "web01" in answer.text


def test_what_people_set_reads_as_a_sentence():
    change = BARE | {"kind": "asset", "action": "changed", "actor": "anna", "place": ""}
    for old, new, told in (
        (None, "spare", "anna set Comment to spare"),
        ("spare", None, "anna set Comment to nothing (it was spare)"),
        ("spare", "used", "anna set Comment spare → used"),
    ):
        row = {"field": "comment", "old": old, "new": new}
        assert change_lines.plain(change | {"changes": [row]}) == told
    rows = [
        {"field": "key_generation", "old": None, "new": 2},
        {"field": "state", "old": "online", "new": "retired"},
    ]
    told = "anna set State online → retired; Number of its key to 2"
    assert change_lines.plain(change | {"changes": rows}) == told


def test_a_group_that_several_made_names_none_of_them(site):
    change = {"kind": "asset", "action": "added", "place": "", "host_count": 3, "changes": []}
    one = change | {"example": {"actor": "anna"}, "actor_count": 1}
    with site.app.test_request_context():
        assert "anna registered" in change_lines.plain(one)
        several = change_lines.plain(one | {"actor_count": 2})
        assert "2 people registered" in several and "anna" not in several
