"""One edit of many assets: chosen, shown, done one by one."""

import re

from sqlalchemy import update

from cmdb_api.extensions import db
from cmdb_api.models import BulkEdit
from cmdb_api.models.types import now
from cmdb_api.services import bulk_edits, bulk_runs
from tests.console.conftest import Driver, log_in_client, token_of

API = "/api/v1"
FIELDS = {"state": "", "environment": "", "comment": "", "why": ""}


def test_an_edit_adds_and_takes_by_what_is_there_in_any_case():
    edit = bulk_edits.Edit({"environment": "Production"}, {"tags": ["new", "LB"]}, {"tags": ["x"]})
    known = {"environment": "production", "tags": ["lb", "X"], "services": []}
    assert edit.of(known) == {"tags": ["lb", "new"]}
    assert bulk_edits.Edit({"comment": None}, {}, {}).of({"comment": ""}) == {}


def test_chosen_assets_are_edited_in_the_browser(fresh_site, look):
    looker = look(fresh_site, "olga")
    page = looker.page
    looker.open("/assets")
    for name in ("web02", "db01"):
        page.get_by_label(f"Choose {name}", exact=True).check()
    page.get_by_role("button", name="Edit the chosen").click()
    assert page.locator("h1").inner_text() == "Edit 2 assets"
    page.get_by_label("Environment", exact=True).first.select_option("production")
    page.locator("#tags_add").fill("patched")
    page.get_by_role("button", name="Show what changes").click()
    assert page.locator("h1").inner_text() == "2 assets change"
    page.get_by_role("button", name="Change 2 assets").click()
    page.get_by_role("heading", name="What became of the edit").wait_for()
    assert "2 assets were changed." in page.locator("main").inner_text()
    client = log_in_client(fresh_site.app, "olga")
    told = client.get("/assets?query=tag:patched AND environment:production&columns=hostname").text
    assert "/assets/web02" in told and "/assets/db01" in told


