"""The cards of the corpus' nvidia-smi reports as a plain reading has them."""

import cmdb_nvidia as nvidia
import cmdb_text as text

from tests.corpus.agreement import Agreement, facts_of


def test_cards_agree_with_a_plain_reading(corpus):
    seen = Agreement("nvidia-smi", "derived")
    for path, facts in facts_of(corpus, "nvidia-smi", ("derived", "asserted")):
        cards = nvidia.parse(path.read_text())
        for expected in facts["gpus"]:
            card = cards.get(nvidia.address(expected["bus_id"]), {})
            seen.compare(path.name, "product", expected["product"], card.get("model"))
            seen.compare(path.name, "serial", text.serial(expected["serial"]), card.get("serial"))
            seen.compare(path.name, "uuid", expected["uuid"], card.get("uuid"))
            seen.compare(path.name, "vbios", expected["vbios"], card.get("vbios"))
            memory = int(expected["memory_total"].split()[0]) << 20
            seen.compare(path.name, "memory", memory, card.get("memory_bytes"))
            seen.compare(path.name, "driver", facts["driver"], card.get("driver_version"))
    assert seen.ratio >= 0.98, seen


def test_every_report_gives_cards(corpus):
    for path in sorted((corpus / "nvidia-smi").iterdir()):
        assert nvidia.parse(path.read_text()), path
