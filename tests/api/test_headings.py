"""What headings, days and cells of tables mean: no database."""

from datetime import date, datetime

import pytest

from cmdb_api.errors import Invalid
from cmdb_api.services.exchange import dates, headings, mapping, states, typed
from cmdb_api.services.exchange.headings import FIELDS
from cmdb_api.services.search import titles
from cmdb_api.views.console.asset_forms import AssetForm


def wide(text):
    """Return text in the wide characters that Chinese input methods write."""
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("主机名", "hostname"),
        (f" {wide('Server-Name')} ", "hostname"),
        ("机架号", "rack"),
        (wide("U") + "位", "position_u"),
        ("机柜位置", "position_u"),
        ("IDC", "data_centre"),
        ("业务线（必填）", "business_unit"),
        ("负责人*", "contacts"),
        ("购买日期", "purchased_on"),
        ("过保时间", "warranty_until"),
        ("固资号", "inventory_number"),
        ("POSITION_U", "position_u"),
        ("IP 地址", "address"),
        ("expected.disk.count", "expected.disk.count"),
        ("预期：内存容量（字节）", "expected.memory.total_bytes"),
        ("Price", None),
    ],
)
def test_a_heading_is_known_in_english_and_chinese_however_it_is_spelled(text, name):
    assert headings.named(text) == name


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_is_known_by_its_name_and_by_the_headings_of_exports(name):
    texts = (name, *(titles.title(name, language) for language in titles.LANGUAGES))
    assert {headings.named(text) for text in texts} == {name}


def test_two_columns_of_one_field_are_refused_and_both_named():
    with pytest.raises(Invalid) as error:
        mapping.decide({1: "hostname", 2: "机柜", 4: "Rack no."})
    assert 'column B "机柜" and column D "Rack no." are both rack' in error.value.message


def test_what_is_given_comes_before_what_is_guessed():
    found = mapping.decide({1: "Host", 2: "Type", 3: "Kind"}, {"Kind": "comment"})
    assert [column.field for column in found] == ["hostname", "asset_type", "comment"]
    assert [column.how for column in found] == ["heading", "heading", "given"]


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 31, 8, 30),
        date(2026, 1, 31),
        *("2026-01-31", "2026/1/31", "2026.1.31", "31.01.2026", "2026年1月31日", "20260131"),
        *(wide("2026-01-31"), "2026-01-31 00:00:00", "31/01/2026", "01/31/2026", "31 Jan 2026"),
        20260131,
    ],
)
def test_a_day_is_read_in_many_forms(value):
    assert dates.read(value) == date(2026, 1, 31)


def test_a_day_that_may_be_two_is_refused_unless_its_column_shows_the_order():
    assert dates.order("31/01/2026") == dates.DAY_FIRST
    assert dates.read("02/03/2026", {dates.DAY_FIRST}) == date(2026, 3, 2)
    assert dates.read("02/03/2026", {dates.MONTH_FIRST}) == date(2026, 2, 3)
    for orders in ((), {dates.DAY_FIRST, dates.MONTH_FIRST}):
        with pytest.raises(ValueError, match="may be 2026-03-02 or 2026-02-03"):
            dates.read("02/03/2026", orders)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-02-30", "there is no day"),
        ("1/2/26", "a year of two digits"),
        (46053, "if 2026-01-31 is meant"),
        ("soon", "is no day"),
        ("2026-01", "is no day"),
    ],
)
def test_what_is_no_day_is_told_with_why(value, told):
    with pytest.raises(ValueError, match=told):
        dates.read(value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("17", {"position_u": 17}),
        ("U17", {"position_u": 17}),
        (wide("17U"), {"position_u": 17}),
        ("17-18", {"position_u": 17, "height_u": 2}),
        ("U18~U17", {"position_u": 17, "height_u": 2}),
        ("(none)", {"position_u": None}),
        ("（无）", {"position_u": None}),
    ],
)
def test_units_of_a_rack_are_read_as_people_write_them(text, found):
    assert typed.read("position_u", text) == found


def test_lists_are_parted_by_what_people_part_them_with_but_not_within_a_known_name():
    assert typed.parted('a, b;c、d\n"e, f"') == ["a", "b", "c", "d", "e, f"]
    assert typed.parted("R&D; tests", {"r&d; tests"}) == ["R&D; tests"]


@pytest.mark.parametrize("text", ["", " \u3000", "-", "—", "N/A", "/", "无", None])
def test_a_blank_or_a_dash_leaves_what_is_declared(text):
    assert typed.is_empty("rack", text)


def test_a_dash_is_a_comment_and_a_name_with_one_is_a_name():
    assert not typed.is_empty("comment", "-")
    assert not typed.is_empty("rack", "A-1")


@pytest.mark.parametrize(
    ("word", "state"),
    [("在线", "online"), ("已上架", "racked"), ("In use", "online"), ("报废", "retired")],
)
def test_states_are_known_by_words_of_both_languages(word, state):
    assert states.read(word) == state


def test_a_word_that_is_no_state_is_told_with_the_nearest():
    with pytest.raises(ValueError, match="did you mean online"):
        states.read("onlin")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_the_form_of_an_asset_calls_a_field_is_a_heading_of_it(make_app, language):
    app = make_app("sqlite://")
    with app.test_request_context(headers={"Accept-Language": language}):
        labels = {field.short_name: str(field.label.text) for field in AssetForm(formdata=None)}
    named = {name: headings.named(labels[name]) for name in headings.FIELDS if name in labels}
    assert named == {name: name for name in named} and len(named) > 12
