"""The components of an asset: tables made for their kinds, RAID as a tree, lists to search."""

import html
import io
import re

import openpyxl
import pytest

from cmdb_api.services import facts
from cmdb_api.services.inspection import Item, Kind, natural
from cmdb_api.views.console import asset_summary, components, raid
from tests.console import conftest, richhost
from tests.console.conftest import log_in_client, token_of


def kind(name, *items, volatile=None):
    """Return a Kind with these items, by their first field."""
    bare = dict.fromkeys(("reason", "traceback", "outcome_at", "items_at"))
    made = [Item(next(iter(each.values())), each, (volatile or {})) for each in items]
    more = {"problems": [], "not_taken": [], "item_count": len(made), "known": True}
    return Kind(kind=name, status="ok", is_bulk=False, **bare, **more, items=made)


def test_places_are_in_the_order_of_people():
    assert sorted(["P0 A10", "P0 A2", "p0 a1"], key=natural) == ["p0 a1", "P0 A2", "P0 A10"]


def test_raid_is_built_of_controllers_volumes_and_disks():
    disks = [
        {"place": f"c0:1:{n}", "controller": "c0", "state": state}
        for n, state in enumerate(("online", "failed", "spare"))
    ]
    volume = {"place": "c0:v1", "controller": "c0", "state": "degraded"}
    kinds = {
        "raid_controller": kind("raid_controller", {"place": "c0", "state": "optimal"}),
        "raid_volume": kind("raid_volume", volume | {"members": ["c0:1:0", "c0:1:1", "c0:1:9"]}),
        "raid_disk": kind("raid_disk", *disks),
    }
    (built,) = raid.build(kinds)
    assert built.item.place == "c0"
    (one,) = built.volumes
    assert [disk.place for disk in one.disks] == ["c0:1:0", "c0:1:1"]
    assert one.missing == ["c0:1:9"]
    assert [disk.place for disk in built.disks] == ["c0:1:2"]
    assert built.look == components.BAD


def test_members_of_software_raid_are_disks_of_the_system():
    members = ["ata-1-part2", "sdb2", "nvme0n1p1", "ata-9-part1"]
    disks = (("ata-1", "sda"), ("ata-2", "sdb"), ("nvme-1", "nvme0n1"))
    kinds = {
        "raid_volume": kind("raid_volume", {"place": "md0", "members": members}),
        "disk": kind("disk", *({"slot": slot, "name": name} for slot, name in disks)),
    }
    (built,) = raid.build(kinds)
    assert built.item is None
    (volume,) = built.volumes
    assert [disk.place for disk in volume.disks] == ["ata-1", "ata-2", "nvme-1"]
    assert volume.missing == ["ata-9-part1"]
    assert raid.build({}) == []


def test_interfaces_that_belong_to_each_other_stand_together():
    nics = kind(
        "nic",
        {"name": "bond0"},
        {"name": "bond0.40", "parent": "bond0"},
        {"name": "eth0", "master": "bond0"},
        {"name": "eth9"},
        # Each belongs to the other: shown all the same.
        {"name": "a", "master": "b"},
        {"name": "b", "master": "a"},
    )
    shown = [(depth, item.place) for depth, item in components.cards({"nic": nics})]
    assert shown[:4] == [(0, "bond0"), (1, "bond0.40"), (1, "eth0"), (0, "eth9")]
    assert {place for _, place in shown} == {"bond0", "bond0.40", "eth0", "eth9", "a", "b"}


@pytest.mark.parametrize(
    ("values", "percent"),
    [
        ({"used_bytes": 91, "available_bytes": 9, "size_bytes": 120}, 91),
        ({"used_bytes": 1, "available_bytes": 999}, 1),
        ({"used_bytes": 5, "size_bytes": 10}, 50),
        ({"used_bytes": 0, "available_bytes": 0}, None),
        ({"used_bytes": "x", "size_bytes": 10}, None),
        ({"size_bytes": 10}, None),
    ],
)
def test_a_filesystem_is_as_full_as_df_says(values, percent):
    assert components.use(Item("/", {}, values)) == percent


def test_a_warranty_tells_the_days_that_are_left(site):
    from datetime import timedelta

    from cmdb_api.models.types import now

    today = now().date()
    with site.app.test_request_context():
        assert asset_summary.warranty(None) is None
        assert asset_summary.warranty(today + timedelta(400)) == ("good", "400 days left")
        assert asset_summary.warranty(today + timedelta(1)) == ("warn", "1 day left")
        assert asset_summary.warranty(today - timedelta(2)) == ("bad", "over for 2 days")


def test_all_that_may_be_expected_of_an_asset_is_read_for_its_page():
    read = {fact.kind for fact in facts.FACTS.values() if fact.read is not len}
    assert read <= set(asset_summary.KINDS)


@pytest.fixture(scope="module")
def rich(make_sqlite_database):
    """Return a site where box01 has something of every kind."""
    for site in conftest._site(make_sqlite_database()):
        richhost.build(site.app)
        yield site


