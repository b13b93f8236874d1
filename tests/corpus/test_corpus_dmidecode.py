"""The dmidecode texts of the corpus: board, memory and processors as others read them."""

import re

import cmdb_board as board
import cmdb_cpu as cpu
import cmdb_dmidecode as dmidecode
import cmdb_memory as memory
import cmdb_source as source
import cmdb_text as text
import pytest

from tests.corpus.agreement import Agreement, facts_of

# What the corpus calls a fact, and where our item has it.
BOARD_FACTS = {
    ("system", "manufacturer"): "manufacturer",
    ("system", "product"): "product",
    ("system", "version"): "version",
    ("system", "serial"): "serial",
    ("system", "sku"): "sku",
    ("system", "asset_tag"): "asset_tag",
    ("bios", "vendor"): "bios_vendor",
    ("bios", "version"): "bios_version",
    ("bios", "date"): "bios_date",
    ("board", "manufacturer"): "baseboard_manufacturer",
    ("board", "product"): "baseboard_product",
    ("board", "serial"): "baseboard_serial",
    ("chassis", "manufacturer"): "chassis_manufacturer",
    ("chassis", "type"): "chassis_type",
    ("chassis", "serial"): "chassis_serial",
    ("chassis", "asset_tag"): "asset_tag",
}
DIMM_FACTS = {"type": "type", "serial": "serial", "manufacturer": "manufacturer"} | {
    "part_number": "part_number"
}
TAGS = ("serial", "asset_tag", "sku", "part_number", "version")


def read(path):
    return dmidecode.parse(path.read_bytes().decode("utf-8", "replace"))


def normal(field, expected):
    """Return an expected value as our rules would have it: placeholders are nothing."""
    expected = str(expected)
    if field == "bios_date":
        return board._date(text.value(expected))
    strict = field.endswith(TAGS) and field != "bios_version"
    return text.serial(expected) if strict else text.value(expected)


def compare_board(seen, name, facts, item):
    for (part, fact), field in BOARD_FACTS.items():
        if fact in facts.get(part, {}):
            seen.compare(name, field, normal(field, facts[part][fact]), item[field])
    if "service_tag" in facts:
        field = "baseboard_serial" if "service_tag_field" in facts else "serial"
        seen.compare(name, "service_tag", facts["service_tag"], item[field])
    if "chassis_type" in facts:
        seen.compare(name, "chassis_type", normal("", facts["chassis_type"]), item["chassis_type"])
    if "uuid" in facts:
        seen.compare(name, "uuid", text.uuid(facts["uuid"]), item["uuid"])
    for fact in facts.get("source_says_absent", []):
        field = BOARD_FACTS.get(tuple(fact.split(".")))
        if field and "chassis" not in facts:
            seen.compare(name, f"{field} absent", None, item[field])


def compare_memory(seen, name, facts, items, structures):
    if "dimm_slots" in facts:
        slots = [each for each in structures if each["type"] == 17]
        seen.compare(name, "dimm_slots", facts["dimm_slots"], len(slots))
        seen.compare(name, "dimm_populated", facts["dimm_populated"], len(items))
    total = sum(item["size_bytes"] for item in items) >> 20
    if "memory_total_mb" in facts:
        seen.compare(name, "memory_total_mb", facts["memory_total_mb"], total)
    dimms = facts.get("dimms", [])
    for dimm, item in zip(dimms, items, strict=False):
        seen.compare(name, "size_mb", dimm["size_mb"], item["size_bytes"] >> 20)
        for fact, field in DIMM_FACTS.items():
            if fact in dimm:
                seen.compare(name, field, normal(fact, dimm[fact]), item[field])
        if "speed" in dimm:
            seen.compare(name, "speed_mts", dimm["speed"], item["speed_mts"])


def compare_cpu(seen, name, facts, items, structures):
    sockets = [each for each in structures if each["type"] == 4]
    if "cpu_sockets" in facts:
        seen.compare(name, "cpu_sockets", facts["cpu_sockets"], len(sockets))
    if "cpu_populated" in facts:
        # The corpus counts disabled processors, which are no items of ours.
        populated = [each for each in sockets if "Unpopulated" not in (each["status"] or "")]
        seen.compare(name, "cpu_populated", facts["cpu_populated"], len(populated))
    if "cpu_count" in facts:
        seen.compare(name, "cpu_count", facts["cpu_count"], len(items))
    if "cores_total" in facts and len(items) == facts.get("cpu_populated"):
        seen.compare(name, "cores", facts["cores_total"], sum(i["core_count"] or 0 for i in items))
    for expected, item in zip(facts.get("cpus", []), items, strict=False):
        for fact, field in (("model", "model"), ("cores", "core_count")):
            if fact in expected:
                seen.compare(name, field, expected[fact], _unmarked(item[field]))


def _unmarked(value):
    """Return a model's name without trademarks, which the source drops."""
    return re.sub(r"\((?:R|TM)\)", "", value, flags=re.I) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("tool", "bases", "least"),
    [
        ("dmidecode", ("asserted", "reference-parser"), 0.98),
        ("dmidecode-derived", ("derived",), 0.95),
    ],
)
def test_board_memory_and_cpu_agree_with_what_others_read(corpus, tool, bases, least):
    seen = Agreement("dmidecode", ", ".join(bases))
    for path, facts in facts_of(corpus, tool, bases):
        try:
            structures = read(path)
        except source.CollectorError:
            assert not facts.get("system") and not facts.get("dimm_slots"), path
            continue
        compare_board(seen, path.name, facts, board.parse(structures)[0])
        compare_memory(seen, path.name, facts, memory.parse(structures), structures)
        compare_cpu(seen, path.name, facts, cpu.parse_smbios(structures), structures)
    assert seen.ratio >= least, seen


def quiet(said):
    """Return what ``dmidecode --quiet`` would have printed: no handles, no types."""
    said = re.sub(r"^Handle 0x.*\n|^\s+Array Handle: .*\n", "", said, flags=re.MULTILINE)
    return re.sub(r"^(?:#|SMBIOS|Table at|\d+ structures).*\n", "", said, flags=re.MULTILINE)


def test_the_quiet_form_of_a_text_gives_the_same_items(corpus):
    seen = Agreement("dmidecode --quiet", "dmidecode")
    for path in sorted((corpus / "dmidecode").iterdir()):
        said = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        # Before version 2.4 titles were indented; a title is what begins a structure here.
        if "\nHandle 0x" not in said or re.search(r"^\s+DMI type", said, re.MULTILINE):
            continue
        full, short = dmidecode.parse(said), dmidecode.parse(quiet(said) + "\nEnd Of Table\n")
        boards = [board.parse(each)[0] for each in (full, short)]
        # Without handles, the sockets of the chip that holds the firmware are no others.
        slots = [each.pop("memory_slot_count") for each in boards]
        assert None not in slots or slots == [None, None], path
        seen.compare(path.name, "board", *boards)
        seen.compare(path.name, "cpu", cpu.parse_smbios(full), cpu.parse_smbios(short))
        arrays = {(each["use"], each["ecc"]) for each in full if each["type"] == 16}
        if len(arrays) == 1:
            seen.compare(path.name, "memory", memory.parse(full), memory.parse(short))
    assert seen.ratio >= 0.98, seen


def test_every_text_gives_items_or_says_why_not(corpus):
    for path in sorted((corpus / "dmidecode").iterdir()):
        try:
            structures = read(path)
        except source.CollectorError:
            continue
        places = [item["slot"] for item in memory.parse(structures)]
        assert len(places) == len(set(places)), path
        assert board.parse(structures)
