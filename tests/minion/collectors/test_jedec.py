"""Memory makers and part numbers as raw bytes."""

import cmdb_jedec as jedec
import pytest


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("00AD00B300AD", "Hynix"),
        ("80CE80B380CE", "Samsung"),
        ("002C0632002C", "Micron"),
        ("CE00000000000000", "Samsung"),
        ("7F7FFE0000000000", "Elpida"),
        ("0x2C00", "Micron"),
        ("Samsung", "Samsung"),
        ("0F7F00000000", "0F7F00000000"),
        ("0000", None),
        ("Manufacturer0", None),
    ],
)
def test_a_maker_s_number_becomes_its_name(said, name):
    assert jedec.maker(said) == name


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("0x4D332037385432393533455A332D43453620", "M3 78T2953EZ3-CE6"),
        ("GSOG42F-18----------", "GSOG42F-18"),
        ("9ASF1G72PZ-3G2E2", "9ASF1G72PZ-3G2E2"),
        ("NO DIMM", None),
    ],
)
def test_a_part_number_is_made_plain(said, plain):
    assert jedec.part_number(said) == plain
