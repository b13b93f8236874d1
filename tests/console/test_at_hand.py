"""The search language on rows that are at hand means what it means in the database."""

import pytest

from cmdb_api.errors import Invalid
from cmdb_api.services.search import at_hand

ITEMS = [
    {"name": "eth0", "speed": 25000, "up": True, "ipv4": ["192.0.2.10/24", "192.0.2.11/24"]},
    {"name": "eth10", "speed": 1000, "up": False, "ipv4": []},
    {"name": "eth2", "speed": None, "up": None, "ipv4": None, "note": 'the "old" one'},
]
ROWS = at_hand.rows_of("nics", ("name", "speed", "up", "ipv4", "note"), ITEMS, order="name")


def found(query, **asked):
    page = at_hand.page(ITEMS, ROWS, query=query, limit=10, **asked)
    return [item["name"] for item in page["items"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["eth0", "eth10", "eth2"]),
        ("ETH1", ["eth10"]),
        ("192.0.2.11", ["eth0"]),
        ("name:eth?", ["eth0", "eth2"]),
        ("NOT name:eth0", ["eth10", "eth2"]),
        ("name:(eth0 OR eth2) AND NOT speed:*", ["eth2"]),
        ("speed:>=1K", ["eth0"]),
        ("speed:[1000 TO 2000]", ["eth10"]),
        ("NOT speed:25000", ["eth10", "eth2"]),
        ("up:false", ["eth10", "eth2"]),
        ("up:true", ["eth0"]),
        ("ipv4:*.11/24", ["eth0"]),
        ("NOT ipv4:*", ["eth10", "eth2"]),
        ('note:"the \\"old\\" one"', ["eth2"]),
        ("_exists_:note", ["eth2"]),
    ],
)
def test_a_search_finds_what_is_so(query, names):
    assert found(query) == names


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("name:eth0 AND sped:1", "at character 15: there is no field sped; did you mean speed?"),
        ("name:>eth0", "name is text: it is compared with : alone"),
        ("speed:fast", "a whole number is wanted"),
        ("up:maybe", "up is true or false"),
        ("disk:(name:a)", "there is no field disk"),
        ("name:(", "the search ends too early"),
    ],
)
def test_a_wrong_search_says_what_is_wrong_and_where(query, told):
    with pytest.raises(Invalid) as caught:
        found(query)
    assert told in caught.value.fields["query"][0]


def test_rows_are_ordered_as_people_do_with_nothing_last():
    assert found("", sort="name") == ["eth0", "eth2", "eth10"]
    assert found("", sort="-speed") == ["eth0", "eth10", "eth2"]
    assert found("", sort="speed") == ["eth10", "eth0", "eth2"]
    assert found("", sort="up,-name") == ["eth10", "eth0", "eth2"]
    with pytest.raises(Invalid, match="nothing spee to order by; did you mean speed"):
        found("", sort="spee")


def test_pages_have_each_row_once():
    names, cursor = [], None
    while True:
        page = at_hand.page(ITEMS, ROWS, sort="-name", limit=1, cursor=cursor)
        names += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert names == ["eth10", "eth2", "eth0"]
