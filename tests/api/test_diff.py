"""What changed between two states of a kind."""

from hypothesis import given
from hypothesis import strategies as st

from cmdb_api.services.canonical import dumps, place
from cmdb_api.services.diff import Change, diff, rekey

values = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.lists(st.text())
fields = st.dictionaries(st.sampled_from(["serial", "size_bytes", "x"]), values, max_size=3)
states = st.dictionaries(st.text(max_size=2), fields, max_size=5).map(
    lambda state: {
        name: {field: value for field, value in item.items() if value is not None}
        for name, item in state.items()
    }
)


def apply(changes, state):
    state = dict(state)
    for change in changes:
        assert state.get(change.place) == change.before
        if change.after is None:
            del state[change.place]
        else:
            state[change.place] = change.after
    return state


@given(states, states)
def test_applied_changes_turn_one_state_into_the_other(before, after):
    changes = list(diff(before, after, serial="serial"))
    assert dumps(apply(changes, before)) == dumps(after)
    assert all(dumps(change.before) != dumps(change.after) for change in changes)


@given(states)
def test_a_state_does_not_differ_from_itself(state):
    assert list(diff(state, state)) == []


@given(states, states)
def test_changes_tell_exactly_the_fields_that_differ(before, after):
    for change in diff(before, after):
        was, now = change.before or {}, change.after or {}
        differ = {f for f in was.keys() | now.keys() if dumps(was.get(f)) != dumps(now.get(f))}
        assert change.fields == sorted(differ)


def test_another_serial_at_the_same_place_is_a_replacement():
    before, after = {"1": {"serial": "A", "size_bytes": 1}}, {"1": {"serial": "B", "size_bytes": 2}}
    assert list(diff(before, after, serial="serial")) == [
        Change("1", "replaced", ["serial", "size_bytes"], before["1"], after["1"])
    ]


def test_a_serial_that_was_not_known_before_is_no_replacement():
    (change,) = diff({"1": {"x": 1}}, {"1": {"x": 1, "serial": "B"}}, serial="serial")
    assert change.action == "changed"


def test_ignored_fields_alone_make_no_change():
    before, after = {"1": {"x": 1}}, {"1": {"x": 1, "new": 2}, "2": {"new": 3}}
    assert [change.place for change in diff(before, after, ignore={"new"})] == ["2"]


def test_true_is_not_one():
    (change,) = diff({"1": {"x": 1}}, {"1": {"x": True}})
    assert change.fields == ["x"]


def by(key, *items):
    return {place(item, key): item for item in items}


def test_rekeying_finds_items_by_the_new_key_where_they_hold_it():
    old = by(["name"], {"name": "sda", "slot": "1"}, {"name": "sdb", "slot": "2"})
    new = by(["slot"], {"name": "sdb", "slot": "1"}, {"name": "sda", "slot": "2"})
    assert rekey(old, new, ["name"], ["slot"]) == {"sda": "1", "sdb": "2"}


def test_rekeying_finds_items_by_the_old_key_where_they_lack_the_new():
    old = by(["name"], {"name": "sda"}, {"name": "sdb"})
    new = by(["slot"], {"name": "sda", "slot": "1"}, {"name": "sdb", "slot": "2"})
    assert rekey(old, new, ["name"], ["slot"]) == {"sda": "1", "sdb": "2"}


def test_an_item_that_is_gone_when_rekeyed_takes_no_others_place():
    old = by(["name"], {"name": "1", "slot": "9"}, {"name": "sdb", "slot": "1"})
    new = by(["slot"], {"name": "sdb", "slot": "1"})
    assert rekey(old, new, ["name"], ["slot"]) == {"1": "9", "sdb": "1"}


KEYS = st.sampled_from([["name"], ["slot"], ["slot", "name"]])
named = st.dictionaries(st.sampled_from(["slot", "name", "x"]), st.sampled_from("ab1"), min_size=1)


@given(st.data())
def test_rekeying_gives_every_item_a_place_of_its_own(data):
    old_key, new_key = data.draw(KEYS), data.draw(KEYS)
    old = by(old_key, *data.draw(st.lists(named, max_size=6)))
    new = by(new_key, *data.draw(st.lists(named, max_size=6)))
    places = rekey(old, new, old_key, new_key)
    assert places.keys() == old.keys()
    assert len(set(places.values())) == len(old)
