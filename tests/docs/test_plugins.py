"""Every example of docs/plugins.md, by a real ``salt-call --local``."""

import contextlib
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cmdb_replay
import cmdb_source
import pytest

PROJECT = Path(__file__).parents[2]
PAGE = (PROJECT / "docs/plugins.md").read_text(encoding="utf-8")


def block(language):
    """Return the page's one block in a language."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return found


@pytest.fixture
def salt_call(tmp_path):
    """Return a function that runs a line of the page, with settings as the minion's ``cmdb:``."""

    def call(line, settings=None, modules=None, pillar=None):
        words = line.split()
        environment = {"PATH": os.environ["PATH"]}
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            environment[name] = str(PROJECT / value)
        assert words[:2] == ["salt-call", "--local"]
        folders = [str(PROJECT / "salt"), *filter(None, [modules])]
        config = {
            "file_client": "local",
            "root_dir": str(tmp_path / "root"),
            "id": "web01",
            "module_dirs": folders,
            "pillar_roots": {"base": [str(tmp_path / "pillar")]},
            "cmdb": settings or {},
        }
        (tmp_path / "pillar").mkdir(exist_ok=True)
        (tmp_path / "pillar/top.sls").write_text("base: {'*': [cmdb]}")
        (tmp_path / "pillar/cmdb.sls").write_text(pillar or "{}")
        (tmp_path / "minion").write_text(json.dumps(config))
        script = "import sys; from salt.scripts import salt_call; sys.exit(salt_call())"
        ended = subprocess.run(
            [
                *(sys.executable, "-W", "ignore", "-c", script, *words[1:]),
                *("--config-dir", tmp_path, "--out", "json"),
            ],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return json.loads(ended.stdout)["local"]

    return call


def lines(start):
    """Return the page's command lines that begin so, without their comments."""
    found = [line.strip().partition("  #")[0] for line in PAGE.splitlines()]
    return [line for line in found if line.startswith(start)]


def test_the_file_of_the_page_is_a_collector_and_the_pillar_of_the_page_sets_it(
    salt_call, tmp_path
):
    modules = tmp_path / "files/modules"
    modules.mkdir(parents=True)
    (modules / "cmdb_certificate.py").write_text(block("python"))
    (tmp_path / "certificates").write_text("www.example.com = 2027-03-31\n")
    pillar = block("yaml").replace("/srv/certificates", str(tmp_path / "certificates"))
    told = salt_call(
        "salt-call --local cmdb.plugins", modules=str(tmp_path / "files"), pillar=pillar
    )
    assert told["certificate"]["item_count"] == 1
    assert told["certificate"]["origin"] == str(modules / "cmdb_certificate.py")
    assert (told["package"]["enabled"], told["package"]["status"]) == (False, "disabled")
    assert told["cpu"]["enabled"]


def test_the_class_of_the_page_is_a_collector(salt_call, tmp_path):
    (tmp_path / "editor.licence").write_text("product: Editor 5\nseats: 20\nused: 7\n")
    (tmp_path / "odd.licence").write_text("product: Odd\nseats: many\n")
    settings = {
        "plugins": [re.search(r"^ +- (mycompany\S+)$", PAGE, re.MULTILINE).group(1)],
        "collectors": {"licence": {"folder": str(tmp_path)}},
    }
    (line,) = lines("PYTHONPATH=")
    section = salt_call(line, settings)["sections"]["licence"]
    assert section["items"] == [{"product": "Editor 5", "seat_count": 20}, {"product": "Odd"}]
    assert section["volatile"] == {"Editor 5": {"seat_used_count": 7}}
    assert section["problems"] == ["seats of Odd is no number: many"]


def test_a_class_without_its_source_is_unavailable_and_one_not_found_an_error(salt_call):
    settings = {"plugins": ["mycompany.inventory.Licence", "mycompany.inventory.Nothing"]}
    settings["collectors"] = {"licence": {"folder": "/no/such/folder"}}
    (line,) = lines("PYTHONPATH=")
    sections = salt_call(f"{line} nothing", settings)["sections"]
    assert sections["licence"]["reason"] == "no licence below /no/such/folder"
    assert "no attribute 'Nothing'" in sections["nothing"]["error"]


def test_a_folder_with_one_dump_of_dmidecode_is_replayed(salt_call, tmp_path):
    theirs = tmp_path / "theirs"
    (theirs / "commands").mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "dmidecode.txt", theirs / "commands/dmidecode")
    (line,) = (line for line in lines("salt-call --local cmdb.replay /tmp/theirs"))
    report = salt_call(line.replace("/tmp/theirs", str(theirs)))
    (board,) = report["sections"]["board"]["items"]
    assert (board["product"], board["serial"]) == ("Example 1000", "EX4MPL3")
    (module,) = report["sections"]["memory"]["items"]
    assert (module["size_bytes"], module["serial"]) == (16 * 1024**3, "1A2B3C4D")
    # Nothing is read from the machine that replays.
    assert report["identity"]["hostname"] is None
    assert "sig" not in report


class Asked(cmdb_replay.Tree):
    """A folder that keeps what it was asked for."""

    def __init__(self, root):
        super().__init__(root)
        self.names = set()

    def run(self, argv, limit_seconds):
        words = [os.path.basename(argv[0]), *argv[1:]]
        self.names.add(" ".join(words).replace("/", "_"))
        return super().run(argv, limit_seconds)


def test_the_page_names_each_command_that_a_folder_can_answer(tmp_path):
    folder = Asked(tmp_path)
    with cmdb_source.through(folder):
        for path in (PROJECT / "salt/_modules").glob("cmdb_*.py"):
            with contextlib.suppress(cmdb_source.Unavailable):
                importlib.import_module(path.stem).collect()
    named = re.findall(r"`([^`\n]+)`", PAGE.partition("| kind | `commands/TOOL`")[2])
    # Of a family of tools the first is named in full.
    assert {name for name in folder.names if name.split()[0] not in named} == set()
    for name in ("storcli64 _call show all J nolog", "lldpctl -f json", "smartctl --scan-open -j"):
        assert name in folder.names & set(named)


def test_a_bundle_gives_the_same_report_anywhere(salt_call, tmp_path):
    path = tmp_path / "web01.json"
    salt_call(f"salt-call --local cmdb.capture {path} host nic package")
    live = salt_call("salt-call --local cmdb.collect host nic package")
    replayed = salt_call(f"salt-call --local cmdb.replay {path} host nic package")
    digests = [
        {kind: section["digest"] for kind, section in report["sections"].items()}
        for report in (live, replayed)
    ]
    assert digests[0] == digests[1]
    assert replayed["identity"] == live["identity"]
