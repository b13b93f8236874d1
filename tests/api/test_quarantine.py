"""Which values are stored, and what is noted of the others."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb_api.services.quarantine import MAX_NOTES, MAX_RAW, Quarantine, Types, clean, tidy

KNOWN = Types(size_bytes="int", rotational="bool", model="str", paths="list")


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("size_bytes", "12", "str where int is wanted"),
        ("size_bytes", True, "bool where int is wanted"),
        ("rotational", 1, "int where bool is wanted"),
        ("model", ["a"], "list where str is wanted"),
        ("paths", "a", "str where list is wanted"),
        ("anything_bytes", "12", "str where int is wanted"),
        ("x", 1.5, "a number with a fraction is not stored"),
        ("x", {"a": 1}, "an object is not stored"),
        ("x", ["a", 1], "a list of something else than text"),
        ("x", 2**63, "a whole number past 64 bits"),
        ("x", -(2**63) - 1, "a whole number past 64 bits"),
        ("x", "a" * 65_537, "text longer than 65536 characters"),
        ("x\0y", 1, "a field of this name"),
        ("x" * 129, 1, "a field of this name"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_value_that_can_not_be_stored_is_set_aside(field, value, why):
    fit, ((name, raw, told),) = clean({"slot": "1", field: value}, KNOWN)
    assert (fit, name, raw) == ({"slot": "1"}, field, value)
    assert why in told


@pytest.mark.parametrize("value", ["", 0, False, [], 2**63 - 1, -(2**63), "ä", ["b", "a"]])
def test_plain_values_are_stored_as_they_are(value):
    assert clean({"x": value}, KNOWN) == ({"x": value}, [])


def test_none_is_no_value():
    assert clean({"x": None, "size_bytes": None}, KNOWN) == ({}, [])


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b", "a\udfffb"])
def test_text_is_mended_stored_and_noted(text):
    fit, odd = clean({"x": text, "list": [text]}, KNOWN)
    assert fit == {"x": "a\ufffdb", "list": ["a\ufffdb"]}
    assert [(name, raw) for name, raw, _ in odd] == [("x", text), ("list", [text])]


@given(st.text())
def test_tidy_text_can_be_stored(text):
    assert "\0" not in tidy(text)
    tidy(text).encode("utf-8")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), anything))
def test_whatever_an_item_holds_is_stored_or_noted(item):
    fit, odd = clean(item, KNOWN)
    noted = {name for name, _, _ in odd}
    assert fit.keys() | noted == {name for name, value in item.items() if value is not None}
    json.dumps(fit, ensure_ascii=False).encode("utf-8")


def test_notes_are_bounded_and_the_rest_is_counted():
    held = Quarantine()
    for number in range(MAX_NOTES + 7):
        held.note(str(number), "x", "a" * 2000, "too long")
    rows = held.rows()
    assert len(rows) == MAX_NOTES + 1
    assert rows[-1]["why"] == "and 7 more"
    assert rows[0]["raw"].startswith('"aaa')
    assert rows[0]["raw"].endswith("… (2002 characters)")
    assert len(rows[0]["raw"]) < MAX_RAW + 40


def test_raw_values_are_kept_as_ascii_json():
    held = Quarantine()
    held.note("1\0", "x", {"a": "\ud800\0"}, "why")
    assert held.rows() == [
        {"place": "1\ufffd", "field": "x", "raw": '{"a":"\\ud800\\u0000"}', "why": "why"}
    ]
