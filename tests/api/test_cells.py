"""Values in cells: what is written is read again, and no text is a formula."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cmdb_api.errors import Invalid
from cmdb_api.services.exchange import cells, csv_writer, lines_writer, sheet_writer
from cmdb_api.services.search import columns
from cmdb_api.services.search.columns import DAY, FLAG, LIST, MOMENT, NUMBER, TEXT, Column

# What the record holds: no NUL, no half of a pair.
ANY = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
TEXTS = st.text(ANY) | st.text(st.sampled_from("'=+-@\t\r\n ,;\"_x005F<r>/a"), max_size=12)
FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", "''@x", "＝1", "007"]  # noqa: RUF001
LONG = date(1, 1, 1), date(1899, 12, 31), date(1900, 2, 28), date(1900, 3, 1), date(9999, 12, 31)
VALUES = {
    TEXT: TEXTS | st.sampled_from([*FORMULAS, "<r><t>x</t></r>", "_x0041_", "a\x1bb\r\n"]),
    LIST: st.lists(TEXTS, max_size=5),
    NUMBER: st.integers(-(2**63), 2**63 - 1),
    FLAG: st.booleans(),
    DAY: st.dates() | st.sampled_from(LONG),
    MOMENT: st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
}
ROWS = st.lists(st.tuples(*(st.none() | VALUES[type_] for type_ in columns.TYPES)), max_size=4)
COLUMNS = [Column(f"a_{type_}", type_, type_) for type_ in columns.TYPES]
HEADINGS = [column.title for column in COLUMNS]


def kept(value):
    """Return a value as it is read again."""
    if isinstance(value, datetime):
        return value - timedelta(microseconds=value.microsecond % 1000)
    return None if value in ("", []) else value


def read(row):
    pairs = zip(row, columns.TYPES, strict=True)
    return tuple(cells.from_cell(cell, type_) for cell, type_ in pairs)


def sheet(rows, headings=HEADINGS, chosen=COLUMNS, **more):
    """Return the book that holds these rows."""
    file = io.BytesIO()
    about = {"about": lambda count, cut: ("About", [(str(count),), *((text,) for text in cut)])}
    count = sheet_writer.write(file, chosen, headings, rows, name="Assets", **about | more)
    assert count == len(rows)
    return openpyxl.load_workbook(file)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_what_a_sheet_has_of_a_value_is_that_value(rows):
    made = sheet(rows)["Assets"]
    found = [*made.iter_rows(2, len(rows) + 1, max_col=len(COLUMNS))] if rows else []
    plain = [
        [cells.unescaped(c.value) if isinstance(c.value, str) else c.value for c in row]
        for row in found
    ]
    assert [read(row) for row in plain] == [tuple(map(kept, row)) for row in rows]
    assert not any(cell.data_type in ("f", "e") for row in found for cell in row)


@settings(max_examples=150, deadline=None)
@given(ROWS, st.sampled_from(list(csv_writer.SEPARATORS)), st.booleans())
def test_what_csv_has_of_a_value_is_that_value(rows, separator, bom):
    file = io.BytesIO()
    assert csv_writer.write(file, HEADINGS, rows, bom=bom, separator=separator) == len(rows)
    assert file.getvalue().startswith(b"\xef\xbb\xbf") is bom
    text = io.StringIO(file.getvalue().decode("utf-8-sig"), newline="")
    heads, *found = csv.reader(text, delimiter=csv_writer.SEPARATORS[separator], strict=True)
    assert heads == HEADINGS
    assert [read(row) for row in found] == [tuple(map(kept, row)) for row in rows]


@settings(max_examples=100)
@given(st.lists(st.dictionaries(TEXTS, VALUES[TEXT] | VALUES[LIST] | VALUES[NUMBER])))
def test_a_line_is_a_record_whatever_it_holds(records):
    file = io.BytesIO()
    assert lines_writer.write(file, records) == len(records)
    assert [json.loads(line) for line in file.getvalue().splitlines()] == records


@pytest.mark.parametrize("text", FORMULAS[:-1])
def test_no_text_is_a_formula(text):
    assert cells.to_text(text) == f"'{text}"
    assert cells.to_text([text, "x"])[0] in "'\""
    cell = sheet([[text]], ["Comment"], [Column("comment", "Comment", TEXT)])["Assets"]["A2"]
    assert cell.data_type == "s"
    assert cell.value.lstrip("'") == cells.unescaped(text).lstrip("'").replace("\r", "_x000D_")


def test_numbers_and_words_stay_as_they_are():
    assert [cells.to_text(value) for value in (-5, True, None, "a-b", "it's", "'x")] == [
        *("-5", "true", "", "a-b", "it's", "'x"),
    ]


def test_a_list_keeps_its_commas_and_quotes():
    texts = ["a, b", 'say "hi"', "plain", "", " c"]
    assert cells.joined(texts) == '"a, b", "say ""hi""", plain, "", " c"'
    assert cells.split("a,b ,  c") == ["a", "b", "c"]
    with pytest.raises(ValueError, match="quotes"):
        cells.split('a, "b" c, d')


def test_what_a_cell_does_not_hold_is_marked_and_told_and_never_read_again():
    text = "ä😀" * 20_000
    book = sheet([["web01"], [text]], ["Comment"], [Column("comment", "Comment", TEXT)])
    value = book["Assets"]["A3"].value
    assert value.endswith("… [cut: 40000 characters]")
    assert value[:30] == text[:30]
    assert len(value.encode("utf-16-le")) // 2 <= cells.LONGEST
    assert book["About"]["A2"].value == "Comment, row 3: 40000"
    with pytest.raises(ValueError, match="not whole"):
        cells.from_cell(value, TEXT)


def test_more_rows_than_a_sheet_has_are_refused():
    with pytest.raises(Invalid, match="more than 2 assets"):
        sheet([["a"], ["b"], ["c"]], ["Comment"], [Column("comment", "Comment", TEXT)], most=2)


@pytest.mark.parametrize(
    ("cell", "type_"),
    [("x", NUMBER), (1.5, NUMBER), (True, NUMBER), ("x", FLAG), (2, FLAG), ("31.1.", DAY)],
)
def test_what_is_no_value_of_a_type_is_told(cell, type_):
    with pytest.raises(ValueError):
        cells.from_cell(cell, type_)


def test_a_number_in_a_column_of_text_is_its_digits():
    assert [cells.from_cell(cell, TEXT) for cell in (4711, 4711.0, 0.5)] == ["4711", "4711", "0.5"]
