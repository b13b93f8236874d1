"""Searches that people keep under a name."""

import pytest
from sqlalchemy import select

from cmdb_api.errors import NotFound
from cmdb_api.models import SavedQuery, Section
from cmdb_api.services.search import saved
from cmdb_api.services.search.readers import Reader

SAVED = "/api/v1/saved-queries"
SEARCH = "/api/v1/search"
ASSETS = "/api/v1/assets"
OLD = {
    "name": "Old disks",
    "query": "hostname:web*",
    "sort": "-hostname",
    "columns": ["hostname", "state"],
}


@pytest.fixture
def anna(make_client):
    return make_client("read", name="anna")


@pytest.fixture
def ben(make_client):
    return make_client("read", name="ben")


@pytest.fixture
def save(anna):
    """Return a function by which anna saves a search; it gives the answer."""

    def save(**more):
        answer = anna.post(SAVED, json=OLD | more)
        assert answer.status_code == 201, answer.text
        return answer

    return save


def test_a_search_is_saved_and_asked(save, anna, writer):
    for host in ("web01", "web02", "db01"):
        writer.post(ASSETS, json={"hostname": host})
    made = save(description="what we look at on Mondays")
    assert made.headers["Location"].endswith(f"{SAVED}/{made.json['id']}")
    told = anna.get(f"{SAVED}/{made.json['id']}").json
    assert {name: told[name] for name in OLD} == OLD
    assert (told["owner"], told["shared"], told["problems"]) == ("anna", False, [])
    found = anna.get(SEARCH, query_string={"saved": "old DISKS"}).json
    assert [column["name"] for column in found["columns"]] == ["hostname", "state"]
    assert [item["hostname"] for item in found["items"]] == ["web02", "web01"]
    more = {"saved": "Old disks", "query": "db01", "sort": "hostname", "columns": "rack"}
    found = anna.get(SEARCH, query_string=more).json
    assert found["items"] == [{"hostname": "db01", "rack": None}]


def test_what_is_not_shared_is_for_its_owner(save, anna, ben):
    number = save().json["id"]
    assert ben.get(SAVED).json == {"items": [], "total": 0, "next_cursor": None}
    assert ben.get(f"{SAVED}/{number}").status_code == 404
    for answer in (
        ben.patch(f"{SAVED}/{number}", json={"shared": True}, headers={"If-Match": "*"}),
        ben.delete(f"{SAVED}/{number}", headers={"If-Match": "*"}),
        ben.get(SEARCH, query_string={"saved": "Old disks"}),
    ):
        assert answer.status_code == 404
        assert "Old disks" not in answer.text.replace("no saved search Old disks", "")
    assert ben.get(SAVED, query_string={"owner": "anna"}).status_code == 403
    assert anna.get(SAVED, query_string={"owner": "anna"}).json["total"] == 1


def test_what_is_shared_is_seen_by_others_and_changed_by_its_owner(save, anna, ben):
    made = save(shared=True)
    url = f"{SAVED}/{made.json['id']}"
    assert [row["name"] for row in ben.get(SAVED).json["items"]] == ["Old disks"]
    assert ben.get(SEARCH, query_string={"saved": "old disks"}).status_code == 200
    answer = ben.patch(url, json={"query": "x"})
    assert (answer.status_code, answer.json["error"]["code"]) == (403, "forbidden")
    assert "anna" in answer.json["error"]["message"]
    assert ben.delete(url).status_code == 403
    assert anna.patch(url, json={"shared": False}).json["shared"] is False
    assert ben.get(url).status_code == 404


def test_admins_change_and_remove_what_others_saved(save, make_client):
    admin = make_client("admin", name="root")
    url = f"{SAVED}/{save().json['id']}"
    assert admin.get(SAVED).json["total"] == 0
    assert admin.get(SAVED, query_string={"owner": "anna"}).json["total"] == 1
    assert admin.patch(url, json={"name": "Disks"}).json["owner"] == "anna"
    assert admin.delete(url).status_code == 204
    assert admin.get(url).status_code == 404


def test_names_are_unique_among_ones_own_and_what_is_shared(save, anna, ben):
    save()
    answer = anna.post(SAVED, json=OLD | {"name": "OLD DISKS"})
    assert (answer.status_code, list(answer.json["error"]["fields"])) == (409, ["name"])
    assert ben.post(SAVED, json=OLD | {"shared": True}).status_code == 201
    second = save(name="another").json["id"]
    answer = anna.patch(f"{SAVED}/{second}", json={"name": "old disks", "shared": True})
    assert answer.status_code == 409
    # One's own comes before what is shared.
    anna.patch(f"{SAVED}/{second}", json={"name": "zzz"})
    listed = anna.get(SAVED).json["items"]
    assert [(row["name"], row["owner"]) for row in listed] == [
        ("Old disks", "anna"),
        ("Old disks", "ben"),
        ("zzz", "anna"),
    ]


def test_the_limited_see_their_own_alone(session, save):
    save(shared=True)
    anna = session.scalar(select(SavedQuery.owner_key))
    ben = Reader("ben", "token:0")
    assert saved.page(session, ben, limit=10)["total"] == 1
    ben = ben._replace(limited=True)
    assert saved.page(session, ben, limit=10)["total"] == 0
    assert saved.page(session, Reader("x", anna, limited=True), limit=10)["total"] == 1
    with pytest.raises(NotFound, match="there is no saved search Old disks; GET"):
        saved.find(session, ben, "Old disks")


