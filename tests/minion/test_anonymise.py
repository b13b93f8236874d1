"""An anonymised bundle: it replays to the same items, and nothing in it names the machine."""

import base64
import importlib
import ipaddress
import json
import re

import cmdb_anonymise as anonymise
import cmdb_netlink as netlink
import cmdb_plugins as plugins
import cmdb_pseudonym as pseudonym
import cmdb_replay as replay
import cmdb_report as report_
import cmdb_settings as settings_
import cmdb_source as source
import cmdb_ssh_key
import pytest

from tests.minion.collectors import make

SECRET = b"s" * 32
MAC = "00:16:3e:4a:5b:6c"
UUID = "4c4c4544-0039-4b10-8052-b4c04f573532"
SWAPPED = "44454c4c-3900-104b-8052-b4c04f573532"
WWN = "5000c500a1b2c3d4"
MACHINE_ID = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
# Each stands somewhere in the machine below, in this form.
PLAIN = [
    *(MAC, MAC.upper(), "00163e4a5b6c", UUID, UUID.upper(), SWAPPED, MACHINE_ID, WWN),
    *("db-master", "corp.example.com", "S3Z8NB0K", "7XK2P13", "198.51.100.7", "198.51.100.255"),
    *("2a01:4f8:c17::7", "fe80::216:3eff:fe4a:5b6c", "jdoe", "Jane Doe", "076433C6"),
    "F804012A0000170C0000000007000000",
]
PACKED = [
    bytes.fromhex(MAC.replace(":", "")),
    bytes.fromhex(UUID.replace("-", "")),
    bytes.fromhex(SWAPPED.replace("-", "")),
    ipaddress.ip_address("198.51.100.7").packed,
    ipaddress.ip_address("2a01:4f8:c17::7").packed,
]


def kernel(request):
    """Answer as route netlink does: one card, an IPv4 and two IPv6 addresses."""
    if request == netlink.LINKS:
        octets = bytes.fromhex(MAC.replace(":", ""))
        return make.link(2, "eth0", make.attribute(1, octets), make.attribute(54, octets))
    texts = ("198.51.100.7/24", "2a01:4f8:c17::7/64", "fe80::216:3eff:fe4a:5b6c/64")
    return b"".join(make.address(2, text) for text in texts)


KEY = ["port"]


def collect():
    """Ask in every way a collector can; the values stand in every form."""
    links = netlink.links(source.ask("netlink", None, netlink.LINKS))
    addresses = netlink.addresses(source.ask("netlink", None, netlink.ADDRESSES))
    paths = source.glob("/dev/disk/by-id/*")
    kept = source.run(["lldpctl", "-i", "db-master", f"mac={MAC.upper()}"])
    return [
        {
            "port": "eth0",
            "mac": links[0]["mac"],
            "addresses": [each["address"] for each in addresses],
            "disk_serial": (source.read(paths[0]) or "").strip(),
            "wwn": (source.read("/sys/block/sda/device/wwid") or "").strip()[4:],
            "target": source.link("/dev/disk/by-path/x"),
            "neighbour_name": kept.split()[0],
            "firmware_version": "1.2.3.4",
            "uuid": UUID,
            "routes": source.read("/proc/net/route"),
            "sockets": source.read("/proc/net/tcp6"),
            "volume": source.ask("statvfs", None, "/home/jdoe")["serial"],
        }
    ]


def user():
    return [{"name": "jdoe", "uid": 1000, "full_name": "Jane Doe", "home": "/home/jdoe"}]


