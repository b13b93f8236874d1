"""Every collector on every machine of the corpus: items with unique places, or a reason."""

import importlib

import cmdb_canonical as canonical
import cmdb_replay as replay
import cmdb_source as source
import pytest

KINDS = ("host", "board", "cpu", "memory", "disk", "nic", "package")


@pytest.mark.parametrize("kind", KINDS)
def test_a_collector_gives_unique_items_or_says_why_not(kind, trees):
    collector = importlib.import_module(f"cmdb_{kind}")
    for name, root in trees.items():
        with source.through(replay.Tree(root)):
            try:
                items = collector.collect()
            except source.CollectorError as error:
                assert str(error), name
                continue
        places = [canonical.place(item, collector.KEY) for item in items]
        assert len(set(places)) == len(places), name
        assert canonical.digest(items, collector.KEY)
