"""Pluggable modules, by hand-made memories; the decoder, and how drivers are asked."""

import errno
import os
import socket
import struct

import cmdb_ethtool as ethtool
import cmdb_nic as nic
import cmdb_replay as replay
import cmdb_sfp as sfp
import cmdb_source as source
import cmdb_transceiver as transceiver
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.minion.collectors import test_total

NO_CAGE = errno.EOPNOTSUPP
CARD = "/sys/devices/pci0000:00/0000:02:00.0"


def memory(kind, *parts):
    """Return a page of 256 bytes: its kind, and (start, bytes) of each part."""
    page = bytearray(256)
    page[0] = kind
    for start, said in parts:
        page[start : start + len(said)] = said
    return bytes(page)


def words(*texts, start):
    """Return texts of 16 bytes each, padded with blanks, at their places."""
    return [(at, text.ljust(16)[:16]) for at, text in zip(start, texts, strict=True)]


SFP = memory(
    0x03,
    (2, b"\x07"),
    (3, b"\x10"),
    *words(b"EXAMPLE", b"EX-SR-10", b"MADEUP-1", start=(20, 40, 68)),
    (56, b"A1  "),
    (84, b"190307  "),
)
QSFP = memory(
    0x11,
    (130, b"\x0c"),
    (131, b"\x80"),
    (192, b"\x02"),
    *words(b"EXAMPLE", b"EX-SR4-100", b"MADEUP-2", start=(148, 168, 196)),
    (184, b"1A"),
    (212, b"211231"),
)
CMIS = memory(
    0x18,
    (203, b"\x23"),
    *words(b"EXAMPLE", b"EX-400-DAC", b"MADEUP-3", start=(129, 148, 166)),
    (164, b"B "),
    (182, b"230101"),
)


def test_an_sfp_module():
    assert transceiver.parse(SFP) == {
        "form_factor": "SFP",
        "media": "10GBASE-SR",
        "connector": "LC",
        "vendor": "EXAMPLE",
        "part_number": "EX-SR-10",
        "revision": "A1",
        "serial": "MADEUP-1",
        "made_on": "2019-03-07",
    }


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (QSFP, ["QSFP28", "100GBASE-SR4", "MPO 1x12", "EX-SR4-100", "1A", "MADEUP-2"]),
        (CMIS, ["QSFP-DD", None, "no separable connector", "EX-400-DAC", "B", "MADEUP-3"]),
    ],
)
def test_modules_of_more_lanes_have_layouts_of_their_own(page, expected):
    told = transceiver.parse(page)
    names = ("form_factor", "media", "connector", "part_number", "revision", "serial")
    assert [told[name] for name in names] == expected


@pytest.mark.parametrize(
    ("place", "bits", "media"),
    [(8, 4, "passive cable"), (6, 8, "1000BASE-T"), (36, 0xD, "25G"), (36, 2, "25GBASE-SR")],
)
def test_what_an_sfp_module_is_made_for(place, bits, media):
    page = memory(0x03, (place, bytes([bits])))
    assert transceiver.parse(page)["media"].startswith(media)


def test_what_a_maker_left_blank_is_none():
    blank = transceiver.parse(memory(0x03, (20, b"\xff" * 16), (40, b" " * 16), (68, b"0" * 16)))
    assert set(blank.values()) == {"SFP", None}
    assert transceiver.parse(memory(0x03, (84, b"991399")))["made_on"] is None
    assert transceiver.parse(SFP[:75])["serial"] is None


@pytest.mark.parametrize("page", [b"", b"\0" * 256, b"\xff" * 256])
def test_no_memory_of_a_module_is_none(page):
    assert transceiver.parse(page) is None


@given(page=st.one_of(*(test_total.mutated(page) for page in (SFP, QSFP, CMIS))))
def test_the_decoder_is_total(page):
    told = transceiver.parse(page)
    test_total.items_or_reason(lambda: [told] if told else [])


@given(answer=st.binary(max_size=200))
def test_the_decoder_of_a_driver_s_description_is_total(answer):
    test_total.items_or_reason(lambda: [ethtool.parse_driver(answer)])


class Cards(replay.Tree):
    """A machine whose drivers answer; of netlink it knows nothing."""

    def __init__(self, root, answers):
        super().__init__(root)
        self.answers = answers

    def ask(self, name, function, args):
        answer = errno.ENOENT if name == "netlink" else self.answers.get((name, *args), NO_CAGE)
        if isinstance(answer, int):
            raise OSError(answer, os.strerror(answer))
        return answer[0] if name == "ethtool port" else answer


