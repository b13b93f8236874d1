"""Whatever a RAID tool prints: items, Unavailable or ParseError; nothing else."""

import json
import os
import pathlib

import cmdb_arcconf as arcconf
import cmdb_mdraid as mdraid
import cmdb_megacli as megacli
import cmdb_raid_words as words
import cmdb_sasircu as sasircu
import cmdb_ssacli as ssacli
import cmdb_storcli as storcli
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.minion.collectors import raid_samples as samples
from tests.minion.collectors.test_total import items_or_reason

CORPUS = pathlib.Path(
    os.environ.get("CMDB_CORPUS") or pathlib.Path(__file__).parents[4] / "shared/corpus"
)
# Each parser with samples of ours and the folders of the corpus that hold others.
TOOLS = {
    "storcli": (
        storcli.parse,
        [samples.STORCLI, samples.STORCLI_DRIVES, samples.STORCLI_VOLUMES, samples.STORCLI2],
        ["storcli"],
    ),
    "megacli": (megacli.parse, [samples.MEGACLI], ["megacli"]),
    "ssacli": (ssacli.parse, [samples.SSACLI], ["ssacli"]),
    "arcconf": (arcconf.parse, [samples.ARCCONF], ["arcconf"]),
    "sasircu": (sasircu.parse, [samples.SASIRCU], ["sas2ircu", "sas3ircu"]),
    "mdstat": (
        lambda said: {"volumes": mdraid.parse_mdstat(said)},
        [samples.MDSTAT],
        ["mdadm"],
    ),
    "mdadm": (lambda said: {"volumes": mdraid.parse_detail(said)}, [samples.MDADM], ["mdadm"]),
}


def real(folders):
    """Return the corpus' samples, nothing where it is not there; long ones cut."""
    paths = [path for name in folders for path in sorted((CORPUS / name).glob("*"))]
    return [path.read_bytes()[:20000].decode("utf-8", "replace") for path in paths]


@st.composite
def mutations(draw, known):
    """Return one of the samples cut, with lines left out, characters changed, or CRLF."""
    said = draw(st.sampled_from(known))
    how = draw(st.sampled_from(["cut", "lines", "flip", "crlf", "value", "any"]))
    at = draw(st.integers(0, max(len(said) - 1, 0)))
    if how == "cut":
        return said[:at]
    if how == "crlf":
        return said.replace("\n", "\r\n")
    if how == "any":
        return draw(st.text(st.characters(exclude_categories=[]), max_size=200))
    if how == "flip":
        return said[:at] + draw(st.text(max_size=12)) + said[at + draw(st.integers(0, 12)) :]
    lines = said.splitlines()
    number = draw(st.integers(0, max(len(lines) - 1, 0)))
    if how == "lines":
        return "\n".join(lines[:number] + lines[number + draw(st.integers(1, 5)) :])
    odd = draw(st.sampled_from(["", "-", "9" * 40, "0x", "null", "[]", "{}", "1e999", "\0", "²"]))
    name = lines[number].partition(":")[0] if lines else ""
    return "\n".join([*lines[:number], f"{name}: {odd}", *lines[number + 1 :]])


@pytest.mark.parametrize("tool", TOOLS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_a_parser_of_a_raid_tool_is_total(tool, data):
    parse, own, folders = TOOLS[tool]
    said = data.draw(mutations(own + real(folders)))
    found = {}
    items_or_reason(lambda: found.update(parse(said)) or [])
    for items in found.values():
        items_or_reason(lambda items=items: items)
        places = [item["place"] for item in items]
        assert all(places)
        assert len(set(places)) == len(places), places


@pytest.mark.parametrize("tool", TOOLS)
def test_line_ends_make_no_difference(tool):
    parse, own, _ = TOOLS[tool]
    for said in own:
        assert parse(said.replace("\n", "\r\n")) == parse(said)


@given(st.one_of(st.none(), st.text(max_size=40)))
@settings(max_examples=200, deadline=None)
def test_words_are_total(said):
    words.size(said)
    words.level(said)
    words.state(said, words.DISK_STATES)
    words.wwn(said)
    words.number(said)
    words.celsius(said)
    words.yes(said)


@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_storcli_is_total_whatever_its_json_holds(data):
    said = json.loads(data.draw(st.sampled_from(TOOLS["storcli"][1])))
    odd = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=9),
        st.builds(lambda: [{}]),
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at, key = said, None
        while isinstance(at, (dict, list)) and at:
            keys = sorted(at) if isinstance(at, dict) else range(len(at))
            parent, key = at, data.draw(st.sampled_from(keys))
            at = parent[key]
            if data.draw(st.integers(0, 4)) == 0:
                break
        if key is not None:
            parent[key] = data.draw(odd)
    found = {}
    items_or_reason(lambda: found.update(storcli.parse(json.dumps(said))) or [])
    for items in found.values():
        items_or_reason(lambda items=items: items)
