"""Cursors: opaque, checked."""

import pytest

from cmdb_api.errors import Invalid
from cmdb_api.services import pages


def test_a_cursor_gives_back_what_it_was_made_of():
    assert pages.read(pages.cursor("web01", 7), str, int) == ["web01", 7]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "äöü",
        "%%%",
        pages.cursor(),
        pages.cursor(1),
        pages.cursor("a", 1, 2),
        pages.cursor("a", "b"),
        pages.cursor("a", None),
        pages.cursor("a", 2**70),
        pages.cursor("a\0", 1),
        pages.cursor("\ud800", 1),
        pages.cursor("a", float("inf")),
    ],
)
def test_what_is_no_cursor_is_an_error_of_the_request(text):
    with pytest.raises(Invalid) as caught:
        pages.read(text, str, int)
    assert "cursor" in caught.value.fields


def test_a_page_that_is_not_full_is_the_last():
    assert pages.cut([1, 2], 2, lambda row: (row,)) == ([1, 2], None)
    assert pages.cut([], 2, lambda row: (row,)) == ([], None)
    assert pages.cut([1, 2, 3], 2, lambda row: (row,)) == ([1, 2], pages.cursor(2))
