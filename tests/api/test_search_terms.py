"""How a search is read, before any database is asked."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmdb_api.errors import Invalid
from cmdb_api.services.search import grammar, networks, wanted
from cmdb_api.services.search.spelling import hidden, shown


def only(text):
    """Return (field, [(sign, text)]) of a search that is one term."""
    term = grammar.read(text)
    return term.field, [(one.sign, one.text) for one in term.all_wanted]


@pytest.mark.parametrize(
    "text, field, value",
    [
        ("address:2001:db8::1", "address", "2001:db8::1"),
        ("address:fe80::1/64", "address", "fe80::1/64"),
        ("2001:db8::1", None, "2001:db8::1"),
        ("::1", None, "::1"),
        ("::ffff:192.0.2.7", None, "::ffff:192.0.2.7"),
        ("00:00:5e:00:53:01", None, "00:00:5e:00:53:01"),
        ("00:00:5e:*", None, "00:00:5e:*"),
        ("nic.mac:00:00:5e:00:53:01", "nic.mac", "00:00:5e:00:53:01"),
        ("a:/var/log", "a", "/var/log"),
        ("a:-5", "a", "-5"),
        ("a:x:y", "a", "x:y"),
        ("package.g++:1", "package.g++", "1"),
        ('package."g++":1', 'package."g++"', "1"),
        (r"package.g\+\+:1", "package.g++", "1"),
        ("package.a:1:2~rc3-4^5", "package.a", "1:2~rc3-4^5"),
        (r'a:"say \"x\" c:\new \\"', "a", 'say "x" c:\\new \\'),
        (r"a:c\:d", "a", "c:d"),
        (r"a:x\*", "a", "x*"),
        (r"a:c\new", "a", r"c\new"),
        ("TO", None, "TO"),
    ],
)
def test_a_value_is_taken_as_it_is_written(text, field, value):
    assert only(text) == (field, [("=", value)])


@pytest.mark.parametrize(
    "text, ends",
    [
        ("a:<2026-11-22T10:00:00+01:00", [("<", "2026-11-22T10:00:00+01:00")]),
        ("a:>=-5", [(">=", "-5")]),
        ("a:[1 TO 2]", [(">=", "1"), ("<=", "2")]),
        ("a:{1 TO 2]", [(">", "1"), ("<=", "2")]),
        ("a:[-5 TO *]", [(">=", "-5")]),
        ("a:[* TO *]", [("=", "*")]),
        ('a:["1 x" TO now+1d]', [(">=", "1 x"), ("<=", "now+1d")]),
        ("a:[2026-11-22T10:00:00Z TO 2026-11-22T11:00Z}", [(">=", "2026-11-22T10:00:00Z")]),
        ("a:<1:2~3", [("<", "1:2~3")]),
    ],
)
def test_comparisons_and_ranges_are_read(text, ends):
    assert only(text)[1][: len(ends)] == ends


@given(st.text(alphabet=':~^/+-"\\ab1.()[]{} <>*T!', max_size=20))
def test_hiding_moves_nothing(text):
    masked = hidden(text)
    assert len(masked) == len(text) and shown(masked) == text


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        grammar.read(text)
    except Invalid as error:
        assert error.fields.keys() == {"query"}


@pytest.mark.parametrize(
    "pattern, fits, fits_not",
    [
        ("6.1*", ["6.1", "6.10-1"], ["6.", "5.6.1"]),
        ("a?c", ["abc", "ABC"], ["ac", "abbc"]),
        (r"a\*c*", ["a*c", "A*CD"], ["abc"]),
        ("a[b]*", ["a[b]c"], ["abc"]),
        ("100%*", ["100%", "100%x"], ["1000"]),
        ("a_*", ["a_b"], ["abb"]),
    ],
)
def test_a_pattern_fits_text_as_the_database_has_it(pattern, fits, fits_not):
    one = wanted.plain(pattern)
    assert [text for text in fits if not one.fits(text)] == []
    assert [text for text in fits_not if one.fits(text)] == []


@given(st.integers(0, 2**128 - 1), st.integers(0, 128), st.integers(0, 2**128 - 1))
def test_all_addresses_of_a_network_begin_as_it_does(number, length, other):
    network = ipaddress.ip_network((number, length), strict=False)
    first = int(network.network_address)
    address = ipaddress.ip_address(first | (other & int(network.hostmask)))
    assert str(address).startswith(networks.start(network))


@given(st.integers(0, 2**32 - 1), st.integers(0, 32), st.integers(0, 2**32 - 1))
def test_and_so_do_those_of_an_old_one(number, length, other):
    network = ipaddress.IPv4Network((number, length), strict=False)
    address = ipaddress.IPv4Address(int(network.network_address) | (other & int(network.hostmask)))
    assert str(address).startswith(networks.start(network))
