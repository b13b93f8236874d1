"""The neighbours in the corpus, in all formats of lldpd's tools."""

import cmdb_lldp as lldp
import cmdb_source as source
import pytest

from tests.corpus.agreement import Agreement, facts_of

FACTS = {
    "chassis.name": "switch",
    "chassis.mac": "chassis_id",
    "chassis.descr": "description",
    "chassis.mgmt-ip": "addresses",
    "port.descr": "port_description",
    **dict.fromkeys(("port", "port.ifname", "port.mac", "port.local"), "port"),
}
# Two lines of one interface's name, the second put there for another interface by a mistake.
DOUBLED = "toto-chassis.dc42"


@pytest.mark.parametrize("basis", ["asserted", "reference-parser", "derived"])
def test_neighbours_agree_with_what_others_read(corpus, basis):
    seen = Agreement("lldp", basis)
    for path, facts in facts_of(corpus, "lldp", (basis,)):
        items = {item["interface"]: item for item in lldp.parse(path.read_text())}
        seen.compare(path.name, "interfaces", sorted(facts["neighbours"]), sorted(items))
        for interface, expected in facts["neighbours"].items():
            for fact, field in FACTS.items():
                if fact in expected:
                    said = expected[fact]
                    said = said[0] if isinstance(said, list) and DOUBLED in said else said
                    said = [said] if field == "addresses" and isinstance(said, str) else said
                    ours = items.get(interface, {}).get(field)
                    seen.compare(path.name, f"{interface} {fact}", said, ours)
    assert seen.ratio >= 0.98, str(seen)


def test_what_tells_no_neighbours_is_an_error_or_none(corpus):
    assert lldp.parse((corpus / "lldp/local-lldpctl-noneighbour-json.json").read_text()) == []
    for path in sorted((corpus / "lldp").glob("local-lldpcli-chassis-*")):
        with pytest.raises(source.ParseError):
            lldp.parse(path.read_text())
