"""Columns of assets: what each has, and which there are."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb_api.errors import Invalid
from cmdb_api.models import Asset, AssetFacts
from cmdb_api.services.search import columns, titles, walking
from tests.reports import section

ASSETS = "/api/v1/assets"
DISKS = [
    {"slot": "1", "model": "EX PM883", "serial": "EX-1", "size_bytes": 2**39, "removable": False},
    {"slot": "2", "model": "EX PM883", "serial": "EX-2", "size_bytes": 2**39, "removable": False},
]
PACKAGES = [
    {"name": "openssl", "arch": "amd64", "version": "3.0.11-1"},
    {"name": "libc6", "arch": "amd64", "version": "2.36-9"},
    {"name": "libc6", "arch": "i386", "version": "2.36-8"},
    {"name": "python3.11", "arch": "amd64", "version": "3.11.2-6"},
]
USERS = [{"name": "root", "uid": 0}, {"name": "anna", "uid": 7}]
NIC = {
    "port": "1",
    "mac": "02:00:00:00:00:01",
    "ipv4": ["192.0.2.7/24"],
    "ipv6": ["2001:db8::7/64"],
}


@pytest.fixture
def read(session):
    """Return a function that gives {hostname: [value, ...]} of columns."""

    def read(*names):
        chosen = columns.choose(session, names)
        ids = [number for chunk in walking.ids(session) for number in chunk]
        hosts = dict(session.query(Asset.id, Asset.hostname).all())
        found = columns.values(session, ids, chosen)
        assert all(len(row) == len(chosen) for row in found.values())
        return {hosts[number]: row for number, row in found.items()}

    return read


@pytest.fixture
def fleet(writer, post, make_report):
    """A host with all sorts of things, and one that nothing is known of."""
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    writer.post("/api/v1/racks", json={"name": "A12", "data_centre": "FRA1"})
    more = {
        "rack": "A12",
        "position_u": 17,
        "tags": ["pci", "a, b"],
        "warranty_until": "2027-01-31",
    }
    more["expected"] = {"memory.total_bytes": "64GiB", "os.name": "Debian*"}
    assert writer.post(ASSETS, json={"hostname": "Web01", **more}).status_code == 201
    writer.put(f"{ASSETS}/web01/aliases/shop")
    writer.post(ASSETS, json={"hostname": "db01"})
    sections = {
        "disk": section(DISKS, serial="serial"),
        "nic": section([NIC], key=["port"]),
        "host": section([{"place": "os", "os_name": "Debian", "kernel": "6.1"}], key=["place"]),
        "board": section(
            [{"place": "system", "serial": "EX-9", "product": "R1", "cpu_socket_count": 2}],
            key=["place"],
            serial="serial",
        ),
        "package": section(PACKAGES, key=["name", "arch"], bulk=True),
        "user": section(USERS, key=["name"], bulk=True),
        "role": [{"slot": "a", "what": "cache", "on": True, "ports": ["1", "2"]}],
        "gpu": section([]),
    }
    post(make_report("web01", sections))


def test_what_is_listened_on_everywhere_is_no_address_of_a_host(post, make_report, read):
    heard = [{"protocol": "tcp", "address": each, "port": 22} for each in ("0.0.0.0", "::")]
    heard.append({"protocol": "tcp", "address": "192.0.2.9", "port": 80})
    key = ["protocol", "address", "port"]
    post(make_report("web02", {"socket": section(heard, key=key)}))
    assert read("address") == {"web02": [["192.0.2.9"]]}


def test_each_column_has_its_value(fleet, read):
    expected = {
        "hostname": "Web01",
        "aliases": ["shop"],
        "state": "online",
        "standing": "registered",
        "data_centre": "FRA1",
        "room": None,
        "position_u": 17,
        "tags": ["a, b", "pci"],
        "warranty_until": date(2027, 1, 31),
        "expected.memory.total_bytes": 64 * 2**30,
        "expected.os.name": "Debian*",
        "expected.disk.count": None,
        "via": "salt",
        "address": ["192.0.2.7", "2001:db8::7"],
        "serial": "EX-9",
        "os.name": "Debian",
        "disk.count": 2,
        "disk.total_bytes": 2**40,
        "disk.serials": ["EX-1", "EX-2"],
        "user.count": 2,
        "gpu.count": 0,
        "role.count": 1,
        "disk.model": ["EX PM883"],
        "disk.serial": ["EX-1", "EX-2"],
        "disk.slot": ["1", "2"],
        "disk.size_bytes": [str(2**39)],
        "disk.removable": ["false"],
        "disk.wwn": [],
        "nic.ipv4": ["192.0.2.7/24"],
        "role.on": ["true"],
        "role.ports": ["1", "2"],
        "host.kernel": "6.1",
        "board.cpu_socket_count": 2,
        "user.name": ["anna", "root"],
        "package.openssl": "3.0.11-1",
        "package.libc6": "2.36-8, 2.36-9",
        "package.python3.11": "3.11.2-6",
        "package.nginx": None,
    }
    found = read(*expected)
    assert dict(zip(expected, found["Web01"], strict=True)) == expected
    lists = {"aliases", "tags", "address"}
    for name, value in zip(expected, found["db01"], strict=True):
        if name not in ("hostname", "state", "standing"):
            told = [] if name in lists else None
            assert value == told or (value == [] and "." in name), name


def test_times_are_aware(fleet, read, writer):
    row = read("registered_at", "reported_at", "changed_at", "etag")["Web01"]
    assert all(isinstance(value, datetime) and value.tzinfo is UTC for value in row[:3])
    assert row[3] == writer.get(f"{ASSETS}/web01").json["etag"]


def test_the_newest_change_is_no_mark(fleet, read, post, make_report, writer):
    before = read("changed_at")["Web01"]
    writer.patch(f"{ASSETS}/web01", json={"comment": "new"})
    after = read("changed_at")["Web01"]
    assert after > before
    post(make_report("web01", {"psu": [{"slot": "1"}]}))
    assert read("changed_at")["Web01"] == after


def test_facts_that_are_not_kept_are_read_from_the_components(fleet, read, session):
    names = "disk.count", "disk.serials", "os.name", "serial", "host.addresses"
    before = read(*names)
    assert before["Web01"][:3] == [2, ["EX-1", "EX-2"], "Debian"]
    session.query(AssetFacts).delete()
    session.commit()
    assert read(*names) == before


def test_columns_are_known_by_the_names_that_searches_have(session):
    asked = ["name", "tag", "service", "contact", "reported", "changed", "tags"]
    names = [column.name for column in columns.choose(session, asked)]
    assert names == ["hostname", "tags", "services", "contacts", "reported_at", "changed_at"]
    assert [column.name for column in columns.choose(session)][:2] == ["hostname", "state"]


def test_a_column_tells_its_type_and_unit(session):
    told = {
        "position_u": ("number", "U"),
        "memory.total_bytes": ("number", "bytes"),
        "expected.memory.total_bytes": ("number", "bytes"),
        "warranty_until": ("day", None),
        "reported_at": ("moment", None),
        "tags": ("list", None),
        "host.virtual": ("bool", None),
        "host.kernel": ("text", None),
        "disk.size_bytes": ("list", "bytes"),
        "package.g++": ("text", None),
    }
    for name, (type_, unit) in told.items():
        column = columns.find(session, name)
        assert (column.type, column.unit) == (type_, unit), name
    assert columns.find(session, "memory.total_bytes").title == "Memory (bytes)"


def test_an_unknown_column_is_told_with_the_nearest(session):
    for name, told in {
        "rak": "did you mean rack?",
        "memory.totl_bytes": "did you mean memory.total_bytes",
        "disk.modl": "did you mean disk.model",
        "role.what": "there is no column role.what",
        "role.count": "there is no column role.count",
        "expected": "write expected.FACT",
        "expected.nothing": "there is no column",
        "package": "write package.NAME",
        "package.version": "write package.NAME",
        "qqqq": "/search/fields",
        "a\0b": "there is no column",
        "disk.": "there is no column",
    }.items():
        with pytest.raises(Invalid, match=re.escape(told)):
            columns.choose(session, [name])
    with pytest.raises(Invalid, match=r"column rak; .*; there is no column disk.modl; "):
        columns.choose(session, ["rak", "hostname", "disk.modl"])
    with pytest.raises(Invalid, match="more than 100"):
        columns.choose(session, [f"package.{number}" for number in range(101)])


def test_a_heading_names_one_column(session):
    for name in columns.names():
        for language in titles.LANGUAGES:
            heading = titles.title(name, language)
            assert (titles.name_of(heading) or heading) == name, heading
    assert set(columns.TITLES) == set(columns.TITLES_ZH)
    assert set(columns.OWN) <= set(columns.TITLES)


def test_an_asset_that_went_meanwhile_is_left_out(fleet, session, writer):
    chosen = columns.choose(session, ["hostname", "disk.count", "disk.model", "package.openssl"])
    (ids,) = walking.ids(session)
    session.rollback()
    gone = session.query(Asset.id).filter_by(hostname="db01").scalar()
    assert writer.delete(f"{ASSETS}/db01").status_code == 403
    session.delete(session.get(Asset, gone))
    session.commit()
    assert list(columns.values(session, ids, chosen)) == [n for n in ids if n != gone]
    assert columns.values(session, [], chosen) == {}


def test_a_walk_goes_through_all_in_order(session, writer):
    for number in (3, 1, 2):
        writer.post(ASSETS, json={"hostname": f"web0{number}", "comment": f"{9 - number}"})
    hosts = dict(session.query(Asset.id, Asset.hostname).all())

    def walk(**asked):
        return [hosts[number] for ids in walking.ids(session, **asked) for number in ids]

    assert walk() == ["web01", "web02", "web03"]
    assert walk(sort="comment") == ["web03", "web02", "web01"]
    assert walk(query="comment:8") == ["web01"]
    assert walk(state=["planned"]) == []
    with pytest.raises(Invalid):
        walking.ids(session, sort="rak")


PIECES = st.sampled_from(
    [
        *(
            "rack",
            "memory.total_bytes",
            "disk",
            "package",
            "expected",
            "role",
            "host.kernel",
            "count",
        ),
        *(
            ".",
            ",",
            "-",
            " ",
            '"',
            "'",
            "%",
            "\\",
            "é",
            "İ",
            "机柜",
            "g++",
            "a" * 200,
            "$",
            "0",
            "*",
        ),
    ]
)


def test_no_columns_and_no_order_are_a_fault_of_ours(fleet, reader):
    @settings(max_examples=100, deadline=None, database=None, derandomize=True)
    @given(*[st.lists(PIECES, max_size=6).map("".join)] * 2)
    def ask(names, sort):
        wanted = {"columns": names, "sort": sort}
        answer = reader.get("/api/v1/search", query_string=wanted)
        assert answer.status_code in (200, 422), (wanted, answer.text)

    ask()
