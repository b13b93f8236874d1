"""The order of versions, as dpkg and rpm have it: facts of their own documentation and tests."""

import itertools

import pytest

from cmdb_api.services.search import versions

DPKG = [
    *("0~~", "0~", "0", "0.1", "1.0~alpha1", "1.0~beta1", "1.0~beta1+git1", "1.0~rc1-9", "1.0"),
    *("1.0a", "1.0b", "1.0+dfsg", "1.0.1", "1.0.9", "1.0.10", "1.0.10.1", "1.2", "1.10", "2"),
    *("10", "20200101", "1:0.1", "2:0"),
]
RPM = [
    *("1.0~rc1", "1.0", "1.0^", "1.0^git1", "1.0^git2", "1.0^git2.1", "1.0a", "1.0b", "1.0.1"),
    *("1.0.9", "1.0.10", "1.1", "2.0", "2.0.1", "2.0.1a", "5.5p1", "5.5p2", "5.5p10", "5.6p1"),
    *("10", "1:0.5"),
]


@pytest.mark.parametrize("rpm, order", [(False, DPKG), (True, RPM)])
def test_each_version_is_newer_than_those_before_it(rpm, order):
    for place, one in enumerate(order):
        for other, text in enumerate(order):
            # Written with an epoch and a release, as all of it counts.
            asked = text if ":" in text else f"0:{text}"
            asked = asked if "-" in asked else f"{asked}-0"
            found = versions.compare(one if "-" in one else f"{one}-0", asked, rpm=rpm)
            assert found == (place > other) - (place < other), (one, text)


@pytest.mark.parametrize(
    "rpm, one, other",
    [
        (False, "1.00", "1.0"),
        (False, "1.0-0", "0:1.0-0"),
        (False, "1.0", "1.0-0"),
        (False, "1.", "1.0"),
        (True, "1.0", "1_0"),
        (True, "1.05", "1.5"),
        (True, "xyz10", "xyz.10"),
        (True, "0:2.0-1", "2.0-1"),
    ],
)
def test_some_are_written_otherwise_and_the_same(rpm, one, other):
    assert versions.compare(one, other, rpm=rpm) == versions.compare(other, one, rpm=rpm) == 0


@pytest.mark.parametrize(
    "installed, asked",
    [
        ("3.0.13-1~deb12u1", "3.0.13"),
        ("1:3.0.13-1", "3.0.13"),
        ("1:3.0.13-1", "3.0.13-1"),
        ("1:3.0.13-1", "1:3.0.13"),
    ],
)
def test_what_the_asked_version_does_not_name_is_not_compared(installed, asked):
    assert versions.compare(installed, asked, rpm=False) == 0
    assert not versions.meets(installed, "<", asked, rpm=False)
    assert versions.meets(installed, "<=", asked, rpm=False)


def test_alpine_has_suffixes_for_what_comes_before_and_after():
    order = ["1.2_alpha1-r0", "1.2_beta1-r0", "1.2_rc1-r0", "1.2-r0", "1.2_p1-r0", "1.2.1-r0"]
    for older, newer in itertools.pairwise(order):
        assert versions.compare(older, newer, rpm=True) == -1, (older, newer)


@pytest.mark.parametrize(
    "arch, version, rpm",
    [
        ("amd64", "1-1", False),
        ("all", "1-1.el9", False),
        ("x86_64", "1-1", True),
        ("noarch", "1-1", True),
        ("s390x", "1.2-3ubuntu0.1", False),
        ("s390x", "1.2-3.el9_4.1", True),
        (None, "1.2-3.fc40", True),
        (None, "1.2-3", False),
    ],
)
def test_the_order_is_that_of_the_package_s_sort(arch, version, rpm):
    assert versions.is_rpm(arch, version) is rpm


def test_numbers_of_any_length_are_compared():
    long = "9" * 5000
    assert versions.compare(f"1.{long}", f"1.1{long}", rpm=False) == -1
    assert versions.compare(f"1.{long}", f"1.1{long}", rpm=True) == -1


@pytest.mark.parametrize(
    "text, sign, asked, is_so",
    [
        ("6.1.0-28-amd64", "<", "6.1.0-29", True),
        ("6.1.0-28-amd64", "<", "6.1.0-28", False),
        ("6.1.0-28-amd64", ">=", "6.1", True),
        ("9.4", "<", "12", True),
        ("9.4", ">", "9", False),
        ("2.17.0", ">", "2.9", True),
    ],
)
def test_a_text_is_compared_as_far_as_the_asked_one_goes(text, sign, asked, is_so):
    assert versions.meets_text(text, sign, asked) is is_so
