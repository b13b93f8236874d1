"""Vendors however they are spelled."""

import pytest

from cmdb_api.services.makers import maker

SAME = [
    ("SAMSUNG", "Samsung", "samsung ", "Samsung Electronics Co., Ltd."),
    ("HP", "HPE", "Hewlett-Packard", "Hewlett Packard Enterprise"),
    ("DELL", "Dell Inc.", "Dell Computer Corporation", "DELL Inc"),
    ("WDC", "WD", "Western Digital", "Western Digital Corp."),
    ("Intel(R) Corporation", "INTEL", "Intel Corp"),
    ("SK Hynix", "Hynix", "SKhynix", "Hynix Semiconductor"),
    ("Supermicro", "Super Micro Computer, Inc.", "SUPERMICRO"),
    ("Micron", "Micron Technology"),
    ("IBM-ESXS", "IBM"),
]


@pytest.mark.parametrize("spellings", SAME, ids=lambda spellings: spellings[0])
def test_spellings_of_one_vendor_are_one_maker(spellings):
    assert len({maker(text) for text in spellings}) == 1
    assert None not in map(maker, spellings)


def test_different_vendors_are_different_makers():
    assert len({maker(spellings[0]) for spellings in SAME}) == len(SAME)


@pytest.mark.parametrize(
    "text", [None, "", "  ", "ATA", "ata     ", "NVMe", "USB", "Generic", "--"]
)
def test_what_stands_for_no_vendor_is_none(text):
    assert maker(text) is None


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("Samsung SSD 870 EVO 1TB", "SAMSUNG"),
        ("WDC WD20EFRX-68EUZN0", "WD"),
        ("WD4000FYYX", "WD"),
        ("ST4000NM0035", "SEAGATE"),
        ("MZ7L3960HCJR-00A07", "SAMSUNG"),
        ("Micron_9300_MTFDHAL3T8TDP", "MICRON"),
        ("MTFDDAV240TDU", "MICRON"),
        ("KXG60ZNV512G TOSHIBA", "TOSHIBA"),
        ("HGST HUS726040ALA614", "HGST"),
        ("SSDSC2KB480G8", "INTEL"),
        ("CT250P2SSD8", "CRUCIAL"),
        ("SDLF1DAR-480G", None),
        (None, None),
    ],
)
def test_a_drive_without_a_vendor_is_known_by_its_model(model, name):
    assert maker("ATA", model) == maker(None, model) == name
