"""The oldest Salt that is supported and the newest, each under a Python of its own."""

import json

import jsonschema
import pytest

from tests.matrix.conftest import PROJECT, run
from tests.minion.schema import REPORT

pytestmark = pytest.mark.slow
SALTS = [("3006", "3.10"), ("3008", "3.11"), ("3008", "3.13")]


@pytest.fixture(params=SALTS, ids=[" on ".join(each) for each in SALTS])
def salt_call(request, environment, tmp_path):
    """Return a function that runs ``salt-call --local`` with our modules and gives its answer."""
    folder = environment(*request.param)
    config = {"file_client": "local", "root_dir": str(tmp_path), "id": "web01"}
    (tmp_path / "minion").write_text(json.dumps(config))

    def call(*words):
        script = "import sys; from salt.scripts import salt_call; sys.exit(salt_call())"
        places = ("--local", "--config-dir", tmp_path, "-m", PROJECT / "salt", "--out", "json")
        argv = (folder / "python", "-W", "ignore", "-B", "-c", script, *places, *words)
        return json.loads(run(*argv, cwd=tmp_path))["local"]

    return call


def test_collect_gives_a_valid_report(salt_call):
    report = salt_call("cmdb.collect")
    jsonschema.validate(report, REPORT)
    for kind, section in report["sections"].items():
        assert section["status"] in ("ok", "unavailable", "disabled"), (kind, section)
    assert report["sections"]["package"]["items"]


def test_report_delivers_or_spools(salt_call):
    summary = salt_call("cmdb.report", "cpu")
    assert summary["kinds"] == {"cpu": "ok"}


def test_an_anonymised_bundle_is_written(salt_call, tmp_path):
    path = str(tmp_path / "bundle.json")
    told = salt_call("cmdb.capture", path, "host", "nic", "anonymise=True")
    assert set(told["kinds"]) == {"host", "nic"}
    assert json.loads((tmp_path / "bundle.json").read_text())["anonymised"] is True
