"""Route netlink's answers, taken apart."""

import struct

import cmdb_netlink as netlink
import cmdb_source as source
import pytest

from tests.minion.collectors.make import address, attribute, done, link, message

MAC = bytes.fromhex("020000000001")


def test_an_interface_has_its_name_addresses_and_size():
    (eth0,) = netlink.links(
        link(2, "eth0", attribute(1, MAC), attribute(4, 1500), attribute(33, b"\1")) + done()
    )
    assert eth0["name"] == "eth0"
    assert eth0["mac"] == "02:00:00:00:00:01"
    assert eth0["mtu"] == 1500
    assert eth0["carrier"] == 1
    assert eth0["kind"] is None


def test_a_vlan_tells_its_number_and_what_is_below_it():
    info = attribute(1, "vlan") + attribute(2, attribute(1, struct.pack("=H", 42)))
    (vlan,) = netlink.links(link(5, "eth0.42", attribute(5, 2), attribute(18, info)))
    assert (vlan["kind"], vlan["vlan_id"], vlan["parent"]) == ("vlan", 42, 2)


def test_a_parent_in_another_namespace_is_not_taken_for_one_of_ours():
    (veth,) = netlink.links(link(5, "veth1", attribute(5, 2), attribute(37, 0)))
    assert veth["parent"] is None


def test_a_bond_s_member_tells_its_own_address():
    slave = attribute(4, "bond") + attribute(5, attribute(4, MAC))
    other = attribute(1, bytes.fromhex("020000000009"))
    (member,) = netlink.links(link(3, "eth1", other, attribute(10, 7), attribute(18, slave)))
    assert member["permanent_mac"] == "02:00:00:00:00:01"
    assert member["master"] == 7


def test_addresses_have_their_prefix_and_flags():
    answer = address(2, "192.0.2.1/24") + address(2, "2001:db8::1/64", flags=0x301) + done()
    four, six = netlink.addresses(answer)
    assert (four["version"], four["address"]) == (4, "192.0.2.1/24")
    assert (six["version"], six["address"], six["flags"]) == (6, "2001:db8::1/64", 0x301)


def test_the_local_end_of_a_point_to_point_link_is_ours():
    (own,) = netlink.addresses(address(2, "192.0.2.9/32", local="192.0.2.1"))
    assert own["address"] == "192.0.2.1/32"


def test_a_message_longer_than_the_answer_is_an_error():
    with pytest.raises(source.ParseError, match="bad message length"):
        netlink.links(link(2, "eth0")[:-8])
    with pytest.raises(source.ParseError, match="cut short"):
        netlink.links(message(16, b"\0" * 4))


def test_the_kernel_of_this_machine_answers():
    names = [each["name"] for each in netlink.links(netlink.dump(netlink.LINKS))]
    assert "lo" in names
    found = netlink.addresses(netlink.dump(netlink.ADDRESSES))
    assert "127.0.0.1/8" in [each["address"] for each in found]
