"""The management controller and units of the corpus as others read them."""

import re

import cmdb_bmc as bmc
import cmdb_fru as fru
import cmdb_source as source
import cmdb_text as text

from tests.corpus.agreement import Agreement, facts_of

MAKERS = {"dell": "dell", "hewlett-packard": "hp", "samsung": "samsung"}
# What "derived" facts call the labels, and where our item has them.
LABELS = {
    "chassis_type": ("chassis_type", text.value),
    "chassis_part_number": ("chassis_part_number", text.serial),
    "chassis_serial": ("chassis_serial", text.serial),
    "board_product": ("name", text.value),
    "board_serial": ("serial", text.serial),
    "board_part_number": ("part_number", text.serial),
}
PRODUCT = {
    "product_manufacturer": "manufacturer",
    "product_name": "name",
    "product_part_number": "part_number",
    "product_serial": "serial",
}


def read(path):
    return path.read_bytes().decode("utf-8", "replace")


def compare_part(seen, name, expected, item):
    """Compare one unit with what a source says that normalises makers and part numbers."""
    seen.compare(name, "serial", expected["serial"], item["serial"])
    seen.compare(name, "name", expected["name"], item["name"])
    part = expected.get("part_number")
    if part:
        seen.compare(name, "part_number", part, (item["part_number"] or "")[: len(part)])
    maker = MAKERS.get(expected.get("manufacturer", "").lower())
    if maker:
        seen.compare(name, "manufacturer", maker, (item["manufacturer"] or "")[: len(maker)])


def test_units_agree_with_what_others_read(corpus):
    seen = Agreement("ipmitool fru", "asserted")
    for path, facts in facts_of(corpus, "ipmitool", ("asserted", "reference-parser")):
        items = {item["serial"]: item for item in fru.parse(read(path)) if item.get("serial")}
        for supply in facts.get("power_supplies", []):
            compare_part(seen, path.name, supply, items.get(supply["serial"], {}))
        for controller in facts.get("controllers", []):
            known = {
                "serial": controller["SERIAL"],
                "name": controller["NAME"],
                "part_number": controller.get("MODEL"),
                "manufacturer": controller.get("MANUFACTURER", ""),
            }
            compare_part(seen, path.name, known, items.get(controller["SERIAL"], {}))
    assert seen.ratio >= 0.98, seen


def compare_derived(seen, name, unit, item):
    for fact, (field, normal) in LABELS.items():
        if fact in unit:
            seen.compare(name, fact, normal(unit[fact]), item[field])
    for fact, field in PRODUCT.items():
        if fact in unit:
            own = fact if "board_product" in unit or "board_serial" in unit else field
            normal = text.value if field in ("manufacturer", "name") else text.serial
            seen.compare(name, fact, normal(unit[fact]), item.get(own))


def test_units_and_network_agree_with_a_plain_reading(corpus):
    seen = Agreement("ipmitool", "derived")
    for path, facts in facts_of(corpus, "ipmitool", ("derived",)):
        if "ip" in facts:
            item = bmc.parse_lan(read(path))
            for fact, field in (("ip", "ip_address"), ("gateway", "gateway")):
                expected = None if facts[fact] == "0.0.0.0" else facts[fact]
                seen.compare(path.name, fact, expected, item[field])
            seen.compare(path.name, "netmask", facts["netmask"], item["netmask"])
            seen.compare(path.name, "mac", facts["mac"], item["mac"])
            continue
        items = {item["slot"]: item for item in fru.parse(read(path))}
        for unit in facts["frus"]:
            # The plain reading has no fields of what can't be read, and of memory.
            if len(unit) > 1:
                compare_derived(seen, path.name, unit, items[unit["description"]])
    assert seen.ratio >= 0.98, seen


def test_every_text_gives_items_or_says_why_not(corpus):
    for path in sorted((corpus / "ipmitool").iterdir()):
        for parse in (fru.parse, bmc.parse_lan, lambda said: bmc.parse(said, None)):
            try:
                assert parse(read(path)) is not None
            except source.CollectorError as error:
                assert str(error), path
        if re.search("fru", path.name):
            assert fru.parse(read(path)), path
