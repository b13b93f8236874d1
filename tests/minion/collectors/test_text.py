"""Text as firmware gives it."""

import cmdb_text as text
import pytest


@pytest.mark.parametrize(
    "said",
    [
        *("", "  ", "\0\0", "To Be Filled By O.E.M.", "to be filled by oem", "Not Specified"),
        *("None", "N/A", "Default string", "System Serial Number", "<BAD INDEX>", "----", "..."),
        *("0123456789", "123456789", "1234567890", "00000000", "0x00000000", "FFFFFFFF"),
        *("XXXXXXXX", "SerNum0", "A1_SerNum3", "PartNum1", "AssetTagNum2", "A1_AssetTagNum0"),
        *("NO DIMM", "0", "Chassis Serial Number", "Asset-1234567890", "Manufacturer00"),
        *("SKU=NotProvided;ModelName=Example", "Type1Sku0", "TBD by OEM", "(^_^)", "01234567"),
        *("P1-DIMMA1_AssetTag (date:17/39)", "Array 1 Asset Tag 11", "01234567890123456789AB"),
        *("FEDCBA9876543211FEDCBA9876543211", "Part Number not set ", "DIMM_A1_AssetTag"),
    ],
)
def test_a_placeholder_is_no_serial_number(said):
    assert text.serial(said) is None


@pytest.mark.parametrize(
    "said", ["S3Z8NB0K", "..CN1374058O00H3.", "CZJ0000001", "PARTA1234", "0123456789-7", "7"]
)
def test_a_serial_number_that_looks_odd_is_kept(said):
    assert text.serial(said) == said


def test_a_name_may_be_what_no_serial_number_may_be():
    assert text.value("123456") == "123456"
    assert text.serial("123456") is None


def test_text_is_stripped_and_what_json_can_not_carry_is_replaced():
    assert text.clean(" A\0B\ud800 \r\n") == "A\ufffdB\ufffd"
    assert text.clean("B\0\0") == "B"
    assert text.clean(None) is None


@pytest.mark.parametrize(
    "said",
    [
        *("Not Settable", "--", "00000000-0000-0000-0000-000000000000"),
        *("ffffffff-ffff-ffff-ffff-ffffffffffff", "03000200-0400-0500-0006-000700080009"),
    ],
)
def test_a_uuid_that_names_no_machine_is_none(said):
    assert text.uuid(said) is None


def test_a_uuid_is_in_lower_case():
    assert (
        text.uuid("4C4C4544-0031-3510-8052-B1C04F4A3132\n")
        == "4c4c4544-0031-3510-8052-b1c04f4a3132"
    )


@pytest.mark.parametrize(("said", "number"), [("12\n", 12), ("-1", -1), ("", None), ("1.5", None)])
def test_a_whole_number_is_read_and_nothing_else(said, number):
    assert text.integer(said) == number


def test_a_number_past_64_bits_is_none():
    assert text.integer("9223372036854775807") == 2**63 - 1
    assert text.integer("9223372036854775808") is None
    assert text.integer("1_000") is None
    assert text.integer("0xff", 16) == 255


def test_a_name_that_comes_twice_is_numbered():
    items = [{"slot": "A"}, {"slot": "A #2"}, {"slot": "A"}, {"slot": "A"}]
    assert [item["slot"] for item in text.unique(items, "slot")] == ["A", "A #2", "A #3", "A #4"]
