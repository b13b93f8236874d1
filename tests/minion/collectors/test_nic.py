"""Network interfaces: which are reported, and as what."""

import struct

import cmdb_netlink as netlink
import cmdb_nic as nic
import cmdb_source as source
import pytest

from tests.minion.collectors.make import address, attribute, link

ETH0, ETH1, BOND, VLAN, BRIDGE, VETH, DOCKER, LOOPBACK = range(2, 10)


def hardware(last):
    return attribute(1, bytes([2, 0, 0, 0, 0, last]))


def kind(name, data=b""):
    return attribute(18, attribute(1, name) + (attribute(2, data) if data else b""))


def master(index):
    return attribute(10, index)


SERVER = b"".join(
    [
        link(LOOPBACK, "lo", flags=0x49),
        link(ETH0, "eth0", hardware(1), attribute(54, bytes([2, 0, 0, 0, 0, 1])), master(BOND)),
        link(ETH1, "eth1", hardware(1), attribute(54, bytes([2, 0, 0, 0, 0, 2])), master(BOND)),
        link(BOND, "bond0", hardware(1), kind("bond", attribute(1, b"\4")), master(BRIDGE)),
        link(VLAN, "bond0.7", kind("vlan", attribute(1, struct.pack("=H", 7))), attribute(5, BOND)),
        link(BRIDGE, "br0", hardware(9), kind("bridge")),
        link(VETH, "veth12ab", hardware(9), kind("veth"), master(BRIDGE)),
        link(DOCKER, "docker0", hardware(8), kind("bridge")),
    ]
)
ADDRESSES = b"".join(
    [
        address(BRIDGE, "192.0.2.7/24"),
        address(BRIDGE, "2001:db8::7/64"),
        address(BRIDGE, "2001:db8::abcd/64", flags=netlink.TEMPORARY),
        address(BRIDGE, "fe80::1/64"),
        address(DOCKER, "172.17.0.1/16"),
    ]
)
CARDS = {
    index: {"device": f"/sys/devices/pci0000:00/0000:0{index}:00.0", "driver": "/d/example"}
    for index in (ETH0, ETH1)
}


def parse(links=SERVER, addresses=ADDRESSES, said=CARDS, **options):
    items = nic.parse(netlink.links(links), netlink.addresses(addresses), said, **options)
    return {item["name"]: item for item in items}


def test_cards_bonds_vlans_and_bridges_are_reported_and_containers_are_not():
    assert sorted(parse()) == ["bond0", "bond0.7", "br0", "eth0", "eth1"]


def test_a_card_is_known_by_its_place_and_a_virtual_one_by_its_name():
    items = parse()
    assert items["eth0"]["port"] == "pci-0000:02:00.0"
    assert items["eth0"]["pci_address"] == "0000:02:00.0"
    assert items["eth0"]["driver"] == "example"
    assert items["bond0"]["port"] == "bond0"


def test_a_bond_s_members_keep_their_own_addresses():
    items = parse()
    assert items["eth1"]["mac"] == "02:00:00:00:00:01"
    assert items["eth1"]["permanent_mac"] == "02:00:00:00:00:02"
    assert items["eth1"]["master"] == "bond0"
    assert items["bond0"]["ports"] == ["eth0", "eth1"]
    assert items["bond0"]["bond_mode"] == "802.3ad"


def test_a_vlan_is_related_to_what_is_below_it():
    vlan = parse()["bond0.7"]
    assert (vlan["vlan_id"], vlan["parent"], vlan["kind"]) == (7, "bond0", "vlan")


def test_temporary_and_link_local_addresses_make_no_noise():
    bridge = parse()["br0"]
    assert bridge["ipv4"] == ["192.0.2.7/24"]
    assert bridge["ipv6"] == ["2001:db8::7/64"]


def test_a_container_that_comes_changes_nothing_of_its_bridge():
    more = link(50, "veth99", attribute(1, bytes([2, 0, 0, 0, 0, 0])), kind("veth"), master(BRIDGE))
    lower = SERVER.replace(hardware(9), hardware(0))
    assert parse(lower + more) == parse()
    assert parse()["br0"]["mac"] is None
    assert parse()["br0"]["ports"] == ["bond0"]


