"""Collectors run one apart from the other: five outcomes, and a limit that holds."""

import threading
import time

import cmdb_canonical as canonical
import cmdb_run as run
import cmdb_source as source
import jsonschema
import pytest

from tests.minion.schema import SECTION


def collector(collect, kind="thing", key=("slot",), **settings):
    return run.Collector(kind=kind, collect=collect, key=key, **settings)


def section(collect, **settings):
    made = run.section(collector(collect, **settings))
    jsonschema.validate(made, SECTION)
    return made


def raises(error):
    def collect():
        raise error

    return collect


def test_items_are_ok_with_their_digest_and_key():
    made = section(lambda: [{"slot": "B", "size_bytes": 2}, {"slot": "A", "note": None}])
    assert made["status"] == "ok"
    assert made["items"] == [{"slot": "A"}, {"slot": "B", "size_bytes": 2}]
    assert made["digest"] == canonical.digest(made["items"], ["slot"])
    assert made["key"] == ["slot"]


def test_an_empty_list_is_ok_and_says_truly_none():
    assert section(list)["items"] == []


def test_unavailable_gives_its_reason():
    made = section(raises(source.Unavailable("storcli64 is not installed")))
    assert made["status"] == "unavailable"
    assert made["reason"] == "storcli64 is not installed"
    assert "items" not in made


def test_unavailable_of_another_copy_of_the_library_is_unavailable_too():
    class Unavailable(Exception):
        outcome = "unavailable"

    assert section(raises(Unavailable("gone")))["status"] == "unavailable"


def test_any_other_exception_is_an_error_with_its_traceback():
    made = section(raises(KeyError("Slot")))
    assert made["status"] == "error"
    assert made["error"] == "KeyError: 'Slot'"
    assert "in collect" in made["traceback"]


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt(), GeneratorExit()])
def test_a_collector_that_tries_to_end_the_process_is_an_error(error):
    assert section(raises(error))["status"] == "error"


def test_a_disabled_collector_does_not_run():
    assert section(raises(AssertionError()), enabled=False) == {"status": "disabled"}


def test_a_collector_that_could_not_be_loaded_says_why():
    made = section(None, fault=("SyntaxError: line 3", "Traceback ..."))
    assert made == {"status": "error", "error": "SyntaxError: line 3", "traceback": "Traceback ..."}


@pytest.mark.parametrize(
    ("returned", "says"),
    [
        (None, "returned NoneType, not a list"),
        ([1], "item 1 is int, not a dict"),
        ([{"slot": "A"}, {"size": 1}], "item 2 has no slot"),
        ([{"slot": "A", "n": 1}, {"slot": "A", "n": 2}], "two items at one place: slot is A"),
    ],
)
def test_what_is_no_list_of_items_is_an_error_that_says_so(returned, says):
    made = section(lambda: returned)
    assert made["status"] == "error"
    assert says in made["error"]


def test_a_value_that_a_report_cannot_hold_costs_one_field():
    item = {"slot": "A", "ratio": 0.5, "big": 2**63, "nested": {"a": 1}, "size_bytes": 7}
    made = section(lambda: [item])
    assert made["items"] == [{"slot": "A", "size_bytes": 7}]
    assert [line.split(" left out")[0] for line in made["problems"]] == [
        "item 1: ratio",
        "item 1: big",
        "item 1: nested",
    ]


def test_text_is_stripped_and_what_no_database_holds_is_replaced():
    made = section(lambda: [{"slot": " A\0\ud800 ", "note": "  ", "list": {"b", " a "}}])
    assert made["items"] == [{"slot": "A\ufffd\ufffd", "list": ["a", "b"]}]


def test_volatile_values_travel_apart_and_are_no_part_of_the_digest():
    def made(celsius):
        items = [{"slot": "A", "temperature_celsius": celsius}]
        return section(lambda: items, volatile=frozenset({"temperature_celsius"}))

    assert made(31)["volatile"] == {"A": {"temperature_celsius": 31}}
    assert made(31)["digest"] == made(32)["digest"]
    assert made(31)["items"] == [{"slot": "A"}]


def test_problems_noted_before_a_failure_travel_with_it():
    def collect():
        source.problem("/sys/x: Input/output error")
        raise source.ParseError("line 1")

    assert section(collect)["problems"] == ["/sys/x: Input/output error"]


def test_a_collector_that_never_ends_costs_its_limit_and_no_more():
    release = threading.Event()
    started = time.monotonic()
    made = section(release.wait, limit_seconds=0.2)
    release.set()
    assert time.monotonic() - started < 5
    assert "took longer than" in made["error"]


def test_no_outcome_touches_another():
    made = run.sections(
        [
            collector(raises(ValueError("x")), kind="a"),
            collector(lambda: [{"slot": "1"}], kind="b"),
            collector(raises(source.Unavailable("no")), kind="c", slow=True),
            collector(lambda: [], kind="d", slow=True),
        ]
    )
    outcomes = {kind: each["status"] for kind, each in made.items()}
    assert outcomes == {"a": "error", "b": "ok", "c": "unavailable", "d": "ok"}


def test_slow_collectors_run_side_by_side_and_the_others_in_line():
    both = threading.Barrier(2, timeout=5)

    def meet():
        both.wait()
        return []

    made = run.sections([collector(meet, kind=kind, slow=True) for kind in "ab"])
    assert {each["status"] for each in made.values()} == {"ok"}
    running = []

    def alone():
        running.append(1)
        assert len(running) == 1
        time.sleep(0.01)
        running.pop()
        return []

    made = run.sections([collector(alone, kind=kind) for kind in "abc"])
    assert {each["status"] for each in made.values()} == {"ok"}


def test_a_slow_collector_asks_through_the_same_door(tmp_path):
    import cmdb_replay as replay

    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/thing").write_text("from the tree")
    with source.through(replay.open_door(str(tmp_path))):
        made = run.sections(
            [collector(lambda: [{"slot": source.need("/proc/thing")}], kind="a", slow=True)]
        )
    assert made["a"]["items"] == [{"slot": "from the tree"}]