def test_of_two_tokens_of_one_name_each_has_its_own(save, make_client, session):
    number = save().json["id"]
    other = make_client("read", name="anna")
    assert other.get(SAVED).json["total"] == 0
    assert other.get(f"{SAVED}/{number}").status_code == 404
    assert other.get(SEARCH, query_string={"saved": "Old disks"}).status_code == 404
    made = other.post(SAVED, json=OLD)
    assert (made.status_code, made.json["owner"]) == (201, "anna")


def test_the_searches_that_a_token_does_not_share_go_with_it(save, anna, ben, make_client):
    save()
    save(name="shared", shared=True)
    number = anna.get("/api/v1/accounts/me").json["token_id"]
    assert make_client("admin").delete(f"/api/v1/tokens/{number}").status_code == 204
    found = make_client("admin").get(SAVED, query_string={"owner": "anna"}).json["items"]
    assert [row["name"] for row in found] == ["shared"]
    assert ben.get(SEARCH, query_string={"saved": "shared"}).status_code == 200


def test_what_can_not_be_asked_is_not_saved(anna):
    for more, field, told in (
        ({"query": "rak:A12"}, "query", "did you mean rack"),
        ({"query": "web AND ("}, "query", "at character 10"),
        ({"sort": "-memory.totl_bytes"}, "sort", "did you mean memory.total_bytes"),
        ({"sort": "tags"}, "sort", "can't be ordered by tags"),
        ({"columns": ["memory.totl_bytes"]}, "columns", "did you mean memory.total_bytes"),
        ({"columns": ["a,b"]}, "columns.0", ""),
        ({"columns": ["hostname"] * 101}, "columns", ""),
        ({"name": " "}, "name", "blank"),
        ({"name": "\u0130" * 255}, "name", ""),
        ({"owner": "ben"}, "owner", "Unknown field"),
    ):
        answer = anna.post(SAVED, json=OLD | more)
        assert answer.status_code == 422, answer.text
        assert list(answer.json["error"]["fields"]) == [field]
        assert told in answer.json["error"]["message"]


def test_what_no_longer_fits_is_told_when_it_is_asked(anna, save, post, make_report, session):
    post(make_report("web01", {"role": [{"slot": "a", "what": "cache"}]}))
    made = save(query="role.what:cache", columns=["hostname", "role.what"], sort="role.count")
    assert anna.get(SEARCH, query_string={"saved": "Old disks"}).json["total"] == 1
    session.query(Section).filter(Section.kind == "role").delete()
    session.commit()
    answer = anna.get(SEARCH, query_string={"saved": "Old disks"})
    assert answer.status_code == 422
    assert "role.what" in answer.json["error"]["fields"]["saved"][0]
    told = anna.get(f"{SAVED}/{made.json['id']}").json
    assert any("role.what" in problem for problem in told["problems"])
    # Another part of it, given beside it, does not matter.
    more = {"saved": "Old disks", "columns": "hostname", "sort": "hostname", "query": "web01"}
    assert anna.get(SEARCH, query_string=more).json["total"] == 1


def test_an_edit_is_of_what_was_read(save, anna):
    made = save()
    url, tag = f"{SAVED}/{made.json['id']}", made.headers["ETag"]
    changed = anna.patch(url, json={"query": ""}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json["query"]) == (200, "")
    assert changed.headers["ETag"] != tag
    answer = anna.patch(url, json={"query": "x"}, headers={"If-Match": tag})
    assert answer.status_code == 412
    assert answer.json["error"]["details"]["current"]["query"] == ""
    assert anna.delete(url, headers={"If-Match": tag}).status_code == 412
    same = anna.patch(url, json={"query": ""}, headers={"If-Match": changed.headers["ETag"]})
    assert same.headers["ETag"] == changed.headers["ETag"]
    assert anna.delete(url, headers={"If-Match": changed.headers["ETag"]}).status_code == 204


def test_pages_go_on_where_they_ended(save, anna):
    for name in "cab":
        save(name=name)
    first = anna.get(SAVED, query_string={"limit": 2}).json
    assert [row["name"] for row in first["items"]] == ["a", "b"]
    rest = anna.get(SAVED, query_string={"limit": 2, "cursor": first["next_cursor"]}).json
    assert [row["name"] for row in rest["items"]] == ["c"]
    assert rest["next_cursor"] is None
    assert anna.get(SAVED, query_string={"name": "B"}).json["total"] == 1
    assert anna.get(SAVED, query_string={"cursor": "x"}).status_code == 422


def test_an_unknown_one_is_told_with_the_nearest(save, anna):
    save()
    answer = anna.get(SEARCH, query_string={"saved": "old diks"})
    assert answer.status_code == 404
    assert "did you mean Old disks?" in answer.json["error"]["message"]
    assert anna.get(f"{SAVED}/{2**70}").status_code == 404


def test_what_is_wrong_is_told_of_each_part_once(writer):
    given = {"name": "odd", "query": "rakc:A12", "sort": "hostnam"}
    error = writer.post("/api/v1/saved-queries", json=given).json["error"]
    assert set(error["fields"]) == {"query", "sort"}
    assert error["fields"]["query"][0].startswith("at character 1: ")
    assert error["message"].count("query: ") == error["message"].count("sort: ") == 1
