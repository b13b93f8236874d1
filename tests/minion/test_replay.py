"""Capture and replay: the same answers on another machine, and none from this one."""

import errno
import json
import os
import sys

import cmdb_replay as replay
import cmdb_source as source
import pytest


@pytest.fixture
def tree(tmp_path):
    """Return a folder laid out like a machine's root."""
    root = tmp_path / "root"
    (root / "proc").mkdir(parents=True)
    (root / "proc/cpuinfo").write_text("processor : 0\n")
    (root / "sys/devices/pci0/net0").mkdir(parents=True)
    (root / "sys/devices/pci0/net0/mtu").write_text("1500\n")
    (root / "sys/class/net").mkdir(parents=True)
    (root / "sys/class/net/eth0").symlink_to("../../devices/pci0/net0")
    (root / "sys/class/net/odd").symlink_to("/sys/devices/pci0/net0")
    (root / "sys/class/net/out").symlink_to("../../../../../../../../etc")
    (root / "commands").mkdir()
    (root / "commands/dmidecode -t 17").write_text("Memory Device\n")
    (root / "commands/dmidecode").write_text("all of it\n")
    (root / "commands/smartctl -j _dev_sda").write_text("{}")
    return root


@pytest.fixture
def through_tree(tree):
    with source.through(replay.open_door(str(tree))) as door:
        yield door


def test_a_tree_answers_files_links_and_patterns(through_tree):
    assert source.read("/proc/cpuinfo") == "processor : 0\n"
    assert source.read("/sys/class/net/eth0/mtu") == "1500\n"
    assert source.read("/sys/class/net/odd/mtu") == "1500\n"
    assert source.link("/sys/class/net/eth0") == "/sys/devices/pci0/net0"
    assert source.link("/proc/cpuinfo") is None
    assert source.glob("/sys/class/net/e*") == ["/sys/class/net/eth0"]


def test_a_tree_answers_commands_by_their_words_then_by_their_name(through_tree):
    assert source.run(["dmidecode", "-t", "17"]) == "Memory Device\n"
    assert source.run(["/usr/sbin/dmidecode", "-t", 4]) == "all of it\n"
    assert source.run(["smartctl", "-j", "/dev/sda"]) == "{}"


def test_what_is_not_in_the_tree_is_not_on_the_machine(through_tree):
    assert source.read("/etc/hostname") is None
    looked_for = "no commands/storcli64 _c0 show and no commands/storcli64: "
    with pytest.raises(source.Unavailable, match=looked_for):
        source.run(["storcli64", "/c0", "show"])
    with pytest.raises(OSError, match="no kernel call"):
        source.ask("netlink", os.getpid)


def test_no_link_leads_out_of_the_tree(through_tree):
    assert source.read("/sys/class/net/out/passwd") is None
    assert source.read("/../../../../../../../../../etc/passwd") is None


def collect(folder):
    """Ask everything a collector can ask; return the answers."""
    answers = [
        source.read(f"{folder}/text"),
        source.read_bytes(f"{folder}/bytes"),
        source.read(f"{folder}/none"),
        source.glob(f"{folder}/t*"),
        source.link(f"{folder}/link"),
        source.run([sys.executable, "-c", "print('hello')"]),
        source.ask("call", lambda number: [b"\xff\0", {"n": number, "t": b"text"}, None], 7),
    ]
    for failing in (
        lambda: source.need(f"{folder}/none"),
        lambda: source.run(["no-such-tool"]),
        lambda: source.run([sys.executable, "-c", "import sys; sys.exit('broken')"]),
        lambda: source.run(["sleep", "9"], limit_seconds=0.1),
    ):
        with pytest.raises(source.CollectorError) as caught:
            failing()
        answers.append(str(caught.value))
    return answers


def test_a_bundle_replays_what_was_captured(tmp_path):
    (tmp_path / "text").write_text("ä")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\0")
    (tmp_path / "link").symlink_to(tmp_path / "text")
    with source.through(replay.Capture(source.door())) as capture:
        asked = collect(tmp_path)
    bundle = tmp_path / "bundle.json"
    capture.save(str(bundle))
    assert os.stat(bundle).st_mode & 0o777 == 0o600
    for name in ("text", "bytes", "link"):
        (tmp_path / name).unlink()
    with source.through(replay.open_door(str(bundle))):
        assert collect(tmp_path) == asked


def test_a_bundle_answers_patterns_that_were_not_asked_from_the_paths_it_knows():
    known = {"/sys/block/a": {"value": None}, "/sys/block/b": {"value": None}}
    bundle = replay.Bundle({"bundle": 1, "read": known, "glob": {}, "link": {}})
    assert bundle.glob("/sys/block/*") == ["/sys/block/a", "/sys/block/b"]


def test_a_command_that_a_bundle_does_not_hold_is_named_whole():
    bundle = replay.Bundle({"bundle": 1, "run": {}})
    with (
        source.through(bundle),
        pytest.raises(source.Unavailable, match="this bundle has no answer of lvs -o all: "),
    ):
        source.run(["lvs", "-o", "all"])


@pytest.mark.parametrize("content", ["", "[]", '{"bundle": 99}', "not json"])
def test_what_is_no_bundle_is_refused_by_name(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(source.CollectorError, match=r"x\.json is no bundle"):
        replay.open_door(str(path))


def test_a_missing_bundle_is_refused_by_name(tmp_path):
    with pytest.raises(source.CollectorError, match="No such file"):
        replay.open_door(str(tmp_path / "none"))


def test_a_bundle_is_plain_json_that_a_person_can_read(tmp_path):
    with source.through(replay.Capture(source.door())) as capture:
        source.read("/no/such/file")
    capture.save(str(tmp_path / "b.json"))
    content = json.loads((tmp_path / "b.json").read_text())
    assert content["read"] == {"/no/such/file": {"errno": errno.ENOENT}}


def test_no_password_hash_gets_into_a_bundle(tmp_path):
    tree = tmp_path / "etc"
    tree.mkdir()
    (tree / "passwd").write_text("root:$6$salt$hash:0:0::/root:/bin/sh\nold::1:1::/:/bin/sh\n")
    capture = replay.Capture(replay.open_door(str(tmp_path)))
    assert b"hash" not in capture.read_bytes("/etc/passwd")
    assert "hash" not in json.dumps(capture.content)
    assert capture.read_bytes("/etc/passwd").startswith(b"root:x:0:0:")
    assert b"old::1" in capture.read_bytes("/etc/passwd")


def test_what_a_folder_has_not_is_not_there_in_a_bundle_of_it_either(tmp_path):
    capture = replay.Capture(replay.open_door(str(tmp_path)))
    with pytest.raises(source.Unavailable) as live:
        capture.run(["dmidecode"], 5)
    with pytest.raises(source.Unavailable) as again:
        replay.Bundle(capture.content).run(["dmidecode"], 5)
    assert str(again.value) == str(live.value)
