"""The second sheet of a spreadsheet: what the first one holds, in the reader's language."""

from cmdb_api.services.search import titles
from cmdb_api.version import VERSION

# Of the sheet itself: raised where its columns come to mean something else.
SCHEMA = 1
ASSETS = {titles.EN: "Assets", titles.ZH: "资产"}
_NAME = {titles.EN: "About", titles.ZH: "说明"}
_ENGLISH = (
    *("Exported by", "Made at (UTC)", "By", "Search", "State", "Standing", "Sorted by", "Assets"),
    *("Schema", "all", "all but retired", "registered, accepted", "hostname"),
    *("Columns", "Heading", "Name", "Type", "Unit"),
    "Times are UTC. A list has commas; what has a comma itself stands in quotes.",
    "Cells that were cut, and how many characters their values have",
)
_CHINESE = (
    *("导出程序", "导出时间（UTC）", "导出人", "查询", "状态", "登记情况", "排序", "资产数"),
    *("格式版本", "全部", "除已退役外全部", "已登记、已接受", "主机名"),
    *("列", "表头", "字段名", "类型", "单位"),
    "时间均为UTC。一格内多个值以逗号分隔，自身含逗号的值加引号。",
    "被截断的单元格及其原有字符数",
)
_WORDS = {titles.EN: _ENGLISH, titles.ZH: _CHINESE}


def sheet(columns, headings, wanted, *, language, at, count, cut):
    """
    Return the name and the rows of the sheet; a row of one cell is a heading.

    ``wanted`` is what was asked for; ``cut`` are texts on cells that were cut.
    """

    def say(word):
        return _WORDS[language][_ENGLISH.index(word)]

    def listed(name, otherwise):
        return ", ".join(wanted.get(name) or ()) or say(otherwise)

    told = [
        (say("Exported by"), f"salt-cmdb {VERSION}"),
        (say("Made at (UTC)"), at),
        (say("By"), wanted["actor"]),
        (say("Search"), wanted.get("query") or say("all")),
        (say("State"), listed("state", "all but retired")),
        (say("Standing"), listed("standing", "registered, accepted")),
        (say("Sorted by"), wanted.get("sort") or say("hostname")),
        (say("Assets"), count),
        (say("Schema"), SCHEMA),
        (),
        (say("Columns"),),
        (say("Heading"), say("Name"), say("Type"), say("Unit")),
    ]
    for column, heading in zip(columns, headings, strict=True):
        told.append((heading, column.name, column.type, column.unit))
    told += [(), (say(_ENGLISH[-2]), None)]
    if cut:
        told += [(), (say(_ENGLISH[-1]),), *((text, None) for text in cut)]
    return _NAME[language], told
