"""Whatever bytes come in: items, Unavailable or ParseError; nothing else, and nothing invented."""

import base64
import functools
import importlib

import cmdb_board as board
import cmdb_canonical as canonical
import cmdb_cpu as cpu
import cmdb_disk as disk
import cmdb_dmidecode as dmidecode
import cmdb_host as host
import cmdb_jedec as jedec
import cmdb_memory as memory
import cmdb_netlink as netlink
import cmdb_nic as nic
import cmdb_package as package
import cmdb_replay as replay
import cmdb_smbios as smbios
import cmdb_source as source
import cmdb_text as text
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.minion.collectors import live, make, test_cpu, test_dmidecode, test_nic, test_package

DMIDECODE = test_dmidecode.NEW + test_dmidecode.OLD
TABLE = b"".join(
    [
        make.structure(0, 0, bytes([1, 2, 0, 0, 3]), "Maker", "1", "01/02/2024"),
        make.structure(1, 1, bytes([1, 2, 3, 4, *range(16), 6, 5, 5]), "A", "B", "C", "D", "E"),
        make.structure(3, 3, bytes([1, 0x17, 0, 2, 3] + [0] * 8 + [2, 1, 1, 3, 0, 0, 0, 1]), "C"),
        make.structure(4, 4, bytes([1, 3, 1, 1] + [0] * 40), "CPU1"),
        make.structure(16, 0x1000, bytes([3, 3, 6, 0, 0, 0, 0x80, 0xFE, 0xFF, 4, 0, *range(8)])),
        make.memory_device(0x11),
        make.structure(127, 127, b""),
    ]
)
PARSERS = {
    "cpuinfo": cpu.parse,
    "dmidecode board": lambda said: board.parse(dmidecode.parse(said)),
    "dmidecode memory": lambda said: memory.parse(dmidecode.parse(said)),
    "dmidecode cpu": lambda said: cpu.parse_smbios(dmidecode.parse(said)),
    "meminfo": memory.parse_meminfo,
    "dpkg": package.parse_dpkg,
    "rpm": package.parse_rpm,
    "apk": package.parse_apk,
    "os-release": lambda said: [host.parse_os_release(said)],
    "boot": lambda said: [{"at": host.parse_boot(said)}],
    "device tree": lambda said: board.parse_device_tree(dict.fromkeys(board.PROPERTIES, said)),
    "dmi id": lambda said: board.parse_id(dict.fromkeys(board.ID_FILES, said)),
    "udev": lambda said: [disk.parse_udev(said)],
    "jedec": lambda said: [{"maker": jedec.maker(said), "part": jedec.part_number(said)}],
    "numbers": lambda said: [{"ten": text.integer(said), "hex": text.integer(said, 16)}],
    "uuid": lambda said: [{"uuid": text.uuid(said)}],
}
SAMPLES = [
    DMIDECODE,
    test_dmidecode.VERY_OLD,
    test_dmidecode.QUIET,
    test_cpu.ALPHA + test_cpu.SPARC,
    test_cpu.IA64 + test_cpu.LOONGARCH,
    test_package.DPKG,
    "kernel\t(none)\t5.14.0\t70.el9\tx86_64\n",
    "P:musl\nV:1.2.5-r0\nA:x86_64\n",
    "MemTotal:  1024 kB\nbtime 1767225600\n",
    "processor\t: 0\nphysical id\t: 0\ncore id\t: 0\ncpu cores\t: 1\nmodel name\t: E @ 2.1GHz\n\n",
    "processor 0: version = FF,  identification = 0,  machine = 2964\n",
    "0x4D332037385432393533455A332D43453620",
]
some_text = st.one_of(
    st.text(st.characters(exclude_categories=[]), max_size=300),
    st.tuples(st.sampled_from(SAMPLES), st.integers(0, 4000), st.text(max_size=20)).map(
        lambda cut: cut[0][: cut[1]] + cut[2] + cut[0][cut[1] + len(cut[2]) :]
    ),
)


def mutated(sample):
    """Return a strategy: the sample with bytes replaced, cut out or put in; or any bytes."""

    def change(parts):
        start, length, new = parts
        start %= len(sample) + 1
        return sample[:start] + new + sample[start + length :]

    parts = st.tuples(st.integers(0, 1 << 16), st.integers(0, 40), st.binary(max_size=20))
    return st.one_of(parts.map(change), st.binary(max_size=200))


def items_or_reason(parse, *inputs, reasons=(source.Unavailable, source.ParseError)):
    """Return the items, proven to be flat, None where the parser gave a reason instead."""
    try:
        items = parse(*inputs)
    except reasons as error:
        assert str(error)
        return None
    for item in items:
        for name, value in item.items():
            assert isinstance(name, str)
            assert value is None or type(value) in (str, bool, int, list), (name, value)
            assert type(value) is not int or -(2**63) <= value < 2**63, (name, value)
            assert type(value) is not list or all(type(each) is str for each in value)
            assert value != "" and not (isinstance(value, str) and "\0" in value), (name, value)
    return items


@pytest.mark.parametrize("name", PARSERS)
@given(said=some_text)
@settings(max_examples=60, deadline=None)
def test_a_parser_of_text_is_total(name, said):
    items_or_reason(PARSERS[name], said)


@given(table=mutated(TABLE))
@settings(max_examples=300, deadline=None)
def test_the_smbios_decoder_is_total(table):
    for parse in (board.parse, memory.parse, cpu.parse_smbios):
        items_or_reason(lambda parse=parse: parse(smbios.parse(table, smbios.version(table))))


@given(links=mutated(test_nic.SERVER), addresses=mutated(test_nic.ADDRESSES))
@settings(max_examples=300, deadline=None)
def test_the_netlink_decoder_is_total(links, addresses):
    def parse():
        return nic.parse(netlink.links(links), netlink.addresses(addresses), test_nic.CARDS)

    items = items_or_reason(parse) or []
    assert len({item["port"] for item in items}) == len(items)


@given(page=mutated(b"\0\x80\0\x08MADEUP-1"))
def test_the_reader_of_a_disk_s_serial_page_is_total(page):
    disk.parse_vpd80(page)


@functools.cache
def captured(kind):
    """Return all that a collector was answered on this machine."""
    capture = replay.Capture(source.Machine())
    with source.through(capture):
        live.collect(kind)
    return capture.content


@pytest.mark.parametrize("kind", live.KINDS)
@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_collector_is_total_whatever_a_file_of_this_machine_says(kind, data):
    content = captured(kind)
    answers = dict(content["read"])
    for path in data.draw(st.lists(st.sampled_from(sorted(answers) or ["/none"]), max_size=4)):
        said = data.draw(st.one_of(st.none(), st.binary(max_size=60), some_text))
        said = said.encode("utf-8", "replace") if isinstance(said, str) else said
        encoded = said is not None and {"value": {"base64": base64.b64encode(said).decode()}}
        answers[path] = encoded or {"errno": data.draw(st.sampled_from([1, 2, 5, 13, 22]))}
    collector = importlib.import_module(f"cmdb_{kind}")
    with source.through(replay.Bundle({**content, "read": answers})):
        # A read error of the kernel's is a collector's error as well.
        items = items_or_reason(collector.collect, reasons=source.CollectorError) or []
    places = {canonical.place(item, collector.KEY) for item in items}
    assert len(places) == len(items)
