"""Old changes go, and what is told of the time since is right."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, update

from cmdb_api import cli
from cmdb_api.models import Change, ImportUpload
from cmdb_api.models.types import now
from cmdb_api.services import carriers, retention, times
from cmdb_api.services.exchange import uploads
from tests.machines import machine
from tests.reports import MASTER_SECRET, make_report

ASSET = "/api/v1/assets/web01"
DAY_MS = 24 * 3600 * 1000


def ago(days):
    return times.text(datetime.now(UTC) - timedelta(days=days))


@pytest.fixture
def prune(database_url):
    """Return a function that runs ``cmdb prune`` and gives its result."""

    def prune(*args, **settings):
        env = {
            "SECRET_KEY": "an example secret key",
            "MASTER_SECRET": MASTER_SECRET,
            "SQLALCHEMY_DATABASE_URI": database_url,
        } | settings
        env = {f"CMDB_{name}": value for name, value in env.items()}
        return CliRunner().invoke(cli.cmdb, ["prune", *args], env=env)

    return prune


@pytest.fixture
def sizes(post):
    """Let web01 report a disk of 1 to 5 bytes, 50 days ago to 10 days ago."""
    for size in range(1, 6):
        items = [{"slot": "1", "size_bytes": size}]
        post(make_report(sections={"disk": items}, age_ms=(60 - size * 10) * DAY_MS))


def size(reader, days):
    answer = reader.get(ASSET, query_string={"at": ago(days)})
    assert answer.status_code == 200, answer.text
    return answer.json["components"]["disk"][0]["fields"]["size_bytes"]


def count(session):
    session.rollback()
    return session.scalar(select(func.count()).select_from(Change))


def test_what_is_older_goes_and_past_states_since_then_are_right(sizes, reader, prune, session):
    before = [size(reader, days) for days in (24, 15, 5)]
    result = prune("--older-than", "25d")
    assert (result.exit_code, result.stdout.split()[0]) == (0, "3")
    assert count(session) == 2
    assert [size(reader, days) for days in (24, 15, 5)] == before == [3, 4, 5]


def test_a_time_before_the_horizon_is_refused_with_since_when_history_is_kept(sizes, reader, prune):
    prune("--older-than", "25d")
    for path in (
        f"{ASSET}?at={ago(26)}",
        f"{ASSET}/diff?from={ago(26)}",
        f"/api/v1/diff?left=web01&right=web01&at={ago(26)}",
    ):
        answer = reader.get(path)
        assert answer.status_code == 422
        (texts,) = answer.json["error"]["fields"].values()
        assert texts[0].startswith(f"history is kept since {ago(25)[:10]}")


def test_lists_of_changes_say_from_when_on_they_are_whole(sizes, reader, prune):
    paths = [
        *("/api/v1/changes?since=60d", "/api/v1/changes?since=1d&limit=1"),
        *("/api/v1/changes/groups?since=30d", f"{ASSET}/changes"),
    ]
    assert [reader.get(path).json["pruned_before"] for path in paths] == [None] * 4
    prune("--older-than", "25d")
    told = {reader.get(path).json["pruned_before"] for path in paths}
    assert len(told) == 1
    assert told.pop()[:10] == ago(25)[:10]


def test_a_kind_of_which_no_change_is_kept_is_known_still(sizes, reader, prune, session):
    prune("--older-than", "5d")
    assert count(session) == 0
    assert size(reader, 4) == 5
    assert reader.get(f"{ASSET}?at={ago(4)}").json["unknown"] == []


def test_an_asset_that_came_after_the_horizon_was_not_known_before(sizes, reader, prune, writer):
    prune("--older-than", "25d")
    writer.post("/api/v1/assets", json={"hostname": "web02"})
    answer = reader.get(f"/api/v1/assets/web02?at={ago(5)}")
    assert "web02 was not known then" in answer.json["error"]["message"]


def test_what_was_declared_is_right_in_the_kept_time(sizes, reader, prune, writer):
    writer.patch(ASSET, json={"comment": "now"})
    prune("--older-than", "25d")
    then = reader.get(f"{ASSET}?at={ago(5)}").json
    assert then["comment"] is None
    assert reader.get(ASSET).json["comment"] == "now"


def test_the_horizon_only_moves_on(sizes, reader, prune):
    prune("--older-than", "15d")
    prune("--older-than", "45d")
    assert reader.get(f"{ASSET}?at={ago(20)}").status_code == 422
    assert reader.get(f"{ASSET}?at={ago(14)}").status_code == 200


def test_a_dry_run_counts_only(sizes, prune, session, reader):
    result = prune("--older-than", "25d", "--dry-run")
    assert result.stdout.startswith("3 changes are from before")
    assert count(session) == 5
    assert reader.get(f"{ASSET}?at={ago(45)}").status_code == 200


def test_many_changes_go_a_bounded_number_at_a_time(sizes, prune, session, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    assert prune("--older-than", "5d").stdout.startswith("5 changes")
    assert count(session) == 0


def test_the_setting_says_how_long_changes_are_kept(sizes, prune, reader):
    assert prune(HISTORY_DAYS="25").exit_code == 0
    assert len(reader.get("/api/v1/changes").json["items"]) == 2


def test_nothing_goes_where_all_is_to_be_kept(sizes, prune, session):
    result = prune()
    assert result.exit_code == 0
    assert "HISTORY_DAYS is 0" in result.stderr
    assert count(session) == 5


@pytest.mark.parametrize("text", ["0d", "400", "soon"])
def test_what_is_no_length_of_time_is_refused(prune, text):
    assert prune("--older-than", text).exit_code == 2


def test_a_change_that_is_gone_is_told_so(sizes, prune, reader):
    prune("--older-than", "25d")
    answer = reader.get("/api/v1/changes/web01/1")
    assert answer.status_code == 404
    message = answer.json["error"]["message"]
    assert message.startswith("web01 has no change 1; it has 4 to 5; history is kept since 20")


@pytest.fixture
def cards(post, reader):
    """Return a function that lets web01 report a card at each age in days, and gives the MACs."""

    def cards(*ages):
        for age in ages:
            identity = machine("web01", macs=[f"52:54:00:00:00:{age:02x}"])
            post(make_report(sections={"disk": []}, identity=identity, age_ms=age * DAY_MS))

    return cards


def macs(reader):
    """Return the ages of the cards that web01 has, and had."""
    rows = reader.get(f"{ASSET}/identity").json["identity_evidence"]
    return sorted(int(row["value"][-2:], 16) for row in rows if row["type"] == "mac")


@pytest.mark.parametrize("batch", [1, 5000])
def test_identifiers_that_ended_before_the_horizon_go_too(cards, reader, prune, monkeypatch, batch):
    monkeypatch.setattr(retention, "BATCH", batch)
    cards(50, 40, 30, 20, 10)
    assert macs(reader) == [10, 20, 30, 40, 50]
    result = prune("--older-than", "25d", "--dry-run")
    assert "2 identifiers" in result.output
    assert macs(reader) == [10, 20, 30, 40, 50]
    result = prune("--older-than", "25d")
    assert "2 identifiers" in result.output
    assert macs(reader) == [10, 20, 30]


def test_of_the_identifiers_that_an_asset_had_the_newest_are_kept(cards, reader, monkeypatch):
    monkeypatch.setattr(carriers, "MAX_ENDED", 2)
    cards(50, 40, 30, 20, 10)
    assert macs(reader) == [10, 20, 30]
    rows = reader.get(f"{ASSET}/identity").json["identity_evidence"]
    assert {row["type"] for row in rows if row["until"] is None} == {
        *("machine_id", "system_uuid", "board_serial", "mac")
    }


def test_files_that_were_uploaded_a_day_ago_and_not_imported_go(prune, session):
    table = {"owner": "account:1", "file_type": "text/csv", "data": b"hostname\n"}
    old = uploads.add(session, file_name="old.csv", **table)
    new = uploads.add(session, file_name="new.csv", **table)
    long_ago = now() - uploads.KEPT - timedelta(minutes=1)
    session.execute(update(ImportUpload).where(ImportUpload.id == old).values(at=long_ago))
    session.commit()
    assert prune("--dry-run").exit_code == 0
    assert set(session.scalars(select(ImportUpload.id))) == {old, new}
    session.rollback()
    assert prune().exit_code == 0
    assert session.scalars(select(ImportUpload.id)).all() == [new]
