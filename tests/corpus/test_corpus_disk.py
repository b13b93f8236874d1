"""The disks of the corpus' machines as lsblk has them of the same snapshot."""

import shlex

import cmdb_disk as disk
import cmdb_replay as replay
import cmdb_source as source
import cmdb_text as text

from tests.corpus.agreement import Agreement

FACTS = {"SIZE": "size_bytes", "MODEL": "model", "SERIAL": "serial", "TRAN": "transport"}


def test_disks_agree_with_lsblk(corpus, trees):
    seen = Agreement("lsblk", "reference-parser")
    said = (corpus / "lsblk/utillinux-simple-lvm-P.txt").read_text()
    rows = [dict(word.split("=", 1) for word in shlex.split(line)) for line in said.splitlines()]
    with source.through(replay.Tree(trees["utillinux-lsblk-simple-lvm"])):
        items = {item["name"]: item for item in disk.collect()}
    expected = {row["NAME"]: row for row in rows if row["TYPE"] == "disk"}
    seen.compare("simple-lvm", "disks", sorted(expected), sorted(items))
    for name, row in expected.items():
        for fact, field in FACTS.items():
            if text.value(row.get(fact)):
                seen.compare("simple-lvm", f"{name} {fact}", row[fact], items[name][field])
        seen.compare("simple-lvm", f"{name} ROTA", row["ROTA"] == "1", items[name]["rotational"])
    assert seen.ratio >= 0.98, seen
