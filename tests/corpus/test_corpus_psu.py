"""Power supplies of the corpus' dmidecode texts as others read them."""

import cmdb_dmidecode as dmidecode
import cmdb_psu as psu
import cmdb_source as source

from tests.corpus.agreement import Agreement, facts_of

# The source of these facts writes names of makers in its own way.
MAKERS = {"hewlett-packard": "hp", "dell": "dell", "supermicro": "supermicro"}
FIELDS = {"name": "name", "serial": "serial", "max_watts": "max_watts", "location": "slot"}


def read(path):
    return psu.parse(dmidecode.parse(path.read_bytes().decode("utf-8", "replace")))


def compare(seen, name, expected, item):
    for fact, field in FIELDS.items():
        if fact in expected:
            seen.compare(name, field, expected[fact], item[field])
    if "manufacturer" in expected:
        maker = expected["manufacturer"].lower()
        seen.compare(name, "manufacturer", MAKERS.get(maker, maker), item["manufacturer"])
    if "part_number" in expected:
        # It cuts the revision off a Dell part number.
        cut = len(expected["part_number"]) if item["manufacturer"] == "DELL" else None
        ours = (item["part_number"] or "")[:cut] or None
        seen.compare(name, "part_number", expected["part_number"], ours)
    state = expected.get("status", "").rpartition(", ")[2]
    if state in ("OK", "Critical", "Non-critical"):
        seen.compare(name, "state", state, item["state"])


def test_power_supplies_agree_with_what_others_read(corpus):
    seen = Agreement("dmidecode -t 39", "asserted")
    for path, facts in facts_of(corpus, "dmidecode", ("asserted", "reference-parser")):
        for fact in ("power_supplies", "psus"):
            if fact in facts:
                items = read(path)
                seen.compare(path.name, "supplies", len(facts[fact]), len(items))
                for expected, item in zip(facts[fact], items, strict=False):
                    compare(seen, path.name, expected, item)
    assert seen.ratio >= 0.98, seen


def test_every_text_gives_unique_bays_or_says_why_not(corpus):
    for path in sorted((corpus / "dmidecode").iterdir()):
        try:
            items = read(path)
        except source.CollectorError as error:
            assert str(error), path
            continue
        assert len({item["slot"] for item in items}) == len(items), path