def test_hardware_is_shown_in_tables_made_for_it(rich, look):
    looker = look(rich, "vera")
    looker.open("/assets/box01/components")
    page = looker.page
    assert page.locator("#memory .slots li").count() == 16
    assert page.locator("#memory .slots .filled").count() == 4
    root = page.locator("#filesystem tbody tr").first
    assert root.locator("meter").get_attribute("value") == "91"
    assert "91 % full" in root.inner_text()
    ports = page.locator("#nic tbody tr").filter(has_text="eth0").last.inner_text()
    assert "sw01" in ports and "Eth1/12" in ports and "bond0" in ports
    assert "VLAN 40 on bond0" in page.locator("#nic").inner_text()
    assert "healthy" in page.locator("#disk").inner_text()
    groups = page.locator("#lvm tbody tr td:first-child").all_inner_texts()
    assert groups == ["vg", "pv", "lv"]
    # A kind of somebody's own, with a value that was not taken.
    own = page.locator("#ups")
    assert "Example UPS" in own.inner_text()
    own.locator("summary").click()
    assert '"much"' in own.locator(".not-taken").inner_text()
    assert page.locator("#pci table").is_hidden()
    page.click("text=All fields")
    assert page.locator("#pci table").is_visible()


def test_hardware_is_readable_for_all(rich, look):
    from tests.console.test_pages import _check_readable

    for scheme in ("light", "dark"):
        looker = look(rich, "vera", scheme=scheme)
        for path in ("", "/components", "/collection", "/software/socket"):
            looker.open(f"/assets/box01{path}")
            _check_readable(looker.page, path, "wide", scheme)
    looker = look(rich, "vera", size="phone")
    for path in ("", "/components", "/collection", "/software/user"):
        looker.open(f"/assets/box01{path}")
        width = looker.page.evaluate("document.scrollingElement.scrollWidth")
        assert width <= 391, path


def test_raid_is_drawn_as_it_is_built(site, look):
    looker = look(site, "vera")
    looker.open("/assets/db01/components")
    rows = looker.page.locator(".raid tbody th").all_inner_texts()
    assert [row.strip().removeprefix("└").strip() for row in rows] == ["root", "0:32:0", "0:32:1"]
    assert "Example RAID" in looker.page.locator(".raid h3").inner_text()


def test_packages_are_paged_found_and_ordered(rich):
    client = log_in_client(rich.app, "vera")
    first = client.get("/assets/box01/software?limit=50").text
    assert "of 131" in first
    assert "library-49<" in first and "library-50<" not in first
    following = first.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "library-50<" in client.get(following).text
    found = client.get("/assets/box01/software?query=OPENSSL").text
    assert "3.0.2" in found and "library-1<" not in found
    down = client.get("/assets/box01/software?sort=-name&limit=2").text
    assert down.index("openssl") < down.index("library-129")
    assert "Nothing fits" in client.get("/assets/box01/software?query=nosuchthing").text


def test_what_is_asked_wrongly_is_told_on_the_page(rich):
    client = log_in_client(rich.app, "vera")
    for wrong in ("sort=nosuch", "cursor=x", "limit=0", "query=%00", "query=no:1", "query=("):
        answer = client.get(f"/assets/box01/software?{wrong}")
        assert answer.status_code == 200, wrong
        assert "alert-danger" in answer.text, wrong
    assert client.get("/assets/box01/components/nosuch").status_code == 404
    # A kind that is known, and that this host never had.
    assert "Nothing of this kind is known." in client.get("/assets/box01/components/gpu").text


def test_components_are_searched_by_their_fields_and_narrowed_by_a_column(rich):
    client = log_in_client(rich.app, "vera")
    page = "/assets/box01/software?limit=200&query="
    told = client.get(f"{page}name:library-1? AND NOT name:library-12 AND NOT version:1.13").text
    assert "library-11<" in told and "library-14<" in told
    assert not any(f"{name}<" in told for name in ("library-12", "library-13", "library-1", "bash"))
    every = client.get("/assets/box01/components/filesystem").text
    assert 'aria-label="Only with' in every and 'aria-label="All but those with' in every
    large = client.get("/assets/box01/components/filesystem?query=size_bytes:>1G").text
    none = client.get("/assets/box01/components/filesystem?query=size_bytes:>900P").text
    assert "Nothing fits" in none and "Nothing fits" not in large
    wrong = client.get(f"{page}library AND siz:1").text
    assert "at character 13: there is no field siz" in wrong and "<mark>s</mark>" in wrong
    text = client.get("/assets/box01/components/filesystem?query=mount_point:>1").text
    assert "mount_point is text" in text
    told = client.get("/search/components-filesystem/help").text
    assert "<code>size_bytes</code>" in told
    offered = client.get("/search/components-filesystem/complete?query=size").json["items"]
    assert [item["insert"] for item in offered] == ["size_bytes:"]
    assert client.get("/search/components-nosuch/help").status_code == 404


def test_the_chosen_components_are_a_file(rich):
    client = log_in_client(rich.app, "vera")
    page = client.get("/assets/box01/software?columns=name,version&query=library-1")
    picks = [html.unescape(pick) for pick in re.findall(r'name="pick" value="([^"]+)"', page.text)]
    action = re.search(r'action="(/assets/box01/software/picked[^"]*)"', page.text)[1]
    sent = {"pick": picks[3:5], "format": "csv", "csrf_token": token_of(page)}
    with client.post(action.replace("&amp;", "&"), data=sent) as answer:
        assert answer.text.count("\n") == 3 and "library-" in answer.text


def test_a_file_has_exactly_what_is_shown(rich):
    client = log_in_client(rich.app, "vera")
    address = "/assets/box01/software?query=library-1&columns=name,version&sort=-name"
    with client.get(f"{address}&format=xlsx") as answer:
        sheet = openpyxl.load_workbook(io.BytesIO(answer.get_data())).worksheets[0]
    rows = [[cell for cell in row if cell is not None] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if row]
    assert rows[0] == ["Name", "Version"]
    assert rows[1] == ["library-129", "1.129"]
    # library-1, 10 to 19, 100 to 129
    assert len(rows) == 1 + 1 + 10 + 30
