"""Reports that come at the same moment give the record that they give one after the other."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier

import pytest
from sqlalchemy import func, select

from cmdb_api.models import Asset, AssetStatus, BulkItem, Change, Component, Section
from cmdb_api.services.history import state_at
from tests.reports import make_report, section

URL = "/api/v1/reports"
THREADS = 6


@pytest.fixture
def at_once(app):
    """Return a function that posts reports, each from a thread of its own, at one moment."""

    def at_once(given):
        together = Barrier(len(given))

        def post(report):
            together.wait()
            return app.test_client().post(URL, json=report).json["result"]

        with ThreadPoolExecutor(len(given)) as pool:
            return list(pool.map(post, given))

    return at_once


def disk(size):
    return {
        "disk": section([{"slot": "1", "size_bytes": size}, {"slot": str(size)}]),
        "package": section(
            [{"name": n, "version": str(size)} for n in "abcd"], ["name"], bulk=True
        ),
    }


def check(session, hostname):
    """The changes of a host are numbered without a gap, and rebuild what is stored."""
    session.rollback()
    asset_id = session.scalar(select(Asset.id).where(Asset.hostname == hostname))
    numbers = session.scalars(
        select(Change.seq).where(Change.asset_id == asset_id).order_by(Change.seq)
    ).all()
    assert numbers == list(range(1, len(numbers) + 1))
    assert session.get(AssetStatus, asset_id).change_count == len(numbers)
    marks = [
        c.kind for c in session.scalars(select(Change)) if c.asset_id == asset_id and not c.place
    ]
    assert sorted(marks) == ["disk", "package"]
    moments = session.scalars(select(Change.at).where(Change.asset_id == asset_id)).all()
    sizes = set()
    for moment in moments:
        kinds = state_at(session, asset_id, moment).kinds
        (size,) = {item["version"] for item in kinds["package"].values()}
        assert kinds["disk"] == {"1": {"slot": "1", "size_bytes": int(size)}, size: {"slot": size}}
        sizes.add(size)
    return sizes


def test_different_reports_of_one_new_host(at_once, session):
    for turn in range(3):
        host = f"web{turn}"
        results = at_once([make_report(host, disk(10 + n)) for n in range(THREADS)])
        assert set(results) <= {"recorded", "older"}
        assert "recorded" in results
        check(session, host)


def test_the_same_report_of_one_new_host(at_once, session):
    report = make_report("web01", disk(10))
    results = at_once([report] * THREADS)
    assert sorted(results) == ["duplicate"] * (THREADS - 1) + ["recorded"]
    assert check(session, "web01") == {"10"}


def test_reports_of_several_new_hosts_with_the_same_packages(at_once, session):
    results = at_once([make_report(f"web{n}", disk(10)) for n in range(THREADS)])
    assert results == ["recorded"] * THREADS
    for number in range(THREADS):
        check(session, f"web{number}")
    packages = select(func.count()).select_from(BulkItem).where(BulkItem.kind == "package")
    assert session.scalar(packages) == 4


def test_reports_of_a_known_host(at_once, session):
    at_once([make_report("web01", disk(9))])
    at_once([make_report("web01", disk(10 + n)) for n in range(THREADS)])
    assert session.scalar(select(func.count()).select_from(Component)) == 2
    assert session.scalar(select(func.count()).select_from(Section)) == 2
    assert "9" in check(session, "web01")
    now = datetime.now(UTC)
    assert session.scalar(select(AssetStatus.reported_at)) <= now
