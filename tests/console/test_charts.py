"""What charts are drawn of: numbers in, places and sizes out."""

import pytest

from cmdb_api.views.console import charts


@pytest.fixture(autouse=True)
def _language(site):
    with site.app.test_request_context():
        yield


def test_the_most_frequent_values_are_bars_and_the_others_are_summed():
    counts = {f"v{n}": n for n in range(1, 11)} | {None: 99}
    shown, others, others_count = charts.bars(counts, link=lambda value: f"/{value}")
    assert [bar.count for bar in shown] == [10, 9, 8, 7, 6, 5, 4, 3]
    assert (others, others_count) == (2, 3)
    assert shown[0].share == 100 and shown[-1].share == 30
    assert shown[0].url == "/v10"


def test_of_nothing_there_are_no_bars():
    assert charts.bars({None: 3}) == ([], 0, 0)
    assert charts.over_time([]).columns == []
    assert charts.over_time([("a", (0, 0))]).columns[0].parts == ((120, 0), (120, 0))


def test_parts_stand_on_each_other_from_the_bottom():
    drawing = charts.over_time([("a", (3, 1)), ("b", (2, 0))])
    (first, second) = drawing.columns
    assert first.parts == ((30, 90), (0, 30))
    assert second.parts == ((60, 60), (60, 0))
    assert (drawing.most, drawing.sums) == (4, (5, 1))
    assert first.x + first.width <= second.x


def test_what_is_there_at_all_is_seen():
    columns = charts.over_time([("a", (1, 0)), ("b", (1_000_000, 0))]).columns
    assert columns[0].parts[0][1] == 1.5
