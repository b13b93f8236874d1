"""The number that a host never uses twice."""

import time

import cmdb_sequence as sequence
import pytest

DAY = 24 * 3600 * 1000


def test_it_always_rises(tmp_path):
    path = str(tmp_path / "cmdb/seq")
    numbers = [sequence.advance(path) for _ in range(50)]
    assert numbers == sorted(set(numbers))
    assert abs(numbers[0] - time.time() * 1000) < 60_000


@pytest.mark.parametrize(
    ("kept", "now", "number"),
    [
        ("", 1000, 1000),
        ("999", 1000, 1000),
        ("1000", 1000, 1001),
        ("5000", 1000, 5001),
        (str(DAY + 1000), 1000, DAY + 1001),
        (str(DAY + 1001), 1000, 1000),
        ("what", 1000, 1000),
        ("9" * 30, 1000, 1000),
    ],
)
def test_it_follows_the_one_before_also_where_the_clock_was_set_back(kept, now, number):
    assert sequence.after(kept, now) == number


def test_where_it_cannot_be_kept_the_time_alone_counts(tmp_path):
    (tmp_path / "file").write_text("")
    assert sequence.advance(str(tmp_path / "file/seq")) > 0
