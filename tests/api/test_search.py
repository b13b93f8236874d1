"""Searches of assets, in Lucene's syntax: what is declared, components, and what is wrong."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb_api.services.search import fields
from tests.api.searches import ASSETS, Finder
from tests.reports import section

NIC = {"port": "1", "mac": "00:00:5e:00:53:01", "ipv4": ["192.0.2.7/24"]}
BOARD = {"place": "system", "manufacturer": "EXAMPLE Inc.", "product": "Poweredge X1"}


@pytest.fixture
def find(writer):
    return Finder(writer)


@pytest.fixture(autouse=True)
def fleet(writer, post, make_report):
    """Two hosts that reported, and one that nothing is known of."""
    writer.post("/api/v1/data-centres", json={"name": "Zürich 1"})
    writer.post("/api/v1/racks", json={"name": "B1", "data_centre": "Zürich 1"})
    for host, more in (
        ("web01", {"tags": ["lab", "Küche"], "comment": "first", "data_centre": "Zürich 1"}),
        ("web02.example.com", {"inventory_number": "IT-1", "warranty_until": "2027-01-31"}),
        ("db01", {"position_u": 3, "height_u": 2, "rack": "B1"}),
    ):
        answer = writer.post(ASSETS, json={"hostname": host, **more})
        assert answer.status_code == 201, answer.text
    disks = [
        {
            **{"slot": "1", "model": "EX PM883", "serial": "EX-1", "size_bytes": 2**39},
            **{"removable": False, "wwn": "0x5000"},
        }
    ]
    others = [
        {"slot": "1", "model": "Other 1", "serial": "EX-2", "size_bytes": 2**41, "removable": True},
        {"slot": "2", "model": "Other 2", "size_bytes": "a text", "wwn": "0x5001"},
        {"slot": "3", "model": "Other 3", "size_bytes": 960197124096},
    ]
    second = NIC | {"port": "2", "mac": "00:00:5e:00:53:02", "ipv6": ["2001:db8::1/64"]}
    second["ipv4"] = ["198.51.100.7/24"]
    role = [{"slot": "a", "what": "cache", "hot": True, "words": ["one", 'q"t', "été"]}]
    socket = [{"protocol": "tcp", "address": "192.0.2.7", "port": 443, "loopback": False}]
    mounts = [{"mount_point": "/var/log", "device": "/dev/sda1", "options": ["rw", "noatime"]}]
    post(
        make_report(
            "web01",
            {
                "disk": section(disks, serial="serial"),
                "host": section([{"place": "system", "os_name": "Debian"}], ["place"]),
                "nic": section([NIC], ["port"]),
                "board": section([BOARD], ["place"]),
                "filesystem": section(mounts, ["mount_point"]),
            },
        ),
        make_report(
            "web02.example.com",
            {
                "disk": section(others, serial="serial"),
                "role": role,
                "nic": section([second], ["port"]),
                "socket": section(socket, ["protocol", "address", "port"]),
            },
            identity={"hostname": "web02", "macs": ["00:00:5e:00:53:02"]},
        ),
    )


WEB2 = "web02.example.com"
BOTH = f"web01 {WEB2}"
ALL = f"db01 {BOTH}"


def test_what_people_declare_is_found(find):
    find.check(
        {
            "hostname:web01": "web01",
            "hostname:WEB*": BOTH,
            "hostname:web?1": "web01",
            "tag:lab": "web01",
            "NOT tag:lab": f"db01 {WEB2}",
            "-tag:lab": f"db01 {WEB2}",
            "hostname:web* -tag:lab": WEB2,
            "tags:LA? OR hostname:db01": "db01 web01",
            "tag:(lab OR nothing)": "web01",
            "tag:(lab AND küche)": "web01",
            "tag:KÜCHE": "web01",
            'data_centre:"ZÜRICH 1"': "db01 web01",
            "data_centre:z*1": "db01 web01",
            "NOT data_centre:zürich*": WEB2,
            "comment:first": "web01",
            "comment:f%": "",
            "comment:fir_t": "",
            "state:online AND (hostname:db01 OR tag:lab)": "db01 web01",
            "position_u:3": "db01",
            "position_u:[1 TO 3]": "db01",
            "position_u:{1 TO 3}": "",
            "position_u:[* TO 2]": "",
            "position_u:>-5": "db01",
            "position_u:<999999999999": "db01",
            "": ALL,
        }
    )


def test_a_search_for_a_state_finds_what_lists_leave_out(find, writer):
    writer.patch("/api/v1/assets/db01", json={"state": "retired"})
    find.check(
        {
            "hostname:*": BOTH,
            "state:retired": "db01",
            "hostname:* AND state:*": ALL,
            "NOT state:online": "db01",
            "standing:registered": BOTH,
            "standing:review": "",
        }
    )


def test_days_and_moments_are_compared(find):
    find.check(
        {
            "warranty_until:<2027-02-01": WEB2,
            "warranty_until:[2027-01-01 TO 2027-12-31]": WEB2,
            "warranty_until:[2027-01-01 TO 2027-01-31}": "",
            "warranty_until:>now-90d": WEB2,
            "NOT warranty_until:<2027-02-01": "db01 web01",
            "changed:>now-1h": ALL,
            "changed:<now-1h": "",
            "changed:[now-1h TO now+1h]": ALL,
            "changed:[2020-01-01 TO 2020-12-31]": "",
            "changed:<0001-01-01": "",
            "reported:>now-7d": BOTH,
            "NOT reported:>now-7d": "db01",
            "reported:<now": BOTH,
            "reported:>2020-11-22T10:00:00Z": BOTH,
            "reported:>2020-11-22T10:00:00+01:00": BOTH,
            "reported:[2020-11-22T10:00:00Z TO 2020-11-22T11:00:00Z]": "",
        }
    )


def test_whether_there_is_a_value_is_asked_for(find):
    find.check(
        {
            "_exists_:comment": "web01",
            "comment:*": "web01",
            "NOT comment:*": f"db01 {WEB2}",
            "rack:*": "db01",
            "NOT _exists_:rack": BOTH,
            "tag:*": "web01",
            "warranty_until:*": WEB2,
            "position_u:*": "db01",
            "reported:*": BOTH,
            "address:*": BOTH,
            "serial:*": BOTH,
            "changed:*": ALL,
            "_exists_:disk": BOTH,
            "board:*": "web01",
            "NOT _exists_:disk.wwn": "db01",
            "disk.removable:*": BOTH,
            "disk.serial:*": BOTH,
            "disk.slot:*": BOTH,
            "role.words:*": WEB2,
            "_exists_:os.name": "web01",
        }
    )


def test_a_component_is_found_by_each_of_its_fields(find):
    find.check(
        {
            "disk.model:*pm883*": "web01",
            "NOT disk.model:*pm883*": f"db01 {WEB2}",
            "disk.size_bytes:>=1T": WEB2,
            "disk.size_bytes:512G": "web01",
            "disk.size_bytes:512GiB": "web01",
            "disk.size_bytes:[900GB TO 0.97TB]": WEB2,
            "disk.size_bytes:<999999999999": BOTH,
            "disk.size_bytes:<8191P": BOTH,
            "disk.serial:ex-2": WEB2,
            "disk.slot:2": WEB2,
            "disk.wwn:0x5*": BOTH,
            "disk.removable:true": WEB2,
            "disk.removable:false": "web01",
            "nic.ipv4:192.0.2.7/24": "web01",
            "nic.ipv4:192.0.2.7": "web01",
            "nic.ipv4:192.0.2.*": "web01",
            "nic.ipv4:192.0.2.8*": "",
            "nic.mac:00:00:5E:00:53:01": "web01",
            "nic.mac:0000.5e00.5301": "web01",
            "nic.mac:00:00:5e:*": BOTH,
            "nic.mac:(00:00:5e:00:53:01 OR 00:00:5e:00:53:02)": BOTH,
            "role.what:cache": WEB2,
            "role.hot:true": WEB2,
            "role.hot:false": "",
            "role.words:one": WEB2,
            "role.words:ÉTÉ": WEB2,
            "role.words:one*été": "",
            r'role.words:"q\"t"': WEB2,
            "socket.port:443": WEB2,
            "socket.port:>1024": "",
            "filesystem.mount_point:/var/*": "web01",
            "filesystem.mount_point:/VAR/log": "web01",
            "filesystem.options:noatime": "web01",
        }
    )


def test_several_fields_are_asked_of_one_component(find):
    find.check(
        {
            'disk:(model:"other 1" AND size_bytes:>1T)': WEB2,
            'disk:(model:"other 2" AND size_bytes:>1T)': "",
            'disk.model:"other 2" AND disk.size_bytes:>1T': WEB2,
            "disk:(serial:EX-2 AND slot:1)": WEB2,
            "disk:(serial:EX-2 AND slot:2)": "",
            "disk:(wwn:0x5001 AND NOT size_bytes:*)": WEB2,
            "disk:(model:ex* OR slot:3)": BOTH,
            "disk:(model:other* AND size_bytes:[800GB TO 1TB])": WEB2,
            'disk:(model:("other 1" OR "other 3") AND size_bytes:<1TB)': WEB2,
            "NOT disk:(removable:true)": "db01 web01",
            "role:(what:cache AND hot:true)": WEB2,
            "nic:(mac:00:00:5e:00:53:02 AND ipv4:198.51.100.7)": WEB2,
        }
    )


def test_addresses_are_found_in_any_spelling_and_by_their_network(find):
    find.check(
        {
            "address:192.0.2.*": BOTH,
            "address:192.0.2.0/24": BOTH,
            "address:192.0.2.0/29": BOTH,
            "address:192.0.2.8/29": "",
            "address:192.0.2.7/32": BOTH,
            "address:198.51.0.0/16": WEB2,
            "address:0.0.0.0/0": BOTH,
            "address:2001:db8::1": WEB2,
            "address:2001:DB8:0::1": WEB2,
            "address:2001:db8::/32": WEB2,
            "address:2001:db8:1::/48": "",
            "address:::/0": WEB2,
            "address:00-00-5e-00-53-02": WEB2,
            "2001:db8::1": WEB2,
            "2001:db8::/64": WEB2,
            "00:00:5e:00:53:01": "web01",
            "192.0.2.7": BOTH,
            "198.51.100.0/24": WEB2,
            "-192.0.2.7": "db01",
        }
    )


def test_a_word_is_looked_for_in_what_names_an_asset(find):
    find.check(
        {
            "web": BOTH,
            "WEB0": BOTH,
            "web*": BOTH,
            "*b0?": f"db01 {BOTH}".replace(f" {WEB2}", ""),
            "EX-1": "web01",
            "ex-*": BOTH,
            "serial:ex-1": "web01",
            "serial:EX*": BOTH,
            "serial:None": "",
            "IT-1": WEB2,
            "pm883": "web01",
            "poweredge": "web01",
            "web AND poweredge": "web01",
            "web poweredge": "web01",
            '"web0"': BOTH,
            '"web*"': "",
            r"web\*": "",
            r"hostname:\*": "",
        }
    )


def test_a_word_may_be_the_first_part_of_an_address_or_of_a_serial_number(find):
    find.check(
        {
            "192.0.2.": BOTH,
            "192.0": BOTH,
            "198.51.100": WEB2,
            "198.51.10": WEB2,
            "192.0.3": "",
            "192.0.2.70": "",
            "2001:db8:": WEB2,
            "2001:0DB8::": WEB2,
            "2001:db8:1": "",
            "00:00:5e:00": BOTH,
            "00-00-5E-00-53-02": WEB2,
            "00-00-5e-00-53-0": BOTH,
            "0000.5e00.53": BOTH,
            "00005e0053": BOTH,
            "00:00:5e:01": "",
            '"2001:db8"': WEB2,
            "-192.0.2.": "db01",
            # Whole addresses, and what is asked of a field, mean themselves.
            "address:192.0.2": "",
            "198.51.100.7": WEB2,
            "EX-2": WEB2,
            "EX-": "",
            "serial:EX-": "",
        }
    )


def test_a_part_of_a_serial_number_is_its_first(find, post, make_report):
    disks = [{"slot": "1", "model": "x", "serial": "EXAMPLE12_4"}]
    post(make_report("db01", {"disk": section(disks, serial="serial")}))
    find.check(
        {
            "example1": "db01",
            "EXAMPLE12": "db01",
            "EXAMPLE12%": "",
            "EXAMPLE12_": "db01",
            "XAMPLE12": "",
            "EXAMPLE": WEB2,
        }
    )


def test_a_wrong_search_is_told_what_is_wrong_and_where(find):
    wrong = {
        "web AND (": "at character 10: the search ends too early",
        "web AND )": "at character 9: ) is not expected here",
        'hostname:"web': "at character 10: this quote is not closed",
        "tag:lab or web01": 'at character 9: write OR to join terms, or "or" in quotes',
        "hostnme:web01": "did you mean hostname",
        "ip:192.0.2.1": "there is no field ip; did you mean address?",
        "机柜:A12": "there is no field 机柜; did you mean rack?",
        "foo:bar": "/search/fields lists all",
        "web01 AND rack=A12": "at character 11: write rack:A12, or ",
        "rack!=A12": "write NOT rack:A12",
        "memory.total_bytes>=64G": "write memory.total_bytes:>=64G",
        "memory.total_bytes > 64G": "at character 20: > is not expected here; a field",
        "rack == A12": "a field and a colon come first",
        "rack\uff1aA12": "write rack:A12",
        "rack:A12 && tag:lab": "write AND to join terms",
        "rack:\u201cA12\u201d": 'write "A12": quotes are " here',
        "rack:'A12'": 'write "A12"',
        "web01 AND disk.modl:x": "at character 11: there is no field disk.modl; did you mean",
        "dsk.model:x": "there is no field dsk.model; did you mean disk.model",
        "role.wat:x": "there is no field role.wat",
        "disk:(modl:x AND slot:1)": "at character 7: components of kind disk have no field modl",
        "disk:samsung": "write a field of it, like disk.model:",
        "disk:(samsung AND slot:1)": "write the field before it",
        "rack:(model:x)": "rack is no kind",
        "changed:yesterday": "write changed:>now-7d",
        "changed:>soon": "a time is wanted",
        "disk.size_bytes:>big": "a whole number is wanted, or a size like 64G",
        "disk.size_bytes:>1.5": "a whole number is wanted",
        "warranty_until:>soon": "a day is wanted, like 2026-11-22",
        "state:>online": "compared with : alone",
        "state:onlin": "state is one of planned, racked",
        "comment:[a TO b]": "compared with : alone",
        "web~2": "use * and ?",
        '"a b"~2': "use * between",
        "web^2": "take it away",
        "/we.*/": "use * and ?, or quotes where it is a path",
        "disk.removable:maybe": "true or false",
        "web~.": "with a number",
        "disk.size_bytes:>9999999999999P": "a whole number is wanted",
        "address:192.0.2.0/99": "a network is wanted, like 192.0.2.0/24",
        "*a*b*c*d*e*": "more than 5 *",
        'role.a"b:x': "there is no field",
        "_exists_:nothing": "there is no field nothing",
        "_exists_:_exists_": "the name of a field is wanted",
        "(" * 200 + "a" + ")" * 200: "nested deeper",
        " OR ".join(["tag:a"] * 40): "more than 30 terms",
        " OR ".join(["disk.model:a"] * 20): "more than 15 terms",
        "a" * 1001: "Longer than 1000",
    }
    told = {query: find.fault(query)["message"] for query in wrong}
    assert {query: text for query, text in told.items() if wrong[query] not in text} == {}
    assert find.fault("web01 AND disk.modl:x")["details"] == {"position": 11}


PIECES = st.sampled_from(
    [
        *("web01", "AND", "OR", "NOT", "(", ")", ":", '"', "*", "?", ">", "<=", "~", "^2", "/x/"),
        *("-", "+", " ", "  ", "\\", "é", "İ", ".", "{", "!", "&&", "[1 TO 2]", "now-7d", "64G"),
        *("disk.model:", "disk.size_bytes:>", "changed:<", "reported:>", "warranty_until:<"),
        *("position_u:", "tag:", "rack:", "role.x:", "serial:", "address:", "9" * 18, "2026-01-01"),
        *("package.a:<", "memory.total_bytes:", "disk:(", "model:", "2001:db8::/32", "0/0", "]"),
        *("host.virtual:", "_exists_:", "disk.count:", "package:", "1:2~3-4", "\0", "\ufdd0", "[a"),
    ]
)


def test_no_search_is_a_fault_of_ours(writer):
    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(st.lists(PIECES, max_size=9).map("".join))
    def ask(query):
        answer = writer.get(ASSETS, query_string={"query": query})
        assert answer.status_code in (200, 422), (query, answer.text)

    ask()


def test_who_sees_a_part_of_the_fleet_searches_that_part(writer, make_client):
    unit = writer.post("/api/v1/business-units", json={"name": "Lab"}).json["id"]
    writer.patch("/api/v1/assets/web01", json={"business_unit": "Lab"})
    limited = Finder(make_client("read", business_units=[unit]))
    limited.check(
        {
            "hostname:*": "web01",
            "NOT hostname:nothing": "web01",
            "address:192.0.2.0/24": "web01",
            "disk.model:*": "web01",
            "disk:(slot:1 AND model:*)": "web01",
            "disk:(NOT removable:true)": "web01",
            "os.name:*": "web01",
            "NOT os.name:*": "",
            "changed:>now-1h": "web01",
            "serial:EX-2": "",
            "socket.port:443": "",
            "package.count:>1": "",
        }
    )
    # What only others reported is not even named.
    assert "there is no field role.what" in limited.fault("role.what:cache")["message"]


def test_all_names_that_a_search_knows_are_told(app, session):
    found = {field.name: field for field in fields.known(session)}
    assert found["role.what"].kind == "role" and found["role.count"].type == "number"
    assert found["memory.total_bytes"][1:3] == ("number", "bytes")
    assert found["disk.size_bytes"].unit == "bytes" and found["rack"].type == "text"
    assert found["warranty_until"].type == "day" and found["tag"].type == "list"
    limited = {field.name for field in fields.known(session, limited=True)}
    assert found.keys() - limited == {
        "role.count",
        "role.slot",
        "role.what",
        "role.hot",
        "role.words",
    }
    assert all(field.description for field in found.values())


def test_the_address_of_a_management_controller_finds_its_asset(find, post, make_report, reader):
    bmc = {"channel": 1, "ip_address": "192.0.2.77", "mac": "00:00:5e:00:53:77"}
    post(make_report("db01", {"bmc": section([bmc], ["channel"])}))
    find.check(
        {"address:192.0.2.77": "db01", "192.0.2.77": "db01", "bmc.address:192.0.2.77": "db01"}
    )
    columns = {"query": "hostname:db01", "columns": "hostname,address"}
    with reader.get("/api/v1/exports/assets.csv", query_string=columns) as told:
        assert "192.0.2.77" not in told.text and "db01" in told.text, told.text