@pytest.fixture
def cards(machine, tmp_path):
    """Return a function: lay out a machine with eth0 and eth1; its modules by what answers."""

    def lay(carrier=1, **answers):
        files, links = {}, {}
        for number in (0, 1):
            device = CARD[:-1] + str(number)
            folder = f"{device}/net/eth{number}"
            numbers = {"carrier": carrier, "dev_port": 0, "ifindex": number + 2, "type": 1}
            files.update({f"{folder}/{name}": f"{said}\n" for name, said in numbers.items()})
            links[f"/sys/class/net/eth{number}"] = folder
            links[f"{folder}/device"] = device
        machine(files, links)
        named = {("ethtool module", name): answer for name, answer in answers.items()}
        named.update({("ethtool port", name): b"\3" for name in answers})
        return Cards(str(tmp_path), named)

    return lay


def test_a_module_is_known_by_its_card_s_place(cards, problems):
    with source.through(cards(eth1=QSFP)):
        (item,) = sfp.collect()
    assert (item["port"], item["name"]) == ("pci-0000:02:00.1", "eth1")
    assert (item["serial"], problems) == ("MADEUP-2", [])


def test_a_function_that_is_lent_to_a_guest_has_no_module_of_its_own(cards, machine):
    door = cards(eth0=SFP, eth1=SFP)
    machine(links={f"{CARD[:-1]}1/physfn": CARD})
    with source.through(door):
        assert [item["name"] for item in sfp.collect()] == ["eth0"]


def test_cards_without_a_cage_and_empty_cages_have_none(cards, problems):
    with source.through(cards(carrier=0, eth0=errno.EIO)):
        assert sfp.collect() == []
    assert problems == []


def test_a_module_that_can_t_be_read_is_not_removed(cards):
    error = pytest.raises(source.CollectorError, match="eth0: its module can't be read")
    with source.through(cards(eth0=errno.EIO, eth1=SFP)), error:
        sfp.collect()


def test_a_module_of_no_known_kind_keeps_its_item(cards, problems):
    with source.through(cards(eth0=b"\x7f" + b"\0" * 255)):
        assert sfp.collect() == [{"port": "pci-0000:02:00.0", "name": "eth0"}]
    assert problems == ["eth0: its module is of no known kind: 7f"]


def test_without_the_right_to_ask_it_is_unavailable(cards):
    with source.through(cards(eth0=errno.EPERM)), pytest.raises(source.Unavailable, match="root"):
        sfp.collect()


def test_where_no_card_can_be_asked_it_is_unavailable(cards):
    with source.through(cards(eth0=errno.ENOENT)), pytest.raises(source.Unavailable, match="here"):
        sfp.collect()


def test_a_machine_without_cards_has_no_modules(machine):
    machine({"/sys/class/net/lo/ifindex": "1\n"})
    assert sfp.collect() == []


def description(*texts):
    return struct.pack("=I", 3) + b"".join(text.encode().ljust(32, b"\0") for text in texts)


def test_a_card_s_firmware_is_what_its_driver_says(cards, machine):
    machine({"/proc/sys/kernel/osrelease": "6.1.0-18-amd64\n"})
    door = cards()
    door.answers["ethtool driver", "eth0"] = description("i40e", "6.1.0-18-amd64", "8.30 0x8000a")
    door.answers["ethtool driver", "eth1"] = description("bnx", "1.9", "N/A")
    with source.through(door):
        first, second = nic.collect()
    assert (first["firmware"], first["driver_version"]) == ("8.30 0x8000a", None)
    assert (second["firmware"], second["driver_version"]) == (None, "1.9")


def test_the_drivers_of_this_machine_answer_or_say_that_they_can_t():
    for _, name in socket.if_nameindex():
        for ask in (ethtool.driver, ethtool.port, ethtool.module):
            try:
                assert ask(name) is not None
            except OSError as error:
                assert error.errno in {*source.NOT_HERE, *sfp.NO_ANSWER}, (name, ask)


def test_without_sysfs_modules_are_unknown_not_removed(machine):
    with pytest.raises(source.Unavailable, match="/sys/class/net is not here"):
        sfp.collect()
