"""Neighbours in all formats of lldpd's tools, by hand-made answers that say the same."""

import json

import cmdb_lldp as lldp
import cmdb_source as source
import pytest

CHASSIS = {
    "id": {"type": "mac", "value": "02:00:00:00:00:aa"},
    "descr": "Made-up OS 1.0",
    "mgmt-ip": ["192.0.2.2", "2001:db8::2"],
}
BODY = {
    "via": "LLDP",
    "chassis": {"sw1.example.net": CHASSIS},
    "port": {"id": {"type": "ifname", "value": "Eth1/1"}, "descr": "web01 eno1"},
    "vlan": [{"vlan-id": "10", "pvid": True, "value": "servers"}, {"vlan-id": "20"}],
}
JSON = json.dumps({"lldp": {"interface": [{"eno1": BODY}]}}, indent=2)
JSON0 = json.dumps(
    {
        "lldp": [
            {
                "interface": [
                    {
                        "name": "eno1",
                        "via": "LLDP",
                        "chassis": [
                            {
                                "id": [CHASSIS["id"]],
                                "name": [{"value": "sw1.example.net"}],
                                "descr": [{"value": "Made-up OS 1.0"}],
                                "mgmt-ip": [{"value": ip} for ip in CHASSIS["mgmt-ip"]],
                            }
                        ],
                        "port": [{"id": [BODY["port"]["id"]], "descr": [{"value": "web01 eno1"}]}],
                        "vlan": BODY["vlan"],
                    }
                ]
            }
        ]
    }
)
XML = """<?xml version="1.0" encoding="UTF-8"?>
<lldp label="LLDP neighbors"><interface label="Interface" name="eno1" via="LLDP">
<chassis><id type="mac">02:00:00:00:00:aa</id><name>sw1.example.net</name>
<descr>Made-up OS 1.0</descr><mgmt-ip>192.0.2.2</mgmt-ip><mgmt-ip>2001:db8::2</mgmt-ip></chassis>
<port><id type="ifname">Eth1/1</id><descr>web01 eno1</descr></port>
<vlan vlan-id="10" pvid="yes">servers</vlan><vlan vlan-id="20" pvid="no"/>
</interface></lldp>
"""
KEYVALUE = """lldp.eno1.via=LLDP
lldp.eno1.chassis.mac=02:00:00:00:00:aa
lldp.eno1.chassis.name=sw1.example.net
lldp.eno1.chassis.descr=Made-up OS 1.0
lldp.eno1.chassis.mgmt-ip=192.0.2.2
lldp.eno1.chassis.mgmt-ip=2001:db8::2
lldp.eno1.chassis.Bridge.enabled=on
lldp.eno1.port.ifname=Eth1/1
lldp.eno1.port.descr=web01 eno1
lldp.eno1.vlan.vlan-id=10
lldp.eno1.vlan.pvid=yes
lldp.eno1.vlan=servers
lldp.eno1.vlan.vlan-id=20
lldp.eno1.vlan.pvid=no
"""
RULER = "-" * 79 + "\n"
PLAIN = f"""{RULER}LLDP neighbors:
{RULER}Interface:    eno1, via: LLDP, RID: 2, Time: 0 day, 00:00:04
  Chassis:
    ChassisID:    mac 02:00:00:00:00:aa
    SysName:      sw1.example.net
    SysDescr:     Made-up OS 1.0
    MgmtIP:       192.0.2.2
    MgmtIP:       2001:db8::2
  Port:
    PortID:       ifname Eth1/1
    PortDescr:    web01 eno1
  VLAN:         10, pvid: yes servers
  VLAN:         20, pvid: no
{RULER}"""
NEIGHBOUR = {
    "place": "eno1",
    "interface": "eno1",
    "protocol": "LLDP",
    "switch": "sw1.example.net",
    "chassis_id": "02:00:00:00:00:aa",
    "description": "Made-up OS 1.0",
    "port": "Eth1/1",
    "port_id_type": "ifname",
    "port_description": "web01 eno1",
    "addresses": ["192.0.2.2", "2001:db8::2"],
    "vlans": ["10", "20"],
    "native_vlan": 10,
}


