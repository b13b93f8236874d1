"""Searches of assets, in Lucene's syntax."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports import section

ASSETS = "/api/v1/assets"


@pytest.fixture
def find(writer):
    """Return a function that gives the names that a search finds, in order."""

    def find(query):
        answer = writer.get(ASSETS, query_string={"query": query})
        assert answer.status_code == 200, answer.text
        assert answer.json["total"] == len(answer.json["items"])
        return [item["hostname"] for item in answer.json["items"]]

    return find


@pytest.fixture(autouse=True)
def fleet(writer, post, make_report):
    """Two hosts that reported, and one that nothing is known of."""
    writer.post("/api/v1/data-centres", json={"name": "Zürich 1"})
    for host, more in (
        ("web01", {"tags": ["lab"], "comment": "first", "data_centre": "Zürich 1"}),
        ("web02.example.com", {"inventory_number": "IT-1", "warranty_until": "2027-01-31"}),
        ("db01", {}),
    ):
        assert writer.post(ASSETS, json={"hostname": host, **more}).status_code == 201
    disks = [
        {
            "slot": "1",
            "model": "EX PM883",
            "serial": "EX-1",
            "size_bytes": 2**39,
            "removable": False,
        }
    ]
    others = [
        {"slot": "1", "model": "Other 1", "serial": "EX-2", "size_bytes": 2**41, "removable": True},
        {"slot": "2", "model": "Other 2", "size_bytes": "a text", "wwn": "0x5000"},
    ]
    nic = [{"port": "1", "mac": "02:00:00:00:00:01", "ipv4": ["192.0.2.7/24"]}]
    system = [{"place": "system", "os_name": "Debian"}]
    for host, sections in (
        ("web01", {"disk": section(disks, serial="serial"), "host": system, "nic": nic}),
        (
            "web02.example.com",
            {"disk": section(others, serial="serial"), "role": [{"slot": "a", "what": "cache"}]},
        ),
    ):
        post(make_report(host, sections))


@pytest.mark.parametrize(
    "query, found",
    [
        ("hostname:web01", ["web01"]),
        ("hostname:WEB*", ["web01", "web02.example.com"]),
        ("web", ["web01", "web02.example.com"]),
        ("EX-1", ["web01"]),
        ("192.0.2.7", ["web01"]),
        ('"02:00:00:00:00:01"', ["web01"]),
        ("IT-1", ["web02.example.com"]),
        ("tag:lab", ["web01"]),
        ("NOT tag:lab", ["db01", "web02.example.com"]),
        ("hostname:web* -tag:lab", ["web02.example.com"]),
        ("tags:LA? OR hostname:db01", ["db01", "web01"]),
        ('data_centre:"ZÜRICH 1"', ["web01"]),
        ("NOT data_centre:zürich*", ["db01", "web02.example.com"]),
        ("comment:first", ["web01"]),
        ("comment:f%", []),
        ("state:online AND (hostname:db01 OR tag:lab)", ["db01", "web01"]),
        ("warranty_until:<2027-02-01", ["web02.example.com"]),
        ("NOT warranty_until:<2027-02-01", ["db01", "web01"]),
        ("disk.model:*pm883*", ["web01"]),
        ("NOT disk.model:*pm883*", ["db01", "web02.example.com"]),
        ("disk:(model:other*)", None),
        ("disk.model:*[*", None),
        ("disk.size_bytes:>=1T", ["web02.example.com"]),
        ("disk.size_bytes:512G", ["web01"]),
        ("disk.serial:ex-2", ["web02.example.com"]),
        ("disk.slot:2", ["web02.example.com"]),
        ("disk.wwn:0x5*", ["web02.example.com"]),
        ("os.name:Debian AND disk.model:*PM883* AND NOT tag:other", ["web01"]),
        ("disk.removable:true", ["web02.example.com"]),
        ("disk.removable:false", ["web01"]),
        ("nic.ipv4:192.0.2.7/24", ["web01"]),
        ("nic.ipv4:192.0.2.*", ["web01"]),
        ("nic.ipv4:192.0.2.8*", []),
        ('"web*"', []),
        ('"web0"', ["web01", "web02.example.com"]),
        ("role.what:cache", ["web02.example.com"]),
        ("changed:>now-1h", ["db01", "web01", "web02.example.com"]),
        ("changed:<now-1h", []),
        ("reported:>now-7d", ["web01", "web02.example.com"]),
        ("NOT reported:>now-7d", ["db01"]),
        ("serial:ex-1", ["web01"]),
        ("serial:None", []),
        ("position_u:<999999999999", []),
        ("disk.size_bytes:<999999999999", ["web01"]),
        ("disk.size_bytes:<8191P", ["web01", "web02.example.com"]),
        ("changed:<0001-01-01", []),
        ("serial:EX*", ["web01", "web02.example.com"]),
        ("address:192.0.2.*", ["web01"]),
    ],
)
def test_a_search_finds_assets(find, writer, query, found):
    if found is None:
        assert writer.get(ASSETS, query_string={"query": query}).status_code == 422
    else:
        assert find(query) == found


@pytest.mark.parametrize(
    "query, told",
    [
        ("web AND (", "unexpected end of expression"),
        ("fe80::1", "position 5"),
        ("hostnme:web01", "did you mean hostname"),
        ("web01 AND disk.modl:x", "at character 11: there is no field disk.modl; did you mean"),
        ("changed:yesterday", "write changed:>now-7d"),
        ("changed:>soon", "a time is wanted"),
        ("disk.size_bytes:>big", "a whole number is wanted, or a size like 64G"),
        ("warranty_until:>soon", "a day is wanted, like 2026-11-22"),
        ("state:>online", "compared with : alone"),
        ("position_u:[1 TO 5]", "write a:>=1 AND a:<=2"),
        ("web~2", "use * and ?"),
        ("disk.removable:maybe", "true or false"),
        ("web~.", "with a number"),
        ("disk.size_bytes:>9999999999999P", "a whole number is wanted"),
        ("/we.*/", "regex is not known here"),
        ("package.openssl:1", "see /packages"),
        ('"disk', "close each"),
        ('role.a"b:x', "there is no field"),
        ("(" * 200 + "a" + ")" * 200, "nested deeper"),
        (" OR ".join(["a"] * 40), "more than 30 terms"),
        ("a" * 1001, "Longer than 1000"),
    ],
)
def test_a_wrong_search_is_told_what_is_wrong_and_where(writer, query, told):
    answer = writer.get(ASSETS, query_string={"query": query})
    assert answer.status_code == 422, answer.text
    assert told in answer.json["error"]["message"]
    assert list(answer.json["error"]["fields"]) == ["query"]


PIECES = st.sampled_from(
    [
        *("web01", "AND", "OR", "NOT", "(", ")", ":", '"', "*", "?", ">", "<=", "~", "^2", "/x/"),
        *("-", "+", " ", "  ", "\\", "é", "İ", ".", "{", "!", "&&", "[1 TO 2]", "now-7d", "64G"),
        *("disk.model:", "disk.size_bytes:>", "changed:<", "reported:>", "warranty_until:<"),
        *("position_u:", "tag:", "rack:", "role.x:", "serial:", "address:", "9" * 18, "2026-01-01"),
    ]
)


def test_no_search_is_a_fault_of_ours(writer):
    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    @given(st.lists(PIECES, max_size=9).map("".join))
    def ask(query):
        answer = writer.get(ASSETS, query_string={"query": query})
        assert answer.status_code in (200, 422), (query, answer.text)

    ask()
