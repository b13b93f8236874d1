"""JSON is read strictly."""

import pytest

from cmdb_api.errors import Malformed
from cmdb_api.services.documents import MAX_DEPTH, parse


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b'{"a": -Infinity}', "-Infinity is not a number"),
        (b'{"a": 1e999}', "1e999 is too large"),
        (b"9" * 5000, "thousands of digits"),
        (b"[" * 10_000 + b"]" * 10_000, "nested more than"),
        (b"[" * 1_000_000, "nested more than"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested more than"),
        (b'{"a": "\xff"}', "not UTF-8: byte 7 is 0xff"),
        (b'\xef\xbb\xbf{"a": 1}', "not JSON"),
        (b'{"a": 1} {"a": 2}', "application/x-ndjson"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_strict_json_is_refused(data, told):
    with pytest.raises(Malformed, match=told):
        parse(data)


def test_depth_is_counted_exactly():
    fits = b"[" * MAX_DEPTH + b"]" * MAX_DEPTH
    parse(fits)
    with pytest.raises(Malformed):
        parse(b"[" + fits + b"]")


def test_of_a_name_that_stands_twice_the_last_value_wins_and_the_lost_one_is_told():
    value, repeated = parse(b'{"a": {"b": 1, "b": [2], "b": 3}}')
    assert value == {"a": {"b": 3}}
    assert repeated == [
        "'b' stood twice in one object; lost: 1",
        "'b' stood twice in one object; lost: a list",
    ]


def test_repeated_names_are_told_a_bounded_number_of_times():
    _, repeated = parse(b"[" + b",".join([b'{"a":1,"a":2}'] * 1000) + b"]")
    assert len(repeated) == 20