@pytest.fixture
def machine(tmp_path):
    system = b"\1\2\0\3" + bytes.fromhex(SWAPPED.replace("-", ""))
    dmi = make.structure(1, 1, system, "Dell Inc.", "PowerEdge R640", "7XK2P13")
    dmi += make.structure(11, 2, b"\1", f"MAC {MAC.upper()} asked 198.51.100.7")
    files = {
        "/proc/sys/kernel/hostname": "db-master\n",
        "/etc/hosts": "198.51.100.7 db-master.corp.example.com db-master\n127.0.0.1 localhost\n",
        "/etc/machine-id": MACHINE_ID + "\n",
        "/sys/class/dmi/id/product_uuid": UUID + "\n",
        "/sys/firmware/dmi/tables/DMI": dmi,
        "/dev/disk/by-id/ata-DISK_S3Z8NB0K": "S3Z8NB0K\n",
        "/sys/block/sda/device/wwid": f"naa.{WWN}\n",
        f"/dev/sas-0x{WWN}-lun-0": "",
        "/proc/net/route": "eth0\t076433C6\t0\n",
        "/proc/net/tcp6": "0: F804012A0000170C0000000007000000:0016 00000000:0000 0A\n",
        "/commands/lldpctl": f"sw1.corp.example.com saw {MAC} on enx00163e4a5b6c\n",
        "/usr/lib/version": "libx (>= 1.2.3.4)\n",
    }
    for path, content in files.items():
        place = tmp_path / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "dev/disk/by-path").mkdir()
    card = tmp_path / "sys/devices/pci0000:00/0000:00:03.0"
    (card / "net/eth0").mkdir(parents=True)
    (card / "net/eth0/device").symlink_to("../..")
    (card / "net/eth0/address").write_text(MAC + "\n")
    (tmp_path / "sys/class").mkdir(exist_ok=True)
    (tmp_path / "sys/class/net").mkdir()
    (tmp_path / "sys/class/net/eth0").symlink_to("/sys/devices/pci0000:00/0000:00:03.0/net/eth0")
    (tmp_path / "dev/disk/by-path/x").symlink_to(f"/dev/sas-0x{WWN}-lun-0")
    door = replay.Tree(str(tmp_path))
    answers = {"netlink": kernel, "statvfs": lambda path: {"serial": path}}
    door.ask = lambda name, function, args: answers.get(name, function)(*args)
    return door


def collectors(*kinds):
    settings = settings_.merged()
    modules = [(kind, importlib.import_module(f"cmdb_{kind}").collect) for kind in kinds]
    return [plugins.from_function(kind, function, settings) for kind, function in modules]


def build(extra=()):
    wanted = [*collectors("board", "nic"), *extra]
    return report_.build("db-master", wanted, via="agent")


def odd():
    settings = settings_.merged()
    named = plugins.from_function("user", user, settings)._replace(key=("name",))
    return [plugins.from_function("odd", collect, settings), named]


@pytest.fixture
def captured(machine):
    """Return (the captured content, the report that came with it)."""
    with source.through(replay.Capture(machine)) as capture:
        built = build(odd())
        source.read("/usr/lib/version")
    assert {each["status"] for each in built["sections"].values()} == {"ok"}
    return capture.content, built


def all_octets(content):
    """Return all that a bundle holds, decoded, as one run of bytes."""
    found = [json.dumps(content, ensure_ascii=False).encode()]
    for kept in (*content["read"].values(), *content["ask"].values()):
        value = kept.get("value")
        if isinstance(value, dict) and "base64" in value:
            found.append(base64.b64decode(value["base64"]))
        elif isinstance(value, dict) and "text" in value:
            found.append(value["text"].encode())
    return b"\n".join(found)


def test_every_value_of_the_test_stands_in_the_captured_bundle(captured):
    content, _ = captured
    whole = all_octets(content)
    missing = [text for text in PLAIN[:10] if text.encode() not in whole]
    assert not set(missing) - {"00163e4a5b6c", UUID.upper(), SWAPPED}
    assert [octets for octets in PACKED if octets not in whole] == [PACKED[1]]


def test_nothing_that_names_the_machine_is_left_in_any_form(captured):
    whole = all_octets(anonymise.anonymise(*captured)).lower()
    assert [text for text in PLAIN if text.lower().encode() in whole] == []
    assert [octets for octets in PACKED if octets.lower() in whole] == []
    assert b"198.51.100." not in whole


def test_it_replays_to_the_same_items_but_for_the_stand_ins(captured):
    content, live = captured
    work = anonymise.Anonymiser(content, live, SECRET)
    bundle = json.loads(json.dumps(work.bundle()))
    with source.through(replay.Bundle(bundle)):
        replayed = report_.build("db-master", [*collectors("board", "nic")], via="agent")
    for kind in ("board", "nic"):
        expected = [
            {f: stand_in(work, v) for f, v in i.items()} for i in live["sections"][kind]["items"]
        ]
        assert replayed["sections"][kind]["items"] == expected
    evidence = {name: stand_in(work, value) for name, value in live["identity"].items()}
    assert replayed["identity"] == evidence
    assert evidence["hostname"] != "db-master"
    assert evidence["fqdn"].startswith(evidence["hostname"] + ".")


def stand_in(work, value):
    if isinstance(value, list):
        return sorted(map(work.text, value))
    return work.text(value) if isinstance(value, str) else value


def test_a_version_that_looks_like_an_address_stays(captured):
    bundle = anonymise.anonymise(*captured)
    assert bundle["read"]["/usr/lib/version"] == {"value": {"text": "libx (>= 1.2.3.4)\n"}}


