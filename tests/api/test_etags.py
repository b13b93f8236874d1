"""Edits that rest on what was read: ETag and If-Match."""

import pytest

API = "/api/v1"
ASSETS = f"{API}/assets"


@pytest.fixture(params=["asset", "master"])
def thing(request, writer):
    """Return the address of something that can be edited; once an asset, once a contact."""
    if request.param == "asset":
        writer.post(ASSETS, json={"hostname": "web01", "comment": "first"})
        return f"{ASSETS}/web01", "comment"
    answer = writer.post(f"{API}/contacts", json={"name": "Team Web", "description": "first"})
    return answer.headers["Location"], "description"


def test_every_answer_that_tells_of_one_has_its_etag(writer, thing):
    place, field = thing
    shown = writer.get(place)
    assert shown.headers["ETag"] == shown.json["etag"]
    same = writer.patch(place, json={field: "first"})
    assert same.headers["ETag"] == shown.headers["ETag"]
    edited = writer.patch(place, json={field: "second"})
    assert edited.headers["ETag"] != shown.headers["ETag"]
    assert writer.get(place).headers["ETag"] == edited.headers["ETag"]


def test_a_registration_answers_its_etag(writer):
    answer = writer.post(ASSETS, json={"hostname": "web01"})
    assert answer.headers["ETag"] == answer.json["etag"]
    assert writer.get(ASSETS).json["items"][0]["etag"] == answer.json["etag"]


@pytest.mark.parametrize("form", ["{}", "W/{}", '"x", {}', "*", ' {} , "7-7"', None])
def test_an_edit_of_the_version_that_it_names_is_taken(writer, thing, form):
    place, field = thing
    tag = writer.get(place).headers["ETag"]
    headers = {} if form is None else {"If-Match": form.format(tag)}
    assert writer.patch(place, json={field: "second"}, headers=headers).status_code == 200


@pytest.mark.parametrize("tag", ["{}", "W/{}", '"1-99"', '""', "x", '"*"'])
def test_an_edit_of_another_version_is_refused_with_what_it_is_now(writer, thing, tag):
    place, field = thing
    old = writer.get(place).headers["ETag"]
    current = writer.patch(place, json={field: "second"}).headers["ETag"]
    headers = {"If-Match": tag.format(old)}
    answer = writer.patch(place, json={field: "third"}, headers=headers)
    error = answer.json["error"]
    assert (answer.status_code, error["code"]) == (412, "precondition_failed")
    assert answer.headers["ETag"] == current
    assert error["details"]["current"][field] == "second"
    assert current in error["message"]
    assert writer.get(place).json[field] == "second"
    again = writer.patch(place, json={field: "third"}, headers={"If-Match": current})
    assert again.status_code == 200


def test_an_edit_of_the_version_before_is_refused_though_it_would_change_nothing(writer, thing):
    place, field = thing
    old = writer.get(place).headers["ETag"]
    writer.patch(place, json={field: "second"})
    answer = writer.patch(place, json={field: "second"}, headers={"If-Match": old})
    assert answer.status_code == 412


def test_a_removal_and_a_step_of_life_rest_on_a_version_too(make_client, thing):
    place, field = thing
    admin, writer = make_client("admin"), make_client("write")
    old = writer.get(place).headers["ETag"]
    writer.patch(place, json={field: "second"})
    client = admin if place.startswith(ASSETS) else writer
    if client is admin:
        step = {"state": "offline"}
        answer = writer.post(f"{place}/state", json=step, headers={"If-Match": old})
        assert answer.status_code == 412
    assert client.delete(place, headers={"If-Match": old}).status_code == 412
    current = writer.get(place).headers["ETag"]
    assert client.delete(place, headers={"If-Match": current}).status_code == 204
    assert client.delete(place, headers={"If-Match": "*"}).status_code == 404


def test_a_report_is_no_edit(writer, post, make_report):
    tag = writer.post(ASSETS, json={"hostname": "web01"}).headers["ETag"]
    post(make_report("web01", {"disk": [{"slot": "1"}]}))
    assert writer.get(f"{ASSETS}/web01").headers["ETag"] == tag


def test_one_made_anew_has_another_etag(make_client):
    admin, writer = make_client("admin"), make_client("write")
    tag = writer.post(ASSETS, json={"hostname": "web00"}).headers["ETag"]
    writer.post(ASSETS, json={"hostname": "web01"})
    admin.delete(f"{ASSETS}/web00")
    assert writer.post(ASSETS, json={"hostname": "web00"}).headers["ETag"] != tag


def test_exactly_one_of_two_edits_of_one_version_wins(at_once, writer, thing):
    place, field = thing
    for turn in range(5):
        tag = writer.get(place).headers["ETag"]

        def edit(number, turn=turn, tag=tag):
            return writer.patch(
                place, json={field: f"{turn} {number}"}, headers={"If-Match": tag}
            ).status_code

        assert sorted(at_once(*[lambda n=n: edit(n) for n in range(3)])) == [200, 412, 412]


def test_edits_of_different_fields_at_once_are_both_kept_where_no_version_is_named(at_once, writer):
    writer.post(ASSETS, json={"hostname": "web01"})
    edits = {"comment": "C", "inventory_number": "7", "tags": ["a"], "purchased_on": "2026-01-31"}
    statuses = at_once(
        *[
            lambda name=name: writer.patch(f"{ASSETS}/web01", json={name: edits[name]}).status_code
            for name in edits
        ]
    )
    assert statuses == [200] * 4
    told = writer.get(f"{ASSETS}/web01").json
    assert {name: told[name] for name in edits} == edits
    changes = writer.get(f"{ASSETS}/web01/changes").json["items"]
    assert sorted(change["seq"] for change in changes) == [1, 2, 3, 4, 5]


def test_registering_a_host_that_has_reported_is_an_edit(post, make_report, writer):
    post(make_report("web01", {"disk": [{"slot": "1"}]}))
    tag = writer.get("/api/v1/assets/web01").headers["ETag"]
    writer.post("/api/v1/assets", json={"hostname": "web01", "comment": "from bert"})
    edit = {"comment": "from anna"}
    answer = writer.patch("/api/v1/assets/web01", json=edit, headers={"If-Match": tag})
    assert answer.status_code == 412


@pytest.mark.parametrize(
    ("path", "given", "edit"),
    [
        ("assets", {"hostname": "web01"}, {"comment": "x"}),
        ("tags", {"name": "web"}, {"description": "x"}),
    ],
)
def test_the_etag_of_what_was_removed_is_never_that_of_its_successor(
    make_client, path, given, edit
):
    admin = make_client("admin")
    made = admin.post(f"/api/v1/{path}", json=given)
    admin.delete(made.headers["Location"])
    again = admin.post(f"/api/v1/{path}", json=given).headers["Location"]
    answer = admin.patch(again, json=edit, headers={"If-Match": made.headers["ETag"]})
    assert answer.status_code == 412
