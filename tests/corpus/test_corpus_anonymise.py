"""Every machine of the corpus, captured and anonymised: the same items but for the stand-ins."""

import importlib
import json

import cmdb_anonymise as anonymise
import cmdb_plugins as plugins
import cmdb_replay as replay
import cmdb_report as report_
import cmdb_settings as settings_
import cmdb_source as source

KINDS = ("board", "disk", "nic", "host")
NAMING = ("serial", "wwn", "mac", "permanent_mac", "uuid", "machine_id")


def test_every_machine_replays_anonymised_and_no_identifier_is_left(trees):
    settings = settings_.merged()
    modules = {kind: importlib.import_module(f"cmdb_{kind}") for kind in KINDS}
    collectors = [plugins.from_function(k, m.collect, settings) for k, m in modules.items()]
    for name, root in trees.items():
        with source.through(replay.Capture(replay.Tree(root))) as capture:
            live = report_.build("some-host7", collectors, via="agent")
        work = anonymise.Anonymiser(capture.content, live)
        bundle = json.loads(json.dumps(work.bundle()))
        with source.through(replay.Bundle(bundle)):
            replayed = report_.build("some-host7", collectors, via="agent")
        whole = json.dumps(bundle).lower()
        for kind in KINDS:
            items = live["sections"][kind].get("items", [])
            expected = [{field: _stand_in(work, v) for field, v in i.items()} for i in items]
            assert _sorted(replayed["sections"][kind].get("items", [])) == _sorted(expected), name
            named = {item[field].lower() for item in items for field in NAMING if field in item}
            assert [value for value in named if len(value) > 4 and value in whole] == [], name


def _sorted(items):
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def _stand_in(work, value):
    if isinstance(value, list):
        return sorted(map(work.text, value))
    return work.text(value) if isinstance(value, str) else value