def test_a_bridge_s_address_is_reported_where_a_person_set_it():
    said = {**CARDS, BRIDGE: {"addr_assign_type": "3\n"}}
    assert parse(said=said)["br0"]["mac"] == "02:00:00:00:00:09"


def test_options_choose_other_kinds_and_names():
    assert "bond0" not in parse(kinds=("vlan",))
    assert "docker0" in parse(exclude=())


def test_two_ports_of_one_function_have_two_places():
    device = {"device": "/sys/devices/pci0000:00/0000:02:00.0"}
    said = {ETH0: {**device, "dev_port": "0\n"}, ETH1: {**device, "dev_port": "1\n"}}
    ports = [item["port"] for item in parse(said=said).values() if item["kind"] == "physical"]
    assert sorted(ports) == ["pci-0000:02:00.0", "pci-0000:02:00.0-port-1"]


def test_a_function_that_is_lent_to_a_guest_is_left_out():
    lent = {**CARDS[ETH1], "physfn": "/sys/devices/pci0000:00/0000:02:00.0"}
    assert "eth1" not in parse(said={ETH0: CARDS[ETH0], ETH1: lent})
    guest = {**CARDS[ETH1], "phys_port_name": "pf0vf3"}
    assert "eth1" not in parse(said={ETH0: CARDS[ETH0], ETH1: guest})


def test_in_a_container_its_own_veth_stands_for_the_card():
    links = link(2, "eth0", hardware(5), kind("veth"), attribute(37, 0))
    other = link(3, "veth1", hardware(6), kind("veth"))
    items = parse(links + other, address(2, "192.0.2.3/24"), said={})
    assert list(items) == ["eth0"]


def test_speed_is_unknown_without_a_link():
    said = {ETH0: {**CARDS[ETH0], "speed": "1000\n", "duplex": "full\n"}}
    up = link(ETH0, "eth0", attribute(33, b"\1"))
    down = link(ETH0, "eth0", attribute(33, b"\0"))
    assert parse(up, said=said)["eth0"]["speed_mbps"] == 1000
    assert parse(down, said=said)["eth0"]["speed_mbps"] is None
    said[ETH0]["speed"] = "-1\n"
    assert parse(up, said=said)["eth0"]["speed_mbps"] is None
    assert {"carrier", "speed_mbps", "duplex"} == set(nic.VOLATILE)


def test_of_an_infiniband_address_the_lasting_part_is_kept():
    octets = attribute(1, bytes([0x80, 0, 0, 0x48]) + bytes(range(1, 17)))
    mac = parse(link(ETH0, "ib0", octets, kind("ipoib")))["ib0"]["mac"]
    assert mac == "09:0a:0b:0c:0d:0e:0f:10"


def test_without_netlink_sysfs_tells_all_but_ipv4(machine, problems):
    device = "/sys/devices/pci0000:00/0000:02:00.0"
    files = {"ifindex": 2, "iflink": 2, "mtu": 1500, "carrier": 1, "type": 1, "addr_assign_type": 0}
    files = {f"{device}/net/eth0/{name}": f"{value}\n" for name, value in files.items()}
    files[f"{device}/net/eth0/address"] = "02:00:00:00:00:01\n"
    bytes_ = "20010db8000000000000000000000001 02 40 00 80     eth0\n"
    links = {"/sys/class/net/eth0": f"{device}/net/eth0", f"{device}/net/eth0/device": device}
    machine({**files, "/proc/net/if_inet6": bytes_}, links)
    (item,) = nic.collect()
    assert item["permanent_mac"] == "02:00:00:00:00:01"
    assert item["ipv4"] is None
    assert item["ipv6"] == ["2001:db8::1/64"]
    assert problems == ["netlink can't be asked: IPv4 addresses are unknown"]


def test_netlink_that_fails_is_an_error_and_no_empty_list():
    class Failing(source.Machine):
        def ask(self, *_):
            raise OSError(105, "No buffer space available")

    with source.through(Failing()), pytest.raises(source.CollectorError, match="No buffer space"):
        nic.collect()


def test_without_sysfs_interfaces_are_unknown_not_removed(machine):
    with pytest.raises(source.Unavailable, match="/sys/class/net is not here"):
        nic.collect()
