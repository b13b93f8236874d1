"""The RAID tools' outputs of the corpus: what a monitoring plugin and other parsers say of them."""

import collections
import re

import cmdb_arcconf as arcconf
import cmdb_mdraid as mdraid
import cmdb_megacli as megacli
import cmdb_raid_controller as raid_controller
import cmdb_raid_disk as raid_disk
import cmdb_raid_volume as raid_volume
import cmdb_raid_words as words
import cmdb_replay as replay
import cmdb_sasircu as sasircu
import cmdb_source as source
import cmdb_ssacli as ssacli
import cmdb_storcli as storcli
import cmdb_text as text
import pytest

from tests.corpus.agreement import Agreement, facts_of

BASES = ("asserted", "reference-parser")


def read(path):
    return path.read_bytes().decode("utf-8", "replace")


def runs(path, facts, name):
    """Return the messages of those runs of the plugin that had this file as input ``name``."""
    found = []
    for run in facts.get("monitor_results", []):
        said = re.sub(r"\W", "-", run["inputs"].get(name) or "")
        stem = re.sub(r"\W", "-", path.name.split("-", 2)[2].rpartition(".")[0])
        if (
            said
            and run["message"]
            and (stem == said or stem == re.sub("-slot-(.)", "-slot-\\1", said))
        ):
            found.append(run["message"])
    return found


def summary(message, part):
    """Return what a message has after "part(3):" up to the next ";"."""
    match = re.search(rf"{part}\(\d+\): ?([^;]*)", message)
    return match.group(1).strip() if match else None


def test_megacli_agrees(corpus):
    seen = Agreement("megacli", ", ".join(BASES))
    for path, facts in facts_of(corpus, "megacli", BASES):
        for drive in facts.get("drives", []):
            compare_megacli_drive(seen, path, drive)
        for message in runs(path, facts, "ldinfo")[:1]:
            compare_megacli_volumes(seen, path, message)
        for message in runs(path, facts, "pdlist")[:1]:
            compare_megacli_states(seen, path, message)
    assert seen.ratio >= 0.98, seen


def compare_megacli_volumes(seen, path, message):
    ours = {item["place"].partition(":v")[2]: item for item in megacli.parse(read(path))["volumes"]}
    expected = summary(message, "Volumes").split(",")
    for said, (number, item) in zip(expected, ours.items(), strict=False):
        name, _, state = said.partition(":")
        if state:
            seen.compare(path.name, "name", name, item["name"] or f"DISK{number}.{number}")
            seen.compare(path.name, "state", state, item["state_text"])


def compare_megacli_states(seen, path, message):
    expected = collections.Counter()
    devices = summary(message, "Devices") or ""
    for numbers, state in re.findall(r"([\d,]+)(?: \([^)]*\))?=(\S+)", devices):
        expected[state] += numbers.count(",") + 1
    found = collections.Counter(
        "Predictive" if disk["smart_alert"] else disk["state_text"].split(",")[0]
        for disk in megacli.parse(read(path))["disks"]
    )
    for state in sorted(set(expected) | set(found)):
        seen.compare(path.name, f"disks {state}", expected[state], found[state])


def compare_megacli_drive(seen, path, drive):
    place = f"c0:{drive['enclosure']}:{drive['slot']}"
    disks = {disk["place"]: disk for disk in megacli.parse(read(path))["disks"]}
    ours = disks.get(place, {})
    whole = "".join(filter(None, (ours.get(n) for n in ("vendor", "model", "firmware", "serial"))))
    seen.compare(path.name, f"{place} inquiry", drive["inquiry"].replace(" ", ""), whole)
    seen.compare(path.name, f"{place} wwn", drive["wwn"], ours.get("wwn"))
    seen.compare(path.name, f"{place} state", drive["state"], ours.get("state_text"))
    seen.compare(path.name, f"{place} firmware", drive["firmware"], ours.get("firmware"))
    seen.compare(path.name, f"{place} size", words.size(drive["raw_size"]), ours.get("size_bytes"))
    seen.compare(path.name, f"{place} type", drive["pd_type"], ours.get("interface"))
    media = words.media(drive["media_type"])
    seen.compare(path.name, f"{place} media", media, ours.get("media"))


