"""Which items are parts, and what names them."""

import pytest

from cmdb_api.services.part_items import as_looked_up, model_of, serial_of, vendor_of


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (" s3z8nb0k ", "S3Z8NB0K"),
        ("\0AB-1\0", "AB-1"),
        (4711123, "4711123"),
        ("x" * 300, None),
        ("y1" * 200, "Y1" * 127 + "Y"),
        (None, None),
        (True, None),
        (["A1"], None),
        ("", None),
        ("   ", None),
        ("Not Specified", None),
        ("0123456789", None),
        ("00000000", None),
        (0, None),
    ],
)
def test_serial_numbers_are_stored_as_they_are_looked_up(given, stored):
    assert serial_of("psu", {"serial": given}, "serial") == stored


def test_without_a_field_there_is_no_serial_number():
    assert serial_of("psu", {"serial": "A1B2"}, None) is None
    assert serial_of("psu", {"serial": "A1B2"}, "number") is None


def test_what_is_stored_is_looked_up_as_it_is():
    assert as_looked_up(as_looked_up(" s3z8nb0k ")) == "S3Z8NB0K"


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("smart", {"slot": "pci-0000:3b:00.0-fc-0x5000-lun-1"}),
        ("smart", {"slot": "ip-iscsi-iqn.2026-01.com.example:a-lun-1"}),
        ("smart", {"vendor": "EXAMPLE", "wwn": "600605b00000000000000000000000aa"}),
        ("disk", {"model": "Amazon Elastic Block Store", "transport": "nvme"}),
        ("disk", {"vendor": "NETAPP", "model": "LUN C-Mode", "transport": "sas"}),
        ("memory", {"manufacturer": "VMware Virtual RAM", "part_number": "VMW-8192MB"}),
        ("board", {"manufacturer": "QEMU", "product": "Standard PC (Q35 + ICH9, 2009)"}),
        ("board", {"manufacturer": "Microsoft Corporation", "product": "Virtual Machine"}),
        ("board", {"manufacturer": "Amazon EC2", "product": "m5.large"}),
    ],
)
def test_nobody_carries_away_what_is_made_up(kind, item):
    assert serial_of(kind, item | {"serial": "A1B2"}, "serial") is None


@pytest.mark.parametrize(
    ("kind", "item"),
    [
        ("smart", {"slot": "pci-0000:03:00.0-megaraid-4", "protocol": "SCSI"}),
        ("smart", {"protocol": "NVMe", "wwn": "6479a70000000000a000000000000001"}),
        ("raid_disk", {"vendor": "ADAPTEC", "model": "RAID", "slot": 3}),
        ("raid_controller", {"model": "MegaRAID 9560-16i"}),
        ("psu", {"manufacturer": "DELTA", "name": "PWR SPLY,1400W"}),
        ("board", {"manufacturer": "Microsoft Corporation", "product": "C2030"}),
        ("gadget", {"wwn": 7, "slot": None, "transport": 3, "vendor": 4, "lun": 0}),
    ],
)
def test_things_are_parts(kind, item):
    assert serial_of(kind, item | {"serial": "A1B2"}, "serial") == "A1B2"


def test_vendor_and_model_are_told_by_the_field_that_the_kind_has():
    psu = {"manufacturer": " DELTA ", "name": "PWR SPLY", "part_number": "0CMPG"}
    assert (vendor_of(psu), model_of(psu)) == ("DELTA", "0CMPG")
    sfp = {"vendor": "EXAMPLE", "name": "eno1", "part_number": "FT-1"}
    assert (vendor_of(sfp), model_of(sfp)) == ("EXAMPLE", "FT-1")
    assert (vendor_of({"vendor": 7}), model_of({"model": "  ", "name": None})) == (None, None)
