"""Bonds, by hand-made words of the driver."""

import cmdb_bond as bond
import cmdb_source as source
import pytest

LACP = """\
Ethernet Channel Bonding Driver: v6.1.0

Bonding Mode: IEEE 802.3ad Dynamic link aggregation
Transmit Hash Policy: layer3+4 (1)
MII Status: up
MII Polling Interval (ms): 100
Up Delay (ms): 200
Down Delay (ms): 0

802.3ad info
LACP active: on
LACP rate: fast
Min links: 1
Active Aggregator Info:
\tAggregator ID: 1
\tNumber of ports: 2
\tPartner Mac Address: 02:00:00:00:AA:01

Slave Interface: eno1
MII Status: up
Link Failure Count: 2
Permanent HW addr: 02:00:00:00:00:01

Slave Interface: eno2
MII Status: down
Link Failure Count: 1
details partner lacp pdu:
    system mac address: 02:00:00:00:aa:01
"""
BACKUP = """\
Bonding Mode: fault-tolerance (active-backup)
Primary Slave: eth0 (primary_reselect always)
Currently Active Slave: eth1
MII Status: up

Slave Interface: eth0
MII Status: going back

Slave Interface: eth1
MII Status: up
"""


def test_a_bond_with_a_switch_tells_its_partner():
    assert bond.parse(LACP, "bond0") == [
        {
            "name": "bond0",
            "mode": "802.3ad",
            "hash_policy": "layer3+4",
            "link_check_ms": 100,
            "arp_check_ms": None,
            "arp_targets": None,
            "up_delay_ms": 200,
            "down_delay_ms": 0,
            "lacp_rate": "fast",
            "min_link_count": 1,
            "ports": ["eno1", "eno2"],
            "down_ports": ["eno2"],
            "primary": None,
            "active_port": None,
            "state": "up",
            "partner_mac": "02:00:00:00:aa:01",
            "aggregator_port_count": 2,
            "link_failure_count": 3,
        }
    ]


def test_a_backup_tells_which_port_is_used():
    (item,) = bond.parse(BACKUP, "bond1")
    assert (item["mode"], item["primary"], item["active_port"]) == ("active-backup", "eth0", "eth1")
    assert item["down_ports"] == ["eth0"]


def test_a_bond_may_ask_for_addresses_instead_of_looking_at_links():
    said = BACKUP.replace(
        "MII Status: up\n\n",
        "MII Status: up\nARP Polling Interval (ms): 1000\n"
        "ARP IP target/s (n.n.n.n form): 192.0.2.9, 192.0.2.1\n"
        "NS IPv6 target/s (xx::xx form): 2001:db8::1\n\n",
        1,
    )
    (item,) = bond.parse(said, "bond1")
    assert item["arp_check_ms"] == 1000
    assert item["arp_targets"] == ["192.0.2.1", "192.0.2.9", "2001:db8::1"]


def test_a_bond_without_ports_has_none():
    (item,) = bond.parse(BACKUP.partition("\nSlave")[0], "bond1")
    assert (item["ports"], item["down_ports"], item["link_failure_count"]) == ([], [], None)


def test_bonds_are_found_by_their_files(machine):
    machine({"/proc/net/bonding/bond0": LACP, "/proc/net/bonding/bond1": BACKUP})
    assert [item["name"] for item in bond.collect()] == ["bond0", "bond1"]


def test_a_driver_without_bonds_has_none(machine):
    machine(links={"/proc/net/x": "/proc/net/bonding"})
    assert bond.collect() == []


def test_a_machine_without_the_driver_is_unavailable(machine):
    with pytest.raises(source.Unavailable):
        bond.collect()


def test_a_file_that_says_nothing_is_an_error():
    with pytest.raises(source.ParseError, match="no bonding mode"):
        bond.parse("Ethernet Channel Bonding Driver: v6.1.0\n", "bond0")