def test_what_is_refused_is_told_of_each_and_nothing_else_is_lost(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    sent = _all(client, "query=hostname:*&state=any") | {"state": "offline", "why": "move"}
    made = client.post("/assets/bulk", data=sent)
    seen = client.get(made.location)
    assert seen.status_code == 200 and "Nothing is done yet" in seen.text
    assert "offline" not in client.get("/assets/web01").text.partition("<h1")[2][:200]
    done = client.post(f"{made.location}/do", data=sent, follow_redirects=True).text
    assert "old01 is retired" in done
    assert "1 asset was refused and is as it was." in done
    changes = client.get("/assets/web01/history").text
    assert "move" in changes
    # It is kept: searched, ordered, as a file, and shown among those that were made.
    assert "Nothing fits" in client.get(f"{made.location}?outcome=refused&query=hostname:web*").text
    with client.get(f"{made.location}?format=csv&outcome=refused") as file:
        told = file.text
    assert told.count("\n") == 2 and "old01,refused," in told
    done = client.get(made.location).text
    assert "<dd><bdi>offline</bdi></dd>" in done and "<dd><bdi>move</bdi></dd>" in done
    past = client.get("/assets/bulk/past?query=refused_count:1 AND actor:olga&sort=-id").text
    assert f'href="{made.location}"' in past and "State: offline; Reason: move" in past
    # Only those that were refused are edited once more, with the form as it was filled in.
    again = sent | {"step": "back", "of": made.location.rpartition("/")[2], "part": "refused"}
    form = client.post("/assets/bulk", data=again).text
    assert "Edit 1 asset<" in form and 'value="move"' in form and "/assets/old01" in form
    assert client.post(f"{made.location}/do", data=sent, follow_redirects=True).text.count(
        "this edit is done already"
    )


def test_a_name_that_is_not_known_stands_beside_its_field_before_anything_is_done(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    sent = _all(client, "query=hostname:web*")
    wrong = client.post("/assets/bulk", data=sent | {"environment": "nosuch"})
    assert wrong.status_code == 422 and "nosuch" in wrong.text
    assert 'id="environment-error"' in wrong.text
    empty = client.post("/assets/bulk", data=sent)
    assert empty.status_code == 422 and "Nothing is to change" in empty.text
    both = client.post("/assets/bulk", data=sent | {"comment": "x", "clear": "comment"})
    assert both.status_code == 422 and "Either a value" in both.text
    tag = client.post("/assets/bulk", data=sent | {"tags_add": "x" * 300})
    assert tag.status_code == 422 and 'id="tags_add-error"' in tag.text
    search = client.post("/assets/bulk", data=sent | {"search": "query=nosuch:1", "comment": "x"})
    assert search.status_code == 422 and "nosuch" in search.text


def test_an_edit_that_broke_off_goes_on_where_it_stopped(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    sent = _all(client, "query=hostname:web*") | {"comment": "counted"}
    made = client.post("/assets/bulk", data=sent).location
    number = int(made.rpartition("/")[2])
    with fresh_site.app.app_context():
        # As by a worker that was killed after the first asset.
        known = bulk_runs.one(db.session, number)
        bulk_runs.begin(db.session, number, owner=known["owner_key"])
        bulk_runs.keep(db.session, number, known["assets"][0], "web01", "same")
        db.session.commit()
    working = client.get(made).text
    assert "1 of 3 assets" in working and "Stop" in working
    told = client.get(f"{made}/progress").json
    assert (told["done"], told["count"]) == (1, 3)
    twice = client.post(f"{made}/do", data=sent, follow_redirects=True).text
    assert "being worked on already" in twice
    with fresh_site.app.app_context():
        gone = now() - bulk_runs.SILENT * 2
        db.session.execute(update(BulkEdit).values(heard_at=gone))
        db.session.commit()
    broken = client.get(made).text
    assert "Broken off" in broken and "2 assets were not looked at." in broken
    done = client.post(f"{made}/do", data=sent, follow_redirects=True).text
    assert "2 assets were changed." in done and "1 asset was so already." in done
    assert "counted" not in client.get("/assets/web01").text
    assert "counted" in client.get("/assets/web02").text


def test_an_edit_is_stopped_between_two_assets(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    sent = _all(client, "query=hostname:web*") | {"comment": "counted"}
    made = client.post("/assets/bulk", data=sent).location
    number = int(made.rpartition("/")[2])
    with fresh_site.app.app_context():
        known = bulk_runs.one(db.session, number)
        bulk_runs.begin(db.session, number, owner=known["owner_key"])
        db.session.commit()
        assert bulk_runs.keep(db.session, number, known["assets"][0], "web01", "changed")
        db.session.commit()
        client.post(f"{made}/stop", data=sent)
        assert not bulk_runs.keep(db.session, number, known["assets"][1], "web02", "changed")
        db.session.commit()
        bulk_runs.end(db.session, number)
        db.session.commit()
    stopped = client.get(made).text
    assert "Stopped, by olga" in stopped and "Go on" in stopped
    done = client.post(f"{made}/do", data=sent, follow_redirects=True).text
    assert "Done, by olga" in done and "counted" in client.get("/assets/web03").text


def test_nobody_does_the_edit_of_another(fresh_site):
    olga, anna = (log_in_client(fresh_site.app, name) for name in ("olga", "anna"))
    sent = _all(olga, "query=hostname:web*") | {"comment": "counted"}
    made = olga.post("/assets/bulk", data=sent).location
    seen = anna.get(made).text
    assert "olga made this edit and has not confirmed it." in seen and "/do" not in seen
    token = {"csrf_token": token_of(anna.get("/preferences"))}
    told = anna.post(f"{made}/do", data=token, follow_redirects=True).text
    assert "not known" in told and "counted" not in anna.get("/assets/web01").text


def _all(client, search):
    """Return what the form for all that a search finds sends, before anything is filled in."""
    page = client.get(f"/assets/bulk?all=1&{search}")
    sent = {"csrf_token": token_of(page), "part": "all", "search": search, "step": "preview"}
    return FIELDS | sent


def test_too_many_at_once_are_refused_with_what_to_do(site, monkeypatch):
    from cmdb_api.views.console import bulk

    monkeypatch.setattr(bulk, "MOST", 1)
    monkeypatch.setattr(bulk_edits, "MOST", 1)
    page = log_in_client(site.app, "olga").get("/assets/bulk?all=1").text
    assert "at most 1 are edited at once" in page
    assert 'name="step"' not in page


def test_viewers_edit_nothing(site):
    client = log_in_client(site.app, "vera")
    token = token_of(client.get("/preferences"))
    sent = FIELDS | {"csrf_token": token, "ids": "1", "state": "offline", "step": "preview"}
    assert client.post("/assets/bulk", data=sent).status_code == 403
    assert client.post("/assets/bulk/1/do", data=sent).status_code == 403
    assert client.get("/assets/bulk/past").status_code == 403


def test_assets_are_put_into_a_rack_and_what_goes_with_it_is_told_before(fresh_site):
    add = Driver(fresh_site.app, "write")
    rack = {"name": "B7", "data_centre": "FRA1", "height_u": 10}
    assert add.post(f"{API}/racks", json=rack).status_code == 201
    add.patch(f"{API}/assets/never01", json={"rack": "B7"})
    client = log_in_client(fresh_site.app, "olga")
    sent = _all(client, "query=hostname:(web01 OR web03 OR never01)")
    made = client.post("/assets/bulk", data=sent | {"rack": "FRA1 / B7"}).location
    page = client.get(made).text
    assert "2 assets change" in page and "1 asset is so already" in page
    told = page.partition("<tbody>")[2]
    # web01 leaves units 10 and 11 of A12, and its room, for B7 stands in none.
    lines = re.findall(
        r'<span class="old">(.*?)</span>.*?<span class="new">(.*?)</span>', told, re.S
    )
    texts = [tuple(re.sub("<.*?>", "", each) for each in line) for line in lines]
    assert {("A12", "FRA1 / B7"), ("Hall 2", "—"), ("10", "—"), ("2", "—")} <= {*texts}
    assert ("FRA1", "FRA1") not in texts
    assert (
        "2 assets were changed." in client.post(f"{made}/do", data=sent, follow_redirects=True).text
    )
    for name in ("web01", "web03", "never01"):
        asset = add.get(f"{API}/assets/{name}").json
        place = [asset[field] for field in ("data_centre", "room", "rack", "position_u")]
        assert place == ["FRA1", None, "B7", None], name


def test_states_that_can_not_follow_are_told_before_anything_is_done(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    sent = _all(client, "query=hostname:(web01 OR web03)") | {"state": "racked", "comment": "x"}
    page = client.get(client.post("/assets/bulk", data=sent).location).text
    assert "0 assets change" in page and "2 assets can" in page
    assert "web01 is online: it can become offline or retired" in page
    assert ">Change 0" not in page and "Back to the form" in page


def test_a_rack_of_another_room_is_refused_beside_its_field(fresh_site):
    client = log_in_client(fresh_site.app, "olga")
    sent = _all(client, "query=hostname:web01")
    wrong = client.post("/assets/bulk", data=sent | {"rack": "nosuch"})
    assert wrong.status_code == 422 and 'id="rack-error"' in wrong.text
    gone = client.post("/assets/bulk", data=sent | {"clear": "rack"}).location
    assert "1 asset changes" in client.get(gone).text


def test_a_place_that_stays_is_no_change_and_one_that_moves_takes_all_with_it():
    known = {"data_centre": "FRA1", "room": "Hall 2", "rack": "A12", "position_u": 3, "height_u": 1}
    same = {"rack": "fra1 / hall 2 / A12", "data_centre": "FRA1"}
    assert bulk_edits.Edit(same, {}, {}).of(known) == {}
    # The rack of this name in the other data centre is meant, not none at all.
    other = {"data_centre": "BER1", "rack": "A12"}
    assert bulk_edits.Edit(other, {}, {}).of(known) == other


def test_a_day_that_does_not_go_with_that_of_one_asset_is_refused_for_that_one(fresh_site):
    add = Driver(fresh_site.app, "write")
    add.patch(f"{API}/assets/db01", json={"purchased_on": "2026-03-01"})
    client = log_in_client(fresh_site.app, "olga")
    sent = _all(client, "query=hostname:(db01 OR web02)")
    both = {"purchased_on": "2026-03-01", "warranty_until": "2026-02-28"}
    wrong = client.post("/assets/bulk", data=sent | both)
    assert wrong.status_code == 422 and 'id="warranty_until-error"' in wrong.text
    made = client.post("/assets/bulk", data=sent | {"warranty_until": "2026-02-28"}).location
    done = client.post(f"{made}/do", data=sent, follow_redirects=True).text
    assert "1 asset was refused and is as it was." in done and "1 asset was changed." in done
    assert "before the purchase on 2026-03-01" in done
