"""Times as people write them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from cmdb_api.services import times

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("90s", timedelta(seconds=90)),
        ("30m", timedelta(minutes=30)),
        ("24h", timedelta(days=1)),
        ("7d", timedelta(days=7)),
        ("2w", timedelta(days=14)),
    ],
)
def test_a_duration(text, length):
    assert times.duration(text) == length


@pytest.mark.parametrize(
    "text",
    ["", "30", "m", "-5m", "1.5h", "30 m", "30M", "5y", "٣m", "9" * 99 + "d"],
)
def test_what_is_no_duration_says_what_one_is(text):
    with pytest.raises(ValueError, match="like 30m or 7d"):
        times.duration(text)


@pytest.mark.parametrize("text", ["0m", "36501d", "999999999w", "9" * 18 + "s"])
def test_what_is_too_long_or_none_at_all_is_told_the_limits(text):
    for read in (times.duration, lambda text: times.moment(text, NOW)):
        with pytest.raises(ValueError, match="like 30m or 7d is more than 0 and at most 36500d"):
            read(text)


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("24h", NOW - timedelta(days=1)),
        ("2026-11-22T08:00:00Z", NOW),
        ("2026-11-22t08:00:00z", NOW),
        ("2026-11-22T09:00:00+01:00", NOW),
        ("2026-11-22T08:00", NOW),
        ("2026-11-22", NOW - timedelta(hours=8)),
    ],
)
def test_a_moment(text, when):
    assert times.moment(text, NOW) == when
    assert times.moment(text, NOW).tzinfo == UTC


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_moment_says_what_one_is(text):
    with pytest.raises(ValueError, match="like 2026-11-22T08:00:00Z"):
        times.moment(text, NOW)


def test_times_are_shown_in_utc():
    assert times.text(NOW) == "2026-11-22T08:00:00.000Z"
    assert times.text(NOW.astimezone(timezone(timedelta(hours=2)))) == "2026-11-22T08:00:00.000Z"
    assert times.text(None) is None
    assert times.text(times.from_ms(1_000)) == "1970-01-01T00:00:01.000Z"