@pytest.mark.parametrize("text", ["BÜRO-7", "büro-7", "Büro-7.corp.example.com"])
def test_a_name_with_other_letters_than_ascii_is_replaced(captured, text):
    content, live = captured
    live["identity"]["hostname"] = "Büro-7"
    assert "ro-7" not in anonymise.Anonymiser(content, live).text(f"on {text}: ok").lower()


def test_a_system_account_keeps_its_name(captured):
    content, live = captured
    item = {"name": "www-data", "uid": 33, "full_name": "www-data", "home": "/var/www"}
    live["sections"]["user"]["items"].append(item)
    work = anonymise.Anonymiser(content, live)
    assert work.text("www-data jdoe").split()[0] == "www-data"
    assert "jdoe" not in work.text("www-data jdoe")


def test_a_placeholder_stays_a_placeholder(captured):
    work = anonymise.Anonymiser(*captured)
    for text in ("03000200-0400-0500-0006-000700080009", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"):
        assert work.text(text) == text


BODY = bytes(range(7, 7 + 64))


@pytest.mark.parametrize(
    "parts",
    [
        (b"ssh-ed25519", BODY[:32]),
        (b"ssh-rsa", b"\1\0\1", b"\0\x9a" + BODY * 6),
        (b"ecdsa-sha2-nistp256", b"nistp256", b"\4" + BODY),
    ],
)
def test_an_ssh_key_becomes_another_key_of_its_type_and_size(captured, parts):
    wire = b"".join(len(part).to_bytes(4, "big") + part for part in parts)
    old = f"{parts[0].decode()} {base64.b64encode(wire).decode()} jdoe@db-master\n"
    new = anonymise.Anonymiser(*captured).text(old)
    items = [cmdb_ssh_key.parse(text, "/x")[0] for text in (old, new)]
    same = {
        field for field in ("type", "bits", "fingerprint") if items[0][field] == items[1][field]
    }
    assert same == {"type", "bits"}
    assert "jdoe" not in new
    assert "db-master" not in new


def test_two_bundles_have_nothing_in_common(captured):
    one, two = (anonymise.anonymise(*captured)["read"]["/etc/machine-id"] for _ in range(2))
    assert one != two


def test_a_machine_id_keeps_its_shape():
    names = pseudonym.Pseudonyms(SECRET)
    assert re.fullmatch("[0-9a-f]{32}", names.word(MACHINE_ID))
    assert names.word(UUID.upper()) == names.word(UUID).upper()
    assert names.word(UUID.replace("-", "")) == names.word(UUID).replace("-", "")
    assert re.fullmatch("[A-Z][0-9][A-Z][0-9][A-Z]{2}[0-9][A-Z]", names.word("S3Z8NB0K"))


def test_addresses_of_one_network_stay_in_one_network():
    names = pseudonym.Pseudonyms(SECRET)
    for version, texts in {
        "10.0.0.0/8": ("192.0.2.17", "192.0.2.30", "192.0.2.33", "203.0.113.17"),
        "2001:db8::/32": ("2a01:4f8:c17::7", "2a01:4f8:c17::9", "2a01:4f8:c18::7", "2600::1"),
    }.items():
        old = [ipaddress.ip_address(text) for text in texts]
        new = [names.ip(address) for address in old]
        assert len(set(new)) == 4
        assert all(address in ipaddress.ip_network(version) for address in new)
        for width in (112, 120, 64, 28, 24, 27, 16):
            if width > old[0].max_prefixlen or (width < 48 and old[0].version == 6):
                continue
            networks = [
                [ipaddress.ip_network(f"{each}/{width}", strict=False) for each in addresses]
                for addresses in (old, new)
            ]
            same = [[a == b for a in each for b in each] for each in networks]
            assert same[0] == same[1], width


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", "0.0.0.0", "255.255.255.0", "224.0.0.1", "169.254.169.254", "::1", "ff02::1"],
)
def test_addresses_that_every_machine_has_stay(text):
    assert str(pseudonym.Pseudonyms(SECRET).ip(ipaddress.ip_address(text))) == text


@pytest.mark.parametrize("hostname", ["vm", "a", "web", "disk", "localhost", "10.1.2.3", "ÄÖ-1"])
def test_any_host_name_gives_a_bundle_that_replays(machine, hostname, tmp_path):
    (tmp_path / "proc/sys/kernel/hostname").write_text(hostname + "\n")
    with source.through(replay.Capture(machine)) as capture:
        live = build()
    bundle = anonymise.anonymise(capture.content, live)
    with source.through(replay.Bundle(bundle)):
        replayed = build()
    for kind, section in live["sections"].items():
        assert section["status"] == replayed["sections"][kind]["status"] == "ok"
