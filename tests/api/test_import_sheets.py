"""A large sheet as a team keeps it: Chinese headings, merged cells, dates in three formats."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
import xlsxwriter

ASSETS, IMPORTS = "/api/v1/assets", "/api/v1/imports"
CSV = {"Content-Type": "text/csv"}
XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
HEADINGS = (
    *(
        "主机名",
        "数据中心",
        "机柜号",
        "U位",
        "运行环境",
        "业务线",
        "负责人",
        "采购日期",
        "过保时间",
    ),
    *("固资号", "状态", "备注"),
)
CREATE = "data_centre,rack,environment,business_unit,contacts"
ROWS, IN_A_RACK, FIRST = 5000, 40, 3
# {row number: (column, what stands there)} of those that can't be taken.
WRONG = {
    **{FIRST + n: ("过保时间", "2026-02-30") for n in range(10, 3500, 700)},
    **{FIRST + n: ("状态", "借出去了") for n in range(20, 3500, 700)},
    **{FIRST + n: ("U位", "顶上") for n in range(30, 3500, 700)},
    **{FIRST + n: ("主机名", "web 01") for n in range(41, 3500, 700)},
}


def day(n, later=0):
    """Return a day, or one so many days later, in one of three formats."""
    found = date(2024, 1, 1) + timedelta(days=n % 700 + later)
    spoken = f"{found.year}年{found.month}月{found.day}日"
    return (found, found.strftime("%Y/%m/%d"), spoken)[(n + later) % 3]


def rows(wrong):
    for n in range(ROWS):
        number = FIRST + n
        row = [
            *(f"web{n:04}", "北京一号", f"R{n // IN_A_RACK:03}", n % IN_A_RACK + 1),
            *("生产" if n % 2 else "测试", "电商", "王伟、李娜", day(n), day(n, 1)),
            *(f"IT-{n:05}", "在线", f"第{n}台"),
        ]
        if number in wrong:
            heading, value = wrong[number]
            row[HEADINGS.index(heading)] = value
        yield row


def sheet(wrong):
    """Return a workbook: a title over all columns, and racks merged over the rows in them."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    page, day_format = book.add_worksheet("服务器"), book.add_format({"num_format": 31})
    page.merge_range(0, 0, 0, len(HEADINGS) - 1, "2026年服务器清单")
    page.write_row(1, 0, HEADINGS)
    for n, row in enumerate(rows(wrong)):
        for at, value in enumerate(row):
            if isinstance(value, date):
                page.write_datetime(n + 2, at, value, day_format)
            elif at != 2:
                page.write(n + 2, at, value)
    for start in range(0, ROWS, IN_A_RACK):
        page.merge_range(start + 2, 2, start + IN_A_RACK + 1, 2, f"R{start // IN_A_RACK:03}")
    book.close()
    return file.getvalue()


@pytest.fixture
def import_(writer):
    """Return a function that imports a workbook."""

    def import_(data, **query):
        answer = writer.post(IMPORTS, data=data, headers=XLSX, query_string=query)
        assert answer.status_code == 201, answer.text
        return answer.json

    return import_


def test_good_rows_are_taken_and_wrong_ones_handed_back_with_reasons_by_cell(import_, writer):
    told = import_(sheet(WRONG), create=CREATE)
    counts = {"created": 4980, "changed": 0, "unchanged": 0, "failed": 20, "empty": 0}
    assert told["counts"] == {"rows": 5000} | counts
    found = {fault["row"]: (fault["heading"], fault["value"]) for fault in told["failures"]}
    assert found == WRONG
    assert writer.get(f"{ASSETS}?limit=1").json["total"] == 4980
    web = writer.get(f"{ASSETS}/web4999").json
    place = {"data_centre": "北京一号", "rack": "R124", "position_u": 40}
    assert {name: web[name] for name in place} == place
    assert web["contacts"] == ["李娜", "王伟"]
    assert web["purchased_on"] == (date(2024, 1, 1) + timedelta(days=4999 % 700)).isoformat()

    book = openpyxl.load_workbook(io.BytesIO(writer.get(f"{IMPORTS}/{told['id']}/failed").data))
    page = book.active
    assert [cell.value for cell in page[1]] == [*HEADINGS, "未导入原因"]
    places = {row[0].row: row for row in page.iter_rows(min_row=2)}
    assert len(places) == 20
    for (number, (heading, value)), cells in zip(
        sorted(WRONG.items()), places.values(), strict=True
    ):
        at = HEADINGS.index(heading)
        assert (cells[at].value, bool(cells[at].comment)) == (value, True)
        assert cells[at].fill.fgColor.rgb == "FFFFC7CE"
        assert cells[-1].value.startswith(f"{heading}: ")
        good = list(rows({}))[number - FIRST][at]
        cells[at].value = good
    file = io.BytesIO()
    book.save(file)
    again = import_(file.getvalue(), create=CREATE)
    assert again["counts"] == {"rows": 20, "created": 20} | dict.fromkeys(
        ("changed", "unchanged", "failed", "empty"), 0
    )
    assert import_(sheet({}))["counts"]["unchanged"] == 5000


def test_with_mode_all_one_wrong_row_of_5000_keeps_all_from_being_taken(writer):
    lines = [f"web{n:04},FRA1,R1,IT-{n:05}" for n in range(ROWS)]
    lines[2500] = "web 2500,FRA1,R1,IT-02500"
    data = "\n".join(["hostname,data_centre,rack,inventory_number", *lines]).encode()
    query = {"mode": "all", "create": "rack"}
    writer.post("/api/v1/data-centres", json={"name": "FRA1"})
    told = writer.post(IMPORTS, data=data, headers=CSV, query_string=query).json
    counts = told["counts"]
    assert (told["applied"], counts["failed"], counts["created"]) == (False, 1, 4999)
    assert writer.get(ASSETS).json["total"] == writer.get("/api/v1/racks").json["total"] == 0
    assert writer.get(f"{IMPORTS}/{told['id']}").json == told
