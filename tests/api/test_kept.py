"""What many hosts say alike is stored once for the fleet, and comes back as it was reported."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import func, select

from cmdb_api.models import BulkItem, BulkList, Component, Section
from cmdb_api.services import kept
from tests.reports import make_report, section

ROUNDS, THREADS = 6, 4


def memory(host, count=4, **more):
    """Return a section of modules of one model, each with a serial number of its own."""
    items = [
        {
            "slot": f"DIMM_{n}",
            "size_bytes": 2**34,
            "type": "DDR4",
            "serial": f"EX-{host}-{n}".upper(),
        }
        for n in range(count)
    ]
    return section([item | more for item in items], serial="serial")


def packages(*versions):
    items = [{"name": f"package{n}", "version": text} for n, text in enumerate(versions)]
    return section(items, ["name"], bulk=True)


@pytest.fixture
def report(post):
    """Return a function that reports sections of a host."""

    def report(host, **sections):
        (result,) = post(make_report(host, sections))
        assert result["result"] == "recorded", result

    return report


@pytest.fixture
def count(session):
    """Return a function that counts rows."""

    def count(table, *conditions):
        session.rollback()
        return session.scalar(select(func.count()).select_from(table).where(*conditions))

    return count


def told(reader, host, kind):
    components = reader.get(f"/api/v1/assets/{host}").json["components"][kind]
    return {one["place"]: one["fields"] for one in components}


def test_modules_of_one_model_share_all_but_place_and_serial(report, count, session, reader):
    for host in ("web01", "web02"):
        report(host, memory=memory(host))
    assert count(BulkItem, BulkItem.kind == "memory") == 1
    assert set(session.scalars(select(Component.own))) == {None}
    assert told(reader, "web02", "memory")["DIMM_3"] == {
        "slot": "DIMM_3",
        "size_bytes": 2**34,
        "type": "DDR4",
        "serial": "EX-WEB02-3",
    }


def test_a_serial_number_that_is_looked_up_otherwise_comes_back_as_reported(report, reader):
    items = [{"slot": "1", "serial": "ex-web01-a"}, {"slot": "2", "serial": 17}]
    report("web01", gadget=section(items, serial="serial"))
    assert list(told(reader, "web01", "gadget").values()) == items


ODD = [
    {"slot": "1", "name": "1", "serial": "EX-1", "other_serial": "EX-1"},
    {"slot": "2", "mac": "02:00:00:00:00:01", "empty": "", "none_count": 0, "on": False},
    {"slot": "3", "quote'": 'a "b" \\ é \U0001f600', "list": ["3", "EX-1"], "big_count": 2**63 - 1},
    {"slot": "4"},
]


def test_whatever_an_item_holds_comes_back(report, reader):
    report("web01", gadget=section(ODD, serial="serial"))
    assert list(told(reader, "web01", "gadget").values()) == ODD


def test_a_changed_field_is_no_matter_of_the_others(report, reader):
    for host in ("web01", "web02"):
        report(host, memory=memory(host))
    report("web01", memory=memory("web01", size_bytes=2**35))
    assert {one["size_bytes"] for one in told(reader, "web01", "memory").values()} == {2**35}
    assert {one["size_bytes"] for one in told(reader, "web02", "memory").values()} == {2**34}


def test_fields_of_a_kind_are_listed_once(report, count, session):
    for host in ("web01", "web02"):
        report(host, memory=memory(host))
    assert count(BulkItem, BulkItem.kind == "") == 1
    assert set(map(tuple, session.scalars(select(Section.fields)))) == {
        ("serial", "size_bytes", "slot", "type")
    }


def test_hosts_with_the_same_packages_have_one_list(report, count, reader):
    for host in ("web01", "web02"):
        report(host, package=packages("1.0", "2.0"))
    assert count(BulkList) == 1
    assert told(reader, "web02", "package")["package1"] == {"name": "package1", "version": "2.0"}


def test_a_list_that_no_host_has_any_more_goes(report, count, reader):
    for host in ("web01", "web02"):
        report(host, package=packages("1.0", "2.0"))
    report("web01", package=packages("1.1", "2.0"))
    assert count(BulkList) == 2
    report("web02", package=packages("1.1", "2.0"))
    assert count(BulkList) == 1
    assert told(reader, "web01", "package") == told(reader, "web02", "package")


def test_lists_of_hosts_that_are_gone_are_let_go_by_a_sweep(report, session, count):
    report("web01", package=packages("1.0"))
    report("web02", package=packages("2.0"))
    session.execute(Section.__table__.delete().where(Section.asset_id == 1))
    session.commit()
    assert kept.let_go(session) == 1
    session.commit()
    assert count(BulkList) == 1


@pytest.mark.parametrize("name", ["0f" * 16, "0F" * 16, "8letters", "15-characters..", "a" * 64])
def test_the_id_of_a_report_comes_back_as_it_was(post, reader, name):
    post(make_report("web01", {"memory": memory("web01")}, report_id=name))
    assert reader.get("/api/v1/assets/web01").json["last_report"]["report_id"] == name
    assert reader.get("/api/v1/changes").json["items"][0]["report_id"] == name


def test_lists_that_others_take_up_meanwhile_stay(app, post, reader):
    """Hosts change to and fro between two lists at the same moments; none loses its packages."""
    lists = [packages("1.0", "2.0"), packages("1.1", "2.0")]
    together = Barrier(THREADS)

    def host(number):
        client, results = app.test_client(), []
        for turn in range(ROUNDS):
            told = {"package": lists[(number + turn) % 2]}
            together.wait(60)
            answer = client.post("/api/v1/reports", json=make_report(f"web{number}", told))
            results.append(answer.json["result"])
        return results

    with ThreadPoolExecutor(THREADS) as pool:
        results = list(pool.map(host, range(THREADS)))
    assert results == [["recorded"] * ROUNDS] * THREADS
    for number in range(THREADS):
        version = ("1.0", "1.1")[(number + ROUNDS - 1) % 2]
        assert told(reader, f"web{number}", "package")["package0"]["version"] == version


def test_two_bulk_kinds_with_the_same_item_keep_each_their_own(report, reader):
    items = [{"name": "nginx", "state": "on"}]
    report("web01", widget=section(items, ["name"], bulk=True))
    report("web02", gadget=section(items, ["name"], bulk=True))
    for host, kind in (("web01", "widget"), ("web02", "gadget")):
        answer = reader.get(f"/api/v1/assets/{host}")
        assert answer.status_code == 200, answer.text
        assert {
            name: [row["fields"] for row in rows]
            for name, rows in answer.json["components"].items()
        } == {kind: items}
