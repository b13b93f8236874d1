"""Where parts are and were, as it is told through the API."""

import pytest
from sqlalchemy import delete, update

from cmdb_api.models import Change, Component
from cmdb_api.services import journeys, part_stays
from tests.reports import make_report, section

PARTS = "/api/v1/parts"
MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def item(slot, serial, **more):
    return {"slot": slot, "serial": serial, "vendor": "SEAGATE", "model": "ST1"} | more


def disks(*pairs, **more):
    return section([item(*pair, **more) for pair in pairs], serial="serial")


@pytest.fixture
def report(post):
    """Return a function that posts sections of a host that were collected so long ago."""

    def report(host, ago, **sections):
        (line,) = post(make_report(host, sections, age_ms=ago))
        assert line["result"] in ("recorded", "unchanged"), line
        return line

    return report


@pytest.fixture
def part(reader):
    """Return a function that looks a serial number up, and gives the one part that has it."""

    def part(serial, **query):
        answer = reader.get(PARTS, query_string={"serial": serial} | query)
        assert answer.status_code == 200, answer.text
        (found,) = answer.json["items"]
        return found

    return part


def where(entries):
    return [(entry["hostname"], entry["place"]) for entry in entries]


def texts(part):
    return [event["text"] for event in part["journey"]]


def test_a_part_that_moves_to_another_host_is_followed(report, part):
    report("web01", 9 * DAY, disk=disks(("3", "EXAMPLE-1")))
    report("web01", 3 * MINUTE, disk=disks())
    report("db02", 2 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert (found["vendor"], found["model"], found["serial"]) == ("SEAGATE", "ST1", "EXAMPLE-1")
    assert found["kinds"] == ["disk"]
    assert where(found["now"]) == [("db02", "1")]
    assert where(found["before"]) == [("web01", "3")]
    assert texts(found) == ["first seen in web01 3", "moved from web01 3 to db02 1"]
    moved = found["journey"][1]
    assert moved["event"] == "moved"
    assert moved["from"] == {"hostname": "web01", "kind": "disk", "place": "3"}
    assert moved["to"] == {"hostname": "db02", "kind": "disk", "place": "1"}
    assert moved["at"] == found["now"][0]["since"]
    assert found["flags"] == []


def test_both_hosts_have_it_until_the_one_before_reports_without_it(report, part):
    report("web01", 50 * MINUTE, disk=disks(("3", "EXAMPLE-1")))
    report("db02", 40 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert found["flags"] == ["in_two_hosts"]
    assert where(found["now"]) == [("db02", "1"), ("web01", "3")]
    report("web01", 30 * MINUTE, disk=disks())
    found = part("EXAMPLE-1")
    assert found["flags"] == []
    assert where(found["now"]) == [("db02", "1")]
    assert texts(found)[1:] == ["moved from web01 3 to db02 1"]
    # It was seen there before it was missed, and db02 had it in between.
    (before,) = found["before"]
    assert before["until"] < found["now"][0]["since"] < before["gone_at"]


def test_a_part_that_two_hosts_go_on_to_report_is_in_two_hosts_at_once(report, part):
    report("web01", 50 * MINUTE, disk=disks(("3", "EXAMPLE-1")))
    report("db02", 40 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    report("web01", 30 * MINUTE, disk=disks(("3", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert found["flags"] == ["in_two_hosts"]
    event = found["journey"][1]
    seen = {entry["hostname"]: entry["seen_at"] for entry in found["now"]}
    assert event["event"] == "in_two_hosts"
    assert event["text"] == (
        f"in two hosts at once: web01 3 (seen {seen['web01']}) and db02 1 (seen {seen['db02']})"
    )
    report("web01", 20 * MINUTE, disk=disks())
    found = part("EXAMPLE-1")
    assert where(found["now"]) == [("db02", "1")]
    assert found["flags"] == ["in_two_hosts"]
    # From when the second host had it to when the first had it last.
    since, until = found["now"][0]["since"], found["before"][0]["until"]
    assert since < until
    first = found["before"][0]["since"]
    assert texts(found)[1] == (
        f"in two hosts at once from {since} to {until}: web01 3 (seen from {first} to {until}) "
        f"and db02 1 (seen at {since})"
    )
    assert texts(found)[2] == "removed from web01 3"


def test_a_part_that_was_seen_elsewhere_once_was_in_two_hosts_at_that_moment(report, part):
    report("web01", 50 * MINUTE, disk=disks(("3", "EXAMPLE-1")))
    report("db02", 40 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    report("web01", 30 * MINUTE, disk=disks(("3", "EXAMPLE-1")))
    report("db02", 20 * MINUTE, disk=disks())
    found = part("EXAMPLE-1")
    since = found["before"][0]["since"]
    first, last = found["now"][0]["since"], found["now"][0]["seen_at"]
    assert texts(found)[1] == (
        f"in two hosts at once at {since}: web01 3 (seen from {first} to {last}) "
        f"and db02 1 (seen at {since})"
    )
    assert "until" not in texts(found)[1]


def test_a_part_that_was_away_is_back(report, part):
    report("web01", 90 * DAY, disk=disks(("3", "EXAMPLE-1")))
    report("web01", 40 * DAY, disk=disks())
    assert where(part("EXAMPLE-1")["before"]) == [("web01", "3")]
    assert part("EXAMPLE-1")["now"] == []
    report("web01", 0, disk=disks(("3", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert [event["event"] for event in found["journey"]] == ["first_seen", "removed", "back"]
    assert texts(found)[1:] == ["removed from web01 3", "back after 40 days in web01 3"]
    assert where(found["now"]) == where(found["before"]) == [("web01", "3")]


def test_a_part_that_comes_back_elsewhere_after_long_has_moved(report, part):
    report("web01", 91 * DAY, disk=disks(("3", "EXAMPLE-1")))
    report("web01", 41 * DAY, disk=disks())
    report("db02", DAY - MINUTE, disk=disks(("1", "EXAMPLE-1")))
    assert texts(part("EXAMPLE-1"))[1:] == [
        "removed from web01 3",
        "back after 40 days, moved from web01 3 to db02 1",
    ]


def test_a_part_that_moves_within_its_host_and_changes_places_with_another(report, part):
    report("web01", 9 * MINUTE, disk=disks(("1", "EXAMPLE-1"), ("2", "EXAMPLE-2")))
    report("web01", 5 * MINUTE, disk=disks(("1", "EXAMPLE-2"), ("2", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert texts(found)[1:] == ["moved from web01 1 to web01 2"]
    assert where(found["now"]) == [("web01", "2")]
    assert where(found["before"]) == [("web01", "1")]
    assert texts(part("EXAMPLE-2"))[1:] == ["moved from web01 2 to web01 1"]


def test_a_serial_number_that_is_there_twice_later_stays_where_it_moved_to(report, part):
    report("web01", 3 * DAY, disk=disks(("0", "EXAMPLE-1"), ("1", "EXAMPLE-2")))
    report("web01", 2 * DAY, disk=disks(("0", "EXAMPLE-2"), ("1", "EXAMPLE-3")))
    moved = ["first seen in web01 1", "moved from web01 1 to web01 0"]
    assert texts(part("EXAMPLE-2")) == moved
    twice = (("0", "EXAMPLE-2"), ("1", "EXAMPLE-2"), ("2", "EXAMPLE-3"))
    report("web01", DAY, disk=disks(*twice))
    found = part("EXAMPLE-2")
    assert texts(found) == moved
    assert where(found["now"]) == [("web01", "0")]
    assert found["now"][0]["also"] == [{"kind": "disk", "place": "1"}]
    report("web01", 9 * MINUTE, disk=disks(("2", "EXAMPLE-3")))
    assert texts(part("EXAMPLE-2")) == [*moved, "removed from web01 0"]


def test_a_serial_number_that_leaves_one_of_its_two_places_is_not_back(report, part):
    report("web01", 4 * DAY, disk=disks(("1", "EXAMPLE-2")))
    report("web01", 3 * DAY, disk=disks(("0", "EXAMPLE-2"), ("1", "EXAMPLE-3")))
    report("web01", 2 * DAY, disk=disks(("0", "EXAMPLE-2"), ("1", "EXAMPLE-2")))
    report("web01", DAY, disk=disks(("1", "EXAMPLE-2")))
    told = texts(part("EXAMPLE-2"))
    assert told[0] == "first seen in web01 1"
    assert not [text for text in told if "back after" in text or "replaced" in text]


def test_a_part_that_was_replaced_says_by_which(report, part):
    report("web01", 9 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    report("web01", 5 * MINUTE, disk=disks(("1", "example-2")))
    found = part("EXAMPLE-1")
    assert found["now"] == []
    assert found["journey"][1]["event"] == "replaced"
    assert texts(found)[1] == "replaced in web01 1 by EXAMPLE-2"


def test_since_is_when_the_serial_number_came_whatever_else_changes(report, part, reader):
    report("web01", 30 * MINUTE, disk=disks(("1", "EXAMPLE-1"), ("2", "EXAMPLE-2")))
    since = part("EXAMPLE-1")["now"][0]["since"]
    report("web01", 20 * MINUTE, disk=disks(("1", "EXAMPLE-1"), ("2", "EXAMPLE-3"), firmware="2"))
    (entry,) = part("EXAMPLE-1")["now"]
    assert entry["since"] == since < entry["seen_at"]
    first, second = reader.get("/api/v1/assets/web01").json["components"]["disk"]
    assert first["since"] == since
    assert second["since"] == part("EXAMPLE-3")["now"][0]["since"] == entry["seen_at"]


def test_a_serial_number_that_is_no_longer_told_ends_the_stay(report, part):
    report("web01", 30 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    report("web01", 20 * MINUTE, disk=disks(("1", None)))
    assert part("EXAMPLE-1")["now"] == []
    report("web01", 10 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert where(found["now"]) == where(found["before"]) == [("web01", "1")]
    assert texts(found)[2].startswith("back after")


def test_a_kind_that_names_its_places_anew_moves_nothing(report, part):
    items = [item("1", "EXAMPLE-1", bay="b2"), item("2", "EXAMPLE-2", bay="b1")]
    report("web01", 30 * MINUTE, disk=section(items, serial="serial"))
    since = part("EXAMPLE-1")["now"][0]["since"]
    report("web01", 20 * MINUTE, disk=section(items, ["bay"], serial="serial"))
    # One of them bears the name that the other had.
    items = [item("b1", "EXAMPLE-1", bay="b2"), item("b2", "EXAMPLE-2", bay="b1")]
    report("web01", 10 * MINUTE, disk=section(items, ["slot"], serial="serial"))
    for serial, place in (("EXAMPLE-1", "b1"), ("EXAMPLE-2", "b2")):
        found = part(serial)
        assert where(found["now"]) == [("web01", place)]
        assert found["now"][0]["since"] == since
        assert found["before"] == []


def test_another_field_of_serial_numbers_names_other_parts(report, part, reader):
    items = [item("1", "EXAMPLE-1", number="EXAMPLE-9")]
    report("web01", 30 * MINUTE, disk=section(items, serial="serial"))
    report("web01", 20 * MINUTE, disk=section(items, serial="number"))
    assert part("EXAMPLE-1")["now"] == []
    assert where(part("EXAMPLE-9")["now"]) == [("web01", "1")]


def test_a_kind_that_becomes_bulk_has_no_parts_any_more(report, part):
    report("web01", 30 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    report("web01", 20 * MINUTE, disk=disks(("1", "EXAMPLE-1")) | {"bulk": True})
    assert part("EXAMPLE-1")["now"] == []


def test_several_kinds_of_one_host_tell_of_one_part_in_one_place(report, part):
    raid = [{"place": "c0:252:3", "serial": "EXAMPLE-1", "vendor": "HP", "model": "MB1"}]
    report(
        "web01",
        30 * MINUTE,
        disk=disks(("pci-1-ata-1", "EXAMPLE-1"), vendor=None),
        smart=disks(("pci-1-ata-1", "example-1 ")),
        raid_disk=section(raid, ["place"], serial="serial"),
    )
    found = part("EXAMPLE-1")
    assert found["kinds"] == ["disk", "raid_disk", "smart"]
    (now,) = found["now"]
    assert (now["kind"], now["place"]) == ("raid_disk", "c0:252:3")
    assert now["also"] == [
        {"kind": "disk", "place": "pci-1-ata-1"},
        {"kind": "smart", "place": "pci-1-ata-1"},
    ]
    assert texts(found) == ["first seen in web01 c0:252:3"]


def test_kinds_that_lag_behind_never_make_it_two_places_of_a_host(report, part):
    def raid(place):
        items = [{"place": place, "serial": "EXAMPLE-1"}] if place else []
        return section(items, ["place"], serial="serial")

    report("web01", 50 * MINUTE, raid_disk=raid("c0:1"), smart=disks(("m-1", "EXAMPLE-1")))
    report("web01", 40 * MINUTE, raid_disk=raid("c0:2"))
    found = part("EXAMPLE-1")
    assert where(found["now"]) == [("web01", "c0:2")]
    assert texts(found)[1:] == ["moved from web01 c0:1 to web01 c0:2"]
    report("web01", 30 * MINUTE, smart=disks(("m-2", "EXAMPLE-1")))
    assert texts(part("EXAMPLE-1")) == texts(found)
    # An older report that comes late is not news of a kind that is known from later.
    report("web01", 45 * MINUTE, smart=disks(("m-1", "EXAMPLE-1")), psu=section([]))
    assert texts(part("EXAMPLE-1")) == texts(found)
    report("web01", 20 * MINUTE, raid_disk=raid(None))
    found = part("EXAMPLE-1")
    assert found["now"] == []
    assert where(found["before"]) == [("web01", "c0:2"), ("web01", "c0:1")]
    assert texts(found)[2] == "removed from web01 c0:2"
    report("web01", 10 * MINUTE, smart=disks())
    assert texts(part("EXAMPLE-1")) == texts(found)


def test_reports_of_one_moment_make_it_no_two_places(post, part):
    # They are of one moment: their ages are told by one request.
    states = [disks((place, "EXAMPLE-1")) for place in ("1", "2", "3")]
    lines = post(*(make_report("web01", {"disk": one}, age_ms=MINUTE) for one in states))
    assert [line["result"] for line in lines] == ["recorded"] * 3
    found = part("EXAMPLE-1")
    assert where(found["now"]) == [("web01", "3")]
    assert where(found["before"]) == [("web01", "2"), ("web01", "1")]
    assert len({stay["since"] for stay in [*found["now"], *found["before"]]}) == 1
    assert found["flags"] == []


def test_what_a_retired_host_had_is_where_it_was_last(report, part, writer):
    report("web01", 30 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    answer = writer.post("/api/v1/assets/web01/state", json={"state": "retired"})
    assert answer.status_code == 200, answer.text
    found = part("EXAMPLE-1")
    assert found["now"] == []
    assert where(found["before"]) == [("web01", "1")]
    assert found["before"][0]["gone_at"] is None
    assert texts(found)[1] == "web01 was retired with it"
    report("db02", 10 * MINUTE, disk=disks(("4", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert where(found["now"]) == [("db02", "4")]
    assert found["flags"] == []
    assert texts(found)[1:] == ["moved from web01 1 to db02 4"]


def test_what_is_seen_elsewhere_is_no_longer_in_a_host_that_is_off(report, part, writer):
    report("web01", 30 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    assert writer.post("/api/v1/assets/web01/state", json={"state": "offline"}).status_code == 200
    assert where(part("EXAMPLE-1")["now"]) == [("web01", "1")]
    report("db02", 10 * MINUTE, disk=disks(("4", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert (where(found["now"]), found["flags"]) == ([("db02", "4")], [])


@pytest.mark.parametrize("asked", ["example-1", "  Example-1 ", "EXAMPLE-1"])
def test_serial_numbers_are_found_in_any_case_and_keep_their_spelling(report, part, reader, asked):
    report("web01", MINUTE, disk=disks(("1", " eXample-1 ")))
    assert part(asked)["serial"] == "EXAMPLE-1"
    (component,) = reader.get("/api/v1/assets/web01").json["components"]["disk"]
    assert component["serial"] == " eXample-1 "


@pytest.mark.parametrize(
    "more",
    [
        {"transport": "fc", "lun": 3},
        {"transport": "iscsi"},
        {"transport": "virtio"},
        {"transport": "nvme-tcp"},
        {"transport": "sas", "lun": 1},
        {"transport": "scsi", "vendor": "LSI", "model": "MR9361-8i"},
        {"transport": "scsi", "vendor": "DELL", "model": "PERC H730 Mini"},
        {"transport": "scsi", "vendor": "HP", "model": "LOGICAL VOLUME"},
        {"transport": "scsi", "wwn": "600605b00000000000000000000000aa"},
        {"transport": "scsi", "vendor": "VMware", "model": "Virtual disk"},
        {"transport": "scsi", "vendor": "QEMU", "model": "QEMU HARDDISK"},
        {"serial": "0000000000"},
        {"serial": "N/A"},
        {"serial": "To be filled by O.E.M."},
    ],
    ids=lambda more: str(next(reversed(more.items()))),
)
def test_volumes_virtual_disks_and_placeholders_are_no_parts(report, reader, more):
    report("web01", MINUTE, disk=section([item("1", "EXAMPLE-1") | more], serial="serial"))
    answer = reader.get(PARTS, query_string={"serial": more.get("serial", "EXAMPLE-1")})
    assert answer.status_code == 404, answer.text
    assert reader.get(f"{PARTS}?asset=web01").json["items"] == []
    (component,) = reader.get("/api/v1/assets/web01").json["components"]["disk"]
    assert component["since"] is None


@pytest.mark.parametrize(
    "more",
    [
        {"transport": "nvme", "wwn": "6479a70000000000a000000000000001"},
        {"transport": "scsi", "vendor": "SEAGATE", "wwn": "5000c50000000001"},
        {"transport": "sas", "vendor": "NETAPP", "model": "X423_HCOBE900A10"},
        {"transport": "usb", "vendor": None, "model": None},
    ],
)
def test_drives_are_parts_however_they_are_attached(report, part, more):
    report("web01", MINUTE, disk=disks(("1", "EXAMPLE-1"), **more))
    assert where(part("EXAMPLE-1")["now"]) == [("web01", "1")]


def test_spellings_of_one_vendor_are_one_part(report, part):
    report("web01", 9 * MINUTE, disk=disks(("1", "EXAMPLE-1"), vendor="ATA", model="SAMSUNG MZ7"))
    report("web01", 8 * MINUTE, disk=disks())
    for n, vendor in enumerate(("SAMSUNG", "Samsung Electronics Co., Ltd.", None, "samsung")):
        report(f"db{n}", (7 - n) * MINUTE, disk=disks(("1", "EXAMPLE-1"), vendor=vendor))
        report(f"db{n}", (7 - n) * MINUTE - 9, disk=disks())
    found = part("EXAMPLE-1")
    assert len(found["before"]) == 5
    assert found["vendor"] == "samsung"


def test_two_makers_may_use_one_serial_number(report, reader, part):
    report("web01", 9 * MINUTE, disk=disks(("1", "EXAMPLE-1"), vendor="SEAGATE"))
    report("db02", 8 * MINUTE, disk=disks(("1", "EXAMPLE-1"), vendor="HGST"))
    both = reader.get(f"{PARTS}?serial=EXAMPLE-1").json["items"]
    assert [(one["vendor"], where(one["now"]), one["flags"]) for one in both] == [
        ("SEAGATE", [("web01", "1")], []),
        ("HGST", [("db02", "1")], []),
    ]
    assert where(part("EXAMPLE-1", vendor="hgst, Inc.")["now"]) == [("db02", "1")]
    assert where(part("EXAMPLE-1", asset="WEB01")["now"]) == [("web01", "1")]
    answer = reader.get(f"{PARTS}?serial=EXAMPLE-1&vendor=Intel")
    assert answer.status_code == 404
    assert "none that asset, vendor and model fit" in answer.json["error"]["message"]


def test_an_unknown_serial_number_gets_the_nearest(report, reader):
    report("web01", 9 * MINUTE, disk=disks(("1", "EXAMPLE-1"), ("2", "EXAMPLE-2"), ("3", "ZZZ9")))
    report("web01", 8 * MINUTE, disk=disks(("2", "EXAMPLE-2"), ("3", "ZZZ9")))
    answer = reader.get(f"{PARTS}?serial=example-7")
    assert answer.status_code == 404
    assert answer.json["error"]["message"] == (
        "there is no part with the serial number example-7; there is EXAMPLE-1, EXAMPLE-2"
    )
    assert "; there is" not in reader.get(f"{PARTS}?serial=QQQ1").json["error"]["message"]


@pytest.mark.parametrize("query", ["serial=", "serial=*", "serial=EX*", "serial=A*PLE-1"])
def test_what_is_no_serial_number_and_no_pattern_is_refused(reader, query):
    answer = reader.get(f"{PARTS}?{query}")
    assert answer.status_code == 422
    assert set(answer.json["error"]["fields"]) == {"serial"}


def test_what_begins_alike_is_listed_page_by_page(report, reader):
    now = [(str(n), f"EXAMPLE-{n}") for n in range(1, 6)]
    report("web01", 9 * MINUTE, disk=disks(*now, ("9", "OTHER-1"), ("8", "EXAMPL_-1")))
    report("web01", 8 * MINUTE, disk=disks(*now[1:], ("9", "OTHER-1")))
    found, cursor = [], {}
    while cursor is not None:
        query = {"serial": "example-*", "limit": 2} | cursor
        page = reader.get(PARTS, query_string=query).json
        found += [one["serial"] for one in page["items"]]
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    assert found == [f"EXAMPLE-{n}" for n in range(1, 6)]
    assert reader.get(f"{PARTS}?serial=NONE*").json["items"] == []


@pytest.mark.parametrize("down", [False, True])
def test_all_parts_that_are_in_hosts_are_listed_page_by_page(report, reader, down):
    serials = ["EXAMPLE-2", "EXAMPLE-10", "EXAMPLE_1", "AA-9", "\xc4-1", "GONE-1"]
    now = [(str(n), serial) for n, serial in enumerate(serials)]
    report("web01", 9 * MINUTE, disk=disks(*now))
    report("web01", 8 * MINUTE, disk=disks(*now[:-1], ("9", None)))
    found, cursor = [], {}
    while cursor is not None:
        query = {"limit": 2} | ({"sort": "-serial"} if down else {}) | cursor
        page = reader.get(PARTS, query_string=query).json
        found += [one["serial"] for one in page["items"]]
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    # By their bytes, on each database.
    assert found == sorted(serials[:-1], key=str.encode, reverse=down)


def test_parts_are_narrowed_to_a_kind_a_vendor_and_a_model_on_full_pages(report, reader):
    many = [item(str(n), f"A-{n}", vendor="Example Corp.", model="M1") for n in range(5)]
    other = [item("9", "Z-1", vendor="EXAMPLE", model="M2000"), item("8", "Z-2", vendor="DELTA")]
    supply = section([item("P1", "P-1", vendor="DELTA", model="D1")], serial="serial")
    report("web01", 9 * MINUTE, disk=section([*many, *other], serial="serial"), psu=supply)

    def listed(**query):
        return [one["serial"] for one in reader.get(PARTS, query_string=query).json["items"]]

    assert listed(kind="psu") == ["P-1"]
    assert listed(kind=["psu", "disk"], vendor="delta") == ["P-1", "Z-2"]
    assert listed(vendor="example", model="m2", limit=1) == ["Z-1"]
    assert listed(kind="psu", serial="P-1") == ["P-1"] and listed(kind="disk", serial="P-1") == []
    assert listed(kind="disk", asset="web01", model="m1") == [f"A-{n}" for n in range(5)]
    assert listed(kind="ssh_key") == []
    assert reader.get(PARTS, query_string={"kind": "No Kind"}).status_code == 422


def test_the_parts_of_a_host_are_listed(report, reader):
    report(
        "web01",
        9 * MINUTE,
        disk=disks(
            ("1", "B-EXAMPLE"),
            (
                "2",
                "A-EXAMPLE",
            ),
            ("3", None),
        ),
    )
    psu = section([item("P1", "C-EXAMPLE", vendor="DELTA", model="D1")], serial="serial")
    report("web01", 8 * MINUTE, disk=disks(("2", "A-EXAMPLE")), psu=psu)
    listed = reader.get(f"{PARTS}?asset=web01").json["items"]
    assert [one["serial"] for one in listed] == ["A-EXAMPLE", "C-EXAMPLE"]
    (one,) = reader.get(f"{PARTS}?asset=web01&model=d1").json["items"]
    assert one["serial"] == "C-EXAMPLE"
    assert reader.get(f"{PARTS}?asset=nobody").status_code == 404


def test_a_module_that_two_places_of_a_host_report_is_flagged(report, part):
    report("web01", 9 * MINUTE, memory=disks(("A1", "EXAMPLE-1"), ("B1", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert found["flags"] == ["in_two_places"]
    (now,) = found["now"]
    assert (now["place"], now["also"]) == ("A1", [{"kind": "memory", "place": "B1"}])


def test_namespaces_and_paths_of_one_drive_are_one_place(report, part):
    report("web01", 9 * MINUTE, disk=disks(("nvme-1", "EXAMPLE-1"), ("nvme-2", "EXAMPLE-1")))
    report("web01", 8 * MINUTE, disk=disks(("nvme-2", "EXAMPLE-1")))
    found = part("EXAMPLE-1")
    assert where(found["now"]) == [("web01", "nvme-2")]
    assert (found["before"], found["flags"]) == ([], [])


def test_the_ends_of_a_cable_are_in_two_hosts_and_that_is_right(report, part):
    for host, ago in (("web01", 9), ("switch1", 8), ("web01", 7)):
        cable = section([item("p1", "EXAMPLE-1", media="passive cable")], serial="serial")
        report(host, ago * MINUTE, sfp=cable)
    found = part("EXAMPLE-1")
    assert (len(found["now"]), found["flags"]) == (2, [])
    assert texts(found)[1] == "the ends of a cable: web01 p1 and switch1 p1"


def test_a_serial_number_that_many_hosts_have_names_no_one_thing(report, part):
    for number in range(12):
        report(f"web{number}", 9 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    assert part("EXAMPLE-1")["flags"] == ["in_two_hosts", "common"]


def test_where_a_part_was_outlives_the_changes_that_told_it(report, part, session):
    report("web01", 9 * DAY, disk=disks(("1", "EXAMPLE-1")))
    report("web01", 5 * DAY, disk=disks(("1", "EXAMPLE-2")))
    before = part("EXAMPLE-1")
    session.execute(delete(Change))
    session.commit()
    after = part("EXAMPLE-1")
    assert where(after["before"]) == where(before["before"]) == [("web01", "1")]
    assert texts(after) == ["first seen in web01 1", "removed from web01 1"]


def test_what_was_stored_before_stays_were_noted_has_no_beginning(report, part, session):
    report("web01", 9 * MINUTE, disk=disks(("1", "EXAMPLE-1")))
    session.execute(update(Component).values(since=None))
    session.commit()
    found = part("EXAMPLE-1")
    assert found["now"][0]["since"] is None
    assert texts(found) == ["in web01 1 since before this was noted"]
    report("web01", 5 * MINUTE, disk=disks())
    (before,) = part("EXAMPLE-1")["before"]
    assert before["since"] is None


def test_answers_are_as_the_document_says(report, reader):
    report("web01", 9 * MINUTE, disk=disks(("1", "EXAMPLE-1")), smart=disks(("1", "EXAMPLE-1")))
    report("web01", 5 * MINUTE, disk=disks(("2", "EXAMPLE-1")))
    schemas = reader.get("/api/v1/openapi.json").json["components"]["schemas"]
    (found,) = reader.get(f"{PARTS}?serial=EXAMPLE-1").json["items"]
    assert set(found) == set(schemas["Part"]["properties"])
    assert set(found["now"][0]) == set(schemas["Present"]["properties"])
    assert set(found["before"][0]) == set(schemas["Past"]["properties"])
    assert set(found["journey"][0]) == set(schemas["Event"]["properties"])
    assert {event["event"] for event in found["journey"]} <= set(journeys.EVENTS)


def test_parts_beside_a_serial_number_that_many_hosts_have_are_told(report, reader, monkeypatch):
    monkeypatch.setattr(part_stays, "MAX_STAYS", 3)
    for number in range(9):
        report(f"h{number}", 0, disk=disks(("1", "COMMON-X1"), ("2", f"EXAMPLE-{number}")))
    for host in ("h0", "h8"):
        items = reader.get(PARTS, query_string={"asset": host}).json["items"]
        assert [item["serial"] for item in items] == ["COMMON-X1", f"EXAMPLE-{host[1]}"]
        assert host in {entry["hostname"] for entry in items[0]["now"]}
    items = reader.get(PARTS, query_string={"serial": "COMMON-X1", "asset": "h8"}).json["items"]
    assert "h8" in {entry["hostname"] for entry in items[0]["now"]}
    items = reader.get(PARTS, query_string={"serial": "EXAMPLE-*"}).json["items"]
    assert len(items) == 9


def test_of_too_many_stays_that_are_over_the_newest_of_each_part_are_told(
    report, part, reader, monkeypatch
):
    monkeypatch.setattr(part_stays, "MAX_STAYS", 3)
    report("web01", 30 * DAY, disk=disks(("1", "EXAMPLE-1"), ("2", "EXAMPLE-2")))
    report("web01", 29 * DAY, disk=disks(("1", "EXAMPLE-1")))
    for day in range(28, 18, -2):
        report("web01", day * DAY, disk=disks())
        report("web01", (day - 1) * DAY, disk=disks(("1", "EXAMPLE-1")))
    assert len(part("EXAMPLE-1")["before"]) == 3
    items = reader.get(PARTS, query_string={"serial": "EXAMPLE-*"}).json["items"]
    assert [item["serial"] for item in items] == ["EXAMPLE-1", "EXAMPLE-2"]