def test_ssacli_agrees(corpus):
    seen = Agreement("ssacli", ", ".join(BASES))
    for path, facts in facts_of(corpus, "ssacli", BASES):
        if "serial" in facts:
            (disk,) = ssacli.parse(read(path))["disks"]
            seen.compare(path.name, "serial", facts["serial"], disk["serial"])
            seen.compare(path.name, "model", facts["model"], disk["model"])
            seen.compare(path.name, "firmware", facts["firmware"], disk["firmware"])
            seen.compare(path.name, "size", facts["size_mb"], disk["size_bytes"] // 10**6)
            seen.compare(path.name, "bus", facts["bus"], disk["interface"])
            continue
        for message in runs(path, facts, "controller")[:1]:
            expected = re.findall(r"(?:^|, )([^\[,(]+)\[(\w+)", message)
            ours = {
                item["model"]: item["state"] for item in ssacli.parse(read(path))["controllers"]
            }
            for name, state in expected:
                # It calls an external one by the name of its chassis.
                name = "MSA1500 CS" if name == "MY STORAGE" else name
                state = words.state(state, words.VOLUME_STATES)
                seen.compare(path.name, name, state, ours.get(name))
        for message in runs(path, facts, "logical")[:1]:
            if "Not configured" in message:
                continue
            found = {item["model"]: item for item in ssacli.parse(read(path))["controllers"]}
            pattern = r"(?:^|, )([^\[,(]+)\[\w+\]: Array (\w)\(\w+\)\[LUN(\d+):([^\]]+)\]"
            for name, _, lun, state in re.findall(pattern, message):
                if name in found:
                    ours = {v["place"]: v for v in ssacli.parse(read(path))["volumes"]}
                    item = ours.get(f"{found[name]['place']}:v{lun}", {})
                    seen.compare(path.name, f"LUN{lun}", state, item.get("state_text"))
    assert seen.ratio >= 0.98, seen


def test_arcconf_agrees(corpus):
    seen = Agreement("arcconf", ", ".join(BASES))
    for path, facts in facts_of(corpus, "arcconf", BASES):
        if "getstatus" in path.name:
            continue
        found = arcconf.parse(read(path))
        mine = {item["serial"] for item in found["disks"]}
        for message in {run["message"] for run in facts["monitor_results"] if run["message"]}:
            state = words.state(re.match(r"Controller:(\w+)", message)[1], words.VOLUME_STATES)
            seen.compare(path.name, "controller", state, found["controllers"][0]["state"])
            volumes = re.findall(
                r"Logical Device (\d+)(?:\(([^)]*)\))?:(.*?)(?=, (?:Log|Dri))", message
            )
            ours = {item["place"].partition(":v")[2]: item for item in found["volumes"]}
            for number, name, state in volumes:
                item = ours.get(number, {})
                seen.compare(path.name, f"volume {number}", state, item.get("state_text"))
                seen.compare(path.name, f"volume {number}", name or None, item.get("name") or None)
            seen.compare(path.name, "volumes", len(volumes), len(ours))
            expected = collections.Counter()
            for names, state in re.findall(r"(\S+)=(\w+(?: \(JBOD\))?)", message):
                where = re.fullmatch(r"\d+,\d+\(\d+:\d+\)", names)
                each = [names] if where else names.split(",")
                expected[state] += len(each)
                for serial in each:
                    if re.fullmatch(r"[\w-]{6,}", serial) and ":" not in serial:
                        seen.compare(path.name, "serial", True, serial in mine)
            states = collections.Counter(item["state_text"] for item in found["disks"])
            for state in sorted(set(expected) | set(states)):
                seen.compare(path.name, f"disks {state}", expected[state], states[state])
    assert seen.ratio >= 0.98, seen


def test_sas2ircu_agrees(corpus):
    seen = Agreement("sas2ircu", ", ".join(BASES))
    for path, facts in facts_of(corpus, "sas2ircu", BASES):
        if not path.name.endswith("display.txt"):
            continue
        found = sasircu.parse(read(path))
        message = facts["monitor_results"][0]["message"]
        volumes, disks, state = re.search(r"(\d+) Vols.*: (\d+) Drives: (.*\))", message).groups()
        seen.compare(path.name, "volumes", volumes, len(found["volumes"]))
        seen.compare(path.name, "disks", disks, len(found["disks"]))
        for disk in found["disks"]:
            seen.compare(path.name, disk["place"], state, disk["state_text"])
    assert seen.ratio >= 0.98, seen


def test_mdstat_agrees(corpus):
    seen = Agreement("mdstat", "asserted")
    for path, facts in facts_of(corpus, "mdadm", ("asserted",)):
        ours = {item["place"]: item for item in mdraid.parse_mdstat(read(path))}
        message = facts["monitor_results"][0]["message"] or ""
        pattern = r"(md\d+)\(([\d.]+ \w+) (\w+)\):(?:F::)?([U_]+|OK)(?: \((\w+):)?"
        expected = dict.fromkeys(found[0] for found in re.findall(pattern, message))
        seen.compare(path.name, "arrays", len(expected), len(ours))
        for name, size, level, works, activity in re.findall(pattern, message):
            item = ours.get(name, {})
            seen.compare(path.name, f"{name} size", size, human(item["size_bytes"]))
            seen.compare(path.name, f"{name} level", level, item["level"])
            seen.compare(
                path.name, f"{name} missing", works.count("_"), item.get("missing_count") or 0
            )
            seen.compare(path.name, f"{name} activity", activity or None, item.get("activity"))
    assert seen.ratio >= 0.98, seen


def human(size):
    """Return a size as the plugin writes it, "5.46 TiB"."""
    power = max(each for each in range(5) if size >= 1024**each)
    return f"{size / 1024**power:.2f} {['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}"


def test_mdadm_agrees(corpus):
    seen = Agreement("mdadm --detail", "reference-parser")
    for path, facts in facts_of(corpus, "mdadm", ("reference-parser",)):
        if "examine" in path.name:
            with pytest.raises(source.ParseError):
                mdraid.parse_detail(read(path))
            continue
        (item,) = mdraid.parse_detail(read(path))
        compare_array(seen, path.name, facts, item)
    assert seen.ratio >= 0.98, seen


def compare_array(seen, name, facts, item):
    rows = [row for row in facts["device_table"] if row["device"]]
    gone = [row["device"] for row in rows if "faulty" in (row.get("state") or [])]
    spare = [row["device"] for row in rows if row.get("state") == ["spare"]]
    members = sorted(row["device"][5:] for row in rows if row["device"] not in gone + spare)
    for fact, expected, ours in (
        ("device", facts["device"], item["device"]),
        ("level", facts["raid_level"], item["level"]),
        ("version", facts["version"], item["metadata"]),
        ("state", facts.get("state"), item["state_text"]),
        ("failed", facts.get("failed_devices"), item["failed_count"]),
        ("members", members, item["members"]),
        ("spares", sorted(each[5:] for each in spare) or None, item["spares"]),
    ):
        seen.compare(name, fact, expected, ours)
    if "array_size_num" in facts:
        seen.compare(name, "size", facts["array_size_num"] << 10, item["size_bytes"])
    if "name_val" in facts:
        seen.compare(name, "name", facts["name_val"].rpartition(":")[2], item["name"])
    if "uuid_val" in facts:
        plain = (item["uuid"] or "").replace("-", "")
        seen.compare(name, "uuid", facts["uuid_val"].replace(":", ""), plain)


def test_storcli_agrees_with_one_reading_of_ours(corpus):
    seen = Agreement("storcli", "derived")
    for path, facts in facts_of(corpus, "storcli", ("derived",)):
        try:
            found = storcli.parse(read(path))
        except source.CollectorError:
            assert not facts["controllers"] or not facts["drives"], path
            continue
        # It tells the controllers' disks apart by place alone.
        ours = [item for item in found["disks"] if item["controller"] == "c0"]
        if len(found["controllers"]) < 2:
            seen.compare(path.name, "disks", facts["drive_count"], len(ours))
        for expected, item in zip(facts["controllers"], found["controllers"], strict=False):
            seen.compare(path.name, "model", expected["model"], item["model"])
            seen.compare(path.name, "serial", text.serial(expected["serial"]), item["serial"])
        by_place = {item["place"][3:]: item for item in ours}
        for expected in facts["drives"]:
            item = by_place.get(expected["eid_slot"])
            if item is None or len(found["controllers"]) > 1:
                continue
            seen.compare(path.name, "model", expected["model"], item["model"])
            seen.compare(path.name, "interface", expected["interface"], item["interface"])
            seen.compare(path.name, "media", expected["media"], item["media"])
            seen.compare(path.name, "state", expected["state"], item["state_text"])
    assert seen.ratio >= 0.95, seen


PARSERS = {
    "storcli": storcli.parse,
    "megacli": megacli.parse,
    "ssacli": ssacli.parse,
    "arcconf": arcconf.parse,
    "sas2ircu": sasircu.parse,
    "sas3ircu": sasircu.parse,
}


@pytest.mark.parametrize("tool", PARSERS)
def test_every_output_gives_items_or_says_why_not(corpus, tool):
    parsed = 0
    for path in sorted((corpus / tool).iterdir()):
        try:
            found = PARSERS[tool](read(path))
        except (source.Unavailable, source.ParseError):
            continue
        parsed += 1
        for items in found.values():
            places = [item["place"] for item in items]
            assert len(places) == len(set(places)), path
    assert parsed


COLLECTORS = (raid_controller, raid_volume, raid_disk)
COMMANDS = {"storcli": "storcli64", "megacli": "MegaCli64"}


@pytest.mark.parametrize("tool", [*PARSERS, "mdadm"])
def test_every_output_alone_replays(corpus, tool, tmp_path):
    counts = collections.Counter()
    for path in sorted((corpus / tool).iterdir()):
        name = "proc/mdstat" if "mdstat" in path.name else f"commands/{COMMANDS.get(tool, tool)}"
        root = tmp_path / path.name
        (root / name).parent.mkdir(parents=True)
        (root / name).write_bytes(path.read_bytes())
        for collector in COLLECTORS:
            with source.through(replay.Tree(str(root))):
                try:
                    counts["ok"] += bool(collector.collect())
                except source.Unavailable:
                    counts["unavailable"] += 1
                except source.ParseError:
                    counts["error"] += 1
    # What a tool prints where it fails is an error; all else tells, or tells of something else.
    assert counts["ok"] > counts["error"], counts


def test_disks_are_read_whole(corpus):
    for tool, parse in PARSERS.items():
        for path in sorted((corpus / tool).iterdir()):
            try:
                disks = parse(read(path))["disks"]
            except source.CollectorError:
                continue
            for disk in disks:
                # Without RAID an adapter has no state for its disks.
                assert disk["state"] or disk["state_text"] is None, (path, disk)
                # A disk that is gone or failed may not tell its size any more.
                assert disk["size_bytes"] or disk["state"] == "failed", (path, disk)
