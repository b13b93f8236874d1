"""The made-up fleet that benchmarks measure is like a real one."""

import json
from pathlib import Path

import pytest

from benchmarks import fleet, machines
from cmdb_api.schemas import report as schema
from cmdb_api.services import quarantine, sections

KINDS = json.loads((Path(quarantine.__file__).parents[1] / "schemas/kinds.json").read_text())
SOME = range(60)
NOW_MS = 1_800_000_000_000


@pytest.fixture(scope="module")
def hosts():
    return [machines.Host(number) for number in SOME]


def test_the_same_number_is_the_same_host(hosts):
    again = machines.Host(7)
    assert again.hardware() == hosts[7].hardware()
    assert again.packages(3) == hosts[7].packages(3)
    assert again.identity() == hosts[7].identity()


def test_kinds_and_fields_are_those_of_the_collectors(hosts):
    for host in hosts:
        told = host.hardware() | {"package": host.packages()}
        assert (told.keys() | host.missing().keys()) <= KINDS.keys()
        for kind, items in told.items():
            for item in items:
                assert quarantine.clean(item, quarantine.types_of(kind)) == (item, [])
                assert item.keys() <= KINDS[kind].keys()
        for kind, values in host.volatile().items():
            assert all(one.keys() <= KINDS[kind].keys() for one in values.values())


def test_hosts_have_about_forty_hardware_components_and_four_hundred_packages(hosts):
    counts = [sum(map(len, host.hardware().values())) - 1 for host in hosts]
    assert 35 < sum(counts) / len(counts) < 45
    assert {len(host.packages()) for host in hosts} == {machines.PACKAGES}


def test_serial_numbers_are_unique_but_where_one_part_is_told_of_twice(hosts):
    seen = [
        item["serial"]
        for host in hosts
        for kind, items in host.hardware().items()
        if kind != "smart"
        for item in items
        if "serial" in item
    ]
    assert len(seen) == len(set(seen)) > 20 * len(hosts)


def test_reports_are_taken_and_their_changes_are_as_many_as_wanted():
    reports = fleet.story(0, NOW_MS, changes=90)
    envelopes = [schema.load(report) for report in reports]
    ages = [envelope.age_ms for envelope in envelopes]
    assert ages == sorted(ages, reverse=True)
    assert ages[0] > 365 * fleet.DAY_MS
    for envelope in envelopes:
        assert not envelope.not_taken
        assert not envelope.problems
    for kind, one in envelopes[0].sections.items():
        if one["status"] == "ok":
            _, odd = sections.read_items(kind, one, 1000)
            assert odd == []


def test_a_round_of_patches_changes_as_many_packages(hosts):
    for host in hosts:
        before, after = host.packages(2), host.packages(3)
        changed = sum(one != other for one, other in zip(before, after, strict=True))
        assert changed == machines.ROUND
