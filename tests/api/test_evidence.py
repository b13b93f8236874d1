"""What identifiers tell of a machine."""

import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb_api.services import evidence
from cmdb_api.services.evidence import BOARD_SWAP, OTHER, REINSTALL
from tests.machines import machine

uuids = st.uuids(version=4).map(str)


def compare(one, other):
    return evidence.compare(*(evidence.weighty(evidence.read(each)) for each in (one, other)))


def read(**identity):
    return evidence.read(identity)


@given(uuids)
def test_a_uuid_and_its_other_byte_order_are_equal(text):
    other = str(uuid.UUID(bytes=uuid.UUID(text).bytes_le))
    assert evidence.swapped(text) == other
    assert read(system_uuid=text) == read(system_uuid=other) == read(system_uuid=text.upper())
    mine, theirs = (
        evidence.weighty(read(system_uuid=text)),
        evidence.weighty(read(system_uuid=other)),
    )
    assert evidence.compare(mine, theirs).same == mine


@given(st.text(max_size=300), st.lists(st.text(max_size=40), max_size=5))
def test_any_text_is_read_and_comes_out_the_same_once_more(text, macs):
    found = read(machine_id=text, system_uuid=text, board_serial=text, macs=macs)
    for kind, values in found.items():
        for value in values:
            assert evidence.normal(kind, value) == value
            assert "\0" not in value and len(value) <= evidence.MAX_VALUE
            evidence.is_placeholder(kind, value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("machine_id", "0" * 32),
        ("machine_id", "uninitialized"),
        ("system_uuid", "03000200-0400-0500-0006-000700080009"),
        ("system_uuid", "00020003-0004-0005-0006-000700080009"),
        ("system_uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff"),
        ("system_uuid", "none"),
        ("board_serial", "to be filled by o.e.m."),
        ("board_serial", "0123456789"),
        ("mac", "00:00:00:00:00:00"),
        ("mac", "ff:ff:ff:ff:ff:ff"),
        ("mac", "02:42:ac:11:00:02"),
        ("mac", "00:00:5e:00:01:0a"),
        ("mac", "01:00:5e:00:00:fb"),
        ("mac", "no address"),
    ],
)
def test_placeholders_and_addresses_of_many_carry_no_weight(kind, value):
    assert evidence.is_placeholder(kind, evidence.normal(kind, value))


@pytest.mark.parametrize("value", ["52:54:00:12:34:56", "fa:16:3e:01:02:03", "3c:ec:ef:01:02:03"])
def test_addresses_of_cards_and_of_virtual_machines_carry_weight(value):
    assert not evidence.is_placeholder("mac", value)


def test_what_many_have_carries_no_weight():
    found = evidence.read(machine("one"))
    often = {("machine_id", value) for value in found["machine_id"]}
    assert "machine_id" not in evidence.weighty(found, often)


ONE, TWO = machine("one"), machine("two")


@pytest.mark.parametrize(
    ("new", "guess"),
    [
        (ONE, None),
        (TWO, OTHER),
        (ONE | {"machine_id": TWO["machine_id"]}, REINSTALL),
        (ONE | {"board_serial": TWO["board_serial"]}, BOARD_SWAP),
        (TWO | {"machine_id": ONE["machine_id"], "macs": ONE["macs"]}, BOARD_SWAP),
        (TWO | {"machine_id": ONE["machine_id"]}, BOARD_SWAP),
        # A card or a chassis went over to the other machine.
        (TWO | {"macs": ONE["macs"]}, OTHER),
        (TWO | {"board_serial": ONE["board_serial"]}, OTHER),
        # Another card.
        (ONE | {"macs": TWO["macs"]}, None),
        # One sort of evidence alone is not enough.
        ({"machine_id": TWO["machine_id"]}, None),
        ({"machine_id": TWO["machine_id"], "system_uuid": TWO["system_uuid"]}, OTHER),
        ({}, None),
    ],
)
def test_what_became_of_a_machine_shows_in_its_identifiers(new, guess):
    assert evidence.hypothesis(compare(ONE, new)) == guess


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (TWO, False),
        (ONE, True),
        (TWO | {"machine_id": ONE["machine_id"]}, True),
        (TWO | {"system_uuid": ONE["system_uuid"]}, True),
        (TWO | {"board_serial": ONE["board_serial"]}, False),
        (TWO | {"macs": ONE["macs"]}, False),
        ({"macs": ONE["macs"]}, True),
        ({"board_serial": ONE["board_serial"]}, True),
    ],
)
def test_two_assets_share_a_machine_by_what_only_one_can_have(other, shared):
    assert evidence.is_shared(compare(ONE, other)) is shared


def test_reasons_say_what_is_equal_and_what_differs():
    told = evidence.reasons(compare(ONE, ONE | {"board_serial": "NEW4711"}))
    assert f"machine-id equal: {ONE['machine_id']}" in told
    assert f"board serial differs: {ONE['board_serial'].lower()} -> new4711" in told
