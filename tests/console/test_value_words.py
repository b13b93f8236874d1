"""The words that hosts report of states are said in the page's language; files keep them."""

import re
from pathlib import Path

import pytest

from cmdb_api import settings_told
from cmdb_api.services.quarantine import KINDS
from cmdb_api.views.console import (
    change_lines,
    components,
    difference_rows,
    fault_words,
    formats,
    value_words,
)
from tests.console import richhost
from tests.console.conftest import log_in_client

DOCUMENT = Path(__file__).parents[2] / "docs/collectors.md"
ROW = re.compile(r"^\| `(\w+)` \| str \| (.*) \|$", re.M)
CHINESE_HEAD = {"Accept-Language": "zh-CN"}


@pytest.fixture
def in_chinese(site):
    """Speak Chinese, as on a page."""
    with site.app.test_request_context(headers=CHINESE_HEAD):
        yield


def documented():
    """Return (field, word) of each word that docs/collectors.md lists of such a field."""
    return {
        (name, word)
        for name, told in ROW.findall(DOCUMENT.read_text("utf-8"))
        if name in value_words.FIELDS
        for word in re.findall(r'"([^"]+)"', told)
    }


def test_every_documented_word_is_said_in_chinese(in_chinese):
    known = documented()
    assert {("state", "degraded"), ("health", "unhealthy"), ("write_cache", "write back")} <= known
    assert {name for name, _word in known} == value_words.FIELDS
    assert sorted(word for name, word in known if word.lower() not in value_words.WORDS) == []
    for name, word in known:
        shown = formats.field(word, name, "raid_volume")
        assert re.search("[\u4e00-\u9fff]", shown) or word.upper() in shown, (name, word)


def test_such_fields_are_text_of_ours():
    known = {name for fields in KINDS.values() for name in fields}
    assert known >= value_words.FIELDS


def test_what_hosts_say_otherwise_stays_as_it_is(in_chinese, site):
    for name, word in (("state", "Partially <b>"), ("name", "failed"), ("model", "online")):
        assert formats.field(word, name, "raid_disk") == formats.text(word)
    # What people declare has states of its own.
    assert formats.field("online", "state", "asset") == "online"
    with site.app.test_request_context(headers={"Accept-Language": "en"}):
        assert formats.field("Non-critical", "state", "psu") == "Non-critical"


def test_a_badge_keeps_its_look_and_the_word_that_searches_know(in_chinese):
    shown = components.cell({"state": "Degraded"}, "state", "raid_volume")
    assert "text-bg-danger" in shown and 'title="Degraded"' in shown and ">降级<" in shown


def test_a_change_is_told_in_those_words(in_chinese):
    rows = [{"field": "state", "old": "optimal", "new": "degraded"}]
    change = {"kind": "raid_volume", "place": "c0:v1", "action": "changed", "changes": rows}
    change |= {"before": None, "after": None, "fields": ["state"]}
    assert "正常 → 降级" in change_lines.plain(change)
    assert "正常 → 降级" in difference_rows.in_words(change)


def test_a_fault_is_told_in_words_whatever_it_is(in_chinese):
    for fault, said in (
        ("raid_volume c0:v1: lacks 2", "RAID 卷 c0:v1: 缺少 2"),
        ("smart 0:1:0 (EXAMPLE): failure foreseen", "硬盘 SMART 0:1:0 (EXAMPLE): 预计将发生故障"),
        ("raid_disk 0:1 (A: B): failed", "RAID 卡下的硬盘 0:1 (A: B): 故障"),
        ("c0: battery degraded", "c0: 电池状态 降级"),
        ("ups <u>: on fire", "ups <u>: on fire"),
        ("no colon", "no colon"),
    ):
        assert fault_words.spoken(fault) == said
    assert fault_words.shown(["ups <u>: x"]) == "ups &lt;u&gt;: x"


def test_pages_of_an_asset_say_them_and_its_files_keep_them(fresh_site):
    richhost.build(fresh_site.app)
    client = log_in_client(fresh_site.app, "vera")
    page = client.get("/assets/box01/components", headers=CHINESE_HEAD).text
    assert ">严重<" in page and ">Critical<" not in page
    page = client.get("/assets/box01/components/psu", headers=CHINESE_HEAD).text
    assert ">严重<" in page
    with client.get("/assets/box01/components/psu?format=csv", headers=CHINESE_HEAD) as file:
        assert "Critical" in file.text and "严重" not in file.text
    query = "/assets?query=psu.state:critical&columns=hostname,psu.state,faults"
    found = client.get(query, headers=CHINESE_HEAD).text
    assert "box01" in found and 'title="Critical">严重<' in found
    assert "电源 PSU2 (EXAMPLE-P2): 严重" in found
    with client.get(f"{query}&format=csv", headers=CHINESE_HEAD) as file:
        assert "psu PSU2 (EXAMPLE-P2): Critical" in file.text and "严重" not in file.text
    assert "Power supply PSU2 (EXAMPLE-P2): Critical" in client.get(query).text


def test_settings_are_described_in_the_language_of_the_page(site):
    client = log_in_client(site.app, "anna")
    page = client.get("/admin/settings", headers=CHINESE_HEAD).text
    for about in set(settings_told.comments().values()):
        assert formats.escape(about) not in page
    assert "request body" in client.get("/admin/settings").text
    for query in ("请求体", "request body as it arrives"):
        found = client.get("/admin/settings", query_string={"q": query}, headers=CHINESE_HEAD).text
        assert "MAX_CONTENT_LENGTH" in found and "MASTER_SECRET" not in found
