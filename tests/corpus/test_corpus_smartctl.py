"""The drives of the corpus' smartctl outputs, JSON and text, as others read them."""

import re

import cmdb_smartctl as smartctl
import cmdb_smartctl_scan as scan
import cmdb_smartctl_text as smartctl_text
import cmdb_source as source
import cmdb_text as text

from tests.corpus.agreement import Agreement, facts_of

# Where the source itself says something else than the drive.
UNLIKE = {
    # It takes the additional product id for the model.
    ("pysmart-sata_ssd_1_issue_72-_-d_ata_--all_dev_sda.txt", "model"),
}
SIZE = re.compile(r"([0-9.]+) ([GT])B")


def read(path):
    said = path.read_bytes().decode("utf-8", "replace")
    return (smartctl.parse if path.suffix == ".json" else smartctl_text.parse)(said)


def drives(corpus, bases):
    """Yield (name, facts, our fields) of the drives; fields {} where ours has no SMART."""
    for path, facts in facts_of(corpus, "smartctl", bases):
        try:
            yield path.name, facts, read(path)
        except source.ParseError as error:
            assert "no drive" in str(error) or "failed" in str(error), (path, error)


def compare_identity(seen, name, facts, found):
    for fact, normal in (("model", text.value), ("serial", text.serial), ("firmware", text.value)):
        if fact in facts and (name, fact) not in UNLIKE:
            ours = found[fact]
            if fact == "model" and found["vendor"] and ours:
                # Some give a SCSI drive's vendor and model as one.
                joined = facts[fact].startswith(f"{found['vendor']} ")
                ours = f"{found['vendor']} {ours}" if joined else ours
            seen.compare(name, fact, normal(facts[fact]), ours)


def test_drives_agree_with_what_others_read(corpus):
    seen = Agreement("smartctl", "asserted")
    for name, facts, found in drives(corpus, ("asserted", "reference-parser")):
        if found is None:
            capable = facts.get("smart_capable", False)
            seen.compare(name, "smart_capable", capable, False)
            continue
        compare_identity(seen, name, facts, found)
        if "assessment" in facts:
            seen.compare(name, "passed", facts["assessment"] == "PASS", found["passed"])
        if facts.get("temperature"):
            seen.compare(name, "temperature", facts["temperature"], found["temperature_celsius"])
        match = SIZE.fullmatch(facts.get("capacity", ""))
        if match and found["size_bytes"]:
            unit = 10**12 if match.group(2) == "T" else 10**9
            digits = len(match.group(1).partition(".")[2])
            ours = f"{found['size_bytes'] / unit:.{digits}f}"
            ours = ours if digits else str(found["size_bytes"] // unit)
            seen.compare(name, "capacity", match.group(1), ours)
        if facts.get("interface") in ("nvme", "ata", "sat"):
            protocol = "nvme" if facts["interface"] == "nvme" else "ata"
            seen.compare(name, "protocol", protocol, found["protocol"])
    assert seen.ratio >= 0.98, seen


def test_drives_agree_with_a_plain_reading(corpus):
    seen = Agreement("smartctl -j", "derived")
    for name, facts, found in drives(corpus, ("derived",)):
        if found is None:
            assert "smart_passed" not in facts, name
            continue
        compare_identity(seen, name, facts, found)
        for fact, field in (("bytes", "size_bytes"), ("smart_passed", "passed")):
            if fact in facts:
                seen.compare(name, fact, facts[fact], found[field])
        if "protocol" in facts:
            seen.compare(name, "protocol", facts["protocol"], found["protocol"])
    assert seen.ratio >= 0.98, seen


def test_every_output_gives_a_drive_or_says_why_not(corpus):
    opened = 0
    for path in sorted((corpus / "smartctl").iterdir()):
        said = path.read_bytes().decode("utf-8", "replace")
        parsers = (smartctl.parse, smartctl_text.parse, scan.parse, scan.parse_text)
        for parse in parsers:
            try:
                opened += bool(parse(said))
            except source.CollectorError as error:
                assert str(error), path
    assert opened > 50