@pytest.mark.parametrize(
    "said", [JSON, JSON0, XML, KEYVALUE, PLAIN], ids=["json", "json0", "xml", "keyvalue", "plain"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_each_format_says_the_same(said, end):
    assert lldp.parse(said.replace("\n", end)) == [NEIGHBOUR]


MED = """  LLDP-MED:
    Device Type:  Network Connectivity Device
    LLDP-MED Network Policy for: AppType: 1, Defined: yes
      Priority:     Best effort
      VLAN:         30
"""


def test_the_vlan_of_a_policy_for_phones_is_none_of_the_port():
    policy = {"lldp-med": {"policy": {"apptype": "Voice", "vlan": {"vid": "30"}}}}
    said = json.dumps({"lldp": {"interface": [{"eno1": {**BODY, **policy}}]}})
    plain = PLAIN.removesuffix(RULER) + MED + RULER
    keyvalue = KEYVALUE + "lldp.eno1.lldp-med.policy.vlan.vid=30\n"
    for each in (said, plain, keyvalue):
        assert lldp.parse(each) == [NEIGHBOUR]


def test_interface_and_chassis_in_the_manner_of_different_versions_at_once():
    said = {"lldp": [{"interface": [{"name": "eno1", **BODY}]}]}
    assert lldp.parse(json.dumps(said)) == [NEIGHBOUR]


def test_keyvalue_without_a_protocol_and_with_an_unknown_kind_of_name():
    said = "lldp.eno1.chassis.local=\nlldp.eno1.port.unhandled=x\n# made up\nlldp.eno1.vlan=v\n"
    (item,) = lldp.parse(said)
    assert (item["protocol"], item["port"], item["vlans"]) == (None, "x", [])


def test_a_warning_before_the_answer_is_no_harm():
    assert lldp.parse("2026-01-01 [WARN/lldpctl] made up\n" + JSON) == [NEIGHBOUR]


def test_several_neighbours_of_one_interface_have_a_place_each_in_an_order_of_their_own():
    other = {**BODY, "chassis": {"sw0": {"id": {"type": "mac", "value": "02:00:00:00:00:01"}}}}
    for several in ([{"eno1": BODY}, {"eno1": other}], [{"eno1": other}, {"eno1": BODY}]):
        items = lldp.parse(json.dumps({"lldp": {"interface": several}}))
        assert [(item["place"], item["switch"]) for item in items] == [
            ("eno1", "sw0"),
            ("eno1 #2", "sw1.example.net"),
        ]


def test_a_neighbour_without_a_name_has_none():
    said = {"lldp": {"interface": {"eno1": {**BODY, "chassis": CHASSIS}}}}
    (item,) = lldp.parse(json.dumps(said))
    assert (item["switch"], item["chassis_id"]) == (None, "02:00:00:00:00:aa")


@pytest.mark.parametrize("said", ['{\n "lldp": {\n }\n}', f"{RULER}LLDP neighbors:\n{RULER}"])
def test_no_neighbours_are_none(said):
    assert lldp.parse(said) == []


@pytest.mark.parametrize(
    "said", ["", JSON[:-9], XML[:-30], KEYVALUE[:-9], PLAIN[:-80], "unable to connect to socket"]
)
def test_what_is_cut_short_or_no_answer_is_an_error(said):
    with pytest.raises(source.ParseError):
        lldp.parse(said)


class Lldpd(source.Machine):
    """A machine whose lldpctl says this."""

    def __init__(self, code, stderr, keyvalue=b""):
        self.answer, self.keyvalue = (code, b"", stderr), keyvalue

    def run(self, argv, limit_seconds):
        if argv[0] == "lldpcli":
            raise FileNotFoundError(2, "no such file")
        return (0, self.keyvalue, b"") if "keyvalue" in argv else self.answer


def test_an_old_tool_is_asked_for_keyvalue():
    with source.through(Lldpd(1, b"usage: lldpctl [OPTIONS]", KEYVALUE.encode())):
        assert lldp.collect() == [NEIGHBOUR]
    with source.through(Lldpd(1, b"usage: lldpctl [OPTIONS]")):
        assert lldp.collect() == []


def test_a_daemon_that_does_not_run_is_an_error():
    with (
        source.through(Lldpd(1, b"unable to get the socket")),
        pytest.raises(source.CommandError, match="unable to get"),
    ):
        lldp.collect()


def test_a_machine_without_the_tool_is_unavailable(machine):
    with pytest.raises(source.Unavailable, match="install lldpd"):
        lldp.collect()
