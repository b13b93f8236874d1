"""What services say is Chinese on Chinese pages, and values in it stay what they are."""

import re
from contextlib import contextmanager

import pytest
from markupsafe import escape

from cmdb_api.views.console import messages
from tests.console.conftest import log_in_client, token_of
from tools import messages as catalogue

HOSTILE = "<script>alert(1)</script> {0} {{7*7}} ‮ %s; did you mean"
# Words that a sentence of services has in English, and nothing else on a page.
ENGLISH = re.compile(
    r"there is no|did you mean|is wanted|Not a valid|Must be|must be|Missing data|Given:|"
    r"is not |it is |cannot|can't|ask for|lists them|at character"
)


@contextmanager
def chinese(app):
    """Speak Chinese, as a page does."""
    with app.test_request_context(headers={"Cookie": "cmdb_language=zh"}):
        yield


def test_every_message_of_services_is_in_chinese():
    known = catalogue.catalog()
    missing = sorted(text for text in catalogue.extracted() if not known.get(text))
    assert not missing, f"make translations, then translate these: {missing}"


def test_no_message_is_kept_that_no_service_says():
    assert sorted(set(catalogue.catalog()) - catalogue.extracted()) == []


def test_translations_have_only_places_that_their_message_has():
    wrong = [
        text
        for text, said in catalogue.catalog().items()
        if not set(re.findall(r"\{(\d)(?:!\w)?\}", said)) <= set(re.findall(r"\{(\d)\}", text))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("english", "told"),
    [
        (
            "there is no asset web01; did you mean web02 or web03?",
            "没有资产 web01；您要找的是 web02、web03 吗？",
        ),
        ("there is no business unit a b", "没有业务单元 a b"),
        ("there is no data centre X; did you mean FRA1?", "没有数据中心 X；您要找的是 FRA1 吗？"),
        ("business_unit: there is no business unit Nope", "业务单元：没有业务单元 Nope"),
        ("there is no tag with id 10", "没有 id 为 10 的标签"),
        ("query: at character 5: a value is wanted", "第 5 个字符处：需要一个值"),
        ('limit: Not a valid integer. Given: "x"', '不是有效的整数。收到的值："x"'),
        ("Unknown field; did you mean rack?", "未知字段；您要找的是 rack 吗？"),
        ("web01 is retired: it can become planned, not online", "可以变为 计划中，而不是 在用"),
        (
            "name: Missing data for required field.; rack: there is no rack with id 7",
            "此项必填；机柜：没有 id 为 7 的机柜",
        ),
        ("Must be greater than or equal to 1 and less than or equal to 500.", "1 到 500 之间"),
    ],
)
def test_messages_within_messages_are_translated_too(site, english, told):
    with chinese(site.app):
        assert told in messages.say(english)


def test_pages_in_english_say_what_services_say(site):
    with site.app.test_request_context(headers={"Cookie": "cmdb_language=en"}):
        text = "there is no asset web01; did you mean web02?"
        assert messages.say(text) == text


def test_what_no_service_says_stays_as_it_is(site):
    with chinese(site.app):
        for text in ("", "web01", "a word: of its own", "没有", HOSTILE, "{0}{1}" * 9):
            assert messages.say(text) == text


def test_values_in_messages_stay_what_they_are(site):
    with chinese(site.app):
        for value in ("rack", "offline", HOSTILE, "x" * 4096, "(: ; " * 800, "there is no "):
            told = messages.say(f"there is no account with id {value}")
            assert told == f"没有 id 为 {value} 的账户"


WRONG = (
    "/assets?query=foo:",
    "/assets?query=nosuch:1",
    "/assets?query=stat:online",
    "/assets?query=(rack:A12",
    '/assets?query="open',
    "/assets?query=purchased_on:>never",
    "/assets?query=memory.total_bytes:>much",
    "/assets?query=disk.nosuch:1",
    "/assets?query=name^2",
    "/assets?query=state:floating",
    "/assets?sort=nosuch",
    "/assets?columns=hostname,nosuch",
    "/assets?limit=many",
    "/assets?limit=0",
    "/assets?cursor=nonsense",
    "/changes?since=yesterdayish",
    "/changes?limit=x",
    "/findings?kind=nosuch",
    "/audit?since=never",
    "/audit?query=nosuch:1",
    "/parts?serial=*",
    "/assets/nosuch-host",
    "/assets/nosuch-host/edit",
    "/findings/999999",
    "/nothing/here",
    "/exchange/999999",
    "/master/nosuch",
    "/compare?left=nosuch&right=nosuch2",
)


@pytest.fixture(scope="module")
def client(site):
    client = log_in_client(site.app, "anna")
    client.set_cookie("cmdb_language", "zh")
    return client


@pytest.mark.parametrize("path", WRONG)
def test_a_wrong_address_is_told_of_in_chinese(client, path):
    page = client.get(path)
    assert page.status_code < 500
    told = _told(page.text)
    assert told, "the page tells of nothing wrong"
    assert not ENGLISH.search(told), told


def test_hostile_values_are_shown_as_text_in_chinese(client):
    page = client.get("/assets", query_string={"query": '"' + HOSTILE + '":1 nosuch<b>:1'})
    assert "<script>alert" not in page.text
    page = client.get("/findings", query_string={"kind": HOSTILE, "limit": HOSTILE})
    assert "<script>alert" not in page.text
    assert str(escape("<script>alert(1)")) in page.text


def test_a_wrong_form_is_told_of_in_chinese(client):
    token = token_of(client.get("/assets/register"))
    for form in ({"hostname": "a b"}, {"hostname": "."}, {"hostname": "ok1", "position_u": "9"}):
        answer = client.post("/assets/register", data={"csrf_token": token, **form})
        assert answer.status_code == 422
        assert not ENGLISH.search(_told(answer.text)), _told(answer.text)


def _told(page):
    """Return what a page says is wrong."""
    marked = r'(?s)<(div|p)[^>]*(?:class="[^"]*(?:alert|wrong)|role="alert")[^>]*>(.*?)</\1>'
    found = re.findall(marked, page)
    main = "".join(text for _tag, text in found) or re.sub(r"(?s).*<main[^>]*>|</main>.*", "", page)
    return re.sub(r"<[^>]*>", " ", re.sub(r"<code.*?</code>", "", main, flags=re.S))
